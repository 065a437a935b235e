"""Stretches of time of one place, named as log files: what an API of events is asked for."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trailnb.sources.source import Asked, LogFile

SECOND = timedelta(seconds=1)
_DAY = timedelta(days=1)
#: A stamp may be up to ten minutes older than its file's events: readers allow for so much. What
#: ends where the window begins is stamped so, and counts as before it.
SLACK = timedelta(minutes=10)
#: Events come up to 15 minutes late; what is younger than this is asked for again next time.
_SETTLED = timedelta(hours=1)
_FORMAT = "%Y%m%dT%H%M%SZ"
_NAME = re.compile(r"(?P<place>.+)/(?P<start>\d{8}T\d{6}Z)-(?P<end>\d{8}T\d{6}Z)(?:\?(?P<by>.*))?")


@dataclass(frozen=True, slots=True)
class Slice:
    """What one place holds from `start` to before `end`: all, or what has these attributes."""

    place: str
    start: datetime
    end: datetime
    attributes: tuple[tuple[str, str], ...] = ()

    @property
    def key(self) -> str:
        """Its name, which says all that is asked for.

        Example:
            >>> start = datetime(2026, 11, 2, tzinfo=UTC)
            >>> key = Slice("cloudtrail://1/us-east-1", start, start + SECOND, (("a", "b c"),)).key
            >>> key
            'cloudtrail://1/us-east-1/20261102T000000Z-20261102T000001Z?a=b%20c'
            >>> parsed(key).attributes
            (('a', 'b c'),)
        """
        by = "&".join(f"{name}={quote(value, safe='')}" for name, value in self.attributes)
        times = f"{stamped(self.start)}-{stamped(self.end)}"
        return f"{self.place}/{times}{'?' if by else ''}{by}"

    @property
    def attribute(self) -> tuple[str, str] | None:
        """The one attribute, of a place that takes no more."""
        return self.attributes[0] if self.attributes else None


def parsed(key: str) -> Slice:
    """Which slice has this name?"""
    found = _NAME.fullmatch(key)
    if found is None:
        raise ValueError(key)
    pairs = [pair.partition("=") for pair in (found["by"] or "").split("&") if pair]
    attributes = tuple((name, unquote(value)) for name, _, value in pairs)
    return Slice(found["place"], moment(found["start"]), moment(found["end"]), attributes)


def span_of(key: str) -> tuple[datetime, datetime] | None:
    """From when to before when is asked for under this name? None when it is no slice's.

    Example:
        >>> span_of("logs/a.json.gz") is None
        True
    """
    try:
        one = parsed(key)
    except ValueError:
        return None
    return one.start, one.end


def cut(
    place: str,
    start: datetime,
    end: datetime,
    window_start: datetime | None,
    *,
    is_daily: bool = True,
) -> Iterator[Slice]:
    """Cut a stretch of a place where the window begins and, if daily, at midnights (UTC).

    Example:
        >>> start = datetime(2026, 11, 2, 22, tzinfo=UTC)
        >>> [one.end.hour for one in cut("logs://", start, start + timedelta(hours=5), None)]
        [0, 3]
    """
    while start < end:
        midnight = start.replace(hour=0, minute=0, second=0, microsecond=0) + _DAY
        until = min(midnight, end) if is_daily else end
        if window_start is not None and start < window_start < until:
            until = window_start
        yield Slice(place, start, until)
        start = until


def to_midnight(end: datetime, now: datetime) -> datetime:
    """Where does the last slice end? The day under way keeps its name while it grows.

    Example:
        >>> now = datetime(2026, 11, 2, 12, tzinfo=UTC)
        >>> to_midnight(now, now).isoformat()
        '2026-11-03T00:00:00+00:00'
    """
    if end < now:
        return whole_second(end - timedelta(microseconds=1)) + SECOND
    return end.replace(hour=0, minute=0, second=0) + _DAY


def clipped(one: Slice, asked: Asked) -> Slice | None:
    """Which part of a slice can hold what is asked for?"""
    start, end = one.start, one.end
    if asked.earliest is not None:
        start = max(start, whole_second(asked.earliest))
    if asked.latest is not None and asked.latest < end:
        end = whole_second(asked.latest) + SECOND
    return replace(one, start=start, end=end) if start < end else None


def file_of(
    one: Slice, like: LogFile, now: datetime, window_start: datetime | None = None
) -> LogFile:
    """What is the log file of a slice; account, region and folder as in `like`?"""
    is_settled = one.end <= now - _SETTLED
    stamp = min(one.end - SECOND, max(now, one.start))
    return replace(
        like,
        key=one.key,
        delivered=stamp - SLACK if one.end == window_start else stamp,
        covers_from=one.start,
        version=None if is_settled else f"as of {stamped(now)}",
    )


def whole_second(moment: datetime) -> datetime:
    """The second in which this moment lies: events are stamped by the second."""
    return moment.astimezone(UTC).replace(microsecond=0)


def stamped(moment: datetime) -> str:
    """How is a moment written in a name?

    Example:
        >>> stamped(moment("20261102T000000Z"))
        '20261102T000000Z'
    """
    return f"{moment:{_FORMAT}}"


def moment(text: str) -> datetime:
    """Which moment is written so in a name?"""
    return datetime.strptime(text, _FORMAT).replace(tzinfo=UTC)
