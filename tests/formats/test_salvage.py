"""What is still whole in torn text, and what is not."""

from __future__ import annotations

import pytest

from tests.formats.reading import named, records
from trailnb.formats import salvage
from trailnb.formats.json_text import checked_end
from trailnb.formats.salvage import pieces

ONE, TWO, THREE = named("One"), named("Two"), named("Three")
#: A record that stops inside a string.
TORN = ONE[: ONE.index("alice")]


def whole(text: str) -> list[str]:
    """Which values are whole?"""
    return [piece.text for piece in pieces(text) if not piece.fault]


def faults(text: str) -> list[int]:
    """Where are the stretches that are none?"""
    return [piece.start for piece in pieces(text) if piece.fault]


@pytest.mark.parametrize(
    "text",
    [f"{ONE}{TWO}{THREE}", f"{ONE}\n{TWO}\r\n\r\n{THREE}\n", f"\ufeff{ONE},\n{TWO},{THREE},"],
    ids=["concatenated", "lines", "commas"],
)
def test_values_one_after_another(text: str) -> None:
    """Concatenated values, lines of values and values with commas between them are all whole."""
    assert whole(text) == [ONE, TWO, THREE]
    assert faults(text) == []


def test_one_whole_file_is_one_value() -> None:
    """Text that is whole stays in one piece."""
    assert whole(records(ONE, TWO)) == [records(ONE, TWO)]


@pytest.mark.parametrize(
    "text",
    [
        f'{{"Records":[{ONE}{TWO},{THREE}]}}',
        f'{{"Records":[{ONE}}},{TWO}]}},{THREE}]}}',
        f'{{"Records":[{ONE},{TWO},{THREE},]}}',
        f'{{"Records":[{ONE},{TWO},{THREE}',
        f"[{ONE},{TWO},{THREE}",
        f'{{"Records" : [ \n{ONE},\n{TWO},\n{THREE}\n',
    ],
    ids=["no-comma", "extra-braces", "trailing-comma", "no-end", "array", "pretty"],
)
def test_damage_between_records_costs_no_record(text: str) -> None:
    """Whatever is missing or too much between records, each record is whole."""
    assert whole(text) == [ONE, TWO, THREE]


@pytest.mark.parametrize("behind", ["", ",", ",\n  "])
@pytest.mark.parametrize("head", ['{"Records":[', "[", '{ "Events" : ['])
def test_cut_between_two_records_is_said(head: str, behind: str) -> None:
    """A file that is cut off just behind a record, or before the first, ends in a fault."""
    for text in (head + ONE + behind, head):
        assert faults(text) == [len(text)]
        assert faults(f"{text}]" + "}" * head.count("{")) == []


def test_torn_end_is_said_once() -> None:
    """Where the last record is torn, that it is the last needs no second fault."""
    assert len(faults(records(ONE, TWO)[:-20])) == 1


def test_garbage_between_records_is_said() -> None:
    """What stands between records and is no JSON is a fault at its place."""
    text = f'{{"Records":[{ONE},@@@@,{TWO}]}}'
    assert whole(text) == [ONE, TWO]
    assert faults(text) == [text.index("@@@@")]


@pytest.mark.parametrize("behind", ["", ",", "\n"])
def test_torn_record_costs_only_itself(behind: str) -> None:
    """A record torn in the middle is a fault; those before and behind it are whole."""
    text = f'{{"Records":[{TWO},{TORN}{behind}{THREE}]}}'
    assert whole(text)[:2] == [TWO, THREE]
    assert faults(text)[0] == len('{"Records":[') + len(TWO) + 1


def test_pasted_text_without_its_beginning() -> None:
    """A paste whose first record is cut off and that ends in a prompt keeps the rest."""
    text = f'cipal": "x"}}, "eventName": "Cut"}},{TWO},{THREE}]}}\nuser@host:~$ '
    assert whole(text)[-2:] == [TWO, THREE]
    assert faults(text)


def test_record_may_begin_with_any_field_on_its_own_line() -> None:
    """Behind a torn line the next line is read, with whatever field it begins."""
    shipped = '{"@timestamp": "x", ' + TWO[1:]
    assert whole(f"{TORN}\n{shipped}\n{THREE}") == [shipped, THREE]


def test_torn_subscription_keeps_its_whole_log_events() -> None:
    """The log events before the tear of a CloudWatch subscription are whole."""
    one = '{"id": "1", "timestamp": 1, "message": "{}"}'
    two = one.replace("1", "2")
    text = f'{{"messageType": "DATA_MESSAGE", "logEvents": [{one}, {two}, {{"id": "3", "ti'
    assert whole(text) == [one, two]
    assert faults(text) == [0, text.rindex('{"id"')]


@pytest.mark.parametrize(
    "text",
    [
        '{"a":[' * 20_000,
        "[" * 50_000,
        "[1 " * 10_000,
        '{"eventName":' * 10_000,
        '{"eventName":[' * 10_000,
        '"\\"' * 30_000,
        '"' + "\\" * 60_001,
        "{ " * 30_000,
        '{"eventName":"\\"' + '{"' * 30_000,
    ],
)
def test_hostile_text_costs_bounded_work(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """However text nests and tears, it is gone through a bounded number of times."""
    looked_at = 0

    def counted(text: str, start: int) -> int:
        nonlocal looked_at
        try:
            end = checked_end(text, start)
        except salvage.TornError as torn:
            looked_at += torn.position - start
            raise
        looked_at += end - start
        return end

    monkeypatch.setattr(salvage, "checked_end", counted)
    found = list(pieces(text))
    assert looked_at <= (salvage._MAX_EFFORT + 2) * len(text)
    assert found[-1].start + len(found[-1].text) >= len(text.rstrip())


def test_pieces_never_overlap() -> None:
    """Pieces follow each other: nothing is told twice."""
    text = f"{TORN}{TWO}{TORN}\n{THREE}@@"
    at = 0
    for piece in pieces(text):
        assert piece.start >= at
        assert text.startswith(piece.text, piece.start)
        at = piece.start + len(piece.text)
