"""What was acted on."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.evidence import event, events
from trailnb.facts.columns import base_schema
from trailnb.facts.derived import with_derived

IAM = "arn:aws:iam::111122223333"
HERE = "eu-central-1:111122223333"
KEY = f"arn:aws:kms:{HERE}:key/1"

ACTED_ON: list[tuple[str, str, dict[str, Any], str | None]] = [
    ("iam", "PutUserPolicy", {"requestParameters": {"userName": "bob"}}, f"{IAM}:user/bob"),
    (
        "iam",
        "CreateRole",
        {
            "requestParameters": {"roleName": "r"},
            "responseElements": {"role": {"arn": f"{IAM}:role/path/r"}},
        },
        f"{IAM}:role/path/r",
    ),
    (
        "iam",
        "DeletePolicyVersion",
        {"requestParameters": {"policyArn": f"{IAM}:policy/p", "versionId": "v2"}},
        f"{IAM}:policy/p",
    ),
    ("iam", "ChangePassword", {"requestParameters": None}, f"{IAM}:user/alice"),
    (
        "sts",
        "AssumeRole",
        {"requestParameters": {"roleArn": "arn:aws:iam::444455556666:role/x"}},
        "arn:aws:iam::444455556666:role/x",
    ),
    (
        "s3",
        "GetObject",
        {
            "requestParameters": {"bucketName": "b", "key": "k"},
            "resources": [
                {"type": "AWS::S3::Bucket", "ARN": "arn:aws:s3:::b"},
                {"type": "AWS::S3::Object", "ARN": "arn:aws:s3:::b/k"},
            ],
        },
        "arn:aws:s3:::b/k",
    ),
    ("s3", "PutBucketPolicy", {"requestParameters": {"bucketName": "b"}}, "arn:aws:s3:::b"),
    ("kms", "Decrypt", {"requestParameters": None, "resources": [{"ARN": KEY}]}, KEY),
    (
        "ec2",
        "RunInstances",
        {"responseElements": {"instancesSet": {"items": [{"instanceId": "i-0123456789abcdef0"}]}}},
        f"arn:aws:ec2:{HERE}:instance/i-0123456789abcdef0",
    ),
    (
        "ec2",
        "DeleteVpc",
        {"requestParameters": {"vpcId": "vpc-01234567"}},
        f"arn:aws:ec2:{HERE}:vpc/vpc-01234567",
    ),
    (
        "ec2",
        "ModifySnapshotAttribute",
        {"requestParameters": {"snapshotId": "snap-01234567"}},
        "arn:aws:ec2:eu-central-1::snapshot/snap-01234567",
    ),
    (
        "ec2",
        "ModifyImageAttribute",
        {"requestParameters": {"imageId": "ami-0123456789abcdef0"}},
        "arn:aws:ec2:eu-central-1::image/ami-0123456789abcdef0",
    ),
    (
        "elasticfilesystem",
        "DeleteFileSystem",
        {"requestParameters": {"fileSystemId": "fs-0123456789abcdef0"}},
        f"arn:aws:elasticfilesystem:{HERE}:file-system/fs-0123456789abcdef0",
    ),
    (
        "rds",
        "ApplyPendingMaintenanceAction",
        {"requestParameters": None, "serviceEventDetails": {"resourceId": "db-ABC"}},
        "db-ABC",
    ),
    (
        "ses",
        "DeleteIdentity",
        {"requestParameters": {"identity": "example.com"}},
        f"arn:aws:ses:{HERE}:identity/example.com",
    ),
    (
        "lambda",
        "UpdateFunctionCode20150331v2",
        {"requestParameters": {"functionName": "f"}},
        f"arn:aws:lambda:{HERE}:function:f",
    ),
    (
        "secretsmanager",
        "EndSecretVersionDelete",
        {"additionalEventData": {"ARN": f"arn:aws:secretsmanager:{HERE}:secret:s"}},
        f"arn:aws:secretsmanager:{HERE}:secret:s",
    ),
    (
        "cloudtrail",
        "StopLogging",
        {"requestParameters": {"name": "t"}},
        f"arn:aws:cloudtrail:{HERE}:trail/t",
    ),
    ("secretsmanager", "GetSecretValue", {"requestParameters": {"secretId": "s"}}, "s"),
    (
        "signin",
        "ConsoleLogin",
        {"userIdentity": {"type": "IAMUser", "userName": "bob", "accountId": "111122223333"}},
        f"{IAM}:user/bob",
    ),
    ("sqs", "SendMessage", {"requestParameters": {"queueUrl": "https://q/1"}}, "https://q/1"),
    ("organizations", "LeaveOrganization", {}, "account/111122223333"),
    ("appmesh", "CreateMesh", {"requestParameters": {"meshName": "m"}}, "m"),
    ("new", "Do", {"requestParameters": {"resourceArn": "arn:aws:x:::y"}}, "arn:aws:x:::y"),
    (
        "iam",
        "PutUserPolicy",
        {
            "requestParameters": None,
            "errorMessage": "… not authorized to perform: iam:PutUserPolicy on resource: user bob",
        },
        f"{IAM}:user/bob",
    ),
    ("s3", "ListBuckets", {"requestParameters": None}, None),
    ("ssm", "SendCommand", {"requestParameters": {"instanceIds": {"odd": 1}}}, None),
]  # fmt: skip


@pytest.mark.parametrize(("service", "name", "fields", "expected"), ACTED_ON)
def test_target(service: str, name: str, fields: dict[str, Any], expected: str | None) -> None:
    """An action's target is the resource acted on, as an ARN where that can be known."""
    called = event(eventSource=f"{service}.amazonaws.com", eventName=name, **fields)
    assert events(called).select("target").collect().item() == expected


COUNTED: list[tuple[str, str, dict[str, Any], int]] = [
    (
        "ec2",
        "TerminateInstances",
        {"instancesSet": {"items": [{"instanceId": "i-1"}, {"instanceId": "i-2"}]}},
        2,
    ),
    ("ssm", "GetParameters", {"names": ["/a", "/b", "/c"]}, 3),
    ("ssm", "SendCommand", {"instanceIds": ["i-1"]}, 1),
    ("iam", "PutUserPolicy", {"userName": "bob"}, 1),
    ("s3", "ListBuckets", {}, 0),
]


@pytest.mark.parametrize(("service", "name", "request_", "expected"), COUNTED)
def test_targets_are_counted(
    service: str, name: str, request_: dict[str, Any], expected: int
) -> None:
    """A call on several resources shows the first and says how many there were."""
    called = event(
        eventSource=f"{service}.amazonaws.com", eventName=name, requestParameters=request_
    )
    assert events(called).select("target_count").collect().item() == expected


def test_failed_call_that_names_nothing() -> None:
    """A throttled call's record drops the parameters: its kind of target is still known."""
    throttled = event(
        eventSource="ssm.amazonaws.com",
        eventName="PutParameter",
        errorCode="ThrottlingException",
        errorMessage="Rate exceeded",
        requestParameters=None,
    )
    seen = events(throttled).select("target", "target_count").collect()
    assert seen.row(0) == (f"arn:aws:ssm:{HERE}:parameter/*", 0)


def test_parameter_path_has_one_slash() -> None:
    """The ARN of parameter /db/password holds its slash once, as IAM writes it."""
    read = event(
        eventSource="ssm.amazonaws.com",
        eventName="GetParameter",
        requestParameters={"name": "/db/password"},
    )
    assert (
        events(read).select("target").collect().item()
        == f"arn:aws:ssm:{HERE}:parameter/db/password"
    )


def test_target_in_another_partition() -> None:
    """The caller's partition is the target's: no credential crosses one."""
    called = event(
        eventSource="iam.amazonaws.com.cn",
        eventName="DeleteUser",
        awsRegion="cn-north-1",
        userIdentity={"type": "IAMUser", "arn": "arn:aws-cn:iam::111122223333:user/li"},
        requestParameters={"userName": "bob"},
    )
    assert (
        events(called).select("target").collect().item() == "arn:aws-cn:iam::111122223333:user/bob"
    )


@settings(deadline=None)  # the first plan of an expression is slow
@given(text=st.text(max_size=40), name=st.text(max_size=20))
def test_target_survives_any_text(text: str, name: str) -> None:
    """Torn JSON and odd names give no target; they never raise."""
    torn = (
        pl.DataFrame(schema=base_schema())
        .clear(1)
        .with_columns(
            event_source=pl.lit("iam.amazonaws.com"),
            event_name=pl.lit("Delete" + name),
            request_parameters=pl.lit('{"userName": ' + text),
            response_elements=pl.lit(text),
            resources=pl.lit(text),
            error_message=pl.lit(text),
        )
    )
    assert with_derived(torn, ["target", "target_count"]).height == 1


def test_rotation_by_a_service_names_its_key() -> None:
    """A service event keeps what it acted on in its details."""
    rotated = event(
        eventSource="kms.amazonaws.com",
        eventName="RotateKey",
        eventType="AwsServiceEvent",
        requestParameters=None,
        serviceEventDetails={"keyId": "1"},
    )
    assert events(rotated).select("target").collect().item() == KEY
