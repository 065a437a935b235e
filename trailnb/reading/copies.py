"""Which events were delivered before? Exact, in bounded memory, whatever the volume.

Two trails into one bucket, or a second delivery, bring the same event again. The first copy by
(delivery time, key) stays. A copy counts as one only when its whole record says the same; records
that share an event id and differ are all kept and counted apart. Events without an id are kept.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from trailnb.formats.batch import FILE_INDEX, FILE_NUMBER
from trailnb.formats.moments import shifted
from trailnb.reading.chunks import KEY_DAY, KEY_HIGH, KEY_LOW
from trailnb.reading.contents import Contents
from trailnb.reading.spill import SpilledRun

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_KEY_COLUMNS = (KEY_LOW, KEY_HIGH, KEY_DAY, FILE_NUMBER, FILE_INDEX)
_AGAIN = ("row", FILE_NUMBER, FILE_INDEX, KEY_DAY, "first_number", "first_index")
#: A run is merged into its neighbour until each is at least this many times the next.
_GROWTH = 4
#: About half a gigabyte of keys; beyond it they move to disk and are memory-mapped.
MOST_KEYS_IN_MEMORY = 16_000_000
_EPOCH = date(1970, 1, 1)


@dataclass
class Copies:
    """Remembers which events have passed, and lets only first copies through.

    `records` gives a file's whole records by its number. `delivered` has each file's delivery by
    its number, and `late` is how long after the day of its event a copy may come; without either
    every key is held to the end.

    Keys lie in a few sorted runs that are searched by bisection (a log-structured merge: O'Neil et
    al., 1996), 28 bytes an event. `dropped` counts copies by the number of the file that held them,
    `differing` the events that share an id with another and differ from it.
    """

    records: Callable[[int], pl.DataFrame]
    late: timedelta | None = None
    delivered: Sequence[datetime | None] = ()
    most_keys_in_memory: int = MOST_KEYS_IN_MEMORY
    dropped: Counter[int] = field(default_factory=Counter)
    differing: Counter[int] = field(default_factory=Counter)
    _runs: list[pl.DataFrame] = field(default_factory=list)
    _spilled: list[SpilledRun] = field(default_factory=list)
    _keys_in_memory: int = 0
    _released_until: int = 0
    _first_days: pl.Series | None = None
    _spill_count: int = 0
    _spill: tempfile.TemporaryDirectory[str] | None = None

    def __post_init__(self) -> None:
        """Prepare the comparison of whole records, which is rarely needed."""
        self._contents = Contents(self.records)
        if self.late is None or not all(self.delivered):
            self._first_days = None
        else:
            days = [self._first_open(moment) for moment in self.delivered if moment]
            self._first_days = pl.Series(days, dtype=pl.Int32)

    def keep_first(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Which rows of this frame are no copies of a row that came before?"""
        keys = frame.select(_KEY_COLUMNS).with_row_index("row")
        if keys[KEY_LOW].null_count():
            keys = keys.filter(pl.col(KEY_LOW).is_not_null())
        keys = keys.sort(KEY_LOW, maintain_order=True)
        found = [_repeated_on_disk(keys, run) for run in self._spilled]
        found += [_repeated_before(keys, run) for run in self._runs]
        found.append(_repeated_within(keys))
        again = [rows for rows in found if rows is not None]
        if not again:
            self._hold(keys.select(_KEY_COLUMNS))
            return frame
        repeated = pl.concat(again).unique("row", keep="first", maintain_order=True).sort("row")
        if self._first_days is not None:
            first_days = self._first_days.gather(repeated[FILE_NUMBER])
            in_time = repeated[KEY_DAY].is_null() | (repeated[KEY_DAY] >= first_days)
            repeated = repeated.filter(in_time)
            if not repeated.height:  # only later ones than a copy may come
                self._hold(keys.select(_KEY_COLUMNS))
                return frame
        fresh = keys.filter(~pl.col("row").is_in(repeated["row"].implode()))
        self._hold(fresh.select(_KEY_COLUMNS))
        dropped = self._judge(repeated)
        return frame.filter(~pl.int_range(pl.len(), dtype=pl.UInt32).is_in(dropped.implode()))

    def release(self, number: int) -> None:
        """Forget the days that no file from this number on can repeat."""
        if self._first_days is None:
            return
        first_open = int(self._first_days[number])
        if first_open > self._released_until:
            self._released_until = first_open
            is_open = pl.col(KEY_DAY).is_null() | (pl.col(KEY_DAY) >= first_open)
            runs = [run.filter(is_open) for run in self._runs]
            self._runs = [run for run in runs if run.height]
            self._spilled = [run for run in self._spilled if run.newest_day >= first_open]
            self._keys_in_memory = sum(run.height for run in self._runs)

    def _first_open(self, delivered: datetime) -> int:
        """Which is the first day whose events a copy delivered then may repeat?"""
        day = shifted(delivered, -(self.late or timedelta())).date()
        return (day - _EPOCH).days

    def close(self) -> None:
        """Remove what was spilled to disk."""
        self._runs.clear()
        self._spilled.clear()
        if self._spill is not None:
            self._spill.cleanup()
            self._spill = None

    def _judge(self, repeated: pl.DataFrame) -> pl.Series:
        """Which of these rows say just what their first copy says? Count both kinds."""
        same = self._contents.are_same(repeated)
        copies = repeated.filter(same)
        self.dropped.update(copies[FILE_NUMBER].to_list())
        self.differing.update(repeated.filter(~same)[FILE_NUMBER].to_list())
        return copies["row"]

    def _hold(self, fresh: pl.DataFrame) -> None:
        """Add a sorted run, merging so that few runs have to be searched."""
        if not fresh.height:
            return
        runs = self._runs
        runs.append(fresh)
        self._keys_in_memory += fresh.height
        while len(runs) > 1 and runs[-2].height < _GROWTH * runs[-1].height:
            last = runs.pop()
            runs[-1] = pl.concat([runs[-1], last]).sort(KEY_LOW)  # two sorted runs: fast
        if self._keys_in_memory > self.most_keys_in_memory:
            self._move_to_disk()

    def _move_to_disk(self) -> None:
        """Write the keys out and map them back: the system then decides what stays in memory."""
        if self._spill is None:
            self._spill = tempfile.TemporaryDirectory(prefix="trailnb-keys-")
        self._spill_count += 1
        merged = pl.concat(self._runs).sort(KEY_LOW)
        folder = Path(self._spill.name, str(self._spill_count))
        self._spilled.append(SpilledRun.write(merged, folder, KEY_DAY))
        self._runs = []
        self._keys_in_memory = 0


def _repeated_within(keys: pl.DataFrame) -> pl.DataFrame | None:
    """Which rows repeat one before them, in keys sorted by their low half? None: no row does."""
    low, high = keys[KEY_LOW], keys[KEY_HIGH]
    is_again = ((low == low.shift()) & (high == high.shift())).fill_null(value=False)
    if not is_again.any():
        return None
    group = (~is_again).cum_sum().alias("group")
    return (
        keys.with_columns(group, is_again=is_again)
        .with_columns(
            first_number=pl.col(FILE_NUMBER).first().over("group"),
            first_index=pl.col(FILE_INDEX).first().over("group"),
        )
        .filter("is_again")
        .select(_AGAIN)
    )


def _repeated_before(keys: pl.DataFrame, run: pl.DataFrame) -> pl.DataFrame | None:
    """Which rows have their key in this run? None when no row has."""
    low = keys[KEY_LOW]
    at = run[KEY_LOW].search_sorted(low).clip(upper_bound=run.height - 1)
    if not (run[KEY_LOW].gather(at) == low).any():
        return None
    there = run[at]
    is_again = (there[KEY_LOW] == low) & (there[KEY_HIGH] == keys[KEY_HIGH])
    first = (there[FILE_NUMBER].alias("first_number"), there[FILE_INDEX].alias("first_index"))
    return keys.with_columns(first).filter(is_again).select(_AGAIN)


def _repeated_on_disk(keys: pl.DataFrame, run: SpilledRun) -> pl.DataFrame | None:
    """Which rows have their key in a run on disk? None when no row has."""
    pairs = run.find(keys[KEY_LOW], keys[KEY_HIGH], (KEY_LOW, KEY_HIGH))
    if not pairs:
        return None
    numbers, indexes = run.columns[FILE_NUMBER], run.columns[FILE_INDEX]
    first = (
        pl.Series("first_number", [numbers[at] for _, at in pairs], dtype=pl.UInt32),
        pl.Series("first_index", [indexes[at] for _, at in pairs], dtype=pl.UInt32),
    )
    return keys[[row for row, _ in pairs]].with_columns(first).select(_AGAIN)
