"""Rows of comma, semicolon or tab separated text (RFC 4180), each with its place in the text.

The rows are cut by the standard library's reader in its strict mode. A row it refuses costs one
line: reading goes on with the next, so that a quote left open does not swallow the rest.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

from trailnb.formats.records import MAX_RECORD_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator

DELIMITERS = (",", ";", "\t")

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)?")
#: Trying every line anew behind an open quote may cost this many times the text, never more.
_MAX_EFFORT = 16
#: The module's limit is one for the whole process: it is lifted for a row and put back.
_LIMIT = Lock()


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of the row at `start`, or (`fault` set) why the line there is none."""

    start: int
    end: int
    cells: tuple[str, ...] = ()
    fault: str | None = None


class _Lines:
    """The text's lines from a place on, ends included, and how far they were read."""

    def __init__(self, text: str, at: int) -> None:
        self._text = text
        self.at = at

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        match = _LINE.match(self._text, self.at)
        if match is None or match.end() == self.at:
            raise StopIteration
        self.at = match.end()
        return match.group()


def rows(text: str, start: int, delimiter: str) -> Iterator[Row]:
    r"""Which rows follow each other from here on? Blank lines are none.

    Example:
        >>> [row.cells for row in rows('a,b\n"x ""y""\nz",2\n', 0, ",")]
        [('a', 'b'), ('x "y"\nz', '2')]
        >>> [(row.start, row.cells, row.fault) for row in rows('1,"2\n3,4\n', 0, ",")]
        [(0, (), 'unexpected end of data'), (5, ('3', '4'), None)]
    """
    lines = _Lines(text, start)
    reader = _reader(lines, delimiter)
    effort = _MAX_EFFORT * len(text)
    while True:
        at = lines.at
        try:
            cells = _next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            effort -= lines.at - at
            end = _end_of_line(text, at) if effort >= 0 else len(text)
            yield Row(at, end, fault=str(error))
            lines = _Lines(text, end)
            reader = _reader(lines, delimiter)
        else:
            if cells:
                yield Row(at, lines.at, tuple(cells))


def _reader(lines: _Lines, delimiter: str) -> Iterator[list[str]]:
    return csv.reader(lines, delimiter=delimiter, strict=True)


def _next(reader: Iterator[list[str]]) -> list[str]:
    """Read one row with room for the largest record."""
    with _LIMIT:
        before = csv.field_size_limit(MAX_RECORD_BYTES)
        try:
            return next(reader)
        finally:
            csv.field_size_limit(before)


def _end_of_line(text: str, at: int) -> int:
    match = _LINE.match(text, at)
    return match.end() if match else len(text)
