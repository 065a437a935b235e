"""Structs as Athena and CloudTrail Lake print them, read only where they can be told."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trailnb.formats.presto import UnclearError, node_of
from trailnb.formats.rebuild import written

ROLE = (
    "{type=AssumedRole, principalid=AROAEXAMPLE:build@ci, "
    "arn=arn:aws:sts::111122223333:assumed-role/deploy/build@ci, accountid=111122223333, "
    "invokedby=null, accesskeyid=ASIAIOSFODNN7EXAMPLE, username=null, sessioncontext={attributes="
    "{mfaauthenticated=false, creationdate=2026-11-02T08:59:00Z}, sessionissuer={type=Role, "
    "arn=arn:aws:iam::111122223333:role/deploy, username=deploy}, webidfederationdata=null}}"
)

NAMES = st.text("abcdefgh", min_size=1, max_size=6)
SCALARS = st.text("abcXYZ019 :/@.,+=-_|()'\"é", max_size=20).filter(
    lambda text: text != "null" and ", " not in text
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.dictionaries(NAMES, inner, max_size=4),
        st.lists(st.dictionaries(NAMES, inner, max_size=3), max_size=3),
    ),
    max_leaves=12,
)


def printed(value: object) -> str:
    """How does Presto print this value?"""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}={printed(one)}" for name, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(printed, value)) + "]"
    return str(value)


def meaning(text: str) -> object:
    """Which value is read from this text?"""
    return json.loads(written(node_of(text)))


def test_identity_of_a_role() -> None:
    """A printed identity is read field by field, without the nulls that mean absence."""
    identity = meaning(ROLE)
    assert identity == {
        "type": "AssumedRole",
        "principalid": "AROAEXAMPLE:build@ci",
        "arn": "arn:aws:sts::111122223333:assumed-role/deploy/build@ci",
        "accountid": "111122223333",
        "accesskeyid": "ASIAIOSFODNN7EXAMPLE",
        "sessioncontext": {
            "attributes": {"mfaauthenticated": "false", "creationdate": "2026-11-02T08:59:00Z"},
            "sessionissuer": {
                "type": "Role",
                "arn": "arn:aws:iam::111122223333:role/deploy",
                "username": "deploy",
            },
        },
    }


@given(st.dictionaries(NAMES, VALUES, max_size=5))
def test_what_is_printed_is_read_back(value: dict[str, object]) -> None:
    """Without a comma and a space in a value, nothing is unclear."""
    assert meaning(printed(value)) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{}", {}),
        ("[]", []),
        ("{a=}", {"a": ""}),
        ("{a=x, y}", {"a": "x, y"}),
        ("{a=x=y, b=z}", {"a": "x=y", "b": "z"}),
        ('{a={"b": [1, 2]}, c=d}', {"a": '{"b": [1, 2]}', "c": "d"}),
        ('{a=["x=y, z=1"], c=d}', {"a": '["x=y, z=1"]', "c": "d"}),
        ("[{a=b}, {a=c}]", [{"a": "b"}, {"a": "c"}]),
        ("[x, null]", ["x", None]),
    ],
)
def test_values_that_look_odd(text: str, value: object) -> None:
    """Commas, equals signs and JSON inside a value stay in it where that is certain."""
    assert meaning(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "{",
        "{a",
        "{a=",
        "{a=b",
        "{a=b}x",
        "{a=b, a=c}",
        "{a=b}, c=d}",
        "{=b}",
        "{a={b=c}d}",
        "{a={b=c}",
        "[a",
        "[{a=b}c]",
        '{a={"b}',
        "{a=" * 100,
        "[" * 100_000,
    ],
)
def test_what_cannot_be_told_is_refused(text: str) -> None:
    """Text that is torn, repeats a field or goes on behind its end is unclear."""
    with pytest.raises(UnclearError):
        node_of(text)


@given(st.text('{}[]=, "ab\\n', max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Whatever stands there, the answer is a value or that it is unclear."""
    try:
        meaning(text)
    except UnclearError:
        return
