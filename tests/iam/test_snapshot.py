"""What permissions are at a moment, and why someone may do something."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

import trailnb as tn
from tests.iam.stories import ACCOUNT, ADMIN, FOREIGN, allow, arn, call, deny, text, trail
from trailnb.errors import RequestError

if TYPE_CHECKING:
    from trailnb.iam.explain import Explanation

READ = text(allow("s3:GetObject", "arn:aws:s3:::exports/*"))
BOB = call("08:00:00", "iam:CreateUser", userName="bob",
           answer={"user": {"userName": "bob", "userId": "AIDABOB", "arn": arn("user/bob")}}
           )  # fmt: skip
OBJECT = "arn:aws:s3:::exports/a"


def inline(at: str, document: str, name: str = "p") -> dict[str, Any]:
    """Put an inline policy on bob."""
    return call(at, "iam:PutUserPolicy", userName="bob", policyName=name, policyDocument=document)


def test_frames_hold_what_is_known_at_the_moment() -> None:
    """Principals, policies with all versions, attachments and resource policies."""
    deploy = arn("policy/deploy")
    made = {"policy": {"arn": deploy, "defaultVersionId": "v1"}}
    second = {"policyVersion": {"versionId": "v2", "isDefaultVersion": False}}
    bucket = {"Statement": [allow("s3:GetObject", "*", Principal="*")]}
    events = trail(
        BOB,
        call("08:01:00", "iam:CreatePolicy", answer=made, policyName="d", policyDocument=READ),
        call("08:02:00", "iam:CreatePolicyVersion", answer=second, policyArn=deploy,
             policyDocument=text(allow("*"))),
        call("08:03:00", "iam:AttachUserPolicy", userName="bob", policyArn=deploy),
        call("08:04:00", "iam:AddUserToGroup", userName="bob", groupName="devs"),
        call("08:05:00", "iam:PutUserPermissionsBoundary", userName="bob",
             permissionsBoundary=ADMIN),
        call("08:06:00", "s3:PutBucketPolicy", bucketName="b", bucketPolicy=bucket),
        call("10:00:00", "iam:DeleteUser", userName="bob"),
    )  # fmt: skip
    state = tn.iam_state(events, at="2026-11-02T09:00:00Z")
    assert state.principals.rows() == [
        (ACCOUNT, "user", "bob", "AIDABOB", arn("user/bob"), None, True)
    ]
    own = state.policies.filter(name=deploy)
    assert own.select("version", "is_default").rows() == [("v1", True), ("v2", False)]
    held = {row["how"]: row["what"] for row in state.attachments.to_dicts()}
    assert held == {"boundary": ADMIN, "group": "devs", "managed policy": deploy}
    (resource,) = state.resource_policies.to_dicts()
    assert (resource["name"], resource["aspect"]) == ("arn:aws:s3:::b", "resource policy")
    assert json.loads(resource["value"]) == bucket
    assert tn.iam_state(events).principals.is_empty()


def why(*calls: dict[str, Any], action: str = "s3:GetObject", resource: str | None = OBJECT,
        **context: str) -> Any:  # noqa: ANN401  # fmt: skip
    """May bob do it?"""
    return tn.iam_state(trail(*calls)).explain("bob", action, resource, context=context)


def test_an_allowed_request_names_its_statement() -> None:
    """A user that was made here is known whole: the answer is certain."""
    found = why(BOB, inline("09:00:00", READ))
    assert found.answer == "allowed"
    assert [one.actions for one in found.identity.allowed_by] == [("s3:GetObject",)]
    assert str(found).splitlines()[0] == "allowed"
    assert why(BOB, inline("09:00:00", READ), action="s3:PutObject").answer == "not allowed"


def test_a_deny_wins_wherever_it_stands() -> None:
    """Of a group, too."""
    found = why(
        BOB,
        inline("09:00:00", READ),
        call("08:30:00", "iam:CreateGroup", groupName="kept"),
        call("08:30:01", "iam:PutGroupPolicy", groupName="kept", policyName="no",
             policyDocument=text(deny("s3:*"))),
        call("08:30:02", "iam:AddUserToGroup", userName="bob", groupName="kept"),
    )  # fmt: skip
    assert found.answer == "denied"
    assert [one.effect for one in found.identity.denied_by] == ["Deny"]


def test_what_is_not_known_is_named() -> None:
    """A user nobody saw made may have other policies, groups and a boundary."""
    found = why(inline("09:00:00", READ))
    assert found.answer == "unknown"
    assert "a document is unknown: other policies of user/bob are not known" in found.unknowns
    assert "a document is unknown: other groups of user/bob are not known" in found.unknowns
    assert any("boundary" in each for each in found.unknowns)


def test_conditions_are_open_until_told() -> None:
    """A condition on MFA leaves the answer open, and is decided by the context."""
    mfa = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    calls = (BOB, inline("09:00:00", text(allow("s3:*", Condition=mfa))))
    assert why(*calls).answer == "unknown"
    assert "Bool aws:MultiFactorAuthPresent = true" in why(*calls).unknowns
    assert why(*calls, **{"aws:MultiFactorAuthPresent": "true"}).answer == "allowed"
    assert why(*calls, **{"aws:MultiFactorAuthPresent": "false"}).answer == "not allowed"


def test_a_boundary_limits() -> None:
    """What the boundary does not allow is not allowed; one of unknown text leaves it open."""
    admin = call("09:10:00", "iam:AttachUserPolicy", userName="bob", policyArn=ADMIN)
    limit = arn("policy/limit")
    made = {"policy": {"arn": limit, "defaultVersionId": "v1"}}
    policy = call("08:10:00", "iam:CreatePolicy", answer=made, policyName="l", policyDocument=READ)
    put = call(
        "09:20:00", "iam:PutUserPermissionsBoundary", userName="bob", permissionsBoundary=limit
    )
    assert why(BOB, admin, policy, put).answer == "allowed"
    assert (
        why(BOB, admin, policy, put, action="iam:CreateUser", resource="*").answer == "not allowed"
    )
    assert why(BOB, admin, put).answer == "unknown"


def test_the_resource_has_a_say() -> None:
    """Inside one account the policy of the bucket alone can allow, and deny."""
    bucket = {"bucketName": "exports"}
    named = {"Statement": [allow("s3:GetObject", "*", Principal={"AWS": arn("user/bob")})]}
    given = call("09:00:00", "s3:PutBucketPolicy", **bucket, bucketPolicy=named)
    assert why(BOB, given).answer == "allowed"
    refused = {"Statement": [deny("s3:*", "*", Principal="*")]}
    taken = call("09:00:00", "s3:PutBucketPolicy", **bucket, bucketPolicy=refused)
    assert why(BOB, inline("09:00:00", READ), taken).answer == "denied"


def test_an_omitted_policy_leaves_everything_open() -> None:
    """What nobody can read could allow or deny anything."""
    padded = arn("policy/padded")
    made = {"policy": {"arn": padded, "defaultVersionId": "v1"}}
    found = why(
        BOB,
        call("09:00:00", "iam:CreatePolicy", answer=made, omitted="true", originalSize="149893"),
        call("09:01:00", "iam:AttachUserPolicy", userName="bob", policyArn=padded),
    )
    assert found.answer == "unknown"
    assert "a document is omitted, 149,893 bytes" in found.unknowns


@pytest.mark.parametrize("named", ["bob", "user/bob", arn("user/bob")])
def test_a_principal_goes_by_any_of_its_names(named: str) -> None:
    """Name, kind and name, ARN."""
    state = tn.iam_state(trail(BOB, inline("09:00:00", READ)))
    assert state.explain(named, "s3:GetObject", OBJECT).answer == "allowed"


def test_a_session_stands_for_its_role() -> None:
    """The ARN of a session asks for the role, and one nobody knows is refused with a hint."""
    trust = text(allow("sts:AssumeRole", None, Principal={"Service": "ec2.amazonaws.com"}))
    state = tn.iam_state(
        trail(call("08:00:00", "iam:CreateRole", roleName="app", assumeRolePolicyDocument=trust))
    )
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/app/i-0abc"
    assert state.explain(session, "s3:GetObject").answer == "not allowed"
    assert [json.loads(one) for one in state.principals["trust"]] == [json.loads(trust)]
    with pytest.raises(RequestError, match="names 0 principals here"):
        state.explain("nobody", "s3:GetObject")


ASSUME = "sts:AssumeRole"
FREE = text(allow("*"))
USER = {"userName": "ann", "userId": "AIDAANN", "arn": arn("user/ann")}
ANN = call("09:00:00", "iam:CreateUser", userName="ann", answer={"user": USER})


def asked_of(resource: str, action: str, *calls: dict[str, Any]) -> Explanation:
    """May a user who is allowed everything do this to that, after these calls?"""
    free = {"userName": "ann", "policyName": "all", "policyDocument": FREE}
    state = tn.iam_state(trail(ANN, call("09:00:01", "iam:PutUserPolicy", **free), *calls))
    return state.explain(arn("user/ann"), action, resource)


def test_a_role_is_assumed_only_by_whom_its_trust_names() -> None:
    """An administrator may not take a role that trusts a service only; unseen trust is unknown."""
    role = arn("role/app")
    by_service = text(allow(ASSUME, None, Principal={"Service": "ec2.amazonaws.com"}))
    by_user = text(allow(ASSUME, None, Principal={"AWS": arn("user/ann")}))
    for document, answer in ((by_service, "not allowed"), (by_user, "allowed")):
        made = call("09:00:02", "iam:CreateRole", roleName="app", assumeRolePolicyDocument=document)
        assert asked_of(role, ASSUME, made).answer == answer
    unseen = asked_of(role, ASSUME)
    assert unseen.answer == "unknown"
    assert any("trust" in one for one in unseen.unknowns)


def test_a_key_and_another_account_must_agree_too() -> None:
    """What the user's own policies allow is not enough there, and what is unknown is named."""
    key = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1"
    assert asked_of(key, "kms:Decrypt").answer == "unknown"
    theirs = f"arn:aws:sqs:eu-west-1:{FOREIGN}:jobs"
    found = asked_of(theirs, "sqs:SendMessage")
    assert found.answer == "unknown"
    assert any(theirs in one for one in found.unknowns)


def test_a_bucket_policy_that_was_not_seen_is_named() -> None:
    """It may deny: the answer stands by what is known, and says what is not."""
    found = asked_of("arn:aws:s3:::logs/a", "s3:GetObject")
    assert found.answer == "allowed"
    assert any("arn:aws:s3:::logs/a" in one for one in found.unknowns)


def test_the_root_of_an_account_only_delegates() -> None:
    """A bucket policy that names the account lets in nobody who has no policy of their own."""
    names = {"root": f"arn:aws:iam::{ACCOUNT}:root", "ann": arn("user/ann")}
    for who, answer in (("root", "not allowed"), ("ann", "allowed")):
        statement = allow("s3:*", "arn:aws:s3:::logs/*", Principal={"AWS": names[who]})
        state = tn.iam_state(
            trail(
                ANN,
                call("09:00:01", "s3:PutBucketPolicy", bucketName="logs",
                     bucketPolicy=json.loads(text(statement))),
            )
        )  # fmt: skip
        asked = state.explain(arn("user/ann"), "s3:GetObject", "arn:aws:s3:::logs/a")
        assert asked.answer == answer, who


def test_an_explanation_is_safe_to_print() -> None:
    """Conditions are written by whoever wrote the policy."""
    wild = "\x1b[2J\u202e"
    statement = allow("s3:*", "*", Condition={"StringEquals": {"aws:PrincipalTag/x": wild}})
    made = [
        ANN,
        call("09:00:01", "iam:PutUserPolicy", userName="ann", policyName="p",
             policyDocument=text(statement)),
    ]  # fmt: skip
    said = str(tn.iam_state(trail(*made)).explain(arn("user/ann"), "s3:GetObject"))
    assert "\x1b" not in said
    assert "\u202e" not in said
