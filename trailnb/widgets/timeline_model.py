"""The timeline explorer without a browser: each method answers one question about a view."""

from __future__ import annotations

import array
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import polars as pl

from trailnb._plain import plain, shortened
from trailnb.errors import RequestError
from trailnb.facts.kinds import KINDS
from trailnb.widgets._filters import CHOICES, Filters, in_index, service_of
from trailnb.widgets._index import index_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trailnb.widgets._index import Index

#: How lanes can be ordered: by which columns, and whether the largest comes first.
ORDERS: dict[str, tuple[tuple[str, ...], bool]] = {
    "unusual bursts": (("burst",), True),
    "most denied": ((KINDS[0], KINDS[1]), True),
    "most events": (("events",), True),
    "most writes": ((KINDS[3],), True),
    "fewest events": (("events",), False),
    "first seen": (("first",), False),
}
#: How much a burst of each kind weighs: a night of refusals says more than one of reads.
_WEIGHTS = (4.0, 2.0, 1.0, 1.0, 0.5)
_SHOWN = 200
#: The table beside the lanes, in the order of its columns.
CELLS = ("actor", "action", "outcome", "origin", "region", "account")

Span = tuple[int, int]


class Timeline:
    """Who did how much of what, when? Counts, lanes and rows for one stretch of time.

    Example:
        >>> import trailnb as tn
        >>> trail = tn.open("data-samples/quiet", progress=lambda _: None)
        >>> print(Timeline(trail).sentence())
        Timeline of 1,...
    """

    def __init__(self, events: object) -> None:
        self.index: Index = index_of(events, "explore")
        self.extent: Span = self.index.extent
        # What one view asks again and again: by filters, stretch of time and number of bins.
        self._grid = lru_cache(2)(self._counted)
        self._found = lru_cache(2)(self._positions)
        self._labels = {name: _labels(names) for name, names in self.index.names.items()}

    def overview(self, filters: Filters, bins: int) -> bytes:
        """How many events of each kind are in each of so many equal parts of the whole? As u32."""
        counts = array.array("I", bytes(4 * bins * len(KINDS)))
        cells = self._cells(filters, self.extent, bins, by_actor=False)
        for key, count in cells.iter_rows():
            counts[key] = count
        return counts.tobytes()

    def lanes(
        self, filters: Filters, span: Span, bins: int, *, order: str = "unusual bursts"
    ) -> pl.DataFrame:
        """Which actors are there, in which order? A row each, with what they did by kind."""
        if order not in ORDERS:
            raise RequestError(f"lanes have no order {order!r}. There are {', '.join(ORDERS)}.")
        _, lanes = self._grid(_key(filters, chips=False), span, bins)
        shown = filters.get("kind", list(KINDS))
        lanes = lanes.with_columns(events=pl.sum_horizontal(pl.lit(0, pl.UInt32), *shown))
        columns, is_largest_first = ORDERS[order]
        return lanes.filter(pl.col("events") > 0).sort(
            *columns, "actor", descending=[is_largest_first] * len(columns) + [False]
        )

    def kinds(self, filters: Filters, span: Span, bins: int) -> dict[str, int]:
        """How many events of each kind are in view, also of those that are hidden?"""
        _, lanes = self._grid(_key(filters, chips=False), span, bins)
        return {name: int(lanes[name].sum()) for name in KINDS}

    def marks(self, filters: Filters, span: Span, bins: int, actors: Sequence[int]) -> pl.DataFrame:
        """What is drawn in the lanes of these actors: lane, bin, kind, count of events?"""
        cells, _ = self._grid(_key(filters, chips=False), span, bins)
        shown = [KINDS.index(name) for name in filters.get("kind", KINDS)]
        places = pl.DataFrame(
            {"actor": actors, "lane": range(len(actors))},
            schema={"actor": pl.UInt64, "lane": pl.UInt32},
        )
        return (
            cells.filter(pl.col("kind").is_in(shown))
            .join(places, on="actor")
            .select("lane", "bin", "kind", "count")
        )

    def view(
        self, filters: Filters, span: Span, *, bins: int, order: str, lanes: int
    ) -> tuple[dict[str, Any], list[bytes]]:
        """What is drawn? Lanes by name, and marks as two u32 lists: place and count."""
        ordered = self.lanes(filters, span, bins, order=order)
        top = ordered.head(lanes)
        marks = self.marks(filters, span, bins, top["actor"].to_list())
        packed = (pl.col("lane").cast(pl.UInt32) * bins + pl.col("bin")) * len(KINDS)
        place = marks.select(packed + pl.col("kind"))
        told = [
            {
                "code": row["actor"],
                "actor": self._labels["actor"][row["actor"]],
                "events": row["events"],
                "refused": row[KINDS[0]],
            }
            for row in top.iter_rows(named=True)
        ]
        head = {
            "lanes": told,
            "actors": ordered.height,
            "kinds": self.kinds(filters, span, bins),
            "events": int(ordered["events"].sum()),
            "bins": bins,
            "window": list(span),
        }
        return head, [_u32(place.to_series()), _u32(marks["count"])]

    def count(self, filters: Filters, span: Span) -> int:
        """How many events pass in this stretch of time?"""
        low, high, found = self._found(_key(filters), span)
        return high - low if found is None else len(found)

    def page(
        self, filters: Filters, span: Span, offset: int, count: int
    ) -> tuple[int, list[list[Any]]]:
        """Which events pass, from the `offset`-th on? Position, seconds, kind, then `CELLS`."""
        low, high, found = self._found(_key(filters), span)
        total = high - low if found is None else len(found)
        if found is None:
            places = pl.Series(range(low, high)[offset : offset + count], dtype=pl.UInt32)
        else:
            places = found.slice(offset, count)
        rows = self.index.rows[places].select("t", "kind", *CELLS)
        labels = [self._labels[name] for name in CELLS]
        return total, [
            [place, time, kind, *(names[code] for names, code in zip(labels, codes, strict=True))]
            for place, (time, kind, *codes) in zip(places, rows.iter_rows(), strict=True)
        ]

    def choices(self) -> dict[str, list[list[Any]]]:
        """What can be chosen from, as label and the filter's value, actors left out?"""
        told = {}
        for name, column in CHOICES.items():
            values = self.index.names[column]
            if name == "service":
                values = values.to_frame("n").select(service_of(pl.col("n")).unique()).to_series()
            if name != "actor":
                told[name] = [[label(value), value] for value in values.sort()]
        return told

    def name(self, column: str, code: int) -> str:
        """What does this code mean, written so that it can be shown?"""
        return self._labels[column][code]

    def sentence(self) -> str:
        """What is there, in one sentence?"""
        kinds = self.kinds({}, self.extent, 1)
        counts = ", ".join(f"{count:,} {name}" for name, count in kinds.items() if count)
        actors = len(self.index.names["actor"])
        return (
            f"Timeline of {sum(kinds.values()):,} events by {actors:,} actors: {counts or 'none'}."
        )

    def _rows(self, filters: Filters, span: Span) -> pl.DataFrame:
        low, high = self.index.between(*span)
        part = self.index.rows.slice(low, high - low)
        test = in_index(filters, self.index)
        return part if test is None else part.filter(test)

    def _cells(self, filters: Filters, span: Span, bins: int, *, by_actor: bool) -> pl.DataFrame:
        """Count per actor, bin and kind in one pass, over one packed number."""
        start, end = span
        seconds = (pl.col("t") - start).cast(pl.UInt64)
        key = seconds * bins // max(1, end - start)
        if by_actor:
            key += pl.col("actor").cast(pl.UInt64) * bins
        key = key * len(KINDS) + pl.col("kind")
        return self._rows(filters, span).select(key=key).group_by("key").len("count")

    def _counted(self, key: Key, span: Span, bins: int) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Count all marks there are; every order and choice of lanes derives from them."""
        kinds = len(KINDS)
        cells = self._cells(_filters(key), span, bins, by_actor=True).select(
            actor=pl.col("key") // (bins * kinds),
            bin=(pl.col("key") // kinds % bins).cast(pl.UInt32),
            kind=(pl.col("key") % kinds).cast(pl.UInt32),
            count=pl.col("count").cast(pl.UInt32),
        )
        bursts = [_burst(number, bins) * weight for number, weight in enumerate(_WEIGHTS)]
        lanes = cells.group_by("actor").agg(
            pl.col("bin").min().alias("first"),
            pl.max_horizontal(bursts).alias("burst"),
            *(
                pl.col("count").filter(pl.col("kind") == number).sum().alias(name)
                for number, name in enumerate(KINDS)
            ),
        )
        return cells, lanes

    def _positions(self, key: Key, span: Span) -> tuple[int, int, pl.Series | None]:
        """Where are the rows that pass: a stretch, or named one by one where filters leave gaps?"""
        low, high = self.index.between(*span)
        test = in_index(_filters(key), self.index)
        if test is None:
            return low, high, None
        found = self.index.rows.slice(low, high - low).select(test.arg_true() + low).to_series()
        return low, high, found


Key = tuple[tuple[str, tuple[str, ...]], ...]


def _key(filters: Filters, *, chips: bool = True) -> Key:
    """Make the filters something to remember answers by; chips only hide, and may be left out."""
    return tuple(
        (name, tuple(values)) for name, values in filters.items() if chips or name != "kind"
    )


def _filters(key: Key) -> Filters:
    return {name: list(values) for name, values in key}


def _burst(kind: int, bins: int) -> pl.Expr:
    """How far does the busiest bin stand out of what the actor does on average?"""
    counts = pl.col("count").filter(pl.col("kind") == kind)
    mean = counts.sum() / bins
    return ((counts.max() - mean) / (mean + 1).sqrt()).fill_null(0.0)


def _labels(names: pl.Series) -> list[str]:
    return [label(name) for name in names]


def label(name: str) -> str:
    r"""How is a name written to be shown: nothing hidden in it, no longer than a screen?

    Example:
        >>> label("ops\x07"), label(" ")
        ('ops\\x07', '" "')
    """
    # Cut first: writing out a megabyte of control characters would be work for nothing.
    told = shortened(plain(name[-_SHOWN:] if len(name) > _SHOWN else name), _SHOWN)
    return told if told.strip() else f'"{told}"'


def _u32(numbers: pl.Series) -> bytes:
    return array.array("I", numbers.to_list()).tobytes()
