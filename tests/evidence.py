"""Evidence for tests: CloudTrail records written out in view, and the event table they make."""

from __future__ import annotations

import json
from typing import Any

import polars as pl

from trailnb.facts.columns import COLUMNS, UTC_MICROSECONDS, Column
from trailnb.facts.derived import DERIVED, with_derived


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
    """What event table do these records make, derived columns included?"""
    data = {column.name: [_cell(column, record) for record in records] for column in COLUMNS}
    schema = {
        column.name: pl.String() if column.kind == "time" else column.dtype for column in COLUMNS
    }
    times = (
        pl.col(column.name).str.to_datetime("%+", strict=False).cast(UTC_MICROSECONDS)
        for column in COLUMNS
        if column.kind == "time"
    )
    base = pl.DataFrame(data, schema=schema).with_columns(times)
    return with_derived(base.lazy(), [column.name for column in DERIVED])


def _cell(column: Column, record: dict[str, Any]) -> str | bool | None:
    value: Any = record
    for step in column.path:
        if not isinstance(value, dict) or step not in value:
            return None
        value = value[step]
    if not column.path:
        return None
    if column.kind == "json":
        return json.dumps(value, ensure_ascii=False)
    if column.kind == "flag":
        return {"true": True, "false": False}.get(str(value).lower())
    return value if value is None or isinstance(value, str) else json.dumps(value)
