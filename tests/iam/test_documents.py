"""Documents are read in every spelling CloudTrail logs, or say why not."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trailnb.iam.documents import parse
from trailnb.iam.statements import Document, Omitted, Unknown, Unreadable

READ = {
    "Version": "2012-10-17",
    "Statement": {
        "Sid": "Read",
        "Effect": "Allow",
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::exports/*",
        "Condition": {"Bool": {"aws:SecureTransport": True}},
    },
}


@pytest.mark.parametrize(
    "logged",
    [
        json.dumps(READ),
        json.dumps(READ, indent=4),
        f"\n\t {json.dumps(READ)}  ",
        quote(json.dumps(READ)),
        json.dumps(json.dumps(READ)),
        json.dumps(READ).encode(),
        {**READ, "Statement": [READ["Statement"]]},
        json.dumps(READ).replace("s3:GetObject", "S3:getobject"),
        json.dumps(READ).replace("aws:SecureTransport", "AWS:securetransport"),
        json.dumps(READ).replace("true", '["true"]'),
    ],
    ids=["text", "pretty", "padded", "url", "twice", "bytes", "list", "case", "key", "values"],
)
def test_every_spelling_is_the_same_document(logged: object) -> None:
    """Spacing, encoding, lists and the case that does not count make no difference."""
    assert parse(logged) == parse(READ)


@pytest.mark.parametrize(
    "other",
    [
        json.dumps(READ).replace("exports", "Exports"),
        json.dumps(READ).replace("true", "false"),
        json.dumps(READ).replace("Action", "NotAction"),
        json.dumps(READ).replace("Allow", "Deny"),
        json.dumps(READ).replace("Bool", "BoolIfExists"),
    ],
)
def test_what_counts_makes_another_document(other: str) -> None:
    """A resource's case, a value, an opposite, an effect and an operator all count."""
    assert isinstance(parse(other), Document)
    assert parse(other) != parse(READ)


def test_canonical_text_reads_back() -> None:
    """The canonical text is the document, and says true as IAM compares it."""
    document = parse(READ)
    assert isinstance(document, Document)
    assert document.text == (
        '{"Statement":[{"Sid":"Read","Effect":"Allow","Action":["s3:GetObject"],'
        '"Resource":["arn:aws:s3:::exports/*"],'
        '"Condition":{"Bool":{"aws:SecureTransport":["true"]}}}]}'
    )
    assert parse(document.text) == document


def test_padded_away_policy_is_omitted() -> None:
    """The marker CloudTrail leaves for a policy padded beyond 100 KB is no empty policy."""
    marker = {"reason": "requestParameters too large", "omitted": "true", "originalSize": "149893"}
    assert parse(marker) == parse(json.dumps(marker)) == Omitted(149_893)
    assert str(parse({"omitted": True})) == "omitted"
    assert isinstance(parse(None), Unknown)


DEEP = '{"Statement":' + "[" * 300 + "]" * 300 + "}"
NESTED: Any = "x"
for _ in range(100_000):
    NESTED = [NESTED]
ONE = '{"Effect":"Deny","Action":"*"}'


@pytest.mark.parametrize(
    ("logged", "reason"),
    [
        (json.dumps(READ)[:60], "it is cut off after 60 characters"),
        ('{"Statement": [', "it is cut off after 15 characters"),
        ("", "it is empty"),
        ("not a policy", "it is no JSON: Expecting value at character 0"),
        ("[]", "it is no JSON object"),
        ("HIDDEN_DUE_TO_SECURITY_REASONS", "CloudTrail hid it for security reasons"),
        ({"Version": "2012-10-17"}, "it has no Statement"),
        ({"Statement": "*"}, "its Statement is neither an object nor a list"),
        ({"Statement": [7]}, "statement 1 is no object"),
        ({"Statement": [{"Effect": "Allow"}]}, "statement 1 names no action"),
        ({"Statement": {"Action": "*"}}, "statement 1 has neither effect, Allow nor Deny"),
        (DEEP, "it nests deeper than 32 levels, which no policy does"),
        ({"Statement": {"Effect": "Deny", "Action": NESTED}}, "Action of statement 1 holds"),
        ({"Statement": NESTED}, "statement 1 is no object"),
        (f'{{"Statement":[{",".join([ONE] * 30_000)}]}}', "it has 30,000 statements, more than"),
        (f'{{"Statement":[{",".join([ONE] * 100_000)}]}}', "it has 3,100,015 characters, more"),
        ({"Statement": [json.loads(ONE)] * 100_000}, "it has 100,000 statements, more than any"),
        ('{"Statement":{"Effect":"Deny","Effect":"Allow"}}', "it names 'Effect' twice in one"),
        (
            '{"Statement":{"Effect":"Deny","Action":"*","Conditions":{}}}',
            "statement 1 has an unknown element 'Conditions'",
        ),
        (
            '{"Statement":{"Effect":"Deny","Action":"*","NotAction":"*"}}',
            "statement 1 has both Action and NotAction",
        ),
    ],
)
def test_what_cannot_be_read_says_why(logged: object, reason: str) -> None:
    """Damage and monsters end in one sentence, soon, without an exception."""
    found = parse(logged)
    assert isinstance(found, Unreadable)
    assert found.reason.startswith(reason)


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists) | st.text())
def test_nothing_raises(logged: object) -> None:
    """Whatever stands where a document should be, something comes back."""
    raws: list[Any] = [
        {"Statement": logged},
        {"Statement": {"Effect": "Allow", "Action": logged, "Condition": logged}},
        {"Statement": {"Effect": "Allow", "Action": "*", "Principal": {"AWS": logged}}},
        json.dumps({"Statement": logged}),
        logged if isinstance(logged, str) else None,
    ]
    for raw in raws:
        found = parse(raw)
        assert not isinstance(found, Document) or isinstance(found.text, str)


def test_a_statement_reads_as_a_sentence() -> None:
    """What it allows, on what, for whom, if what; and its Sid."""
    said = {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*", "Sid": "Most"}
    mfa = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    document = parse({"Statement": {**said, "Condition": mfa}})
    assert isinstance(document, Document)
    assert str(document.statements[0]) == (
        "Allow everything but iam:* on * if Bool aws:MultiFactorAuthPresent = true (Most)"
    )
