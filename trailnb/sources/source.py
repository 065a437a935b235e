"""The contract of a place that holds logs: list names, then hand over bytes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta  # noqa: TC003 - a store's footers are decoded by these types
from typing import TYPE_CHECKING, Protocol, TypeAlias, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a listing should bring: delivery times and places, all bounds already in UTC.

    `delivered_from` and `delivered_until` bound the *delivery* stamp of files (half-open, None is
    unbounded); slack for lateness has been added by the caller. `accounts` and `regions` are exact
    names (the global-service region has been added by the caller); `folders` are names such as
    "CloudTrail" or "CloudTrail-Digest"; None means all. `events_from` and `events_until` are the
    window of event times itself, for a place that is asked for times and not for deliveries.
    """

    delivered_from: datetime | None = None
    delivered_until: datetime | None = None
    accounts: frozenset[str] | None = None
    regions: frozenset[str] | None = None
    folders: frozenset[str] | None = None
    events_from: datetime | None = None
    events_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class LogFile:
    """One object of a source, with what its name tells.

    `key` is the full name as a person would type it (path, URL, `archive.zip!/member`), unique in
    a trail. `size_bytes` is the stored size. `delivered` is the delivery stamp in the name (UTC);
    `folder` the layout's folder ("CloudTrail", "CloudTrail-Insight", "CloudTrail-Digest", …).
    `is_placed` is true when path and file name agree on account, region and day in the true
    `AWSLogs/…` layout: only then may a filter on those skip the file unread. `version` tells two
    states of one object apart (ETag or modification time). `covers_from` is the earliest time of
    its events, where the name tells it.
    """

    key: str
    size_bytes: int | None = None
    delivered: datetime | None = None
    account: str | None = None
    region: str | None = None
    folder: str | None = None
    organization: str | None = None
    is_placed: bool = False
    version: str | None = None
    covers_from: datetime | None = None


@dataclass(frozen=True, slots=True)
class Unread:
    """Why one object could not be handed over: a sentence, and whether trying again may help."""

    reason: str
    is_transient: bool = False


#: What looking up one object tells: a log file, why there is none, or None for what is not ours.
Found: TypeAlias = LogFile | Unread | None


@dataclass(frozen=True, slots=True)
class Limit:
    """What a place can never tell, as a sentence; with `before`, nothing of earlier times."""

    because: str
    before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """What every row that a query keeps must satisfy, as far as its filter's shape tells.

    Times are inclusive. `equal` maps columns of the event table to the text they must equal. `late`
    is how long after an event its delivery may come; None promises nothing.
    """

    earliest: datetime | None = None
    latest: datetime | None = None
    accounts: frozenset[str] | None = None
    regions: frozenset[str] | None = None
    equal: Mapping[str, str] = field(default_factory=dict)
    late: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """What listing a source brought: files, places that could not be listed, and the cost.

    `unlisted` pairs a place (prefix or folder) with the reason it could not be listed. `requests`
    counts listing calls. `limits` say what the place cannot hold at all.
    """

    files: tuple[LogFile, ...]
    unlisted: tuple[tuple[str, str], ...] = field(default=())
    requests: int = 0
    limits: tuple[Limit, ...] = ()


@runtime_checkable
class Source(Protocol):
    """One place that holds logs. Picklable, so that worker processes can read from it.

    A paginated API fits as well: `list` names its pages (account, region, time slice) as log files,
    `read` fetches each.
    """

    @property
    def uri(self) -> str:
        """How a person would name this place."""
        ...

    def list(self, wanted: Wanted) -> Listing:
        """List what lies here within `wanted`; reads no content.

        Raises `trailnb.errors.SourceError` when the place itself is missing or refused.
        """
        ...

    def read(self, files: Sequence[LogFile]) -> Iterator[tuple[LogFile, bytes | Unread]]:
        """Hand over the stored bytes of each file, in the order asked, fetching ahead."""
        ...


@runtime_checkable
class Narrowing(Protocol):
    """A source that can be asked for less: an API that takes times, or one attribute."""

    def narrowed(self, files: Sequence[LogFile], asked: Asked) -> tuple[LogFile, ...]:
        """Which log files hold every row that meets `asked`? They may be other, smaller ones.

        What is asked is applied to the rows again, so a source may leave out of it what it cannot
        do, and never more rows than that.
        """
        ...


@runtime_checkable
class Metered(Protocol):
    """A source whose owner is billed by what reading it scans."""

    def spent(self) -> tuple[str, ...]:
        """What has reading it cost so far, in sentences?"""
        ...


@runtime_checkable
class Continuing(Protocol):
    """A source that can list what came after what is known, at the cost of few requests."""

    def continues(self, known: Iterable[str]) -> bool:
        """Does any of these folders lie where this source can go on after what is known?"""
        ...

    def list_after(self, known: Mapping[str, datetime], wanted: Wanted) -> Listing:
        """List what is stamped at these moments or later in these folders, each of a region.

        What is listed beside that does no harm; other folders are not looked at.
        """
        ...


@runtime_checkable
class Notified(Protocol):
    """A source whose objects others can tell of, by bucket and key."""

    def look_up(self, bucket: str, keys: Sequence[str], wanted: Wanted) -> Mapping[str, Found]:
        """What lies under each of these keys? Nothing outside of this place is looked at."""
        ...
