"""What does a saved trail cost to make, and to ask, beside the same done by hand?"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import polars as pl
import pyarrow.parquet as pq  # type: ignore[import-untyped]

import trailnb as tn
from benchmarks.data import PLACE, scaled
from benchmarks.measure import Contender, compare, say
from benchmarks.table import Bar, Table, seconds, times
from trailnb.facts.version import facts_stamp

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.measure import Cost
    from benchmarks.options import Options

_SAVED_BAR, _ASKED_BAR = 0.6, 1.5
#: Asking uses every core on both sides, as a responder would.
_ALL_CORES: dict[str, str] = {}


def answer(options: Options) -> list[Table]:
    """Measure a first save and a next one, then three queries on a large store."""
    return [_saving(options), _saving_again(options), _asking(options)]


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
        "how many times as fast as the loop. The last figures are the Parquet files' size, and the "
        "share of it that the record's own text takes.",
        ("contender", "CPU s", "wall s", "of the loop", "MB", "record"),
    )
    loop = costs[contenders[0].name]
    for contender, place in zip(contenders, (hand, ours), strict=True):
        cost = costs[contender.name]
        ratio = loop.cpu_seconds / cost.cpu_seconds
        bar = Bar(ratio, at_least=_SAVED_BAR) if place is ours else None
        table.add(contender.name, *seconds(cost), times(ratio), *_sizes(place), bar=bar)
    return table


def _saving_again(options: Options) -> Table:
    """Save all days but the last one, then everything."""
    folder = scaled(*options.many)
    days = sorted(path.parent for path in folder.rglob("*.json.gz"))
    last = "-".join(max(day.parts[-3:] for day in days))
    new = sum("-".join(day.parts[-3:]) == last for day in days)
    arguments = {"uri": str(folder), "dest": str(PLACE / "store-again"), "until": last}
    task = Contender("again", "benchmarks.ours:save_again", arguments, 1)
    cost = compare([task], options.slow_rounds)["again"]
    read = int(cost.told["read"])
    table = Table(
        "One new day in a store of the days before",
        "The second save reads the new day's log files and no others.",
        ("held before", "new log files", "read", "CPU s", "wall s"),
    )
    cells = (f"{cost.told['held']:,.0f}", f"{new:,}", f"{read:,}", *seconds(cost))
    table.add(*cells, bar=Bar(read / new, at_most=1))
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
        "The same Polars over the saved trail, over the Parquet files by hand, and over the log "
        "files, all cores. Ratios of CPU seconds: how many times as long as by hand, and how many "
        "times as fast as the log files.",
        ("query", "by hand: CPU s", "wall s", "trailnb: CPU s", "wall s", "logs: CPU s", "wall s",
         "of the logs", "times by hand"),
    )  # fmt: skip
    for query, (name, how) in asked.items():
        hand, ours, logs = _costs(name, how, store, options)
        ratio = ours.cpu_seconds / hand.cpu_seconds
        faster = times(logs.cpu_seconds / ours.cpu_seconds)
        cells = (*seconds(hand), *seconds(ours), *seconds(logs), faster, times(ratio))
        table.add(query, *cells, bar=Bar(ratio, at_most=_ASKED_BAR))
    return table


def _costs(name: str, how: dict[str, str], store: Path, options: Options) -> list[Cost]:
    """Ask by hand, the saved trail, and the log files: the same number of rows."""
    folder = str(scaled(*options.big))
    ours = {"uri": str(store), **how}
    by_hand, by_us = f"benchmarks.peers.hand_store:{name}", f"benchmarks.ours:{name}"
    contenders = [
        Contender("hand", by_hand, {"store": str(store), **how}, 5, env=_ALL_CORES),
        Contender("ours", by_us, ours, 5, env=_ALL_CORES),
        Contender("logs", by_us, {**ours, "uri": folder, "workers": 1}, 1, 1, env=_ALL_CORES),
    ]
    costs = list(compare(contenders, options.rounds).values())
    assert len({cost.rows for cost in costs}) == 1
    return costs


def stored(options: Options) -> Path:
    """Save the large set once, and keep it."""
    # Under other facts a store is computed anew as it is read: that is another question.
    facts = facts_stamp().replace(" ", "-")
    place = PLACE / f"{options.big[0]}-stored-{facts}"
    if not place.exists():
        say(f"saving {options.big[0]:,} events")
        making = place.with_name(f"{place.name}.making")
        shutil.rmtree(making, ignore_errors=True)
        tn.open(scaled(*options.big)).save(making)
        making.rename(place)
    return place


def _sizes(place: Path) -> tuple[str, str]:
    """How large are the Parquet files, and what part of them is the record column?"""
    paths = list(place.rglob("*.parquet"))
    size = sum(path.stat().st_size for path in paths)
    record = 0
    for path in paths:
        told = pq.ParquetFile(path).metadata
        groups = (told.row_group(number) for number in range(told.num_row_groups))
        columns = (group.column(at) for group in groups for at in range(group.num_columns))
        record += sum(
            one.total_compressed_size for one in columns if one.path_in_schema == "record"
        )
    return f"{size / 1e6:.1f}", f"{record / size:.0%}"
