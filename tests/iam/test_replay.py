"""What calls do to the state of permissions, and what stays unknown."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trailnb.iam.entities import Aspect, Entity
from trailnb.iam.replay import replay
from trailnb.iam.replay_edits import Call
from trailnb.iam.replay_groups import RULES
from trailnb.iam.replay_table import compiled, table

if TYPE_CHECKING:
    from random import Random

    from trailnb.iam.state import State

ACCOUNT = "111122223333"
ALICE = Entity(ACCOUNT, "user", "alice")
APP = Entity(ACCOUNT, "role", "app")
ADMINS = Entity(ACCOUNT, "group", "admins")
DEPLOY = Entity(ACCOUNT, "policy", f"arn:aws:iam::{ACCOUNT}:policy/deploy")

READ = '{"Statement":[{"Action":"s3:GetObject","Effect":"Allow","Resource":"*"}]}'
ALL = '{"Statement":[{"Action":"*","Effect":"Allow","Resource":"*"}]}'


def call(
    action: str, second: int = 0, *, response: dict[str, Any] | None = None, **request: Any
) -> Call:
    """A successful call, so many seconds after nine."""
    time = datetime(2026, 11, 2, 9, tzinfo=UTC) + timedelta(seconds=second)
    return Call(
        time,
        action,
        f"{action}-{second}",
        ACCOUNT,
        request=request,
        response=response or {},
        target=request.get("policyArn"),
        user_name="alice",
    )


def shown(state: State, entity: Entity, *aspect: str) -> str | None:
    """What does the state say of an aspect?"""
    return state.value(entity, Aspect(*aspect)).shown


def test_what_nobody_told_is_unknown() -> None:
    """A user that only had a policy put on it may have others, a key, and a boundary."""
    state = replay(
        [call("iam:PutUserPolicy", userName="alice", policyName="p", policyDocument=READ)]
    )
    assert shown(state, ALICE, "inline policy", "p") == READ
    assert shown(state, ALICE, "inline policy", "other") == "unknown"
    assert shown(state, ALICE, "boundary") == "unknown"


def test_a_user_that_was_made_here_has_only_what_it_was_given() -> None:
    """CreateUser proves that there is no key, no policy and no membership yet."""
    state = replay([call("iam:CreateUser", userName="alice")])
    assert shown(state, ALICE, "inline policy", "p") is None
    assert shown(state, ALICE, "managed policy", DEPLOY.name) is None


def test_a_user_of_the_same_name_made_again_is_another_one() -> None:
    """Nothing of the deleted user stays: not its id, not its key, not its policy."""
    first = {"user": {"userName": "alice", "userId": "AIDAFIRST"}}
    second = {"user": {"userName": "alice", "userId": "AIDASECOND"}}
    state = replay(
        [
            call("iam:CreateUser", 0, userName="alice", response=first),
            call("iam:PutUserPolicy", 1, userName="alice", policyName="p", policyDocument=ALL),
            call("iam:DeleteUser", 2, userName="alice"),
            call("iam:CreateUser", 3, userName="alice", response=second),
        ]
    )
    assert state.entities[ALICE].unique_id == "AIDASECOND"
    assert shown(state, ALICE, "inline policy", "p") is None


def test_a_renamed_user_keeps_what_it_has() -> None:
    """UpdateUser with a new name moves policies, keys and memberships; the old name is free."""
    state = replay(
        [
            call("iam:CreateUser", 0, userName="alice"),
            call("iam:PutUserPolicy", 1, userName="alice", policyName="p", policyDocument=ALL),
            call("iam:AddUserToGroup", 2, userName="alice", groupName="admins"),
            call("iam:UpdateUser", 3, userName="alice", newUserName="svc"),
        ]
    )
    svc = ALICE._replace(name="svc")
    assert shown(state, svc, "inline policy", "p") == ALL
    assert shown(state, ALICE, "exists") is None
    assert state.held_by(ACCOUNT, Aspect("group", "admins")) == [svc]


def test_a_renamed_group_keeps_its_members() -> None:
    """UpdateGroup with a new name: who was in it is in it still, under that name."""
    state = replay(
        [
            call("iam:AddUserToGroup", 0, userName="alice", groupName="admins"),
            call("iam:UpdateGroup", 1, groupName="admins", newGroupName="owners"),
        ]
    )
    assert shown(state, ALICE, "group", "owners") == "member"
    assert shown(state, ALICE, "group", "admins") is None


def test_versions_and_default_of_a_managed_policy() -> None:
    """Each version keeps its text; which is the default is told apart from them."""
    versions = [
        {"policyVersion": {"versionId": f"v{n}", "isDefaultVersion": n == 3}} for n in (2, 3)
    ]
    arn = DEPLOY.name
    state = replay(
        [
            call(
                "iam:CreatePolicy",
                0,
                policyName="deploy",
                policyDocument=READ,
                response={"policy": {"arn": arn, "defaultVersionId": "v1"}},
            ),
            call(
                "iam:CreatePolicyVersion",
                1,
                policyArn=arn,
                policyDocument=READ,
                response=versions[0],
            ),
            call(
                "iam:CreatePolicyVersion",
                2,
                policyArn=arn,
                policyDocument=ALL,
                setAsDefault=True,
                response=versions[1],
            ),
            call("iam:DeletePolicyVersion", 3, policyArn=arn, versionId="v1"),
        ]
    )
    assert shown(state, DEPLOY, "default version") == "v3"
    assert shown(state, DEPLOY, "version", "v3") == ALL
    assert shown(state, DEPLOY, "version", "v2") == READ
    assert shown(state, DEPLOY, "version", "v1") is None


def test_a_denied_call_changes_nothing() -> None:
    """Only a call that succeeded writes; another is an attempt."""
    denied = call("iam:PutUserPolicy", userName="alice", policyName="p", policyDocument=ALL)
    state = replay([Call(denied.time, denied.action, "e", ACCOUNT, False, denied.request)])  # noqa: FBT003
    assert state.said() == {}


def test_a_policy_left_out_by_cloudtrail_is_omitted_and_not_unchanged() -> None:
    """Above 100 KB the record has no parameters; the response still names the policy."""
    arn = DEPLOY.name
    made = call(
        "iam:CreatePolicy",
        reason="requestParameters too large",
        omitted="true",
        originalSize="131977",
        response={"policy": {"arn": arn, "defaultVersionId": "v1"}},
    )
    state = replay([Call(**{**as_dict(made), "omitted_bytes": "131977"})])
    assert shown(state, DEPLOY, "version", "v1") == "omitted, 131977 bytes"


def test_an_omitted_inline_policy_could_be_anyones() -> None:
    """PutUserPolicy without parameters names no user: every user's inline policies are in doubt."""
    known = call("iam:PutUserPolicy", 0, userName="alice", policyName="p", policyDocument=READ)
    padded = Call(**{**as_dict(call("iam:PutUserPolicy", 1)), "omitted_bytes": "131977"})
    state = replay([call("iam:CreateUser", -1, userName="alice"), known, padded])
    assert shown(state, ALICE, "inline policy", "p") == "unknown"
    assert shown(state, ALICE, "inline policy", "other") == "unknown"
    assert shown(state, ALICE, "boundary") is None


def as_dict(made: Call) -> dict[str, Any]:
    """The fields of a call."""
    return {name: getattr(made, name) for name in Call.__struct_fields__}


BUCKET = "arn:aws:s3:::payroll"
KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1234"
DOCUMENTED = [
    ("s3:PutBucketPolicy", BUCKET, {"bucketPolicy": json.loads(ALL)}, "bucket"),
    ("kms:PutKeyPolicy", KEY, {"keyId": "1234", "policy": ALL}, "KMS key"),
    ("secretsmanager:PutResourcePolicy", "db", {"secretId": "db", "resourcePolicy": ALL}, "secret"),
    ("sqs:SetQueueAttributes", "q", {"queueUrl": "q", "attributes": {"Policy": ALL}}, "queue"),
    (
        "sns:SetTopicAttributes",
        "t",
        {"topicArn": "t", "attributeName": "Policy", "attributeValue": ALL},
        "topic",
    ),
    ("ecr:SetRepositoryPolicy", "r", {"repositoryName": "r", "policyText": ALL}, "repository"),
    ("dynamodb:PutResourcePolicy", "d", {"resourceArn": "d", "policy": ALL}, "table"),
    ("glue:PutResourcePolicy", None, {"policyInJson": ALL}, "data catalog"),
    (
        "logs:PutResourcePolicy",
        None,
        {"policyName": "l", "policyDocument": ALL},
        "log resource policy",
    ),
]


@pytest.mark.parametrize(("action", "target", "request_", "kind"), DOCUMENTED)
def test_resource_policies_are_read_where_each_service_keeps_them(
    action: str, target: str | None, request_: dict[str, Any], kind: str
) -> None:
    """The same document, as an object or as text, under the name the service gives it."""
    made = call(action, **request_)
    state = replay([Call(**{**as_dict(made), "target": target})])
    found = {aspect.kind: value.shown for (entity, aspect), value in state.said().items()
             if entity.kind == kind and aspect.kind == "resource policy"}  # fmt: skip
    assert found == {"resource policy": ALL}


def test_an_empty_policy_attribute_takes_the_policy_away() -> None:
    """SQS removes a queue's policy by setting it to the empty text."""
    state = replay(
        [
            call("sqs:SetQueueAttributes", 0, queueUrl="q", attributes={"Policy": ALL}),
            call("sqs:SetQueueAttributes", 1, queueUrl="q", attributes={"Policy": ""}),
        ]
    )
    assert shown(state, Entity(ACCOUNT, "queue", "q"), "resource policy") is None


def test_security_group_rules_open_and_close_one_by_one() -> None:
    """A rule is known by direction, protocol, ports and source."""
    wide = {"items": [{"ipProtocol": "tcp", "fromPort": 22, "toPort": 22,
                       "ipRanges": {"items": [{"cidrIp": "0.0.0.0/0"}]},
                       "ipv6Ranges": {"items": [{"cidrIpv6": "::/0"}]}}]}  # fmt: skip
    group = Entity(ACCOUNT, "security group", "sg-1")
    state = replay(
        [
            call("ec2:AuthorizeSecurityGroupIngress", 0, groupId="sg-1", ipPermissions=wide),
            call(
                "ec2:RevokeSecurityGroupIngress",
                1,
                groupId="sg-1",
                ipProtocol="tcp",
                fromPort=22,
                toPort=22,
                cidrIp="0.0.0.0/0",
            ),
        ]
    )
    assert shown(state, group, "rule", "inbound tcp 22 from 0.0.0.0/0") is None
    assert shown(state, group, "rule", "inbound tcp 22 from ::/0") == "open"


@pytest.mark.parametrize("action", sorted({*table(), *RULES}))
def test_hostile_parameters_raise_nothing(action: str) -> None:
    """Values of any type stand anywhere in a log: no action trips over them."""
    keys = ("userName", "policyArn", "policyDocument", "ipPermissions", "groupId", "attributes")
    for junk in (None, [], [[]], {}, {"items": 3}, 7, "", "\ud800", True, {"a": {"b": []}}):
        compiled(call(action, **dict.fromkeys(keys, junk)))
        replay([call(action, **dict.fromkeys(keys, junk))])


def test_a_deep_document_stays_text() -> None:
    """Ten thousand brackets are kept as they are."""
    deep = "[" * 10_000
    state = replay(
        [call("iam:PutUserPolicy", userName="alice", policyName="p", policyDocument=deep)]
    )
    assert shown(state, ALICE, "inline policy", "p") == deep


NAMES = st.sampled_from(["alice", "bob"])
STEPS = st.one_of(
    st.tuples(st.just("iam:CreateUser"), st.fixed_dictionaries({"userName": NAMES})),
    st.tuples(st.just("iam:DeleteUser"), st.fixed_dictionaries({"userName": NAMES})),
    st.tuples(
        st.just("iam:UpdateUser"), st.fixed_dictionaries({"userName": NAMES, "newUserName": NAMES})
    ),
    st.tuples(
        st.just("iam:AddUserToGroup"),
        st.fixed_dictionaries({"userName": NAMES, "groupName": st.sampled_from(["g", "h"])}),
    ),
    st.tuples(st.just("iam:UpdateGroup"), st.just({"groupName": "g", "newGroupName": "h"})),
    st.tuples(
        st.just("iam:PutUserPolicy"),
        st.fixed_dictionaries(
            {
                "userName": NAMES,
                "policyName": st.just("p"),
                "policyDocument": st.sampled_from([READ, ALL]),
            }
        ),
    ),
    st.tuples(
        st.just("iam:DeleteUserPolicy"),
        st.fixed_dictionaries({"userName": NAMES, "policyName": st.just("p")}),
    ),
)
TIMED = st.lists(st.tuples(st.integers(0, 3), STEPS), max_size=9)


Steps: TypeAlias = list[tuple[int, tuple[str, dict[str, Any]]]]


def calls_of(steps: Steps) -> list[Call]:
    """Calls with ids of their own."""
    made = [(call(action, second, **asked), n) for n, (second, (action, asked)) in enumerate(steps)]
    return [Call(**{**as_dict(one), "event_id": f"e{n}"}) for one, n in made]


@given(TIMED, st.randoms(use_true_random=False))
def test_the_order_of_the_input_changes_nothing(steps: Steps, random: Random) -> None:
    """Calls delivered in any order, also within one second, lead to the same state."""
    calls = calls_of(steps)
    shuffled = random.sample(calls, len(calls))
    assert replay(shuffled).said() == replay(calls).said()


@given(TIMED, st.integers(0, 4))
def test_a_prefix_and_then_the_rest_is_all(steps: Steps, cut: int) -> None:
    """A state can be kept at the end of any second and gone on from."""
    calls = calls_of(steps)
    until = datetime(2026, 11, 2, 9, tzinfo=UTC) + timedelta(seconds=cut)
    first = replay([one for one in calls if one.time < until])
    kept = first.said()
    whole = replay([one for one in calls if one.time >= until], first)
    assert whole.said() == replay(calls).said()
    assert first.said() == kept
