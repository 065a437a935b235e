"""The events as a lazy frame: Polars asks for columns and a filter, this reads just those."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING

import polars as pl
from polars.io.plugins import register_io_source

from trailnb.facts.columns import base_schema
from trailnb.facts.derived import DERIVED
from trailnb.formats.moments import shifted
from trailnb.formats.needles import pattern_of
from trailnb.reading.chunks import Numbered, ReadPlan
from trailnb.reading.contents import records_of
from trailnb.reading.copies import Copies
from trailnb.reading.workers import chunks
from trailnb.sources.source import Asked, Narrowing
from trailnb.trail.ledger import Ledger, warn_of
from trailnb.trail.predicate import NOTHING, Pruning, in_turns, pruning_of
from trailnb.trail.progress import Meter, ProgressCallback
from trailnb.trail.request import STAMP_SLACK, Request
from trailnb.trail.trust import Trust

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trailnb.formats.problem import Problem
    from trailnb.reading.chunks import Chunk
    from trailnb.sources.source import LogFile, Source

_PROVENANCE = frozenset({"log_file", "log_index"})
_DERIVED = frozenset(column.name for column in DERIVED)
#: An event without a readable time cannot be shown to lie outside, so it stays.
_NO_TIME = pl.col("event_time").is_null()


def schema() -> pl.Schema:
    """What are the columns of the event table, derived ones included, and their types?

    Example:
        >>> schema()["actor"], schema()["event_time"]
        (String, Datetime(time_unit='us', time_zone='UTC'))
    """
    base = base_schema()
    provenance = {name: base.pop(name) for name in ("log_file", "log_index")}
    derived = {column.name: column.dtype for column in DERIVED}
    # The cheapest column stands last: that is the one Polars reads to count rows.
    return pl.Schema({**base, **derived, **provenance})


@dataclass(frozen=True)
class EventScan:
    """Reads the events of a listed body of logs, again for each query."""

    source: Source
    files: tuple[LogFile, ...]
    request: Request = field(default_factory=Request)
    progress: ProgressCallback | None = None
    ledger: Ledger = field(default_factory=Ledger)
    workers: int | None = None

    @cached_property
    def trust(self) -> Trust:
        """What is known of whether paths and records agree."""
        return Trust(self.source, self.files)

    def lazy(self) -> pl.LazyFrame:
        """The event table as a lazy frame: nothing is read until it is collected."""
        return register_io_source(
            self, schema=schema(), validate_schema=False, is_pure=True, explain_name="trail"
        )

    def lookback(self, files: tuple[LogFile, ...]) -> pl.LazyFrame:
        """The events of files delivered before the window, whatever their time."""
        request = replace(self.request, since=None, until=self.request.since)
        return replace(self, files=files, request=request).lazy()

    def copies(self) -> Copies:
        """Start to remember which events have passed."""
        records = partial(records_of, self.source, self.files)
        return Copies(records, self.request.late, [file.delivered for file in self.files])

    def check(self) -> list[Problem]:
        """What is wrong in any file? Reads each in full."""
        return Query.full_check(self).met()

    def duplicates(self) -> dict[str, tuple[int, int]]:
        """How many copies and differing events does each log file hold? Reads every event id."""
        query = Query.of(self, ("log_index",), None, is_deduped=True)
        query.met()
        dropped, differing = query.counted()
        return {
            self.files[number].key: (dropped[number], differing[number])
            for number in sorted({*dropped, *differing})
        }

    def __call__(
        self,
        with_columns: list[str] | None,
        predicate: pl.Expr | None,
        n_rows: int | None,
        _batch_size: int | None,
    ) -> Iterator[pl.DataFrame]:
        """Answer Polars: these columns, rows that pass the filter, at most so many of them."""
        columns = tuple(with_columns if with_columns is not None else schema().names())
        return self.read(columns, predicate, n_rows)

    def read(
        self, columns: tuple[str, ...], predicate: pl.Expr | None = None, n_rows: int | None = None
    ) -> Iterator[pl.DataFrame]:
        """Which rows pass, batch by batch, in delivery order?"""
        if n_rows is not None:
            return self._first(n_rows, columns, predicate)
        return Query.of(self.narrowed(predicate), columns, predicate).frames()

    def narrowed(self, predicate: pl.Expr | None) -> EventScan:
        """The same scan, of less, where its source can be asked for less than whole files.

        A filter that names log files is left alone: what is asked for is what names them.
        """
        pruning = pruning_of(predicate)
        is_named = bool(_PROVENANCE.intersection(_roots(predicate)))
        if pruning is NOTHING or is_named or not isinstance(self.source, Narrowing):
            return self
        asked = Asked(
            pruning.earliest, pruning.latest, pruning.accounts, pruning.regions,
            dict(pruning.equal), self.request.late,
        )  # fmt: skip
        return replace(self, files=self.source.narrowed(self.files, asked))

    def _first(
        self, n_rows: int, columns: tuple[str, ...], predicate: pl.Expr | None
    ) -> Iterator[pl.DataFrame]:
        """Which of the first `n_rows` rows pass? Polars counts rows before it filters them."""
        read = tuple(dict.fromkeys([*columns, *_roots(predicate)]))
        left = n_rows
        for frame in Query.of(self, read, None).frames() if left else ():
            part = frame.head(left)
            left -= part.height
            yield (part if predicate is None else part.filter(predicate)).select(columns)
            if not left:
                return


@dataclass
class Query:
    """One reading of a scan: what it plans to read, and what it meets."""

    scan: EventScan
    columns: tuple[str, ...]
    after: pl.Expr | None
    plan: ReadPlan
    files: list[Numbered]
    copies: Copies | None = None
    problems: list[Problem] = field(default_factory=list)
    skipped: int = 0

    @classmethod
    def of(
        cls,
        scan: EventScan,
        columns: tuple[str, ...],
        predicate: pl.Expr | None,
        *,
        is_deduped: bool | None = None,
    ) -> Query:
        """Plan it: the filter runs in the reader unless it asks where a row was delivered."""
        is_deduped = scan.request.is_deduped if is_deduped is None else is_deduped
        pruning = pruning_of(predicate)
        needed = set(predicate.meta.root_names()) if predicate is not None else set()
        is_after = bool(needed & _PROVENANCE) and is_deduped
        inside = _combined(window_filter(scan.request), None if is_after else predicate)
        read = tuple(dict.fromkeys([*columns, *needed, *_roots(inside)]))
        early, later = in_turns(inside, _DERIVED.intersection(read))
        plan = ReadPlan(
            columns=read,
            early=None if early is None else early.meta.serialize(),
            predicate=None if later is None else later.meta.serialize(),
            patterns=tuple(filter(None, map(pattern_of, pruning.texts))),
            is_keyed=is_deduped,
        )
        files = pruned(scan.files, pruning, scan.request, scan.trust)
        copies = scan.copies() if is_deduped else None
        return cls(scan, columns, predicate if is_after else None, plan, files, copies)

    @classmethod
    def full_check(cls, scan: EventScan) -> Query:
        """Plan to decode every field of every file and keep no row: for what it meets."""
        plan = ReadPlan(tuple(base_schema()), early=pl.lit(value=False).meta.serialize())
        return cls(scan, (), None, plan, list(enumerate(scan.files)))

    def frames(self, *, is_warning: bool = True) -> Iterator[pl.DataFrame]:
        """Which rows does it bring, copies removed?"""
        scan, copies = self.scan, self.copies
        meter = Meter(len(self.files), scan.progress)
        passed = 0
        try:
            for chunk in chunks(scan.source, self.files, self.plan, scan.workers):
                meter.add(chunk.files, chunk.stored_bytes, chunk.events, chunk.unread)
                self._note(chunk)
                passed += chunk.files
                if not chunk.frame.width:
                    continue
                frame = copies.keep_first(chunk.frame) if copies else chunk.frame
                if copies and passed < len(self.files):
                    copies.release(self.files[passed][0])
                frame = frame if self.after is None else frame.filter(self.after)
                yield frame.select(self.columns)
        finally:
            if copies:
                copies.close()
            meter.close()
            scan.ledger.add(self.problems)
            if is_warning:  # also when only the first rows were asked for
                warn_of(self.problems)

    def met(self) -> list[Problem]:
        """What does it meet on the way? Reads to the end and keeps no row."""
        for _ in self.frames(is_warning=False):
            pass
        return self.problems

    def counted(self) -> tuple[Counter[int], Counter[int]]:
        """How many copies were dropped, and how many differing events kept, by file number?"""
        if self.copies is None:
            return Counter(), Counter()
        return self.copies.dropped, self.copies.differing

    def _note(self, chunk: Chunk) -> None:
        self.problems += chunk.problems
        self.skipped += len(chunk.skipped)


def pruned(
    files: tuple[LogFile, ...], pruning: Pruning, request: Request, trust: Trust | None = None
) -> list[Numbered]:
    """Which files may hold a matching row, as far as their names tell?

    With `trust`, a path's account and region count only where records were seen to agree.
    """
    numbered = list(enumerate(files))
    if pruning is NOTHING:
        return numbered
    return [
        (number, file) for number, file in numbered if _may_match(file, pruning, request, trust)
    ]


def _may_match(file: LogFile, pruning: Pruning, request: Request, trust: Trust | None) -> bool:
    if not file.is_placed or file.delivered is None:
        return True
    if pruning.earliest and file.delivered < shifted(pruning.earliest, -STAMP_SLACK):
        return False
    if pruning.latest and request.late and file.delivered > shifted(pruning.latest, request.late):
        return False
    if pruning.accounts is not None and file.account not in pruning.accounts:
        return trust is not None and not trust.account(file.account or "")
    if pruning.regions is not None and file.region not in pruning.regions:
        return trust is not None and not trust.region(file.region or "")
    return True


def window_filter(request: Request) -> pl.Expr | None:
    """Which rows belong to what was asked for? What cannot be told stays."""
    parts: list[pl.Expr] = []
    if request.since is not None:
        parts.append(_NO_TIME | (pl.col("event_time") >= request.since))
    if request.until is not None:
        parts.append(_NO_TIME | (pl.col("event_time") < request.until))
    if request.accounts is not None:
        parts.append(_within("recipient_account_id", request.accounts))
    if request.regions is not None:
        parts.append(_within("aws_region", request.regions))
    if request.categories is not None:
        # Before version 1.07 records name no category; they are management or data events.
        parts.append(_within("event_category", request.categories))
    combined: pl.Expr | None = None
    for part in parts:
        combined = _combined(combined, part)
    return combined


def _within(name: str, values: frozenset[str]) -> pl.Expr:
    return pl.col(name).is_null() | pl.col(name).is_in(sorted(values))


def _combined(one: pl.Expr | None, other: pl.Expr | None) -> pl.Expr | None:
    if one is None or other is None:
        return other if one is None else one
    return one & other


def _roots(predicate: pl.Expr | None) -> list[str]:
    return [] if predicate is None else predicate.meta.root_names()
