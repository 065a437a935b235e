"""Log files to frames, batch by batch: unpack, skip what cannot match, decode, derive, filter."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from trailnb.facts.derived import DERIVED, with_derived
from trailnb.formats.batch import FILE_INDEX, FILE_NUMBER, Batch
from trailnb.formats.gunzip import unpack
from trailnb.formats.needles import may_hold
from trailnb.formats.problem import Problem
from trailnb.sources.source import Unread

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from trailnb.sources.source import LogFile, Source

#: 128 bits that stand for (event id, recipient account), and the day the event happened on.
KEY_HIGH, KEY_LOW, KEY_DAY = "__high", "__low", "__day"
KEY_NEEDS = ("event_id", "recipient_account_id", "event_time")
_KEYS = (
    (pl.col("event_id").hash(1) ^ pl.col("recipient_account_id").hash(2)).alias(KEY_HIGH),
    (pl.col("event_id").hash(3) ^ pl.col("recipient_account_id").hash(4)).alias(KEY_LOW),
    pl.col("event_time").dt.date().to_physical().alias(KEY_DAY),
)
_HAS_ID = pl.col("event_id").is_not_null()

#: A gigabyte of text per object; AWS delivers at most 50 MB.
MAX_TEXT_BYTES = 1 << 30
#: A batch is closed at this size, which bounds the memory of a scan.
_BATCH_ROWS = 65_536
_BATCH_BYTES = 48 << 20
#: Texts are searched together, since one call costs more than reading one small file; but only as
#: many as stay in the processor's cache, which halves the cost of a search.
_SEARCH_BYTES = 1 << 20
_SEARCH_FILES = 256
_DERIVED_NEEDS = {column.name: column.needs for column in DERIVED}

#: A log file with its number in the scan.
Numbered = tuple[int, "LogFile"]


@dataclass(frozen=True, slots=True)
class ReadPlan:
    """What to read and keep; picklable, so that a worker process can follow it.

    `columns` are the columns of the event table to bring. `early` and `predicate` are serialized
    filters to apply here, the first one before anything is derived; `patterns` are the searches
    that let a file be skipped, `is_keyed` whether to add the keys that tell copies.
    """

    columns: tuple[str, ...]
    early: bytes | None = None
    predicate: bytes | None = None
    patterns: tuple[str, ...] = ()
    is_keyed: bool = False
    max_text_bytes: int = MAX_TEXT_BYTES

    @property
    def base_names(self) -> tuple[str, ...]:
        """Which base columns must be decoded for this plan?"""
        names = [need for name in self.columns for need in _DERIVED_NEEDS.get(name, (name,))]
        return tuple(dict.fromkeys([*names, *(KEY_NEEDS if self.is_keyed else ())]))


@dataclass(slots=True)
class Chunk:
    """Rows of some files, with what was met on the way.

    `skipped` are the numbers of files that cannot match; `text_bytes` counts decompressed text;
    `events` counts rows before the filter, `unread` files of which something could not be read.
    """

    frame: pl.DataFrame = field(default_factory=pl.DataFrame)
    problems: list[Problem] = field(default_factory=list)
    skipped: list[int] = field(default_factory=list)
    files: int = 0
    events: int = 0
    unread: int = 0
    stored_bytes: int = 0
    text_bytes: int = 0


def read_chunks(source: Source, files: Sequence[Numbered], plan: ReadPlan) -> Iterator[Chunk]:
    """Which rows do these files hold, in their order, a bounded batch at a time?"""
    growing = _Growing(plan)
    stored = source.read([file for _, file in files])
    for (number, file), (_, content) in zip(files, stored, strict=True):
        growing.take(number, file.key, content)
        if growing.is_full:
            yield growing.close()
            growing = _Growing(plan)
    yield growing.close()


class _Growing:
    """A chunk that takes file after file until it is full."""

    def __init__(self, plan: ReadPlan) -> None:
        self._plan = plan
        self._chunk = Chunk()
        self._batch = Batch(plan.base_names)
        self._unsearched: list[tuple[int, str, bytes]] = []
        self._waiting_bytes = 0

    @property
    def is_full(self) -> bool:
        return self._batch.rows >= _BATCH_ROWS or self._batch.text_bytes >= _BATCH_BYTES

    def take(self, number: int, key: str, content: bytes | Unread) -> None:
        chunk = self._chunk
        chunk.files += 1
        if isinstance(content, Unread):
            chunk.problems.append(Problem(key, content.reason))
            return
        unpacked = unpack(content, self._plan.max_text_bytes)
        chunk.stored_bytes += len(content)
        chunk.text_bytes += len(unpacked.data)
        if unpacked.fault:
            chunk.problems.append(Problem(key, unpacked.fault, "error", len(unpacked.data)))
        if self._plan.patterns:
            self._unsearched.append((number, key, unpacked.data))
            self._waiting_bytes += len(unpacked.data)
            if self._waiting_bytes >= _SEARCH_BYTES or len(self._unsearched) >= _SEARCH_FILES:
                self._search()
        else:
            self._batch.add(number, key, unpacked.data)

    def _search(self) -> None:
        """Search the texts that wait; decode those that may hold a match."""
        waiting = self._unsearched
        if not waiting:
            return
        candidates = may_hold([data for _, _, data in waiting], self._plan.patterns)
        for (number, key, data), is_candidate in zip(waiting, candidates, strict=True):
            if is_candidate:
                self._batch.add(number, key, data)
            else:
                self._chunk.skipped.append(number)
        self._unsearched = []
        self._waiting_bytes = 0

    def close(self) -> Chunk:
        self._search()
        chunk = self._chunk
        chunk.frame = _finished(self._batch.frame(), self._plan)
        chunk.problems += self._batch.problems
        chunk.events = self._batch.rows
        broken = {one.log_file for one in chunk.problems if one.severity == "error"}
        chunk.unread = len(broken)
        return chunk


def _finished(frame: pl.DataFrame, plan: ReadPlan) -> pl.DataFrame:
    """Derive, filter, key, and keep only what was asked for."""
    if plan.early is not None:
        frame = frame.filter(pl.Expr.deserialize(plan.early))
    frame = with_derived(frame, plan.columns)
    if plan.predicate is not None:
        frame = frame.filter(pl.Expr.deserialize(plan.predicate))
    if not plan.is_keyed:
        return frame.select(plan.columns)
    return frame.select(*plan.columns, *key_columns(frame), FILE_NUMBER, FILE_INDEX)


def key_columns(frame: pl.DataFrame) -> Sequence[pl.Expr]:
    """Which expressions tell copies in this frame? Null for an event without an id."""
    if not frame["event_id"].null_count():
        return _KEYS
    return [pl.when(_HAS_ID).then(key) for key in _KEYS]
