"""The story of one resource."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from tests.evidence import event, events
from trailnb.errors import NothingFoundWarning
from trailnb.questions.resource import SCHEMA, resource

BOB = "arn:aws:iam::111122223333:user/bob"


def iam(hour: int, name: str, **fields: Any) -> dict[str, Any]:
    """One IAM call about bob, at that hour."""
    return (
        event(
            eventTime=f"2026-11-02T{hour:02}:00:00Z",
            eventID=f"{hour:02}-{name}",
            eventSource="iam.amazonaws.com",
            eventName=name,
            readOnly=name.startswith(("Get", "List")),
            requestParameters={"userName": "bob"},
        )
        | fields
    )


def story(*records: dict[str, Any], arn: str = BOB) -> list[tuple[str, str]]:
    """Which stages does the story have, with their actions?"""
    answer = resource(events(*records), arn)
    assert isinstance(answer, pl.LazyFrame)
    return answer.select("stage", "action").collect().rows()


def test_story_goes_from_making_to_end() -> None:
    """Each stage is named, in order of time, whatever the order of the events."""
    life = ["CreateUser", "CreateAccessKey", "TagUser", "GetUser", "DeleteUser"]
    records = [iam(hour, name) for hour, name in enumerate(life)]
    assert story(*reversed(records)) == [
        ("created", "iam:CreateUser"),
        ("permission", "iam:CreateAccessKey"),
        ("tagged", "iam:TagUser"),
        ("read", "iam:GetUser"),
        ("deleted", "iam:DeleteUser"),
    ]


def test_what_did_not_succeed_was_attempted() -> None:
    """A refused deletion ends nothing."""
    assert story(iam(1, "DeleteUser", errorCode="AccessDenied")) == [
        ("attempted", "iam:DeleteUser")
    ]


def test_resource_named_elsewhere_is_mentioned() -> None:
    """A call on another resource that carries the ARN belongs to the story."""
    request = {"name": "f", "functionName": "f", "role": "arn:aws:iam::111122223333:role/ops"}
    passed = event(
        eventSource="lambda.amazonaws.com",
        eventName="UpdateFunctionConfiguration20150331v2",
        requestParameters=request,
        readOnly=False,
    )
    assert story(passed, arn="arn:aws:iam::111122223333:role/ops") == [
        ("mentioned", "lambda:UpdateFunctionConfiguration")
    ]


def test_repeated_reads_share_a_row() -> None:
    """The columns are the timeline's, with the stage."""
    rows = resource(events(iam(1, "GetUser"), iam(1, "GetUser", eventID="x")), BOB).collect()
    assert rows.schema == SCHEMA
    assert rows["count"].to_list() == [2]


def test_pattern_takes_a_bucket_with_its_objects() -> None:
    """Several resources are one story where they are asked for together."""
    keyed = [{"type": "AWS::S3::Object", "ARN": "arn:aws:s3:::payroll/2026.csv"}]
    read = event(eventName="GetObject", resources=keyed)
    assert story(read, arn="arn:aws:s3:::payroll*") == [("read", "s3:GetObject")]


def test_unknown_resource_is_said_to_be_unknown() -> None:
    """No event: an empty answer, and a warning when it is collected."""
    with pytest.warns(NothingFoundWarning, match="no event acts on 'arn:nothing'"):
        assert story(iam(1, "GetUser"), arn="arn:nothing") == []
