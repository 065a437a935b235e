"""Is a store whole? Every part is read to the end and compared with its ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from trailnb.formats.problem import Problem
from trailnb.store import ledger as ledgers
from trailnb.store.place import scan

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trailnb.store.part import Part
    from trailnb.store.place import Place


def check(place: Place) -> Iterator[Problem]:
    """What is wrong with any part? Nothing comes when all are whole."""
    held = ledgers.load(place)
    for name in held.torn:
        yield Problem(name, "this part cannot be read; save again to repair it")
    for part in held.parts:
        yield from _check_part(place, part)


def _check_part(place: Place, part: Part) -> Iterator[Problem]:
    try:
        rows = scan(place, [part.name]).collect()
    except (OSError, pl.exceptions.PolarsError) as error:
        reason = f"this part cannot be read ({type(error).__name__}); remove it and save again"
        yield Problem(part.name, reason)
        return
    counts = dict(rows.group_by("log_file").len().iter_rows())
    for held in part.footer.held:
        found = counts.pop(held.file.key, 0)
        if found != held.events:
            reason = f"{part.name} holds {found:,} of its {held.events:,} events"
            yield Problem(held.file.key, reason)
    for key in counts:
        yield Problem(key, f"{part.name} holds events of this log file, which its ledger lacks")
