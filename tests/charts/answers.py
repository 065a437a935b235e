"""Small answers for every chart: a night in which alice tried doors, and bob worked as always."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import TYPE_CHECKING, Any

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Where each chart's answer is described.
_HOMES = {
    "alarms": "rules.alarms",
    "coverage": "trail.coverage",
    "iam_changes": "iam.changes",
    "lineage": "_lineage.sessions",
    **{
        name: f"questions.{name}"
        for name in (
            "activity", "data_access", "denied", "failures", "first_seen", "insights",
            "origins", "pivot", "sign_ins", "timeline", "working_hours",
        )
    },
}  # fmt: skip
#: What each chart's answer looks like.
SCHEMAS: Mapping[str, pl.Schema] = {
    name: import_module(f"trailnb.{home}").SCHEMA for name, home in sorted(_HOMES.items())
}
EARLY = datetime(2026, 11, 2, 9, tzinfo=UTC)
NIGHT = datetime(2026, 11, 3, 2, 13, tzinfo=UTC)
LATER = NIGHT + timedelta(minutes=50)
BUCKET = "arn:aws:s3:::payroll"
_SEEN = {"first_seen": NIGHT, "last_seen": LATER}
_OLD = {"first_seen": EARLY, "last_seen": LATER}
_ALICE, _BOB = {"actor": "alice"}, {"actor": "bob"}

_ROWS: dict[str, list[dict[str, Any]]] = {
    "activity": [
        {"time": EARLY, "kind": "access", "value": "read", "events": 20},
        {"time": NIGHT.replace(minute=0), "kind": "access", "value": "read", "events": 5_000,
         "denied": 40},
        {"time": NIGHT.replace(minute=0), "kind": "access", "value": "permission", "events": 3,
         "writes": 3, "denied": 1},
    ],
    "alarms": [
        {"start": NIGHT, "end": LATER, "rule": "cis-4.1", "title": "Unauthorized API calls",
         "severity": "low", "events": 45, "actors": ["alice"]},
        {"start": LATER, "end": LATER, "rule": "cis-4.5", "title": "Changes of CloudTrail",
         "severity": "high", "events": 1, "actors": ["alice", "bob"]},
    ],
    "coverage": [
        {"account": account, "region": "eu-west-1", "category": "Management",
         "hour": EARLY + timedelta(hours=hour), "status": status, "events": 0, "because": because}
        for account, hour, status, because in (
            ("111122223333", 0, "seen", None), ("111122223333", 1, "none seen", "cannot be told"),
            ("111122223333", 2, "nothing delivered", "an empty digest"),
            ("111122223333", 3, "unreadable", "log.json.gz is torn"),
            ("444455556666", 0, "logging stopped", "StopLogging by alice"),
            ("444455556666", 1, "selectors changed", "PutEventSelectors"),
            ("444455556666", 2, "outside the request", None),
        )
    ],
    "data_access": [
        {**_ALICE, "service": "s3", "resource": BUCKET, "prefix": "2026/", "events": 36,
         "reads": 36, "objects": 36, "bytes_in": 0, "bytes_out": 782_014_807, **_SEEN},
        {**_BOB, "service": "s3", "resource": BUCKET, "prefix": "", "events": 3, "reads": 1,
         "writes": 2, "objects": 2, "bytes_in": 900, "bytes_out": 12_000, **_OLD},
        {**_BOB, "service": "lambda", "events": 7, "reads": 7, **_OLD},
    ],
    "denied": [
        *({**_ALICE, "session": "AKIA", "action": action, "denied_by": "identity policy",
           "events": 3, "targets": 1, "origins": 1, **_SEEN}
          for action in ("iam:ListUsers", "kms:ListKeys", "s3:ListBuckets")),
        {**_BOB, "session": "AKIB", "action": "s3:PutObject", "events": 400, **_OLD},
    ],
    "failures": [
        {**_BOB, "service": "cloudformation", "outcome": "throttled",
         "error": "ThrottlingException", "events": 16, "calls": 42, "share": 16 / 42, **_OLD},
        {**_ALICE, "service": "iam", "outcome": "denied", "error": "AccessDenied", "events": 5,
         "calls": 5, "share": 1.0, **_SEEN},
        {**_ALICE, "service": "signin", "outcome": "failed", "events": 1, "calls": 1,
         "share": 1.0, **_SEEN},
    ],
    "first_seen": [
        {"kind": "origin", "value": "203.0.113.7", "events": 40, "denied": 30, **_SEEN},
        {"kind": "agent", "value": "aws-cli/2 exec-env/kali", "events": 4, "denied": 1, **_SEEN},
        {"kind": "origin", "value": "192.0.2.10", "events": 400, **_OLD},
    ],
    "iam_changes": [
        {"time": NIGHT, **_ALICE, "action": "iam:AttachUserPolicy", "change": "attempted",
         "entity_kind": "user", "entity_name": "alice", "aspect": "managed policy",
         "event_id": "1", "account": "111122223333"},
        {"time": LATER, **_ALICE, "action": "iam:PutUserPolicy", "change": "made",
         "entity_kind": "user", "entity_name": "alice", "aspect": "inline policy p",
         "gained": ["Allow *"], "marks": ["admin-equivalent", "self-granted"], "event_id": "2",
         "account": "111122223333"},
        {"time": LATER, **_BOB, "action": "iam:DetachRolePolicy", "change": "removed",
         "entity_kind": "role", "entity_name": "app", "aspect": "managed policy",
         "lost": ["Allow s3:*"], "event_id": "3", "account": "111122223333"},
        {"time": LATER, **_BOB, "action": "iam:PutRolePolicy", "change": "unchanged",
         "entity_kind": "role", "entity_name": "app", "event_id": "4", "account": "111122223333"},
    ],
    "insights": [
        {"start": NIGHT, "end": LATER, "kind": "error_rate", "event_source": "iam.amazonaws.com",
         "event_name": "ListUsers", "error_code": "AccessDenied", "events": 45, "average": 12.0,
         "expected": 0.002, "score": 125.6, "sentence": "iam:ListUsers failed 45 times.",
         "actors": [{"value": "alice", "average": 12.0, "baseline": 0.0}]},
        {"start": LATER, "end": LATER, "kind": "call_rate", "event_source": "s3.amazonaws.com",
         "event_name": "GetObject", "events": 36, "average": 3.3, "expected": 0.1, "score": 56.4},
    ],
    "lineage": [
        {"session_id": "1", "actor": "alice", "chain": ["alice"], "events": 97, "denied": 45},
        {"session_id": "2", "actor": "backup", "chain": ["alice", "backup"], "depth": 1,
         "how": "CreateAccessKey", "events": 8, "denied": 1},
        {"session_id": "3", "actor": "role/ops/x", "chain": ["alice", "backup", "role/ops/x"],
         "depth": 2, "how": "AssumeRole", "events": 36},
        {"session_id": "4", "actor": "role/app/i-1", "chain": ["role/app/i-1"], "events": 5,
         "unresolved": "issued before the window"},
        *({"session_id": f"5{run}", "actor": f"role/ci/{run}", "chain": ["repo", f"role/ci/{run}"],
           "depth": 1, "how": "AssumeRoleWithWebIdentity", "events": 4} for run in range(5)),
    ],
    "origins": [
        {"origin": "203.0.113.7", "kind": "public", "actors": ["alice"], "agents": ["kali"],
         "events": 97, "denied": 60, "writes": 5, "marks": ["new", "fast travel"], **_SEEN},
        {"origin": "192.0.2.10", "kind": "public", "network": "office", "actors": ["bob"],
         "events": 400, "writes": 30, **_OLD},
        {"origin": "ec2.amazonaws.com", "kind": "AWS service", "events": 9, **_OLD},
        {"origin": None, "kind": "none", "events": 2, "denied": 1, **_SEEN},
    ],
    "pivot": [
        {"kind": "action", "value": "iam:CreateUser", "events": 1, "is_exclusive": True,
         "lift": 41.0, **_SEEN},
        {"kind": "action", "value": "iam:ListUsers", "events": 30, "denied": 30,
         "is_exclusive": False, "lift": 12.0, **_SEEN},
        {"kind": "origin", "value": "192.0.2.10", "events": 42, "is_exclusive": False,
         "lift": 1.2, **_OLD},
    ],
    "sign_ins": [
        {"time": NIGHT, **_ALICE, "kind": "console", "outcome": "failed", "is_mfa": False,
         "failures_before": 0, "origin": "203.0.113.7"},
        {"time": LATER, **_ALICE, "kind": "console", "outcome": "success", "is_mfa": False,
         "failures_before": 1, "origin": "203.0.113.7"},
        {"time": EARLY, **_BOB, "kind": "console", "outcome": "success", "is_mfa": True,
         "failures_before": 0, "origin": "192.0.2.10"},
        {"time": EARLY, "actor": "carol", "kind": "SAML", "outcome": "success",
         "failures_before": 0},
    ],
    "timeline": [
        {"time": EARLY, **_BOB, "action": "s3:GetObject", "outcome": "success", "count": 40},
        {"time": NIGHT, **_ALICE, "action": "iam:ListUsers", "outcome": "denied", "count": 3},
        {"time": NIGHT, **_ALICE, "action": "signin:ConsoleLogin", "outcome": "success",
         "count": 1},
        {"time": LATER, **_ALICE, "action": "sts:AssumeRole", "outcome": "success", "count": 1},
        {"time": LATER, **_ALICE, "action": "iam:CreateUser", "outcome": "success", "count": 1},
    ],
    "working_hours": [
        *({**_BOB, "weekday": day, "hour": hour, "events": 9, "writes": 2, "days": 1}
          for day in (1, 2) for hour in (9, 10)),
        {**_ALICE, "weekday": 2, "hour": 2, "events": 97, "denied": 45, "days": 1},
        {**_ALICE, "weekday": 7, "hour": 23, "events": 1, "days": 1},
    ],
}  # fmt: skip


def answer(name: str) -> pl.DataFrame:
    """What does this question answer about that night?"""
    schema = SCHEMAS[name]
    rows = [{column: _default(schema[column]) for column in schema} | row for row in _ROWS[name]]
    return pl.DataFrame(rows, schema=schema)


def empty(name: str) -> pl.DataFrame:
    """What does this question answer when there is nothing?"""
    return pl.DataFrame(schema=SCHEMAS[name])


def _default(dtype: pl.DataType) -> object:
    return 0 if dtype.is_integer() else [] if isinstance(dtype, pl.List) else None
