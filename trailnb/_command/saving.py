"""`save`: keep logs as a saved trail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trailnb._command.logs import opened, options_of_dest
from trailnb._command.status import FINE, PROBLEMS
from trailnb.trail.progress import Progress, default_display

if TYPE_CHECKING:
    import argparse


def save(asked: argparse.Namespace) -> int:
    """Save logs as a trail, and say in one line what came of it."""
    last: list[Progress] = []
    shown = default_display()

    def note(progress: Progress) -> None:
        last[:] = [progress]
        if shown:
            shown(progress)

    trail = opened(asked, note)
    kept = trail.save(asked.dest, storage_options=options_of_dest(asked))
    severities = kept.problems()["severity"].to_list()
    errors = severities.count("error")
    brought = f"{last[-1].files:,} new log files, {last[-1].events:,} events"
    print(f"{asked.dest}: {brought}; problems: {len(severities):,}, errors among them: {errors:,}")
    for spent in trail.spent:
        print(f"{asked.dest}: {spent}")
    return PROBLEMS if errors else FINE
