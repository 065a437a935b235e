"""Documents, their difference and the evaluator agree on what a request may do."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from itertools import product
from typing import Any
from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st

from trailnb.iam.compare import compare
from trailnb.iam.documents import parse
from trailnb.iam.evaluate import Request, decide
from trailnb.iam.statements import EMPTY, Document

A, B = "arn:aws:iam::111122223333:role/a", "arn:aws:iam::999988887777:user/b"
ACTIONS = ["*", "s3:*", "S3:get*", "s3:*Object", "s3:GetObject", "s3:PutObject", "ec2:R?n*"]
RESOURCES = ["*", "arn:aws:s3:::x/*", "arn:aws:s3:::x/a", "arn:aws:s3:::*/a", "arn:aws:s3:::?/b"]
PRINCIPALS = ["*", {"AWS": "111122223333"}, {"AWS": [A, B]}, {"Service": "ec2.amazonaws.com"}]
CONDITIONS: list[Any] = [
    {"IpAddress": {"aws:SourceIp": ["203.0.113.0/24"]}},
    {"IpAddress": {"aws:SourceIp": ["203.0.113.0/28", "198.51.100.0/24"]}},
    {"NotIpAddress": {"AWS:sourceip": "203.0.113.0/28"}},
    {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
    {"BoolIfExists": {"aws:MultiFactorAuthPresent": True}},
    {
        "Bool": {"aws:MultiFactorAuthPresent": "true"},
        "IpAddress": {"aws:SourceIp": "203.0.113.7"},
    },
    {"Null": {"aws:MultiFactorAuthPresent": "true"}},
    {"ForAllValues:StringLike": {"aws:TagKeys": ["te*", "cost"]}},
    {"ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}},
    {"ForAnyValue:StringNotEquals": {"aws:TagKeys": ["team", "cost"]}},
    {"NumericLessThan": {"s3:max-keys": "10"}},
    {"NumericLessThan": {"s3:max-keys": "5"}},
]
CONTEXTS = [
    {"aws:SourceIp": ip, "aws:MultiFactorAuthPresent": mfa, "aws:TagKeys": tags, "s3:max-keys": n}
    for ip, mfa, tags, n in product(
        ["203.0.113.7", "203.0.113.99", "198.51.100.1"],
        ["true", "false", ()],
        [(), ("team",), ("cost", "team")],
        ["7"],
    )
]
REQUESTS = [
    Request(action, resource, f"AWS:{who}", context)
    for action, resource, who, context in product(
        ["s3:GetObject", "s3:PutObject", "s3:GetBucketAcl", "ec2:RunInstances", "iam:PassRole"],
        ["arn:aws:s3:::x/a", "arn:aws:s3:::x/b", "arn:aws:s3:::yy/a"],
        [A, B],
        CONTEXTS,
    )
]
some = st.sampled_from(REQUESTS)


def one_or_more(values: list[Any]) -> st.SearchStrategy[Any]:
    """A value alone, or a list of them: IAM takes both."""
    return st.sampled_from(values) | st.lists(st.sampled_from(values), min_size=1, max_size=3)


@st.composite
def statements(draw: st.DrawFn, *, conditions: bool = True) -> dict[str, Any]:
    """Write a statement with any of the elements and their opposites."""
    made: dict[str, Any] = {"Effect": draw(st.sampled_from(["Allow", "Allow", "Deny"]))}
    made[draw(st.sampled_from(["Action", "Action", "NotAction"]))] = draw(one_or_more(ACTIONS))
    made[draw(st.sampled_from(["Resource", "NotResource"]))] = draw(one_or_more(RESOURCES))
    if draw(st.booleans()):
        made["Principal"] = draw(st.sampled_from(PRINCIPALS))
    if conditions and draw(st.booleans()):
        made["Condition"] = draw(st.sampled_from(CONDITIONS))
    return made


def documents(*, conditions: bool = True) -> st.SearchStrategy[Document]:
    """A few statements."""
    listed = st.lists(statements(conditions=conditions), max_size=4)
    return listed.map(lambda found: parsed({"Statement": found}))


def parsed(raw: object) -> Document:
    """A document that must be readable."""
    found = parse(raw)
    assert isinstance(found, Document), found
    return found


def allows(document: Document, request: Request) -> bool:
    """The evaluator's word; it knows every key of these requests."""
    answer = decide([document], request).answer
    assert answer != "unknown"
    return answer == "allowed"


@given(documents())
def test_nothing_differs_from_itself(document: Document) -> None:
    """A document compared with itself, however it is ordered, neither gains nor loses."""
    turned = Document(document.statements[::-1])
    assert compare(document, turned).gained == compare(document, turned).lost == ()
    assert turned == document
    assert turned.text == document.text


@given(documents(), documents())
def test_gained_one_way_is_lost_the_other(before: Document, after: Document) -> None:
    """What is gained from a to b is what is lost from b to a."""
    there, back = compare(before, after), compare(after, before)
    assert (there.gained, there.lost) == (back.lost, back.gained)


@given(documents(), documents(), st.lists(some, min_size=20, max_size=20))
def test_what_becomes_allowed_lies_in_gained(
    before: Document, after: Document, requests: list[Request]
) -> None:
    """No request is allowed after and not before without being in what was gained."""
    gained = compare(before, after).gained
    for request in requests:
        if allows(after, request) and not allows(before, request):
            named = (request.action, request.resource or "", request.principal or "")
            assert any(grant.region.holds(*named) for grant in gained)


@given(documents(conditions=False), documents(conditions=False), st.lists(some, min_size=20))
def test_gained_holds_nothing_that_was_there(
    before: Document, after: Document, requests: list[Request]
) -> None:
    """Without conditions, what was gained is allowed now and was not, or is no longer denied."""
    for grant in compare(before, after).gained:
        for request in requests:
            named = (request.action, request.resource or "", request.principal or "")
            if grant.region.holds(*named):
                if grant.effect == "Allow":
                    assert allows(after, request)
                    assert not allows(before, request)
                else:
                    assert decide([before], request).answer == "denied"
                    assert decide([after], request).answer != "denied"


@given(documents(), documents())
def test_splitting_is_no_change(one: Document, other: Document) -> None:
    """A statement's actions, given one by one, are the same permissions."""
    whole = [each.to_dict() for each in one.statements]
    split = [
        {**each, "Action": [action]}
        for each in whole
        for action in each.get("Action", [None])
        if action is not None
    ] + [each for each in whole if "Action" not in each]
    rest = [each.to_dict() for each in other.statements]
    found = compare(parsed({"Statement": whole + rest}), parsed({"Statement": rest + split}))
    assert found.gained == found.lost == ()
    assert found.is_change is False


@given(st.lists(statements(conditions=False), max_size=3), st.lists(some, min_size=20))
def test_reading_never_changes_what_is_allowed(
    listed: list[dict[str, Any]], requests: list[Request]
) -> None:
    """Text, URL-encoded text, and the canonical spelling allow what the raw statements say."""
    raw = json.dumps({"Version": "2012-10-17", "Statement": listed}, indent=3)
    document = parsed(raw)
    assert parsed(quote(raw)) == document
    assert parsed(document.text) == document
    assert compare(document, parsed(json.dumps(raw))).is_change is False
    for request in requests:
        assert allows(document, request) == raw_allows(listed, request)
        assert allows(parsed(document.text), request) == raw_allows(listed, request)


def raw_allows(listed: list[dict[str, Any]], request: Request) -> bool:
    """Judge the JSON as it stands, with the shell's wildcards."""
    effects = {one["Effect"] for one in listed if raw_applies(one, request)}
    return effects == {"Allow"}


def raw_applies(one: dict[str, Any], request: Request) -> bool:
    """Hold one raw statement against the request."""

    def named(element: str, asked: str, *, fold: bool) -> bool:
        values = one[element] if isinstance(one[element], list) else [one[element]]
        texts = [value.lower() if fold else value for value in values]
        return any(fnmatchcase(asked.lower() if fold else asked, text) for text in texts)

    for element, asked in (("Action", request.action), ("Resource", request.resource or "")):
        fold = element == "Action"
        if element in one and not named(element, asked, fold=fold):
            return False
        if f"Not{element}" in one and named(f"Not{element}", asked, fold=fold):
            return False
    who = (request.principal or "").removeprefix("AWS:")
    principal = one.get("Principal", "*")
    if principal == "*":
        return True
    meant = principal.get("AWS", [])
    return who in meant or meant == who.split(":")[4]


def test_an_empty_document_is_no_document() -> None:
    """A policy without statements allows what no policy allows."""
    assert parsed({"Statement": []}) == EMPTY
