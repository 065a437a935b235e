"""In which order the calls of one second are taken, and what two possible orders leave unknown."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from msgspec.structs import replace

import trailnb as tn
from trailnb.iam.replay import steps
from trailnb.iam.replay_edits import Call
from trailnb.iam.state import Draft, State

ACCOUNT = "111122223333"
AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
READ = '{"Statement":[{"Action":"s3:GetObject","Effect":"Allow","Resource":"*"}]}'
ALL = '{"Statement":[{"Action":"*","Effect":"Allow","Resource":"*"}]}'
INVICTUS = Path(__file__).parents[2].parent / "shared" / "data" / "invictus-aws-dataset"


def call(action: str, *, key: str | None = None, response: Any = None, **request: Any) -> Call:  # noqa: ANN401
    """A successful call in that one second."""
    event_id = f"{action}-{sorted(request.items())}"
    return Call(AT, action, event_id, ACCOUNT, True, request, response or {}, access_key_id=key)  # noqa: FBT003


def order_of(*calls: Call) -> list[tuple[str, list[str | None], list[str | None]]]:
    """In which order do they happen, with before and after? The same for every order of input."""
    found = []
    for given in itertools.permutations(calls):
        draft = Draft.of(State())
        found.append(
            [
                (
                    one.call.action,
                    [value.shown for value in one.before],
                    [value.shown for value in one.after],
                )
                for one in steps(given, draft)
            ]
        )
    assert all(one == found[0] for one in found)
    return found[0]


def names(*calls: Call) -> list[str]:
    """In which order do these calls happen?"""
    return [action for action, _, _ in order_of(*calls)]


def test_create_comes_before_use_and_use_before_delete() -> None:
    """A policy is put on a role that exists, and is gone before the role is."""
    role = {"roleName": "app"}
    put = call("iam:PutRolePolicy", **role, policyName="p", policyDocument=READ)
    assert names(put, call("iam:CreateRole", **role)) == ["iam:CreateRole", "iam:PutRolePolicy"]
    gone = call("iam:DeleteRolePolicy", **role, policyName="p")
    assert names(call("iam:DeleteRole", **role), gone) == ["iam:DeleteRolePolicy", "iam:DeleteRole"]


def test_a_whole_life_inside_one_second() -> None:
    """Made, used, emptied and deleted: only one order agrees with all of it having succeeded."""
    role = {"roleName": "app"}
    assert names(
        call("iam:DeleteRole", **role),
        call("iam:DeleteRolePolicy", **role, policyName="p"),
        call("iam:PutRolePolicy", **role, policyName="p", policyDocument=READ),
        call("iam:CreateRole", **role),
    ) == ["iam:CreateRole", "iam:PutRolePolicy", "iam:DeleteRolePolicy", "iam:DeleteRole"]


def test_versions_come_by_their_numbers() -> None:
    """The higher version was made later, and is the default that stays."""
    arn = f"arn:aws:iam::{ACCOUNT}:policy/p"
    made = [
        call(
            "iam:CreatePolicyVersion",
            policyArn=arn,
            policyDocument=document,
            setAsDefault=True,
            response={"policyVersion": {"versionId": version, "isDefaultVersion": True}},
        )
        for version, document in (("v10", ALL), ("v9", READ))
    ]
    told = order_of(*made)
    assert [after[-1] for _, _, after in told] == [READ, ALL]


def test_a_key_is_made_before_it_signs() -> None:
    """What a key signed in the second of its making comes after the making."""
    made = {"accessKey": {"userName": "bob", "accessKeyId": "AKIANEW", "status": "Active"}}
    key = call("iam:CreateAccessKey", userName="bob", response=made)
    user = call("iam:CreateUser", userName="bob")
    used = call("iam:CreateUser", key="AKIANEW", userName="carol")
    told = names(key, used, user)
    assert told == ["iam:CreateUser", "iam:CreateAccessKey", "iam:CreateUser"]


def test_a_role_is_made_before_its_session_signs() -> None:
    """What a session of a role did in the second of the role's making comes after the making."""
    role = call("iam:CreateRole", roleName="app")
    session = {"actor_arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/app/s"}
    put = {"userName": "bob", "policyName": "p"}
    by_role = replace(call("iam:PutUserPolicy", **put, policyDocument=ALL), told=session)
    other = call("iam:PutUserPolicy", **put, policyDocument=READ)
    told = order_of(by_role, role, other)
    assert told[0][0] == "iam:CreateRole"
    later = [after for action, _, after in told if action == "iam:PutUserPolicy"]
    assert sorted(later) == [[ALL], [READ]]


def test_two_policies_put_under_one_name_in_one_second_leave_either() -> None:
    """Nothing tells which came last: both are listed, before the next change and in the state."""
    put = {"userName": "alice", "policyName": "p"}
    told = order_of(
        call("iam:PutUserPolicy", **put, policyDocument=READ),
        call("iam:PutUserPolicy", **put, policyDocument=ALL),
    )
    draft = Draft.of(State())
    later = Call(AT.replace(second=9), "iam:DeleteUserPolicy", "e", ACCOUNT, request=put)
    both = [call("iam:PutUserPolicy", **put, policyDocument=text) for text in (READ, ALL)]
    *_, last = steps([*both, later], draft)
    expected = f"unknown order within the second: {ALL} | {READ}"
    assert last.before[0].shown == expected
    assert "unknown order within the second" in (told[0][1][0] or "")


def test_an_attachment_and_its_end_are_ordered_by_what_was_there() -> None:
    """A detachment succeeds only where something was attached: a new user has nothing."""
    both = {"userName": "bob", "policyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}
    told = names(
        call("iam:DetachUserPolicy", **both),
        call("iam:AttachUserPolicy", **both),
        call("iam:CreateUser", userName="bob"),
    )
    assert told == ["iam:CreateUser", "iam:AttachUserPolicy", "iam:DetachUserPolicy"]


def test_many_writes_of_one_thing_in_one_second_end_in_an_unknown_and_soon() -> None:
    """Three hundred policies under one name: too many orders to try, and none is guessed."""
    put = {"userName": "alice", "policyName": "p"}
    many = [call("iam:PutUserPolicy", **put, policyDocument=str(n)) for n in range(300)]
    draft = Draft.of(State())
    told = list(steps(many, draft))
    assert len(told) == 300
    assert "unknown order" in (told[-1].before[0].shown or "")


#: The 13 seconds of invictus-aws-dataset in which one thing of IAM was written more than once, and
#: in which order that must have been. Deliveries and event ids have it otherwise.
SECONDS = {
    "11:54:39": ["CreateRole PutRolePolicy"],
    "11:55:08": ["CreateRole PutRolePolicy"],
    "12:01:52": ["CreateRole PutRolePolicy"],
    "12:02:42": ["CreateRole PutRolePolicy"],
    "12:03:14": ["AddRoleToInstanceProfile"],
    "12:07:17": ["CreateInstanceProfile AddRoleToInstanceProfile", "AttachRolePolicy"],
    "12:07:23": ["RemoveRoleFromInstanceProfile", "DetachRolePolicy"],
    "12:07:59": ["DeleteRolePolicy DeleteRole", "DeleteRolePolicy DeleteRole"],
    "12:08:37": ["RemoveRoleFromInstanceProfile DeleteInstanceProfile"],
    "12:08:39": ["DeleteRolePolicy DeleteRole"],
    "12:12:05": ["DetachRolePolicy DeleteRole", "DetachRolePolicy DeletePolicy"],
    "12:24:49": ["CreateUser AttachUserPolicy"],
    "12:28:24": ["DetachUserPolicy DeleteUser", "DeleteAccessKey DeleteUser"],
}


@pytest.mark.skipif(not INVICTUS.is_dir(), reason=f"the real records are not at {INVICTUS}")
@pytest.mark.filterwarnings("ignore::trailnb.errors.ProblemWarning")
def test_the_same_second_groups_of_a_real_attack() -> None:
    """Made before used, used before deleted, and no `before` unknown, in any delivered order."""
    events = tn.open(INVICTUS, progress=lambda _: None).events.collect()
    told = tn.iam_changes(events).collect()
    assert tn.iam_changes(events.reverse()).collect().equals(told)
    shuffled = events.sample(fraction=1, shuffle=True, seed=7)
    assert tn.iam_changes(shuffled).collect().equals(told)
    assert not told.filter(pl.col("before").str.contains("unknown order")).height
    for second, orders in SECONDS.items():
        here = told.filter(pl.col("time").dt.strftime("%H:%M:%S") == second)
        found = list(dict.fromkeys(action.removeprefix("iam:") for action in here["action"]))
        for order in orders:
            assert [name for name in found if name in order.split()] == order.split(), second
    done = told.filter(pl.col("change") != "attempted")
    for _, life in done.group_by("time", "entity_kind", "entity_name", maintain_order=True):
        ends = life.with_row_index().filter(aspect="exists")
        assert all(row["index"] == 0 for row in ends.filter(change="made").to_dicts())
        last = life.height - 1
        assert all(row["index"] == last for row in ends.filter(change="removed").to_dicts())
