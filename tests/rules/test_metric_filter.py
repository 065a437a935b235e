"""Filters of CloudWatch Logs: grammar, precedence, selectors, values, and where AWS is silent."""

from __future__ import annotations

import json
from typing import TypeAlias

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trailnb.errors import RequestError
from trailnb.rules.batch import Batch
from trailnb.rules.checks import And, Check, Expression, Leaf, Or
from trailnb.rules.corners import USUAL, Corners
from trailnb.rules.languages import compiled
from trailnb.rules.metric_filter import expression_of

#: What JSON holds.
Record: TypeAlias = dict[str, object]

EVENT: Record = {
    "eventType": "UpdateTrail",
    "sourceIPAddress": "123.123.45.6",
    "errorCode": 400,
    "arrayKey": ["value", "another value"],
    "objectList": [{"name": "a", "id": 1}, {"name": "b", "id": 2}],
    "SomeObject": None,
    "user": {"id": 1, "email": "John.Stiles@example.com", "group-id": "x"},
    "users": [{"id": 1, "first": 1.5}, {"id": 2}],
    "bandwidth": 1e3,
    "negative": -5,
    "ThisFlag": True,
    "recipientAccountId": "123456789012",
    "odd key": {"*": "star"},
    "readOnly": False,
    "digits": "404",
    "eventSource": "s3.amazonaws.com",
}


def passes(pattern: str, record: Record = EVENT, **corners: bool) -> bool:
    """Does the record pass the filter?"""
    batch = Batch(pl.Series([json.dumps(record)]))
    return compiled(pattern, corners=Corners(**corners)).matching(batch, [0]) == [0]


@pytest.mark.parametrize(
    "pattern",
    [
        '{ $.eventType = "UpdateTrail" }',
        "{ $.eventType = UpdateTrail }",
        "{$.eventType=UpdateTrail}",
        '{ $.eventType = "Update*" }',
        '{ $.eventType = "*Trail" }',
        '{ $.eventType = "*date*" }',
        "{ $.sourceIPAddress != 123.123.46.* }",
        "{ $.sourceIPAddress = 123.123.* }",
        '{ $.arrayKey[0] = "value" }',
        '{ $.arrayKey[*] = "another value" }',
        "{ $.objectList[1].id = 2 }",
        "{ $.objectList[*].id = 2 }",
        "{ $.users[*].first >= 1.5 }",
        "{ $.SomeObject IS NULL }",
        "{ $.SomeOtherObject NOT EXISTS }",
        "{ $.ThisFlag IS TRUE }",
        "{ $.readOnly IS FALSE }",
        "{ $.readOnly = false }",
        "{ $.errorCode = 400 }",
        "{ $.errorCode = 4* }",
        "{ $.errorCode >= 399.9 && $.errorCode <= 4e2 }",
        "{ $.bandwidth = 1e+3 }",
        "{ $.bandwidth = 1000 }",
        "{ $.negative < 0 && $.negative = -5 }",
        "{ $.errorCode > +399 }",
        "{ $.recipientAccountId = 123456789012 }",
        "{ $.user.id = 1 && $.users[0].id = 1 }",
        "{ $.user.email = John.Stiles@example.com }",
        "{ $.user.* = 1 }",
        "{ $.user.group-id = x }",
        "{ $.eventSource = s3.amazonaws.com }",
        "{ $.['odd key'].['*'] = \"star\" }",
        "{ $['odd key']['*'] = star }",
        "{ $.eventType = * }",
        '{ $.eventType = "*" }',
        "{ $.eventType = %Update|Delete% }",
        r"{ $.sourceIPAddress = %123\.123\.\d{1,3}\.[0-9]+$% }",
        r"{ $.eventType = %\x55pdate% }",
        "{ $.eventType != %^Delete% }",
        "{ $.arrayKey[*] = %another% }",
        "{ ($.a = 1) || (($.eventType = Nothing) || ($.errorCode != 5)) }",
    ],
)
def test_passes(pattern: str) -> None:
    """What AWS's page gives as examples, and its like, passes."""
    assert passes(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        '{ $.eventType = "updatetrail" }',
        '{ $.eventType = "Update" }',
        '{ $.arrayKey = "value" }',
        '{ $.arrayKey != "value" }',
        '{ $.user = "x" || $.user != "x" || $.user = * }',
        "{ $.arrayKey[2] = * }",
        "{ $.arrayKey[*].x = 1 }",
        "{ $.SomeOtherObject IS NULL }",
        "{ $.SomeObject NOT EXISTS }",
        "{ $.user NOT EXISTS }",
        "{ $.users[*].first NOT EXISTS }",
        "{ $.SomeObject = * }",
        "{ $.ThisFlag IS FALSE }",
        "{ $.digits > 400 }",
        "{ $.missing != 5 }",
        "{ $.eventType > 5 }",
        "{ $.ThisFlag = 1 }",
        "{ $.ThisFlag >= 0 }",
        "{ $.eventType = %^pdate% }",
        "{ $.eventType = %delete% }",
        "{ $.eventType = %[^A-Za-z]% }",
    ],
)
def test_does_not_pass(pattern: str) -> None:
    """A selector that reaches an object or a list is neither equal nor different."""
    assert not passes(pattern)


def test_and_binds_before_or() -> None:
    """Precedence is (), then &&, then ||."""
    one, two, three = (Leaf((name,), (Check("digits", ("1",)),)) for name in "abc")
    assert expression_of("{ $.a = 1 || $.b = 1 && $.c = 1 }", USUAL) == Or((one, And((two, three))))
    assert expression_of("{ ($.a=1||$.b=1)&&$.c=1 }", USUAL) == And((Or((one, two)), three))


@pytest.mark.parametrize(
    ("pattern", "corners", "usual"),
    [
        ("{ $.missing != 5 }", {"absent_differs": True}, False),
        ('{ $.eventType = "Up*Trail" }', {"inner_star": True}, False),
        ("{ $.digits > 400 }", {"digits_compare": True}, False),
        ("{ $.readOnly = false }", {"booleans_are_text": False}, True),
    ],
)
def test_corner_is_a_switch(pattern: str, corners: dict[str, bool], *, usual: bool) -> None:
    """Where AWS's page is silent, a documented switch says what is meant."""
    assert passes(pattern) is usual
    assert passes(pattern, **corners) is not usual


def test_star_inside_is_a_star() -> None:
    """The older page says: `Ev*ent` matches only the text `Ev*ent`."""
    assert passes('{ $.a = "Ev*ent" }', {"a": "Ev*ent"})
    assert not passes('{ $.a = "Ev*ent" }', {"a": "Event"})


@pytest.mark.parametrize(
    ("pattern", "place", "reason"),
    [
        ("{ $.a = 1", 10, "it ends where"),
        ("{ $.a 1 }", 7, "'1' where"),
        ("{ $.a IS NOT NULL }", 10, "IS NOT and EXISTS are not supported"),
        ("{ $.a EXISTS }", 7, "IS NOT and EXISTS are not supported"),
        ("{ $.a > x }", 9, "> compares numbers only"),
        ("{ $.a[*].b[*] = 1 }", 3, "at most one wildcard"),
        ("{ $.a[*]=1 || $.b[*]=1 || $.c[*]=1 || $.d[*]=1 }", 39, "at most 3 wildcard selectors"),
        ("{ $.a=%1% || $.a=%2% || $.a=%3% }", 29, "at most 2 regexes"),
        ("{ $.a = %(x)% }", 9, "'(' is not allowed"),
        ("{ $.a = %é% }", 9, "is not allowed"),
        (r"{ $.a = %\b% }", 9, r"\b is not allowed"),
        ("{ $.a = %[% }", 9, "makes no sense"),
        ("{ $.a = %[a--b]% }", 9, "ambiguous"),
        ("{ $.a = %(?i)x% }", 9, "is not allowed"),
        ("{ $.a = %a{99999999}% }", 9, "makes no sense, or is too large"),
        ('{ $.["a"] = 1 }', 6, "can stand"),
        ("{ $.a = 1 && }", 14, "can stand"),
        ("{ $.a = " + "1" * 2000 + " }", 1025, "1,024 are allowed"),
        ("[w1=ERROR, status=4*]", 1, "reads columns parted by spaces"),
        ('"not closed', 1, "not closed"),
        ("a %(b)%", 3, "is not allowed in a regex"),
    ],
)
def test_refusal_tells_place_and_reason(pattern: str, place: int, reason: str) -> None:
    """What is no filter is refused at the character where it stops being one."""
    with pytest.raises(RequestError) as refused:
        compiled(pattern)
    assert reason in str(refused.value)
    assert f"at character {place} " in str(refused.value)


def test_deepest_filter_is_read() -> None:
    """A thousand characters of parentheses are no danger."""
    depth = 500
    assert passes("{" + "(" * depth + "$.a=1" + ")" * depth + "}", {"a": 1})


simple = st.sampled_from(["$.a = 1", "$.b = x", "$.c NOT EXISTS", "$.d IS NULL", "$.a != 2"])
nested = st.recursive(
    simple.map(lambda one: (one, None)),
    lambda inner: st.tuples(st.sampled_from(["&&", "||"]), st.tuples(inner, inner)),
    max_leaves=8,
)
HELD = {"$.a = 1": True, "$.b = x": False, "$.c NOT EXISTS": True, "$.d IS NULL": False}


def written(tree: tuple[str, object]) -> str:
    """The filter's text, every pair in parentheses."""
    name, parts = tree
    if not isinstance(parts, tuple):
        return name
    return f"({written(parts[0])} {name} {written(parts[1])})"


def worth(tree: tuple[str, object]) -> bool:
    """What logic says of the filter."""
    name, parts = tree
    if not isinstance(parts, tuple):
        return HELD.get(name, True)
    one, other = worth(parts[0]), worth(parts[1])
    return (one and other) if name == "&&" else (one or other)


@given(nested)
def test_logic_is_logic(tree: tuple[str, object]) -> None:
    """However filters are joined, they say what their parts say."""
    assert passes("{" + written(tree) + "}", {"a": 1, "b": "y", "d": 0}) is worth(tree)


def count(expression: Expression) -> int:
    """How many conditions?"""
    return 1 if isinstance(expression, Leaf) else sum(map(count, expression.parts))


@given(st.lists(simple, min_size=1, max_size=12))
def test_every_condition_is_kept(conditions: list[str]) -> None:
    """A row of alternatives has as many parts as were written."""
    assert count(expression_of("{" + " || ".join(conditions) + "}", USUAL)) == len(conditions)


@pytest.mark.parametrize(
    ("terms", "is_there"),
    [
        ("UpdateTrail", True),
        ("UpdateTrail value", True),
        ("UpdateTrail nowhere", False),
        ("updatetrail", False),
        ("UpdateTrail -value", False),
        ("UpdateTrail -nowhere", True),
        ("?nowhere ?value", True),
        ("?nowhere ?never", False),
        ("UpdateTrail ?never", True),
        ('"another value"', True),
        ('"value another"', False),
        ("%Update|Delete%", True),
        ("-%Update%", False),
        ('" "', True),
        ("", True),
        ('-"another value"', False),
    ],
)
def test_plain_terms(terms: str, is_there: bool) -> None:  # noqa: FBT001 - a verdict
    """Terms stand anywhere in the record's text; `?` counts only among its like."""
    assert passes(terms) is is_there
