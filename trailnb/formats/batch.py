"""Cells of many log files to one frame of the event table."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from trailnb.facts.columns import BY_NAME
from trailnb.formats.lenient import LenientReader
from trailnb.formats.moments import moments
from trailnb.formats.problem import Problem
from trailnb.formats.records import MisfitError, reader_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trailnb.formats.cells import Cells, Lists

#: Row number of the log file in the scan, and position in it: what tells copies apart.
FILE_NUMBER = "__file"
FILE_INDEX = "__index"
_SPANS = pl.Schema({FILE_NUMBER: pl.UInt32(), "log_file": pl.String(), "count": pl.UInt32()})
_PROVENANCE = frozenset({"log_file", "log_index"})


@dataclass(slots=True)
class Batch:
    """Grows by one log file at a time; `frame` closes it.

    `names` are base columns. `problems` gathers what could not be read.
    """

    names: tuple[str, ...]
    problems: list[Problem] = field(default_factory=list)
    rows: int = 0
    text_bytes: int = 0
    _read_names: tuple[str, ...] = field(init=False)
    _cells: Cells = field(init=False)
    _spans: list[tuple[int, str, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Start every column empty."""
        self._read_names = tuple(name for name in self.names if name not in _PROVENANCE)
        self._cells = reader_of(self._read_names).cells()

    def add(self, number: int, log_file: str, data: bytes) -> None:
        """Read one log file's text into the batch."""
        try:
            count = reader_of(self._read_names).read(data, self._cells)
        except MisfitError:
            lists: Lists = {name: [] for name in self._read_names}
            count, found = LenientReader(self._read_names).read(log_file, data, lists)
            self._cells.take(lists, count)
            self.problems += found
        self._spans.append((number, log_file, count))
        self.rows += count
        self.text_bytes += len(data)

    def frame(self) -> pl.DataFrame:
        """Which rows are in this batch? Base columns, then file number and index in the file."""
        spans = pl.DataFrame(self._spans, schema=_SPANS, orient="row")
        places = [
            pl.col(FILE_NUMBER).repeat_by("count").explode(empty_as_null=False),
            pl.int_ranges(0, "count", dtype=pl.UInt32)
            .explode(empty_as_null=False)
            .alias(FILE_INDEX),
        ]
        if "log_file" in self.names:
            places.append(pl.col("log_file").repeat_by("count").explode(empty_as_null=False))
        where = spans.select(places)
        if "log_index" in self.names:
            where = where.with_columns(log_index=pl.col(FILE_INDEX))
        return pl.DataFrame([*self._columns(), *where])

    def _columns(self) -> Iterator[pl.Series]:
        for name, series in self._cells.series().items():
            yield self._moments(series) if BY_NAME[name].kind == "time" else series

    def _moments(self, texts: pl.Series) -> pl.Series:
        """Parse the times; a text that names no moment becomes null and a problem."""
        name = texts.name
        parsed = moments(texts)
        if parsed.null_count() > texts.null_count():
            lost = (parsed.is_null() & texts.is_not_null()).arg_true().to_list()
            self.problems += [self._lost_moment(name, row, texts[row]) for row in lost]
        if name == "event_time" and texts.null_count():
            missing = texts.is_null().arg_true().to_list()
            self.problems += [self._lost_moment(name, row, None) for row in missing]
        return parsed

    def _lost_moment(self, name: str, row: int, text: str | None) -> Problem:
        said = "is missing" if text is None else f"names no moment: {text[:40]!r}"
        log_file, index = self._place(row)
        return Problem(log_file, f"{name} {said}", "warning", None, index)

    def _place(self, row: int) -> tuple[str, int]:
        """Which log file does this row of the batch come from, and where did it stand there?"""
        for _, log_file, count in self._spans:
            if row < count:
                return log_file, row
            row -= count
        raise IndexError(row)
