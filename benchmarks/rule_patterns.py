"""A hundred event patterns as responders write them, and each as a Polars filter by hand."""

from __future__ import annotations

from typing import Any

import polars as pl

#: What is rare and worth an alarm: most rules name such calls.
_RARE = {
    "iam": "CreateUser CreateAccessKey CreateLoginProfile UpdateLoginProfile AttachUserPolicy "
    "AttachRolePolicy PutUserPolicy PutGroupPolicy PutRolePolicy SetDefaultPolicyVersion "
    "CreatePolicyVersion UpdateAssumeRolePolicy AddUserToGroup DeactivateMFADevice DeleteUser "
    "DeleteAccountPasswordPolicy CreateSAMLProvider UpdateSAMLProvider",
    "cloudtrail": "StopLogging DeleteTrail UpdateTrail PutEventSelectors",
    "kms": "DisableKey ScheduleKeyDeletion PutKeyPolicy RotateKey",
    "s3": "PutBucketPolicy DeleteBucketPolicy PutBucketAcl DeleteBucketPublicAccessBlock "
    "PutBucketVersioning DeleteBucket",
    "ec2": "AuthorizeSecurityGroupIngress CreateKeyPair ModifySnapshotAttribute CreateSnapshot "
    "ModifyImageAttribute DeleteFlowLogs RunInstances CreateVpcPeeringConnection GetPasswordData",
    "guardduty": "DeleteDetector UpdateDetector",
    "organizations": "LeaveOrganization InviteAccountToOrganization DescribeOrganization",
    "rds": "ModifyDBSnapshotAttribute DeleteDBInstance DeleteDBCluster",
    "secretsmanager": "DeleteSecret PutResourcePolicy ListSecrets",
    "lambda": "AddPermission20150331v2 UpdateFunctionCode20150331v2",
}
#: What is frequent, and asked for together with something else.
_FREQUENT = (
    ("s3", "ListBuckets"), ("s3", "ListObjects"), ("iam", "GetRole"), ("iam", "TagRole"),
    ("ec2", "DescribeRegions"), ("ec2", "DescribeVpcs"), ("ssm", "GetParameter"),
    ("logs", "FilterLogEvents"), ("signin", "ConsoleLogin"), ("kms", "ListKeys"),
)  # fmt: skip
PATTERN_COUNT = 100
_NAME, _SOURCE = pl.col("event_name"), pl.col("event_source")
_REQUEST = pl.col("request_parameters")


def patterns() -> list[tuple[dict[str, Any], pl.Expr]]:
    """Which patterns, each with the filter that a careful person would write?"""
    made = [
        ({"source": [f"aws.{service}"], "detail": {"eventName": [name]}}, _is(service, name))
        for service, names in _RARE.items()
        for name in names.split()
    ]
    for service, name in _FREQUENT:
        made += _about(service, name)
    made += _anywhere()
    assert len(made) >= PATTERN_COUNT, len(made)
    return made[:PATTERN_COUNT]


def _is(service: str, name: str) -> pl.Expr:
    return (f"{service}.amazonaws.com" == _SOURCE) & (name == _NAME)


def _about(service: str, name: str) -> list[tuple[dict[str, Any], pl.Expr]]:
    """Ask for a frequent call that failed, by root, or from an odd program; and more."""
    named = {"eventSource": [f"{service}.amazonaws.com"], "eventName": [name]}
    here, agent = _is(service, name), pl.col("user_agent")
    return [
        (named | {"errorCode": [{"exists": True}]}, here & pl.col("error_code").is_not_null()),
        (named | {"userIdentity": {"type": ["Root"]}}, here & (pl.col("user_type") == "Root")),
        (
            named | {"userAgent": [{"wildcard": "*kali*"}, {"prefix": "Boto3/1.2"}]},
            here & (agent.str.contains("kali", literal=True) | agent.str.starts_with("Boto3/1.2")),
        ),
        (
            named | {"userIdentity": {"arn": [{"anything-but": {"wildcard": "*:assumed-role/*"}}]}},
            here & ~pl.col("user_arn").str.contains(":assumed-role/", literal=True),
        ),
    ]


def _anywhere() -> list[tuple[dict[str, Any], pl.Expr]]:
    """Ask across services: refusals, one address, one key, one bucket."""
    code, address = pl.col("error_code"), pl.col("source_ip_address")
    return [
        ({"errorCode": [{"prefix": "AccessDenied"}]}, code.str.starts_with("AccessDenied")),
        ({"errorCode": [{"suffix": "UnauthorizedOperation"}]},
         code.str.ends_with("UnauthorizedOperation")),
        ({"sourceIPAddress": ["198.51.100.23"]}, address == "198.51.100.23"),
        ({"userIdentity": {"type": ["Root"], "invokedBy": [{"exists": False}]}},
         (pl.col("user_type") == "Root") & pl.col("invoked_by").is_null()),
        ({"userIdentity": {"accessKeyId": ["AKIAIOSFODNN7EXAMPLE"]}},
         pl.col("access_key_id") == "AKIAIOSFODNN7EXAMPLE"),
        ({"eventSource": ["s3.amazonaws.com"], "eventName": ["DeleteObject", "PutBucketAcl"],
          "requestParameters": {"bucketName": [{"prefix": "acme-backup"}]}},
         (_SOURCE == "s3.amazonaws.com") & _NAME.is_in(["DeleteObject", "PutBucketAcl"])
         & _REQUEST.str.contains('"bucketName":"acme-backup', literal=True)),
    ]  # fmt: skip
