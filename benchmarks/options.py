"""What a run is asked for."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field

from benchmarks.data import BIG, FEW_FILES, MANY_FILES, RULED

Shape = tuple[int, int]


@dataclass(frozen=True)
class Options:
    """Shapes are (events, files); `slow_rounds` bounds contenders that take ten times as long."""

    rounds: int = 5
    slow_rounds: int = 2
    many: Shape = MANY_FILES
    few: Shape = FEW_FILES
    big: Shape = BIG
    ruled: Shape = RULED
    chdb_python: str = field(default=sys.executable)
