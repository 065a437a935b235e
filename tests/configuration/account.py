"""An account whose one trail is kept as AWS advises, to be spoilt in one place by each test."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from trailnb.configuration.checks import findings
from trailnb.configuration.snapshot import BucketState, KeyState, Snapshot, TrailState

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
ACCOUNT = "111122223333"
REGIONS = ("eu-west-1", "us-east-1")
ARN = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/audit"
GROUP = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:audit:*"
OURS = {"StringEquals": {"aws:SourceArn": ARN}}
LOCK = {"Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 90}}}


def policy(**fields: Any) -> dict[str, Any]:
    """A policy that lets CloudTrail in for our trail, unless told otherwise."""
    statement = {
        "Sid": "Write",
        "Effect": "Allow",
        "Principal": {"Service": "cloudtrail.amazonaws.com"},
        "Action": "s3:PutObject",
        "Condition": OURS,
    }
    return {"Version": "2012-10-17", "Statement": [statement | fields]}


def bucket(**answers: Any) -> BucketState:
    """A bucket that is kept well."""
    kept: dict[str, Any] = {
        "policy": policy(),
        "policy_status": {"PolicyStatus": {"IsPublic": False}},
        "public_access_block": {
            "PublicAccessBlockConfiguration": {
                "BlockPublicAcls": True,
                "IgnorePublicAcls": True,
                "BlockPublicPolicy": True,
                "RestrictPublicBuckets": True,
            }
        },
        "acl": {"Grants": []},
        "ownership": {"OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}},
        "versioning": {"Status": "Enabled"},
        "object_lock": {"ObjectLockConfiguration": LOCK},
        "logging": {"LoggingEnabled": {"TargetBucket": "acme-trails-access"}},
        "location": {"LocationConstraint": None},
    }
    return BucketState("acme-trails", **(kept | answers))


def key(**answers: Any) -> KeyState:
    """A key that is kept well."""
    kept: dict[str, Any] = {
        "described": {"KeyState": "Enabled", "KeyManager": "CUSTOMER"},
        "rotation": {"KeyRotationEnabled": True},
        "policy": policy(Action="kms:GenerateDataKey*"),
    }
    return KeyState(**(kept | answers))


def trail(described: dict[str, Any] | None = None, **answers: Any) -> TrailState:
    """A trail that is kept well; `described` changes what DescribeTrails says."""
    settings = {
        "Name": "audit",
        "TrailARN": ARN,
        "HomeRegion": "us-east-1",
        "S3BucketName": "acme-trails",
        "IsMultiRegionTrail": True,
        "IncludeGlobalServiceEvents": True,
        "LogFileValidationEnabled": True,
        "IsOrganizationTrail": False,
        "KmsKeyId": f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1",
        "CloudWatchLogsLogGroupArn": GROUP,
    }
    kept: dict[str, Any] = {
        "status": {
            "IsLogging": True,
            "StartLoggingTime": NOW - timedelta(days=30),
            "LatestDeliveryTime": NOW - timedelta(minutes=5),
        },
        "bucket": bucket(),
        "key": key(),
        "log_group": {"logGroupName": "audit", "retentionInDays": 365},
    }
    return TrailState(settings | (described or {}), **(kept | answers))


def account(*trails: TrailState, **about: Any) -> Snapshot:
    """The account of these trails, of the good one if none is given."""
    return replace(Snapshot(ACCOUNT, NOW, REGIONS, trails or (trail(),)), **about)


def told(found: Snapshot, check: str, name: str | None = "audit") -> tuple[str, str] | None:
    """What does one check say: its status, its sentence? None: it does not apply."""
    rows = findings(found)
    named = [
        (row["status"], row["says"])
        for row in rows.iter_rows(named=True)
        if row["check"] == check and (row["trail"] == name or row["trail"] is None)
    ]
    return named[0] if named else None
