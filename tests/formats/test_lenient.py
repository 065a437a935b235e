"""Odd files, read exactly: no record lost, no damage hidden."""

from __future__ import annotations

import json

import pytest

from tests.formats.reading import ALL, named, read, records, with_field
from trailnb.facts.columns import BY_NAME, COLUMNS
from trailnb.formats.lenient import LenientReader

TEXTS = [column for column in COLUMNS if column.kind == "text"]
FLAGS = [column.name for column in COLUMNS if column.kind == "flag"]
ONE, TWO = named("One"), named("Two")


def at(path: tuple[str, ...], value: object) -> object:
    """What is the object that holds this value at this path?"""
    return {path[0]: at(path[1:], value)} if path else value


def said(text: str | bytes, *columns: str) -> list[tuple[str, str, int | None, int | None]]:
    """What was reported: reason, severity, position in bytes, row?"""
    return [
        (one.reason, one.severity, one.position_bytes, one.log_index)
        for one in read(text, *columns).problems
    ]


@pytest.mark.parametrize("column", TEXTS, ids=lambda column: column.name)
@pytest.mark.parametrize("value", ['["a", 1.50]', '{"a":null}', "17", "1.10", "true"])
def test_other_value_is_kept_as_its_text(column: object, value: str) -> None:
    """What stands where text is due is kept as its JSON text, byte for byte, and noted."""
    text = json.dumps(at(column.path, "@")).replace('"@"', value)
    record = '{"eventVersion":"1.11",' + text[1:]
    if column.name == "event_version":
        record = '{"awsRegion":"eu-central-1",' + text[1:]
    reading = read(record)
    assert reading.cell(column.name) == value
    noted = [one for one in reading.problems if one.severity == "note"]
    assert f"{'.'.join(column.path)} is no text; its JSON text was kept" in {
        one.reason for one in noted
    }
    assert {one.log_index for one in noted} == {0}


def test_user_agent_in_a_list() -> None:
    """A list of agents is one text; the records beside it are untouched."""
    odd = named("Odd", userAgent=["a", "b"])
    text = records(ONE, odd, TWO)
    reading = read(text)
    plain = "aws-cli/2.31.0"
    assert reading.frame["user_agent"].to_list() == [plain, '["a", "b"]', plain]
    assert said(text) == [
        ("userAgent is no text; its JSON text was kept", "note", text.index(odd), 1)
    ]


@pytest.mark.parametrize("name", FLAGS)
@pytest.mark.parametrize("value", ['"maybe"', "1", "[true]", '""'])
def test_flag_that_is_none_is_null_and_noted(name: str, value: str) -> None:
    """What is neither true nor false is null, with a note that says what stands there."""
    path = BY_NAME[name].path
    text = json.dumps(at(path, "@")).replace('"@"', value)
    reading = read('{"eventVersion":"1.11",' + text[1:])
    assert reading.cell(name) is None
    assert f"{'.'.join(path)} is neither true nor false: {value}" in reading.reasons()


@pytest.mark.parametrize("written", ['"\\u0074rue"', '"tru\\u0065"', '"TRUE"'])
def test_flag_spelt_with_escapes(written: str) -> None:
    """A flag's text may be escaped like any other."""
    odd = named("Odd", userAgent=["a"])[:-1] + f', "sessionCredentialFromConsole": {written}}}'
    assert read(odd).cell("session_credential_from_console") is True


@pytest.mark.parametrize("value", ["null", '"alice"', "[]", "17"])
def test_identity_that_is_no_object(value: str) -> None:
    """An identity that is no object fills no column of its own and is kept as its text."""
    reading = read(records(ONE, with_field(f'"userIdentity": {value}'), TWO))
    assert reading.frame["user_identity"][1] == value
    assert reading.frame["user_type"].to_list() == ["IAMUser", None, "IAMUser"]


@pytest.mark.parametrize("value", ['""', "null", '"arn:aws:s3:::acme"', '[{"arn": "x"}, "y"]'])
def test_odd_resources_are_kept(value: str) -> None:
    """Resources in any shape are one text."""
    assert read(with_field(f'"resources": {value}')).cell("resources") == value


def test_record_without_version() -> None:
    """A record that has lost its version is known by its other fields."""
    reading = read(records(named("One", eventVersion=None), TWO))
    assert reading.frame["event_version"].to_list() == [None, "1.11"]
    assert reading.problems == []


def test_corrupt_version_key() -> None:
    """A corrupt key is kept beside the rest of its record."""
    reading = read(ONE.replace("eventVersion", "eventVers|ion"))
    assert reading.cell("event_version") is None
    assert reading.cell("extra") == '{"eventVers|ion":"1.11"}'


def test_logstash_record() -> None:
    """A record that a shipper gave its own time keeps its row, without an event time."""
    text = '{"@timestamp":"2026-11-02T09:00:00Z",' + named("A", eventTime=None)[1:]
    reading = read(text)
    assert reading.cell("event_time") is None
    assert reading.cell("extra") == '{"@timestamp":"2026-11-02T09:00:00Z"}'
    assert said(text) == [("event_time is missing", "warning", None, 0)]


@pytest.mark.parametrize("text", [ONE, records(ONE, TWO), f"{ONE}\n{TWO}\n"])
def test_byte_order_mark(text: str) -> None:
    """A byte order mark changes nothing, in UTF-8 and in UTF-16 of either order."""
    plain = read(text).frame
    marked = "\ufeff" + text
    for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
        reading = read(marked.encode(encoding))
        assert reading.frame.equals(plain)
        assert reading.problems == []


def test_byte_order_mark_before_each_line() -> None:
    """Files joined one behind the other keep their marks between them."""
    assert read(f"\ufeff{ONE}\n\ufeff{TWO}\n").names() == ["One", "Two"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16-le", "utf-16-be"])
def test_position_counts_bytes_of_the_file(encoding: str) -> None:
    """A position counts the file's own bytes: marks, other letters, and two bytes a letter."""
    text = records(named("Zoë 한국어 😀"), "@@@", TWO)
    mark = "\ufeff" if encoding.startswith("utf-16") else ""
    data = (mark + text).encode(encoding)
    [(reason, severity, position, _)] = said(data)
    assert data[position:].startswith("@@@".encode(encoding.removesuffix("-sig")))
    assert (reason, severity) == ("torn JSON: Expecting value", "error")


def test_positions_in_any_order() -> None:
    """Notes of rows and errors between them each have their own place."""
    odd = '{"eventVersion": "1.11", "eventTime": "2026-11-02T09:00:00Z", "userAgent": ["ü"]}'
    text = f"{odd}\n@é@\n{odd}\n"
    data = text.encode()
    places = [position for _, _, position, _ in said(data)]
    assert sorted(places) == [
        0,
        data.index("@é@".encode()),
        data.index(b"\n", 0) + 1 + len("@é@\n".encode()),
    ]


def test_invalid_utf8_is_replaced_and_said() -> None:
    """Bytes that are no UTF-8 become U+FFFD, and their first place is a warning."""
    data = records(named("O@ne"), TWO).encode().replace(b"@", b"\xff")
    assert read(data).names() == ["O\ufffdne", "Two"]
    reason = "bytes that are no UTF-8 text were replaced by U+FFFD"
    assert said(data) == [(reason, "warning", data.index(b"\xff"), None)]


@pytest.mark.parametrize("columns", [ALL, ("event_name",)])
def test_lone_surrogate_is_spelt_out(columns: tuple[str, ...]) -> None:
    """Half a surrogate pair, which no UTF-8 can hold, is shown by its escape."""
    broken = ONE.replace('"One"', '"a\\ud83db"').replace("aws-cli", "\\udc00")
    reading = read(records(broken, TWO), *columns)
    assert reading.names() == ["a\\ud83db", "Two"]
    assert reading.problems == []


def test_lone_surrogate_inside_text() -> None:
    """Half a pair in a record that travels as text does no harm either."""
    inner = with_field('"requestParameters": {"a": "\\ud800"}')
    reading = read(json.dumps({"_raw": inner}))
    assert reading.cell("request_parameters") == '{"a": "\\ud800"}'
    raw = json.dumps({"_raw": inner.replace("\\ud800", "\ud800")})
    assert read(raw).cell("request_parameters") == '{"a": "\\ud800"}'


@pytest.mark.parametrize("control", ["\n", "\t", "\x00", "\x1f"])
def test_control_character_in_a_string(control: str) -> None:
    """A raw control character inside a string is kept, as real logs hold them."""
    record = ONE.replace("aws-cli", f"aws{control}cli")
    reading = read(records(record, TWO))
    assert reading.frame["user_agent"][0] == f"aws{control}cli/2.31.0"
    assert reading.frame["record"][0] == record


@pytest.mark.parametrize(
    "number", ["9" * 5_000, "1e99999", "-0.0", "1.50", "NaN", "-Infinity", "0.1e-400"]
)
def test_number_of_any_size_is_kept(number: str) -> None:
    """A number that no machine holds is text like any other."""
    record = with_field(f'"requestParameters": {{"n": {number}}}')
    assert read(records(record, TWO)).frame["request_parameters"][0] == f'{{"n": {number}}}'


def test_unquoted_keys_are_torn() -> None:
    """JavaScript is no JSON: its record is lost and said, its neighbours are not."""
    broken = '{eventVersion: "1.08", eventName: "Broken"}'
    reading = read(records(ONE, broken, TWO))
    assert reading.names() == ["One", "Two"]
    assert [severity for _, severity, _, _ in said(records(ONE, broken, TWO))] == ["error"]


def test_torn_file_by_its_name_is_an_error() -> None:
    """Text that is no JSON is a note, unless the key says that it should have been events."""
    [problem] = read("�garbage", key="AWSLogs/1/CloudTrail/x.json.gz").problems
    assert problem.severity == "error"
    [problem] = read("�garbage", key="LICENSE").problems
    assert problem.severity == "note"


def test_all_columns_or_one_find_the_same_records() -> None:
    """Which columns are wanted changes nothing about which records there are."""
    text = records(ONE, '{"a": "b"}', named("Odd", userAgent=1), "@", TWO)
    for columns in (ALL, ("event_name",), ("event_name", "record")):
        assert read(text, *columns).names() == ["One", "Odd", "Two"]


def test_reader_appends_to_the_cells_of_other_files() -> None:
    """Cells grow file by file; problems name their file."""
    reader = LenientReader(("event_name", "log_file"))
    cells: dict[str, list] = {"event_name": []}
    assert reader.read("a.json", ONE.encode(), cells) == (1, [])
    count, problems = reader.read("b.json", f"{TWO}@".encode(), cells)
    assert (count, cells) == (1, {"event_name": ["One", "Two"]})
    assert [problem.log_file for problem in problems] == ["b.json"]
