"""Records put together from named values, each in its place and none dropped."""

from __future__ import annotations

import json

import pytest

from tests.evidence import event
from trailnb.facts.columns import COLUMNS
from trailnb.formats.rebuild import rebuild
from trailnb.formats.spelling import path_of

BASE = {"eventname": "GetUser", "eventsource": "iam.amazonaws.com", "eventid": "1"}


def rebuilt(**fields: object) -> dict:
    """Which record do these fields make, beside a name, a source and an id?"""
    made = rebuild({name: json.dumps(value) for name, value in (BASE | fields).items()})
    assert made
    return json.loads(made.text)


def said(**fields: object) -> tuple[str, ...]:
    """What is said of these fields?"""
    made = rebuild({name: json.dumps(value) for name, value in (BASE | fields).items()})
    assert made
    return made.said


@pytest.mark.parametrize(
    "column", [column for column in COLUMNS if column.path], ids=lambda column: column.name
)
def test_every_column_is_known_in_lower_case(column: object) -> None:
    """Whatever the event table knows is found by its lowered name."""
    name = ".".join(column.path)
    assert path_of(name.lower()) == path_of(name) == column.path


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("User name", "userIdentity.userName"),
        ("AWS access key", "userIdentity.accessKeyId"),
        ("Event time", "eventTime"),
        ("AWS region", "awsRegion"),
        ("Read-only", "readOnly"),
        ("Error code", "errorCode"),
        ("event_time", "eventTime"),
        ("requestParameters.policyDocument", "requestParameters.policyDocument"),
        ("requestparameters.policyDocument", "requestParameters.policyDocument"),
        ("useridentity.onbehalfof.userid", "userIdentity.onBehalfOf.userId"),
        ("tlsdetails.ciphersuite", "tlsDetails.cipherSuite"),
    ],
)
def test_names_find_their_place(name: str, path: str) -> None:
    """Titles, dots and lowered names lead to CloudTrail's own spelling."""
    assert path_of(name) == tuple(path.split("."))


@pytest.mark.parametrize("name", ["accountid", "accountId", "type", "arn", "principalId", "_col0"])
def test_name_that_may_mean_two_things_has_no_place(name: str) -> None:
    """A bare name that the caller, the role or the record may own is kept in `extra`."""
    assert path_of(name) is None
    record = rebuilt(**{name: "x"})
    assert record["accountid" if name == "accountId" else name] == "x"
    assert "accountId" not in record


def test_lowered_record_comes_back() -> None:
    """A record lowered throughout, its free-form parts as text, is the record again."""
    original = event(
        requestParameters={"BucketName": "acme", "n": 1.50},
        resources=[{"ARN": "arn:aws:s3:::acme", "accountId": "111122223333", "type": "AWS::S3"}],
    )
    lowered = {name.lower(): value for name, value in original.items()}
    lowered["useridentity"] = {
        name.lower(): value for name, value in original["userIdentity"].items()
    }
    lowered["resources"] = [{name.lower(): v for name, v in original["resources"][0].items()}]
    lowered["requestparameters"] = json.dumps(original["requestParameters"])
    lowered["readonly"] = "true"
    made = rebuild({name: json.dumps(value) for name, value in lowered.items()})
    assert made
    assert json.loads(made.text) == original
    assert not made.said


@pytest.mark.parametrize(
    ("value", "flag"),
    [("TRUE", True), ("false", False), ("1", True), (0, False), (True, True), ("maybe", "maybe")],
)
def test_flags(value: object, flag: object) -> None:
    """Flags are true and false however a tool wrote them; other text stays what it is."""
    assert rebuilt(readonly=value)["readOnly"] == flag


def test_items_of_a_list_come_back_as_a_list() -> None:
    """Insights names items by their number."""
    record = rebuilt(
        **{"resources.0.ARN": "a", "resources.1.ARN": "b", "requestParameters.x.1": "only"}
    )
    assert record["resources"] == [{"ARN": "a"}, {"ARN": "b"}]
    assert record["requestParameters"] == {"x": {"1": "only"}}


@pytest.mark.parametrize("order", [1, -1])
def test_part_beside_its_whole_is_kept(order: int) -> None:
    """Where a whole object and a part of it are both there, both are kept."""
    pairs = [("userIdentity", {"arn": "whole"}), ("userIdentity.arn", "part")][::order]
    assert "whole" in str(rebuilt(**dict(pairs)))
    assert "part" in str(rebuilt(**dict(pairs)))


def test_unclear_struct_is_kept_as_text_and_said() -> None:
    """What cannot be taken apart is not guessed."""
    text = "{type=IAMUser, username=x, type=Root}"
    assert rebuilt(useridentity=text)["userIdentity"] == text
    [reason] = said(useridentity=text)
    assert reason.startswith("userIdentity cannot be taken apart and was kept as text")


def test_unknown_field_of_a_struct_is_said() -> None:
    """A field nobody knows may be the rest of the value before it."""
    text = "{type=IAMUser, username=x, y=z}"
    assert rebuilt(useridentity=text)["userIdentity"] == {
        "type": "IAMUser", "userName": "x", "y": "z"
    }  # fmt: skip
    assert said(useridentity=text) == (
        "userIdentity seems to have a field y; the value before may end there",
    )


def test_map_is_said() -> None:
    """Request parameters printed as a map lose their types: that is told apart."""
    made = rebuild(
        {name: json.dumps(value) for name, value in BASE.items()}
        | {"requestparameters": json.dumps('{userName=bob, tags=[{"key": "a"}]}')}
    )
    assert made
    assert made.has_maps
    assert json.loads(made.text)["requestParameters"] == {
        "userName": "bob", "tags": '[{"key": "a"}]'
    }  # fmt: skip


@pytest.mark.parametrize(
    "fields",
    [
        {"eventname": "GetUser", "_col1": "17"},
        {"eventname": "GetUser", "eventsource": "iam", "count": "17"},
        {"Event ID": "1", "Event Name": "Gala", "Event Time": "7 pm", "Venue": "Hall"},
        {"eventtime": None, "eventname": None, "awsregion": "eu-central-1"},
        {},
    ],
)
def test_what_is_no_event(fields: dict) -> None:
    """A summary, another calendar and an empty row make no record."""
    assert rebuild({name: json.dumps(value) for name, value in fields.items()}) is None
