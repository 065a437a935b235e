"""How fast are seven columns of everything, beside a hand-written loop and other tools?"""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from benchmarks.data import scaled
from benchmarks.measure import Contender, compare, say
from benchmarks.table import Bar, Table, seconds, times

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.measure import Cost
    from benchmarks.options import Options, Shape

_OURS = "trailnb, dedupe=False"
_OURS_DEFAULT = "trailnb, default"
_LOOP = "hand-written loop"
_DUCKDB = "DuckDB read_json"
_PANDAS_SHARE = 10
_BARS = {_OURS: 0.85, _OURS_DEFAULT: 0.75}
_TIMES_DUCKDB = 20


def answer(options: Options) -> list[Table]:
    """Measure both shapes: many small files and few large ones."""
    return [_table(options, shape) for shape in (options.many, options.few)]


def _table(options: Options, shape: Shape) -> Table:
    folder = scaled(*shape)
    costs = compare(_contenders(folder, options), options.rounds)
    _check(costs, shape[0])
    table = Table(
        f"Seven columns of {shape[0]:,} events in {shape[1]:,} files",
        "One thread, one process, listing included. Ratios are of CPU seconds: how many times as "
        "fast as the loop, and as DuckDB.",
        ("contender", "CPU s", "wall s", "of the loop", "of the loop (wall)", "of DuckDB"),
    )
    loop, duckdb = costs[_LOOP], costs[_DUCKDB]
    for name, cost in costs.items():
        of_loop = loop.cpu_seconds / cost.cpu_seconds
        of_duckdb = duckdb.cpu_seconds / cost.cpu_seconds
        of_wall = loop.wall_seconds / cost.wall_seconds
        bar = Bar(of_loop, at_least=_BARS[name]) if name in _BARS else None
        ratios = times(of_loop), times(of_wall), times(of_duckdb)
        table.add(name, *seconds(cost), *ratios, bar=bar)
        if name in _BARS:
            of_its_duckdb = Bar(of_duckdb, at_least=_TIMES_DUCKDB)
            table.add(f"{name}: against DuckDB", *[""] * 4, times(of_duckdb), bar=of_its_duckdb)
    return table


def _contenders(folder: Path, options: Options) -> list[Contender]:
    where, slow = {"folder": str(folder)}, options.slow_rounds
    ours = {"uri": str(folder), "workers": 1}
    contenders = [
        Contender(_LOOP, "benchmarks.peers.hand_loop:run", where, repeats=4),
        Contender(_OURS, "benchmarks.ours:scan", {**ours, "dedupe": False}, repeats=4),
        Contender(_OURS_DEFAULT, "benchmarks.ours:scan", ours, repeats=4),
        Contender(_DUCKDB, "benchmarks.peers.duckdb_json:run", where, 1, slow),
        Contender("standard library", "benchmarks.peers.stdlib_json:run", where, 1, slow),
        Contender(
            f"pandas json_normalize (1/{_PANDAS_SHARE} of the files, scaled)",
            "benchmarks.peers.pandas_normalize:run",
            {**where, "every": _PANDAS_SHARE},
            1,
            slow,
            _PANDAS_SHARE,
        ),
    ]
    python = options.chdb_python
    if subprocess.run([python, "-c", "import chdb"], capture_output=True, check=False).returncode:
        say("chDB is not installed and left out: pip install chdb polars, then --chdb-python")
        return contenders
    task = "benchmarks.peers.chdb_json:run"
    return [*contenders, Contender("chDB", task, where, 1, slow, python=python)]


def _check(costs: dict[str, Cost], events: int) -> None:
    """A fast wrong answer is worth nothing."""
    for name, cost in costs.items():
        if not name.startswith("pandas"):
            assert cost.rows == events, f"{name} found {cost.rows:,} of {events:,} events"
