"""Event patterns mean what AWS's own matcher takes them for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.rules.plain_matcher import Json, plainly_matches
from trailnb.errors import RequestError
from trailnb.rules.corners import USUAL, Corners
from trailnb.rules.event_matching import matches, prepared
from trailnb.rules.event_pattern import alternatives_of

VERDICTS = [
    tuple(line.split("\t"))
    for line in Path(__file__).with_name("event_patterns.tsv").read_text("utf-8").splitlines()[1:]
]
MANY = 20_000


def matched(pattern: dict[str, Any] | str, event: Json, corners: Corners = USUAL) -> bool:
    """Does the event match?"""
    return matches(event, prepared(alternatives_of(pattern, corners)[0]))


def refusal(pattern: dict[str, Any] | str) -> str:
    """What is said when the pattern is refused?"""
    with pytest.raises(RequestError) as refused:
        alternatives_of(pattern, USUAL)
    return str(refused.value)


def test_all_verdicts_are_here() -> None:
    """AWS's matcher was asked eighty times."""
    assert len(VERDICTS) == 80


@pytest.mark.parametrize(("verdict", "pattern", "event"), VERDICTS)
def test_verdict_of_aws(verdict: str, pattern: str, event: str) -> None:
    """The same verdict, and the same reason for a refusal."""
    if verdict.startswith("ERR "):
        assert verdict[4:].rstrip(".") in refusal(pattern)
    else:
        assert matched(pattern, json.loads(event)) is (verdict == "true")


names = st.sampled_from(["a", "b", "c"])
texts = st.sampled_from(["", "x", "xy", "X", "yx", "a*", "10.0.0.1", "010.0.0.1", "2001:db8::1"])
numbers = st.sampled_from([0, 1, 5, 5.0, 5.5, -1, 1e10])
leaves = st.one_of(texts, numbers, st.sampled_from([None, True, False]))
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=8,
)
dotted = st.one_of(names, st.sampled_from(["a.b", "b.c"]))
events = st.dictionaries(dotted, values, max_size=4)

full = st.sampled_from(["x", "xy", "X", "yx"])
comparisons = st.one_of(
    st.builds(lambda text: {"prefix": text}, texts),
    st.builds(lambda text: {"suffix": text}, texts),
    st.builds(lambda text: {"prefix": {"equals-ignore-case": text}}, full),
    st.builds(lambda text: {"suffix": {"equals-ignore-case": text}}, full),
    st.builds(lambda text: {"equals-ignore-case": text}, texts),
    st.builds(lambda text: {"exactly": text}, texts),
    st.builds(lambda text: {"wildcard": text}, st.sampled_from(["*", "x*", "*x", "x*y", "*x*y*"])),
    st.builds(lambda number: {"numeric": [">", number]}, numbers),
    st.builds(lambda number: {"numeric": [">=", number, "<", number + 3]}, numbers),
    st.builds(lambda text: {"cidr": text}, st.sampled_from(["10.0.0.0/8", "2001:db8::/32"])),
    st.builds(lambda flag: {"exists": flag}, st.booleans()),
    st.builds(lambda one: {"anything-but": one}, st.one_of(texts, numbers)),
    st.builds(lambda many: {"anything-but": many}, st.lists(texts, min_size=1, max_size=2)),
    st.builds(
        lambda name, text: {"anything-but": {name: text}},
        st.sampled_from(["prefix", "suffix", "equals-ignore-case", "wildcard"]), full,
    ),
)  # fmt: skip
alternatives = st.lists(leaves | comparisons, min_size=1, max_size=3)
fields = st.recursive(
    alternatives, lambda inner: st.dictionaries(names, inner, min_size=1, max_size=2), max_leaves=5
)


def with_or(parts: tuple[dict[str, Any], list[dict[str, Any]]]) -> dict[str, Any]:
    """A pattern with an `$or` beside its other fields."""
    return parts[0] | {"$or": parts[1]}


plain_patterns = st.dictionaries(dotted, fields, min_size=1, max_size=3)
patterns = plain_patterns | st.tuples(
    plain_patterns, st.lists(plain_patterns, min_size=2, max_size=3)
).map(with_or)


@given(patterns, events)
@example({"a": {"b": ["x"]}, "a.b": [5]}, {"a": {"b": 5}})
@example({"a": ["x"], "a.b": [5]}, {"a": ["x", {"b": 5}]})
@example({"a": {"b": ["x"], "c": ["y"]}}, {"a": [[{"b": "x"}, {"c": "y"}]]})
@example({"a": {"b": ["x"], "c": [{"exists": False}]}}, {"a": [{"b": "x"}, {"c": 1}]})
def test_agrees_with_a_plain_matcher(pattern: dict[str, Any], event: dict[str, Any]) -> None:
    """Fields found one by one say what flattening the whole event and trying all says."""
    assert matched(pattern, event) is plainly_matches(pattern, event)


@given(patterns)
def test_text_and_mapping_are_one(pattern: dict[str, Any]) -> None:
    """JSON text is read as the mapping it spells."""
    assert alternatives_of(json.dumps(pattern), USUAL) == alternatives_of(pattern, USUAL)


@pytest.mark.parametrize(
    ("pattern", "place", "reason"),
    [
        ({"detail": {"eventName": "x"}}, "detail.eventName", "must be an object or an array"),
        ({"a": {}}, "a", "Empty objects are not allowed"),
        ({}, "its top", "Empty objects are not allowed"),
        ("[]", "its top", "Filter is not an object"),
        ("{", "its text", "it is no JSON"),
        ('{"a":[NaN]}', "its text", "NaN is no JSON number"),
        ('{"a":' * 5000, "its text", "nested too deeply"),
        ({"a": ["x", {"prefix": "x", "suffix": "y"}]}, "a[1]", "Only one key allowed"),
        ('{"a":[{"prefix":"x","prefix":"y"}]}', "a[0]", "Only one key allowed"),
        ({"a": [{}]}, "a[0]", "Match expression name not found"),
        ({"a": [{"like": "x"}]}, "a[0]", "Unrecognized match type like"),
        ({"a": [["x"]]}, "a[0]", "Match value must be String, number, true, false, or null"),
        ({"a": [{"equals-ignore-case": ["x"]}]}, "a[0]", "must be a string"),
        ({"a": [{"wildcard": "\\x"}]}, "a[0]", "Invalid escape character at pos 1"),
        ({"a": [{"wildcard": "x\\"}]}, "a[0]", "Invalid escape character at pos 2"),
        ({"a": [{"numeric": ["!=", 5]}]}, "a[0]", "Unrecognized numeric range operator: !="),
        ({"a": [{"numeric": ["<", "5"]}]}, "a[0]", "Value of < must be numeric"),
        ({"a": [{"numeric": "<5"}]}, "a[0]", "Value of numeric must be an array"),
        ({"a": [{"numeric": []}]}, "a[0]", "Invalid member in numeric match"),
        ({"a": [{"numeric": [">", 1, ">", 2]}]}, "a[0]", "Bad numeric range operator: >"),
        ({"a": [{"numeric": [">", 1, "<", 2, "<", 3]}]}, "a[0]", "Too many terms"),
        ({"a": [{"cidr": "10.0.0.0/x"}]}, "a[0]", "mask bits must be an integer"),
        ({"a": [{"cidr": "10.0.0.256/8"}]}, "a[0]", "Nonstandard IP address: 10.0.0.256"),
        ({"a": [{"cidr": "::1/128"}]}, "a[0]", "IPv6 mask bits must be < 128"),
        ({"a": [{"anything-but": {"cidr": "10.0.0.0/8"}}]}, "a[0]", "Unsupported anything-but"),
        ({"a": [{"anything-but": {"prefix": []}}]}, "a[0]", "must not be empty"),
        ({"a": [{"anything-but": [True]}]}, "a[0]", "start|null|boolean is not supported"),
        ({"$or": [{"b": ["x"]}]}, "$or[0]", "Unrecognized match type b"),
        ({"x": {"$or": [{"b": ["x"]}, {"c": "y"}]}}, "x.$or[1].c", "must be an object or an array"),
        ({f"{n}": {"$or": [{"a": [1]}] * 4} for n in range(6)}, "5.$or[0]", "more than 1,000"),
        ({1: ["x"]}, "its top", "1 is no field name"),
    ],
)  # fmt: skip
def test_refusal_tells_place_and_reason(pattern: Json, place: str, reason: str) -> None:
    """What cannot be meant is refused where it stands."""
    said = refusal(pattern)
    assert reason in said
    assert "more than" in reason or f"refused at {place}: " in said


def test_one_address_is_a_network_if_you_say_so() -> None:
    """Whether the hosted service takes /32 is not documented."""
    lenient = Corners(one_address_networks=True)
    pattern = {"a": [{"cidr": "10.0.0.1/32"}]}
    assert matched(pattern, {"a": "10.0.0.1"}, lenient)
    assert not matched(pattern, {"a": "10.0.0.2"}, lenient)


def test_same_field_named_again_takes_its_place() -> None:
    """Inside a branch, too: AWS's matcher puts the later one over the earlier."""
    pattern = '{"a":["x"],"$or":[{"a":["y"]},{"b":["z"]}]}'
    assert matched(pattern, {"a": "y"})
    assert not matched(pattern, {"a": "x"})
    assert matched(pattern, {"a": "x", "b": "z"})
    assert matched('{"d":{"a":["x"]},"d":{"b":["y"]}}', {"d": {"a": "x", "b": "y"}})
    assert not matched('{"d":{"a":["x"]},"d":{"b":["y"]}}', {"d": {"b": "y"}})


def test_case_is_ignored_letter_by_letter() -> None:
    """A letter that grows when it is capitalized is both."""
    pattern = {"a": [{"equals-ignore-case": "straße"}]}
    assert [matched(pattern, {"a": text}) for text in ("STRASSE", "Straße", "strasse")] == [
        True, True, False,
    ]  # fmt: skip


def test_large_lists_take_no_time() -> None:
    """Thousands of elements in lists apart from each other are not multiplied."""
    pattern = {"a": {"x": [1]}, "b": {"x": [1]}, "c": {"x": [1]}, "d": ["never"]}
    event = {name: [{"x": 1}] * MANY for name in "abc"} | {"d": [{"e": 1}] * MANY}
    assert not matched(pattern, event)
    assert matched({"a": [{"wildcard": "*a" * 40 + "b"}]}, {"a": "a" * MANY + "b"})
