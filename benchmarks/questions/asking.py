"""What does a question cost beside the same group_by by hand, and what does attribution?"""

from __future__ import annotations

from typing import TYPE_CHECKING

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
    return [_questions(options), _lineage(options)]


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


def _lineage(options: Options) -> Table:
    arguments = {"store": str(stored(options))}
    contenders = [
        Contender(
            "reading the columns", f"{_HAND}:attributed_columns", arguments, 3, env=_ALL_CORES
        ),
        Contender("tn.attribute", "benchmarks.ours:attributed", arguments, 3, env=_ALL_CORES),
        Contender("tn.lineage", "benchmarks.ours:sessions", arguments, 3, env=_ALL_CORES),
    ]
    costs = compare(contenders, options.rounds)
    table = Table(
        f"Who is behind {options.big[0]:,} stored events",
        "Attribution of every event, beside reading the columns that it rests on. Ratio of CPU "
        "seconds; memory is the growth of the process above its imports, at most 2 GiB.",
        ("how", "CPU s", "wall s", "times reading", "growth MiB"),
    )
    reading = costs[contenders[0].name]
    for contender in contenders:
        cost = costs[contender.name]
        ratio = cost.cpu_seconds / reading.cpu_seconds
        grown = peak(contender).grown
        assert grown < 2 * _GIB
        bar = Bar(ratio, at_most=_ATTRIBUTE_BAR) if contender.name == "tn.attribute" else None
        cells = (*seconds(cost), times(ratio), f"{grown / _MIB:,.0f}")
        table.add(contender.name, *cells, bar=bar)
    return table
