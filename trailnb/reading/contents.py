"""Do two rows come from records that say the same? Asked only where event ids repeat."""

from __future__ import annotations

import json
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from trailnb.formats.batch import FILE_INDEX, FILE_NUMBER, Batch
from trailnb.formats.gunzip import unpack
from trailnb.reading.chunks import MAX_TEXT_BYTES
from trailnb.sources.source import Unread

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from trailnb.sources.source import LogFile, Source

#: A record's place: number of its file in the scan, index in the file.
Place = tuple[int, int]

#: Only 16 bytes a record are remembered of a file that was read again, or a few files whole.
_MOST_SUMS = 1024
_MOST_WHOLE = 4


@dataclass
class Contents:
    """Compares whole records by reading them once more.

    `records` gives the records of a file by its number: FILE_NUMBER, FILE_INDEX, record.
    """

    records: Callable[[int], pl.DataFrame]
    _variants: dict[Place, list[Place]] = field(default_factory=dict)
    _sums: OrderedDict[int, pl.DataFrame] = field(default_factory=OrderedDict)
    _whole: OrderedDict[int, pl.DataFrame] = field(default_factory=OrderedDict)

    def are_same(self, pairs: pl.DataFrame) -> pl.Series:
        """Which of these rows say what their first copy says, byte for byte or as JSON?"""
        numbers = {*pairs[FILE_NUMBER], *pairs["first_number"]}
        sums = pl.concat([self._sums_of(number) for number in sorted(numbers)])
        there = sums.rename({FILE_NUMBER: "first_number", FILE_INDEX: "first_index"})
        both = pairs.join(
            sums, on=[FILE_NUMBER, FILE_INDEX], how="left", maintain_order="left"
        ).join(there, on=["first_number", "first_index"], how="left", maintain_order="left")
        same = (
            (both["high"] == both["high_right"]) & (both["low"] == both["low_right"])
        ).fill_null(value=False)
        rewritten = [
            row for row in (~same).arg_true() if self._are_same_json(pairs.row(row, named=True))
        ]
        return same.scatter(rewritten, [True] * len(rewritten)) if rewritten else same

    def _sums_of(self, number: int) -> pl.DataFrame:
        """Sum up each record of one file, remembering the last files asked for."""
        if number not in self._sums:
            self._sums[number] = self._whole_of(number).select(
                FILE_NUMBER,
                FILE_INDEX,
                high=pl.col("record").hash(1),
                low=pl.col("record").hash(2),
            )
        return _used(self._sums, number, _MOST_SUMS)

    def _whole_of(self, number: int) -> pl.DataFrame:
        """Read the records of one file, remembering the last few files."""
        if number not in self._whole:
            self._whole[number] = self.records(number)
        return _used(self._whole, number, _MOST_WHOLE)

    def _are_same_json(self, pair: dict[str, int]) -> bool:
        """Compare what the two records mean: one may have been written again by a tool."""
        place = (pair[FILE_NUMBER], pair[FILE_INDEX])
        first = (pair["first_number"], pair["first_index"])
        mine = self._record(*place)
        if mine is None:
            return False
        variants = self._variants.setdefault(first, [first])
        if any(self._record(*variant) == mine for variant in variants):
            return True
        variants.append(place)
        return False

    def _record(self, number: int, index: int) -> object:
        records = self._whole_of(number)
        if index >= records.height:
            return None
        try:
            return json.loads(records["record"][index], parse_int=_number, parse_float=_number)
        except (ValueError, RecursionError):  # lenient text: only equal bytes count then
            return None


def _used(cache: OrderedDict[int, pl.DataFrame], number: int, most: int) -> pl.DataFrame:
    """Give what is remembered, and forget what was not used for longest."""
    cache.move_to_end(number)
    if len(cache) > most:
        cache.popitem(last=False)
    return cache[number]


def records_of(source: Source, files: Sequence[LogFile], number: int) -> pl.DataFrame:
    """Which records does this log file hold, read once more?"""
    batch = Batch(("record",))
    for file, stored in source.read([files[number]]):
        if not isinstance(stored, Unread):
            batch.add(number, file.key, unpack(stored, MAX_TEXT_BYTES).data)
    return batch.frame()


def _number(text: str) -> bytes:
    """Keep a number as it is written, and apart from the same text in quotes."""
    return text.encode()
