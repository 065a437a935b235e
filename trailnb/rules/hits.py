"""Which event did which rule match?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from trailnb._frame import QuestionClass, asked, refined
from trailnb.rules.alarms import chosen_of
from trailnb.rules.corners import USUAL, Corners
from trailnb.rules.one_pass import Plan, candidates, slices, warn_of_undecided

if TYPE_CHECKING:
    from collections.abc import Iterable

    from trailnb._frame import FrameT, HasEvents
    from trailnb.rules.rule import Rule

CLASS: QuestionClass = "refined"
_TIME, _TEXT = pl.Datetime("us", "UTC"), pl.String()
SCHEMA = pl.Schema(
    {
        "time": _TIME,
        **dict.fromkeys(("rule", "title", "severity", "actor", "action", "target"), _TEXT),
        **dict.fromkeys(("outcome", "origin", "region", "account", "event_id"), _TEXT),
    }
)
SORT_KEY = ("time", "event_id", "account", "rule")
_COLUMNS = {
    "time": "event_time",
    "actor": "actor",
    "action": "action",
    "target": "target",
    "outcome": "outcome",
    "origin": "source_ip_address",
    "region": "aws_region",
    "account": "recipient_account_id",
    "event_id": "event_id",
}


def hits(
    events: HasEvents[FrameT] | FrameT,
    *,
    rules: Rule | Iterable[Rule] | None = None,
    corners: Corners = USUAL,
) -> pl.LazyFrame:
    """Which events did which rules match, one row per match?

    A refined question, answered in one pass for all rules. `tn.alarms` counts the same matches by
    period; this shows them, to see who is behind them and which rules see the same events.

    Args:
        events: A trail, its `events`, or a part of them.
        rules: What to look for; None is the CIS set.
        corners: What AWS's documentation leaves open.

    Returns:
        Sorted by `time`, `event_id`, `account` and `rule`: `time` (UTC), `rule`, `title`,
        `severity`, `actor`, `action`, `target`, `outcome`, `origin`, `region`, `account`,
        `event_id`.

    Raises:
        RequestError: two rules share a name, or one is none.
        ColumnError: the frame lacks a column that a rule or the answer needs.

    Example:
        >>> import trailnb as tn
        >>> found = hits(tn.open("data-samples/acme", since="2026-11-03"))
        >>> found.filter(pl.col("rule") == "cis-4.2").select("actor", "origin").collect().row(0)
        ('svc-backup-sync', '203.0.113.77')
    """
    chosen = chosen_of(rules)
    about = pl.DataFrame(
        {
            "number": range(len(chosen)),
            "rule": [rule.name for rule in chosen],
            "title": [rule.title for rule in chosen],
            "severity": [rule.severity for rule in chosen],
        },
        schema={"number": pl.UInt32(), **dict.fromkeys(("rule", "title", "severity"), _TEXT)},
    )
    plan = Plan.of([rule.matcher(corners) for rule in chosen])
    columns = list(dict.fromkeys([*_COLUMNS.values(), *plan.columns]))
    frame = asked(events, columns, "hits")

    def answer() -> pl.DataFrame:
        shown = {name: pl.col(column) for name, column in _COLUMNS.items()}
        parts = [pl.DataFrame(schema={**dict.fromkeys(_COLUMNS, _TEXT), "number": pl.UInt32()})]
        parts[0] = parts[0].cast({"time": _TIME})
        undecided = 0
        for part in slices(candidates(frame, plan, columns)):
            found, unread = plan.matches(part)
            undecided += len(unread)
            numbers = [number for number, rows in found.items() for _ in rows]
            matched = part[[row for rows in found.values() for row in rows]].select(**shown)
            parts.append(matched.with_columns(number=pl.Series(numbers, dtype=pl.UInt32)))
        warn_of_undecided(undecided)
        told = pl.concat(parts).join(about, on="number").select(*SCHEMA)
        return told.sort(*SORT_KEY, nulls_last=True)

    return refined(SCHEMA, answer)
