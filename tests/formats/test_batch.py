"""Cells of many log files, one frame."""

from __future__ import annotations

import polars as pl

from tests.evidence import event
from tests.formats.reading import ALL, named, records
from trailnb.facts.columns import base_schema
from trailnb.formats.batch import FILE_INDEX, FILE_NUMBER, Batch

ODD = named("Odd", userAgent=["a"])


def filled(*names: str) -> Batch:
    """What is the batch of a good file, an empty one, an odd one and another good one?"""
    batch = Batch(names)
    batch.add(4, "a.json", records(named("One"), named("Two")).encode())
    batch.add(5, "b.json", b'{"Records":[]}')
    batch.add(7, "c.json", records(ODD, named("Three")).encode())
    batch.add(9, "d.json", named("Four").encode())
    return batch


def test_files_follow_each_other() -> None:
    """Rows stand in the order of the files and, within a file, of its text."""
    frame = filled("event_name").frame()
    assert frame["event_name"].to_list() == ["One", "Two", "Odd", "Three", "Four"]


def test_each_row_knows_its_file_and_place() -> None:
    """The file's number and key, and the position in it, stand beside each row."""
    frame = filled("log_file", "log_index").frame()
    assert frame.to_dict(as_series=False) == {
        FILE_NUMBER: [4, 4, 7, 7, 9],
        FILE_INDEX: [0, 1, 0, 1, 0],
        "log_file": ["a.json", "a.json", "c.json", "c.json", "d.json"],
        "log_index": [0, 1, 0, 1, 0],
    }


def test_place_of_a_row_is_the_same_for_both_paths() -> None:
    """An odd file is read on another path, and its rows count the same."""
    good, odd = Batch(("event_id",)), Batch(("event_id", "user_agent"))
    for batch in (good, odd):
        batch.add(0, "c.json", records(ODD, named("Three")).encode())
    places = [FILE_NUMBER, FILE_INDEX, "event_id"]
    assert good.frame().select(places).equals(odd.frame().select(places))
    assert len(odd.problems) == 1


def test_counts_grow_with_the_files() -> None:
    """Rows and bytes of text are counted as files are added."""
    batch = filled("event_name")
    assert batch.rows == 5
    batch.add(10, "e.json", b"[]")
    assert batch.rows == 5
    assert batch.text_bytes == filled().text_bytes + 2


def test_no_columns_count_rows() -> None:
    """Rows are counted without reading a column."""
    assert filled().frame().columns == [FILE_NUMBER, FILE_INDEX]
    assert filled().frame().height == 5


def test_empty_batch_has_every_column_with_its_type() -> None:
    """A batch without files or rows has the columns and types of any other."""
    schema = base_schema()
    for batch in (Batch(tuple(schema)), Batch(tuple(schema))):
        frame = batch.frame()
        assert frame.height == 0
        assert {name: frame.schema[name] for name in schema} == dict(schema)
    batch.add(0, "a.json", b"[]")
    assert batch.frame().schema == Batch(tuple(schema)).frame().schema


def test_columns_do_not_depend_on_the_projection() -> None:
    """A column read alone is the column read with all others."""
    whole = filled(*ALL).frame()
    for name in ALL:
        assert filled(name).frame()[name].equals(whole[name], null_equal=True)


def test_missing_time_names_its_file_and_row() -> None:
    """A row without a time is a warning at its own file and index, wherever it stands."""
    batch = filled("event_time")
    batch.add(11, "f.json", records(named("A"), named("B", eventTime=None)).encode())
    batch.add(12, "g.json", named("C", eventTime="soon").encode())
    times = batch.frame()["event_time"]
    assert times.null_count() == 2
    assert [(one.log_file, one.log_index, one.reason) for one in batch.problems] == [
        ("g.json", 0, "event_time names no moment: 'soon'"),
        ("f.json", 1, "event_time is missing"),
    ]


def test_missing_session_time_is_ordinary() -> None:
    """Only an event must have a time: a session that tells none is no problem."""
    batch = filled("session_creation_date")
    assert batch.frame()["session_creation_date"].null_count() == 5
    assert batch.problems == []


def test_problems_of_all_files_are_kept() -> None:
    """Each file's problems are gathered under its own key."""
    batch = Batch(("event_name",))
    batch.add(0, "a.json", records(named("One"))[:-10].encode())
    batch.add(1, "b.json", records(named("Two")).encode())
    batch.add(2, "c.json", b"PAR1")
    assert [(one.log_file, one.severity) for one in batch.problems] == [
        ("a.json", "error"),
        ("c.json", "error"),
    ]
    assert batch.frame()["event_name"].to_list() == ["Two"]


def test_same_key_twice_is_two_files() -> None:
    """Two files of one key, as from two archives, stay apart by their number."""
    batch = Batch(("event_id", "log_file"))
    for number in (0, 1):
        batch.add(number, "same.json", named("One").encode())
    frame = batch.frame()
    assert frame[FILE_NUMBER].to_list() == [0, 1]
    assert frame["event_id"].to_list() == [event()["eventID"]] * 2


def test_frame_is_a_plain_polars_frame() -> None:
    """What comes out is a frame of typed columns, free of Python objects."""
    assert pl.Object not in filled(*ALL).frame().dtypes
