"""How a table of Athena is cut into partitions, and which of them hold a stretch of time.

Only what a query names of them is scanned and billed. Known are a column of days (`timestamp`, in
the documented table with partition projection), columns of year, month and day, and columns of
account and region. Sources: Athena User Guide, "Create a table for CloudTrail logs" and "Use
partition projection".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from trailnb.sources import sql

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from trailnb.sources.sql import Attributes

    Grain = Literal["day", "month", "year"]

_GRAINS: tuple[Grain, ...] = ("year", "month", "day")
#: Java's letters for the same, as partition projection has them.
_LETTERS = {"yyyy": "%Y", "MM": "%m", "dd": "%d"}
_FORMAT = re.compile(r"(yyyy)([/_.-]?)(?:(MM)(?:\2(dd))?)?")
_PARTS = {
    "year": frozenset({"year", "yyyy", "y"}),
    "month": frozenset({"month", "mm", "m"}),
    "day": frozenset({"day", "dd", "d"}),
}
_PLACES = {
    "recipient_account_id": frozenset({"account", "accountid", "account_id", "aws_account_id"}),
    "aws_region": frozenset({"region", "region_name", "aws_region"}),
}
_NUMBERS = frozenset({"int", "integer", "bigint", "smallint", "tinyint"})


@dataclass(frozen=True, slots=True)
class Partitions:
    """The partition columns that are understood.

    `grain` is how fine time is told: None where it is not. `places` maps columns of the event table
    to the partition column that tells the same. `injected` are columns that a query must name a
    value of.
    """

    grain: Grain | None = None
    places: Mapping[str, str] = field(default_factory=dict)
    injected: frozenset[str] = frozenset()
    _format: tuple[str, str, bool] | None = None
    _parts: tuple[tuple[Grain, str, bool], ...] = ()

    def spans(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Which days, months or years hold this stretch? Each whole.

        Example:
            >>> from datetime import UTC, datetime
            >>> found = partitions_of([("year", "string"), ("month", "string")], {})
            >>> moment = datetime(2026, 11, 2, 5, tzinfo=UTC)
            >>> [span[1].month for span in found.spans(moment, moment.replace(month=12))]
            [12, 1]
        """
        at = _begin(start, self.grain or "day")
        while at < end:
            after = _after(at, self.grain or "day")
            yield at, after
            at = after

    def conditions(self, start: datetime, attributes: Attributes) -> list[str]:
        """Which partitions hold the day, month or year from `start` on, of these places?

        Example:
            >>> from datetime import UTC, datetime
            >>> found = partitions_of([("year", "string"), ("month", "int")], {})
            >>> print(*found.conditions(datetime(2026, 11, 1, tzinfo=UTC), ()), sep=" AND ")
            "year" = '2026' AND "month" = 11
        """
        said: list[str] = []
        if self._format:
            name, written, is_date = self._format
            value = sql.text(start.strftime(written))
            said.append(f"{sql.name(name)} = {'DATE ' if is_date else ''}{value}")
        for grain, name, is_number in self._parts:
            said.append(f"{sql.name(name)} {_equals(getattr(start, grain), is_number=is_number)}")
        for column, name in self.places.items():
            values = [value for known, value in attributes if known == column]
            if values:
                said.append(f"{sql.name(name)} IN ({', '.join(map(sql.text, values))})")
        return said


def partitions_of(keys: Sequence[tuple[str, str]], about: Mapping[str, str]) -> Partitions:
    """How is a table with these partition columns (name, type) and properties cut?

    Example:
        >>> about = {
        ...     "projection.enabled": "true",
        ...     "projection.timestamp.type": "date",
        ...     "projection.timestamp.format": "yyyy/MM/dd",
        ... }
        >>> partitions_of([("timestamp", "string")], about).grain
        'day'
        >>> partitions_of([("dt", "string")], {}).grain is None
        True
    """
    types = {name: type_.lower() for name, type_ in keys if sql.is_name(name)}
    is_projected = about.get("projection.enabled", "").lower() == "true"
    projected = {
        name: about.get(f"projection.{name}.type", "").lower() if is_projected else ""
        for name in types
    }
    places = {
        column: name
        for column, known in _PLACES.items()
        for name, type_ in types.items()
        if name in known and type_ not in _NUMBERS
    }
    injected = frozenset(name for name in types if projected[name] == "injected")
    for name, type_ in types.items():
        written = about.get(f"projection.{name}.format", "") if projected[name] == "date" else ""
        if found := _FORMAT.fullmatch(written):
            grain = _GRAINS[sum(part is not None for part in found.group(1, 3, 4)) - 1]
            spelt = _spelt(written)
            return Partitions(grain, places, injected, (name, spelt, False))
        if type_ == "date":
            return Partitions("day", places, injected, (name, "%Y-%m-%d", True))
    parts: list[tuple[Grain, str, bool]] = []
    for grain in _GRAINS:
        named = next((name for name in types if name in _PARTS[grain]), None)
        if named is None:
            break
        parts.append((grain, named, types[named] in _NUMBERS))
    return Partitions(parts[-1][0] if parts else None, places, injected, None, tuple(parts))


def _spelt(written: str) -> str:
    for letters, code in _LETTERS.items():
        written = written.replace(letters, code)
    return written


def _equals(number: int, *, is_number: bool) -> str:
    """Some write 02 and some 2; a partition is named in either way."""
    if is_number:
        return f"= {number}"
    spellings = sorted({str(number), f"{number:02}"})
    if len(spellings) == 1:
        return f"= {sql.text(spellings[0])}"
    return f"IN ({', '.join(map(sql.text, spellings))})"


def _begin(moment: datetime, grain: Grain) -> datetime:
    day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    if grain == "year":
        return day.replace(month=1, day=1)
    return day.replace(day=1) if grain == "month" else day


def _after(start: datetime, grain: Grain) -> datetime:
    if grain == "day":
        return start + timedelta(days=1)
    return _begin(start + timedelta(days=31 if grain == "month" else 366), grain)
