"""The grammar of CloudTrail's keys: what a path under `AWSLogs/…` tells before it is read.

    [prefix/]AWSLogs/[o-ORG/]ACCOUNT/FOLDER/REGION/YYYY/MM/DD/FILE
    FILE = ACCOUNT_CloudTrail_REGION_YYYYMMDDTHHMMZ_UNIQUE.json.gz
    FILE = ACCOUNT_CloudTrail-Digest_REGION_TRAIL_HOMEREGION_YYYYMMDDTHHMMSSZ[_backfill].json.gz

Days and stamps are UTC and mean *delivery*, not the time of the events. Source: "Getting and
viewing your CloudTrail log files" and "CloudTrail digest file structure" (CloudTrail User Guide).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from trailnb.sources.regions import REGION
from trailnb.sources.source import LogFile

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_ORGANIZATION = re.compile(r"o-[A-Za-z0-9]{3,32}")
_ACCOUNT = re.compile(r"[0-9]{12}")
_YEAR = re.compile(r"(?:19|20)[0-9]{2}")
_MONTH_OR_DAY = re.compile(r"[0-9]{1,2}")
_ENDING = r"\.json(?:\.gz)?"
# One documented sample has no underscore before the unique part, and only 15 characters in it.
_LOG_NAME = re.compile(
    rf"(?P<account>[0-9]{{12}})_(?P<folder>CloudTrail(?:-[A-Za-z]+)?)_(?P<region>{REGION.pattern})"
    rf"_(?P<stamp>[0-9]{{8}}T[0-9]{{4}}Z)_?[A-Za-z0-9]{{8,64}}{_ENDING}"
)
_DIGEST_NAME = re.compile(
    rf"(?P<account>[0-9]{{12}})_(?P<folder>CloudTrail-Digest)_(?P<region>{REGION.pattern})"
    rf"_(?P<trail>[A-Za-z0-9._-]+)_(?P<home>{REGION.pattern})"
    rf"_(?P<stamp>[0-9]{{8}}T[0-9]{{6}}Z)(?P<backfill>_backfill)?{_ENDING}"
)
# Seen in the wild: `…_us-east-1-20200930T2300.json`, without `Z` and unique part.
_LOOSE_STAMP = re.compile(r"(?<![A-Za-z0-9])([0-9]{8}T[0-9]{4}(?:[0-9]{2})?)(?=Z|[^A-Za-z0-9]|$)")


@dataclass(frozen=True, slots=True)
class Place:
    """How far a folder reaches into the true layout, and what that much of the path says.

    `has_strayed` is true when the path leaves the layout after what is filled in: nothing may be
    concluded from the rest. `is_canonical` is true while month and day have two digits.
    """

    organization: str | None = None
    account: str | None = None
    folder: str | None = None
    region: str | None = None
    year: int | None = None
    month: int | None = None
    day: int | None = None
    has_strayed: bool = False
    is_canonical: bool = True

    @property
    def span(self) -> tuple[datetime, datetime] | None:
        """Which delivery times (UTC, half-open) lie below; None when the path names no year."""
        if self.year is None:
            return None
        start = datetime(self.year, self.month or 1, self.day or 1, tzinfo=UTC)
        if self.day is not None:
            return start, start + timedelta(days=1)
        if self.month is not None:
            return start, (start + timedelta(days=31)).replace(day=1)
        return start, start.replace(year=self.year + 1)


@dataclass(frozen=True, slots=True)
class Name:
    """What a file's name tells by itself; `is_full` when all of it is CloudTrail's own grammar."""

    account: str | None = None
    folder: str | None = None
    region: str | None = None
    delivered: datetime | None = None
    is_full: bool = False


def parts_of(key: str) -> list[str]:
    r"""Which segments a path, URL or archive member has, whichever way its slashes lean.

    Example:
        >>> parts_of(r"C:\\logs\\AWSLogs\\a.json")
        ['C:', 'logs', 'AWSLogs', 'a.json']
    """
    return [part for part in key.replace("\\", "/").split("/") if part]


def place_of(folder_parts: Sequence[str]) -> Place | None:
    """How far the folder reaches into the layout; None when no `AWSLogs` is on its path.

    Example:
        >>> place = place_of("logs/AWSLogs/111122223333/CloudTrail/eu-west-1/2026".split("/"))
        >>> place.account, place.region, place.year
        ('111122223333', 'eu-west-1', 2026)
    """
    if "AWSLogs" not in folder_parts:
        return None
    last = len(folder_parts) - 1 - list(folder_parts)[::-1].index("AWSLogs")
    rest = list(folder_parts[last + 1 :])
    known: dict[str, str] = {}
    if rest and _ORGANIZATION.fullmatch(rest[0]):
        known["organization"] = rest.pop(0)
    for field, grammar in (("account", _ACCOUNT), ("folder", None), ("region", REGION)):
        if not rest:
            return Place(**known)  # type: ignore[arg-type] # only text fields so far
        if grammar and not grammar.fullmatch(rest[0]):
            return Place(**known, has_strayed=True)  # type: ignore[arg-type]
        known[field] = rest.pop(0)
    return _dated(known, rest)


def _dated(known: dict[str, str], rest: list[str]) -> Place:
    """Read the year, month and day folders as far as they make a date."""
    numbers: list[int] = []
    for text, grammar in zip(rest, (_YEAR, _MONTH_OR_DAY, _MONTH_OR_DAY), strict=False):
        if not grammar.fullmatch(text) or not _is_date([*numbers, int(text)]):
            break
        numbers.append(int(text))
    year, month, day = [*numbers, None, None, None][:3]
    return Place(
        **known,
        year=year,
        month=month,
        day=day,
        has_strayed=len(numbers) < len(rest),
        is_canonical=all(len(text) == 2 for text in rest[1 : len(numbers)]),  # noqa: PLR2004
    )


def _is_date(numbers: list[int]) -> bool:
    """Whether year, or year and month, or all three exist in the calendar."""
    year, month, day = [*numbers, 1, 1][:3]
    try:
        datetime(year, month, day, tzinfo=UTC)
    except ValueError:
        return False
    return True


def split(key: str, within: str = "") -> tuple[str, str]:
    """Divide a key into its folder, with what lies above it, and the file's name.

    Example:
        >>> split("2026/11/01/a.json", within="AWSLogs")
        ('AWSLogs/2026/11/01', 'a.json')
    """
    whole = f"{within}/{key}" if within else key
    folder, _, file_name = whole.replace("\\", "/").rpartition("/")
    return folder, file_name


@lru_cache(maxsize=4096)
def place_at(folder: str) -> Place | None:
    """As `place_of`, for a folder's path; the many files of one folder ask only once."""
    return place_of(parts_of(folder))


@lru_cache(maxsize=64)
def name_of(file_name: str) -> Name:
    """What the file's name tells by itself.

    Example:
        >>> name_of("111122223333_CloudTrail_us-east-1-20200930T2300.json").delivered.isoformat()
        '2020-09-30T23:00:00+00:00'
    """
    full = _DIGEST_NAME.fullmatch(file_name) or _LOG_NAME.fullmatch(file_name)
    delivered = _stamp(full["stamp"]) if full else None
    if full and delivered:
        return Name(full["account"], full["folder"], full["region"], delivered, is_full=True)
    loose = _LOOSE_STAMP.search(file_name)
    return Name(delivered=_stamp(loose[1]) if loose else None)


def _stamp(text: str) -> datetime | None:
    """Read `YYYYMMDDTHHMM[SS][Z]`; None when it is no time (month 13)."""
    # Sliced, not strptime: a listing has millions of these.
    day, clock = text.rstrip("Z").split("T")
    try:
        return datetime(
            int(day[:4]),
            int(day[4:6]),
            int(day[6:]),
            int(clock[:2]),
            int(clock[2:4]),
            int(clock[4:] or 0),
            tzinfo=UTC,
        )
    except ValueError:
        return None


def parse(
    key: str, *, within: str = "", size_bytes: int | None = None, version: str | None = None
) -> LogFile:
    """What a log file's key tells without reading it; `within` is what lies above a relative key.

    Example:
        >>> key = (
        ...     "s3://acme/AWSLogs/111122223333/CloudTrail/us-east-1/2026/11/01/"
        ...     "111122223333_CloudTrail_us-east-1_20261101T0005Z_AbCdEfGhIjKlMnOp.json.gz"
        ... )
        >>> parse(key).is_placed
        True
    """
    folder, file_name = split(key, within)
    place, name = place_at(folder) or Place(), name_of(file_name)
    return LogFile(
        key=key,
        size_bytes=size_bytes,
        delivered=name.delivered,
        account=place.account or name.account,
        region=place.region or name.region,
        folder=place.folder or name.folder,
        organization=place.organization,
        is_placed=_agree(place, name),
        version=version,
    )


def _agree(place: Place, name: Name) -> bool:
    """Whether path and name tell the same account, region and day, in the true layout."""
    if not name.is_full or place.has_strayed or not place.is_canonical or place.day is None:
        return False
    at = name.delivered
    on_day = at is not None and (at.year, at.month, at.day) == (place.year, place.month, place.day)
    is_trail = place.folder is not None and place.folder.startswith("CloudTrail")
    return on_day and is_trail and (place.account, place.region) == (name.account, name.region)


def compose(
    *,
    account: str,
    region: str,
    delivered: datetime,
    folder: str = "CloudTrail",
    organization: str | None = None,
    prefix: str = "",
    unique: str = "AbCdEfGhIjKlMnOp",
    trail: str = "trail",
    home_region: str | None = None,
    is_backfill: bool = False,
    ending: str = ".json.gz",
) -> str:
    """Which key CloudTrail would give a log file; `parse` takes it apart again.

    Example:
        >>> at = datetime(2026, 11, 1, 0, 5, tzinfo=UTC)
        >>> compose(account="111122223333", region="us-east-1", delivered=at).split("/")[-1]
        '111122223333_CloudTrail_us-east-1_20261101T0005Z_AbCdEfGhIjKlMnOp.json.gz'
    """
    if folder == "CloudTrail-Digest":
        stamp = f"{delivered:%Y%m%dT%H%M%SZ}{'_backfill' if is_backfill else ''}"
        name = f"{account}_{folder}_{region}_{trail}_{home_region or region}_{stamp}{ending}"
    else:
        name = f"{account}_{folder}_{region}_{delivered:%Y%m%dT%H%MZ}_{unique}{ending}"
    above = [part for part in (prefix.strip("/"), "AWSLogs", organization) if part]
    return "/".join([*above, account, folder, region, f"{delivered:%Y/%m/%d}", name])


def days_within(start: datetime, end: datetime) -> Iterator[str]:
    """Which `YYYY/MM/DD` folders hold delivery times within [start, end), both UTC.

    Example:
        >>> list(
        ...     days_within(datetime(2026, 2, 28, 23, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC))
        ... )
        ['2026/02/28']
    """
    day = start.replace(hour=0, minute=0, second=0, microsecond=0)
    while day < end and start < end:
        yield f"{day:%Y/%m/%d}"
        day += timedelta(days=1)
