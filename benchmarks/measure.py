"""What does a piece of work cost? Each is measured in a fresh process, contenders in turn.

As a script this is that process: `python -m benchmarks.measure MODULE:FUNCTION ARGUMENTS REPEATS`.
It needs nothing but the standard library, so that any interpreter can run a contender.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

ROOT = Path(__file__).resolve().parent.parent
#: One thread per contender: Polars in all of them, and what numeric libraries start.
ONE_THREAD = {"POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


@dataclass(frozen=True)
class Contender:
    """A way to do the work: `task` is `module:function`, called with `arguments`.

    `repeats` runs happen in one process, `rounds` bounds the number of processes, and `scale`
    multiplies the seconds of one that is given only a part of the work.
    """

    name: str
    task: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    repeats: int = 3
    rounds: int | None = None
    scale: int = 1
    env: Mapping[str, str] = field(default_factory=lambda: ONE_THREAD)
    python: str = sys.executable


@dataclass(frozen=True)
class Cost:
    """The best seconds over all runs, and what the work told about itself in its best run.

    `cpu_seconds` is all CPU time of the process, user and system; `told` holds at least `rows`.
    """

    wall_seconds: float
    cpu_seconds: float
    told: Mapping[str, float]

    @property
    def rows(self) -> int:
        """How many rows came out."""
        return int(self.told["rows"])


def compare(contenders: Sequence[Contender], rounds: int) -> dict[str, Cost]:
    """What does each contender cost at best, when they take turns in fresh processes?"""
    costs: dict[str, Cost] = {}
    for number in range(rounds):
        for one in contenders:
            if one.rounds is None or number < one.rounds:
                say(f"round {number + 1} of {rounds}: {one.name}")
                cost = run(one)
                costs[one.name] = better(costs[one.name], cost) if one.name in costs else cost
    return costs


def run(contender: Contender) -> Cost:
    """What does one fresh process of this contender cost?

    Raises:
        RuntimeError: it failed; its last words are in the message.
    """
    done = subprocess.run(
        command(contender), env=environment(contender), cwd=ROOT,
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"{contender.name} failed:\n{done.stderr[-2000:]}")
    return cost_of(contender, done.stdout)


def command(contender: Contender) -> list[str]:
    """How is the process started?"""
    arguments = json.dumps(dict(contender.arguments))
    module = "benchmarks.measure"
    return [contender.python, "-m", module, contender.task, arguments, str(contender.repeats)]


def environment(contender: Contender) -> dict[str, str]:
    """Which environment does the process get?"""
    kept = {name: value for name, value in os.environ.items() if name != "POLARS_MAX_THREADS"}
    return {**kept, "PYTHONPATH": str(ROOT), **contender.env}


def cost_of(contender: Contender, printed: str) -> Cost:
    """What does the last line that the process printed say?"""
    wall, cpu, told = json.loads(printed.splitlines()[-1])
    return Cost(wall * contender.scale, cpu * contender.scale, told)


def better(one: Cost, other: Cost) -> Cost:
    """Take the best of each figure; what was told goes with the lower CPU time."""
    told = one.told if one.cpu_seconds <= other.cpu_seconds else other.told
    wall = min(one.wall_seconds, other.wall_seconds)
    return Cost(wall, min(one.cpu_seconds, other.cpu_seconds), told)


def say(line: str) -> None:
    """Tell on stderr what is going on; stdout is for the tables."""
    sys.stderr.write(f"{line}\n")


def resident_bytes() -> int:
    """How much memory does this process hold?"""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()


def main() -> None:
    """Run one task here and print its best seconds and what it told."""
    task, arguments, repeats = sys.argv[1:4]
    module, name = task.split(":")
    function: Callable[..., Any] = getattr(import_module(module), name)
    sys.stdout.write(f"{resident_bytes()}\n")
    sys.stdout.flush()
    best: Cost | None = None
    for _ in range(int(repeats)):
        cost = _timed(function, json.loads(arguments))
        best = cost if best is None else better(best, cost)
    assert best is not None
    print(json.dumps([best.wall_seconds, best.cpu_seconds, dict(best.told)]))


def _timed(function: Callable[..., Any], arguments: dict[str, Any]) -> Cost:
    wall, cpu = time.perf_counter(), time.process_time()
    answer = function(**arguments)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    if isinstance(answer, dict):  # the task has its own clock where it tells seconds
        return Cost(answer.pop("wall", wall), answer.pop("cpu", cpu), answer)
    return Cost(wall, cpu, {"rows": answer if isinstance(answer, int) else len(answer)})


if __name__ == "__main__":
    main()
