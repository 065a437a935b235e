"""A saved trail as a scan: the same answers as from raw logs, from its Parquet parts."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

import polars as pl

from trailnb.formats.moments import shifted
from trailnb.sources.source import Wanted
from trailnb.store import ledger as ledgers
from trailnb.store import saving
from trailnb.store.evidence import EvidenceSource
from trailnb.store.part import UNDATED
from trailnb.store.rows import rows_of
from trailnb.trail.ledger import Ledger, warn_of
from trailnb.trail.request import STAMP_SLACK
from trailnb.trail.scan import schema, window_filter

if TYPE_CHECKING:
    from trailnb.formats.problem import Problem
    from trailnb.sources.source import LogFile, Source
    from trailnb.store.part import Part
    from trailnb.store.place import Folder, Remote
    from trailnb.trail.request import Request


@dataclass(frozen=True)
class StoredScan:
    """Reads the events of a store."""

    place: Folder | Remote
    request: Request
    ledger: Ledger = field(default_factory=Ledger)

    def __post_init__(self) -> None:
        """Know all problems from the start: the ledger holds them."""
        inside = {file.key for file in self.files}
        known = {held.file.key for held in self.held.held.values()}
        problems = [
            problem
            for problem in self.held.problems
            if problem.log_file in inside or problem.log_file not in known
        ]
        self.ledger.add(problems)
        self.ledger.is_complete = True

    @cached_property
    def held(self) -> ledgers.Ledger:
        """What does the store hold?"""
        return ledgers.load(self.place)

    @cached_property
    def late(self) -> timedelta | None:
        """How late may deliveries come, as the saving trail was told?"""
        seconds = saving.settings(self.place)["late_seconds"]
        return None if seconds is None else timedelta(seconds=seconds)

    @cached_property
    def source(self) -> Source:
        """Where the evidence is read from."""
        return EvidenceSource(self.place)

    @cached_property
    def files(self) -> tuple[LogFile, ...]:
        """Which log files does the window ask for, in reading order?"""
        files = [held.file for held in self.held.held.values() if self._is_wanted(held.file)]
        order = sorted(
            files, key=lambda file: (file.delivered is None, str(file.delivered), file.key)
        )
        return tuple(order)

    @property
    def evidence_files(self) -> tuple[LogFile, ...]:
        """Which digests are kept?"""
        return self.source.list(Wanted()).files

    @cached_property
    def lookback_files(self) -> tuple[LogFile, ...]:
        """Which log files were delivered before the window, within the lookback?"""
        since = self.request.since
        if since is None:
            return ()
        first = shifted(since, -STAMP_SLACK - self.request.lookback)
        files = (held.file for held in self.held.held.values())
        before = [
            file
            for file in files
            if file.delivered and first <= file.delivered < shifted(since, -STAMP_SLACK)
        ]
        return tuple(sorted(before, key=_reading_order))

    def lookback(self, files: tuple[LogFile, ...]) -> pl.LazyFrame:
        """The events of files delivered before the window, whatever their time."""
        since = self.request.since
        first = shifted(since, -STAMP_SLACK - self.request.lookback) if since else None
        request = replace(self.request, since=first, until=since)
        keys = [file.key for file in files]
        return replace(self, request=request).lazy().filter(pl.col("log_file").is_in(keys))

    def lazy(self) -> pl.LazyFrame:
        """The event table as a plain scan of Parquet."""
        if self.ledger.problems:
            warn_of(list(self.ledger.problems))
        rows = rows_of(
            self.place,
            self.held,
            [part for part in self.held.parts if self._is_read(part)],
            late=self.late,
            is_deduped=self.request.is_deduped,
        )
        window = window_filter(self.request)
        return (rows if window is None else rows.filter(window)).select(schema().names())

    def duplicates(self) -> dict[str, tuple[int, int]]:
        """How many copies and differing events does each log file hold?"""
        wanted = {file.key for file in self.files}
        return {
            key: (held.copies, held.differing)
            for key, held in self.held.held.items()
            if key in wanted and (held.copies or held.differing)
        }

    def check(self) -> list[Problem]:
        """Nothing is left to check: every file was read in full when it was saved."""
        return []

    def _is_read(self, part: Part) -> bool:
        """Tell whether a part of this delivery day can hold events of the window."""
        day = part.footer.day
        if day == UNDATED:
            return True
        first, last = self._days()
        return (first is None or day >= first) and (last is None or day <= last)

    def _days(self) -> tuple[str | None, str | None]:
        since, until, late = self.request.since, self.request.until, self.request.late
        first = shifted(since, -STAMP_SLACK).date().isoformat() if since else None
        last = shifted(until, late).date().isoformat() if until and late is not None else None
        return first, last

    def _is_wanted(self, file: LogFile) -> bool:
        request = self.request
        if file.delivered:
            since, until, late = request.since, request.until, request.late
            if since and file.delivered < shifted(since, -STAMP_SLACK):
                return False
            if until and late is not None and file.delivered >= shifted(until, late):
                return False
        if not file.is_placed:
            return True
        return (request.accounts is None or file.account in request.accounts) and (
            request.regions is None or file.region in request.regions
        )


def _reading_order(file: LogFile) -> tuple[bool, str, str]:
    """Undated files last, else by delivery time and key: as a listing has them."""
    return file.delivered is None, str(file.delivered), file.key
