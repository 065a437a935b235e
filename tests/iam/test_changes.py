"""Permission changes, told as a responder reads them."""

from __future__ import annotations

import json
from typing import Any

import polars as pl
import pytest

import trailnb as tn
from tests.iam.stories import ACCOUNT, ADMIN, FOREIGN, allow, arn, call, changes, deny, text, trail
from trailnb.iam.changes import SCHEMA, SORT_KEY

READ = text(allow("s3:GetObject", "arn:aws:s3:::exports/*"))
ALL = text(allow("*"))
DEPLOY = arn("policy/deploy")
ROLE = {"roleName": "ops", "assumeRolePolicyDocument": text(
    allow("sts:AssumeRole", None, Principal={"AWS": arn("root")}))}  # fmt: skip


def put(at: str, document: str, **more: Any) -> dict[str, Any]:
    """Put the inline policy `p` on alice."""
    named = {"userName": "alice", "policyName": "p", "policyDocument": document}
    return call(at, "iam:PutUserPolicy", **(named | more))


def test_before_after_and_what_is_between() -> None:
    """A policy put again under its name: what it was, what it became, what that gives."""
    wider = text(allow(["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::exports/*"))
    first, second = changes(put("09:00:00", READ), put("10:00:00", wider, by="alice"))
    assert first["before"] == "unknown"
    assert json.loads(second["before"]) == json.loads(READ)
    assert json.loads(second["after"]) == json.loads(wider)
    assert second["gained"] == ["Allow s3:PutObject on arn:aws:s3:::exports/*"]
    assert second["lost"] == []
    assert (second["gained_access"], second["change"]) == ("write", "changed")
    assert (second["entity_kind"], second["entity_name"]) == ("user", "alice")
    assert (second["aspect"], second["actor"]) == ("inline policy p", "alice")
    assert second["marks"] == ["self-granted"]
    assert second["reasons"] == [f"given by {arn('user/alice')} to itself"]
    assert (second["account"], second["origin"]) == (ACCOUNT, "198.51.100.7")


def test_the_answer_keeps_its_schema() -> None:
    """Also when nothing changed; rows are numbered in causal order."""
    none = tn.iam_changes(trail(call("09:00:00", "iam:TagUser", userName="alice"))).collect()
    assert (none.height, none.schema) == (0, SCHEMA)
    told = tn.iam_changes(trail(put("10:00:00", ALL), put("09:00:00", READ))).collect()
    assert told.schema == SCHEMA
    assert told.equals(told.sort(SORT_KEY))
    assert told["step"].to_list() == [1, 2]


def test_the_same_text_in_another_spelling_changes_nothing() -> None:
    """Put again with other spacing and order it is unchanged, or gains and loses nothing."""
    one = text(allow(["s3:Get*", "s3:Put*"], "arn:aws:s3:::exports/*"))
    split = text(
        allow("s3:Put*", "arn:aws:s3:::exports/*"), allow("S3:get*", "arn:aws:s3:::exports/*")
    )
    _, spaced, parted = changes(
        put("09:00:00", one), put("09:10:00", json.dumps(json.loads(one))), put("09:20:00", split)
    )
    assert spaced["change"] == "unchanged"
    assert (parted["change"], parted["gained"], parted["lost"]) == ("changed", [], [])
    assert spaced["marks"] == parted["marks"] == []


def test_a_denied_attempt_is_told_and_changes_nothing() -> None:
    """What was asked for stands in `after`; the state stays what it was."""
    denied = put("09:10:00", ALL, error="AccessDenied")
    _, attempt, last = changes(put("09:00:00", READ), denied, put("09:20:00", READ))
    assert (attempt["change"], attempt["outcome"]) == ("attempted", "denied")
    assert json.loads(attempt["before"]) == json.loads(READ)
    assert json.loads(attempt["after"]) == json.loads(ALL)
    assert attempt["gained"] == attempt["marks"] == []
    assert last["change"] == "unchanged"


def test_a_policy_padded_away_is_omitted_and_never_no_change() -> None:
    """Above 100 KB CloudTrail leaves the parameters out: nobody knows what was gained."""
    left_out = {
        "reason": "requestParameters too large",
        "omitted": "true",
        "originalSize": "149893",
    }
    policy = {"policy": {"arn": DEPLOY, "policyId": "ANPA1", "defaultVersionId": "v1"}}
    attached = call("09:10:00", "iam:AttachRolePolicy", roleName="ops", policyArn=DEPLOY)
    *_, content, holder = changes(
        call("08:00:00", "iam:CreateRole", **ROLE),
        call("09:00:00", "iam:CreatePolicy", answer=policy, **left_out),
        attached,
    )
    assert (content["aspect"], content["after"]) == ("policy document@v1", "omitted, 149893 bytes")
    assert content["marks"] == ["content unknown"]
    assert holder["after"] == "omitted, 149893 bytes"
    assert holder["reasons"] == ["the document after is omitted, 149,893 bytes"]


def test_a_new_version_speaks_for_all_who_have_the_policy() -> None:
    """The change is one of the policy; who has it, directly or through a group, is named."""
    made = {"policy": {"arn": DEPLOY, "defaultVersionId": "v1"}}
    second = {"policyVersion": {"versionId": "v2", "isDefaultVersion": True}}
    *_, row = changes(
        call("08:00:00", "iam:CreatePolicy", answer=made, policyName="deploy", policyDocument=READ),
        call("08:01:00", "iam:AttachUserPolicy", userName="ci", policyArn=DEPLOY),
        call("08:02:00", "iam:AttachGroupPolicy", groupName="devs", policyArn=DEPLOY),
        call("09:00:00", "iam:CreatePolicyVersion", answer=second, by="ci", policyArn=DEPLOY,
             policyDocument=ALL, setAsDefault=True),
    )  # fmt: skip
    assert (row["aspect"], row["entity_arn"]) == ("policy document@v2", DEPLOY)
    assert row["affects"] == ["group/devs", "user/ci"]
    assert row["gained"] == [
        "Allow * except s3:GetObject on *",
        "Allow s3:GetObject on * except arn:aws:s3:::exports/*",
    ]
    assert {"admin-equivalent", "self-granted"} <= set(row["marks"])


def test_an_older_version_made_the_default_again() -> None:
    """SetDefaultPolicyVersion carries no text: what the version said is remembered."""
    made = {"policy": {"arn": DEPLOY, "defaultVersionId": "v1"}}
    second = {"policyVersion": {"versionId": "v2", "isDefaultVersion": True}}
    *_, row = changes(
        call("08:00:00", "iam:CreatePolicy", answer=made, policyName="deploy", policyDocument=ALL),
        call("08:30:00", "iam:CreatePolicyVersion", answer=second, policyArn=DEPLOY,
             policyDocument=READ, setAsDefault=True),
        call("09:00:00", "iam:SetDefaultPolicyVersion", policyArn=DEPLOY, versionId="v1"),
    )  # fmt: skip
    assert row["aspect"] == "policy document@v1"
    assert json.loads(row["after"]) == json.loads(ALL)
    assert "admin-equivalent" in row["marks"]


def test_joining_a_group_gives_what_the_group_has() -> None:
    """A membership is worth the group's policies, together with what the user had."""
    group = {"groupName": "builders", "policyName": "p"}
    calls = [
        call("08:00:00", "iam:CreateGroup", groupName="builders"),
        call("08:00:10", "iam:PutGroupPolicy", **group, policyDocument=text(allow("iam:PassRole"))),
        call("08:00:20", "iam:CreateUser", userName="bob"),
        call("08:00:30", "iam:PutUserPolicy", userName="bob", policyName="own",
             policyDocument=text(allow("ec2:RunInstances"))),
        call("09:00:00", "iam:AddUserToGroup", userName="bob", groupName="builders", by="bob"),
        call("10:00:00", "iam:RemoveUserFromGroup", userName="bob", groupName="builders"),
    ]  # fmt: skip
    *_, joined, left = changes(*calls)
    assert joined["gained"] == left["lost"] == ["Allow iam:PassRole on *"]
    assert joined["marks"] == ["escalation path", "wildcard resource", "self-granted"]
    assert joined["reasons"][0] == (
        "opens the escalation path “EC2 instance with role” with ec2:RunInstances and iam:PassRole"
    )
    assert left["marks"] == []


def test_a_path_opens_where_the_last_piece_falls() -> None:
    """A group's new policy completes a path for a member that holds the rest."""
    *_, row = changes(
        call("08:00:00", "iam:PutUserPolicy", userName="bob", policyName="own",
             policyDocument=text(allow("iam:PassRole"))),
        call("08:10:00", "iam:AddUserToGroup", userName="bob", groupName="builders"),
        call("08:20:00", "iam:CreateGroup", groupName="others"),
        call("09:00:00", "iam:PutGroupPolicy", groupName="builders", policyName="p",
             policyDocument=text(allow(["lambda:CreateFunction", "lambda:InvokeFunction"]))),
    )  # fmt: skip
    assert row["reasons"][0].startswith(
        "perhaps opens the escalation path “Lambda function invoked” with iam:PassRole"
    )


def test_a_role_opened_to_another_account() -> None:
    """Trust is compared like any document; the account is named, and whether the trail knows it."""
    opened = text(
        allow("sts:AssumeRole", None, Principal={"AWS": [arn("root"), arn("root", FOREIGN)]})
    )
    update = call("09:00:00", "iam:UpdateAssumeRolePolicy", roleName="ops", policyDocument=opened)
    *_, row = changes(call("08:00:00", "iam:CreateRole", **ROLE), update)
    assert row["gained"] == [f"Allow sts:AssumeRole for AWS:{FOREIGN}"]
    assert row["marks"] == ["cross-account trust"]
    assert row["reasons"] == [f"trusts account {FOREIGN}, foreign: sts:AssumeRole"]


@pytest.mark.parametrize(
    ("condition", "marked"),
    [
        ({}, ["public principal"]),
        ({"StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"}},
         ["public principal"]),
        ({"StringLike": {"token.actions.githubusercontent.com:sub": "repo:acme/shop:*"}}, []),
    ],
)  # fmt: skip
def test_a_provider_that_vouches_for_the_whole_world(condition: object, marked: list[str]) -> None:
    """Trust in GitHub's tokens without a subject lets in every repository there is."""
    provider = arn("oidc-provider/token.actions.githubusercontent.com")
    trust = allow(
        "sts:AssumeRoleWithWebIdentity",
        None,
        Principal={"Federated": provider},
        Condition=condition,
    )
    *_, row = changes(
        call("09:00:00", "iam:CreateRole", roleName="ci", assumeRolePolicyDocument=text(trust))
    )
    assert row["marks"] == marked


def test_dropped_conditions_and_removed_denies_are_marked() -> None:
    """What held before and holds no longer is said in words."""
    mfa = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    strict = text(allow("s3:Get*", Condition=mfa), deny("cloudtrail:StopLogging"))
    _, row = changes(put("09:00:00", strict), put("10:00:00", text(allow("s3:Get*"))))
    assert row["marks"] == ["Deny removed", "condition dropped"]
    assert row["reasons"] == [
        "no longer denies cloudtrail:StopLogging on *",
        "drops the condition Bool aws:MultiFactorAuthPresent = true",
    ]


def test_credentials_are_ways_back() -> None:
    """Users, keys, passwords and other people's MFA devices are persistence."""
    key = {"accessKey": {"userName": "bob", "accessKeyId": "AKIA1", "status": "Active"}}
    told = changes(
        call("09:00:00", "iam:CreateUser", userName="bob"),
        call("09:00:01", "iam:CreateAccessKey", userName="bob", answer=key),
        call("09:00:02", "iam:CreateLoginProfile", userName="bob"),
        call("09:00:03", "iam:EnableMFADevice", userName="bob", serialNumber="m"),
        call("09:00:04", "iam:EnableMFADevice", userName="dana", serialNumber="own"),
        call("09:00:05", "iam:UpdateAccessKey", userName="bob", accessKeyId="AKIA1",
             status="Inactive"),
    )  # fmt: skip
    assert [row["reasons"] for row in told] == [
        ["makes the user bob"],
        ["gives bob the access key AKIA1"],
        ["sets a console password for bob"],
        ["gives bob the MFA device m"],
        [],
        [],
    ]


IN = {
    "ipProtocol": "tcp",
    "fromPort": 22,
    "toPort": 22,
    "ipRanges": {"items": [{"cidrIp": "0.0.0.0/1"}]},
}
SHARE = {"add": {"items": [{"userId": FOREIGN}, {"group": "all"}]}}
OPENED = [
    ("ec2:AuthorizeSecurityGroupIngress", {"groupId": "sg-1", "ipPermissions": {"items": [IN]}},
     [["public principal"]]),
    ("ec2:ModifySnapshotAttribute", {"snapshotId": "snap-1", "createVolumePermission": SHARE},
     [["cross-account trust"], ["public principal"]]),
    ("kms:CreateGrant", {"keyId": "k", "granteePrincipal": arn("role/x", FOREIGN),
                         "answer": {"grantId": "g"}},
     [["cross-account trust"]]),
    ("s3:PutBucketAcl", {"bucketName": "b", "x-amz-acl": "public-read"}, [["public principal"]]),
    ("s3:PutBucketPublicAccessBlock",
     {"bucketName": "b", "PublicAccessBlockConfiguration": {"BlockPublicAcls": False}},
     [["Deny removed"]]),
    ("s3:PutBucketPolicy",
     {"bucketName": "b", "bucketPolicy": {"Statement": allow("s3:*", "*", Principal="*")}},
     [["public principal", "wildcard action"]]),
    ("lambda:CreateFunctionUrlConfig", {"functionName": "f", "authType": "NONE"},
     [["public principal"]]),
    ("sqs:AddPermission", {"queueUrl": "q", "label": "l", "aWSAccountIds": [FOREIGN]},
     [["cross-account trust"]]),
    ("ram:AssociateResourceShare", {"resourceShareArn": "s", "principals": [FOREIGN]},
     [["cross-account trust"]]),
    ("iam:DeleteUserPermissionsBoundary", {"userName": "bob"}, [["Deny removed"]]),
    ("organizations:LeaveOrganization", {}, [["Deny removed"]]),
    ("organizations:RegisterDelegatedAdministrator",
     {"accountId": FOREIGN, "servicePrincipal": "guardduty.amazonaws.com"},
     [["cross-account trust"]]),
    ("sso:AttachManagedPolicyToPermissionSet",
     {"permissionSetArn": "ps", "managedPolicyArn": ADMIN},
     [["admin-equivalent", "wildcard action", "wildcard resource"]]),
    ("lambda:UpdateFunctionConfiguration", {"functionName": "f", "layers": ["arn:l"]},
     [["persistence"]]),
    ("iam:UpdateSAMLProvider", {"sAMLProviderArn": arn("saml-provider/idp"),
     "sAMLMetadataDocument": "<x/>"}, [["persistence"]]),
]  # fmt: skip


@pytest.mark.parametrize(("action", "request_", "marked"), OPENED, ids=[row[0] for row in OPENED])
def test_what_opens_beyond_iam_is_marked(
    action: str, request_: dict[str, Any], marked: list[list[str]]
) -> None:
    """Shares, grants, access lists, rules and limits taken away, each by what it holds."""
    told = changes(call("09:00:00", action, **request_))
    assert [row["marks"] for row in told] == marked


def test_detaching_a_policy_of_the_organization() -> None:
    """What it denied is denied no longer; a policy of tags has no say in permissions."""
    made = {"policy": {"policySummary": {"id": "p-1"}}}
    guard = text(deny("cloudtrail:StopLogging"))
    tags = {"policy": {"policySummary": {"id": "p-2"}}}
    *_, tagged, gone = changes(
        call("08:00:00", "organizations:CreatePolicy", answer=made, content=guard),
        call("08:10:00", "organizations:AttachPolicy", policyId="p-1", targetId="ou-1"),
        call("08:20:00", "organizations:CreatePolicy", answer=tags, content='{"tags":{}}'),
        call("09:00:00", "organizations:DetachPolicy", policyId="p-1", targetId="ou-1"),
    )
    assert (tagged["after"], tagged["marks"], tagged["gained"]) == ('{"tags":{}}', [], [])
    assert gone["gained"] == ["Deny cloudtrail:StopLogging on *"]
    assert gone["marks"] == ["Deny removed"]


def test_policies_of_awss_own_are_named_and_not_guessed() -> None:
    """Without its text nothing is said to be gained, and there is nothing odd about it."""
    read_only = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    (row,) = changes(call("09:00:00", "iam:AttachUserPolicy", userName="bob", policyArn=read_only))
    assert row["after"] == f"unknown, the text of {read_only}"
    assert (row["gained"], row["marks"]) == ([], [])
    (row,) = changes(call("09:00:00", "iam:AttachUserPolicy", userName="bob", policyArn=ADMIN))
    assert "admin-equivalent" in row["marks"]


def test_two_writes_within_a_second_are_both_listed() -> None:
    """Which came last nothing tells: `before` of the next change says so."""
    both = [put("09:00:00", READ), put("09:00:00", ALL)]
    *_, last = changes(
        *both, call("10:00:00", "iam:DeleteUserPolicy", userName="alice", policyName="p")
    )
    assert last["before"].startswith("unknown order within the second: ")
    assert last["change"] == "removed"


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (json.dumps({"Statement": [deny("s3:*")] * 100_000}), "it has 4,900,015 characters, more"),
        ("[" * 300 + "]" * 300, "it nests deeper than 32 levels"),
        ('{"Statement":' + "[" * 300 + "]" * 300 + "}", "it nests deeper than 32 levels"),
        ('{"Statement": [{"Effect": "Al', "it is cut off after 29 characters"),
    ],
    ids=["100,000 statements", "a deep list", "a deep statement", "torn"],
)
def test_monsters_end_in_a_sentence(document: str, reason: str) -> None:
    """A document nobody can read is marked as unknown, with the reason."""
    (row,) = changes(put("09:00:00", document))
    assert row["marks"] == ["content unknown"]
    assert reason in row["reasons"][0]


def test_principal_narrows_to_one_and_what_it_has() -> None:
    """By name, ARN or pattern; a policy's change counts for those who have it."""
    made = {"policy": {"arn": DEPLOY, "defaultVersionId": "v1"}}
    second = {"policyVersion": {"versionId": "v2", "isDefaultVersion": True}}
    calls = [
        call("08:00:00", "iam:CreatePolicy", answer=made, policyName="deploy", policyDocument=READ),
        call("08:01:00", "iam:AttachUserPolicy", userName="ci", policyArn=DEPLOY),
        call("08:02:00", "iam:CreateUser", userName="ci-2"),
        call("09:00:00", "iam:CreatePolicyVersion", answer=second, policyArn=DEPLOY,
             policyDocument=ALL, setAsDefault=True),
    ]  # fmt: skip
    one = [row["action"] for row in changes(*calls, principal="ci")]
    assert one == ["iam:AttachUserPolicy", "iam:CreatePolicyVersion"]
    assert [row["entity_name"] for row in changes(*calls, principal=arn("user/ci-*"))] == ["ci-2"]
    assert {row["entity_name"] for row in changes(*calls, principal="ci*")} == {
        "ci",
        "ci-2",
        DEPLOY,
    }


def test_events_delivered_twice_count_once() -> None:
    """Two trails in one account deliver the same call: it happened once."""
    once = put("09:00:00", READ)
    assert len(changes(once, once)) == 1


def test_any_frame_is_taken() -> None:
    """A collected frame and pandas are asked like the lazy one."""
    lazy = trail(put("09:00:00", READ), put("10:00:00", ALL))
    told = tn.iam_changes(lazy).collect()
    assert tn.iam_changes(lazy.collect()).collect().equals(told)
    columns = lazy.collect()
    assert isinstance(tn.iam_changes(columns.to_pandas()), pl.LazyFrame)
    assert tn.iam_changes(columns.to_pandas()).collect().equals(told)


def test_records_without_a_recipient_are_their_callers() -> None:
    """Old records name no recipient account; the caller's own is where the change was made."""
    old = put("09:00:00", ALL, by="alice")
    del old["recipientAccountId"]
    (row,) = changes(old)
    assert row["account"] == ACCOUNT
    assert "self-granted" in row["marks"]


@pytest.mark.parametrize("every", ["**", "*:*", "arn:*", "arn:aws:*", "arn:aws:iam::*:*"])
def test_every_resource_of_iam_is_every_resource(every: str) -> None:
    """There are more ways to say all than one star."""
    (row,) = changes(put("09:00:00", text(allow("*", every))))
    assert {"admin-equivalent", "wildcard resource"} <= set(row["marks"])


def test_another_boundary_may_let_through_more() -> None:
    """A narrow boundary is replaced by a wide one; the marks say what stands before them."""
    named = {name: arn(f"policy/{name}") for name in ("narrow", "wide")}
    bounds = [
        call(f"08:00:0{second}", "iam:CreatePolicy", policyName=name,
             policyDocument=text(allow(action)),
             answer={"policy": {"arn": named[name], "policyName": name, "defaultVersionId": "v1"}})
        for second, (name, action) in enumerate({"narrow": "s3:*", "wide": "*"}.items())
    ]  # fmt: skip
    how = {"userName": "alice"}
    first, second = (
        call(at, "iam:PutUserPermissionsBoundary", permissionsBoundary=named[name], **how)
        for at, name in (("08:10:00", "narrow"), ("09:10:00", "wide"))
    )
    rows = changes(*bounds, first, put("08:20:00", ALL), second)
    given = next(row for row in rows if row["action"] == "iam:PutUserPolicy")
    assert "admin-equivalent" in given["marks"]
    assert any(f"within its boundary {named['narrow']}" in one for one in given["reasons"])
    assert rows[-1]["marks"] == ["Deny removed"]
    assert "puts another permissions boundary on alice" in rows[-1]["reasons"][0]


def test_an_event_bus_is_opened_by_its_policy() -> None:
    """PutPermission may carry a whole policy instead of one principal."""
    statement = allow("events:PutEvents", "*", Principal="*")
    (row,) = changes(call("09:00:00", "events:PutPermission", policy=text(statement)))
    assert "public principal" in row["marks"]


def test_the_policy_of_a_rest_api_is_the_operation_on_it() -> None:
    """One call patches several things of a REST API; only one of them is its policy."""
    opened = text(allow("execute-api:Invoke", "*", Principal="*"))
    operations = [
        {"op": "replace", "path": "/description", "value": "hello"},
        {"op": "replace", "path": "/policy", "value": opened},
    ]
    asked = {"restApiId": "abc", "patchOperations": operations}
    (row,) = changes(call("09:00:00", "apigateway:UpdateRestApi", **asked))
    assert json.loads(row["after"]) == json.loads(opened)
    assert "public principal" in row["marks"]


@pytest.mark.parametrize(
    "asked",
    [
        {"AccessControlPolicy": {
            "Owner": {"ID": "own"},
            "AccessControlList": {"Grant": [
                {"Grantee": {"ID": "own"}, "Permission": "FULL_CONTROL"},
                {"Grantee": {"ID": "theirs"}, "Permission": "READ"},
            ]}}},
        {"x-amz-grant-full-control": 'id="theirs"'},
        {"x-amz-grant-read": "emailAddress=eve@example.com"},
    ],
)  # fmt: skip
def test_an_acl_that_names_somebody_else_is_a_share(asked: dict[str, Any]) -> None:
    """Canonical ids and addresses tell no account: that is said."""
    (row,) = changes(call("09:00:00", "s3:PutBucketAcl", bucketName="logs", **asked))
    assert row["marks"] == ["cross-account trust"]
    assert "account unknown" in row["reasons"][0]


def test_an_acl_of_the_owner_alone_is_none() -> None:
    """The owner's own grant opens nothing."""
    grant = {"Grantee": {"ID": "own"}, "Permission": "FULL_CONTROL"}
    inside = {"Owner": {"ID": "own"}, "AccessControlList": {"Grant": grant}}
    (row,) = changes(call("09:00:00", "s3:PutBucketAcl", bucketName="logs",
                          AccessControlPolicy=inside))  # fmt: skip
    assert row["marks"] == []


def test_a_document_shared_with_all_is_public() -> None:
    """Systems Manager writes it with a capital."""
    asked = {"name": "run", "permissionType": "Share", "accountIdsToAdd": ["All"]}
    rows = changes(call("09:00:00", "ssm:ModifyDocumentPermission", **asked))
    assert any("public principal" in row["marks"] for row in rows)


def test_an_instance_is_started_with_a_profile() -> None:
    """Each of the instances holds it from then on."""
    started = {"instancesSet": {"items": [{"instanceId": "i-1"}, {"instanceId": "i-2"}]}}
    rows = changes(
        call("09:00:00", "ec2:RunInstances", answer=started, iamInstanceProfile={"name": "web"})
    )
    assert [(row["entity_name"], row["aspect"]) for row in rows] == [
        ("i-1", "instance profile"),
        ("i-2", "instance profile"),
    ]
