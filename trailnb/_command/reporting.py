"""`report`: triage, timeline and coverage of some logs on one page, unattended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trailnb._command.logs import opened
from trailnb._command.status import FINE, FOUND, PROBLEMS

if TYPE_CHECKING:
    import argparse

    from trailnb.case.case import Case

#: Rows of the timeline that a report takes: what changed, was refused, or gave out credentials.
_TOLD = ("write", "permission", "tagging")


def report(asked: argparse.Namespace) -> int:
    """Write the report, and say in one line what was found."""
    from trailnb._report.writing import report as write

    case = _case(asked)
    place = write(case, asked.dest)
    print(f"{place}: {case.verdict}")
    if any(one.level != "note" for one in case.findings):
        return FOUND
    return PROBLEMS if case.problems.filter(severity="error").height else FINE


def _case(asked: argparse.Namespace) -> Case:
    import polars as pl

    from trailnb import charts
    from trailnb.case.case import Case
    from trailnb.questions.origins import origins
    from trailnb.questions.timeline import timeline
    from trailnb.questions.triage import triage

    case = Case(opened(asked), title=asked.title or f"Triage of {asked.source}")
    case.lead(triage(case.trail), levels=("alert", "warning", "note"))
    rows = timeline(case.trail).collect()
    is_told = pl.col("access").is_in(_TOLD) | (pl.col("outcome") != "success")
    case.answer(
        "Changes, refusals and failures",
        rows.filter(is_told),
        about="Reads that worked are left out here, and drawn above.",
        chart=charts.timeline(rows),
    )
    odd = origins(case.trail).filter(pl.col("marks").list.len() > 0)
    case.answer("Origins that stand out", odd)
    return case
