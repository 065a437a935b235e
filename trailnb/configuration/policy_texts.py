"""The policies that a trail needs, each statement confined to this one trail.

Texts: CloudTrail User Guide, "Amazon S3 bucket policy for CloudTrail", "Configure AWS KMS key
policies for CloudTrail", "Amazon SNS topic policy for CloudTrail", "Role policy document for
CloudTrail to use CloudWatch Logs for monitoring"; Amazon S3 User Guide, "Enabling server access
logging".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trailnb.configuration.policies import SERVICE

if TYPE_CHECKING:
    from trailnb.configuration.wishes import Wishes

_VERSION = "2012-10-17"


def bucket_policy(wishes: Wishes) -> dict[str, Any]:
    """Who may write into the log bucket?

    Example:
        >>> from trailnb.configuration.wishes import Wishes
        >>> policy = bucket_policy(Wishes("audit", "acme-trails", "111122223333", "eu-west-1"))
        >>> [one["Sid"] for one in policy["Statement"]]
        ['AWSCloudTrailAclCheck20150319', 'AWSCloudTrailWrite20150319', 'DenyInsecureTransport']
    """
    arn = wishes.bucket_arn(wishes.bucket)
    logs = f"{arn}/{wishes.prefix}/AWSLogs" if wishes.prefix else f"{arn}/AWSLogs"
    check = _allow("AWSCloudTrailAclCheck20150319", "s3:GetBucketAcl", arn, _ours(wishes))
    writes = [("AWSCloudTrailWrite20150319", f"{logs}/{wishes.account}/*")]
    if wishes.organization:
        organization = ("AWSCloudTrailOrganizationWrite20150319", f"{logs}/{wishes.organization}/*")
        writes.append(organization)
    condition = {"s3:x-amz-acl": "bucket-owner-full-control", **_ours(wishes)}
    allowed = [_allow(sid, "s3:PutObject", where, condition) for sid, where in writes]
    return _document(check, *allowed, _only_encrypted(arn))


def access_bucket_policy(wishes: Wishes, bucket: str) -> dict[str, Any]:
    """Who may write into the bucket of the access logs: S3, for the log bucket?"""
    arn = wishes.bucket_arn(bucket)
    statement = {
        "Sid": "S3ServerAccessLogs",
        "Effect": "Allow",
        "Principal": {"Service": "logging.s3.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": f"{arn}/*",
        "Condition": {
            "ArnLike": {"aws:SourceArn": wishes.bucket_arn(wishes.bucket)},
            "StringEquals": {"aws:SourceAccount": wishes.account},
        },
    }
    return _document(statement, _only_encrypted(arn))


def key_policy(wishes: Wishes) -> dict[str, Any]:
    """Who may use the key: the account by its IAM policies, and CloudTrail for this trail?

    Readers need kms:Decrypt in their own policies.
    """
    context = f"arn:{wishes.partition}:cloudtrail:*:{wishes.account}:trail/*"
    encrypt = _allow("CloudTrailEncrypts", "kms:GenerateDataKey*", "*", _ours(wishes))
    encrypt["Condition"]["StringLike"] = {"kms:EncryptionContext:aws:cloudtrail:arn": context}
    owner = {
        "Sid": "AccountByItsPolicies",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:{wishes.partition}:iam::{wishes.account}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    describe = _allow("CloudTrailDescribes", "kms:DescribeKey", "*", _ours(wishes))
    return _document(owner, encrypt, describe)


def topic_policy(wishes: Wishes) -> dict[str, Any]:
    """Who may announce deliveries?"""
    sid = "AWSCloudTrailSNSPolicy20131101"
    return _document(_allow(sid, "SNS:Publish", str(wishes.topic_arn), _ours(wishes)))


def role_trust() -> dict[str, Any]:
    """Who may take the role: CloudTrail?"""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": SERVICE},
        "Action": "sts:AssumeRole",
    }
    return _document(statement)


def role_policy(wishes: Wishes) -> dict[str, Any]:
    """What may the role do: write its own streams of the log group?"""
    group = wishes.arn("logs", f"log-group:{wishes.log_group}:log-stream")
    streams = [f"{group}:{wishes.account}_CloudTrail_{wishes.region}*"]
    if wishes.organization:
        streams.append(f"{group}:{wishes.organization}_*")
    statement = {
        "Sid": "AWSCloudTrailStreams",
        "Effect": "Allow",
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": streams,
    }
    return _document(statement)


def _ours(wishes: Wishes) -> dict[str, str]:
    """Without this, CloudTrail would write for whoever names the bucket: the confused deputy."""
    return {"aws:SourceArn": wishes.trail_arn}


def _allow(sid: str, action: str, resource: str, condition: dict[str, str]) -> dict[str, Any]:
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"Service": SERVICE},
        "Action": action,
        "Resource": resource,
        "Condition": {"StringEquals": condition},
    }


def _only_encrypted(arn: str) -> dict[str, Any]:
    return {
        "Sid": "DenyInsecureTransport",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def _document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": _VERSION, "Statement": list(statements)}
