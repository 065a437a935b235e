"""What does reading with two processes cost, beside reading with one?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.data import scaled
from benchmarks.measure import Contender, compare
from benchmarks.table import Bar, Table, seconds, times

if TYPE_CHECKING:
    from benchmarks.options import Options

_QUERIES: dict[str, dict[str, Any]] = {
    "seven columns": {"query": "scan"},
    "seven columns, dedupe=False": {"query": "scan", "dedupe": False},
    "count by event_name": {"query": "counts"},
}
_ROUNDS = 3


def answer(options: Options) -> list[Table]:
    """Measure the big set, from after the import until the answer is there."""
    events, files = options.big
    table = Table(
        f"Two worker processes over {events:,} events in {files:,} files",
        "CPU seconds of the parent and all its children, the start of workers included. Ratios: "
        "two workers by one process. Polars has as many threads as it likes.",
        ("query", "CPU s", "wall s", "CPU, 2 by 1", "wall, 2 by 1", "parent's share of CPU"),
    )
    uri = str(scaled(*options.big))
    contenders = [
        Contender(
            f"{name} ({workers})", "benchmarks.ours:in_processes",
            {"uri": uri, "workers": workers, **query}, repeats=1, env={},
        )
        for name, query in _QUERIES.items()
        for workers in (1, 2)
    ]  # fmt: skip
    costs = compare(contenders, min(_ROUNDS, options.rounds))
    for name in _QUERIES:
        one, two = costs[f"{name} (1)"], costs[f"{name} (2)"]
        assert one.rows == two.rows
        by = two.cpu_seconds / one.cpu_seconds
        share = two.told["share"]
        table.add(f"{name}, one process", *seconds(one), "", "", "")
        wall = times(two.wall_seconds / one.wall_seconds)
        table.add(
            f"{name}, two workers", *seconds(two), times(by), wall, "", bar=Bar(by, at_most=1.15)
        )
        parent = Bar(share, at_most=0.10)
        table.add(f"{name}, the parent", *[""] * 4, f"{share:.3f}", bar=parent)
    return [table]
