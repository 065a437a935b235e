"""What was asked for: the window, the places, and how late a delivery may come."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from trailnb.errors import RequestError
from trailnb.formats.moments import moment

if TYPE_CHECKING:
    from trailnb._typing import Moment

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|h|d|w)")
_UNIT_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
#: Measured on real deliveries: the newest event in a file is at most five minutes older than the
#: file's stamp and never younger; ten minutes leave room.
STAMP_SLACK = timedelta(minutes=10)

#: Which folder of the layout holds which category.
FOLDER_OF = {
    "Management": "CloudTrail",
    "Data": "CloudTrail",
    "Insight": "CloudTrail-Insight",
    "NetworkActivity": "CloudTrail-NetworkActivity",
    "Aggregated": "CloudTrail-Aggregated",
}


@dataclass(frozen=True, slots=True)
class Request:
    """What `open` was asked for. The window is half-open, UTC; None is unbounded."""

    since: datetime | None = None
    until: datetime | None = None
    accounts: frozenset[str] | None = None
    regions: frozenset[str] | None = None
    categories: frozenset[str] | None = None
    late: timedelta | None = timedelta(days=1)
    lookback: timedelta = timedelta(hours=36)
    is_deduped: bool = True


def request_of(
    *,
    since: Moment | None,
    until: Moment | None,
    accounts: str | Iterable[str] | None,
    regions: str | Iterable[str] | None,
    categories: str | Iterable[str] | None,
    late: str | timedelta | None,
    lookback: str | timedelta,
    dedupe: bool,
) -> Request:
    """What do these arguments mean?

    Raises:
        RequestError: an argument cannot be meant.
    """
    start, end = _bound("since", since), _bound("until", until)
    if start and end and start >= end:
        raise RequestError(
            f"since {start:%Y-%m-%dT%H:%M:%SZ} is not before until {end:%Y-%m-%dT%H:%M:%SZ}."
        )
    return Request(
        since=start,
        until=end,
        accounts=_names("accounts", accounts),
        regions=None if regions == "all" else _names("regions", regions),
        categories=_categories(categories),
        late=None if late is None else duration("late", late),
        lookback=duration("lookback", lookback),
        is_deduped=dedupe,
    )


def processes(value: object) -> int | None:
    """How many processes may read: a number, or None for as many as it pays?

    Raises:
        RequestError: the value is no number of processes.

    Example:
        >>> processes(2)
        2
    """
    if value is None or (isinstance(value, int) and not isinstance(value, bool) and value > 0):
        return value
    raise RequestError(f"workers={value!r} is no number of processes. Use 1 or more, or None.")


def duration(name: str, value: object) -> timedelta:
    """How long is this?

    Raises:
        RequestError: the text names no duration.

    Example:
        >>> duration("late", "36h")
        datetime.timedelta(days=1, seconds=43200)
    """
    length = _length(value) if isinstance(value, str) else value
    if not isinstance(length, timedelta) or length < timedelta():
        raise RequestError(
            f"{name}={value!r} names no duration. Write it like '90m', '36h' or '1d'."
        )
    return length


def _length(text: str) -> timedelta | None:
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        return None
    try:
        return timedelta(seconds=float(match[1]) * _UNIT_SECONDS[match[2]])
    except OverflowError:  # longer than the calendar
        return None


def _bound(name: str, value: object) -> datetime | None:
    if value is None:
        return None
    if isinstance(value, datetime):
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, date):
        return datetime.combine(value, time(), UTC)
    parsed = moment(value) if isinstance(value, str) else None
    if parsed is None:
        raise RequestError(
            f"{name}={value!r} names no moment. "
            "Write it like '2026-11-01' or '2026-11-01T02:13:00Z' (UTC)."
        )
    return parsed


def _names(name: str, value: object) -> frozenset[str] | None:
    if value is None:
        return None
    many = value if isinstance(value, Iterable) and not isinstance(value, str) else [value]
    names = frozenset(one for one in many if isinstance(one, str))
    if not names or len(names) < len({*many}):
        raise RequestError(f"{name} must name at least one, as text. Leave it out to take all.")
    return names


def _categories(value: object) -> frozenset[str] | None:
    names = _names("categories", value)
    if names and not names <= FOLDER_OF.keys():
        unknown = ", ".join(sorted(names - FOLDER_OF.keys()))
        raise RequestError(f"no such category: {unknown}. Known are {', '.join(FOLDER_OF)}.")
    return names
