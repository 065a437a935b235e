"""`trails`: which trails an account has, what is to mend about them, and a status for scripts."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import polars as pl

from trailnb._command.logs import options
from trailnb._command.printing import printed
from trailnb._command.status import FINE, FOUND

if TYPE_CHECKING:
    import argparse

TOLD = """\
Exit status: 0 when nothing graver than a note is to mend; 1 when AWS could not be asked; 2 when the
command cannot be meant; 3 when something is. What may not be asked is told as unknown, and is no
reason for 3.
"""
_COLUMNS = ("status", "severity", "trail", "check", "says")


def trails(asked: argparse.Namespace) -> int:
    """Which trails are there, and what is to mend? A table leaves out what is good."""
    from trailnb.configuration.checks import to_mend
    from trailnb.configuration.trails import trails as ask

    given: dict[str, Any] = options(asked) or {}
    if asked.profile:
        given["profile"] = asked.profile
    found = ask(storage_options=given, regions=asked.regions, bucket=asked.bucket)
    answer = found.findings()
    shown = to_mend(answer) if asked.format == "table" else answer
    if asked.format == "table":
        print(repr(found))
    sys.stdout.write(printed(shown, asked.format, _COLUMNS, asked.limit))
    grave = answer.filter((pl.col("status") == "not good") & (pl.col("severity") != "note"))
    return FINE if grave.is_empty() else FOUND
