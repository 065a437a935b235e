"""What could not be read, or not as it stands: file, position, reason, severity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import polars as pl

#: error: events are lost or may be; warning: kept, not as they should be; note: nothing is lost.
Severity = Literal["error", "warning", "note"]

PROBLEM_SCHEMA = pl.Schema(
    {
        "log_file": pl.String(),
        "position_bytes": pl.Int64(),
        "log_index": pl.UInt32(),
        "reason": pl.String(),
        "severity": pl.Enum(["error", "warning", "note"]),
    }
)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that could not be read as it stands.

    `position_bytes` counts in the decompressed log file, from 0; `log_index` is the row's position
    among the events of its file where a row exists.
    """

    log_file: str
    reason: str
    severity: Severity = "error"
    position_bytes: int | None = None
    log_index: int | None = None


def problem_frame(problems: list[Problem]) -> pl.DataFrame:
    """Which problems are there, as a frame?

    Example:
        >>> problem_frame([Problem("a.json", "torn", position_bytes=7)])["severity"].to_list()
        ['error']
    """
    return pl.DataFrame(
        {name: [getattr(one, name) for one in problems] for name in PROBLEM_SCHEMA},
        schema=PROBLEM_SCHEMA,
    )
