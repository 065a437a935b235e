"""Log files to one part: a pure task that any map can run, on any machine that sees both places."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from trailnb.facts.columns import base_schema
from trailnb.facts.derived import DERIVED, with_derived
from trailnb.facts.version import facts_stamp
from trailnb.formats.batch import Batch
from trailnb.formats.gunzip import unpack
from trailnb.formats.problem import Problem
from trailnb.reading.chunks import MAX_TEXT_BYTES
from trailnb.sources.source import LogFile, Unread
from trailnb.store.part import (
    FOOTER_KEY,
    NO_END,
    Footer,
    Held,
    day_of,
    part_name,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from trailnb.sources.source import Source
    from trailnb.store.place import Place

#: Decompressed text in one part. A process that reads, derives and sorts so much holds 480 MB: two
#: of them, and the one that started them, stay below a gigabyte. Twice as much takes 800 MB each.
PART_TEXT_BYTES = 64 << 20
#: What gzip commonly makes of CloudTrail's JSON: groups are planned before reading.
_GZIP_RATIO = 10
#: Rows are sorted by time, so a group of this many spans minutes and is skipped by its bounds.
ROW_GROUP_ROWS = 20_000
_BATCH_BYTES = 8 << 20

#: Marks rows that an earlier log file brought before.
IS_COPY = "is_copy"


@dataclass(frozen=True, slots=True)
class Group:
    """Log files of one delivery day that become one part, or more where they hold more text."""

    day: str
    files: tuple[LogFile, ...]


@dataclass(frozen=True, slots=True)
class Written:
    """What writing a group brought; small, so that any map can carry it home."""

    parts: int
    files: int
    events: int
    unread: int
    stored_bytes: int


def stored_schema() -> pl.Schema:
    """What are the columns of a part? The event table, derived columns, and the mark of copies."""
    return pl.Schema(
        {**base_schema(), **{one.name: one.dtype for one in DERIVED}, IS_COPY: pl.Boolean()}
    )


def grouped(files: Iterable[LogFile], text_bytes: int = PART_TEXT_BYTES) -> list[Group]:
    """Which log files go together: a delivery day, split where it is large?

    Example:
        >>> [len(group.files) for group in grouped([LogFile("a", 5), LogFile("b", 6)], 8)]
        [1, 1]
    """
    days: dict[str, list[LogFile]] = {}
    for file in files:
        days.setdefault(day_of(file), []).append(file)
    groups: list[Group] = []
    for day in sorted(days):
        run: list[LogFile] = []
        size = 0
        for file in days[day]:
            text = _text_bytes(file)
            if run and size + text > text_bytes:
                groups.append(Group(day, tuple(run)))
                run, size = [], 0
            run.append(file)
            size += text
        groups.append(Group(day, tuple(run)))
    return groups


def _text_bytes(file: LogFile) -> int:
    """Guess how much text a log file holds."""
    size = file.size_bytes or 0
    return size * _GZIP_RATIO if file.key.endswith(".gz") else size


def write_parts(
    source: Source,
    place: Place,
    saved_at: str,
    group: Group,
    *,
    text_bytes: int = PART_TEXT_BYTES,
) -> Written:
    """Read these log files and write their parts, each whole or not at all.

    How much text lies in a log file, reading alone tells: what turns out to be too much for one
    part, and for memory, becomes several.
    """
    reading = _Reading()
    footers: list[Footer] = []
    for file, stored in source.read(group.files):
        reading.take(file, stored)
        if reading.text_bytes >= text_bytes:
            footers.append(_put(place, group.day, saved_at, reading))
            reading = _Reading()
    if reading.held or reading.unread:
        footers.append(_put(place, group.day, saved_at, reading))
    return Written(
        parts=len(footers),
        files=len(group.files),
        events=sum(one.rows for one in footers),
        unread=sum(len(one.unread) for one in footers),
        stored_bytes=sum(held.file.size_bytes or 0 for one in footers for held in one.held),
    )


def _put(place: Place, day: str, saved_at: str, reading: _Reading) -> Footer:
    """Write what was read as one part."""
    frame = reading.frame()
    footer = Footer(
        day,
        tuple(reading.held),
        tuple(reading.unread),
        tuple(reading.problems),
        facts_stamp(),
        last_day_of(frame),
        rows=frame.height,
        saved_at=saved_at,
    )
    files = [*(held.file for held in reading.held), *reading.unread]
    place.put(part_name(day, files), part_bytes(frame, footer))
    return footer


def last_day_of(frame: pl.DataFrame) -> str:
    """On which day did the newest of these events happen? Empty when there is none.

    Example:
        >>> last_day_of(pl.DataFrame({"event_time": [None]}, {"event_time": pl.Datetime()}))
        '9999-12-31'
    """
    if frame["event_time"].null_count():
        return NO_END
    return str(frame["event_time"].dt.date().max() or "")


def part_bytes(frame: pl.DataFrame, footer: Footer) -> bytes:
    """Make the Parquet file of a part."""
    stream = io.BytesIO()
    frame.write_parquet(
        stream,
        compression="zstd",
        row_group_size=ROW_GROUP_ROWS,
        metadata={FOOTER_KEY: footer.to_text()},
    )
    return stream.getvalue()


@dataclass(slots=True)
class _Reading:
    """Reads log files into one frame, summing each up for the ledger."""

    held: list[Held] = field(default_factory=list)
    unread: list[LogFile] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    text_bytes: int = 0
    _frames: list[pl.DataFrame] = field(default_factory=list)
    _batch: Batch = field(default_factory=lambda: Batch(tuple(base_schema())))

    def take(self, file: LogFile, stored: bytes | Unread) -> None:
        """Read one log file. One that could not be read is not held: a later save tries again."""
        if isinstance(stored, Unread):
            self.unread.append(file)
            self.problems.append(Problem(file.key, stored.reason))
            return
        unpacked = unpack(stored, MAX_TEXT_BYTES)
        if unpacked.fault:
            self.problems.append(Problem(file.key, unpacked.fault, "error", len(unpacked.data)))
        rows = self._batch.rows
        self._batch.add(len(self.held), file.key, unpacked.data)
        self.held.append(
            Held(
                file,
                hashlib.sha256(stored).hexdigest(),
                hashlib.sha256(unpacked.data).hexdigest(),
                len(unpacked.data),
                self._batch.rows - rows,
            )
        )
        self.text_bytes += len(unpacked.data)
        if self._batch.text_bytes >= _BATCH_BYTES:
            self._close()

    def frame(self) -> pl.DataFrame:
        """Bring all rows together, sorted by time; within a second, in reading order."""
        self._close()
        whole = pl.concat(self._frames, rechunk=False)
        self._frames = []
        return whole.sort("event_time", maintain_order=True, nulls_last=True)

    def _close(self) -> None:
        base = self._batch.frame()
        self.problems += self._batch.problems
        frame = with_derived(base, [one.name for one in DERIVED])
        self._frames.append(
            frame.with_columns(pl.lit(value=False).alias(IS_COPY)).select(stored_schema().names())
        )
        self._batch = Batch(tuple(base_schema()))
