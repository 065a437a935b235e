"""Tables of events: the console's, Athena's and Lake's, and what spreadsheets leave of them."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.evidence import event, role
from tests.formats.reading import Reading, named, read
from trailnb.formats.tables import table_of

if TYPE_CHECKING:
    from collections.abc import Sequence

REBUILT = "records were rebuilt from columns; they are not CloudTrail's own text"
SHORT = (
    "User name", "AWS access key", "Event time", "Event source", "Event name", "AWS region",
    "Source IP address", "User agent",
)  # fmt: skip
LONG = (
    "Event ID", "Event time", "User name", "AWS access key", "Event name", "Event source",
    "Resources", "Read-only", "AWS region", "Error code", "Source IP address", "Request ID",
    "Recipient account ID",
)  # fmt: skip
ROW = {
    "Event ID": "11111111-1111-4111-8111-111111111111",
    "Event time": "2020-05-13, 04:52:01 PM",
    "User name": "alice",
    "AWS access key": "AKIAIOSFODNN7EXAMPLE",
    "Event name": "PutBucketPolicy",
    "Event source": "s3.amazonaws.com",
    "Resources": '[{"resourceType":"AWS::S3::Bucket","resourceName":"acme, \\"x\\""}]',
    "Read-only": "false",
    "AWS region": "eu-central-1",
    "Error code": "AccessDenied",
    "Source IP address": "198.51.100.7",
    "Request ID": "ABC",
    "Recipient account ID": "111122223333",
    "User agent": "[aws-cli/2.31.0, \n Linux]",
}


def table(names: Sequence[str], *changes: dict[str, str], **how: object) -> str:
    """What does the console export: a row like ROW for each of these changes?"""
    out = io.StringIO(newline="")
    writer = csv.writer(out, **how)
    writer.writerow(names)
    writer.writerows([(ROW | change)[name] for name in names] for change in changes)
    return out.getvalue()


def raw(head: str, *lines: str) -> str:
    """What is the text of these lines?"""
    return "\n".join([head, *lines, ""])


def warnings(reading: Reading) -> list[str]:
    """What was damaged?"""
    return [problem.reason for problem in reading.problems if problem.severity == "warning"]


def test_short_layout() -> None:
    """The eight columns of the console, commas and line breaks in a cell included."""
    reading = read(table(SHORT, {}))
    assert reading.cell("user_name") == "alice"
    assert reading.cell("access_key_id") == "AKIAIOSFODNN7EXAMPLE"
    assert reading.cell("user_agent") == ROW["User agent"]
    assert reading.cell("source_ip_address") == "198.51.100.7"
    assert str(reading.cell("event_time")) == "2020-05-13 16:52:01+00:00"
    assert reading.cell("extra") is None
    assert [(one.reason, one.severity) for one in reading.problems] == [(REBUILT, "note")]


@pytest.mark.parametrize("names", [LONG, LONG[::-1], LONG[4:] + LONG[:2]])
def test_long_layout_in_any_order(names: tuple[str, ...]) -> None:
    """More columns in any order; none is required."""
    reading = read(table(names, {}, {"Event time": "2024-04-16T22:18:03Z", "Read-only": "TRUE"}))
    assert reading.names() == ["PutBucketPolicy"] * 2
    assert reading.frame["event_id"][0] == ROW["Event ID"]
    assert reading.frame["read_only"].to_list() == [False, True]
    assert reading.frame["resources"][0] == ROW["Resources"]
    assert reading.frame["recipient_account_id"][0] == "111122223333"
    assert reading.reasons() == [REBUILT]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("before", ["", "\ufeff", "\r\n"])
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
def test_dialects(delimiter: str, before: str, quoting: int) -> None:
    """Separators, quotes and a byte order mark change nothing."""
    text = before + table(LONG, {}, {"Error code": ""}, delimiter=delimiter, quoting=quoting)
    reading = read(text)
    assert reading.frame["error_code"].to_list() == ["AccessDenied", None]
    assert reading.reasons() == [REBUILT]
    assert reading.frame["record"].to_list() == read(table(LONG, {}, {"Error code": ""})).frame[
        "record"
    ].to_list()  # fmt: skip


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
def test_encodings(encoding: str) -> None:
    """What a spreadsheet saves as Unicode text is read, positions counting its bytes."""
    text = "\ufeff" + table(LONG, {"User name": "Zoë"}, {}, delimiter="\t") + '"\t\n'
    data = text.encode(encoding)
    reading = read(data)
    assert reading.frame["user_name"].to_list() == ["Zoë", "alice"]
    [error] = [one for one in reading.problems if one.severity == "error"]
    assert data[error.position_bytes :].decode(encoding) == '"\t\n'


def test_told_delimiter() -> None:
    """The line that tells a spreadsheet the separator is no header."""
    assert read("sep=;\n" + table(SHORT, {}, delimiter=";")).names() == ["PutBucketPolicy"]


def test_empty_cells_are_absent() -> None:
    """An empty cell is a field that is not there; other rows keep theirs."""
    reading = read(table(SHORT, {"User name": "", "AWS access key": ""}, {}))
    assert reading.frame["user_name"].to_list() == [None, "alice"]
    assert reading.frame["user_identity"][0] is None


@pytest.mark.parametrize(
    ("column", "cell", "name", "kept", "reason"),
    [
        ("Recipient account ID", "5.28758E+11", "recipient_account_id", None, "rounded recip"),
        ("Recipient account ID", "5,28758E+11", "recipient_account_id", None, "rounded recip"),
        ("Event ID", "1E+12", "event_id", None, "rounded eventID to 1E+12"),
        ("Request ID", "1.23E+15", "request_id", None, "rounded requestID"),
        ("AWS access key", "#NAME?", "access_key_id", None, "#NAME? in place of userIdentity.acc"),
        ("User name", "#REF!", "user_name", None, "#REF! in place of userIdentity.userName"),
        ("Event name", "########", "event_name", None, "######## in place of eventName"),
        ("Recipient account ID", "12345678901", "recipient_account_id", "12345678901", "11 digits"),
        ("Recipient account ID", "7", "recipient_account_id", "7", "1 digits, not 12"),
        ("User name", "=cmd|'/c calc'!A1", "user_name", "=cmd|'/c calc'!A1", "like a formula"),
        ("Event time", "5/13/2020 16:52", "event_time", None, "names no moment"),
    ],
)
def test_spreadsheet_damage_is_said(
    column: str, cell: str, name: str, kept: object, reason: str
) -> None:
    """What a spreadsheet rounded, cut or replaced is null or kept, and said with its row."""
    text = table(LONG, {}, {column: cell}, {})
    reading = read(text)
    assert reading.frame[name][1] == kept
    assert reading.frame[name][0] == reading.frame[name][2] != kept
    [problem] = [one for one in reading.problems if one.severity == "warning"]
    assert reason in problem.reason
    assert problem.log_index == 1


@pytest.mark.parametrize(
    ("column", "cell", "name", "kept"),
    [
        ("Recipient account ID", '="012345678901"', "recipient_account_id", "012345678901"),
        ("User name", "1E+5", "user_name", "1E+5"),
        ("User name", "+bob@example.com", "user_name", "+bob@example.com"),
        ("User name", "HIDDEN_DUE_TO", "user_name", "HIDDEN_DUE_TO"),
        ("Read-only", "FALSE", "read_only", False),
        ("Source IP address", "-", "source_ip_address", "-"),
    ],
)  # fmt: skip
def test_what_looks_like_damage_and_is_none(
    column: str, cell: str, name: str, kept: object
) -> None:
    """Capitals, signs and protected numbers are certain, and nothing is said of them."""
    reading = read(table(LONG, {column: cell}))
    assert reading.cell(name) == kept
    assert reading.reasons() == [REBUILT]


def test_rows_in_are_rows_out_and_rejects() -> None:
    """Broken, long and foreign rows are errors at their place; their neighbours are read."""
    good = '1,GetUser,iam.amazonaws.com,"2026-11-02T09:00:00Z"'
    text = raw(
        "Event ID,Event name,Event source,Event time",
        good,
        '2,Get"User,iam.amazonaws.com,2026-11-02T09:00:00Z',
        '3,"GetUser,iam.amazonaws.com,2026-11-02T09:00:00Z',
        good,
        "4,GetUser,iam.amazonaws.com,2020-05-13, 04:52:01 PM",
        ",,,",
        "",
        "5,GetUser,iam.amazonaws.com,2026-11-02T09:00:00Z,,",
        "6,GetUser",
    )
    reading = read(text)
    assert reading.frame["event_id"].to_list() == ["1", "2", "1", "5", "6"]
    errors = [
        (one.reason, one.position_bytes) for one in reading.problems if one.severity == "error"
    ]
    assert [position for _, position in errors] == [text.index("3,"), text.index("4,GetUser")]
    assert errors[0][0].startswith("a row of the table is broken")
    assert errors[1][0] == "a row of 5 cells under 4 column names"
    assert "a row of 2 cells under 4 column names" in warnings(reading)


def test_row_cut_off_at_the_end() -> None:
    """The last row of a torn file is kept as far as it goes, and said to be cut."""
    text = table(LONG, {}, {}).rstrip("\r\n")
    reading = read(text[: text.rindex(",eu-central-1") + 4])
    assert reading.frame["aws_region"].to_list() == ["eu-central-1", "eu-"][: reading.frame.height]
    assert any("the last may be cut off" in reason for reason in warnings(reading))


def test_lines_of_a_broken_row_make_no_events() -> None:
    """What is left of a row that broke inside a quoted cell is refused, not read as a row."""
    text = raw(
        "Event ID,Event name,Event source,User agent",
        '1,GetUser,iam.amazonaws.com,"a\nb"c',
        "2,GetUser,iam.amazonaws.com,x",
    )
    reading = read(text)
    assert reading.frame["event_id"].to_list() == ["2"]
    assert len([one for one in reading.problems if one.severity == "error"]) == 2


IDENTITY = (
    "{type=AssumedRole, principalid=AROAEXAMPLE:s, arn=arn:aws:sts::111122223333:assumed-role/r/s, "
    "accountid=111122223333, invokedby=null, accesskeyid=ASIAEXAMPLE, username=null, "
    "sessioncontext={attributes={mfaauthenticated=false, creationdate=2026-11-02T08:00:00Z}, "
    "sessionissuer={type=Role, principalid=AROAEXAMPLE, arn=arn:aws:iam::111122223333:role/r, "
    "accountid=111122223333, username=r}}}"
)
ATHENA = {
    "eventversion": "1.11",
    "useridentity": IDENTITY,
    "eventtime": "2026-11-02T09:00:00Z",
    "eventsource": "s3.amazonaws.com",
    "eventname": "GetObject",
    "requestparameters": '{"bucketName":"acme","key":"a, b"}',
    "responseelements": "null",
    "resources": "[{arn=arn:aws:s3:::acme/x, accountid=null, type=AWS::S3::Object}]",
    "readonly": "true",
    "recipientaccountid": "111122223333",
    "timestamp": "2026/11/02",
}


def athena(*changes: dict[str, str]) -> str:
    """What does Athena save as the result of a query? Every cell quoted, nulls left empty."""
    lines = [",".join(f'"{name}"' for name in ATHENA)]
    for change in changes:
        cells = [value.replace('"', '""') for value in (ATHENA | change).values()]
        lines.append(",".join(f'"{cell}"' if cell else "" for cell in cells))
    return "\n".join(lines) + "\n"


def test_athena_result() -> None:
    """Structs, JSON text and lowered names of Athena become the record's own again."""
    reading = read(athena({}, {"requestparameters": ""}))
    row = reading.frame.row(0, named=True)
    assert row["event_version"] == "1.11"
    assert row["user_arn"] == "arn:aws:sts::111122223333:assumed-role/r/s"
    assert row["session_issuer_arn"] == "arn:aws:iam::111122223333:role/r"
    assert row["mfa_authenticated"] is False
    assert row["request_parameters"] == ATHENA["requestparameters"]
    assert row["response_elements"] == "null"
    assert json.loads(row["resources"]) == [
        {"ARN": "arn:aws:s3:::acme/x", "type": "AWS::S3::Object"}
    ]
    assert row["extra"] == '{"timestamp":"2026/11/02"}'
    assert reading.frame["request_parameters"][1] is None
    assert reading.reasons() == [REBUILT]


def test_athena_struct_that_is_unclear() -> None:
    """An identity that cannot be told apart is kept as it is printed, and said with its row."""
    twice = IDENTITY.replace("username=null", "username=x, arn=y")
    reading = read(athena({}, {"useridentity": twice}))
    assert reading.frame["user_arn"][1] is None
    assert json.loads(reading.frame["user_identity"][1]) == twice
    [problem] = [one for one in reading.problems if one.severity == "warning"]
    assert "userIdentity cannot be taken apart" in problem.reason
    assert problem.log_index == 1


OWN_TEXTS = ["eventjson", "eventJson", "@message", "event.original", "_raw", "CloudTrailEvent"]


@pytest.mark.parametrize("name", OWN_TEXTS)
@pytest.mark.parametrize("more", [(), ("eventname", "eventid", "eventsource")])
def test_own_text_in_a_column(name: str, more: tuple[str, ...]) -> None:
    """A column that holds whole records gives them byte for byte, whatever stands beside it."""
    texts = [named("One", userIdentity=role("r", "s")), json.dumps(event(eventID="2"), indent=1)]
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([*more, name])
    writer.writerows([*("x" for _ in more), text] for text in texts)
    reading = read(out.getvalue())
    assert reading.frame["record"].to_list() == texts
    assert reading.problems == []


def test_own_text_that_a_spreadsheet_cut() -> None:
    """A record cut in its cell is rebuilt from the columns beside it, or lost and said."""
    out = io.StringIO(newline="")
    csv.writer(out).writerows(
        [["eventname", "eventid", "eventsource", "eventjson"], ["A", "1", "s3", named("A")[:200]]]
    )
    reading = read(out.getvalue())
    assert reading.names() == ["A"]
    assert any(
        reason.startswith("rebuilt from columns: text inside") for reason in warnings(reading)
    )
    out = io.StringIO(newline="")
    csv.writer(out).writerows([["eventjson"], [named("A")[:200]], [named("B")]])
    reading = read(out.getvalue())
    assert reading.names() == ["B"]
    assert [(one.severity, one.position_bytes) for one in reading.problems] == [("error", 11)]


@pytest.mark.parametrize(
    "text",
    [
        "Event ID,Event Name,Client Name,Date,Venue\n1,Gala,John,2026-07-15,Hall\n",
        "Event ID,Event Name,Resource Type,Resource Name\n1,Gala,vendor,Royal\n",
        "eventname,_col1\nGetUser,17\n",
        "eventname,sourceipaddress,count\nGetUser,198.51.100.7,17\n",
        "name,value\na,b\n",
        "MIT License\n\nCopyright, the authors\n",
        "message\nhello\n",
        "srcaddr,dstaddr\n198.51.100.7,192.0.2.1\n",
        "",
    ],
)
def test_other_tables_and_prose(text: str) -> None:
    """Calendars, summaries and prose are no tables of events: at most one note says so."""
    assert table_of(text) is None
    reading = read(text)
    assert reading.frame.is_empty()
    assert all(one.severity == "note" for one in reading.problems)
    assert len(reading.problems) == bool(text)


def test_header_alone_is_one_note() -> None:
    """A table without rows holds nothing, and says so."""
    assert read(table(LONG)).reasons() == ["not CloudTrail events: a table of events without rows"]


def test_same_name_twice() -> None:
    """Two columns of one name are both kept."""
    reading = read(raw("eventname,eventid,eventsource,arn,arn", "A,1,s3,x,y"))
    assert json.loads(str(reading.cell("extra"))) == {"arn": "x", "arn (2)": "y"}


VALUES = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(st.lists(st.tuples(VALUES, VALUES, VALUES), min_size=1, max_size=5))
def test_cells_of_random_records_come_back(cells: list[tuple[str, str, str]]) -> None:
    """What a writer writes of random records is in the columns again."""
    names = ["eventID", "userAgent", "errorMessage", "requestParameters.x", "eventSource"]
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(names)
    writer.writerows([str(n), *row, "s3"] for n, row in enumerate(cells))
    reading = read(out.getvalue())
    assert reading.frame["event_id"].to_list() == [str(n) for n in range(len(cells))]
    for name, place in {"user_agent": 0, "error_message": 1}.items():
        assert reading.frame[name].to_list() == [row[place] or None for row in cells]
    for text, row in zip(reading.frame["request_parameters"], cells, strict=True):
        assert (json.loads(text) if text else None) == ({"x": row[2]} if row[2] else None)


HEADS = [
    "eventname,eventid,awsregion\n",
    "\ufeff@message\n",
    "Event name;Event ID;AWS region\n",
    "",
]


@given(st.sampled_from(HEADS), st.text("a1,;\"'{}[]:=\n\r\t# E+\\\x00", max_size=60))
def test_any_text_is_read_or_reported(head: str, text: str) -> None:
    """No text raises, and none passes in silence."""
    reading = read(head + text)
    assert (
        reading.problems
        or not reading.frame.is_empty()
        or not (head + text).strip(" ,]}\n\r\t\x00[{")
    )
