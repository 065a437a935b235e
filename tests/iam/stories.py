"""IAM calls as CloudTrail records, short enough to read as a story."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from zlib import crc32

from tests.evidence import event, events, user
from tests.iam.policies import allow, deny
from trailnb.iam.changes import iam_changes

if TYPE_CHECKING:
    import polars as pl

ACCOUNT = "111122223333"
FOREIGN = "999988887777"
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
__all__ = [
    "ACCOUNT",
    "ADMIN",
    "FOREIGN",
    "allow",
    "arn",
    "call",
    "changes",
    "deny",
    "text",
    "trail",
]


def text(*statements: dict[str, Any]) -> str:
    """A policy document as IAM's calls carry it."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, indent=2)


def arn(resource: str, account: str = ACCOUNT) -> str:
    """An ARN of IAM: `role/app`."""
    return f"arn:aws:iam::{account}:{resource}"


def call(
    at: str, action: str, *, by: str = "dana", answer: object = None, **request: Any
) -> dict[str, Any]:
    """A call at a time of one day: `call("09:00:01", "iam:PutUserPolicy", userName=…)`."""
    service, name = action.split(":")
    failed = request.pop("error", None)
    return event(
        eventTime=f"2026-11-02T{at}Z",
        eventSource=f"{service}.amazonaws.com",
        eventName=name,
        eventID=f"{at} {name} {crc32(json.dumps(request).encode())}",
        readOnly=False,
        userIdentity=user(by),
        requestParameters=request or None,
        responseElements=answer,
        errorCode=failed,
    )


def trail(*calls: dict[str, Any]) -> pl.LazyFrame:
    """The events of these calls."""
    return events(*calls)


def changes(*calls: dict[str, Any], **how: Any) -> list[dict[str, Any]]:
    """What changed, row by row?"""
    return iam_changes(trail(*calls), **how).collect().to_dicts()
