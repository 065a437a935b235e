"""What does `import trailnb` cost, beside `import polars`?"""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from benchmarks.measure import Contender, run, say
from benchmarks.table import Bar, Table, times

if TYPE_CHECKING:
    from benchmarks.options import Options

_ROUNDS = 15
_STATEMENTS = {
    "polars": "import polars",
    "trailnb": "import trailnb",
    "trailnb, up to its first use": "import trailnb; trailnb.open",
}


def answer(_options: Options) -> list[Table]:
    """Import each in fresh processes, in turn; medians."""
    cpu: dict[str, list[float]] = {module: [] for module in _STATEMENTS}
    wall: dict[str, list[float]] = {module: [] for module in _STATEMENTS}
    say(f"{_ROUNDS} imports each")
    for _ in range(_ROUNDS + 1):
        for module, statement in _STATEMENTS.items():
            arguments = {"statement": statement}
            cost = run(Contender(module, "benchmarks.bare:load", arguments, 1, env={}))
            cpu[module].append(cost.cpu_seconds)
            wall[module].append(cost.wall_seconds)
    table = Table(
        "The import",
        f"Medians of {_ROUNDS} fresh processes each, in turn. The clock runs from the import "
        "statement on; the start of Python is left out.",
        ("import", "CPU ms", "wall ms", "CPU by polars", "wall by polars"),
    )
    for module in _STATEMENTS:  # the first import may have to compile
        own_cpu, own_wall = median(cpu[module][1:]), median(wall[module][1:])
        by_cpu = own_cpu / median(cpu["polars"][1:])
        by_wall = own_wall / median(wall["polars"][1:])
        bar = Bar(by_cpu, at_most=1.2) if module == "trailnb" else None
        figures = f"{own_cpu * 1e3:.0f}", f"{own_wall * 1e3:.0f}"
        table.add(module, *figures, times(by_cpu), times(by_wall), bar=bar)
    return [table]
