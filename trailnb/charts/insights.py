"""Insights drawn: which calls or errors came at an unusual rate, when, and how unusual."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from trailnb._frame import needs, table
from trailnb.charts import _look, _moments, _words
from trailnb.charts._spans import LANES, spans

if TYPE_CHECKING:
    from narwhals.stable.v2.typing import IntoFrame

    from trailnb.charts._offline import Chart, Layers

_KINDS = _look.Kinds(
    ("unusual errors", "unusual calls"),
    (_look.ORANGE, _look.BLUE),
    (_look.CROSS, "square"),
)
_NEEDED = (
    "start", "end", "kind", "event_source", "event_name", "error_code", "events", "average",
    "expected", "score", "actors", "sentence",
)  # fmt: skip


def insights(answer: IntoFrame, *, title: str = "Unusual rates") -> Chart | Layers:
    """Which calls, or which errors, came at an unusual rate, and when?

    A lane per spell, the most unusual first, from its first minute to its last; beside it the rate,
    what was expected, and who called most. Beyond 30 spells the heading counts the rest.

    Args:
        answer: What `trailnb.insights` answered, any kind of frame.
        title: Heading of the chart.

    Returns:
        An Altair chart, not yet displayed, that shows itself without the network.

    Example:
        >>> import trailnb as tn
        >>> insights(tn.insights(tn.open("data-samples/quiet"))).to_dict()["description"]
        'Insights: no unusual rate in this answer.'
    """
    shown = table(answer)
    needs(shown.columns, _NEEDED, "charts.insights")
    if shown.is_empty():
        return _look.nothing(title, "Insights: no unusual rate in this answer.")
    ranked = shown.sort("score", "start", descending=[True, False], nulls_last=True)
    rows = [_row(row) for row in ranked.head(LANES).iter_rows(named=True)]
    errors = shown.filter(pl.col("kind").cast(pl.String) == "error_rate").height
    span = _moments.span_of(shown, "start", "end")
    left = shown.height - LANES
    return spans(
        pl.DataFrame(rows),
        _KINDS,
        title=title,
        notes=[f"{left:,} less unusual ones are in the answer"] if left > 0 else [],
        description=(
            f"Insights: {_words.many(shown.height, 'spell')} of unusual rates, {errors:,} of them "
            f"of errors, {_moments.during(span)}."
        ),
        lane="call",
    )


def _row(row: dict[str, Any]) -> dict[str, Any]:
    service = (row["event_source"] or "unknown").removesuffix(".amazonaws.com")
    error = f" {row['error_code']}" if row["error_code"] else ""
    actors = [one["value"] for one in row["actors"] or []]
    who = _words.listed([_words.label(one, 32) for one in actors[:1]], others=len(actors) - 1)
    rate = f"{row['average']:.3g} a minute, {row['expected']:.2g} expected"
    return {
        "lane": f"{service}:{row['event_name']}{error}",
        "first_seen": row["start"],
        "last_seen": row["end"],
        "events": row["events"],
        "kind": _KINDS.names[0 if row["kind"] == "error_rate" else 1],
        "note": " · ".join(filter(None, [rate, who])),
        "more": _words.label(row["sentence"], 160),
    }
