"""Join the small parts that many saves of one day leave behind, and renew old ones."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

import polars as pl

from trailnb.facts.version import facts_stamp
from trailnb.sources.pruning import in_order
from trailnb.store import ledger as ledgers
from trailnb.store import saving
from trailnb.store.anew import is_old, under_todays_facts
from trailnb.store.part import Footer, part_name
from trailnb.store.place import scan
from trailnb.store.writing import (
    PART_TEXT_BYTES,
    last_day_of,
    part_bytes,
    stored_schema,
)

#: When parts were joined, and what they replaced was left for those who have it open.
_JOINED = "_trailnb/joined"

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from trailnb.formats.problem import Problem
    from trailnb.store.ledger import Ledger
    from trailnb.store.part import Part
    from trailnb.store.place import Place


def joined_at(place: Place) -> datetime | None:
    """When were parts last joined that were to stay for a while? None: never."""
    try:
        return datetime.fromisoformat(place.get(_JOINED).decode())
    except FileNotFoundError:
        return None


def note_join(place: Place, now: datetime) -> None:
    """Note that parts were joined, for whoever would join them next."""
    place.put(_JOINED, now.isoformat().encode())


def compact(place: Place, *, is_at_once: bool = True) -> int:
    """Join parts of a day that fit into one; returns how many parts are gone.

    Unless `is_at_once`, parts that were joined stay until the next time, for whoever has them open.

    A part that was saved under older facts is written again under today's, so that it need not be
    computed anew each time it is read; so is one that holds log files that a newer part holds.

    The joined part is written first and names those it replaces, so a kill at any moment leaves
    either the old parts, or the new one beside old ones that no reader looks at any more.
    """
    held = ledgers.load(place)
    for name in held.spent:
        place.remove(name)
    gone = len(held.spent)
    for run in _runs(held):
        try:
            joined = _join(place, held, run)
        except FileNotFoundError:  # another process joins them just now
            continue
        for part in run if is_at_once else ():
            if part.name != joined:
                place.remove(part.name)
                gone += 1
    saving.settle(place, saving.late_of(place))
    return gone


def _runs(held: Ledger) -> Iterator[list[Part]]:
    """Which parts of a day fit into one? One alone is worth it where its facts or files are old."""
    days: dict[str, list[Part]] = {}
    for part in held.parts:
        days.setdefault(part.footer.day, []).append(part)
    for parts in days.values():
        run: list[Part] = []
        size = 0
        for part in sorted(parts, key=lambda part: part.footer.saved_at):
            text = sum(one.text_bytes for one in held.owned[part.name].values())
            if run and size + text > PART_TEXT_BYTES:
                if _is_worth_it(held, run):
                    yield run
                run, size = [], 0
            run.append(part)
            size += text
        if _is_worth_it(held, run):
            yield run


def _is_worth_it(held: Ledger, run: Sequence[Part]) -> bool:
    return len(run) > 1 or any(is_old(part) or held.left_out(part) for part in run)


def _join(place: Place, held: Ledger, run: Sequence[Part]) -> str:
    """Write one part that holds what these hold."""
    frames = [_rows(place, held, part) for part in run]
    frame = pl.concat(frames).sort("event_time", maintain_order=True, nulls_last=True)
    owned = [one for part in run for one in held.owned[part.name].values()]
    unread = {file for part in run for file in part.footer.unread} & set(held.unread)
    day = run[0].footer.day
    footer = Footer(
        day,
        tuple(replace(one, copies=0, differing=0) for one in owned),
        unread=in_order(unread),
        problems=tuple(dict.fromkeys(_problems(held, run))),
        facts=facts_stamp(),
        last_day=last_day_of(frame),
        marks="unknown",
        replaces=tuple(part.name for part in run),
        rows=frame.height,
        # No newer than what it joins: a save at the same time may bring a newer state of a file.
        saved_at=max(part.footer.saved_at for part in run),
    )
    name = part_name(day, [one.file for one in owned])
    place.put(name, part_bytes(frame, footer))
    return name


def _rows(place: Place, held: Ledger, part: Part) -> pl.DataFrame:
    """Read what is read from this part, under today's facts."""
    rows = scan(place, [part.name]).filter(~pl.col("log_file").is_in(held.left_out(part)))
    if is_old(part):
        rows = under_todays_facts(part, rows)
    return rows.select(stored_schema().names()).collect()


def _problems(held: Ledger, run: Sequence[Part]) -> Iterator[Problem]:
    """Which problems do these parts speak of that still count?"""
    counting = set(held.problems)
    for part in run:
        yield from (problem for problem in part.footer.problems if problem in counting)
