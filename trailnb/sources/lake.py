"""An event data store of CloudTrail Lake: `lake://ID`, or its ARN.

A query for each day, since AWS bills by the bytes that are scanned.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from threading import Event
from typing import TYPE_CHECKING, Any

from trailnb.errors import RequestError
from trailnb.sources import lake_store, pruning, slices, sql
from trailnb.sources.ahead import fetch_ahead
from trailnb.sources.aws import Caller
from trailnb.sources.bill import agreed, unbounded
from trailnb.sources.lake_service import COLUMNS, Lake
from trailnb.sources.querying import AT_ONCE, Queries
from trailnb.sources.source import Listing, LogFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from trailnb.sources.source import Asked, Unread, Wanted

_ID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_ARN = re.compile(rf"arn:[a-z-]+:cloudtrail:([a-z0-9-]+):\d{{12}}:eventdatastore/({_ID})")
_RIGHTS = "cloudtrail:StartQuery, cloudtrail:DescribeQuery and cloudtrail:GetQueryResults"


@dataclass
class EventDataStore:
    """The events of one event data store of CloudTrail Lake.

    Its log files are days, each a query that AWS bills by the bytes it scans. One process asks. A
    day that broke off goes on from the page it came to; one that was read is not scanned again.
    """

    url: str
    options: dict[str, Any] = field(default_factory=dict, repr=False)
    clock: Callable[[], float] = field(default=time.monotonic, repr=False)
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC), repr=False)
    wait: Callable[[Event, float], object] = field(default=Event.wait, repr=False)
    threads: int = AT_ONCE

    def __post_init__(self) -> None:
        name = self.url.partition("://")[2]
        found = _ARN.fullmatch(name)
        self.store, self._named = found[2] if found else name, name
        if not re.fullmatch(_ID, self.store):
            raise RequestError(
                f"{self.url} names no event data store. Write lake:// and its id, the last part of "
                "its ARN, or the ARN: lake://arn:aws:cloudtrail:…:eventdatastore/…"
            )
        self.caller = Caller(
            "CloudTrail Lake (lake://)", self.options, clock=self.clock, sleep=self.sleep,
        )  # fmt: skip
        self.lake = Lake(self.caller, self.store, found[1] if found else None)
        self.queries = Queries(self.lake, self.uri, _RIGHTS, self.wait, agreed(self.options))

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError(
            "an event data store is asked by one process, which keeps count of the bill"
        )

    @property
    def uri(self) -> str:
        """The URL as given."""
        return self.url

    def list(self, wanted: Wanted) -> Listing:
        """Name the days within `wanted`; no query is started.

        Raises SourceError when the event data store is missing, refused, or holds no events of
        CloudTrail; RequestError when nothing bounds what would be scanned.
        """
        before = self.caller.requests
        if not pruning.wants_events(wanted):
            return Listing(())
        now = slices.whole_second(self.now())
        about = self.lake.described(self._named, self.uri)
        first = lake_store.kept_from(about, now)
        since = wanted.events_from and slices.whole_second(wanted.events_from)
        # The slack is for stamps; here the times of events themselves are asked for.
        early = wanted.delivered_from and slices.whole_second(wanted.delivered_from + slices.SLACK)
        start = max((one for one in (early, first) if one is not None), default=None)
        if start is None or not (early or self.options.get("allow_full_scan")):
            raise unbounded(self.uri, start)
        end = slices.to_midnight(min(now, wanted.events_until or now), now)
        # The oldest day keeps its name as it ages away.
        start = start.replace(hour=0, minute=0, second=0) if start == first else start
        attributes = sql.of_listing(wanted, COLUMNS)
        cut = slices.cut(f"lake://{self.store}", start, end, since)
        like = LogFile("", folder="CloudTrail")
        files = [
            slices.file_of(replace(one, attributes=attributes), like, now, since) for one in cut
        ]
        limits = lake_store.limits(about, first)
        return Listing(pruning.in_order(files), (), self.caller.requests - before, limits)

    def narrowed(self, files: Sequence[LogFile], asked: Asked) -> tuple[LogFile, ...]:
        """Ask for the times of a filter, and for all that it says to be equal."""
        now = slices.whole_second(self.now())
        kept: list[LogFile] = []
        for file in files:
            one = slices.clipped(slices.parsed(file.key), asked)
            attributes = sql.narrowed(one.attributes, asked, COLUMNS) if one else None
            if one and attributes is not None:
                one = replace(one, attributes=attributes)
                kept.append(file if one.key == file.key else slices.file_of(one, file, now))
        return pruning.in_order(kept)

    def read(self, files: Sequence[LogFile]) -> Iterator[tuple[LogFile, bytes | Unread]]:
        """Hand over each day as a log file of its records; who stops early stops the queries."""
        stop = Event()

        def fetch(file: LogFile) -> bytes | Unread:
            one = slices.parsed(file.key)
            statement = lambda: self.lake.statement(one)  # noqa: E731
            return self.queries.fetched(file.key, statement, stop, file.version)

        return fetch_ahead(files, fetch, threads=self.threads, stop=stop)

    def spent(self) -> tuple[str, ...]:
        """What have its queries scanned so far?"""
        return (self.queries.spent(),)
