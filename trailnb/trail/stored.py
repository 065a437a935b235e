"""A saved trail as a scan: the same answers as from raw logs, from its Parquet parts."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import dropwhile
from typing import TYPE_CHECKING

from trailnb.formats.moments import shifted
from trailnb.sources.pruning import in_order, wants
from trailnb.sources.source import Wanted
from trailnb.store import evidence, marks, saving, unlisted
from trailnb.store import ledger as ledgers
from trailnb.store.evidence import EvidenceSource
from trailnb.store.rows import brought_before, first_rows_of, rows_of
from trailnb.trail.ledger import Ledger, warn_of
from trailnb.trail.listed import wanted_of
from trailnb.trail.request import STAMP_SLACK
from trailnb.trail.scan import schema, window_filter

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable
    from datetime import timedelta

    import polars as pl

    from trailnb.formats.problem import Problem
    from trailnb.sources.source import LogFile, Source
    from trailnb.store.place import Place
    from trailnb.trail.request import Request


@dataclass(frozen=True)
class StoredScan:
    """Reads the events of a store."""

    place: Place
    request: Request
    ledger: Ledger = field(default_factory=Ledger)

    def __post_init__(self) -> None:
        """Know all problems from the start: the store's ledger holds them."""
        inside = {file.key for file in self.files} | self.held.torn.keys()
        self.ledger.add([one for one in self.held.problems if one.log_file in inside])
        self.ledger.add(unlisted.problems(self.place))
        self.ledger.add(evidence.problems(self.place))
        self.ledger.is_complete = True

    @cached_property
    def held(self) -> ledgers.Ledger:
        """What does the store hold?"""
        return ledgers.load(self.place)

    @cached_property
    def late(self) -> timedelta | None:
        """How late may copies come, as the saving trails were told?"""
        return saving.late_of(self.place)

    @cached_property
    def source(self) -> Source:
        """Where the evidence is read from."""
        return EvidenceSource(self.place)

    @cached_property
    def _listed(self) -> tuple[LogFile, ...]:
        """Which log files would a listing of the original bring?"""
        held = [one.file for one in self.held.held.values()]
        there, wanted = (*held, *self.held.unread), wanted_of(self.request)
        is_all = wanted == Wanted()
        return in_order(there if is_all else (file for file in there if _is_in(file, wanted)))

    @cached_property
    def files(self) -> tuple[LogFile, ...]:
        """Which log files does the window ask for, in reading order?"""
        if self.request.since is None:
            return self._listed
        return tuple(file for file in self._listed if not self._is_before(file))

    @cached_property
    def lookback_files(self) -> tuple[LogFile, ...]:
        """Which log files were delivered before the window, within the lookback?"""
        return tuple(file for file in self._listed if self._is_before(file))

    @cached_property
    def evidence_files(self) -> tuple[LogFile, ...]:
        """Which digests are kept?"""
        return self.source.list(wanted_of(self.request)).files

    def lookback(self, files: tuple[LogFile, ...]) -> pl.LazyFrame:
        """The events of files delivered before the window, whatever their time."""
        # Who looks back rests on these files, too, as a reading of the logs would have told.
        names = {file.key for file in files}
        self.ledger.add([one for one in self.held.problems if one.log_file in names])
        request = replace(self.request, since=None, until=self.request.since)
        return self._rows(files, request, frozenset({"any"}))

    def lazy(self) -> pl.LazyFrame:
        """The event table as a plain scan of Parquet."""
        if self.ledger.problems:
            warn_of(list(self.ledger.problems))
        return self._rows(self.files, self.request, self._odd)

    def _rows(
        self, files: Iterable[LogFile], request: Request, odd: frozenset[str]
    ) -> pl.LazyFrame:
        asked = self.held.narrowed({file.key for file in files})
        if request.is_deduped:
            rows = first_rows_of(self.place, self.held, asked, self.late, odd)
        else:
            rows = rows_of(self.place, self.held, asked)
        window = window_filter(request)
        return (rows if window is None else rows.filter(window)).select(schema().names())

    def arrived(self, fresh: Collection[str], had: Callable[[LogFile], bool]) -> pl.LazyFrame:
        """The events that these log files brought to a reader who had those of others before.

        An event that a file brings again is not among them, whichever of its copies counts.
        """
        asked = self.held.narrowed(fresh)
        if not self.request.is_deduped:
            rows = rows_of(self.place, self.held, asked)
        else:
            among = self.held.narrowed({file.key for file in self.files})
            rows = first_rows_of(self.place, self.held, asked, self.late, self._odd, among=among)
            after_first = dropwhile(lambda file: file.key not in fresh, self.files)
            later = {file.key for file in after_first if had(file)}
            if later:
                again = brought_before(self.place, self.held, fresh, later)
                rows = rows.join(again.lazy(), on=["log_file", "log_index"], how="anti")
        window = window_filter(self.request)
        return (rows if window is None else rows.filter(window)).select(schema().names())

    def duplicates(self) -> dict[str, tuple[int, int]]:
        """How many copies and differing events does each log file hold?

        The store's ledger knows, but for days that a window cuts or a broken-off save left.
        """
        asked = self.held.narrowed({file.key for file in self.files})
        stale = {part.footer.day for part in marks.stale(self.place, self.held, self.late)}
        window = window_filter(self.request)
        cut = {part.footer.day for part in asked.parts if part.footer.marks} if self._odd else set()
        counts = {
            held.file.key: (held.copies, held.differing)
            for part in asked.parts
            if part.footer.day not in stale | cut
            for held in asked.owned[part.name].values()
        }
        for day in {part.footer.day for part in asked.parts} & (stale | cut):
            found = marks.copies_of(self.place, asked, day, self.late, window)
            keys = found.copies.keys() | found.differing.keys()
            counts |= {key: (found.copies[key], found.differing[key]) for key in keys}
        return {key: both for key, both in counts.items() if any(both)}

    def check(self) -> list[Problem]:
        """Nothing is left to check: every file was read in full when it was saved."""
        return []

    @property
    def _odd(self) -> frozenset[str]:
        """How is the question narrower than the store?"""
        asked = self.request
        bounds = {
            "time": (asked.since, asked.until),
            "place": (asked.accounts, asked.regions, asked.categories),
        }
        return frozenset(name for name, given in bounds.items() if given.count(None) < len(given))

    def _is_before(self, file: LogFile) -> bool:
        since = self.request.since
        return bool(since and file.delivered and file.delivered < shifted(since, -STAMP_SLACK))


def _is_in(file: LogFile, wanted: Wanted) -> bool:
    """Would a listing bring this log file? A placed one is judged by what its key told when saved.

    A key may be relative to a folder below `AWSLogs/`, and then tells less by itself.
    """
    if not file.is_placed or file.delivered is None:
        return wants(wanted, file)
    start, end = wanted.delivered_from, wanted.delivered_until
    named = (
        (wanted.accounts, file.account),
        (wanted.regions, file.region),
        (wanted.folders, file.folder),
    )
    return (
        (start is None or start <= file.delivered)
        and (end is None or file.delivered < end)
        and all(names is None or name in names for names, name in named)
    )
