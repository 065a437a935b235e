"""What do all columns cost, beside bare `json.loads` of the same bytes?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.data import scaled
from benchmarks.measure import Contender, compare
from benchmarks.table import Bar, Table, seconds, times

if TYPE_CHECKING:
    from benchmarks.options import Options

_LOADS = "json.loads of the text"
_READ = "the same, with reading and decompressing"


def answer(options: Options) -> list[Table]:
    """Measure every base column, without and with the derived ones."""
    folder = str(scaled(*options.many))
    ours = {"uri": folder, "workers": 1}
    task = "benchmarks.ours:all_columns"
    contenders = [
        Contender(_LOADS, "benchmarks.bare:json_loads", {"folder": folder, "unpacked": True}),
        Contender(_READ, "benchmarks.bare:json_loads", {"folder": folder, "unpacked": False}),
        Contender("base columns", task, ours),
        Contender("base columns, dedupe=False", task, {**ours, "dedupe": False}),
        Contender("base and derived columns", task, {**ours, "with_derived": True}),
    ]
    costs = compare(contenders, options.rounds)
    table = Table(
        f"All columns of {options.many[0]:,} events to a frame",
        "One thread, one process, listing, reading and decompressing included. CPU seconds by "
        "those of the standard library, which makes dicts and drops them.",
        ("what", "CPU s", "wall s", "by json.loads", "by json.loads and reading"),
    )
    for name, cost in costs.items():
        assert cost.rows == options.many[0]
        by = cost.cpu_seconds / costs[_LOADS].cpu_seconds
        by_read = times(cost.cpu_seconds / costs[_READ].cpu_seconds)
        bar = Bar(by, at_most=1.0) if name.startswith("base columns") else None
        table.add(name, *seconds(cost), times(by), by_read, bar=bar)
    return [table]
