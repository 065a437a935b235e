"""The events of a store as a plain, pushed-down scan of its parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from trailnb.store import marks
from trailnb.store.anew import is_old, under_todays_facts
from trailnb.store.place import scan
from trailnb.store.writing import IS_COPY, stored_schema

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Sequence
    from datetime import timedelta

    from trailnb.store.ledger import Ledger
    from trailnb.store.part import Part
    from trailnb.store.place import Place

_PLACE = ["log_file", "log_index"]
_SAME = ["event_id", "recipient_account_id", "record"]


def rows_of(place: Place, whole: Ledger, asked: Ledger) -> pl.LazyFrame:
    """Which rows do the log files asked for bring, copies included? Columns as stored."""
    return _together(_frames(place, whole, asked, asked.parts))


def first_rows_of(
    place: Place,
    whole: Ledger,
    asked: Ledger,
    late: timedelta | None,
    odd: frozenset[str],
    *,
    among: Ledger | None = None,
) -> pl.LazyFrame:
    """Which rows do the log files asked for bring, each event once?

    `among` holds the log files that may have brought an event first: those asked for, unless given.

    Commonly one plain scan that leaves out marked rows. Where marks cannot be used (`odd`, and
    parts that a broken-off save left unmarked) copies are looked for now.
    """
    among = among or asked
    untrusted = marks.untrusted(place, whole, among, late, odd)
    trusted = [part for part in asked.parts if part.name not in untrusted]
    doubted = [part for part in asked.parts if part.name in untrusted]
    frames = [frame.filter(~pl.col(IS_COPY)) for frame in _frames(place, whole, asked, trusted)]
    if doubted:
        days = sorted({part.footer.day for part in doubted})
        found = [marks.copies_of(place, among, day, late).hidden.lazy() for day in days]
        rows = _together(_frames(place, whole, asked, doubted))
        frames.append(rows.join(pl.concat(found), on=_PLACE, how="anti"))
    return _together(frames)


def brought_before(
    place: Place, whole: Ledger, fresh: Container[str], others: Container[str]
) -> pl.DataFrame:
    """Which rows of fresh log files repeat one of the others, record for record?

    By the marks they count, where they were delivered earlier and arrived later.

    Returns:
        Their places: log_file, log_index.
    """
    mine = rows_of(place, whole, whole.narrowed(fresh))
    theirs = rows_of(place, whole, whole.narrowed(others))
    ids = mine.select(pl.col("event_id").drop_nulls().unique()).collect()["event_id"]
    again = theirs.filter(pl.col("event_id").is_in(ids.implode())).select(_SAME).collect()
    rows = mine.filter(pl.col("event_id").is_in(again["event_id"].implode()))
    found = rows.select(*_PLACE, *_SAME).collect()
    return found.join(again, on=_SAME, how="semi", nulls_equal=True).select(_PLACE)


def _frames(
    place: Place, whole: Ledger, asked: Ledger, parts: Sequence[Part]
) -> Iterator[pl.LazyFrame]:
    """Scan these parts: all that can be in one scan, and alone what needs more care.

    A part that shares log files with another one, or was saved under older facts, stands alone.
    """
    plain: list[str] = []
    partly: list[str] = []
    unasked: list[str] = []
    for part in parts:
        left_out = asked.left_out(part)
        if is_old(part) or whole.left_out(part):
            frame = _without(scan(place, [part.name]), left_out)
            yield under_todays_facts(part, frame) if is_old(part) else frame
        elif left_out:
            partly.append(part.name)
            unasked += left_out
        else:
            plain.append(part.name)
    if plain:
        yield scan(place, plain)
    if partly:
        yield _without(scan(place, partly), unasked)


def _without(frame: pl.LazyFrame, keys: list[str]) -> pl.LazyFrame:
    return frame.filter(~pl.col("log_file").is_in(keys)) if keys else frame


def _together(frames: Iterable[pl.LazyFrame]) -> pl.LazyFrame:
    some = [frame.select(stored_schema().names()) for frame in frames]
    if not some:
        return pl.LazyFrame(schema=stored_schema())
    return pl.concat(some) if len(some) > 1 else some[0]
