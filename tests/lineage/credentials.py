"""Evidence for lineage: who issued what, written out in view."""

from __future__ import annotations

from typing import Any

from tests.evidence import event

ROLE_ID = "AROAEXAMPLE2222222222"


def iam_user(name: str, key: str, account: str = "111122223333") -> dict[str, Any]:
    """What is the identity of an IAM user who signs with this key?"""
    return {
        "type": "IAMUser",
        "principalId": f"AIDA{name.upper():X<17}",
        "arn": f"arn:aws:iam::{account}:user/{name}",
        "accountId": account,
        "accessKeyId": key,
        "userName": name,
    }


def role_session(
    name: str, session: str, key: str | None, began: str, account: str = "111122223333"
) -> dict[str, Any]:
    """What is the identity of a role's session that began then?"""
    identity = {
        "type": "AssumedRole",
        "principalId": f"{ROLE_ID}:{session}",
        "arn": f"arn:aws:sts::{account}:assumed-role/{name}/{session}",
        "accountId": account,
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "principalId": ROLE_ID,
                "arn": f"arn:aws:iam::{account}:role/{name}",
                "accountId": account,
                "userName": name,
            },
            "attributes": {"creationDate": began, "mfaAuthenticated": "false"},
        },
    }
    return identity | ({"accessKeyId": key} if key else {})


def assume_role(
    caller: dict[str, Any], time: str, key: str, session: str = "work", **more: Any
) -> dict[str, Any]:
    """What is logged when this caller assumes a role and gets that key?"""
    answer = {
        "credentials": {"accessKeyId": key, "expiration": "Nov 3, 2026, 3:00:00 AM"},
        "assumedRoleUser": {"assumedRoleId": f"{ROLE_ID}:{session}", "arn": "arn:aws:sts::x"},
    }
    fields: dict[str, Any] = {
        "eventSource": "sts.amazonaws.com",
        "eventName": "AssumeRole",
        "userIdentity": caller,
        "eventTime": time,
        "responseElements": answer,
        "eventID": f"issue-{key}-{more.get('recipientAccountId', '')}",
    }
    return event(**(fields | more))


def used(identity: dict[str, Any], time: str, event_id: str, **more: Any) -> dict[str, Any]:
    """What is logged when this session lists buckets?"""
    return event(**({"userIdentity": identity, "eventTime": time, "eventID": event_id} | more))
