"""Where a followed trail looks for new log files, and how often: near, over a day, everywhere."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from trailnb.formats.moments import shifted
from trailnb.sources.source import Continuing, Listing
from trailnb.trail.listed import wanted_of
from trailnb.trail.trail import EVIDENCE_FOLDERS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from trailnb.sources.source import LogFile, Source
    from trailnb.trail.notices import Notices
    from trailnb.trail.request import Request

#: A log file appears within minutes of its stamp, and names of one stamp are in no order: what
#: is stamped up to an hour before the newest one is listed again, which costs no further request.
SLACK = timedelta(hours=1)
#: New accounts and regions, digests, log files that came late or were written again.
SWEEP = timedelta(minutes=15)
#: Deliveries that failed are tried again for up to 30 days (CloudTrail User Guide).
WHOLE = timedelta(days=1)
_DAY_SEGMENTS = 4

#: How far a look reaches: what came last, by listing or as told by a queue, the days within `late`,
#: or all that is asked for.
Reach: TypeAlias = Literal["near", "told", "days", "whole"]


class Look(NamedTuple):
    """What a look brought."""

    reach: Reach
    listing: Listing


@dataclass
class Looks:
    """Remembers where the newest log files lie, and when the last wide looks were.

    `known` maps each region's folder to its newest stamp. `newest` is that of all.
    """

    source: Source
    request: Request
    notices: Notices | None = None
    known: dict[str, datetime] = field(default_factory=dict)
    newest: datetime | None = None
    requests: int = 0
    _swept: datetime | None = None
    _whole: datetime | None = None

    def due(self, now: datetime) -> Reach:
        """How far must the next look reach?"""
        if self._whole is None or self._swept is None or now - self._whole >= WHOLE:
            return "whole"
        if now - self._swept >= SWEEP:
            return "days"
        if self.notices:
            return "told"
        can_continue = isinstance(self.source, Continuing) and self.source.continues(self.known)
        return "near" if can_continue else "days"

    def look(self, reach: Reach, now: datetime, pace: timedelta) -> Look:
        """List what may be new."""
        if reach == "told" and self.notices:
            return Look("told", self.notices.listing(pace.total_seconds()))
        wanted = wanted_of(self.request)
        if reach == "near" and isinstance(self.source, Continuing):
            since = {folder: min(at, now) - SLACK for folder, at in self.known.items()}
            listing = self.source.list_after(since, wanted)
            self.requests += listing.requests
            if not listing.unlisted:
                return Look("near", listing)
            reach = "days"  # what cannot be listed is told by a look that went down to it
        if reach == "days" and self.newest is not None:
            # A stamp from the future must not blind anybody.
            reached = max(self.request.late or WHOLE, SLACK)
            start = shifted(min(self.newest, now), -reached)
            first = max(wanted.delivered_from or start, start)
            if wanted.delivered_until is None or first < wanted.delivered_until:
                wanted = replace(wanted, delivered_from=first)
        listing = self.source.list(wanted)
        self.requests += listing.requests
        return Look(reach, listing)

    def done(self, reach: Reach, now: datetime, *, is_whole: bool = True) -> None:
        """Note that what this look brought is kept; not `is_whole` where some could not be listed.

        Whatever lies there was missed, however old it is: the next sweep looks everywhere again.
        """
        if reach in {"days", "whole"}:
            self._swept = now
        if reach == "whole":
            self._whole = now if is_whole else now - WHOLE + SWEEP

    def remember(self, files: Iterable[LogFile]) -> None:
        """Learn from the log files that are kept where the newest ones lie."""
        for file in files:
            if file.delivered is None or file.folder in EVIDENCE_FOLDERS:
                continue
            self.newest = max(self.newest or file.delivered, file.delivered)
            if file.is_placed:
                region = file.key.rsplit("/", _DAY_SEGMENTS)[0]
                self.known[region] = max(self.known.get(region, file.delivered), file.delivered)
