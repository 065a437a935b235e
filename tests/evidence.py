"""Evidence for tests: CloudTrail records written out in view, and the event table they make."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import trailnb as tn

if TYPE_CHECKING:
    import polars as pl


def event(**fields: Any) -> dict[str, Any]:
    """What does CloudTrail write for this event? Defaults: alice, an IAM user, lists buckets.

    Fields are CloudTrail's own names; `None` leaves a field out.
    """
    record: dict[str, Any] = {
        "eventVersion": "1.11",
        "userIdentity": user("alice"),
        "eventTime": "2026-11-02T09:00:00Z",
        "eventSource": "s3.amazonaws.com",
        "eventName": "ListBuckets",
        "awsRegion": "eu-central-1",
        "sourceIPAddress": "198.51.100.7",
        "userAgent": "aws-cli/2.31.0",
        "requestParameters": {},
        "eventID": "11111111-1111-4111-8111-111111111111",
        "readOnly": True,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": "111122223333",
        "eventCategory": "Management",
    }
    return {name: value for name, value in (record | fields).items() if value is not None}


def user(name: str, account: str = "111122223333") -> dict[str, Any]:
    """What is the identity of an IAM user?"""
    return {
        "type": "IAMUser",
        "principalId": "AIDAEXAMPLE2222222222",
        "arn": f"arn:aws:iam::{account}:user/{name}",
        "accountId": account,
        "accessKeyId": "AKIAIOSFODNN7EXAMPLE",
        "userName": name,
    }


def role(name: str, session: str, **more: Any) -> dict[str, Any]:
    """What is the identity of a role's session?"""
    return {
        "type": "AssumedRole",
        "principalId": f"AROAEXAMPLE2222222222:{session}",
        "arn": f"arn:aws:sts::111122223333:assumed-role/{name}/{session}",
        "accountId": "111122223333",
        "accessKeyId": "ASIAIOSFODNN7EXAMPLE",
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "arn": f"arn:aws:iam::111122223333:role/{name}",
                "userName": name,
            }
        },
    } | more


def events(*records: dict[str, Any]) -> pl.LazyFrame:
    """What event table do these records make, read by the library itself? Copies are kept."""
    log = json.dumps({"Records": records}, ensure_ascii=False).encode()
    return tn.open({"evidence.json": log}, dedupe=False).events.collect().lazy()
