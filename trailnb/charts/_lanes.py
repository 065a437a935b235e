"""Moments in lanes: a lane per actor or thing, a mark per stretch of time and kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import altair as alt
import polars as pl

from trailnb.charts import _look, _moments, _words
from trailnb.charts._offline import Chart, Layers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trailnb.charts._look import Kinds
    from trailnb.charts._moments import Span

_BINS = 240
_LANES = 16
_WIDTH, _WIDTH_WITH_NOTES, _GAP = 760, 560, 14
# The kinds of a lane have a row each; a crowded chart gets tighter rows.
_ROW, _TIGHT_ROW, _CROWDED = 9, 6, 8
# A lane is never lower than its name.
_LEAST = 22
_TOLD = 4


@dataclass(frozen=True, slots=True)
class Laned:
    """What is drawn: marks (lane, time, kind, events, told, more), lanes by name, the span."""

    marks: pl.DataFrame
    lanes: list[str]
    span: Span


def laned(events: pl.DataFrame, weights: Mapping[str, int], calmer: str) -> Laned:
    """Which marks are drawn, in which lanes, over which span?

    Counts are gathered per lane, stretch of time and kind, so that any answer makes at most
    `_look.MARKS` marks. Lanes stand by their unusual bursts; beyond 16 the calmest share one.

    Args:
        events: `time`, `lane`, `kind`, `count`, and `told`, a text for the tooltip.
        weights: What outweighs the same number of other kinds.
        calmer: What those are called that share a lane: "calmer actors".

    Example:
        >>> texts = dict.fromkeys(("lane", "kind", "told"), pl.String)
        >>> schema = {"time": pl.Datetime("us", "UTC"), "count": pl.Int64} | texts
        >>> laned(pl.DataFrame(schema=schema), {}, "calmer actors").lanes
        []
    """
    events = events.drop_nulls("time").with_columns(pl.col("lane").fill_null("unknown"))
    span = _moments.span_of(events)
    shown = _bursts(events, weights, span)
    hidden = events["lane"].n_unique() - len(shown)
    rest = f"{hidden:,} {calmer}"
    named = pl.when(pl.col("lane").is_in(shown)).then("lane").otherwise(pl.lit(rest))
    events = events.with_columns(lane=named)
    bins = _BINS
    marks = _gathered(events, span, bins)
    while marks.height > _look.MARKS:
        bins //= 2
        marks = _gathered(events, span, bins)
    return Laned(marks, [*shown, *([rest] if hidden else [])], span)


def _bursts(events: pl.DataFrame, weights: Mapping[str, int], span: Span) -> list[str]:
    """Name the lanes by unusual bursts: a high peak that is much of all that happened there."""
    weight = pl.col("kind").replace_strict(weights, default=1, return_dtype=pl.Int64)
    width = _moments.step(span, _BINS)
    busy = events.group_by("lane", pl.col("time").dt.truncate(width)).agg(
        weight=(weight * pl.col("count")).sum()
    )
    peak = pl.col("weight").max()
    burst = peak * (peak / pl.col("weight").sum()).sqrt()
    ranked = busy.group_by("lane").agg(burst=burst).sort("burst", "lane", descending=[True, False])
    return ranked["lane"].head(_LANES).to_list()


def _gathered(events: pl.DataFrame, span: Span, bins: int) -> pl.DataFrame:
    return (
        events.group_by("lane", pl.col("time").dt.truncate(_moments.step(span, bins)), "kind")
        .agg(
            events=pl.col("count").sum(),
            told=pl.col("told").value_counts(sort=True).struct.field("told").head(_TOLD),
            more=pl.col("told").n_unique().cast(pl.Int64) - _TOLD,
        )
        .sort("time", "lane", "kind")
    )


def drawn(
    found: Laned,
    kinds: Kinds,
    *,
    title: str,
    description: str,
    lane: str,
    told: str,
    notes: Mapping[str, str] | None = None,
) -> Chart | Layers:
    """How do the marks stand in their lanes: kinds in rows, each with its colour and shape?

    Notes stand beside the lanes they are for.

    Example:
        >>> found = Laned(pl.DataFrame(), [], _moments.span_of(pl.DataFrame({"time": []})))
        >>> names = {"lane": "actor", "told": "actions"}
        >>> chart = drawn(found, _look.HAPPENED, title="Nothing", description="None.", **names)
        >>> chart.to_dict()["description"]
        'None.'
    """
    names = _words.labels(found.lanes)
    values = [
        {
            "lane": names[row["lane"]],
            "time": _moments.stamp(row["time"]),
            "at": _moments.told(row["time"]),
            "kind": row["kind"],
            "events": row["events"],
            "told": _words.listed(row["told"], others=row["more"]),
        }
        for row in found.marks.iter_rows(named=True)
    ]
    present = kinds.present(value["kind"] for value in values)
    row = _ROW if len(found.lanes) <= _CROWDED else _TIGHT_ROW
    row = max(row, _LEAST // max(len(present.names), 1))
    kind, brush = _look.picked(), _look.brushed()
    chart = Chart(
        alt.InlineData(values=values),
        width=_WIDTH if notes is None else _WIDTH_WITH_NOTES,
        name="lanes",
    ).mark_point(filled=True, strokeWidth=0)
    encoded: Chart = chart.encode(
        x=_moments.axis("time", found.span, ticks=8 if notes is None else 4),
        y=_look.lanes(names.values()),
        yOffset=alt.YOffset(
            "kind:N", sort=list(present.names), scale=alt.Scale(domain=list(present.names))
        ),
        color=present.colour(),
        shape=present.shape(),
        opacity=_look.lit(kind, brush, full=0.9),
        size=alt.Size("events:Q", scale=alt.Scale(type="log", range=_sizes(row)), legend=None),
        tooltip=[
            alt.Tooltip("at:N", title="from"),
            alt.Tooltip("lane:N", title=lane),
            alt.Tooltip("kind:N", title="kind"),
            alt.Tooltip("events:Q", title="events", format=","),
            alt.Tooltip("told:N", title=told),
        ],
    )
    height = {"step": row * max(len(present.names), 1), "for": "position"}
    shown: Chart | Layers = encoded.add_params(kind, brush).properties(height=height)
    if notes is not None:
        told_of = {names[name]: note for name, note in notes.items() if name in names}
        shown = _with_notes(shown, told_of, list(names.values()))
    return shown.properties(
        title=_look.heading(title), description=description, config=_look.config()
    )


def _with_notes(marks: Chart | Layers, notes: Mapping[str, str], lanes: list[str]) -> Layers:
    """Put a note beside each lane."""
    values = [{"lane": lane, "note": note} for lane, note in notes.items()]
    base = Chart(alt.InlineData(values=values))
    beside = base.mark_text(**_look.THEMED).encode(
        x=alt.value(_WIDTH_WITH_NOTES + _GAP), y=_look.lanes(lanes), text="note:N"
    )
    return Layers(layer=[marks, beside])


def _sizes(row: int) -> list[int]:
    """How large are the smallest and the largest mark of a row?"""
    return [4 * min(row, _ROW), 14 * min(row, _ROW)]
