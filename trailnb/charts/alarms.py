"""Alarms drawn: which rules would have called somebody, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from trailnb._frame import needs, table
from trailnb.charts import _look, _moments, _words
from trailnb.charts._lanes import drawn, laned

if TYPE_CHECKING:
    from narwhals.stable.v2.typing import IntoFrame

    from trailnb.charts._offline import Chart, Layers

_KINDS = _look.Kinds(
    ("critical", "high", "medium", "low", "informational"),
    (_look.ORANGE, _look.ORANGE, _look.MAGENTA, _look.BLUE, _look.GREY),
    (_look.CROSS, "triangle-up", "diamond", "square", _look.DOT),
)
_WEIGHTS = {"critical": 16, "high": 8, "medium": 3}
_NEEDED = ("start", "rule", "title", "severity", "events", "actors")


def alarms(answer: IntoFrame, *, title: str = "Which alarms would have fired") -> Chart | Layers:
    """Which rules would have raised an alarm, when, and how severe is each?

    A lane per rule, unusual bursts of severe ones first; a mark per period, as large as the rule
    matched events. Beyond 16 rules the calmest share one lane.

    Args:
        answer: What `trailnb.alarms` answered, any kind of frame.
        title: Heading of the chart.

    Returns:
        An Altair chart, not yet displayed, that shows itself without the network.

    Example:
        >>> import trailnb as tn
        >>> alarms(tn.alarms(tn.open("data-samples/quiet"))).to_dict()["description"][:22]
        'Alarms: 8 of 2 rules, '
    """
    shown = table(answer)
    needs(shown.columns, _NEEDED, "charts.alarms")
    known = shown.drop_nulls("start")
    undated = _words.without(shown.height - known.height)
    if known.is_empty():
        return _look.nothing(title, f"Alarms: none in this answer{undated}.")
    rule, name = pl.col("rule").fill_null("unknown"), pl.col("title").fill_null("")
    severity = pl.col("severity")
    is_known = severity.is_in(_KINDS.names)
    events = known.select(
        time="start",
        lane=pl.concat_str(rule, name, separator=" "),
        kind=pl.when(is_known).then(severity).otherwise(pl.lit(_KINDS.names[-1])),
        count=pl.col("events").cast(pl.Int64),
        told=pl.col("actors").list.head(4).list.join(", ", ignore_nulls=True),
    )
    found = laned(events, _WEIGHTS, "calmer rules")
    counts = dict(events.group_by("kind").len().iter_rows())
    told = ", ".join(f"{counts[kind]:,} {kind}" for kind in _KINDS.names if kind in counts)
    sentence = (
        f"Alarms: {known.height:,} of {_words.many(events['lane'].n_unique(), 'rule')}, "
        f"{_moments.during(found.span)}: {told}{undated}."
    )
    return drawn(found, _KINDS, title=title, description=sentence, lane="rule", told="actors")
