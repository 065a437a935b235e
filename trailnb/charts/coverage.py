"""Coverage drawn: what was seen where and when, and every kind of hole told apart."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import altair as alt
import polars as pl

from trailnb._frame import needs, table
from trailnb.charts import _look, _moments, _words
from trailnb.charts._cells import cells

if TYPE_CHECKING:
    from narwhals.stable.v2.typing import IntoFrame

    from trailnb.charts._moments import Span
    from trailnb.charts._offline import Chart

#: The most telling first: where the hours of a cell differ, it has the first of these.
_KINDS = _look.Kinds(
    (
        "unreadable", "logging stopped", "selectors changed", "seen", "nothing delivered",
        "none seen", "outside the request",
    ),
    (
        _look.MAGENTA, _look.ORANGE, _look.ORANGE, _look.BLUE, _look.GREEN, _look.GREY, _look.GREY,
    ),
    (
        "diamond", _look.CROSS, "triangle-down", "square", "triangle-up", _look.BAR, _look.DOT,
    ),
)  # fmt: skip
_NEEDED = ("account", "region", "category", "hour", "status", "events", "because")
_HOUR, _BINS, _LANES = 3_600, 96, 40
_WIDTH, _STEP = 760, 16
_PLACE = ("account", "region", "category")


def coverage(answer: IntoFrame, *, title: str = "What the logs speak about") -> Chart:
    """Where and when was something seen, and which holes are there?

    A row per account, region and category, those with holes first; a column per hour or, over long
    windows, per day. Holes are told apart by colour and shape; where the hours of a cell differ, it
    shows the most telling, smaller if only some hours are so, and its tooltip counts all. Beyond 40
    places the heading counts the rest.

    Args:
        answer: What `Trail.coverage` answered, any kind of frame.
        title: Heading of the chart.

    Returns:
        An Altair chart, not yet displayed, that shows itself without the network.

    Example:
        >>> import trailnb as tn
        >>> trail = tn.open("data-samples/quiet", progress=lambda _: None)
        >>> coverage(trail.coverage()).to_dict()["description"][-34:]
        'in hours: 109 seen, 221 none seen.'
    """
    shown = table(answer)
    needs(shown.columns, _NEEDED, "charts.coverage")
    shown = shown.with_columns(pl.col("status").cast(pl.String))
    unasked = shown.filter(pl.col("hour").is_null())["because"].drop_nulls().to_list()
    known = shown.drop_nulls("hour")
    if known.is_empty():
        return _look.nothing(title, "Coverage: no hour of any place is known.")
    span = _moments.span_of(known, "hour")
    width = _moments.step(span, _BINS, least=_HOUR)
    named = known.with_columns(place=_place(known))
    ranked = _ranked(named)
    keys = {place: _look.key(at, _words.label(place)) for at, place in enumerate(ranked)}
    drawn = named.filter(pl.col("place").is_in(ranked[:_LANES]))
    values = [_value(row, keys, width) for row in _met(drawn, width).iter_rows(named=True)]
    left = len(ranked) - _LANES
    notes = [f"{left:,} more places have fewer holes"] if left > 0 else []
    cell = _WIDTH * width / (span[1] - span[0] + width)
    most = min(cell - 1, _STEP - 3)
    return cells(
        values,
        _KINDS,
        across=_moments.axis("middle", (span[0], span[1] + width)),
        lanes=[keys[place] for place in ranked[:_LANES]],
        size=alt.Size(
            "share:Q",
            scale=alt.Scale(domain=[0, 1], range=[9, max(most, 4) ** 2]),
            legend=None,
        ),
        width=_WIDTH,
        step=_STEP,
        heading=[title, *notes, *map(_words.label, unasked)],
        description=_sentence(known, span),
        told={
            "from": "from", "where": "place", "hours": "hours", "events": "events",
            "because": "because",
        },
    )  # fmt: skip


def _place(known: pl.DataFrame) -> pl.Expr:
    """Name a place; the category only where there are several."""
    parts = _PLACE if known["category"].n_unique() > 1 else _PLACE[:2]
    return pl.concat_str([pl.col(part).fill_null("unknown") for part in parts], separator=" ")


def _rank() -> pl.Expr:
    """Number the statuses, the most telling lowest; an unknown one is the most telling of all."""
    ranks = {name: place for place, name in enumerate(_KINDS.names)}
    return pl.col("status").replace_strict(ranks, default=0, return_dtype=pl.Int64)


def _ranked(named: pl.DataFrame) -> list[str]:
    """Put places with holes first, then by name: neighbours stay together."""
    is_hole = pl.col("status").is_in(_KINDS.names[:3])
    holes = named.group_by("place").agg(_holes=is_hole.any())
    return holes.sort("_holes", "place", descending=[True, False])["place"].to_list()


def _met(drawn: pl.DataFrame, width: timedelta) -> pl.DataFrame:
    """Sum up the hours of each cell: the most telling status, its share, and all of them."""
    status = pl.col("status")
    telling = status.sort_by(_rank()).first()
    return (
        drawn.group_by("place", pl.col("hour").dt.truncate(width).alias("start"))
        .agg(
            telling.alias("kind"),
            share=(status == telling).mean(),
            statuses=status.value_counts(sort=True),
            events=pl.col("events").sum(),
            because=pl.col("because").sort_by(_rank()).drop_nulls().first(),
        )
        .sort("start", "place")
    )


def _value(row: dict[str, Any], keys: dict[str, str], width: timedelta) -> dict[str, Any]:
    counts = (f"{one['count']} {one['status']}" for one in row["statuses"])
    return {
        "key": keys[row["place"]],
        "middle": _moments.stamp(row["start"] + width / 2),
        "kind": row["kind"],
        "share": round(row["share"], 3),
        "from": _moments.told(row["start"]),
        "where": _words.label(row["place"]),
        "hours": ", ".join(counts),
        "events": row["events"],
        "because": "" if row["because"] is None else _words.label(row["because"], 90),
    }


def _sentence(known: pl.DataFrame, span: Span) -> str:
    """Count the hours of all places by status."""
    counts = dict(known.group_by("status").len().iter_rows())
    told = ", ".join(f"{counts[name]:,} {name}" for name in _KINDS.names if name in counts)
    places = known.select(_PLACE).n_unique()
    until = (span[0], span[1] + timedelta(hours=1))
    return (
        f"Coverage of {_words.many(places, 'place')}, {_moments.during(until)}, in hours: {told}."
    )
