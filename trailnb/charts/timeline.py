"""The timeline drawn: a lane per actor, a mark per moment and kind of thing that happened."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeAlias

import altair as alt
import polars as pl

from trailnb._frame import needs, table
from trailnb._plain import plain
from trailnb.charts import _look
from trailnb.charts._offline import Chart

if TYPE_CHECKING:
    from narwhals.stable.v2.typing import IntoFrame

Span: TypeAlias = tuple[datetime, datetime]

_MARKS = 5_000
_BINS = 240
_LANES = 16
_WIDTH = 760
# Five rows of kinds make a lane; a crowded chart gets tighter rows.
_ROW, _TIGHT_ROW, _CROWDED = 9, 6, 8
# Bins are round times: a mark's tooltip then says "02:10", not "02:08:37".
_STEPS = (1, 5, 15, 60, 300, 900, 3_600, 10_800, 21_600, 86_400, 604_800)
# A burst of denials or a sign-in outweighs the same number of reads.
_WEIGHTS = {"denied or failed": 4, "sign-in": 2}


def timeline(answer: IntoFrame, *, title: str = "Who did what, when") -> Chart:
    """When did which actor do what kind of thing?

    A lane per actor, unusual bursts first; colour and shape say what happened. Counts are gathered
    per actor, stretch of time and kind before drawing, so any answer makes at most 5,000 marks; a
    mark's tooltip tells its events; rows that hold several count as many. Beyond 16 actors the
    calmest share one lane.

    Args:
        answer: What `trailnb.timeline` answered, any kind of frame.
        title: Heading of the chart.

    Returns:
        An Altair chart, not yet displayed, that shows itself without the network.

    Example:
        >>> from datetime import UTC, datetime
        >>> answer = pl.DataFrame(
        ...     {
        ...         "time": [datetime(2026, 11, 2, 2, 13, tzinfo=UTC)],
        ...         "actor": ["alice"],
        ...         "action": ["iam:CreateUser"],
        ...         "outcome": ["success"],
        ...     }
        ... )
        >>> timeline(answer).to_dict()["description"]
        'Timeline of 1 event by 1 actor, 2026-11-02 02:13 to 02:13 UTC: 1 write.'
    """
    shown = table(answer)
    needs(shown.columns, ["time", "actor", "action", "outcome"], "charts.timeline")
    events = shown.select("time", "actor", "action", kind=_kind(), count=_count(shown))
    events = events.drop_nulls("time")
    marks, lanes, span = gathered(events)
    return _drawn(marks, lanes, span, title=title, description=_sentence(events, span))


def gathered(events: pl.DataFrame) -> tuple[pl.DataFrame, list[str], Span]:
    """Which marks are drawn, in which lanes, over which span?

    Example:
        >>> schema = {"time": pl.Datetime("us", "UTC"), "actor": pl.String}
        >>> empty = pl.DataFrame(schema=schema | {"action": pl.String, "kind": pl.String})
        >>> gathered(empty)[0].height
        0
    """
    events = events.with_columns(count=_count(events))
    span = _span(events)
    seconds = (span[1] - span[0]).total_seconds()
    lanes = _lanes(events, _step(seconds, _BINS))
    laned = events.with_columns(
        lane=pl.when(pl.col("actor").is_in(lanes)).then("actor").otherwise(pl.lit(_others(events)))
    )
    if events["actor"].n_unique() > len(lanes):
        lanes.append(_others(events))
    bins = _BINS
    marks = _marks(laned, _step(seconds, bins))
    while marks.height > _MARKS:
        bins //= 2
        marks = _marks(laned, _step(seconds, bins))
    return marks, lanes, span


def _kind() -> pl.Expr:
    """Tell what happened; a row whose events share only a pattern of an action holds reads."""
    is_folded = pl.col("action").str.ends_with("*")
    refused = pl.col("outcome").is_in(["denied", "failed"])
    return pl.when(is_folded & ~refused).then(pl.lit("read")).otherwise(_look.kind())


def _count(shown: pl.DataFrame) -> pl.Expr:
    """Count the events of a row: one, unless the answer folds several into it."""
    return pl.col("count").cast(pl.Int64) if "count" in shown.columns else pl.lit(1, pl.Int64)


def _span(events: pl.DataFrame) -> Span:
    if events.is_empty():
        return datetime.fromtimestamp(0, UTC), datetime.fromtimestamp(0, UTC)
    first, last = events.select(pl.col("time").min(), pl.col("time").max().alias("last")).row(0)
    return first, last


def _step(seconds: float, bins: int) -> str:
    """Choose the smallest round stretch of time that needs no more than so many bins."""
    fitting = (step for step in _STEPS if seconds / step <= bins)
    return f"{next(fitting, int(seconds / bins) + 1)}s"


def _marks(laned: pl.DataFrame, step: str) -> pl.DataFrame:
    return (
        laned.group_by("lane", pl.col("time").dt.truncate(step), "kind")
        .agg(
            events=pl.col("count").sum(),
            actions=pl.col("action").value_counts(sort=True).struct.field("action").head(4),
            others=pl.col("action").n_unique().cast(pl.Int64) - 4,
        )
        .sort("time", "lane", "kind")
    )


def _lanes(events: pl.DataFrame, step: str) -> list[str]:
    """Order the actors by their unusual bursts: a high peak that is much of all the actor did."""
    weight = pl.col("kind").replace_strict(_WEIGHTS, default=1)
    busy = events.group_by("actor", pl.col("time").dt.truncate(step)).agg(
        weight=(weight * pl.col("count")).sum()
    )
    peak = pl.col("weight").max()
    burst = peak * (peak / pl.col("weight").sum()).sqrt()
    ranked = (
        busy.group_by("actor").agg(burst=burst).sort("burst", "actor", descending=[True, False])
    )
    return ranked["actor"].head(_LANES).to_list()


def _others(events: pl.DataFrame) -> str:
    return f"{events['actor'].n_unique() - _LANES:,} calmer actors"


def _sentence(events: pl.DataFrame, span: Span) -> str:
    """Say the chart in one sentence: for readers without the picture."""
    if events.is_empty():
        return "Timeline without events."
    first, last = span
    same_day = first.date() == last.date()
    until = f"{last:%H:%M}" if same_day else f"{last:%Y-%m-%d %H:%M}"
    counts = dict(events.group_by("kind").agg(pl.col("count").sum()).iter_rows())
    total = sum(counts.values())
    told = ", ".join(f"{counts[kind]:,} {kind}" for kind in _look.KINDS if kind in counts)
    actors = events["actor"].n_unique()
    return (
        f"Timeline of {total:,} event{'s' * (total > 1)} by {actors:,} "
        f"actor{'s' * (actors > 1)}, {first:%Y-%m-%d %H:%M} to {until} UTC: {told}."
    )


def _drawn(
    marks: pl.DataFrame, lanes: list[str], span: Span, *, title: str, description: str
) -> Chart:
    names = _labels(lanes)
    values = [
        {
            "lane": names[row["lane"]],
            "time": f"{row['time']:%Y-%m-%dT%H:%M:%SZ}",
            "at": f"{row['time']:%Y-%m-%d %H:%M:%S} UTC",
            "kind": row["kind"],
            "events": row["events"],
            "actions": _named(row["actions"], row["others"]),
        }
        for row in marks.iter_rows(named=True)
    ]
    kinds = list(_look.KINDS)
    first, last = span
    row = _ROW if len(lanes) <= _CROWDED else _TIGHT_ROW
    chart = Chart(
        alt.InlineData(values=values), title=plain(title), description=description, width=_WIDTH
    ).mark_point(filled=True, opacity=0.9, strokeWidth=0)
    drawn: Chart = chart.encode(
        x=_look.utc("time", "time (UTC)", days=(last - first) / timedelta(days=1)),
        y=alt.Y("lane:N", sort=list(names.values()), title=None, axis=_look.LANE_AXIS),
        yOffset=alt.YOffset("kind:N", sort=kinds, scale=alt.Scale(domain=kinds)),
        color=alt.Color("kind:N", scale=alt.Scale(domain=kinds, range=list(_look.COLOURS))),
        shape=alt.Shape("kind:N", scale=alt.Scale(domain=kinds, range=list(_look.SHAPES))),
        size=alt.Size(
            "events:Q", scale=alt.Scale(type="log", range=[4 * row, 14 * row]), legend=None
        ),
        tooltip=[
            alt.Tooltip("at:N", title="from"),
            alt.Tooltip("lane:N", title="actor"),
            alt.Tooltip("kind:N", title="kind"),
            alt.Tooltip("events:Q", title="events", format=","),
            alt.Tooltip("actions:N", title="actions"),
        ],
    ).properties(height={"step": row * len(kinds), "for": "position"}, config=_look.config())
    return drawn


def _named(actions: list[str], others: int) -> str:
    shown = ", ".join(_look.label(action) for action in actions)
    return f"{shown} and {others} more" if others > 0 else shown


def _labels(lanes: list[str]) -> dict[str, str]:
    """Label each lane; two actors that would read alike stay two lanes."""
    labels: dict[str, str] = {}
    for lane in lanes:
        text, taken = _look.label(lane), set(labels.values())
        labels[lane] = text if text not in taken else f"{text} ({len(taken) + 1})"
    return labels
