"""How much memory does one small answer from everything take?"""

from __future__ import annotations

import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil  # type: ignore[import-untyped]

from benchmarks.data import scaled
from benchmarks.measure import Contender, command, cost_of, environment, say
from benchmarks.table import Bar, Table

if TYPE_CHECKING:
    from benchmarks.measure import Cost
    from benchmarks.options import Options, Shape

_INTERVAL_SECONDS = 0.02
_MIB = 1 << 20
_GIB = 1 << 30
#: Two 64-bit halves, day, file number and index: what is held of an event to know its copies.
_KEY_BYTES = 28
_QUERIES = {"streaming": {"streaming": True}, "default engine": {"streaming": False}}
_PROCESSES: dict[str, dict[str, int]] = {
    "one process": {"workers": 1},
    "two workers": {"workers": 2},
    "workers by default": {},
}


@dataclass(frozen=True)
class Peak:
    """Resident bytes of the process tree at its largest, and of the process after its imports."""

    tree: int
    imported: int
    cost: Cost

    @property
    def grown(self) -> int:
        """How much more than the imports?"""
        return self.tree - self.imported


def answer(options: Options) -> list[Table]:
    """Count events by name over the big set, with and without worker processes."""
    table = Table(
        f'`group_by("event_name").agg(pl.len())` over {options.big[0]:,} events',
        f"Resident memory of the whole process tree, looked at every "
        f"{_INTERVAL_SECONDS * 1e3:.0f} ms; what processes share counts once for each of them. "
        "Growth is above the parent's after its imports; allowed is 1 GiB and, with "
        f"deduplication, {_KEY_BYTES} bytes of key per event.",
        ("how", "peak MiB", "after import MiB", "growth MiB", "held by dedupe, bytes/event"),
    )
    for engine, streaming in _QUERIES.items():
        for processes, workers in _PROCESSES.items():
            _measure(table, options.big, f"{engine}, {processes}", {**streaming, **workers})
    return [table]


def _measure(table: Table, shape: Shape, name: str, how: dict[str, int]) -> None:
    """Measure a query with deduplication and without, one after the other."""
    events = shape[0]
    uri = str(scaled(*shape))
    bare, keyed = (
        peak(
            Contender(
                name, "benchmarks.ours:counts", {"uri": uri, "dedupe": dedupe, **how}, 1, env={}
            )
        )
        for dedupe in (False, True)
    )
    assert bare.cost.rows == keyed.cost.rows == events
    for one, label, allowed in (
        (bare, f"{name}, dedupe=False", _GIB),
        (keyed, name, _GIB + _KEY_BYTES * events),
    ):
        held = f"{(keyed.tree - bare.tree) / events:.0f}" if one is keyed else ""
        bar = Bar(one.grown / _MIB, at_most=round(allowed / _MIB))
        table.add(label, *_mib(one.tree, one.imported, one.grown), held, bar=bar)


def peak(contender: Contender) -> Peak:
    """Run a task in a fresh process and watch what it and its children hold."""
    say(contender.name)
    with subprocess.Popen(
        command(contender), env=environment(contender), stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        imported = int(process.stdout.readline())
        tree = psutil.Process(process.pid)
        most = imported
        while process.poll() is None:
            most = max(most, _resident(tree))
            time.sleep(_INTERVAL_SECONDS)
        cost = cost_of(contender, process.stdout.read())
    return Peak(most, imported, cost)


def _resident(tree: psutil.Process) -> int:
    total = 0
    try:
        for process in [tree, *tree.children(recursive=True)]:
            total += process.memory_info().rss
    except psutil.NoSuchProcess:  # ended between two looks
        pass
    return total


def _mib(*sizes: int) -> list[str]:
    return [f"{size / _MIB:,.0f}" for size in sizes]
