"""Event history: `cloudtrail://`, `cloudtrail://ACCOUNT`, `cloudtrail://ACCOUNT/REGION`.

What CloudTrail keeps for 90 days of every account, with or without a trail, asked for through
LookupEvents: two requests a second, 50 events each. Limits and parameters: API reference,
LookupEvents; CloudTrail User Guide, "Viewing recent management events".
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any

from trailnb.errors import RequestError, SourceError
from trailnb.sources import pruning, regions, slices
from trailnb.sources.ahead import THREADS, fetch_ahead
from trailnb.sources.aws import Caller, is_transient, refused, sentence
from trailnb.sources.paging import Paging, record_text
from trailnb.sources.s3_refusals import Refusal
from trailnb.sources.source import Limit, Listing, LogFile, Unread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from trailnb.sources.slices import Slice
    from trailnb.sources.source import Asked, Wanted

_KEPT = timedelta(days=90)
_PAGE = 50
_RIGHT = "cloudtrail:LookupEvents"
#: What is one of the documented attributes, and surely the same as a column, the rarest first.
#: Username is not: it may be a session's name. AWS takes one attribute in a call.
_ATTRIBUTES = (
    ("event_id", "EventId"),
    ("access_key_id", "AccessKeyId"),
    ("event_name", "EventName"),
    ("event_source", "EventSource"),
)
_MOST_CHARACTERS = 2_000
_FOLDERS = {"CloudTrail": "Management", "CloudTrail-Insight": "Insight"}
#: Insights have no access key to be looked up by.
_NOT_OF_INSIGHTS = frozenset({"AccessKeyId"})


@dataclass
class EventHistory:
    """The last 90 days of management events, and Insights, of the credentials' account.

    Its log files are days of a region. One process reads it, for only so the pace holds; regions
    are read side by side. A day that broke off goes on from the page it came to.
    """

    url: str
    options: dict[str, Any] = field(default_factory=dict, repr=False)
    clock: Callable[[], float] = field(default=time.monotonic, repr=False)
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC), repr=False)
    threads: int = THREADS
    _begun: dict[str, Paging] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        account, _, region = self.url.partition("://")[2].strip("/").partition("/")
        is_account = not account or (len(account) == 12 and account.isdigit())  # noqa: PLR2004
        if not is_account or (region and not regions.is_region(region)):
            raise RequestError(
                f"{self.uri} names no Event history. Write cloudtrail://, "
                "cloudtrail://111122223333 or cloudtrail://111122223333/eu-west-1."
            )
        self.account, self.region = account, region
        self.caller = Caller(
            "Event history (cloudtrail://)", self.options, clock=self.clock, sleep=self.sleep
        )

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError("Event history is read by one process, which keeps the pace: save it first")

    @property
    def uri(self) -> str:
        """The URL as given."""
        return self.url

    def list(self, wanted: Wanted) -> Listing:
        """Name the days of each region within `wanted`; no event is asked for.

        Raises SourceError when there are no credentials, or those of another account.
        """
        before = self.caller.requests
        now = slices.whole_second(self.now())
        account, home = self._identity()
        names, unlisted = self._regions(wanted, home)
        first = now - _KEPT
        since = wanted.events_from and slices.whole_second(wanted.events_from)
        # The slack is for stamps; here the times of events themselves are asked for.
        early = wanted.delivered_from + slices.SLACK if wanted.delivered_from else first
        start = max(first, slices.whole_second(early))
        end = min(now, wanted.events_until or now)
        is_own = wanted.accounts is None or account in wanted.accounts
        # The oldest day keeps its name as it ages away; it is asked for from what is kept.
        start = start.replace(hour=0, minute=0, second=0) if start == first else start
        found = [
            slices.file_of(one, like, now, since)
            for like in _likes(account, names, wanted)
            for one in _cut(like, start, slices.to_midnight(end, now), since)
        ]
        return Listing(
            pruning.in_order(found if is_own else ()),
            tuple(unlisted),
            self.caller.requests - before,
            self._limits(first),
        )

    def narrowed(self, files: Sequence[LogFile], asked: Asked) -> tuple[LogFile, ...]:
        """Ask for the times of a filter, and for one attribute that it says to be equal."""
        now = slices.whole_second(self.now())
        kept: list[LogFile] = []
        for file in files:
            if asked.regions is not None and file.region not in asked.regions:
                continue
            if one := slices.clipped(slices.parsed(file.key), asked):
                attribute = _attribute(asked, file)
                one = replace(one, attributes=(attribute,) if attribute else ())
                kept.append(file if one.key == file.key else slices.file_of(one, file, now))
        return pruning.in_order(_joined(kept, now))

    def read(self, files: Sequence[LogFile]) -> Iterator[tuple[LogFile, bytes | Unread]]:
        """Hand over each day as a log file of its records, regions side by side."""
        return fetch_ahead(files, self._fetch, threads=self.threads)

    def _fetch(self, file: LogFile) -> bytes | Unread:
        # Taken, not shared: two scans of one query may read the same day at the same time.
        paging = self._begun.pop(file.key, None) or Paging()
        one = slices.parsed(file.key)
        try:
            while not paging.is_done:
                self._turn(paging, one, file)
        except Refusal as refusal:
            self._begun[file.key] = paging
            said = sentence(refusal, file.key, _RIGHT)
            if paging.events:
                said += f" {paging.events:,} events of it were read; it goes on from there."
            return Unread(said, is_transient=refusal.is_expired or is_transient(refusal))
        return paging.content()

    def _turn(self, paging: Paging, one: Slice, file: LogFile) -> None:
        """Ask for one page more."""
        arguments = paging.arguments or self._arguments(one, file, paging.oldest)
        paging.arguments = arguments
        token = {"NextToken": paging.token} if paging.token else {}
        try:
            page = self.caller.ask("cloudtrail", file.region, "lookup_events", **arguments, **token)
        except Refusal as refusal:
            if refusal.code == "InvalidNextTokenException" and paging.start_again():
                return
            raise
        paging.take(
            [
                (
                    event.get("EventId"),
                    event.get("EventTime"),
                    record_text(event.get("CloudTrailEvent"), event),
                )
                for event in page["Events"]
            ],
            page.get("NextToken"),
        )

    def _arguments(self, one: Slice, file: LogFile, oldest: datetime | None) -> dict[str, Any]:
        """What is asked for? The same for all pages: a token is good for nothing else."""
        arguments: dict[str, Any] = {
            "StartTime": max(one.start, slices.whole_second(self.now()) - _KEPT),
            "EndTime": oldest or one.end - slices.SECOND,  # both ends are inclusive
            "MaxResults": _PAGE,
        }
        if file.folder == "CloudTrail-Insight":
            arguments["EventCategory"] = "insight"
        if one.attribute:
            name, value = one.attribute
            arguments["LookupAttributes"] = [{"AttributeKey": name, "AttributeValue": value}]
        return arguments

    def _identity(self) -> tuple[str, str]:
        """Whose credentials are these, and which region is their own?"""
        home = self.region or self.caller.session().region_name or "us-east-1"
        try:
            account = str(self.caller.ask("sts", home, "get_caller_identity")["Account"])
        except Refusal as refusal:
            raise refused(refusal, self.uri, "sts:GetCallerIdentity") from None
        if self.account and self.account != account:
            raise SourceError.about(
                f"the credentials are those of account {account}",
                self.uri,
                "Pass the profile of a role in that account: storage_options={'profile': …}.",
            )
        return account, home

    def _regions(
        self, wanted: Wanted, home: str
    ) -> tuple[Sequence[str], Sequence[tuple[str, str]]]:
        """Which regions are asked: the one named, those wanted, or all that are enabled?"""
        if self.region:
            is_wanted = wanted.regions is None or self.region in wanted.regions
            return ([self.region] if is_wanted else []), []
        if wanted.regions is not None:
            return sorted(wanted.regions), []
        try:
            answer = self.caller.ask("ec2", home, "describe_regions")
        except Refusal as refusal:
            known = {home, *regions.global_regions(home)}
            why = sentence(refusal, "the other regions", "ec2:DescribeRegions, or name regions=")
            return sorted(known), [(f"{self.uri} (regions)", why)]
        return sorted(region["RegionName"] for region in answer["Regions"]), []

    def _limits(self, first: datetime) -> tuple[Limit, ...]:
        limits = [
            Limit("Event history holds no data events and no network activity events"),
            Limit(f"Event history holds nothing before {first:%Y-%m-%dT%H:%M:%SZ}", first),
            Limit("Event history may not hold the last 15 minutes yet"),
        ]
        if self.region:
            limits.append(Limit(f"regions other than {self.region} were not asked for"))
        return tuple(limits)


def _likes(account: str, names: Iterable[str], wanted: Wanted) -> Iterator[LogFile]:
    for region in names:
        for folder in _FOLDERS:
            if wanted.folders is None or folder in wanted.folders:
                yield LogFile("", account=account, region=region, folder=folder, is_placed=True)


def _cut(like: LogFile, start: datetime, end: datetime, since: datetime | None) -> Iterator[Slice]:
    """Cut the stretch into days; Insights are few, so one call may bring them all."""
    category = _FOLDERS[like.folder or ""]
    place = f"cloudtrail://{like.account}/{like.region}/{category}"
    is_daily = category != "Insight"
    return slices.cut(place, start, end, since, is_daily=is_daily)


def _attribute(asked: Asked, file: LogFile) -> tuple[str, str] | None:
    """Which one attribute is looked up? What else the filter says is left to the filter."""
    for column, name in _ATTRIBUTES:
        value = asked.equal.get(column)
        is_known = file.folder != "CloudTrail-Insight" or name not in _NOT_OF_INSIGHTS
        if value and len(value) <= _MOST_CHARACTERS and is_known:
            return name, value
    return None


def _joined(files: Iterable[LogFile], now: datetime) -> Iterator[LogFile]:
    """Ask for an attribute in all days at once: few events carry it, and calls are slow."""
    ordered = sorted(files, key=lambda file: (file.region or "", file.folder or "", file.key))
    for _, group in groupby(ordered, key=lambda file: (file.region, file.folder)):
        run: LogFile | None = None
        for file in group:
            one = slices.parsed(file.key)
            last = slices.parsed(run.key) if run else None
            if run and last and one.attributes and last.end == one.start:
                run = slices.file_of(replace(last, end=one.end), run, now)
                continue
            if run:
                yield run
            run = file
        if run:
            yield run
