"""First seen, drawn: what is new, since when, and whether it stayed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from trailnb._frame import needs, table
from trailnb.charts import _look, _moments, _words
from trailnb.charts._roles import shared
from trailnb.charts._spans import LANES, spans

if TYPE_CHECKING:
    from narwhals.stable.v2.typing import IntoFrame

    from trailnb.charts._offline import Chart, Layers

_KINDS = _look.Kinds(
    ("refused more than half", "refused at times", "never refused"),
    (_look.ORANGE, _look.ORANGE, _look.GREY),
    (_look.CROSS, "triangle-down", _look.DOT),
)
_NEEDED = ("kind", "value", "first_seen", "last_seen", "events", "denied")


def first_seen(answer: IntoFrame, *, title: str = "First seen") -> Chart | Layers:
    """What appeared, when for the first time, and was it there to stay?

    A lane per value, the newest first: a line leads from where it was first seen to where it was
    last seen. More than three sessions of one role share a lane. What was seen before the 30 newest
    is counted in the heading.

    Args:
        answer: What `trailnb.first_seen` answered, any kind of frame.
        title: Heading of the chart.

    Returns:
        An Altair chart, not yet displayed, that shows itself without the network.

    Example:
        >>> import trailnb as tn
        >>> answer = tn.first_seen(tn.open("data-samples/quiet"), what="agent")
        >>> first_seen(answer).to_dict()["description"]
        'First seen: 40 agents, 2026-11-02 03:48 to 2026-11-04 20:10 UTC.'
    """
    shown = table(answer)
    needs(shown.columns, _NEEDED, "charts.first_seen")
    known = shown.drop_nulls("first_seen")
    undated = _words.without(shown.height - known.height)
    if known.is_empty():
        return _look.nothing(title, f"First seen: nothing new in this answer{undated}.")
    denied = pl.col("denied")
    what = (
        pl.when(denied * 2 > pl.col("events"))
        .then(pl.lit(_KINDS.names[0]))
        .when(denied > 0)
        .then(pl.lit(_KINDS.names[1]))
        .otherwise(pl.lit(_KINDS.names[2]))
    )
    is_one = known["kind"].n_unique() == 1
    lanes = _shared(known)
    newest = lanes.sort("first_seen", "kind", "value", descending=[True, False, False]).head(LANES)
    rows = newest.select(
        "first_seen", "last_seen", "events", "denied", lane="value", kind=what, more=pl.lit(""),
        note=pl.Series([_note(row, is_one=is_one) for row in newest.rows(named=True)]),
    )  # fmt: skip
    told = _words.counted(known.group_by("kind").len().sort("kind").iter_rows())
    span = _moments.span_of(known, "first_seen", "last_seen")
    left = lanes.height - LANES
    return spans(
        rows,
        _KINDS,
        title=title,
        notes=[f"{left:,} more were seen before these"] if left > 0 else [],
        description=f"First seen: {told}, {_moments.during(span)}{undated}.",
        lane="value",
    )


def _shared(known: pl.DataFrame) -> pl.DataFrame:
    """Let many sessions of a role share a lane: a job's runs are not new, one by one."""
    is_actor = pl.col("kind") == "actor"
    names = shared(known.filter(is_actor)["value"])
    shown = pl.col("value").replace(list(names), list(names.values()))
    return (
        known.with_columns(value=pl.when(is_actor).then(shown).otherwise("value"))
        .group_by("kind", "value")
        .agg(
            pl.col("first_seen").min(),
            pl.col("last_seen").max(),
            pl.col("events", "denied").sum(),
        )
    )


def _note(row: dict[str, Any], *, is_one: bool) -> str:
    """Count its events, and say what it is where there are several kinds."""
    events = _words.many(row["events"], "event")
    return events if is_one else f"{_words.label(row['kind'])} · {events}"
