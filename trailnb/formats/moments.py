"""Text to moments: CloudTrail's own form fast, every odd form seen in real logs exactly."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import polars as pl

_CLOUDTRAIL_FORM = "%Y-%m-%dT%H:%M:%SZ"
_UTC_MICROSECONDS = pl.Datetime("us", "UTC")

_BLANKS = re.compile(r"\s+")
_ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?"
    r"(?: ?(Z|UTC|[+-]\d\d:?\d\d))?",
    re.IGNORECASE,
)
_BASIC = re.compile(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)()(Z)?")
_CONSOLE = re.compile(r"(\d{4})-(\d\d)-(\d\d), (\d\d):(\d\d):(\d\d) (AM|PM)")
_US = re.compile(r"([A-Z][a-z]{2}) (\d{1,2}), (\d{4}),? (\d{1,2}):(\d\d):(\d\d) (AM|PM)")
_EPOCH = re.compile(r"\d{9,13}(?:\.\d+)?(?:[eE]\+?\d+)?")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_FIRST = datetime.min.replace(tzinfo=UTC)
_LAST = datetime.max.replace(tzinfo=UTC)
_MILLISECONDS_FROM = 100_000_000_000
#: Polars reads years that Python's datetime does not have; no log is that old.
_YEAR_ONE = int(datetime(1, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000


def moments(texts: pl.Series) -> pl.Series:
    """Which moments (UTC, microseconds) do these texts name? Null where none can be told.

    Example:
        >>> moments(pl.Series(["2023-07-10T12:02:04Z", "2014-03-06T21: 22: 54Z", "soon"])).to_list()
        [datetime.datetime(2023, 7, 10, 12, 2, 4, tzinfo=zoneinfo.ZoneInfo(key='UTC')), \
datetime.datetime(2014, 3, 6, 21, 22, 54, tzinfo=zoneinfo.ZoneInfo(key='UTC')), None]
    """
    parsed = texts.str.to_datetime(
        _CLOUDTRAIL_FORM, time_unit="us", time_zone="UTC", strict=False, exact=True, cache=False
    )
    earliest = parsed.to_physical().min()
    if isinstance(earliest, int) and earliest < _YEAR_ONE:
        parsed = parsed.zip_with(parsed.to_physical() >= _YEAR_ONE, parsed.clear(len(parsed)))
    if parsed.null_count() == texts.null_count():
        return parsed
    odd = texts.filter(parsed.is_null() & texts.is_not_null()).unique()
    known = pl.Series([moment(text) for text in odd], dtype=_UTC_MICROSECONDS)
    return parsed.fill_null(texts.replace_strict(odd, known, default=None))


def moment(text: str) -> datetime | None:
    """Which moment (UTC) does this text name, in any form seen in real logs?

    A form without a zone is UTC, as everywhere in CloudTrail.

    Example:
        >>> moment("2022-02-08 09:23:37+11:00")
        datetime.datetime(2022, 2, 7, 22, 23, 37, tzinfo=datetime.timezone.utc)
        >>> moment("2020-05-13, 04:52:01 PM").hour
        16
        >>> moment("...") is None
        True
    """
    clean = _BLANKS.sub(" ", text.strip())
    clean = re.sub(r": (?=\d\d)", ":", clean)
    try:
        return _iso(clean) or _console(clean) or _us(clean) or _epoch(clean)
    except (ValueError, OverflowError):  # a form we know with a day or hour that does not exist
        return None


def shifted(moment: datetime, by: timedelta) -> datetime:
    """Which moment is that much later, or the end of the calendar where none is?

    Example:
        >>> shifted(datetime(2026, 11, 3, tzinfo=UTC), timedelta(hours=-1)).hour
        23
    """
    try:
        return moment + by
    except OverflowError:
        return _LAST if by > timedelta() else _FIRST


def _iso(text: str) -> datetime | None:
    match = _ISO.fullmatch(text) or _BASIC.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    micros = int((fraction or "0").ljust(6, "0")[:6])
    local = datetime(
        int(year),
        int(month),
        int(day),
        int(hour or 0),
        int(minute or 0),
        int(second or 0),
        micros,
        UTC,
    )
    return local - _offset(zone)


def _offset(zone: str | None) -> timedelta:
    if not zone or zone.upper() in {"Z", "UTC"}:
        return timedelta()
    size = timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))
    return -size if zone[0] == "-" else size


def _console(text: str) -> datetime | None:
    match = _CONSOLE.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second = map(int, match.groups()[:6])
    return datetime(year, month, day, _hour(hour, match[7]), minute, second, tzinfo=UTC)


def _us(text: str) -> datetime | None:
    match = _US.fullmatch(text)
    if match is None or match[1] not in _MONTHS:
        return None
    day, year, hour, minute, second = map(int, match.groups()[1:6])
    month = _MONTHS.index(match[1]) + 1
    return datetime(year, month, day, _hour(hour, match[7]), minute, second, tzinfo=UTC)


def _hour(hour: int, half: str) -> int:
    return hour % 12 + (12 if half == "PM" else 0)


def _epoch(text: str) -> datetime | None:
    if not _EPOCH.fullmatch(text):
        return None
    seconds = float(text)
    if seconds >= _MILLISECONDS_FROM:
        seconds /= 1000
    return datetime.fromtimestamp(seconds, UTC)
