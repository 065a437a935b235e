"""Mark the rows that an earlier log file brought before, once, when a trail is saved.

The same rule as for raw logs: the first copy by (delivery time, key) counts, and a copy is one only
when the whole record says the same. A mark costs a bit; finding copies again at every query would
cost a pass over all event ids.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import polars as pl

from trailnb.errors import SourceError
from trailnb.formats.batch import FILE_INDEX, FILE_NUMBER
from trailnb.reading.chunks import KEY_NEEDS, key_columns
from trailnb.reading.copies import Copies
from trailnb.store.part import UNDATED
from trailnb.store.writing import IS_COPY, part_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trailnb.sources.source import LogFile
    from trailnb.store.ledger import Ledger
    from trailnb.store.part import Part
    from trailnb.store.place import Folder, Remote

#: Says against what each part was marked. Lost or outdated, it only costs marking again.
BASES = "_trailnb/marks.json"
_PLACE = ["log_file", "log_index"]
_READ = [*KEY_NEEDS, *_PLACE]
_SLICE_ROWS = 500_000
_EVER = timedelta(days=3650)


@dataclass
class Marks:
    """Copies of one delivery day: places (log_file, log_index) to hide, and counts by log file."""

    hidden: pl.DataFrame
    copies: Counter[str] = field(default_factory=Counter)
    differing: Counter[str] = field(default_factory=Counter)


def stale(place: Folder | Remote, ledger: Ledger, late: timedelta | None) -> list[Part]:
    """Which parts were marked against other parts than the store has now, or never?"""
    known = _bases(place)
    return [
        part
        for part in ledger.parts
        if known.get(part.name) != [_basis(ledger, part, late), part.footer.marks]
    ]


def mark(place: Folder | Remote, ledger: Ledger, late: timedelta | None) -> list[str]:
    """Mark every part whose marks are out of date; returns the names of those written again."""
    outdated = stale(place, ledger, late)
    written: list[str] = []
    bases = {part.name: [_basis(ledger, part, late), part.footer.marks] for part in ledger.parts}
    days = sorted({part.footer.day for part in outdated}, key=lambda day: (day == UNDATED, day))
    for day in days:
        found = copies_of(place, ledger, day, late)
        for part in (part for part in ledger.parts if part.footer.day == day):
            marks = _marks_of(part, found)
            bases[part.name][1] = marks
            if marks != part.footer.marks:
                _rewrite(place, part, found, marks)
                written.append(part.name)
    if outdated:
        place.put(BASES, json.dumps(bases).encode())
    return written


def copies_of(place: Folder | Remote, ledger: Ledger, day: str, late: timedelta | None) -> Marks:
    """Which rows that were delivered on this day are copies?"""
    parts = _neighbours(ledger, day, late)
    files = sorted(
        (held.file for part in parts for held in ledger.owned[part.name].values()),
        key=lambda file: (file.delivered is None, str(file.delivered), file.key),
    )
    numbers = pl.DataFrame(
        {"log_file": [file.key for file in files], FILE_NUMBER: range(len(files))},
        schema={"log_file": pl.String(), FILE_NUMBER: pl.UInt32()},
    )
    where = {held: part.name for part in parts for held in ledger.owned[part.name]}
    copies = Copies(
        lambda number: _records(place, where[files[number].key], files[number].key, number),
        late,
        [file.delivered for file in files],
    )
    try:
        for part in (part for part in parts if part.footer.day != day):
            _pass(copies, _keys(place, part, numbers).sort(FILE_NUMBER, FILE_INDEX))
        copies.dropped.clear()
        copies.differing.clear()
        today = [_keys(place, part, numbers) for part in parts if part.footer.day == day]
        keys = pl.concat(today).sort(FILE_NUMBER, FILE_INDEX)
        hidden = keys.join(_pass(copies, keys), on=[FILE_NUMBER, FILE_INDEX], how="anti")
    finally:
        copies.close()
    return Marks(
        hidden.join(numbers, on=FILE_NUMBER).select("log_file", log_index=FILE_INDEX),
        _by_key(copies.dropped, files),
        _by_key(copies.differing, files),
    )


def _pass(copies: Copies, keys: pl.DataFrame) -> pl.DataFrame:
    """Let keys pass in slices; returns where the first copies stand."""
    kept = [copies.keep_first(part) for part in keys.iter_slices(_SLICE_ROWS)]
    return pl.concat([keys.clear(), *kept]).select(FILE_NUMBER, FILE_INDEX)


def _keys(place: Folder | Remote, part: Part, numbers: pl.DataFrame) -> pl.DataFrame:
    """Read what tells copies apart, of the log files that this part owns."""
    rows = pl.scan_parquet(place.path(part.name), **place.polars_options).select(_READ).collect()
    frame = rows.join(numbers, on="log_file").rename({"log_index": FILE_INDEX})
    return frame.select(*key_columns(frame), FILE_NUMBER, FILE_INDEX)


def _records(place: Folder | Remote, name: str, key: str, number: int) -> pl.DataFrame:
    """Read the records of one log file from its part."""
    return (
        pl.scan_parquet(place.path(name), **place.polars_options)
        .filter(pl.col("log_file") == key)
        .select(
            pl.lit(number, pl.UInt32()).alias(FILE_NUMBER),
            pl.col("log_index").alias(FILE_INDEX),
            "record",
        )
        .sort(FILE_INDEX)
        .collect()
    )


def _rewrite(place: Folder | Remote, part: Part, found: Marks, marks: str) -> None:
    """Write a part again with its marks: whole, under its own name."""
    rows = pl.read_parquet(place.path(part.name), hive_partitioning=False, **place.polars_options)
    here = found.hidden.with_columns(pl.lit(value=True).alias("hide"))
    marked = rows.join(here, on=_PLACE, how="left", maintain_order="left")
    frame = marked.with_columns(pl.col("hide").fill_null(value=False).alias(IS_COPY)).drop("hide")
    held = tuple(
        replace(one, copies=found.copies[one.file.key], differing=found.differing[one.file.key])
        for one in part.footer.held
    )
    place.put(part.name, part_bytes(frame, replace(part.footer, held=held, marks=marks)))


def _marks_of(part: Part, found: Marks) -> str:
    """Sum up what is marked in this part; empty when nothing is."""
    mine = [held.file.key for held in part.footer.held]
    hidden = found.hidden.filter(pl.col("log_file").is_in(mine)).sort(_PLACE)
    differing = [(key, found.differing[key]) for key in mine if found.differing[key]]
    if not hidden.height and not differing:
        return ""
    text = json.dumps([hidden.rows(), differing])
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _basis(ledger: Ledger, part: Part, late: timedelta | None) -> str:
    """Against which log files must this part be marked? A digest of their names."""
    parts = _neighbours(ledger, part.footer.day, late)
    names = [f"{one.name}\0{key}" for one in parts for key in sorted(ledger.owned[one.name])]
    return hashlib.blake2b("\n".join(names).encode(), digest_size=16).hexdigest()


def _neighbours(ledger: Ledger, day: str, late: timedelta | None) -> list[Part]:
    """Which parts may hold the first copy of an event that was delivered on this day?"""
    is_dated = all(part.footer.day != UNDATED for part in ledger.parts)
    if day == UNDATED:
        return list(ledger.parts)
    reach = _EVER if late is None or not is_dated else late + timedelta(days=1)
    first = "" if reach >= _EVER else (date.fromisoformat(day) - reach).isoformat()
    return [part for part in ledger.parts if first <= part.footer.day <= day != UNDATED]


def _bases(place: Folder | Remote) -> dict[str, list[str]]:
    try:
        known: dict[str, list[str]] = json.loads(place.get(BASES))
    except (OSError, ValueError, SourceError):
        return {}
    return known


def _by_key(counts: Counter[int], files: Sequence[LogFile]) -> Counter[str]:
    return Counter({files[number].key: count for number, count in counts.items()})
