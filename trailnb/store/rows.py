"""The events of a store as a plain, pushed-down scan of its parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from trailnb.facts.columns import base_schema
from trailnb.facts.derived import DERIVED, with_derived
from trailnb.store import marks
from trailnb.store.part import FACTS_VERSION
from trailnb.store.writing import IS_COPY, stored_schema

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from trailnb.store.ledger import Ledger
    from trailnb.store.part import Part
    from trailnb.store.place import Folder, Remote

_PLACE = ["log_file", "log_index"]


def rows_of(
    place: Folder | Remote,
    ledger: Ledger,
    parts: Sequence[Part],
    *,
    late: timedelta | None,
    is_deduped: bool,
) -> pl.LazyFrame:
    """Which rows do these parts bring? Columns as stored, copies left out.

    Parts under today's facts are one plain scan. What needs more care is added to it: a part that
    shares log files with another, was not marked yet, or was saved under older facts.
    """
    outdated = {part.name for part in marks.stale(place, ledger, late)} if is_deduped else set()
    plain: list[Part] = []
    special: list[pl.LazyFrame] = []
    for part in parts:
        is_old = part.footer.facts != FACTS_VERSION
        left_out = ledger.left_out(part)
        if not (is_old or left_out or part.name in outdated):
            plain.append(part)
            continue
        frame = _scan(place, [part])
        if left_out:
            frame = frame.filter(~pl.col("log_file").is_in(left_out))
        if is_old:
            frame = _derived_anew(frame)
        special.append(frame.select(stored_schema().names()))
    frames = [*([_scan(place, plain)] if plain else []), *special]
    if not frames:
        return pl.LazyFrame(schema=stored_schema())
    whole = pl.concat(frames) if len(frames) > 1 else frames[0]
    if not is_deduped:
        return whole
    if not outdated:
        return whole.filter(~pl.col(IS_COPY))
    return _without_copies(place, ledger, whole, outdated, late)


def _scan(place: Folder | Remote, parts: Sequence[Part]) -> pl.LazyFrame:
    return pl.scan_parquet(
        [place.path(part.name) for part in parts],
        hive_partitioning=False,
        glob=False,
        **place.polars_options,
    )


def _derived_anew(frame: pl.LazyFrame) -> pl.LazyFrame:
    """Compute the derived columns under today's facts: older ones are never mixed in."""
    names = [one.name for one in DERIVED]
    return with_derived(frame.select(*base_schema().names(), IS_COPY), names)


def _without_copies(
    place: Folder | Remote,
    ledger: Ledger,
    whole: pl.LazyFrame,
    outdated: set[str],
    late: timedelta | None,
) -> pl.LazyFrame:
    """Hide copies in parts that a broken-off save left unmarked, by looking for them now."""
    days = {part.footer.day for part in ledger.parts if part.name in outdated}
    hidden = pl.concat([marks.copies_of(place, ledger, day, late).hidden for day in sorted(days)])
    afresh = [
        key for part in ledger.parts if part.footer.day in days for key in ledger.owned[part.name]
    ]
    is_trusted = ~pl.col("log_file").is_in(afresh)
    return whole.filter(~(pl.col(IS_COPY) & is_trusted)).join(hidden.lazy(), on=_PLACE, how="anti")
