"""A log group of CloudWatch Logs that a trail delivers to: `cloudwatch://LOG-GROUP`, or its ARN.

Asked through FilterLogEvents, by the time of delivery. Pages, tokens and filter patterns:
CloudWatch Logs API reference and user guide, "Filter pattern syntax".
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from trailnb.errors import RequestError, SourceError
from trailnb.facts.columns import BY_NAME
from trailnb.sources import pruning, slices
from trailnb.sources.ahead import THREADS, fetch_ahead
from trailnb.sources.aws import Caller, is_transient, refused, sentence
from trailnb.sources.paging import Paging, record_text
from trailnb.sources.s3_refusals import Refusal
from trailnb.sources.source import Limit, Listing, LogFile, Unread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from trailnb.sources.slices import Slice
    from trailnb.sources.source import Asked, Wanted

_RIGHT = "logs:FilterLogEvents"
#: Five a second are allowed in every region.
_PER_SECOND = 5.0
_ARN = re.compile(r"arn:[a-z-]+:logs:([a-z0-9-]+):\d{12}:log-group:([^:*]+)(?::\*)?")
#: Columns that CloudTrail always writes as a plain string, so that `=` means the same there.
_EQUAL = (
    "event_id", "access_key_id", "event_name", "event_source", "source_ip_address", "error_code",
    "aws_region", "recipient_account_id",
)  # fmt: skip
#: In quotes these characters mean themselves; `*`, quotes and backslashes would not.
_PLAIN = re.compile(r"[A-Za-z0-9 _.:/@+=,()-]+")
_MOST_CHARACTERS = 1_024
_NOT_TWICE = "InvalidParameterException"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


@dataclass
class LogGroup:
    """The records that a trail delivered to one log group.

    Its log files are days of delivery. One process reads it, for only so the pace holds; a day
    that broke off goes on from the page it came to.
    """

    url: str
    options: dict[str, Any] = field(default_factory=dict, repr=False)
    clock: Callable[[], float] = field(default=time.monotonic, repr=False)
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC), repr=False)
    threads: int = THREADS
    _begun: dict[str, Paging] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        name = self.url.partition("://")[2]
        found = _ARN.fullmatch(name)
        self.group = found[2] if found else name
        self._own_region = found[1] if found else None
        self._named = {"logGroupIdentifier": name.removesuffix(":*")} if found else None
        if not self.group or (name.startswith("arn:") and not found):
            raise RequestError(f"{self.url} names no log group. Write cloudwatch://LOG-GROUP.")
        self.caller = Caller(
            "CloudWatch Logs (cloudwatch://)", self.options, _PER_SECOND, self.clock, self.sleep
        )

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError("a log group is read by one process, which keeps the pace: save it first")

    @property
    def uri(self) -> str:
        """The URL as given."""
        return self.url

    @property
    def region(self) -> str | None:
        """The region of the ARN, or that of the credentials' profile."""
        return self._own_region or self.caller.session().region_name

    def list(self, wanted: Wanted) -> Listing:
        """Name the days of delivery within `wanted`; no event is asked for.

        Raises SourceError when the log group is missing or refused.
        """
        before = self.caller.requests
        now = slices.whole_second(self.now())
        kept_from = self._kept_from(now)
        since = wanted.events_from and slices.whole_second(wanted.events_from)
        start = max(kept_from, slices.whole_second(wanted.delivered_from or kept_from))
        end = now + slices.SECOND
        if wanted.delivered_until is not None and wanted.delivered_until < now:
            end = slices.whole_second(wanted.delivered_until) + slices.SECOND
        like = LogFile("", folder="CloudTrail")
        cut = slices.cut(self.url, start, end, since) if pruning.wants_events(wanted) else ()
        files = [replace(slices.file_of(one, like, now, since), covers_from=None) for one in cut]
        limits = (
            Limit(f"the log group holds nothing before {kept_from:%Y-%m-%dT%H:%M:%SZ}", kept_from),
            Limit("records over 256 KB never arrive in CloudWatch Logs"),
        )
        return Listing(pruning.in_order(files), (), self.caller.requests - before, limits)

    def narrowed(self, files: Sequence[LogFile], asked: Asked) -> tuple[LogFile, ...]:
        """Ask for what a filter says to be equal, and for nothing delivered before its times.

        How late a delivery may come is not known here, so the end stays.
        """
        now = slices.whole_second(self.now())
        pattern = _pattern(asked.equal)
        earliest = replace(asked, latest=None)
        kept: list[LogFile] = []
        for file in files:
            if one := slices.clipped(slices.parsed(file.key), earliest):
                attributes = (("filterPattern", pattern),) if pattern else ()
                one = replace(one, attributes=attributes)
                less = replace(slices.file_of(one, file, now), covers_from=None)
                kept.append(file if one.key == file.key else less)
        return pruning.in_order(kept)

    def read(self, files: Sequence[LogFile]) -> Iterator[tuple[LogFile, bytes | Unread]]:
        """Hand over each day as a log file of its records."""
        return fetch_ahead(files, self._fetch, threads=self.threads)

    def _fetch(self, file: LogFile) -> bytes | Unread:
        one = slices.parsed(file.key)
        # Taken, not shared: two scans of one query may read the same day at the same time.
        paging = self._begun.pop(file.key, None) or Paging()
        try:
            while not paging.is_done:
                try:
                    self._turn(paging, one)
                except Refusal as refusal:
                    if refusal.code != _NOT_TWICE or not paging.token:
                        raise
                    # The token is too old, and pages are in no order to go on from: once anew.
                    paging = Paging()
                    self._turn(paging, one)
        except Refusal as refusal:
            self._begun[file.key] = paging
            said = sentence(refusal, file.key, _RIGHT)
            return Unread(said, is_transient=refusal.is_expired or is_transient(refusal))
        return paging.content()

    def _turn(self, paging: Paging, one: Slice) -> None:
        """Ask for one page more; it may be empty, and yet not the last."""
        asked: dict[str, Any] = self._named or {"logGroupName": self.group}
        asked |= {
            "startTime": (one.start - _EPOCH) // _MILLISECOND,
            "endTime": (one.end - _EPOCH) // _MILLISECOND - 1,  # inclusive
        }
        if one.attribute:
            asked["filterPattern"] = one.attribute[1]
        if paging.token:
            asked["nextToken"] = paging.token
        page = self.caller.ask("logs", self.region, "filter_log_events", **asked)
        events = page["events"]
        paging.take(
            [(None, None, record_text(event.get("message"), event)) for event in events],
            page.get("nextToken"),
        )

    def _kept_from(self, now: datetime) -> datetime:
        """Since when does the log group keep what it gets?"""
        token: dict[str, str] = {}
        while True:
            try:
                page = self.caller.ask(
                    "logs", self.region, "describe_log_groups",
                    logGroupNamePrefix=self.group, **token,
                )  # fmt: skip
            except Refusal as refusal:
                raise refused(refusal, self.uri, "logs:DescribeLogGroups") from None
            for group in page["logGroups"]:
                if group["logGroupName"] == self.group:
                    made = slices.whole_second(_EPOCH + group["creationTime"] * _MILLISECOND)
                    days = group.get("retentionInDays")
                    return max(made, now - timedelta(days=days)) if days else made
            if not page.get("nextToken"):
                hint = f"Check its name; it was looked for in {self.region}."
                raise SourceError.about("no such log group", self.uri, hint)
            token = {"nextToken": page["nextToken"]}


def _pattern(equal: Mapping[str, str]) -> str | None:
    """The filter pattern of what must be equal, as far as it means the same there.

    Example:
        >>> _pattern({"event_name": "GetUser", "user_agent": "x", "error_code": "a*"})
        '{ ($.eventName = "GetUser") }'
    """
    terms: list[str] = []
    for column in _EQUAL:
        value = equal.get(column, "")
        if _PLAIN.fullmatch(value):
            known = BY_NAME[column]
            paths = [".".join(path) for path in (known.path, known.otherwise) if path]
            term = "(" + " || ".join(f'$.{path} = "{value}"' for path in paths) + ")"
            if len(" && ".join([*terms, term])) + 4 <= _MOST_CHARACTERS:
                terms.append(term)
    return f"{{ {' && '.join(terms)} }}" if terms else None
