"""Join the small parts that many saves of one day leave behind."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import polars as pl

from trailnb.facts.columns import base_schema
from trailnb.facts.derived import DERIVED, with_derived
from trailnb.store import ledger as ledgers
from trailnb.store import marks, saving
from trailnb.store.part import FACTS_VERSION, Footer, Part, part_name
from trailnb.store.writing import IS_COPY, PART_TEXT_BYTES, part_bytes, stored_schema

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from trailnb.store.ledger import Ledger
    from trailnb.store.place import Folder, Remote


def compact(place: Folder | Remote) -> int:
    """Join parts of a day that fit into one; returns how many parts are gone.

    The joined part is written first and names those it replaces, so a kill at any moment leaves
    either the old parts, or the new one beside old ones that no reader looks at any more.
    """
    held = ledgers.load(place)
    gone = 0
    for run in _runs(held):
        joined = _join(place, held, run)
        for part in run:
            if part.name != joined:
                place.remove(part.name)
                gone += 1
    gone += _sweep(place)
    seconds = saving.settings(place)["late_seconds"]
    late = None if seconds is None else timedelta(seconds=seconds)
    marks.mark(place, ledgers.load(place), late)
    return gone


def _runs(held: Ledger) -> Iterator[list[Part]]:
    """Which parts of a day fit into one, two at least?"""
    days: dict[str, list[Part]] = {}
    for part in held.parts:
        days.setdefault(part.footer.day, []).append(part)
    for parts in days.values():
        run: list[Part] = []
        size = 0
        for part in sorted(parts, key=lambda part: part.footer.saved_at):
            text = sum(one.text_bytes for one in held.owned[part.name].values())
            if run and size + text > PART_TEXT_BYTES:
                if len(run) > 1:
                    yield run
                run, size = [], 0
            run.append(part)
            size += text
        if len(run) > 1:
            yield run


def _join(place: Folder | Remote, held: Ledger, run: Sequence[Part]) -> str:
    """Write one part that holds what these hold."""
    frames = []
    for part in run:
        path = place.path(part.name)
        rows = pl.read_parquet(path, hive_partitioning=False, **place.polars_options)
        rows = rows.filter(~pl.col("log_file").is_in(held.left_out(part)))
        if part.footer.facts != FACTS_VERSION:
            base = rows.select(*base_schema().names(), IS_COPY)
            rows = with_derived(base, [one.name for one in DERIVED])
        frames.append(rows.select(stored_schema().names()))
    frame = pl.concat(frames).sort("event_time", maintain_order=True, nulls_last=True)
    owned = [one for part in run for one in held.owned[part.name].values()]
    problems = tuple(
        problem
        for part in run
        for problem in part.footer.problems
        if problem.log_file not in held.held or problem.log_file in held.owned[part.name]
    )
    day = run[0].footer.day
    footer = Footer(
        day,
        tuple(replace(one, copies=0, differing=0) for one in owned),
        problems,
        FACTS_VERSION,
        marks="unknown",
        replaces=tuple(part.name for part in run),
        rows=frame.height,
        saved_at=datetime.now(UTC).isoformat(),
    )
    name = part_name(day, [one.file for one in owned])
    place.put(name, part_bytes(frame, footer))
    return name


def _sweep(place: Folder | Remote) -> int:
    """Remove parts that a joined one replaced and a kill left behind."""
    held = ledgers.load(place)
    replaced = {name for part in held.parts for name in part.footer.replaces if name != part.name}
    left = [one.name for one in place.list() if one.name in replaced]
    for name in left:
        place.remove(name)
    return len(left)
