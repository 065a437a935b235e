"""What a call handed out."""

from __future__ import annotations

from typing import Any

import pytest

from tests.evidence import event, events, role

KEY = "ASIAIOSFODNN7EXAMPLE"
CREDENTIALS = {"accessKeyId": KEY, "sessionToken": "…"}
SESSION = "AROAEXAMPLE2222222222:deploy"
GRANT = "arn:aws:signin:eu-central-1:111122223333:session/1"

HANDED_OUT: list[tuple[str, str, dict[str, Any], str | None, str | None]] = [
    (
        "sts",
        "AssumeRole",
        {
            "responseElements": {
                "credentials": CREDENTIALS,
                "assumedRoleUser": {"assumedRoleId": SESSION, "arn": "arn:aws:sts::1:assumed-role"},
            }
        },
        KEY,
        SESSION,
    ),
    ("sts", "AssumeRole", {"responseElements": {"credentials": CREDENTIALS}}, KEY, None),
    ("sts", "GetSessionToken", {"responseElements": {"credentials": CREDENTIALS}}, KEY, None),
    (
        "sts",
        "GetFederationToken",
        {
            "responseElements": {
                "credentials": CREDENTIALS,
                "federatedUser": {"federatedUserId": "111122223333:henk"},
            }
        },
        KEY,
        "111122223333:henk",
    ),
    (
        "iam",
        "CreateAccessKey",
        {"responseElements": {"accessKey": {"accessKeyId": KEY}}},
        KEY,
        None,
    ),
    ("signin", "GetSigninToken", {"responseElements": {"credentials": CREDENTIALS}}, KEY, None),
    (
        "signin",
        "SwitchRole",
        {"userIdentity": role("ops", "deploy"), "responseElements": {"SwitchRole": "Success"}},
        None,
        SESSION,
    ),
    (
        "signin",
        "SwitchRole",
        {"userIdentity": role("ops", "deploy"), "responseElements": {"SwitchRole": "Failure"}},
        None,
        None,
    ),
    (
        "signin",
        "CreateOAuth2Token",
        {"additionalEventData": {"signInSessionArn": GRANT}},
        None,
        GRANT,
    ),
    ("sts", "AssumeRole", {"errorCode": "AccessDenied", "responseElements": None}, None, None),
    ("s3", "GetObject", {}, None, None),
    ("x", "Do", {"responseElements": {"credentials": {"accessKeyId": {"odd": 1}}}}, None, None),
]  # fmt: skip


@pytest.mark.parametrize(("service", "name", "fields", "key", "session"), HANDED_OUT)
def test_issued(
    service: str, name: str, fields: dict[str, Any], key: str | None, session: str | None
) -> None:
    """The key and the session are those that later events will carry."""
    called = event(eventSource=f"{service}.amazonaws.com", eventName=name, **fields)
    assert events(called).select("issued_key", "issued_session").collect().row(0) == (key, session)
