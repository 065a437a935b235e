"""Sorted keys on disk, mapped into memory: for volumes whose keys would fill it.

Polars reads Arrow files into memory, so plain mapped columns and bisection are used here. A look-up
costs about a microsecond; the system decides which pages stay in memory.
"""

from __future__ import annotations

import mmap
from array import array
from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import polars as pl

if TYPE_CHECKING:
    from pathlib import Path

_SLICE = 1 << 20
_Code = Literal["Q", "I", "i"]
_CODES: dict[str, _Code] = {"UInt64": "Q", "UInt32": "I", "Int32": "i"}
#: What stands for a missing day, which no date can be.
NO_DAY = -(1 << 31)


@dataclass(frozen=True)
class SpilledRun:
    """A run of keys on disk, sorted by its first column; each column is one mapped file."""

    columns: dict[str, memoryview[int]]
    newest_day: int

    @classmethod
    def write(cls, run: pl.DataFrame, folder: Path, day: str) -> SpilledRun:
        """Write a sorted run out and map it back."""
        whole = run.with_columns(pl.col(day).fill_null(NO_DAY))
        is_dayless = whole[day].min() == NO_DAY
        newest = (1 << 31) - 1 if is_dayless else int(str(whole[day].max()))
        folder.mkdir()
        return cls({name: _mapped(whole[name], folder / name) for name in run.columns}, newest)

    def find(
        self, low: pl.Series, high: pl.Series, names: tuple[str, str]
    ) -> list[tuple[int, int]]:
        """Where do these keys stand? Pairs of row asked and row here, by two key columns."""
        lows, highs = (self.columns[name] for name in names)
        count = len(lows)
        pairs = []
        for row, (one, other) in enumerate(zip(low, high, strict=True)):
            at = bisect_left(lows, one)
            if at < count and lows[at] == one and highs[at] == other:
                pairs.append((row, at))
        return pairs


def _mapped(column: pl.Series, path: Path) -> memoryview[int]:
    code = _CODES[str(column.dtype)]
    with path.open("wb") as file:
        for start in range(0, column.len(), _SLICE):
            array(code, column.slice(start, _SLICE).to_list()).tofile(file)
    with path.open("rb") as file:
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)).cast(code)
