"""What does it cost to find that everything was delivered twice?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.data import delivered_twice
from benchmarks.measure import Contender, compare
from benchmarks.table import Table, seconds, times

if TYPE_CHECKING:
    from benchmarks.options import Options

_KEEP_ALL = "dedupe=False: every copy"
_DEFAULT = "default: each event once"


def answer(options: Options) -> list[Table]:
    """Read the doubled set with and without deduplication."""
    ours = {"uri": str(delivered_twice(*options.many)), "late": None, "workers": 1}
    task = "benchmarks.ours:scan"
    contenders = [
        Contender(_KEEP_ALL, task, {**ours, "dedupe": False}),
        Contender(_DEFAULT, task, ours),
    ]
    costs = compare(contenders, options.rounds)
    events = options.many[0]
    assert (costs[_KEEP_ALL].rows, costs[_DEFAULT].rows) == (2 * events, events)
    table = Table(
        f"{events:,} events delivered twice, by two trails that cut their files differently",
        "One thread, one process, seven columns; `late=None`, so that a copy counts however late "
        "it comes: the scaled sets hold events that are days older than their files.",
        ("reading", "rows", "CPU s", "wall s", "CPU by dedupe=False"),
    )
    for name, cost in costs.items():
        by = cost.cpu_seconds / costs[_KEEP_ALL].cpu_seconds
        table.add(name, f"{cost.rows:,}", *seconds(cost), times(by))
    return [table]
