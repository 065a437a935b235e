"""The pivot explorer without a browser: what was seen with what, step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from trailnb.errors import RequestError
from trailnb.facts.kinds import KINDS
from trailnb.widgets._index import COLUMNS, UNKNOWN, index_of
from trailnb.widgets.timeline_model import label

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from trailnb.widgets._index import Index

_MORE = {"agent": "user_agent", "key": "access_key_id", "target": "target"}
#: What can be pivoted on, in the order in which one usually goes on, and the events' columns.
DIMENSIONS = {
    name: (COLUMNS | _MORE)[name]
    for name in ("origin", "actor", "action", "target", "key", "agent", "account", "region")
}
#: How values can be ordered: by which column, and whether the largest comes first.
ORDERS = {
    "newest first seen": ("first", True),
    "share refused": ("share", True),
    "most events": ("events", True),
    "fewest events": ("events", False),
    "last seen": ("last", True),
}
BINS = 48
#: How many other dimensions are counted beside a value.
_BESIDE = 4
#: A handful of refusals of a handful of events is no share to speak of.
_STEADY = 20

Step = tuple[str, str]


class Pivots:
    """Which values of one dimension were seen with all values of a path, and what did they do?

    Example:
        >>> import trailnb as tn
        >>> pivots = Pivots(tn.open("data-samples/quiet", progress=lambda _: None))
        >>> total, rows = pivots.rows([("action", "sts:AssumeRole")], "actor", count=1)
        >>> total > 5, rows[0]["events"]
        (True, 4)
    """

    def __init__(self, events: object) -> None:
        self.index: Index = index_of(events, "explore_pivot", _MORE)
        self.extent = self.index.extent

    def beside(self, path: Sequence[Step], dimension: str) -> list[str]:
        """Which dimensions are counted beside this one?"""
        used = {dimension, *(name for name, _ in path)}
        return [name for name in DIMENSIONS if name not in used][:_BESIDE]

    def onward(self, path: Iterable[Step], last: str = "") -> str:
        """Which dimension is looked at next after these steps?"""
        used = {last, *(name for name, _ in path)}
        return next((name for name in DIMENSIONS if name not in used), "action")

    def rows(
        self,
        path: Sequence[Step],
        dimension: str,
        *,
        order: str = "newest first seen",
        text: str = "",
        count: int = 60,
    ) -> tuple[int, list[dict[str, Any]]]:
        """How many values are there, and what is known of the first of them?"""
        values = self.values(path, dimension, order=order, text=text)
        top = values.head(count)
        narrowed = self._narrowed(path).filter(pl.col(dimension).is_in(top["code"].implode()))
        sparks = self._sparks(narrowed, dimension)
        others = narrowed.group_by(dimension).agg(
            pl.col(name).n_unique() for name in self.beside(path, dimension)
        )
        beside = {code: list(counts) for code, *counts in others.iter_rows()}
        names = self.index.names[dimension]
        told = [
            row | {"label": label(names[code]), "spark": sparks[code], "beside": beside[code]}
            for row in top.iter_rows(named=True)
            if (code := row["code"]) is not None
        ]
        return values.height, told

    def values(
        self,
        path: Sequence[Step],
        dimension: str,
        *,
        order: str = "newest first seen",
        text: str = "",
    ) -> pl.DataFrame:
        """Which values are there: code, events, refused, writes, first, last (in seconds)?"""
        if order not in ORDERS:
            raise RequestError(f"values have no order {order!r}. There are {', '.join(ORDERS)}.")
        rows = self._narrowed(path)
        if text:
            holds = pl.col("name").str.contains_any([text], ascii_case_insensitive=True)
            codes = self.index.names[_known(dimension)].to_frame("name").select(holds.arg_true())
            among = codes.to_series().cast(rows.schema[dimension]).implode()
            rows = rows.filter(pl.col(dimension).is_in(among))
        kind = pl.col("kind")
        column, is_largest_first = ORDERS[order]
        return (
            rows.group_by(pl.col(_known(dimension)).alias("code"))
            .agg(
                pl.len().alias("events"),
                (kind == 0).sum().alias("refused"),
                (kind == KINDS.index("write")).sum().alias("writes"),
                pl.col("t").min().alias("first"),
                pl.col("t").max().alias("last"),
            )
            .with_columns(share=pl.col("refused") / (pl.col("events") + _STEADY))
            .sort(column, "code", descending=[is_largest_first, False])
            .drop("share")
        )

    def step(self, dimension: str, code: int) -> Step:
        """Which step is meant by this code?"""
        return dimension, self.index.names[_known(dimension)][code]

    def in_events(self, path: Iterable[Step]) -> pl.Expr:
        """Which rows of the event table were seen with all of these?"""
        tests = [
            pl.col(DIMENSIONS[_known(name)]).fill_null(UNKNOWN) == value for name, value in path
        ]
        return pl.all_horizontal([pl.lit(value=True), *tests])

    def count(self, path: Iterable[Step]) -> int:
        """How many events were seen with all of these?"""
        return self._narrowed(path).height

    def _narrowed(self, path: Iterable[Step]) -> pl.DataFrame:
        rows = self.index.rows
        tests = []
        for name, value in path:
            code = self.index.names[_known(name)].index_of(value)
            tests.append(pl.lit(value=False) if code is None else pl.col(name) == code)
        return rows.filter(tests) if tests else rows

    def _sparks(self, rows: pl.DataFrame, dimension: str) -> dict[int, list[list[int]]]:
        """Over time, in equal parts of the whole: part, events, and how many were refused."""
        start, end = self.extent
        part = (pl.col("t") - start).cast(pl.UInt64) * BINS // max(1, end - start)
        told = (
            rows.group_by(dimension, part.alias("part"))
            .agg(pl.len().alias("events"), (pl.col("kind") == 0).sum().alias("refused"))
            .sort(dimension, "part")
        )
        sparks: dict[int, list[list[int]]] = {}
        for code, *bar in told.iter_rows():
            sparks.setdefault(code, []).append(bar)
        return sparks


def path_of(given: Iterable[Sequence[str]]) -> list[Step]:
    """Which steps are meant?

    Raises:
        RequestError: a step is no pair of a dimension and a value.

    Example:
        >>> path_of([["origin", "203.0.113.7"]])
        [('origin', '203.0.113.7')]
    """
    steps = []
    for one in given:
        name, value = (
            one if not isinstance(one, str) and len(one) == len(("name", "value")) else ("", "")
        )
        steps.append((_known(name), value))
    return steps


def _known(name: str) -> str:
    if name not in DIMENSIONS:
        raise RequestError(
            f"nothing to pivot on is called {name!r}. There are {', '.join(DIMENSIONS)}."
        )
    return name
