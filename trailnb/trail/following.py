"""Follow a trail: bring what is new into a store, again and again, and hand it over."""

from __future__ import annotations

import itertools
import re
import time
import warnings
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from trailnb.errors import ProblemWarning, RequestError, SourceError, caller_level
from trailnb.formats.moments import shifted
from trailnb.formats.problem import Problem, problem_frame
from trailnb.store import compacting, had, ledger, saving
from trailnb.store.place import place_of
from trailnb.store.unlisted import UNLISTED
from trailnb.trail import keeping
from trailnb.trail.arrival import Arrival
from trailnb.trail.followable import is_live, notices_of
from trailnb.trail.listed import sorted_out
from trailnb.trail.looking import Looks
from trailnb.trail.request import duration
from trailnb.trail.trail import EVIDENCE_FOLDERS

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator, Mapping

    from trailnb.sources.source import LogFile
    from trailnb.store.place import Place
    from trailnb.trail.looking import Look
    from trailnb.trail.scan import EventScan
    from trailnb.trail.stored import StoredScan
    from trailnb.trail.trail import Trail

#: Measured with 15 events in each arrival: a step takes 50 ms, and 1.5 ms more for each part of the
#: day that was not joined.
MOST_SAVES = 200
_LEAST_STAY = timedelta(hours=1)
_READER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True)
class Clock:
    """What time it is (UTC), and how one waits."""

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    sleep: Callable[[float], None] = time.sleep


SYSTEM = Clock()


def follow(
    trail: Trail,
    dest: str | os.PathLike[str],
    *,
    every: str | timedelta,
    queue: str | None,
    rounds: int | None,
    reader: str,
    storage_options: Mapping[str, Any] | None,
    clock: Clock = SYSTEM,
) -> Iterator[Arrival]:
    """Check what is asked, then follow step by step."""
    from trailnb.trail.scan import EventScan

    if not isinstance(trail.scan, EventScan) or trail.tables:
        raise RequestError(
            "Only a trail opened from log files can be followed: open the place they come to."
        )
    if is_live(trail.scan.source):
        raise RequestError(
            f"{trail.scan.source.uri} has no log files that come: its days grow. Save it again "
            "from time to time: trail.save(…) brings what is new."
        )
    if rounds is not None and rounds < 1:
        raise RequestError(f"rounds={rounds!r} is no number of steps. Use 1 or more, or None.")
    if not _READER.fullmatch(reader):
        raise RequestError(
            f"reader={reader!r} is no name. Use letters, digits, dots, dashes and underscores."
        )
    pace = duration("every", every)
    place = place_of(dest, storage_options)

    def bring(step: Trail, reach: str) -> Trail:
        return keeping.save(step, dest, None, storage_options, look=reach)

    notices = None if queue is None else notices_of(queue, trail.scan)
    looks = Looks(trail.scan.source, trail.scan.request, notices)
    following = _Following(trail, trail.scan, place, bring, reader, looks, clock, pace)
    return _steps(following, rounds)


def _steps(following: _Following, rounds: int | None) -> Iterator[Arrival]:
    """Take one step after the other, at most one in each pace; Ctrl-C between them is an end."""
    pace = following.pace
    for number in itertools.count(1) if rounds is None else range(1, rounds + 1):
        began = following.clock.now()
        try:
            arrival = following.step(began)
        except KeyboardInterrupt:
            return
        if arrival is not None:
            yield arrival
            following.was_had(arrival)
        if number == rounds or following.is_over:
            return
        waited = following.clock.now() - began
        try:
            following.clock.sleep(min(max(pace - waited, timedelta()), pace).total_seconds())
        except KeyboardInterrupt:
            return


@dataclass
class _Following:
    """One reader's way along a trail: what it has had, and what was told."""

    trail: Trail
    scan: EventScan
    place: Place
    bring: Callable[[Trail, str], Trail]
    reader: str
    looks: Looks
    clock: Clock
    pace: timedelta
    is_over: bool = False
    _had: set[bytes] | None = None
    _kept: tuple[Trail, StoredScan] | None = None
    _told: set[Problem] = field(default_factory=set)
    _saves: int = 0
    _is_pending: bool = False

    def step(self, now: datetime) -> Arrival | None:
        """Bring what is new; None when nothing is.

        Raises:
            SourceError: the place or the store refuses. What may pass by itself is warned of and
                tried again at the next step, once a first step has gone well.
        """
        try:
            return self._step(now)
        except SourceError as error:
            if not error.is_transient or self._kept is None:
                raise
            _warn_of(f"{error} Following goes on; it is tried again at the next step.")
            return None

    def was_had(self, arrival: Arrival) -> None:
        """The reader came back for more: these log files need not come again."""
        mine = self._mine()
        mine.update(map(had.mark_of, arrival.files))
        self._told.update(_problems_in(arrival))
        try:
            had.keep(self.place, self.reader, mine)
        except SourceError as error:
            if not error.is_transient:
                raise
            _warn_of(f"{error} Following goes on; what was had is noted at the next arrival.")

    def _step(self, now: datetime) -> Arrival | None:
        mine = self._mine()
        is_last = self._is_past(now)
        look = self.looks.look("whole" if is_last else self.looks.due(now), now, self.pace)
        self._is_pending |= self._brought(look)
        told: list[Problem] = []
        if look.reach == "told" and self.looks.notices and self._kept:
            self.looks.notices.settle(self._is_kept)
            told = [one for one in self.looks.notices.problems if one not in self._told]
        self.looks.done(look.reach, now, is_whole=not look.listing.unlisted)
        self.is_over = is_last
        if not (self._is_pending or told):
            return None
        arrival = self._arrival(mine, now, told)
        self._is_pending = False
        return arrival

    def _mine(self) -> set[bytes]:
        """What has the reader had? At first, all that the store holds already."""
        if self._had is None:
            saving.claim(self.place, self.scan.request.late)
            known = had.load(self.place, self.reader)
            if known is None:
                held = ledger.load(self.place).held.values()
                known = {had.mark_of(one.file) for one in held}
                had.keep(self.place, self.reader, known)
            self._had = known
        return self._had

    def _brought(self, look: Look) -> bool:
        """Save what was listed; False when a look at the newest brought nothing to save."""
        from trailnb.trail.stored import StoredScan

        files, before, evidence = sorted_out(look.listing.files, self.scan.request)
        if look.reach in {"near", "told"} and self._kept is not None:
            fresh = {file.key for file in saving.missing((*before, *files), self._kept[1].held)}
            if not fresh and not evidence:
                return False
            files = tuple(file for file in files if file.key in fresh)
            before = tuple(file for file in before if file.key in fresh)
        step = replace(
            self.trail,
            scan=replace(self.scan, files=files),
            lookback_files=before,
            evidence_files=evidence,
            unlisted=look.listing.unlisted,
        )
        self._join(look.reach)
        trail = self.bring(step, "" if look.reach == "whole" else look.reach)
        assert isinstance(trail.scan, StoredScan)  # noqa: S101 - what a save opens
        self._kept = trail, trail.scan
        self.looks.remember((*trail.scan.lookback_files, *trail.scan.files))
        return True

    def _join(self, reach: str) -> None:
        """Join small parts from time to time: each arrival is one, and marking copies reads each.

        What was joined stays until the next time, an hour later at least, for whoever has it open.
        """
        now = self.clock.now()
        if reach == "whole" or self._saves >= MOST_SAVES:
            # Others may have joined them: what they replaced may be open somewhere.
            joined = compacting.joined_at(self.place)
            if joined is None or now - joined >= _LEAST_STAY:
                compacting.compact(self.place, is_at_once=False)
                compacting.note_join(self.place, now)
                self._saves = 0
        self._saves += 1

    def _is_kept(self, file: LogFile) -> bool:
        """Is this state of a log file in the store, or this digest beside it?"""
        if self._kept is None:
            return False
        stored = self._kept[1]
        if file.folder in EVIDENCE_FOLDERS:
            return any(one.key == file.key for one in stored.evidence_files)
        return not saving.missing([file], stored.held)

    def _arrival(self, mine: set[bytes], now: datetime, told: list[Problem]) -> Arrival | None:
        """What is there that the reader had not?"""
        if self._kept is None:
            return None
        trail, stored = self._kept
        fresh = tuple(
            file
            for file in stored.files
            if file.key in stored.held.held and had.mark_of(file) not in mine
        )
        keys = {file.key for file in fresh}
        self._told = {
            one
            for one in self._told
            if one in stored.ledger.problems or not one.reason.startswith(UNLISTED)
        }
        # A log file that is held may have been rewritten, and its new state be unreadable.
        own = {
            problem
            for part in stored.held.parts
            for problem in part.footer.problems
            if problem.log_file in stored.held.owned[part.name]
        }
        problems = [
            problem
            for problem in stored.ledger.problems
            if problem.log_file in keys or (problem not in own and problem not in self._told)
        ]
        if not fresh and not problems and not told:
            return None
        events = stored.arrived(keys, lambda file: had.mark_of(file) in mine)
        table = problem_frame([*problems, *told]).sort("severity", "log_file", "reason")
        return Arrival(now, fresh, events, table, trail)

    def _is_past(self, now: datetime) -> bool:
        """Can nothing be delivered any more that is asked for?"""
        until, late = self.scan.request.until, self.scan.request.late
        return until is not None and late is not None and now >= shifted(until, late)


def _warn_of(said: str) -> None:
    warnings.warn(said, ProblemWarning, stacklevel=caller_level())


def _problems_in(arrival: Arrival) -> Iterator[Problem]:
    for row in arrival.problems.iter_rows(named=True):
        yield Problem(**row)
