"""What a call does to what it touches."""

from __future__ import annotations

import polars as pl
import pytest

from tests.evidence import event, events
from trailnb.facts.access import ACCESS
from trailnb.facts.reference import listed_access
from trailnb.facts.tables import rows

DOES = [
    ("s3", "GetObject", True, "read"),
    ("s3", "ListObjectsV2", True, "list"),
    ("s3", "HeadObject", True, "read"),
    ("s3", "UploadPart", False, "write"),
    ("s3", "PutBucketPolicy", False, "permission"),
    ("ec2", "CreateTags", False, "tagging"),
    ("ec2", "DescribeInstances", True, "list"),
    ("lambda", "UpdateFunctionCode20150331v2", False, "write"),
    ("lambda", "AddPermission20150331v2", False, "permission"),
    ("lambda", "Invoke", False, "write"),
    ("monitoring", "PutMetricAlarm", False, "write"),
    ("iam", "AttachUserPolicy", False, "permission"),
    ("iam", "CreateAccessKey", False, "permission"),
    ("ram", "CreateResourceShare", False, "permission"),
    ("kms", "Decrypt", True, "read"),
    ("kms", "CreateGrant", False, "permission"),
]


@pytest.mark.parametrize(("service", "name", "read_only", "expected"), DOES)
def test_access_is_what_aws_lists(
    service: str, name: str, *, read_only: bool, expected: str
) -> None:
    """CloudTrail's names are found in AWS's reference, also where IAM's differ."""
    called = event(eventSource=f"{service}.amazonaws.com", eventName=name, readOnly=read_only)
    assert events(called).select("access").collect().item() == expected
    assert expected in ACCESS


@pytest.mark.parametrize(
    "name", ["AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity", "GetSessionToken"]
)
def test_handing_out_credentials_is_a_write(name: str) -> None:
    """A new session is no mere reading, although CloudTrail flags AssumeRole so."""
    issued = event(eventSource="sts.amazonaws.com", eventName=name, readOnly=True)
    assert events(issued).select("access").collect().item() == "write"


def test_sign_in_begins_a_session() -> None:
    """A sign-in is a write; asking for the second factor reads."""
    at = {"eventSource": "signin.amazonaws.com", "readOnly": False}
    seen = events(event(eventName="ConsoleLogin", **at), event(eventName="CheckMfa", **at))
    assert seen.select("access").collect().to_series().to_list() == ["write", "read"]


UNLISTED = [
    ("GetThing", True, "read"),
    ("ListThings", True, "list"),
    ("GetThing", None, "read"),
    ("DoThing", True, "read"),
    ("DoThing", False, "write"),
    ("DoThing", None, "write"),
    ("TagThing", False, "tagging"),
    ("PutResourcePolicy", False, "permission"),
]


@pytest.mark.parametrize(("name", "read_only", "expected"), UNLISTED)
def test_unlisted_action_is_told_by_flag_and_verb(
    name: str, *, read_only: bool | None, expected: str
) -> None:
    """A service too new for the reference is judged by readOnly, then by the name."""
    called = event(eventSource="brandnew.amazonaws.com", eventName=name, readOnly=read_only)
    assert events(called).select("access").collect().item() == expected


def test_service_of_the_log_opens_no_file() -> None:
    """A service is looked up among known names: a log cannot make it a path."""
    strange = event(eventSource="../services.amazonaws.com", eventName="x", readOnly=False)
    assert events(strange).select("access").collect().item() == "write"


def test_tables_name_what_the_reference_knows() -> None:
    """Every row of `iam_actions.csv` leads to an action that the reference lists."""
    named = [row["event"] for row in rows("iam_actions.csv") if not row["event"].endswith("*")]
    frame = pl.DataFrame({"event": named}).with_columns(listed=listed_access(pl.col("event")))
    assert frame.filter(pl.col("listed").is_null())["event"].to_list() == []


def test_no_action_is_decided_twice() -> None:
    """Each action stands in one row of `access.csv`."""
    names = [name for row in rows("access.csv") for name in row["actions"].split()]
    assert len(names) == len(set(names))
    assert {row["access"] for row in rows("access.csv")} <= set(ACCESS)
