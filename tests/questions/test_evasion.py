"""What was done against the evidence, and what fell silent."""

from __future__ import annotations

import re
import tomllib
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import trailnb as tn
from tests.evidence import event, events
from trailnb.facts.tables import rows
from trailnb.questions.evasion import SCHEMA, evasion

ROOT = Path(__file__).parents[2]
INVICTUS = ROOT.parent / "shared" / "data" / "invictus-aws-dataset" / "CloudTrail"
ATTACK = tomllib.loads((ROOT / "data-samples" / "MANIFEST.toml").read_text("utf-8"))["acme"][
    "attack"
]


def call(service: str, name: str, request: object = None, **fields: Any) -> dict[str, Any]:
    """A call of a service."""
    return event(
        eventSource=f"{service}.amazonaws.com",
        eventName=name,
        requestParameters=request or {},
        readOnly=False,
        **fields,
    )


def kinds(*records: dict[str, Any]) -> list[str]:
    """Which kinds are told, in order?"""
    return evasion(events(*records)).collect()["kind"].to_list()


@pytest.mark.parametrize(
    ("record", "kind"),
    [
        (call("cloudtrail", "StopLogging", {"name": "t"}), "logging stopped"),
        (call("cloudtrail", "DeleteTrail", errorCode="AccessDenied"), "trail deleted"),
        (
            call(
                "cloudtrail",
                "PutEventSelectors",
                {"eventSelectors": [{"includeManagementEvents": False}]},
            ),
            "selectors narrowed",
        ),
        (call("cloudtrail", "UpdateTrail", {"isMultiRegionTrail": False}), "trail narrowed"),
        (call("cloudtrail", "UpdateTrail", {"enableLogFileValidation": False}), "digests off"),
        (call("cloudtrail", "UpdateTrail", {"s3BucketName": "other"}), "log bucket changed"),
        (call("cloudtrail", "UpdateTrail", {"kmsKeyId": ""}), "log key changed"),
        (call("guardduty", "UpdateDetector", {"enable": False}), "detection off"),
        (call("config", "StopConfigurationRecorder"), "detection off"),
        (call("ec2", "DeleteFlowLogs"), "other logs removed"),
        (
            call("iam", "PutRolePolicy", {"omitted": "true", "originalSize": "131977"}),
            "content withheld",
        ),
    ],
)  # fmt: skip
def test_kinds(record: dict[str, Any], kind: str) -> None:
    """Each call is told once, attempts too."""
    assert kinds(record) == [kind]


@pytest.mark.parametrize(
    "record",
    [
        call("cloudtrail", "StartLogging"),
        call("cloudtrail", "UpdateTrail", {"enableLogFileValidation": True}),
        call(
            "cloudtrail",
            "PutEventSelectors",
            {"eventSelectors": [{"readWriteType": "All", "includeManagementEvents": True}]},
        ),
        call("guardduty", "UpdateDetector", {"enable": True}),
        call("s3", "PutBucketPolicy", {"bucketName": "website"}),
        call("kms", "DisableKey", {"keyId": "other"}),
    ],
)
def test_ordinary_changes_are_not_told(record: dict[str, Any]) -> None:
    """What strengthens, or touches other buckets and keys."""
    assert kinds(record) == []


def test_log_buckets_and_keys_are_known_from_the_logs() -> None:
    """CloudTrail's own calls, and the calls that name a bucket, tell which they are."""
    key = "arn:aws:kms:us-east-1:111122223333:key/1"
    cloudtrail = {
        "userIdentity": {"type": "AWSService", "invokedBy": "cloudtrail.amazonaws.com"},
        "sourceIPAddress": "cloudtrail.amazonaws.com",
    }
    found = kinds(
        call("s3", "GetBucketAcl", {"bucketName": "logs"}, **cloudtrail),
        call("kms", "GenerateDataKey", {"keyId": key}, resources=[{"ARN": key}], **cloudtrail),
        call("cloudtrail", "CreateTrail", {"s3BucketName": "more"}, eventID="1"),
        call("s3", "PutBucketLifecycle", {"bucketName": "logs"}, eventID="2"),
        call("s3", "DeleteBucketPolicy", {"bucketName": "more"}, eventID="3"),
        call("s3", "PutBucketPolicy", {"bucketName": "website"}, eventID="4"),
        call("kms", "ScheduleKeyDeletion", {"keyId": key}, resources=[{"ARN": key}], eventID="5"),
    )
    assert found == ["log bucket changed", "log bucket changed", "log key changed"]


def test_region_gone_quiet() -> None:
    """Active for days, then silent for a day while the account goes on elsewhere."""
    start = datetime.fromisoformat("2026-11-01T00:00:00+00:00")

    def hours(region: str, until: int) -> list[dict[str, Any]]:
        moments = (start + timedelta(hours=3 * n) for n in range(until))
        return [event(eventTime=f"{at:%Y-%m-%dT%H:%M:%SZ}", awsRegion=region) for at in moments]

    answer = evasion(events(*hours("eu-west-1", 40), *hours("us-east-1", 24))).collect()
    (row,) = answer.to_dicts()
    assert (row["kind"], row["region"], row["until"]) == ("region gone quiet", "us-east-1", None)
    assert str(row["time"]) == "2026-11-03 21:00:00+00:00"
    assert evasion(events(*hours("eu-west-1", 40)), quiet="1h").collect().is_empty()
    assert answer.schema == SCHEMA


def test_evasion_of_the_attack() -> None:
    """Both stops, the withheld policy, and the gap in the digests that follows."""
    trail = tn.open(ROOT / "data-samples" / "acme", progress=lambda _: None)
    with pytest.warns(tn.errors.ProblemWarning):
        answer = evasion(trail).collect()
    stops = answer.filter(kind="logging stopped")["event_id"].to_list()
    assert stops == [stop["event_id"] for stop in ATTACK["stop_logging"]]
    withheld = answer.filter(kind="content withheld")["event_id"].to_list()
    assert withheld == [ATTACK["omitted_policy"]["event_id"]]
    (gap,) = answer.filter(kind="digest gap").to_dicts()
    assert (gap["account"], gap["region"]) == ("444455556666", "us-east-1")
    assert answer.height == 4


def test_quiet_sample_has_no_evasion() -> None:
    """Ordinary work leaves the evidence alone."""
    trail = tn.open(ROOT / "data-samples" / "quiet", progress=lambda _: None)
    assert evasion(trail).collect().is_empty()


@pytest.mark.skipif(not INVICTUS.exists(), reason="the set is not here")
def test_evasion_in_real_logs() -> None:
    """Every technique of the set that touches logging is told."""
    answer = evasion(tn.open(INVICTUS, progress=lambda _: None)).collect()
    told = set(answer["kind"])
    assert told >= {
        "logging stopped", "trail deleted", "selectors narrowed", "log bucket changed",
        "other logs removed", "organization left",
    }  # fmt: skip
    assert {"s3:PutBucketLifecycle", "ec2:DeleteFlowLogs"} <= set(answer["action"])


def test_table_is_well_formed() -> None:
    """Patterns compile, scopes are known, and no row is empty."""
    for row in rows("evasion.csv"):
        re.compile(row["pattern"])
        assert row["scope"] in {"", "log bucket", "log key"}
        assert all(re.fullmatch(r"[a-z0-9-]+:\w+", action) for action in row["actions"].split())
