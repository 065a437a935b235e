"""Ask about the places that trails write to: bucket, key, topic, log group; each once."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from trailnb.configuration.answers import asked
from trailnb.configuration.snapshot import Answer, BucketState, KeyState, Unknown
from trailnb.sources.s3_refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trailnb.sources.aws import Caller

#: What is asked of a bucket: name here, call, permission, the code that says that nothing is set.
_OF_BUCKETS = (
    ("policy", "get_bucket_policy", "s3:GetBucketPolicy", "NoSuchBucketPolicy"),
    ("policy_status", "get_bucket_policy_status", "s3:GetBucketPolicyStatus", "NoSuchBucketPolicy"),
    (
        "public_access_block", "get_public_access_block", "s3:GetBucketPublicAccessBlock",
        "NoSuchPublicAccessBlockConfiguration",
    ),
    ("acl", "get_bucket_acl", "s3:GetBucketAcl", ""),
    (
        "ownership", "get_bucket_ownership_controls", "s3:GetBucketOwnershipControls",
        "OwnershipControlsNotFoundError",
    ),
    (
        "encryption", "get_bucket_encryption", "s3:GetEncryptionConfiguration",
        "ServerSideEncryptionConfigurationNotFoundError",
    ),
    ("versioning", "get_bucket_versioning", "s3:GetBucketVersioning", ""),
    (
        "object_lock", "get_object_lock_configuration", "s3:GetBucketObjectLockConfiguration",
        "ObjectLockConfigurationNotFoundError",
    ),
    (
        "lifecycle", "get_bucket_lifecycle_configuration", "s3:GetLifecycleConfiguration",
        "NoSuchLifecycleConfiguration",
    ),
    ("logging", "get_bucket_logging", "s3:GetBucketLogging", ""),
    ("location", "get_bucket_location", "s3:GetBucketLocation", ""),
)  # fmt: skip
#: Keys that AWS manages tell no rotation status to others, and asymmetric ones have none.
_NO_ROTATION = frozenset({"UnsupportedOperationException"})


@dataclass
class Places:
    """What was asked of buckets, keys, topics and log groups, by name."""

    caller: Caller
    _buckets: dict[str, BucketState] = field(default_factory=dict, repr=False)

    def bucket(self, name: str, region: str) -> BucketState:
        """What is known of the bucket? `region` is where it is asked first; S3 redirects."""
        if name not in self._buckets:
            self._buckets[name] = self._bucket(name, region)
        return self._buckets[name]

    def _bucket(self, name: str, region: str) -> BucketState:
        try:
            self.caller.ask("s3", region, "head_bucket", Bucket=name)
        except Refusal as refusal:
            if refusal.code in {"404", "NoSuchBucket"}:
                return BucketState(name, is_missing=True)
        answers: dict[str, Any] = {
            what: asked(
                self.caller, "s3", region, operation, needs=right, absent={absent}, Bucket=name
            )
            for what, operation, right, absent in _OF_BUCKETS
        }
        answers["policy"] = _document(answers["policy"], "Policy")
        return BucketState(name, **answers)

    def key(self, key: str, region: str) -> KeyState:
        """What is known of the KMS key? It lies in the region of its ARN."""
        region = _region(key) or region
        described = asked(
            self.caller, "kms", region, "describe_key", needs="kms:DescribeKey", KeyId=key
        )
        if not isinstance(described, Unknown):
            described = described["KeyMetadata"]
            key = described.get("Arn", key)
        rotation = asked(
            self.caller, "kms", region, "get_key_rotation_status",
            needs="kms:GetKeyRotationStatus", absent=_NO_ROTATION, KeyId=key,
        )  # fmt: skip
        policy = asked(
            self.caller, "kms", region, "get_key_policy",
            needs="kms:GetKeyPolicy", KeyId=key, PolicyName="default",
        )  # fmt: skip
        return KeyState(described, rotation, _document(policy, "Policy"))

    def topic(self, arn: str, region: str) -> Answer:
        """What is known of the SNS topic: its policy, as a document."""
        answer = asked(
            self.caller, "sns", _region(arn) or region, "get_topic_attributes",
            needs="sns:GetTopicAttributes", TopicArn=arn,
        )  # fmt: skip
        if isinstance(answer, Unknown):
            return answer
        return _document(answer["Attributes"], "Policy")

    def log_group(self, arn: str, region: str) -> Answer:
        """What is known of the log group: its name and retention? Empty: there is none."""
        name = arn.rpartition(":log-group:")[2].removesuffix(":*")
        answer = asked(
            self.caller, "logs", _region(arn) or region, "describe_log_groups",
            needs="logs:DescribeLogGroups", logGroupNamePrefix=name,
        )  # fmt: skip
        if isinstance(answer, Unknown):
            return answer
        return next((one for one in answer["logGroups"] if one.get("logGroupName") == name), {})


def _document(answer: Answer, name: str) -> Answer:
    """Read the policy document in an answer; one that is no JSON is not known."""
    if isinstance(answer, Unknown):
        return answer
    if name not in answer:
        return {}
    try:
        document: Mapping[str, Any] = json.loads(answer[name])
    except (ValueError, RecursionError):
        return Unknown("a policy that can be read", "it is no JSON")
    return document if isinstance(document, dict) else {}


def _region(arn: str) -> str:
    parts = arn.split(":")
    return parts[3] if len(parts) > 3 and parts[0] == "arn" else ""  # noqa: PLR2004
