"""What does verifying many small log files cost, beside gunzip and SHA-256 alone?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.digested import digested
from benchmarks.measure import Contender, compare
from benchmarks.table import Bar, Table, seconds, times

if TYPE_CHECKING:
    from benchmarks.options import Options

_SMALL = (300_000, 100_000)
_BAR = 0.6


def answer(options: Options) -> list[Table]:
    """Measure a verification in one process, and with as many as pay."""
    folder, keys = digested(*_SMALL)
    how = {"uri": str(folder), "keys": str(keys)}
    bare = Contender(
        "read, gunzip (isal), SHA-256", "benchmarks.bare:hashed",
        {"folder": str(folder)}, 1, options.slow_rounds,
    )  # fmt: skip
    one = Contender(
        "tn.verify, one process", "benchmarks.judging:verify", how | {"workers": 1}, 1,
        options.slow_rounds,
    )  # fmt: skip
    many = Contender("tn.verify", "benchmarks.judging:verify", how, 1, options.slow_rounds)
    costs = compare([bare, one, many], options.rounds)
    table = Table(
        f"Verify {_SMALL[1]:,} small log files by their digests",
        "Both sides list the folder and read every log file. The verification also reads the "
        "digests, checks signatures and chains, and answers with a row per object. Ratio of wall "
        "seconds: how many times as fast as the bare loop.",
        ("contender", "CPU s", "wall s", "of the loop"),
    )
    base = costs[bare.name].wall_seconds
    for contender in (bare, one, many):
        cost = costs[contender.name]
        ratio = base / cost.wall_seconds
        bar = Bar(ratio, at_least=_BAR) if contender is not bare else None
        table.add(contender.name, *seconds(cost), times(ratio), bar=bar)
    return [table]
