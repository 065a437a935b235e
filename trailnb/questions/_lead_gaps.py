"""What weakens all other leads: calls against the evidence, silences, files that cannot be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from trailnb.questions._leads import TOLD, Lead, lead, often, said, short, some, times

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from trailnb.questions._leads import Level

#: Silencing calls that have no everyday reason: when they succeed, look at once.
GRAVE = (
    "logging stopped", "trail deleted", "selectors narrowed", "trail narrowed", "digests off",
    "log files removed", "detection off", "organization left",
)  # fmt: skip


def of_evasion(found: pl.DataFrame, unknown_hours: dict[str, int]) -> list[Lead]:
    """Lead to what was done against the evidence; `unknown_hours` counts what each event hides."""
    made = found.filter(pl.col("event_id").is_not_null()).with_columns(
        done=pl.col("outcome") == "success"
    )
    leads = []
    groups = made.group_by("kind", "actor", "done").agg(
        *TOLD, pl.col("target").sort_by("time"), pl.col("action").sort_by("time"),
        pl.col("outcome").unique().sort(),
    )  # fmt: skip
    for row in groups.iter_rows(named=True):
        hours = sum(unknown_hours.get(event_id, 0) for event_id in row["event_ids"])
        hidden = f"; {times(hours, 'hour')} of coverage cannot be known since" if hours else ""
        ended = "" if row["done"] else f", without success ({some(row['outcome'])})"
        why = (
            f"{row['kind'].capitalize()}: {row['actor']} called {some(row['action'])} on "
            f"{some(map(short, row['target']))}"
            f"{often(row['events'])}{ended}{hidden}."
        )
        level: Level = "alert" if row["done"] and row["kind"] in GRAVE else "warning"
        leads.append(lead(row, "evidence", row["kind"], level, why))
    silent = found.filter(pl.col("event_id").is_null())
    for row in silent.iter_rows(named=True):
        until = f" until {said(row['until'])}" if row["until"] else ""
        place = f"{row['account']} {row['region']}"
        why = f"{place}: {row['kind']} from {said(row['time'])}{until}; nobody said why."
        leads.append(
            Lead(
                "coverage", row["kind"], "warning", "warning", why,
                first=row["time"], last=row["until"] or row["time"], ask="tn.evasion(trail)",
            )
        )  # fmt: skip
    return leads


def of_problems(problems: pl.DataFrame) -> list[Lead]:
    """Lead to what could not be read."""
    lost = problems.filter(pl.col("severity") == "error")
    if lost.is_empty():
        return []
    files = lost["log_file"].unique().sort()
    names = some(file.rsplit("/", 1)[-1] for file in files)
    why = (
        f"{times(len(files), 'log file')} could not be read whole, so events are missing: {names} "
        f"({some(lost['reason'])})."
    )
    return [Lead("coverage", "unreadable", "warning", "warning", why, ask="trail.problems()")]


def of_coverage(coverage: pl.DataFrame) -> list[Lead]:
    """Lead to what the logs cannot tell, however quiet they look."""
    inside = coverage.filter(pl.col("status") != "outside the request")
    silent = inside.filter(pl.col("status") == "none seen")
    leads = []
    if silent.height:
        why = (
            f"{silent.height:,} of {times(inside.height, 'hour')} per account, region and category "
            "show no event: quiet or not logged, the logs cannot tell."
        )
        leads.append(_unknown(why, silent["hour"].to_list()))
    if inside.height and "Data" not in inside["category"]:
        leads.append(_unknown("No data events are logged: who read which object leaves no trace."))
    return leads


def _unknown(why: str, hours: Sequence[datetime] = ()) -> Lead:
    return Lead(
        "coverage", "cannot be known", "note", "note", why,
        first=min(hours, default=None), last=max(hours, default=None), ask="trail.coverage()",
    )  # fmt: skip
