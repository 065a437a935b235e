"""What the scans of one trail have met so far: problems, and what was left unread."""

from __future__ import annotations

import threading
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from trailnb.errors import ProblemWarning, caller_level

if TYPE_CHECKING:
    from trailnb.formats.problem import Problem


#: One for all: a ledger must stay serializable, as part of a lazy frame.
_LOCK = threading.Lock()


@dataclass
class Ledger:
    """Gathers problems over scans; `is_complete` once every file was read in full."""

    problems: dict[Problem, None] = field(default_factory=dict)
    is_complete: bool = False

    def add(self, problems: list[Problem]) -> None:
        """Remember these problems, each once."""
        with _LOCK:
            self.problems.update(dict.fromkeys(problems))


def warn_of(problems: list[Problem]) -> None:
    """Warn once about what a scan met: how many, in how many files, and where to look.

    Notes (files that hold no events by their nature) lose nothing and are not worth a warning.
    """
    serious = [problem for problem in problems if problem.severity != "note"]
    if serious:
        files = len({problem.log_file for problem in serious})
        warnings.warn(
            f"{len(serious):,} problem{'s' * (len(serious) > 1)} in {files:,} log "
            f"file{'s' * (files > 1)}: some content could not be read as it stands. "
            "trail.problems() lists file, position and reason.",
            ProblemWarning,
            stacklevel=caller_level(),
        )
