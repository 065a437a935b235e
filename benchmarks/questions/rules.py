"""What does a pass of many rules cost, beside one Polars filter by hand, and per match?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from benchmarks.measure import Contender, compare
from benchmarks.questions.store import stored
from benchmarks.table import Bar, Table, seconds, times

if TYPE_CHECKING:
    from benchmarks.options import Options

_BAR = 10.0
#: A match may cost this much more among many than among few.
_LINEAR_BAR = 1.5
_HAND, _COUNTS = "by hand: one filter for 100", "by hand: 100 counts"
_HUNDRED, _BOTH = "100 event patterns", "100 event patterns and the 15 CIS filters"
_ALL_CORES: dict[str, str] = {}


def answer(options: Options) -> list[Table]:
    """Measure a hundred rules in one pass, then rules with ever more matches."""
    store = str(stored(replace(options, big=options.ruled)))
    return [_one_pass(options, store), _per_match(options, store)]


def _one_pass(options: Options, store: str) -> Table:
    contenders = [
        Contender(_HAND, "benchmarks.peers.hand_rules:any_holds", {"store": store}),
        Contender(_COUNTS, "benchmarks.peers.hand_rules:counts", {"store": store}),
        Contender(_HUNDRED, "benchmarks.ours:alarms", {"store": store, "cis": False}),
        Contender(_BOTH, "benchmarks.ours:alarms", {"store": store, "cis": True}),
    ]
    costs = compare(contenders, options.rounds)
    assert costs[_COUNTS].told == costs[_HUNDRED].told  # the same matches, rule by rule
    table = Table(
        f"Rules over a store of {options.ruled[0]:,} events, one pass",
        "One thread. By hand, the rules are filters over typed columns, which is exact on this set "
        "only; ours decides on each record. CPU seconds by the cheaper of the two by hand.",
        ("what", "matches", "CPU s", "wall s", "times by hand"),
    )
    hand = min(costs[_HAND].cpu_seconds, costs[_COUNTS].cpu_seconds)
    for name, cost in costs.items():
        ratio = cost.cpu_seconds / hand
        bar = Bar(ratio, at_most=_BAR) if name in {_HUNDRED, _BOTH} else None
        table.add(name, f"{cost.rows:,}", *seconds(cost), times(ratio), bar=bar)
    return table


def _per_match(options: Options, store: str) -> Table:
    """Ask for more and more services: each match adds as much as the one before."""
    services = {
        "one service": ["ec2"], "three": ["ec2", "sts", "kms"],
        "six": ["ec2", "sts", "kms", "s3", "logs", "ecs"],
    }  # fmt: skip
    base = "nothing: a name that is not there"
    asked = {base: ["nowhere"]} | services
    contenders = [
        Contender(name, "benchmarks.ours:matching", {"store": store, "services": wanted})
        for name, wanted in asked.items()
    ]
    costs = compare(contenders, options.rounds)
    table = Table(
        "What a match costs, among few and among many",
        "Two fields of each event that matches. CPU seconds beyond those of finding nothing, by "
        "match; the last column is by the figure of the first row.",
        ("matching", "matches", "CPU s", "µs by match", "by the first"),
    )
    first = 0.0
    for name, cost in costs.items():
        if name == base:
            table.add(name, "0", f"{cost.cpu_seconds:.3f}", "", "")
            continue
        each = (cost.cpu_seconds - costs[base].cpu_seconds) / cost.rows * 1e6
        first = first or each
        bar = Bar(each / first, at_most=_LINEAR_BAR)
        cells = (f"{cost.rows:,}", f"{cost.cpu_seconds:.3f}", f"{each:.1f}", times(each / first))
        table.add(name, *cells, bar=bar)
    return table
