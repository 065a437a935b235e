"""`follow`: bring new log files into a saved trail as they come."""

from __future__ import annotations

import sys
import warnings
from typing import TYPE_CHECKING

import polars as pl

from trailnb._command.logs import opened, options
from trailnb._command.status import FINE, PROBLEMS
from trailnb._plain import plain
from trailnb.errors import ProblemWarning

if TYPE_CHECKING:
    import argparse


def follow(asked: argparse.Namespace) -> int:
    """Follow some logs, with a line for each arrival; problems go to stderr."""
    # An outage is outlived, so a warning is all that tells of it.
    warnings.simplefilter("always", ProblemWarning)
    errors = 0
    arrivals = opened(asked).follow(
        asked.dest, every=asked.every, queue=asked.queue, rounds=asked.rounds,
        storage_options=options(asked),
    )  # fmt: skip
    for fresh in arrivals:
        for problem in fresh.problems.iter_rows(named=True):
            errors += problem["severity"] == "error"
            said = f"{problem['severity']}: {problem['log_file']}: {problem['reason']}"
            print(f"trailnb: {plain(said)}", file=sys.stderr, flush=True)
        events = fresh.events.select(pl.len()).collect().item()
        brought = f"{len(fresh.files):,} new log files, {events:,} events"
        print(f"{fresh.at:%Y-%m-%dT%H:%M:%SZ} {brought}", flush=True)
    return PROBLEMS if errors else FINE
