"""Both paths say the same, and whatever stands in a file, no record is lost."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.evidence import event, role
from tests.formats.reading import ALL, named, read, records
from trailnb.facts.columns import COLUMNS, KNOWN_FIELDS
from trailnb.formats.lenient import LenientReader
from trailnb.formats.records import RecordReader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trailnb.formats.cells import Lists

PATHS = sorted({path for column in COLUMNS for path in (column.path, column.otherwise) if path})
#: Every place of a record that the table looks at, and every object on the way there.
PLACES = sorted({path[:depth] for path in PATHS for depth in range(1, len(path) + 1)})

STRINGS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | STRINGS
    | st.sampled_from(["true", "null", "2026-11-02T09:00:00Z", "H4sIé", '{"eventName":', "aws:s3"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(STRINGS, inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(STRINGS, VALUES, max_size=3)
#: What the documentation allows at each place: strings, flags as text, objects where free.
KINDS = {
    "text": STRINGS | st.none(),
    "time": st.sampled_from(["2026-11-02T09:00:00Z", "2026-11-02 09:00:00", "...", None]),
    "flag": st.sampled_from(["true", "false", None]),
    "json": VALUES,
}
SPELLINGS = st.sampled_from(
    [
        {"separators": (",", ":")},
        {"ensure_ascii": False},
        {"indent": 1, "ensure_ascii": False},
    ]
)
SEPARATORS = st.sampled_from(["", ",", "\n", ",\n", "\r\n", " , "])
JUNK = st.sampled_from(["@", "}", "]", "}}", "]}", "##", "<br>", "nul", "-", "'x'", "\\", ":"])
BRIEF = settings(deadline=None, max_examples=40)
LONG = settings(deadline=None, max_examples=2_000)


def put(record: dict, path: tuple[str, ...], value: object) -> None:
    """Put a value at this place of the record."""
    for name in path[:-1]:
        if not isinstance(record.get(name), dict):
            record[name] = {}
        record = record[name]
    record[path[-1]] = value


def apart(path: tuple[str, ...]) -> bool:
    """Tell whether no other place lies inside this one."""
    return not any(other[: len(path)] == path and other != path for other in PATHS)


@st.composite
def good_records(draw: st.DrawFn) -> str:
    """What may CloudTrail write: a record whose every field has its documented type."""
    record: dict = {"eventVersion": draw(st.sampled_from(["1.0", "1.01", "1.11"]))}
    for column in draw(st.lists(st.sampled_from(COLUMNS), max_size=12)):
        for path in (column.path, column.otherwise):
            if path and path != ("eventVersion",) and (column.kind != "json" or apart(path)):
                is_bool = column.name in {"read_only", "management_event"}
                put(record, path, draw(st.booleans() if is_bool else KINDS[column.kind]))
    unknown = {name: value for name, value in draw(OBJECTS).items() if name not in KNOWN_FIELDS}
    items = draw(st.permutations([*record.items(), *unknown.items()]))
    return json.dumps(dict(items), **draw(SPELLINGS))


def fast(data: bytes, names: tuple[str, ...]) -> Lists:
    """Which cells does the fast path make?"""
    reader = RecordReader(names)
    cells = reader.cells()
    reader.read(data, cells)
    return {name: column.to_list() for name, column in cells.series().items()}


def exact(data: bytes, names: tuple[str, ...]) -> Lists:
    """Which cells does the exact path make?"""
    lists: Lists = {name: [] for name in names}
    count, _ = LenientReader(names).read("log.json", data, lists)
    cells = RecordReader(names).cells()
    cells.take(lists, count)
    return {name: column.to_list() for name, column in cells.series().items()}


def files_of(texts: list[str]) -> Iterator[str]:
    """Which files can the fast path read these records from?"""
    yield records(*texts)
    yield '{ "Records" : [' + " ,\n".join(texts) + "] }"
    yield "[" + ",".join(texts) + "]"
    if not any("\n" in text for text in texts):
        yield "\n".join(texts)


def check_agreement(texts: list[str], names: tuple[str, ...]) -> None:
    """Both paths give the same cells for these records, from every kind of file."""
    for text in files_of(texts):
        data = text.encode()
        if b'"aws:' not in data and b"NaN" not in data and b"Infinity" not in data:
            found = fast(data, names)
            assert found == exact(data, names)
            assert all(len(cells) == len(texts) for cells in found.values())


PROJECTIONS = st.just(ALL) | st.lists(st.sampled_from(ALL), unique=True, max_size=6).map(tuple)
SOME_GOOD = st.lists(good_records(), min_size=1, max_size=3)


@given(SOME_GOOD, PROJECTIONS)
@BRIEF
def test_both_paths_agree(texts: list[str], names: tuple[str, ...]) -> None:
    """For good records the fast and the exact path give the same cells, for any projection."""
    check_agreement(texts, names)


@pytest.mark.soak
@given(SOME_GOOD, PROJECTIONS)
@LONG
def test_both_paths_agree_at_length(texts: list[str], names: tuple[str, ...]) -> None:
    """The same, many more times."""
    check_agreement(texts, names)


@given(SOME_GOOD, PROJECTIONS)
@BRIEF
def test_projection_changes_no_cell(texts: list[str], names: tuple[str, ...]) -> None:
    """A column holds the same whatever other columns are read with it."""
    whole, some = read(records(*texts)).frame, read(records(*texts), *names).frame
    for name in names:
        assert some[name].equals(whole[name], null_equal=True)


def check_any_value(path: tuple[str, ...], value: object, names: tuple[str, ...]) -> None:
    """A record with this value at this place keeps its row, between its neighbours."""
    record = event(eventName="Odd", userIdentity=role("Admin", "alice"))
    put(record, path, value)
    text = json.dumps(record)
    if isinstance(record.get("eventSource"), str) and record["eventSource"].startswith("aws:"):
        return
    columns = dict.fromkeys([*names, "event_name", "record"])
    reading = read(records(named("One"), text, named("Two")), *columns)
    assert reading.frame["record"].to_list()[1] == text
    assert reading.names()[::2] == ["One", "Two"]
    assert "error" not in {problem.severity for problem in reading.problems}


ANYWHERE = st.sampled_from(PLACES) | STRINGS.map(lambda name: (name,))
SOME_COLUMNS = (
    st.just(())
    | st.just(ALL)
    | st.sampled_from([(column.name,) for column in COLUMNS if column.path])
)


@given(ANYWHERE, VALUES, SOME_COLUMNS)
@BRIEF
def test_any_value_anywhere_loses_no_record(
    path: tuple[str, ...], value: object, names: tuple[str, ...]
) -> None:
    """Any JSON value at any place of a record neither raises nor loses a record."""
    check_any_value(path, value, names)


@pytest.mark.soak
@given(ANYWHERE, VALUES, SOME_COLUMNS)
@LONG
def test_any_value_anywhere_at_length(
    path: tuple[str, ...], value: object, names: tuple[str, ...]
) -> None:
    """The same, many more times."""
    check_any_value(path, value, names)


@pytest.mark.parametrize("path", PLACES, ids=".".join)
def test_every_place_takes_every_type(path: tuple[str, ...]) -> None:
    """At every place that the table knows, one value of every JSON type is survived."""
    for value in (None, True, 17, 1.5, "text", "", [], [{"a": 1}], {}, {"a": {"b": None}}):
        check_any_value(path, value, ALL)


@given(st.lists(SOME_GOOD.map(lambda texts: texts[0]) | VALUES.map(json.dumps), max_size=6))
@BRIEF
def test_items_in_are_rows_and_reports_out(texts: list[str]) -> None:
    """Of a list of anything, each item is a row, or a report, or holds what was read inside."""
    reading = read(records(*texts), "record")
    kept = set(reading.frame["record"].to_list())
    rejected = {one.position_bytes for one in reading.problems}
    at = len('{"Records":[')
    for text in texts:
        is_nothing = text in kept or at in rejected
        all_rejected = not kept and len(reading.problems) == 1
        assert is_nothing or all_rejected, text
        at += len(text.encode()) + 1


@given(
    st.lists(st.tuples(st.integers(0, 9), SEPARATORS, JUNK | st.just("")), min_size=1, max_size=6),
    st.sampled_from(['{"Records":[', "[", "", '{"Events":[']),
)
@BRIEF
def test_damage_between_records_costs_no_record(
    parts: list[tuple[int, str, str]], head: str
) -> None:
    """Whatever stands between records, each of them is read; what is not JSON is reported."""
    body = "".join(f"{named(str(number))}{comma}{junk}{comma}" for number, comma, junk in parts)
    reading = read(head + body, "event_name")
    assert reading.names() == [str(number) for number, _, _ in parts]
    closers = "]},\r\n "
    if any(junk.strip(closers) for _, _, junk in parts):
        assert reading.problems


ONE, TWO, THREE = named("One"), named("Two", userIdentity=role("Admin", "é")), named("Three")


@pytest.mark.parametrize(
    "whole",
    [records(ONE, TWO, THREE), f"{ONE}\n{TWO}\n{THREE}\n", f"[{ONE}, {TWO},\n {THREE}]"],
    ids=["delivered", "lines", "array"],
)
def test_every_truncation_keeps_whole_records(whole: str) -> None:
    """Cut off at any byte, a file gives every record that is whole and reports the rest."""
    data = whole.encode()
    ends = [data.index(one.encode()) + len(one.encode()) for one in (ONE, TWO, THREE)]
    for cut in range(1, len(data)):
        reading = read(data[:cut], "event_name")
        count = sum(end <= cut for end in ends)
        assert reading.names() == ["One", "Two", "Three"][:count]
        rest = data[ends[count - 1] if count else 0 : cut].lstrip(b",\n ")
        if rest.startswith(b'{"eventVersion"'):
            assert [one.position_bytes for one in reading.problems] == [cut - len(rest)]
        is_line_end = whole.startswith(ONE) and not rest
        assert reading.problems or is_line_end


@given(st.data(), st.integers(0, 2), st.sampled_from(["delete", "insert", "replace"]))
@settings(deadline=None, max_examples=150)
def test_damage_inside_one_record_spares_the_others(
    data: st.DataObject, damaged: int, how: str
) -> None:
    """Bytes lost, added or changed inside one record cost at most that record."""
    texts = [ONE.encode(), TWO.encode(), THREE.encode()]
    record = texts[damaged]
    at = data.draw(st.integers(1, len(record) - 2))
    size = data.draw(st.integers(0 if how == "insert" else 1, 30))
    added = b"" if how == "delete" else data.draw(st.binary(min_size=1, max_size=6))
    texts[damaged] = record[:at] + added + record[min(at + size, len(record) - 1) :]
    shape = data.draw(st.sampled_from([b'{"Records":[%s]}', b"[%s]", b"%s"]))
    joint = b"\n" if shape == b"%s" else b","
    reading = read(shape % joint.join(texts), "record")
    kept = [text.encode() for text in reading.frame["record"].to_list()]
    for number, text in enumerate(texts):
        assert number == damaged or text in kept
    assert texts[damaged] in kept or reading.problems or _is_other_text(texts[damaged], kept)


def _is_other_text(record: bytes, kept: list[bytes]) -> bool:
    """Tell whether the damaged record was read with its odd bytes shown as U+FFFD."""
    return record.decode("utf-8", "replace").encode() in kept


@given(st.data(), st.sampled_from([records(ONE, TWO), f"{ONE}\n{TWO}", f'{{"detail": {ONE}}}']))
@settings(deadline=None, max_examples=100)
def test_random_damage_never_raises(data: st.DataObject, whole: str) -> None:
    """Whatever bytes are changed, reading ends, and what is missing is reported."""
    text = bytearray(whole.encode())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text) - 1))
        text[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    reading = read(bytes(text), *data.draw(PROJECTIONS))
    expected = whole.count("eventVersion")
    assert reading.frame.height >= expected or reading.problems


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
@BRIEF
def test_any_bytes_never_raise(data: bytes) -> None:
    """Any bytes at all are events, a problem, or blank: white space, marks, brackets."""
    reading = read(data)
    is_blank = not data.strip(b"{}[] ,\r\n\t\0\x1e\xef\xbb\xbf\xfe\xff")
    assert reading.frame.height or reading.problems or is_blank
