"""What does a saved trail cost to make, and to ask, beside the same done by hand?"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import polars as pl

import trailnb as tn
from benchmarks.data import PLACE, scaled
from benchmarks.measure import Contender, compare, say
from benchmarks.table import Bar, Table, seconds, times

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.options import Options

_SAVED_BAR, _ASKED_BAR = 0.6, 1.5
#: Asking uses every core on both sides, as a responder would.
_ALL_CORES: dict[str, str] = {}


def answer(options: Options) -> list[Table]:
    """Measure the first save, then three queries on a large store."""
    return [_saving(options), _asking(options)]


def _saving(options: Options) -> Table:
    folder = scaled(*options.many)
    ours, hand = PLACE / "store-ours", PLACE / "store-hand"
    contenders = [
        Contender(
            "hand-written loop + sink_parquet", "benchmarks.peers.hand_store:save",
            {"folder": str(folder), "dest": str(hand)}, 1, options.slow_rounds,
        ),
        Contender(
            "trail.save, one process", "benchmarks.ours:save",
            {"uri": str(folder), "dest": str(ours), "workers": 1}, 1, options.slow_rounds,
        ),
    ]  # fmt: skip
    costs = compare(contenders, options.rounds)
    table = Table(
        f"First save of {options.many[0]:,} events in {options.many[1]:,} files",
        "Every column, derived ones and the record included, on both sides. Ratio of CPU seconds: "
        "how many times as fast as the loop.",
        ("contender", "CPU s", "wall s", "of the loop", "MB"),
    )
    loop = costs[contenders[0].name]
    for contender, place in zip(contenders, (hand, ours), strict=True):
        cost = costs[contender.name]
        ratio = loop.cpu_seconds / cost.cpu_seconds
        bar = Bar(ratio, at_least=_SAVED_BAR) if place is ours else None
        table.add(contender.name, *seconds(cost), times(ratio), _megabytes(place), bar=bar)
    return table


def _asking(options: Options) -> Table:
    store = stored(options)
    rows = tn.open(store).events
    actor, day = (
        rows.group_by("actor", pl.col("event_time").dt.date().alias("day"))
        .agg(pl.len().alias("events"))
        .sort("events", "actor", "day", descending=[True, False, False])
        .select("actor", pl.col("day").cast(pl.String))
        .head(1)
        .collect()
        .row(0)
    )
    origin = (
        rows.filter(pl.col("source_kind") == "public")
        .group_by("source_ip_address")
        .agg(pl.len().alias("events"))
        .sort("events", "source_ip_address", descending=[True, False])
        .head(1)
        .collect()["source_ip_address"]
        .item()
    )
    asked = {
        "one actor's day": ("actor_day", {"actor": actor, "day": day}),
        "one address's pivot": ("address", {"origin": origin}),
        "counts by action": ("by_action", {}),
    }
    table = Table(
        f"Asking a store of {options.big[0]:,} events",
        "Hand-written Polars on the same Parquet, all cores. Ratio of wall seconds: how many times "
        "as long as by hand.",
        ("query", "by hand: CPU s", "wall s", "trailnb: CPU s", "wall s", "times by hand"),
    )
    for query, (name, how) in asked.items():
        arguments = {"store": str(store), **how}
        contenders = [
            Contender("hand", f"benchmarks.peers.hand_store:{name}", arguments, 5, env=_ALL_CORES),
            Contender("ours", f"benchmarks.ours:{name}", arguments, 5, env=_ALL_CORES),
        ]
        costs = compare(contenders, options.rounds)
        ratio = costs["ours"].wall_seconds / costs["hand"].wall_seconds
        cells = (*seconds(costs["hand"]), *seconds(costs["ours"]), times(ratio))
        table.add(query, *cells, bar=Bar(ratio, at_most=_ASKED_BAR))
    return table


def stored(options: Options) -> Path:
    """Save the large set once, and keep it."""
    place = PLACE / f"{options.big[0]}-stored"
    if not place.exists():
        say(f"saving {options.big[0]:,} events")
        making = place.with_name(f"{place.name}.making")
        shutil.rmtree(making, ignore_errors=True)
        tn.open(scaled(*options.big)).save(making)
        making.rename(place)
    return place


def _megabytes(place: Path) -> str:
    size = sum(path.stat().st_size for path in place.rglob("*.parquet"))
    return f"{size / 1e6:.1f}"
