"""`tn.explore_iam_changes` without a browser: the list, one change, the state around it."""

from __future__ import annotations

import json

import polars as pl
import pytest

import trailnb as tn
from tests.evidence import event, events, user
from trailnb.errors import RequestError
from trailnb.iam.changes import SCHEMA
from trailnb.widgets.iam_changes_model import Changes


def put(clock: str, action: str, name: str = "one", **more: object) -> dict[str, object]:
    """A policy of bob's, written at this time."""
    policy = {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": action, "Resource": "*"},
    }
    return event(
        eventTime=f"2026-11-02T{clock}Z", eventID=f"{clock}{name}", eventSource="iam.amazonaws.com",
        eventName="PutUserPolicy", readOnly=False,
        requestParameters={
            "userName": "bob", "policyName": name, "policyDocument": json.dumps(policy),
        },
        **more,
    )  # fmt: skip


STORY = events(
    put("09:00:00", "s3:GetObject"),
    put("10:00:00", "*", userIdentity=user("bob")),
    put("11:00:00", "*", userIdentity=user("bob")),
    put("12:00:00", "sqs:*", "two"),
    put("13:00:00", "iam:*", errorCode="AccessDenied"),
)


def test_marks_principals_and_kinds_narrow() -> None:
    """Each filter leaves its rows; what is hidden is counted."""
    w = tn.explore_iam_changes(STORY)
    assert w.filters == {"change": ["made", "changed", "removed", "attempted"]}
    assert w.changes().collect()["change"].to_list() == [
        "changed",
        "changed",
        "changed",
        "attempted",
    ]
    assert w._model.kinds(w.filters)["unchanged"] == 1
    w.filters = {"mark": "self-granted"}
    assert w.changes().collect()["event_id"].to_list() == ["10:00:00one"]
    w.filters = {"principal": "user/bob", "text": "SQS", "actor": "alice"}
    assert w.changes().collect()["event_id"].to_list() == ["12:00:00two"]
    assert w.changes().collect_schema() == SCHEMA
    w.filters = {"principal": "user/eve"}
    assert w.changes().collect().is_empty()


def test_change_is_shown_before_beside_after() -> None:
    """Static HTML by meaning, of one change alone."""
    card = Changes(tn.iam_changes(STORY)).card(2)
    assert card.count('<details class="card" open>') == 1
    assert "<script" not in card
    for told in ("self-granted", "s3:GetObject", "Action </span>*"):
        assert told in card


def test_state_around_a_change() -> None:
    """Before and after, also of what is only changed later; attempts change nothing."""
    model = Changes(tn.iam_changes(STORY))
    state = {aspect: (before, after) for aspect, before, after in model.state(2)}
    assert "s3:GetObject" in state["inline policy one"][0]
    assert '"*"' in state["inline policy one"][1]
    assert state["inline policy two"] == ("unknown", "unknown")
    state = {aspect: (before, after) for aspect, before, after in model.state(5)}
    assert "iam:*" not in state["inline policy one"][1]
    assert state["inline policy two"][0] == state["inline policy two"][1]


def test_answers_are_taken_as_they_are() -> None:
    """A part of an answer is shown without asking again; another frame is refused by name."""
    answer = tn.iam_changes(STORY).filter(pl.col("step") == 2)
    w = tn.explore_iam_changes(answer)
    assert w.changes().collect().height == 1
    with pytest.raises(RequestError, match="these lack time, actor"):
        tn.explore_iam_changes(pl.DataFrame({"step": [1], "marks": [["x"]], "aspect": ["trust"]}))


def test_what_cannot_be_meant() -> None:
    """Sentences name what there is."""
    w = tn.explore_iam_changes(STORY)
    with pytest.raises(RequestError, match=r"no filter is called 'who'\. There are principal"):
        w.filters = {"who": "bob"}
    with pytest.raises(RequestError, match="no change is called 'gone'"):
        w.filters = {"change": "gone"}
    with pytest.raises(RequestError, match="there is no change 99"):
        w._model.card(99)


def test_without_a_browser() -> None:
    """A sentence, and a picture of the list; also of nothing."""
    w = tn.explore_iam_changes(STORY)
    assert repr(w) == "Permissions: 3 changed, 1 attempted, 1 unchanged; 3 with marks."
    assert ">user/bob</text>" in w._picture()
    empty = tn.explore_iam_changes(pl.DataFrame(schema=SCHEMA))
    assert repr(empty) == "Permissions: no changes."
    assert "<svg" in empty._picture()
