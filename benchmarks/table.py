"""One Markdown table per question, with what was asked for beside what was measured."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.measure import Cost


@dataclass
class Table:
    """A question, how it was measured, and its rows; the last two columns are bar and verdict."""

    question: str
    how: str
    head: tuple[str, ...]
    rows: list[tuple[str, ...]] = field(default_factory=list)

    def add(self, *cells: str, bar: Bar | None = None) -> None:
        """Add a row; without a bar the figure is there to be known."""
        self.rows.append((*cells, *(bar.cells() if bar else ("", ""))))

    def markdown(self) -> str:
        """Write it down."""
        head = (*self.head, "bar", "")
        lines = [head, ("---", *["--:"] * (len(head) - 2), "---"), *self.rows]
        table = "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
        return f"## {self.question}\n\n{self.how}\n\n{table}\n"


@dataclass(frozen=True)
class Bar:
    """What was asked for: `measured` is at least, or at most, the bound."""

    measured: float
    at_least: float | None = None
    at_most: float | None = None

    @property
    def is_met(self) -> bool:
        """Is it reached?"""
        above = self.at_least is None or self.measured >= self.at_least
        return above and (self.at_most is None or self.measured <= self.at_most)

    def cells(self) -> tuple[str, str]:
        """What do the last two columns say?"""
        bound = f"≥ {self.at_least:g}" if self.at_least is not None else f"≤ {self.at_most:g}"
        return bound, "PASS" if self.is_met else "**MISS**"


def seconds(cost: Cost) -> tuple[str, str]:
    """CPU and wall seconds as cells."""
    return f"{cost.cpu_seconds:.3f}", f"{cost.wall_seconds:.3f}"


def times(value: float) -> str:
    """A ratio as a cell."""
    return f"{value:.2f}" if value < 10 else f"{value:,.1f}"
