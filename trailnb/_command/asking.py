"""`timeline`, `origins`, `iam-changes`, `coverage`: ask, and print the answer."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from trailnb._command.logs import opened
from trailnb._command.printing import printed
from trailnb._command.status import FINE, PROBLEMS

if TYPE_CHECKING:
    import argparse

    import polars as pl

    from trailnb.trail.trail import Trail

#: What a table in a terminal shows of each answer; JSON and CSV hold every column.
_TIMELINE = ("time", "count", "outcome", "summary")
_ORIGINS = ("origin", "kind", "first_seen", "last_seen", "events", "denied", "writes", "marks")
_CHANGES = ("time", "actor", "action", "change", "entity_name", "aspect", "marks")
_COVERAGE = ("account", "region", "category", "status", "hours", "events", "first", "last")
#: The filters of a timeline, as the command line names them.
FILTERS = ("actor", "origin", "action", "target", "outcome", "access", "key", "session")


def timeline(asked: argparse.Namespace) -> int:
    """Who did what, when, to what, from where, and how did it end?"""
    from trailnb.questions.timeline import timeline as ask

    trail = opened(asked)
    wanted: dict[str, Any] = {
        name: getattr(asked, name) for name in FILTERS if getattr(asked, name) is not None
    }
    return _told(asked, trail, ask(trail, **wanted).collect(), _TIMELINE)


def origins(asked: argparse.Namespace) -> int:
    """Where did calls come from, and what is odd about it?"""
    from trailnb.questions.origins import origins as ask

    trail = opened(asked)
    return _told(asked, trail, ask(trail).collect(), _ORIGINS)


def iam_changes(asked: argparse.Namespace) -> int:
    """Which permissions changed, and what does that give?"""
    from trailnb.iam.changes import iam_changes as ask

    trail = opened(asked)
    answer = ask(trail, principal=asked.principal).collect()
    return _told(asked, trail, answer, _CHANGES)


def coverage(asked: argparse.Namespace) -> int:
    """What do the logs speak about, per account, region and category?"""
    import polars as pl

    trail = opened(asked)
    hours = trail.coverage()
    if asked.format == "table":
        place = ("account", "region", "category", "status")
        hours = (
            hours.group_by(place)
            .agg(
                hours=pl.len(), events=pl.col("events").sum(), first=pl.col("hour").min(),
                last=pl.col("hour").max(),
            )
            .sort(place)
        )  # fmt: skip
    return _told(asked, trail, hours, _COVERAGE)


def _told(
    asked: argparse.Namespace, trail: Trail, answer: pl.DataFrame, columns: tuple[str, ...]
) -> int:
    """Print the answer on stdout; what could not be read goes to stderr and into the status."""
    sys.stdout.write(printed(answer, asked.format, columns, asked.limit))
    lost = trail.problems().filter(severity="error").height
    if lost:
        print(f"trailnb: {lost:,} problems: events are missing or may be.", file=sys.stderr)
    return PROBLEMS if lost else FINE
