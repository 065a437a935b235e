"""What the answer of get-account-authorization-details adds to a replay."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from trailnb.errors import RequestError
from trailnb.iam.entities import Aspect, Entity
from trailnb.iam.replay_edits import Call
from trailnb.iam.seed import Seed
from trailnb.iam.walk import begun, walked

if TYPE_CHECKING:
    from pathlib import Path

    from trailnb.iam.state import State

ACCOUNT = "111122223333"
ALICE = Entity(ACCOUNT, "user", "alice")
AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
READ = {"Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
DEPLOY = f"arn:aws:iam::{ACCOUNT}:policy/deploy"
DETAILS: dict[str, Any] = {
    "UserDetailList": [
        {
            "UserName": "alice",
            "UserId": "AIDAALICE",
            "Arn": f"arn:aws:iam::{ACCOUNT}:user/staff/alice",
            "UserPolicyList": [{"PolicyName": "p", "PolicyDocument": READ}],
            "GroupList": ["admins"],
            "AttachedManagedPolicies": [{"PolicyName": "deploy", "PolicyArn": DEPLOY}],
        }
    ],
    "GroupDetailList": [
        {"GroupName": "admins", "GroupId": "AGPA1", "Arn": f"arn:aws:iam::{ACCOUNT}:group/admins"}
    ],
    "RoleDetailList": [],
    "Policies": [
        {
            "Arn": DEPLOY,
            "PolicyId": "ANPA1",
            "DefaultVersionId": "v2",
            "PolicyVersionList": [{"VersionId": "v2", "Document": READ, "IsDefaultVersion": True}],
        }
    ],
}


def after(seconds: int, *calls: Call, details: dict[str, Any] = DETAILS) -> State:
    """The state when the seed is sown that long after nine, among these calls."""
    draft = begun()
    list(walked(calls, draft, Seed.read(details, at=AT + timedelta(seconds=seconds))))
    return draft.frozen()


def call(action: str, second: int, **request: Any) -> Call:
    """A successful call, so many seconds after nine."""
    return Call(AT + timedelta(seconds=second), action, f"e{second}", ACCOUNT, request=request)


def test_a_seed_tells_policies_groups_and_attachments_in_full() -> None:
    """What it does not list is not there; what it cannot list stays unknown."""
    state = after(0)
    assert json.loads(state.value(ALICE, Aspect("inline policy", "p")).text) == READ
    assert state.value(ALICE, Aspect("inline policy", "other")).shown is None
    assert state.value(ALICE, Aspect("group", "admins")).shown == "member"
    assert state.value(ALICE, Aspect("login profile")).shown == "unknown"
    assert json.loads(state.content(ALICE, Aspect("managed policy", DEPLOY)).text) == READ


def test_a_user_the_seed_does_not_list_is_not_there() -> None:
    """All users of the account are listed."""
    nobody = Entity(ACCOUNT, "user", "nobody")
    made = call("iam:CreateUser", -5, userName="nobody")
    assert after(0).value(nobody, Aspect("exists")).shown is None
    assert after(0, made).value(nobody, Aspect("exists")).shown is None


def test_keys_known_from_events_outlive_the_seed() -> None:
    """The answer tells no access keys: what events told of them still holds."""
    made = Call(
        AT - timedelta(seconds=5),
        "iam:CreateAccessKey",
        "e",
        ACCOUNT,
        request={"userName": "alice"},
        response={"accessKey": {"accessKeyId": "AKIA1", "status": "Active", "userName": "alice"}},
    )
    assert after(0, made).value(ALICE, Aspect("access key", "AKIA1")).shown == "Active"


def test_calls_after_the_seed_change_what_it_told() -> None:
    """A seed is a moment like any other: the replay goes on from it."""
    gone = call("iam:DeleteUserPolicy", 5, userName="alice", policyName="p")
    assert after(0, gone).value(ALICE, Aspect("inline policy", "p")).shown is None
    assert after(9, gone).value(ALICE, Aspect("inline policy", "p")).shown is not None


def test_a_saved_answer_is_read_and_anything_else_refused(tmp_path: Path) -> None:
    """A seed names one account, and is JSON."""
    file = tmp_path / "details.json"
    file.write_text(json.dumps(DETAILS))
    assert Seed.read(file, at="2026-11-02").account == ACCOUNT
    file.write_text("{torn")
    with pytest.raises(RequestError, match="cannot be read as JSON"):
        Seed.read(file, at="2026-11-02")
    with pytest.raises(RequestError, match="names 0"):
        Seed.read({}, at="2026-11-02")
    with pytest.raises(RequestError, match="names no moment"):
        Seed.read(DETAILS, at="yesterday")


def test_aws_managed_policies_come_from_a_directory(tmp_path: Path) -> None:
    """Without one they are named and not guessed."""
    arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    attach = call("iam:AttachUserPolicy", 0, userName="alice", policyArn=arn)
    (tmp_path / "ReadOnlyAccess.json").write_text(json.dumps(READ))
    shown = []
    for directory in (None, tmp_path):
        draft = begun(directory)
        list(walked([attach], draft))
        shown.append(draft.content(ALICE, Aspect("managed policy", arn)).shown)
    assert shown[0] == f"unknown, the text of {arn}"
    assert json.loads(shown[1] or "") == READ
    with pytest.raises(RequestError, match="is no directory"):
        begun(tmp_path / "none")
