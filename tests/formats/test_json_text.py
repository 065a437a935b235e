"""JSON text, cut into the exact text of its values."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trailnb.formats import json_text
from trailnb.formats.json_text import (
    TornError,
    checked_end,
    fields_of,
    items_of,
    storable,
    text_of,
    value_end,
)

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
SPELLINGS = st.sampled_from(
    [
        {"ensure_ascii": True},
        {"ensure_ascii": False, "separators": (",", ":")},
        {"ensure_ascii": True, "indent": 3},
    ]
)


@given(VALUES, SPELLINGS, st.sampled_from(["", " ,", "}", "]", "\n{"]))
@settings(deadline=None, max_examples=150)
def test_value_ends_where_json_says(value: object, spelling: dict, behind: str) -> None:
    """A value ends where the JSON module says it ends, whatever stands behind it."""
    text = json.dumps(value, **spelling)
    assert value_end(text + behind, 0) == len(text)
    assert checked_end(text + behind, 0) == len(text)


@given(st.dictionaries(st.text(), VALUES, max_size=5), SPELLINGS)
@settings(deadline=None, max_examples=100)
def test_fields_keep_their_text(fields: dict, spelling: dict) -> None:
    """Every field's text is a slice of the object's text and says the same value."""
    text = json.dumps(fields, **spelling)
    found = fields_of(text)
    assert {name: json.loads(value) for name, value in found.items()} == fields
    assert all(value in text for value in found.values())


@given(st.lists(VALUES, max_size=5), SPELLINGS)
@settings(deadline=None, max_examples=100)
def test_items_keep_their_text_and_place(items: list, spelling: dict) -> None:
    """Every item's text stands at the place that is told."""
    text = json.dumps(items, **spelling)
    found = list(items_of(text))
    assert [json.loads(item) for _, item in found] == items
    assert all(text.startswith(item, at) for at, item in found)


@pytest.mark.parametrize(
    "text", ['{"a" : 1.50}', '{"a" : "\\u0041\\/"}', '{"a" : [ 1,\n2 ]}', '{"a" : 1E5}']
)
def test_field_is_byte_for_byte(text: str) -> None:
    """Odd spacing, trailing zeros and escapes stay as CloudTrail wrote them."""
    assert fields_of(text)["a"] == text[len('{"a" : ') : -1]


def test_last_of_a_repeated_key_counts() -> None:
    """Of a key that stands twice in one object the last one counts."""
    assert fields_of('{"a": 1, "b": 2, "a": 3}') == {"a": "3", "b": "2"}


def test_empty_object_and_array() -> None:
    """What is empty has no fields and no items."""
    assert fields_of("{ }") == {}
    assert list(items_of("[ ]")) == []


def test_control_characters_stand_in_strings() -> None:
    """A raw line feed or tab inside a string is no reason to stop."""
    text = '{"a": "one\ntwo\x01"}'
    assert checked_end(text, 0) == len(text)
    assert text_of(fields_of(text)["a"]) == "one\ntwo\x01"


def test_number_of_five_thousand_digits() -> None:
    """A number has no limit of digits."""
    text = "[" + "9" * 5_000 + "]"
    assert checked_end(text, 0) == len(text)


@pytest.mark.parametrize("levels", [300, 100_000])
def test_nesting_has_no_limit(levels: int) -> None:
    """Brackets are matched however deep they nest."""
    text = '{"a":' * levels + "1" + "}" * levels
    assert value_end(text + ",", 0) == len(text)
    assert checked_end(text + ",", 0) == len(text)
    assert list(fields_of(text)) == ["a"]


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ('{"a": }', 6),
        ('{"a" 1}', 5),
        ('{"a": 1 "b": 2}', 8),
        ('{"a": 1, }', 9),
        ('{"a": "\\x"}', 7),
        ("[1, 2", 5),
    ],
)
def test_torn_text_tells_where(text: str, position: int) -> None:
    """Text that stops being JSON says where it stops."""
    with pytest.raises(TornError) as torn:
        checked_end(text, 0)
    assert torn.value.position == position


@pytest.mark.parametrize("text", ["[1", '{"a": 1', '"abc', "[}", "nothing", ""])
def test_value_without_end(text: str) -> None:
    """A value that does not end, or is none, is torn."""
    with pytest.raises(TornError):
        value_end(text, 0)


@pytest.mark.parametrize("text", ["{1: 2}", '{"a" 1}', '{"a": 1 "b": 2}', '{"a": 1', "{"])
def test_object_that_is_none(text: str) -> None:
    """An object that is not whole has no fields."""
    with pytest.raises(TornError):
        fields_of(text)


def test_array_without_comma() -> None:
    """Items without a comma between them are torn, after the first."""
    found = items_of("[1 2]")
    assert next(found) == (1, "1")
    with pytest.raises(TornError):
        next(found)


@given(VALUES, st.integers(1, 40), st.data())
@settings(deadline=None, max_examples=150)
def test_windows_change_nothing(value: object, window: int, data: st.DataObject) -> None:
    """A value is checked in windows, with the same end or the same tear as in one go."""
    text = json.dumps([value], ensure_ascii=False)
    torn = text[: data.draw(st.integers(0, len(text)))] + data.draw(st.sampled_from(["", "#", "]"]))
    with pytest.MonkeyPatch.context() as patch:
        seen = []
        for size in (1 << 20, window + json_text._LONGEST_TOKEN):
            patch.setattr(json_text, "_WINDOW", size)
            seen.append(_end_or_tear(torn))
    assert seen[0] == seen[1]


def _end_or_tear(text: str) -> tuple[int, str]:
    try:
        return checked_end(text, 0), "whole"
    except TornError as torn:
        return torn.position, torn.reason


def test_text_behind_is_not_looked_at() -> None:
    """A tear costs what stands in its window, however much text precedes and follows it."""
    text = " " * 100_000 + '{"a" 1}' + " " * 100_000
    with pytest.raises(TornError) as torn:
        checked_end(text, 100_000)
    assert torn.value.position == 100_005


@pytest.mark.parametrize(
    ("value", "shown"),
    [('"null"', "null"), ("null", None), ('["x"]', '["x"]'), ("1.50", "1.50"), ('""', "")],
)
def test_text_cell_of_any_value(value: str, shown: str | None) -> None:
    """The text null and a JSON null differ; what is no string shows its own text."""
    assert text_of(value) == shown


@given(st.text(st.characters()))
@settings(deadline=None, max_examples=100)
def test_storable_text_fits_utf8(text: str) -> None:
    """What a UTF-8 column cannot hold is spelt out; all other text stays as it is."""
    kept = storable(text)
    assert kept.encode().decode() == kept
    assert kept == text or any("\ud800" <= letter <= "\udfff" for letter in text)
