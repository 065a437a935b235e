"""Working hours drawn: who is active at which hour, on weekdays and at the weekend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import altair as alt
import polars as pl

from trailnb._frame import needs, table
from trailnb.charts import _look, _words
from trailnb.charts._cells import cells
from trailnb.charts._roles import shared

if TYPE_CHECKING:
    from narwhals.stable.v2.typing import IntoFrame

    from trailnb.charts._offline import Chart

_KINDS = _look.Kinds(
    ("with refusals", "with changes", "only reads"),
    (_look.ORANGE, _look.BLUE, _look.GREY),
    (_look.CROSS, "square", _look.DOT),
)
_NEEDED = ("actor", "weekday", "hour", "events", "denied", "writes", "days")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_FRIDAY = 5
_LANES = 30
#: Hours of weekdays stand left; those of Saturday and Sunday right of them, with a gap.
_WEEKEND = 26
_CELL, _STEP = 15, 17
#: The hour, and under noon which days these are.
_NAMED = (
    "datum.value == 12 ? ['12', 'hour of a weekday (UTC)'] : "
    f"datum.value == {_WEEKEND + 12} ? ['12', 'Saturday, Sunday'] : datum.value % {_WEEKEND}"
)


def working_hours(answer: IntoFrame, *, title: str = "Working hours (UTC)") -> Chart:
    """At which hours is each actor active, and who works when nobody else does?

    A row per actor, a column per hour of the day in UTC: weekdays left, Saturday and Sunday right.
    Size says how many events. Those who work at hours of few others come first; more than three
    sessions of one role share a row; beyond 30 rows the heading counts the rest.

    Args:
        answer: What `trailnb.working_hours` answered, any kind of frame.
        title: Heading of the chart.

    Returns:
        An Altair chart, not yet displayed, that shows itself without the network.

    Example:
        >>> import trailnb as tn
        >>> answer = tn.working_hours(tn.open("data-samples/quiet"))
        >>> working_hours(answer).to_dict()["description"]
        'Working hours of 58 actors: 1,442 events, most at 11:00 UTC; 0 on Saturday or Sunday.'
    """
    shown = table(answer)
    needs(shown.columns, _NEEDED, "charts.working_hours")
    if shown.is_empty():
        return _look.nothing(title, "Working hours: no event in this answer.")
    is_weekend = pl.col("weekday") > _FRIDAY
    sentence = _sentence(shown)
    shown = shown.with_columns(
        actor=pl.col("actor").replace_strict(shared(shown["actor"]), return_dtype=pl.String()),
        place=pl.col("hour") + pl.when(is_weekend).then(_WEEKEND).otherwise(0),
    )
    actors = _lonely(shown)
    keys = {actor: _look.key(place, _words.label(actor)) for place, actor in enumerate(actors)}
    values = [_value(row, keys) for row in _met(shown, actors[:_LANES]).iter_rows(named=True)]
    last = _WEEKEND + 24 if shown["place"].max() >= _WEEKEND else 24  # type: ignore[operator]
    left = len(actors) - _LANES
    return cells(
        values,
        _KINDS,
        across=_hours(last),
        lanes=[keys[actor] for actor in actors[:_LANES]],
        size=alt.Size("events:Q", scale=alt.Scale(type="log", range=[20, 150]), legend=None),
        width=_CELL * last,
        step=_STEP,
        heading=[title, f"{left:,} more rows keep hours that others keep" if left > 0 else ""],
        description=sentence,
        told={
            "actor": "actor", "when": "when", "events": "events", "denied": "denied",
            "writes": "changes", "days": "days",
        },
    )  # fmt: skip


def _lonely(shown: pl.DataFrame) -> list[str]:
    """Put those first who work at hours at which few others do."""
    crowd = pl.col("actor").n_unique().over("place")
    ranked = (
        shown.with_columns(_alone=pl.col("events") / crowd)
        .group_by("actor")
        .agg(_alone=pl.col("_alone").sum() / pl.col("events").sum(), events=pl.col("events").sum())
        .sort("_alone", "events", "actor", descending=[True, True, False])
    )
    return ranked["actor"].to_list()


def _met(shown: pl.DataFrame, actors: list[str]) -> pl.DataFrame:
    """Sum up each cell over the days of the week that share it."""
    return (
        shown.filter(pl.col("actor").is_in(actors))
        .group_by("actor", "place", "hour")
        .agg(
            pl.col("events", "denied", "writes", "days").sum(),
            weekdays=pl.col("weekday").unique().sort(),
        )
        .sort("actor", "place")
    )


def _value(row: dict[str, Any], keys: dict[str, str]) -> dict[str, Any]:
    days = ", ".join(_DAYS[day - 1] for day in row["weekdays"])
    return {
        "key": keys[row["actor"]],
        "place": row["place"],
        "kind": _KINDS.names[0 if row["denied"] else 1 if row["writes"] else 2],
        "actor": _words.label(row["actor"]),
        "when": f"{days} {row['hour']:02}:00 to {row['hour']:02}:59 UTC",
        **{name: row[name] for name in ("events", "denied", "writes", "days")},
    }


def _hours(last: int) -> alt.X:
    """Name the hours; those of the weekend begin anew."""
    hours = [*range(0, 24, 4), *range(_WEEKEND, last, 4)]
    return alt.X(
        "place:Q",
        title=None,
        scale=alt.Scale(domain=[-0.5, last - 0.5], nice=False, zero=False),
        axis=alt.Axis(values=hours, labelExpr=_NAMED, labelOverlap=False, grid=True),
    )


def _sentence(shown: pl.DataFrame) -> str:
    actors = shown["actor"].n_unique()
    busiest = (
        shown.group_by("hour")
        .agg(pl.col("events").sum())
        .sort("events", "hour", descending=[True, False])["hour"][0]
    )
    weekend = int(shown.filter(pl.col("weekday") > _FRIDAY)["events"].sum())
    return (
        f"Working hours of {_words.many(actors, 'actor')}: "
        f"{_words.many(int(shown['events'].sum()), 'event')}, most at {busiest:02}:00 UTC; "
        f"{weekend:,} on Saturday or Sunday."
    )
