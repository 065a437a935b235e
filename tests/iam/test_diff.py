"""The net difference of permissions between two moments."""

from __future__ import annotations

import json
from typing import Any

import pytest

import trailnb as tn
from tests.iam.stories import ACCOUNT, ADMIN, allow, arn, call, text, trail
from trailnb.errors import RequestError
from trailnb.iam.diff import SCHEMA, SORT_KEY

READ, ALL = text(allow("s3:GetObject")), text(allow("*"))
NOON = "2026-11-02T12:00:00Z"
DEPLOY = arn("policy/deploy")
MADE = {"policy": {"arn": DEPLOY, "defaultVersionId": "v1"}}
DEPLOYED = call(
    "08:00:00", "iam:CreatePolicy", answer=MADE, policyName="deploy", policyDocument=READ
)
BOB = call("08:00:01", "iam:CreateUser", userName="bob")


def inline(at: str, document: str | None, name: str = "p", user: str = "bob") -> dict[str, Any]:
    """Put an inline policy on a user, or delete it."""
    named = {"userName": user, "policyName": name}
    if document is None:
        return call(at, "iam:DeleteUserPolicy", **named)
    return call(at, "iam:PutUserPolicy", **named, policyDocument=document)


def diff(*calls: dict[str, Any], since: str = NOON, **how: Any) -> dict[str, dict[str, Any]]:
    """What is different, by name and aspect?"""
    found = tn.iam_diff(trail(*calls), since=since, **how).collect()
    assert found.schema == SCHEMA
    assert found.equals(found.sort(SORT_KEY, nulls_last=True))
    return {f"{row['entity_name']} {row['aspect']}": row for row in found.to_dicts()}


def test_what_a_principal_can_do_now() -> None:
    """All its policies together: what they allowed, what they allow, and through what."""
    found = diff(
        BOB,
        inline("09:00:00", READ),
        inline("13:00:00", text(allow("s3:Get*"))),
        call("13:10:00", "iam:AttachUserPolicy", userName="bob", policyArn=ADMIN),
    )
    row = found["bob permissions"]
    assert row["gained"] == ["Allow * except s3:GetObject on *"]
    assert (row["lost"], row["gained_access"]) == ([], "permission")
    assert row["marks"][0] == "admin-equivalent"
    assert row["through"] == ["inline policy p: changed", f"managed policy {ADMIN}: made"]
    assert json.loads(row["before"])["Statement"][0]["Action"] == ["s3:GetObject"]
    assert list(found) == ["bob permissions"]


def test_what_moved_is_no_change() -> None:
    """From an inline policy to a managed one, to a group, and there and back again."""
    moved = [
        call("13:00:00", "iam:CreateGroup", groupName="readers"),
        call("13:00:01", "iam:AttachGroupPolicy", groupName="readers", policyArn=DEPLOY),
        call("13:00:02", "iam:AddUserToGroup", userName="bob", groupName="readers"),
        inline("13:00:03", None),
    ]
    found = diff(DEPLOYED, BOB, inline("09:00:00", READ), *moved)
    assert list(found) == ["readers exists", "readers permissions"]
    there_and_back = [inline("13:00:00", ALL), inline("13:10:00", READ)]
    assert diff(BOB, inline("09:00:00", READ), *there_and_back) == {}


def test_a_new_version_reaches_everyone_who_has_it() -> None:
    """Also through a group; the policy has its own row."""
    second = {"policyVersion": {"versionId": "v2", "isDefaultVersion": True}}
    found = diff(
        DEPLOYED,
        BOB,
        call("09:00:00", "iam:CreateGroup", groupName="devs"),
        call("09:00:01", "iam:AttachGroupPolicy", groupName="devs", policyArn=DEPLOY),
        call("09:00:02", "iam:AddUserToGroup", userName="bob", groupName="devs"),
        call("13:00:00", "iam:CreatePolicyVersion", answer=second, policyArn=DEPLOY,
             policyDocument=ALL, setAsDefault=True),
    )  # fmt: skip
    gained = ["Allow * except s3:GetObject on *"]
    assert {name: row["gained"] for name, row in found.items()} == {
        "devs permissions": gained,
        f"{DEPLOY} policy document": gained,
        "bob permissions": gained,
    }
    assert found["bob permissions"]["through"] == [f"group: managed policy {DEPLOY}: changed"]


def test_a_user_that_was_made_had_nothing() -> None:
    """Whoever was made in between had no permission before, and that is certain."""
    found = diff(
        call("13:00:00", "iam:CreateUser", userName="eve"), inline("13:00:01", ALL, user="eve")
    )
    assert found["eve exists"]["before"] is None
    row = found["eve permissions"]
    assert (row["before"], row["gained"]) == (None, ["Allow * on *"])
    assert not any(reason.startswith("perhaps") for reason in row["reasons"])


def test_what_was_unknown_leaves_a_doubt() -> None:
    """A user nobody told of may have had it before."""
    row = diff(inline("13:00:00", ALL))["bob permissions"]
    assert row["before"].startswith("unknown")
    assert all(reason.startswith("perhaps") for reason in row["reasons"])


def test_better_knowledge_is_no_change() -> None:
    """What a seed tells in between was not changed by anyone."""
    details = {
        "UserDetailList": [
            {"UserName": "bob", "Arn": arn("user/bob"), "UserId": "AIDABOB",
             "UserPolicyList": [{"PolicyName": "p", "PolicyDocument": json.loads(READ)}]},
        ]
    }  # fmt: skip
    seed = tn.Seed.read(details, at="2026-11-02T13:00:00Z")
    assert diff(seed=seed) == {}
    assert list(diff(inline("13:30:00", ALL), seed=seed)) == ["bob permissions"]


def test_a_renamed_user_is_the_same_one() -> None:
    """It keeps what it has: the name changed, and what was given since."""
    found = diff(
        BOB,
        inline("09:00:00", READ),
        call("13:00:00", "iam:UpdateUser", userName="bob", newUserName="svc"),
        inline("13:00:01", ALL, name="q", user="svc"),
    )
    assert list(found) == ["svc name", "svc permissions"]
    assert (found["svc name"]["before"], found["svc name"]["after"]) == ("bob", "svc")
    assert found["svc permissions"]["gained"] == ["Allow * except s3:GetObject on *"]


def test_nothing_differs_from_itself_and_lost_is_gained_back() -> None:
    """diff(a, a) is empty; what a → b gains, b → a' with all taken back loses."""
    calls = [BOB, inline("09:00:00", READ), inline("13:00:00", ALL), inline("14:00:00", READ)]
    assert diff(*calls, since=NOON, until=NOON) == {}
    there = diff(*calls, since=NOON, until="2026-11-02T13:30:00Z")["bob permissions"]
    back = diff(*calls, since="2026-11-02T13:30:00Z")["bob permissions"]
    assert (there["gained"], there["lost"]) == (back["lost"], back["gained"])
    assert there["gained"]


def test_other_things_are_told_one_by_one() -> None:
    """Trust, keys, passwords and resource policies have rows of their own."""
    key = {"accessKey": {"userName": "bob", "accessKeyId": "AKIA1", "status": "Active"}}
    found = diff(
        BOB,
        call("13:00:00", "iam:CreateAccessKey", userName="bob", answer=key),
        call("13:00:01", "iam:CreateAccessKey", userName="bob",
             answer={"accessKey": {**key["accessKey"], "accessKeyId": "AKIA2"}}),
        call("13:00:02", "iam:DeleteAccessKey", userName="bob", accessKeyId="AKIA2"),
        call("13:00:03", "s3:PutBucketPolicy", bucketName="b",
             bucketPolicy={"Statement": allow("s3:GetObject", "*", Principal="*")}),
    )  # fmt: skip
    assert list(found) == ["arn:aws:s3:::b resource policy", "bob access key AKIA1"]
    assert found["bob access key AKIA1"]["account"] == ACCOUNT


def test_moments_in_order() -> None:
    """The earlier one comes first."""
    with pytest.raises(RequestError, match="is after until"):
        tn.iam_diff(trail(BOB), since="2026-11-03", until="2026-11-02")
