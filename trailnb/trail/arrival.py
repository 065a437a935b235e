"""What one step of a followed trail brought: new log files, their events, and what went wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    import polars as pl

    from trailnb.sources.source import LogFile
    from trailnb.trail.trail import Trail


@dataclass(frozen=True)
class Arrival:
    """New log files of a followed trail.

    `at` is when the step began (UTC). `files` are the log files that came, in reading order.
    `events` are theirs, lazily, as of this arrival: without those that a reader has had from other
    log files. `problems` are those of these files, and whatever else could not be listed or read
    and was not told before. `trail` is the whole saved trail, as it is now. Both read the store,
    which joins small parts from time to time: collect what is to be kept for over an hour.
    """

    at: datetime
    files: tuple[LogFile, ...]
    events: pl.LazyFrame = field(repr=False)
    problems: pl.DataFrame = field(repr=False)
    trail: Trail = field(repr=False)

    def __repr__(self) -> str:
        """Say in one line what came."""
        files, problems = len(self.files), self.problems.height
        return (
            f"Arrival {self.at:%Y-%m-%dT%H:%M:%SZ}: {files:,} log file{'s' * (files != 1)}, "
            f"{problems:,} problem{'s' * (problems != 1)}"
        )
