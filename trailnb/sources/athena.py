"""A table of Athena over CloudTrail's log files: `athena://DATABASE/TABLE`.

A query for each partition of time, since AWS bills by the bytes that are scanned. Partitions:
Athena User Guide, "Query AWS CloudTrail logs".
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import TYPE_CHECKING, Any

from trailnb.errors import RequestError
from trailnb.sources import pruning, slices, sql
from trailnb.sources.ahead import fetch_ahead
from trailnb.sources.athena_service import Athena
from trailnb.sources.athena_table import BEFORE, FROM, table_of
from trailnb.sources.aws import Caller
from trailnb.sources.bill import agreed, unbounded
from trailnb.sources.querying import AT_ONCE, Queries
from trailnb.sources.source import Listing, LogFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from trailnb.sources.athena_table import Table
    from trailnb.sources.slices import Slice
    from trailnb.sources.source import Asked, Unread, Wanted
    from trailnb.sources.sql import Attributes

_PER_SECOND = 5.0
_RIGHTS = "athena:StartQueryExecution, athena:GetQueryExecution, and s3:GetObject on the results"
#: CloudTrail began on this day.
_BEGINNING = datetime(2013, 11, 13, tzinfo=UTC)


@dataclass
class AthenaTable:
    """The events of one table, a query for each partition of time.

    Partitions that a window leaves out are not scanned; a table without partitions of time is only
    asked when somebody said so. One process asks. What broke off goes on, and what was read is not
    scanned again.
    """

    url: str
    options: dict[str, Any] = field(default_factory=dict, repr=False)
    clock: Callable[[], float] = field(default=time.monotonic, repr=False)
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC), repr=False)
    wait: Callable[[Event, float], object] = field(default=Event.wait, repr=False)
    threads: int = AT_ONCE
    _known: Table | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        self.database, _, self.name = self.url.partition("://")[2].strip("/").partition("/")
        if not (sql.is_name(self.database) and sql.is_name(self.name)):
            raise RequestError(f"{self.url} names no table. Write athena://DATABASE/TABLE.")
        self.caller = Caller(
            "Athena (athena://)", self.options, _PER_SECOND, self.clock, self.sleep
        )
        self.athena = Athena(self.caller, self.database, self.options)
        self.queries = Queries(self.athena, self.uri, _RIGHTS, self.wait, agreed(self.options))

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError("a table of Athena is asked by one process, which keeps count of the bill")

    @property
    def uri(self) -> str:
        """The URL as given."""
        return self.url

    @property
    def table(self) -> Table:
        """The table's columns and partitions, asked for once."""
        if self._known is None:
            metadata = self.athena.described(self.name, self.uri)
            self._known = table_of(self.database, self.name, metadata, self.uri)
        return self._known

    def list(self, wanted: Wanted) -> Listing:
        """Name the partitions of time within `wanted`; no query is started.

        Raises SourceError when the table is missing, refused, or holds something else; RequestError
        when nothing bounds what would be scanned.
        """
        before = self.caller.requests
        if not pruning.wants_events(wanted):
            return Listing(())
        now = slices.whole_second(self.now())
        attributes = sql.of_listing(wanted, self.table.columns)
        _check(self.table, wanted, self.uri, is_allowed=bool(self.options.get("allow_full_scan")))
        since = wanted.events_from and slices.whole_second(wanted.events_from)
        files = [
            _file_of(
                replace(one, attributes=(*one.attributes, *attributes)),
                now,
                since,
                is_of_events=self.table.partitions.grain is None,
            )
            for one in self._cut(wanted, now, since)
        ]
        requests = self.caller.requests - before
        return Listing(pruning.in_order(files), (), requests, self.table.limits())

    def narrowed(self, files: Sequence[LogFile], asked: Asked) -> tuple[LogFile, ...]:
        """Ask for fewer partitions, and for what a filter says of times and of equal texts."""
        kept: list[LogFile] = []
        for file in files:
            one = slices.parsed(file.key)
            clipped = self._clipped(one, asked)
            bounds, rest = _apart(one.attributes if clipped is None else clipped.attributes)
            attributes = sql.narrowed(rest, asked, self.table.columns)
            if clipped is not None and attributes is not None:
                less = replace(clipped, attributes=(*bounds, *attributes))
                kept.append(file if less == one else replace(file, key=less.key))
        return pruning.in_order(kept)

    def read(self, files: Sequence[LogFile]) -> Iterator[tuple[LogFile, bytes | Unread]]:
        """Hand over each answer as a log file; who stops early stops the queries."""
        stop = Event()

        def fetch(file: LogFile) -> bytes | Unread:
            statement = self.table.statement(slices.parsed(file.key))
            return self.queries.fetched(file.key, lambda: statement, stop, file.version)

        return fetch_ahead(files, fetch, threads=self.threads, stop=stop)

    def spent(self) -> tuple[str, ...]:
        """What have its queries scanned so far?"""
        return (self.queries.spent(),)

    def _cut(self, wanted: Wanted, now: datetime, since: datetime | None) -> Iterator[Slice]:
        """Name the partitions of deliveries, or, where there are none, a stretch of event times."""
        place, table = f"athena://{self.database}/{self.name}", self.table
        first = max(table.first or _BEGINNING, _BEGINNING)
        until = wanted.events_until
        if table.partitions.grain is None:
            # The slack is for stamps; here the times of events themselves are asked for.
            early = wanted.delivered_from + slices.SLACK if wanted.delivered_from else first
            end = slices.to_midnight(min(now, until or now), now)
            yield from slices.cut(place, slices.whole_second(early), end, since, is_daily=False)
            return
        # No slack for stamps: log files are stamped after their events, and a day more is dear.
        early = wanted.delivered_from + slices.SLACK if wanted.delivered_from else first
        end = min(wanted.delivered_until or now + slices.SECOND, now + slices.SECOND)
        end = min(end, table.last) if table.last else end
        for start, after in table.partitions.spans(max(early, first), end):
            bounds: Attributes = ()
            if until is not None and until < after:
                bounds = ((BEFORE, slices.stamped(_ceiling(until))),)
            if wanted.delivered_from is not None and start < early:
                bounds += ((FROM, slices.stamped(slices.whole_second(early))),)
            yield slices.Slice(place, start, after, bounds)

    def _clipped(self, one: Slice, asked: Asked) -> Slice | None:
        """Which part of a slice can hold what is asked for? A partition has no parts."""
        if self.table.partitions.grain is None:
            return slices.clipped(one, asked)
        last = asked.latest
        if asked.earliest is not None and one.end <= asked.earliest:
            return None
        if last is not None and asked.late is not None and one.start > last + asked.late:
            return None
        bounds = dict(pair for pair in one.attributes if pair[0] in {FROM, BEFORE})
        if asked.earliest is not None and asked.earliest > one.start:
            bounds[FROM] = slices.stamped(slices.whole_second(asked.earliest))
        if last is not None and last < one.end:
            latest = slices.stamped(slices.whole_second(last) + slices.SECOND)
            bounds[BEFORE] = min(bounds.get(BEFORE, latest), latest)
        _, rest = _apart(one.attributes)
        return replace(one, attributes=(*sorted(bounds.items()), *rest))


def _check(table: Table, wanted: Wanted, uri: str, *, is_allowed: bool) -> None:
    """Refuse what Athena would, and what would scan more than anybody asked for."""
    given = {"recipient_account_id": wanted.accounts, "aws_region": wanted.regions}
    places = table.partitions.places
    named = {places[column] for column, values in given.items() if values and column in places}
    if missing := sorted(table.partitions.injected - named):
        raise RequestError(
            f"Each query of {uri} must name values of the partition {', '.join(missing)}: pass "
            "accounts=[…] for one of accounts, regions=[…] for one of regions."
        )
    if is_allowed:
        return
    if table.partitions.grain is None:
        raise RequestError(
            f"{uri} has no partition that tells the time, so each query would scan all of it, and "
            "AWS bills by the bytes scanned. Make a table with partition projection, or pass "
            "storage_options={'allow_full_scan': True}."
        )
    if wanted.events_from is None and wanted.delivered_from is None:
        raise unbounded(uri, table.first)


def _file_of(one: Slice, now: datetime, since: datetime | None, *, is_of_events: bool) -> LogFile:
    """What is the log file of a slice? One in which the window begins is stamped so."""
    like = slices.file_of(one, LogFile("", folder="CloudTrail"), now, since)
    like = like if is_of_events else replace(like, covers_from=None)
    if since is not None and one.start <= since < one.end:
        return replace(like, delivered=since)
    return like


def _apart(attributes: Attributes) -> tuple[Attributes, Attributes]:
    """Bounds of time, and the rest."""
    bounds = tuple(pair for pair in attributes if pair[0] in {FROM, BEFORE})
    return bounds, tuple(pair for pair in attributes if pair not in bounds)


def _ceiling(moment: datetime) -> datetime:
    """The second that begins at this moment or next."""
    return slices.whole_second(moment + timedelta(seconds=1, microseconds=-1))
