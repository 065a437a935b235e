"""Event history's eight lookup attributes, combinable."""

from __future__ import annotations

from typing import Any

import pytest

from tests.evidence import event, events, role, user
from trailnb._frame import table
from trailnb.errors import RequestError
from trailnb.questions.history import SCHEMA, history

LIST = event(eventID="list", eventTime="2026-11-02T09:00:00Z", userIdentity=role("ops", "deploy-1"))
CREATE = event(
    eventID="create",
    eventTime="2026-11-02T10:00:00Z",
    eventSource="iam.amazonaws.com",
    eventName="CreateUser",
    readOnly=False,
    requestParameters={"userName": "bob"},
)
READ = event(
    eventID="read",
    eventTime="2026-11-02T11:00:00Z",
    eventName="GetObject",
    userIdentity=user("carol") | {"accessKeyId": "AKIAI44QH8DHBEXAMPLE"},
    resources=[
        {"type": "AWS::S3::Object", "ARN": "arn:aws:s3:::payroll/2026.csv"},
        {"type": "AWS::S3::Bucket", "ARN": "arn:aws:s3:::payroll"},
    ],
)


def ids(**filters: Any) -> list[str]:
    """Which of the three events does history show, in its order?"""
    return table(history(events(LIST, CREATE, READ), **filters))["event_id"].to_list()


def test_newest_event_comes_first() -> None:
    """Without attributes everything is shown, with the documented columns."""
    assert history(events(LIST)).collect_schema() == SCHEMA
    assert ids() == ["read", "create", "list"]


@pytest.mark.parametrize(
    ("attributes", "kept"),
    [
        ({"access_key_id": "AKIAI44QH8DHBEXAMPLE"}, ["read"]),
        ({"event_id": ["list", "read"]}, ["read", "list"]),
        ({"event_name": "Create*"}, ["create"]),
        ({"event_source": "s3.amazonaws.com"}, ["read", "list"]),
        ({"read_only": False}, ["create"]),
        ({"resource_name": "bob"}, ["create"]),
        ({"resource_name": "arn:aws:iam::111122223333:user/bob"}, ["create"]),
        ({"resource_name": "payroll"}, ["read"]),
        ({"resource_name": "pay"}, []),
        ({"resource_name": "userName"}, []),
        ({"resource_type": "AWS::S3::Bucket"}, ["read"]),
        ({"resource_type": ["AWS::IAM::User", "AWS::S3::Object"]}, ["read", "create"]),
        ({"resource_type": "AWS::EC2::Instance"}, []),
        ({"resource_type": []}, []),
        ({"user_name": "carol"}, ["read"]),
        ({"user_name": "deploy-*"}, ["list"]),
        ({"since": "2026-11-02T10:00:00Z"}, ["read", "create"]),
        ({"until": "2026-11-02T10:00:00Z"}, ["list"]),
        ({"event_source": "s3.amazonaws.com", "user_name": "carol", "read_only": True}, ["read"]),
        ({"event_source": "s3.amazonaws.com", "user_name": "alice"}, []),
    ],
)
def test_attributes_combine(attributes: dict[str, Any], kept: list[str]) -> None:
    """Each attribute is a value, a pattern or a list; all that are given must hold."""
    assert ids(**attributes) == kept


def test_moment_that_is_none_is_refused() -> None:
    """The error says how a moment is written."""
    with pytest.raises(RequestError, match="since='yesterday' names no moment"):
        history(events(LIST), since="yesterday")
