"""Activity drawn: how much happened when, a strip per kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import altair as alt
import polars as pl

from trailnb._frame import needs, table
from trailnb.charts import _look, _moments, _words
from trailnb.charts._offline import Chart

if TYPE_CHECKING:
    from datetime import timedelta

    from narwhals.stable.v2.typing import IntoFrame

    from trailnb.charts._moments import Span

#: A bar stands within the bar of what it is a part of: all, then changes, then refusals.
_KINDS = _look.Kinds(
    ("all events", "changes", "refusals"), (_look.GREY, _look.BLUE, _look.ORANGE), ("square",) * 3
)
_PARTS = {"all events": ("events", 0.06), "changes": ("writes", 0.2), "refusals": ("denied", 0.36)}
_NEEDED = ("time", "kind", "value", "events", "denied", "writes")
_BINS, _STRIPS, _BUSY = 240, 12, 6
_WIDTH, _HEIGHT, _LOW = 720, 44, 30


def activity(answer: IntoFrame, *, title: str = "How much happened when") -> Chart:
    """How many events were there when, and of which kind?

    A strip per value of the answer's kind, the busiest first. Wide grey bars are all events;
    narrower ones inside are changes and refusals. Heights grow with powers, so that one refusal is
    seen beside ten thousand reads. Beyond 12 values the others share a strip.

    Args:
        answer: What `trailnb.activity` answered, any kind of frame.
        title: Heading of the chart.

    Returns:
        An Altair chart, not yet displayed, that shows itself without the network.

    Example:
        >>> import trailnb as tn
        >>> answer = tn.activity(tn.open("data-samples/quiet"))
        >>> activity(answer).to_dict()["description"][-76:]
        '1,442 events, 6 denied; the busiest stretch began 2026-11-02 11:00 with 107.'
    """
    shown = table(answer)
    needs(shown.columns, _NEEDED, "charts.activity")
    events = shown.drop_nulls("time").with_columns(pl.col("value").fill_null("unknown"))
    undated = _words.without(int(shown["events"].sum()) - int(events["events"].sum()))
    if events.is_empty():
        return _look.nothing(title, f"Activity: no event in this answer{undated}.")
    span = _moments.span_of(events)
    least = _least(events)
    totals = events.group_by("value").agg(pl.col("events").sum())
    ranked = totals.sort("events", "value", descending=[True, False])["value"].to_list()
    strips, hidden = ranked[:_STRIPS], len(ranked) - _STRIPS
    rest = f"{hidden:,} others"
    named = pl.when(pl.col("value").is_in(strips)).then("value").otherwise(pl.lit(rest))
    events = events.with_columns(value=named)
    bins = _BINS
    values = _values(events, _moments.step(span, bins, least=least))
    while len(values) > _look.MARKS:
        bins //= 2
        values = _values(events, _moments.step(span, bins, least=least))
    names = _words.labels([*strips, *([rest] if hidden > 0 else [])])
    for value in values:
        value["strip"] = names[value["strip"]]
    kind = _words.label(next(iter(shown["kind"].drop_nulls().to_list()), "all"))
    sentence = f"{_sentence(events, span, kind, ranked)}{undated}."
    return _drawn(values, list(names.values()), span, title, sentence)


def _least(events: pl.DataFrame) -> int:
    """Tell the answer's own grain in seconds: bars must not be narrower than what they count."""
    seconds = events["time"].dt.epoch("s")
    for least in (86_400, 3_600):
        if (seconds % least == 0).all():
            return least
    return 60


def _values(events: pl.DataFrame, step: timedelta) -> list[dict[str, Any]]:
    """Sum up each strip and stretch of time; a part that is nought has no bar."""
    summed = (
        events.group_by("value", pl.col("time").dt.truncate(step))
        .agg(pl.col("events", "denied", "writes").sum())
        .sort("time", "value")
    )
    values = []
    for row in summed.iter_rows(named=True):
        for kind, (column, inset) in _PARTS.items():
            if row[column]:
                values.append(
                    {
                        "strip": row["value"],
                        "kind": kind,
                        "start": _moments.stamp(row["time"] + step * inset),
                        "end": _moments.stamp(row["time"] + step * (1 - inset)),
                        "at": _moments.told(row["time"]),
                        "count": row[column],
                        **{name: row[name] for name in ("events", "denied", "writes")},
                    }
                )
    return values


def _sentence(events: pl.DataFrame, span: Span, kind: str, ranked: list[str]) -> str:
    total, denied = (int(events[name].sum()) for name in ("events", "denied"))
    busiest = events.group_by("time").agg(pl.col("events").sum()).sort(
        "events", "time", descending=[True, False]
    ).row(0)  # fmt: skip
    of = "" if kind == "all" else f" by {kind} ({', '.join(map(_words.label, ranked[:3]))}"
    more = f" and {len(ranked) - 3} more)" if len(ranked) > 3 else ")"  # noqa: PLR2004 - as told
    return (
        f"Activity{of}{more if of else ''}, {_moments.during(span)}: "
        f"{_words.many(total, 'event')}, {denied:,} denied; the busiest stretch began "
        f"{busiest[0]:%Y-%m-%d %H:%M} with {busiest[1]:,}"
    )


def _drawn(
    values: list[dict[str, Any]], strips: list[str], span: Span, title: str, description: str
) -> Chart:
    kind, brush = _look.picked(), _look.brushed()
    present = _KINDS.present(value["kind"] for value in values)
    time = _moments.axis("start", span)
    tooltip = {"at": "from", "strip": "value", "events": "events", "writes": "changes",
               "denied": "denied"}  # fmt: skip
    drawn: Chart = (
        Chart(
            alt.InlineData(values=values),
            title=_look.heading(title),
            description=description,
            name="strips",
        )
        .mark_bar(strokeWidth=0)
        .encode(
            x=time,
            x2="end",
            y=alt.Y(
                "count:Q",
                stack=None,
                title=None,
                scale=alt.Scale(type="symlog"),
                axis=alt.Axis(values=[1, 10, 100, 1_000, 10_000, 100_000, 1_000_000], format="~s"),
            ),
            y2=alt.Y2Datum(0),
            row=alt.Row(
                "strip:N",
                sort=strips,
                title=None,
                header=alt.Header(
                    labelAngle=0, labelAlign="left", labelLimit=200, labelFontSize=11
                ),
            ),
            color=present.colour(),
            opacity=_look.lit(kind, brush),
            tooltip=[alt.Tooltip(f"{field}:N", title=name) for field, name in tooltip.items()],
        )
        .add_params(kind, brush)
        .properties(
            width=_WIDTH,
            height=_HEIGHT if len(strips) <= _BUSY else _LOW,
            config=_look.config(),
        )
    )
    return drawn
