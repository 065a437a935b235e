"""The timeline drawn: a lane per actor, a mark per moment and kind of thing that happened."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from trailnb._frame import needs, table
from trailnb.charts import _look, _moments, _words
from trailnb.charts._lanes import drawn, laned
from trailnb.facts.kinds import KINDS

if TYPE_CHECKING:
    from narwhals.stable.v2.typing import IntoFrame

    from trailnb.charts._offline import Chart, Layers

# A burst of denials or a sign-in outweighs the same number of reads.
_WEIGHTS = {"denied or failed": 4, "sign-in": 2}


def timeline(answer: IntoFrame, *, title: str = "Who did what, when") -> Chart | Layers:
    """When did which actor do what kind of thing?

    A lane per actor, unusual bursts first; colour and shape say what happened. Counts are gathered
    per actor, stretch of time and kind before drawing, so any answer makes at most 5,000 marks; a
    mark's tooltip tells its events; rows that hold several count as many. Beyond 16 actors the
    calmest share one lane. Brush a stretch of time, or pick a kind in the legend, to dim the rest.

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
    rows = shown.select("time", lane="actor", told="action", kind=_kind(), count=_count(shown))
    events = rows.drop_nulls("time")
    undated = _words.without(int(rows.filter(pl.col("time").is_null())["count"].sum()))
    if events.is_empty():
        return _look.nothing(title, f"Timeline without events{undated}.")
    found = laned(events, _WEIGHTS, "calmer actors")
    counts = dict(events.group_by("kind").agg(pl.col("count").sum()).iter_rows())
    kinds = ", ".join(f"{counts[kind]:,} {kind}" for kind in KINDS if kind in counts)
    actors = _words.many(events["lane"].n_unique(), "actor")
    sentence = (
        f"Timeline of {_words.many(sum(counts.values()), 'event')} by {actors}, "
        f"{_moments.during(found.span)}: {kinds}{undated}."
    )
    return drawn(
        found, _look.HAPPENED, title=title, description=sentence, lane="actor", told="actions"
    )


def _kind() -> pl.Expr:
    """Tell what happened; a row whose events share only a pattern of an action holds reads."""
    is_folded = pl.col("action").str.ends_with("*")
    refused = pl.col("outcome").is_in(["denied", "failed"])
    return pl.when(is_folded & ~refused).then(pl.lit("read")).otherwise(_look.kind())


def _count(shown: pl.DataFrame) -> pl.Expr:
    """Count the events of a row: one, unless the answer folds several into it."""
    return pl.col("count").cast(pl.Int64) if "count" in shown.columns else pl.lit(1, pl.Int64)
