"""The cells of a batch while it grows: a list a column, and each distinct part of a record once.

Identities repeat. What stands inside one is decoded and kept once for each distinct text, and every
row tells by a number which it has; Polars then spreads the columns over the rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import polars as pl

from trailnb.facts.columns import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Values by column name, one a row.
Lists = dict[str, list[Any]]
#: What one file brings to each column.
Columns = Mapping[str, Sequence[Any]]
#: A record's part as its exact JSON text; None where it is absent.
Text = bytes | None


@dataclass(slots=True)
class Parts:
    """One top-level object of all rows: its distinct texts, and the columns inside each.

    `name` is the column that holds the text itself, where it is wanted.
    """

    names: tuple[str, ...]
    name: str | None = None
    known: dict[Text, int] = field(default_factory=dict)
    _texts: list[Text] = field(default_factory=list)
    _inside: Lists = field(default_factory=dict)
    _numbers: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Start every column empty."""
        self._inside = {name: [] for name in self.names}

    def extend(self, texts: Sequence[Text], fresh: Sequence[Text], inside: Columns) -> None:
        """Add rows that have these texts; `inside` holds the cells of those that are fresh."""
        self.known.update({text: len(self._texts) + place for place, text in enumerate(fresh)})
        self._texts += fresh
        for name, values in inside.items():
            self._inside[name].extend(values)
        self._numbers += map(self.known.__getitem__, texts)

    def take(self, lists: Lists, count: int) -> None:
        """Add rows that were read cell by cell; none of them is known by its text."""
        first = len(self._texts)
        self._texts += lists[self.name] if self.name else [None] * count
        for name, values in self._inside.items():
            values.extend(lists[name])
        self._numbers += range(first, first + count)

    def series(self) -> dict[str, pl.Series]:
        """Which cells have the rows, column by column?"""
        numbers = pl.Series(self._numbers, dtype=pl.UInt32)
        columns: Lists = {**self._inside, **({self.name: self._texts} if self.name else {})}
        return {name: _series(name, values).gather(numbers) for name, values in columns.items()}


@dataclass(slots=True)
class Cells:
    """Grows by one log file at a time. A list that ends early is null from there on."""

    names: tuple[str, ...]
    parts: Mapping[str, Parts] = field(default_factory=dict)
    rows: int = 0
    _lists: Lists = field(default_factory=dict)

    def extend(self, columns: Columns, count: int) -> None:
        """Add rows, column by column; the parts have theirs already."""
        for name, values in columns.items():
            # Most columns are null throughout: `any` finds that out at a fraction of the cost.
            if any(values) or values.count(None) < count:
                there = self._lists.setdefault(name, [])
                there += [None] * (self.rows - len(there))
                there += values
        self.rows += count

    def take(self, lists: Lists, count: int) -> None:
        """Add rows that were read cell by cell."""
        for part in self.parts.values():
            part.take(lists, count)
        apart = {name for part in self.parts.values() for name in (*part.names, part.name)}
        self.extend({name: lists[name] for name in self.names if name not in apart}, count)

    def series(self) -> dict[str, pl.Series]:
        """Which cells are there? Text, flags, and moments still as text."""
        found: dict[str, pl.Series] = {}
        for part in self.parts.values():
            found |= part.series()
        for name in self.names:
            if name not in found:
                there = _series(name, self._lists.get(name, []))
                found[name] = there.extend_constant(None, self.rows - len(there))
        return {name: found[name] for name in self.names}


def _series(name: str, values: Iterable[Any]) -> pl.Series:
    column = BY_NAME[name]
    if column.kind in {"json", "record", "extra"}:
        return pl.Series(name, values, dtype=pl.Binary).cast(pl.String)
    dtype = pl.String() if column.kind == "time" else column.dtype
    return pl.Series(name, values, dtype=dtype)
