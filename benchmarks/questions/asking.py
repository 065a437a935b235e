"""What does a question cost beside the same group_by by hand, and what does attribution?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.data import scaled
from benchmarks.measure import Contender, compare
from benchmarks.peers.hand_questions import ASKED
from benchmarks.questions.memory import peak
from benchmarks.questions.store import stored
from benchmarks.table import Bar, Table, seconds, times

if TYPE_CHECKING:
    from benchmarks.options import Options

_BAR, _ATTRIBUTE_BAR = 1.5, 3.0
_MIB, _GIB = 1 << 20, 1 << 30
_ALL_CORES: dict[str, str] = {}
_HAND = "benchmarks.peers.hand_questions"


def answer(options: Options) -> list[Table]:
    """Measure every engine question, then lineage."""
    return [_questions(options), *_lineage(options)]


def _questions(options: Options) -> Table:
    store = str(stored(options))
    table = Table(
        f"Engine questions over a store of {options.big[0]:,} events",
        "Hand-written Polars on the same Parquet, all cores, counting the same things. Ratio of "
        "CPU seconds: how many times as long as by hand.",
        ("question", "by hand: CPU s", "wall s", "trailnb: CPU s", "wall s", "times by hand"),
    )
    for question in ASKED:
        arguments = {"store": store, "question": question}
        costs = compare(
            [
                Contender("hand", f"{_HAND}:ask", arguments, 3, env=_ALL_CORES),
                Contender("ours", "benchmarks.ours:ask", arguments, 3, env=_ALL_CORES),
            ],
            options.rounds,
        )
        hand, ours = costs["hand"], costs["ours"]
        ratio = ours.cpu_seconds / hand.cpu_seconds
        cells = (*seconds(hand), *seconds(ours), times(ratio))
        table.add(question, *cells, bar=Bar(ratio, at_most=_BAR))
    return table


def _lineage(options: Options) -> list[Table]:
    """Attribute from logs as they are delivered, and from a store."""
    raw, kept = str(scaled(*options.big)), str(stored(options))
    return [
        _attribution(options, "log files, one process", {"uri": raw, "workers": 1}, "raw_columns"),
        _attribution(options, "a store", {"uri": kept}, "attributed_columns"),
    ]


def _attribution(options: Options, place: str, how: dict[str, Any], reading: str) -> Table:
    peer = f"{_HAND}:{reading}" if reading == "attributed_columns" else f"benchmarks.ours:{reading}"
    contenders = [
        Contender("reading the columns", peer, how, 1, env=_ALL_CORES),
        Contender("tn.attribute", "benchmarks.ours:attributed", how, 1, env=_ALL_CORES),
        Contender("tn.lineage", "benchmarks.ours:sessions", how, 1, env=_ALL_CORES),
    ]
    costs = compare(contenders, min(options.rounds, options.slow_rounds))
    table = Table(
        f"Who is behind {options.big[0]:,} events in {place}",
        "Attribution of every event, beside reading the columns that it rests on. One event in "
        "seven issues a credential. Ratio of CPU seconds; memory is the growth of the process "
        "above its imports, at most 2 GiB.",
        ("how", "CPU s", "wall s", "times reading", "growth MiB"),
    )
    read = costs[contenders[0].name]
    for contender in contenders:
        cost = costs[contender.name]
        ratio = cost.cpu_seconds / read.cpu_seconds
        grown = peak(contender).grown
        assert grown < 2 * _GIB
        bar = Bar(ratio, at_most=_ATTRIBUTE_BAR) if contender.name == "tn.attribute" else None
        cells = (*seconds(cost), times(ratio), f"{grown / _MIB:,.0f}")
        table.add(contender.name, *cells, bar=bar)
    return table
