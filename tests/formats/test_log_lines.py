"""Exports of CloudWatch Logs: a time, a space, a record."""

from __future__ import annotations

import json

import pytest

from tests.evidence import event
from tests.formats.reading import named, read

ONE, TWO = named("One"), named("Two")
AT = "2026-11-02T09:00:00.123Z "


def said(text: str) -> list[tuple[str, str, int | None]]:
    """What was reported: reason, severity, position?"""
    return [(one.reason, one.severity, one.position_bytes) for one in read(text).problems]


@pytest.mark.parametrize(
    "text",
    [
        f"{AT}{ONE}\n{AT}{TWO}\n",
        f"{AT}{ONE}\r\n{AT}{TWO}",
        f"\ufeff{AT}{ONE}\n{AT}{TWO}\n",
        f"\n{AT}{ONE}\n\n{AT}{TWO}\n",
        f"2026-11-02T09:00:00Z {ONE}\n2020-01-01T00:00:00.000Z {TWO}\n",
    ],
)
def test_records_come_out_byte_for_byte(text: str) -> None:
    """Each line gives its record; the export's own time is not the event's."""
    reading = read(text)
    assert reading.frame["record"].to_list() == [ONE, TWO]
    assert {str(one) for one in reading.frame["event_time"]} == {"2026-11-02 09:00:00+00:00"}
    assert reading.problems == []


def test_message_of_several_lines() -> None:
    """A line without a time goes on with the message before."""
    pretty = json.dumps(event(), indent=2)
    assert read(f"{AT}{pretty}\n{AT}{TWO}\n").frame["record"].to_list() == [pretty, TWO]


def test_damage_costs_its_line() -> None:
    """A torn message and one of another kind are errors at their place; the rest is read."""
    before = f"{AT}{ONE}\n{AT}"
    text = f"{before}{TWO[:100]}\n{AT}START RequestId: 1\n{AT}\n{AT}{TWO}\n"
    reading = read(text)
    assert reading.names() == ["One", "Two"]
    assert [(severity, position) for _, severity, position in said(text)] == [
        ("error", len(before)),
        ("error", text.index("START")),
        ("error", text.index(AT + "\n") + len(AT)),
    ]


def test_export_of_another_group_is_one_note() -> None:
    """Messages that are no records are named once."""
    reason = "not CloudTrail events: an export from CloudWatch Logs of other messages"
    assert said(f"{AT}START RequestId: 1\n{AT}END RequestId: 1\n") == [(reason, "note", 0)]


def test_write_test_file_is_a_note() -> None:
    """The file by which an export tests its bucket is named as that."""
    [(reason, severity, _)] = said("Permission Check Successful\n")
    assert "tests that it may write" in reason
    assert severity == "note"


@pytest.mark.parametrize("text", ["2026-11-02 backup done", "2026-11-02T09:00:00.123Z", "2026"])
def test_other_text_that_begins_with_a_time(text: str) -> None:
    """A date alone makes no export."""
    assert [severity for _, severity, _ in said(text)] == ["note"]
