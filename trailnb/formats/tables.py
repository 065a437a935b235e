"""Events in a table of text: the console's Event history, Athena, CloudTrail Lake, Insights.

A table is known by its header: names of CloudTrail's columns, in whatever order and spelling, or
one that holds whole records. Of rows nothing is guessed: one with more cells than the header has
names is refused, because which cell belongs where cannot be told.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import partial
from itertools import zip_longest
from typing import TYPE_CHECKING

from trailnb.formats.delimited import DELIMITERS, Row, rows
from trailnb.formats.found import Found
from trailnb.formats.json_text import MAX_DEPTH, TornError
from trailnb.formats.results import COLUMNS, OWN_TEXT, named, row_found
from trailnb.formats.spelling import describes_events, path_of
from trailnb.formats.spreadsheet import mended
from trailnb.formats.unwrap import unwrap

if TYPE_CHECKING:
    from collections.abc import Iterator

_BLANK = re.compile(r"[\ufeff\s]*")
#: The line by which a spreadsheet is told the delimiter.
_TOLD_DELIMITER = re.compile(r"sep=[,;\t]\r?\n")
_MAX_HEADER = 65_536
_MAX_COLUMNS = 2_000


@dataclass(frozen=True, slots=True)
class Table:
    """The column names of a table, what separates its cells, and where its rows begin."""

    names: tuple[str, ...]
    delimiter: str
    start: int


def table_of(text: str) -> Table | None:
    r"""Which table of events is this text? None when it is none.

    Example:
        >>> table_of("Event name;Event time;AWS region\nGetUser;2026-11-02;eu-central-1\n")
        Table(names=('Event name', 'Event time', 'AWS region'), delimiter=';', start=33)
        >>> table_of("Event ID,Event Name,Venue\n1,Gala,Hall\n") is None
        True
    """
    blank = _BLANK.match(text)
    start = blank.end() if blank else 0
    if text.startswith(("{", "["), start):
        return None
    told = _TOLD_DELIMITER.match(text, start)
    start = told.end() if told else start
    for delimiter in DELIMITERS:
        head = next(rows(text[start : start + _MAX_HEADER], 0, delimiter), None)
        if head is None or not 0 < len(head.cells) <= _MAX_COLUMNS:
            continue
        names = tuple(named((cell.strip(), "") for cell in head.cells))
        if describes_events(names) or OWN_TEXT.intersection(name.casefold() for name in names):
            return Table(names, delimiter, start + head.end)
    return None


def table_found(text: str, table: Table) -> Iterator[Found]:
    """Which records do the table's rows hold, and which rows hold none?"""
    is_resuming = False
    count = 0
    for row in rows(text, table.start, table.delimiter):
        if not any(cell.strip() for cell in row.cells) and row.fault is None:
            continue
        count += 1
        fault = _fault(row, table, is_resuming=is_resuming)
        is_resuming = fault is not None
        if fault:
            yield Found(fault, None, row.start, is_lost=True)
        else:
            is_last = row.end == len(text) and not text.endswith(("\n", "\r"))
            yield from _row_found(row, table, is_last=is_last)
    if not count:
        yield Found("a table of events without rows", None, 0)


def _fault(row: Row, table: Table, *, is_resuming: bool) -> str | None:
    """Say why this row cannot be read; behind a refused one only whole rows count."""
    if row.fault:
        return f"a row of the table is broken: {row.fault}"
    surplus = row.cells[len(table.names) :]
    is_short = len(row.cells) < len(table.names)
    if any(surplus) or (is_short and is_resuming):
        return f"a row of {len(row.cells)} cells under {len(table.names)} column names"
    return None


def _row_found(row: Row, table: Table, *, is_last: bool) -> Iterator[Found]:
    fields: dict[str, str] = {}
    said: list[str] = []
    missing = len(table.names) - len(row.cells)
    if missing > 0:
        cut = "; the last may be cut off" if is_last else ""
        said.append(f"a row of {len(row.cells)} cells under {len(table.names)} column names{cut}")
    for name, cell in zip_longest(table.names, row.cells[: len(table.names)], fillvalue=""):
        path = path_of(name)
        kept, reason = mended(path, cell) if path else (cell, None)
        if reason:
            said.append(reason)
        fields[name] = json.dumps(kept, ensure_ascii=False) if kept else ""
    for found in _looked(fields, row.start):
        if found.rebuilt_from:
            yield Found(
                found.text,
                found.fields,
                found.start,
                rebuilt_from=found.rebuilt_from,
                said=(*said, *found.said),
            )
        else:
            yield found


def _looked(fields: dict[str, str], start: int) -> list[Found]:
    """Read the row's fields; what is nested beyond reading is said."""
    found: list[Found] = []
    try:
        found += row_found(fields, start, partial(unwrap, depth=1), COLUMNS)
    except TornError as torn:
        found.append(Found(f"torn JSON: {torn.reason}", None, start, is_lost=True))
    except RecursionError:
        reason = f"nested deeper than {MAX_DEPTH} wrappings"
        found.append(Found(reason, None, start, is_lost=True))
    return found
