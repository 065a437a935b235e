"""Rows of separated text: the same cells back, each row at its place, damage kept small."""

from __future__ import annotations

import csv
import io
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trailnb.formats.delimited import DELIMITERS, rows
from trailnb.formats.records import MAX_RECORD_BYTES

CELLS = st.text(max_size=12) | st.sampled_from(['"', '""', "\r\n", "\n", ",", ";", "\t", " ", ""])
QUOTINGS = st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL])
#: A row of one empty cell is written as a quoted one; a row of none is a blank line.
TABLES = st.lists(st.lists(CELLS, min_size=1, max_size=5), max_size=6)


def written(table: list[list[str]], delimiter: str, **how: object) -> str:
    """What does a writer make of this table?"""
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, **how).writerows(table)
    return out.getvalue()


@given(TABLES, st.sampled_from(DELIMITERS), st.sampled_from(["\r\n", "\n"]), QUOTINGS)
def test_what_is_written_is_read_back(
    table: list[list[str]], delimiter: str, end: str, quoting: int
) -> None:
    """Every cell comes back, however quoted, with newlines, quotes and delimiters in it."""
    text = written(table, delimiter, lineterminator=end, quoting=quoting)
    read = list(rows(text, 0, delimiter))
    assert [list(row.cells) for row in read] == table
    assert all(row.fault is None for row in read)


@given(TABLES, st.sampled_from(DELIMITERS))
def test_rows_lie_where_they_say(table: list[list[str]], delimiter: str) -> None:
    """From its start to its end a row is the text it was read from."""
    text = written(table, delimiter)
    for row in rows(text, 0, delimiter):
        [again] = rows(text[row.start : row.end], 0, delimiter)
        assert again.cells == row.cells


@given(st.text('a",;\t\n\r ', max_size=80), st.sampled_from(DELIMITERS))
def test_any_text_is_rows_and_faults(text: str, delimiter: str) -> None:
    """No text raises; what is read covers all but blank lines, in order."""
    at = 0
    for row in rows(text, 0, delimiter):
        assert not text[at : row.start].strip("\r\n")
        assert row.end > row.start
        at = row.end
    assert not text[at:].strip("\r\n")


def test_open_quote_costs_its_line() -> None:
    """A quote that is never closed does not swallow the rows behind it."""
    read = list(rows('1,a\n2,"b\n3,c\n4,d\n', 0, ","))
    assert [row.cells for row in read] == [("1", "a"), (), ("3", "c"), ("4", "d")]
    assert [row.start for row in read] == [0, 4, 9, 13]


def test_text_behind_a_quote_costs_its_line() -> None:
    """JSON that was quoted without doubling its quotes is refused, not cut at its commas."""
    read = list(rows('1,"{"a":1,"b":2}"\n2,x\n', 0, ","))
    assert [row.cells for row in read] == [(), ("2", "x")]
    assert read[0].fault


@pytest.mark.parametrize("line", ['"\n', 'a,"b\n', '"a\n"b\n'])
def test_open_quotes_without_end_cost_bounded_work(line: str) -> None:
    """However many quotes stay open, the rest is read or refused, and soon."""
    text = line * 20_000
    read = list(rows(text, 0, ","))
    assert read[-1].end == len(text)
    assert all(first.end <= second.start for first, second in pairwise(read))


def test_large_cells_are_read_and_larger_refused() -> None:
    """A cell may hold the largest record; what is larger is refused, not the rows beside it."""
    before = csv.field_size_limit()
    large = "x" * (1 << 20)
    [row, last] = rows(f"{large},1\n2,3\n", 0, ",")
    assert row.cells == (large, "1")
    assert last.cells == ("2", "3")
    [row, last] = rows(f"{'x' * (MAX_RECORD_BYTES + 1)},1\n2,3\n", 0, ",")
    assert row.fault
    assert last.cells == ("2", "3")
    assert csv.field_size_limit() == before
