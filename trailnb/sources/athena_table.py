"""A table of Athena over CloudTrail's log files, as its metadata tells it, and queries of it.

Documented are a table with partitions made by hand and one with partition projection; other columns
and partitions are taken for what their names and types say. Source: Athena User Guide, "Query AWS
CloudTrail logs".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from trailnb._plain import plain
from trailnb.errors import SourceError
from trailnb.facts.columns import COLUMNS, KNOWN_FIELDS
from trailnb.sources import hive, slices, sql
from trailnb.sources.partitions import Partitions, partitions_of
from trailnb.sources.slices import SECOND
from trailnb.sources.source import Limit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from trailnb.sources.slices import Slice

#: Bounds of event time, where a slice is a stretch of deliveries.
FROM, BEFORE = "from", "before"
_OWN_TEXT, _CONSOLE = "eventjson", "sessionCredentialFromConsole"
#: Only texts of this form are in the order of time; whatever else stands there is brought along.
_FORM = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$"
_KNOWN = frozenset(name.lower() for name in KNOWN_FIELDS)
#: Fields of aggregated events and Insights, which lie in folders of their own, and our words.
_OF_OTHERS = frozenset(
    {"eventId", "accountId", "timeWindow", "summary", "insightDetails", "annotation"}
)
_DAY = r"\s*(\d{4})[/_.-]?(\d{2})?[/_.-]?(\d{2})?\s*"
_RANGE = re.compile(rf"{_DAY},(?:{_DAY}|.*)")


@dataclass(frozen=True)
class Table:
    """The columns and partitions of one table, and what it can never tell."""

    database: str
    name: str
    types: Mapping[str, hive.Type]
    partitions: Partitions
    about: Mapping[str, str] = field(repr=False)

    @cached_property
    def columns(self) -> Mapping[str, str]:
        """Which columns of the event table are here as the same text, and where?"""
        return {
            column.name: ".".join(map(sql.name, path))
            for column in COLUMNS
            if column.kind == "text"
            and (path := tuple(name.lower() for name in column.path))
            and (found := self.types.get(path[0]))
            and (inner := found.at(path[1:]))
            and inner.is_text
        }

    @property
    def first(self) -> datetime | None:
        """Since when does it hold anything, as far as its properties tell?"""
        return self._range[0]

    @property
    def last(self) -> datetime | None:
        """Until when, where its partitions have an end?"""
        return self._range[1]

    @cached_property
    def _range(self) -> tuple[datetime | None, datetime | None]:
        """Between which days are partitions projected? What is switched off tells nothing."""
        if self.about.get("projection.enabled", "").lower() != "true":
            return None, None
        for name, value in self.about.items():
            if re.fullmatch(r"projection\.\w+\.range", name) and (found := _RANGE.fullmatch(value)):
                year, month, day = (int(part or 1) for part in found.groups()[:3])
                first = datetime(year, month, day, tzinfo=UTC)
                if found[4] is None:
                    return first, None
                year, month, day = (int(part or 1) for part in found.groups()[3:])
                start = datetime(year, month, day, tzinfo=UTC)
                return first, next(iter(self.partitions.spans(start, start + SECOND)))[1]
        return None, None

    def statement(self, one: Slice) -> str:
        """Which query asks for this slice? Ordered, so that an event has one place in its file."""
        if _OWN_TEXT in self.types:
            what = [("eventid", sql.name("eventid")), (_OWN_TEXT, sql.name(_OWN_TEXT))]
        else:
            what = [
                pair
                for name, type_ in self.types.items()
                if name in _KNOWN
                for pair in hive.asked_for(name, type_)
            ]
        selected = ", ".join(f'{place} AS "{name}"' for name, place in what)
        where = " AND ".join(self._conditions(one))
        order = ", ".join(sql.name(name) for name in ("eventtime", "eventid") if name in self.types)
        table = f"{sql.name(self.database)}.{sql.name(self.name)}"
        # Every name is quoted and every text a literal: `sql` sees to both.
        return f"SELECT {selected} FROM {table} WHERE {where} ORDER BY {order}"  # noqa: S608

    def _conditions(self, one: Slice) -> Iterator[str]:
        bounds = {name: value for name, value in one.attributes if name in {FROM, BEFORE}}
        rest = tuple(pair for pair in one.attributes if pair[0] not in bounds)
        if self.partitions.grain:
            yield from self.partitions.conditions(one.start, rest)
            start, end = (
                slices.moment(bounds[name]) if name in bounds else None for name in (FROM, BEFORE)
            )
        else:
            yield from self.partitions.conditions(one.start, rest)
            start, end = one.start, one.end
        if start or end:
            yield self._within(start, end)
        yield from sql.conditions(rest, self.columns)

    def _within(self, start: datetime | None, end: datetime | None) -> str:
        """Events of these times, and those whose time cannot be told there."""
        place = sql.name("eventtime")
        if self.types["eventtime"].is_text:
            # Without their Z: a text with a fraction of a second is behind it, too.
            written, prefix = "%Y-%m-%dT%H:%M:%S", ""
            odd = f"{place} IS NULL OR NOT regexp_like({place}, {sql.text(_FORM)})"
        else:
            written, prefix, odd = "%Y-%m-%d %H:%M:%S", "TIMESTAMP ", f"{place} IS NULL"
        bounds = [
            f"{place} {operator} {prefix}{sql.text(moment.strftime(written))}"
            for operator, moment in ((">=", start), ("<", end))
            if moment
        ]
        return f"({' AND '.join(bounds)} OR {odd})"

    def _missing(self) -> set[str]:
        """Fields of a record that no column holds, each by the part of its path that is missing."""
        missing: set[str] = set()
        for column in COLUMNS:
            path = column.path
            if not path or path[0] in _OF_OTHERS:
                continue
            for depth in range(1, len(path) + 1):
                top = self.types.get(path[0].lower())
                inside = [name.lower() for name in path[1:depth]]
                if top is None or top.at(inside) is None:
                    missing.add(".".join(path[:depth]))
                    break
        return missing

    def limits(self) -> tuple[Limit, ...]:
        """What can this table never tell?"""
        said: list[Limit] = []
        if first := self.first:
            said.append(Limit(f"the table holds nothing delivered before {first:%Y-%m-%d}", first))
        if last := self.last:
            said.append(Limit(f"the table holds nothing delivered from {last:%Y-%m-%d} on"))
        if places := self.partitions.places:
            said.append(
                Limit(
                    f"the partitions {', '.join(sorted(places.values()))} are taken at their word: "
                    "records under another's are not looked for"
                )
            )
        template = self.about.get("storage.location.template")
        if place := template or self.about.get("location"):
            said.append(Limit(f"the table holds only what lies under {plain(place)}"))
        if _OWN_TEXT not in self.types and (missing := sorted(self._missing())):
            guess = " (is_console cannot tell, then)" if _CONSOLE in missing else ""
            said.append(
                Limit(f"the table has no column of {', '.join(missing)}: records lack them{guess}")
            )
        return tuple(said)


def table_of(database: str, name: str, metadata: Mapping[str, Any], uri: str) -> Table:
    """Which table is told of here?

    Raises:
        SourceError: it is none of CloudTrail's events.

    Example:
        >>> columns = [
        ...     {"Name": "eventtime", "Type": "string"},
        ...     {"Name": "eventname", "Type": "string"},
        ... ]
        >>> table_of("logs", "events", {"Columns": columns}, "athena://logs/events").first is None
        True
    """
    types = {
        column["Name"].lower(): found
        for column in metadata.get("Columns", ())
        if sql.is_name(column["Name"]) and (found := hive.type_of(column.get("Type", "")))
    }
    timed = types.get("eventtime")
    if (
        timed is None
        or "eventname" not in types
        or not (timed.is_text or timed.kind == "timestamp")
    ):
        raise SourceError.about(
            "the table has no columns eventtime and eventname as CloudTrail's events have", uri,
            "Name a table like that of the Athena User Guide, 'Query AWS CloudTrail logs'.",
        )  # fmt: skip
    keys = [(key["Name"], key.get("Type", "")) for key in metadata.get("PartitionKeys", ())]
    about = metadata.get("Parameters", {})
    return Table(database, name, types, partitions_of(keys, about), about)
