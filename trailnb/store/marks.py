"""Mark the rows that an earlier log file brought before, once, when a trail is saved.

The same rule as for raw logs: the first copy by (delivery time, key) counts, and a copy is one only
when the whole record says the same. A mark costs a bit; finding copies again at every query would
cost a pass over all event ids.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import polars as pl

from trailnb.errors import SourceError
from trailnb.formats.batch import FILE_INDEX, FILE_NUMBER
from trailnb.formats.moments import shifted
from trailnb.reading.chunks import KEY_NEEDS, key_columns
from trailnb.sources.pruning import in_order
from trailnb.store.part import FOOTER_KEY, UNDATED, Footer
from trailnb.store.place import scan
from trailnb.store.repeats import Leaning, StoredCopies, StoredRecords
from trailnb.store.writing import IS_COPY, part_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from trailnb.sources.source import LogFile
    from trailnb.store.ledger import Ledger
    from trailnb.store.part import Part
    from trailnb.store.place import Place

#: Says against what each part was marked. Lost or outdated, it only costs marking again.
BASES = "_trailnb/marks.json"
_PLACE = ["log_file", "log_index"]
_SLICE_ROWS = 500_000


@dataclass(frozen=True)
class Marks:
    """Copies of one delivery day: places (log_file, log_index) to hide, and counts by log file.

    `odd` says of log files when their marks cannot be used for a part of the store (see `Footer`).
    """

    hidden: pl.DataFrame
    copies: Counter[str] = field(default_factory=Counter)
    differing: Counter[str] = field(default_factory=Counter)
    odd: Mapping[str, frozenset[str]] = field(default_factory=dict)


def stale(place: Place, ledger: Ledger, late: timedelta | None) -> list[Part]:
    """Which parts were marked against other parts than the store has now, or never?"""
    known, wanted = _known_bases(place), _bases(ledger, late)
    return [
        part
        for part in ledger.parts
        if known.get(part.name) != [wanted[part.name], part.footer.marks]
    ]


def untrusted(
    place: Place,
    whole: Ledger,
    asked: Ledger,
    late: timedelta | None,
    odd: frozenset[str],
) -> set[str]:
    """Which parts' marks cannot be used when only these log files of the store are asked for?

    `odd` is how the question is narrower than the store: "time", "place", or "any" for a choice of
    log files that neither explains.
    """
    names = {part.name for part in stale(place, whole, late)}
    is_any = "any" in odd or whole.is_dated != asked.is_dated
    names |= {
        part.name
        for part in asked.parts
        if (is_any and part.footer.marks) or odd.intersection(part.footer.odd)
    }
    days = {part.footer.day for part in asked.parts if part.name in names}
    return {part.name for part in asked.parts if part.footer.day in days}


def mark(place: Place, ledger: Ledger, late: timedelta | None) -> list[str]:
    """Mark every part whose marks are out of date; returns the names of those written again."""
    outdated = stale(place, ledger, late)
    written: list[str] = []
    wanted = _bases(ledger, late)
    bases = {part.name: [wanted[part.name], part.footer.marks] for part in ledger.parts}
    for day in sorted({part.footer.day for part in outdated}):
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


def copies_of(
    place: Place,
    ledger: Ledger,
    day: str,
    late: timedelta | None,
    within: pl.Expr | None = None,
) -> Marks:
    """Which rows that were delivered on this day, and lie within the filter, are copies?

    Only log files that this ledger knows are looked at: it may be narrowed to those asked for.
    """
    parts = _neighbours(ledger, day, late)
    files = in_order(held.file for part in parts for held in ledger.owned[part.name].values())
    numbers = _numbered(ledger, parts, files)
    records = StoredRecords(place, numbers)
    copies = StoredCopies(
        records.of,
        late if ledger.is_dated else None,
        [file.delivered for file in files],
        sums=records.sums,
    )
    try:
        for part in (part for part in parts if part.footer.day != day):
            _pass(copies, _keys(place, part, numbers, within).sort(FILE_NUMBER, FILE_INDEX))
        copies.forget_counts()
        today = [_keys(place, part, numbers, within) for part in parts if part.footer.day == day]
        keys = pl.concat(today).sort(FILE_NUMBER, FILE_INDEX)
        hidden = keys.join(_pass(copies, keys), on=[FILE_NUMBER, FILE_INDEX], how="anti")
        odd = Leaning(files, keys).odd(copies.repeats, copies.with_variants)
    finally:
        copies.close()
    return Marks(
        hidden.join(numbers, on=FILE_NUMBER).select("log_file", log_index=FILE_INDEX),
        _by_key(copies.dropped, files),
        _by_key(copies.differing, files),
        {files[number].key: names for number, names in odd.items()},
    )


def _numbered(ledger: Ledger, parts: Iterable[Part], files: Sequence[LogFile]) -> pl.DataFrame:
    """Number the log files in reading order, each with the part that it is read from."""
    owner = {key: part.name for part in parts for key in ledger.owned[part.name]}
    rows = [(number, file.key, owner[file.key]) for number, file in enumerate(files)]
    schema = {FILE_NUMBER: pl.UInt32(), "log_file": pl.String(), "part": pl.String()}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _pass(copies: StoredCopies, keys: pl.DataFrame) -> pl.DataFrame:
    """Let keys pass in slices; returns where the first copies stand."""
    kept = [copies.keep_first(part) for part in keys.iter_slices(_SLICE_ROWS)]
    return pl.concat([keys.clear(), *kept]).select(FILE_NUMBER, FILE_INDEX)


def _keys(place: Place, part: Part, numbers: pl.DataFrame, within: pl.Expr | None) -> pl.DataFrame:
    """Read what tells copies apart, of the log files that are read from this part."""
    rows = scan(place, [part.name])
    if within is not None:
        rows = rows.filter(within)
    mine = numbers.filter(pl.col("part") == part.name)
    frame = rows.select(*KEY_NEEDS, *_PLACE).collect().join(mine, on="log_file")
    frame = frame.rename({"log_index": FILE_INDEX})
    return frame.select(*key_columns(frame), FILE_NUMBER, FILE_INDEX, "event_time")


def _rewrite(place: Place, part: Part, found: Marks, marks: str) -> None:
    """Write a part again with its marks: whole, under its own name.

    Another save may have written it meanwhile: then it is left alone, to be marked anew.
    """
    content = place.get(part.name)
    footer = Footer.from_text(pl.read_parquet_metadata(io.BytesIO(content))[FOOTER_KEY])
    if replace(footer, marks="") != replace(part.footer, marks=""):
        return
    rows = pl.read_parquet(io.BytesIO(content))
    here = found.hidden.with_columns(pl.lit(value=True).alias("hide"))
    marked = rows.join(here, on=_PLACE, how="left", maintain_order="left")
    frame = marked.with_columns(pl.col("hide").fill_null(value=False).alias(IS_COPY)).drop("hide")
    held = tuple(
        replace(one, copies=found.copies[one.file.key], differing=found.differing[one.file.key])
        for one in part.footer.held
    )
    footer = replace(part.footer, held=held, marks=marks, odd=_odd(part, found))
    place.put(part.name, part_bytes(frame, footer))


def _marks_of(part: Part, found: Marks) -> str:
    """Sum up what is marked in this part; empty when nothing is."""
    mine = [held.file.key for held in part.footer.held]
    hidden = found.hidden.filter(pl.col("log_file").is_in(mine)).sort(_PLACE)
    differing = [(key, found.differing[key]) for key in mine if found.differing[key]]
    if not hidden.height and not differing:
        return ""
    text = json.dumps([hidden.rows(), differing, _odd(part, found)])
    return _digest(text)


def _odd(part: Part, found: Marks) -> tuple[str, ...]:
    names = (found.odd.get(held.file.key, frozenset()) for held in part.footer.held)
    return tuple(sorted(frozenset().union(*names)))


def _bases(ledger: Ledger, late: timedelta | None) -> dict[str, str]:
    """Against which log files must each part be marked? A digest of their names."""
    owned = {
        part.name: _digest("\n".join([part.name, *sorted(ledger.owned[part.name])]))
        for part in ledger.parts
    }
    days = {part.footer.day for part in ledger.parts}
    near = {
        day: _digest(
            "\n".join(
                [str(late), str(ledger.is_dated)]
                + [owned[part.name] for part in _neighbours(ledger, day, late)]
            )
        )
        for day in days
    }
    return {part.name: near[part.footer.day] for part in ledger.parts}


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _neighbours(ledger: Ledger, day: str, late: timedelta | None) -> list[Part]:
    """Which parts may hold the first copy of an event that was delivered on this day?

    Undated log files stand after all others, so they bring the first copy only of each other.
    """
    if day == UNDATED:
        return list(ledger.parts)
    before = [part for part in ledger.parts if UNDATED != part.footer.day <= day]
    if late is None or not ledger.is_dated:
        return before
    first = shifted(datetime.fromisoformat(f"{day}T00:00Z"), -late).date().isoformat()
    return [part for part in before if part.footer.day == day or part.footer.last_day >= first]


def _known_bases(place: Place) -> dict[str, list[str]]:
    try:
        known = json.loads(place.get(BASES))
    except (OSError, ValueError, SourceError):
        return {}
    return known if isinstance(known, dict) else {}


def _by_key(counts: Counter[int], files: Sequence[LogFile]) -> Counter[str]:
    return Counter({files[number].key: count for number, count in counts.items()})
