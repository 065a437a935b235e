"""What a plan would call, in order, and why: plain data that can be read before it is run."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trailnb.configuration import policy_texts
from trailnb.configuration.policies import SERVICE
from trailnb.configuration.wishes import NEW

if TYPE_CHECKING:
    from trailnb.configuration.selectors import Selector
    from trailnb.configuration.wishes import Wishes

#: Stands for the ARN of the new key, which AWS tells only when it is made.
KEY_ARN = "<the new key's ARN>"
#: Deleting leaves a version behind, which goes so much later.
_VERSION_DAYS = 30


@dataclass(frozen=True, slots=True)
class Call:
    """One call of boto3: `client(service, region_name=region).operation(**arguments)`."""

    service: str
    operation: str
    arguments: Mapping[str, Any]
    why: str
    region: str

    def __str__(self) -> str:
        """Name it as boto3 does."""
        return f"{self.service}.{self.operation}"


def calls_of(wishes: Wishes, selectors: tuple[Selector, ...]) -> tuple[Call, ...]:
    """Which calls make this trail, what each rests on before it?

    Example:
        >>> from trailnb.configuration.wishes import Wishes
        >>> wishes = Wishes("audit", "acme-trails", "111122223333", "eu-west-1", access_logs=None)
        >>> print(calls_of(wishes, ())[0])
        kms.create_key
    """
    steps = (
        *_organization(wishes), *_key(wishes), *_access_bucket(wishes), *_bucket(wishes),
        *_topic(wishes), *_log_group(wishes), *_trail(wishes, selectors),
    )  # fmt: skip
    return tuple(
        Call(name.partition(".")[0], name.partition(".")[2], arguments, why, wishes.region)
        for name, arguments, why in steps
    )


_Step = tuple[str, Mapping[str, Any], str]


def _organization(wishes: Wishes) -> Iterator[_Step]:
    if wishes.organization:
        why = "let CloudTrail see the organization's accounts"
        access = {"ServicePrincipal": SERVICE}
        yield "organizations.enable_aws_service_access", access, why


def _key(wishes: Wishes) -> Iterator[_Step]:
    if wishes.kms != NEW:
        return
    made = {
        "Description": f"CloudTrail logs of the trail {wishes.name}",
        "Policy": text(policy_texts.key_policy(wishes)),
        **({"Tags": _tags(wishes, "TagKey", "TagValue")} if wishes.tags else {}),
    }
    yield "kms.create_key", made, "a key that only this trail may encrypt with"
    alias = {"AliasName": wishes.alias, "TargetKeyId": KEY_ARN}
    yield "kms.create_alias", alias, "a name to find the key by"
    yield "kms.enable_key_rotation", {"KeyId": KEY_ARN}, "a new key material every year"


def _access_bucket(wishes: Wishes) -> Iterator[_Step]:
    bucket = wishes.access_bucket
    if wishes.access_logs != NEW or bucket is None:
        return
    yield from _shut_bucket(wishes, bucket, "the logs of who reads the logs", is_locked=False)
    policy = text(policy_texts.access_bucket_policy(wishes, bucket))
    yield "s3.put_bucket_policy", {"Bucket": bucket, "Policy": policy}, "let S3 write there"


def _bucket(wishes: Wishes) -> Iterator[_Step]:
    name = {"Bucket": wishes.bucket}
    is_locked = wishes.lock_days is not None
    yield from _shut_bucket(wishes, wishes.bucket, "the log files", is_locked=is_locked)
    enabled = {"VersioningConfiguration": {"Status": "Enabled"}}
    yield "s3.put_bucket_versioning", name | enabled, "keep what is overwritten or deleted"
    if wishes.lock_days is not None:
        why = f"nobody deletes a log file within {wishes.lock_days:,} days"
        yield "s3.put_object_lock_configuration", name | lock(wishes), why
    if wishes.retention_days is not None:
        why = f"delete log files after {wishes.retention_days:,} days"
        yield "s3.put_bucket_lifecycle_configuration", name | lifecycle(wishes), why
    policy = {"Policy": text(policy_texts.bucket_policy(wishes))}
    yield "s3.put_bucket_policy", name | policy, "let this trail write there, and no other"
    if wishes.access_bucket:
        target = {"TargetBucket": wishes.access_bucket, "TargetPrefix": f"{wishes.bucket}/"}
        status = {"BucketLoggingStatus": {"LoggingEnabled": target}}
        yield "s3.put_bucket_logging", name | status, "log who reads the logs"


def _shut_bucket(wishes: Wishes, bucket: str, what: str, *, is_locked: bool) -> Iterator[_Step]:
    """Make a bucket that nobody else sees."""
    name = {"Bucket": bucket}
    made: dict[str, Any] = dict(name)
    if wishes.region != "us-east-1":  # S3 knows its first region as no constraint at all
        made["CreateBucketConfiguration"] = {"LocationConstraint": wishes.region}
    if is_locked:
        made["ObjectLockEnabledForBucket"] = True
    yield "s3.create_bucket", made, f"a bucket for {what}"
    block = {"PublicAccessBlockConfiguration": public_access_block()}
    yield "s3.put_public_access_block", name | block, "whatever a policy says, nothing is public"
    rules = {"OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}}
    yield "s3.put_bucket_ownership_controls", name | rules, "no access control lists"


def _topic(wishes: Wishes) -> Iterator[_Step]:
    if wishes.sns != NEW or wishes.topic_arn is None:
        return
    name = wishes.topic_arn.rpartition(":")[2]
    yield "sns.create_topic", {"Name": name}, "a topic that announces deliveries"
    policy = text(policy_texts.topic_policy(wishes))
    attribute = {"AttributeName": "Policy", "AttributeValue": policy}
    why = "let this trail announce there, and no other"
    yield "sns.set_topic_attributes", {"TopicArn": wishes.topic_arn, **attribute}, why


def _log_group(wishes: Wishes) -> Iterator[_Step]:
    if wishes.log_group is None:
        return
    group = {"logGroupName": wishes.log_group}
    yield "logs.create_log_group", group, "a log group that alarms can watch"
    days = {"retentionInDays": wishes.cloudwatch_days}
    yield "logs.put_retention_policy", group | days, f"keep events {wishes.cloudwatch_days:,} days"
    role = {"RoleName": wishes.role}
    trust = {"AssumeRolePolicyDocument": text(policy_texts.role_trust())}
    yield "iam.create_role", role | trust, "a role that CloudTrail writes to the log group by"
    policy = {"PolicyName": "streams", "PolicyDocument": text(policy_texts.role_policy(wishes))}
    yield "iam.put_role_policy", role | policy, "which may write its own streams"


def _trail(wishes: Wishes, selectors: tuple[Selector, ...]) -> Iterator[_Step]:
    name = {"TrailName": wishes.name}
    yield "cloudtrail.create_trail", settings(wishes), "the trail itself"
    chosen = {"AdvancedEventSelectors": list(selectors)}
    yield "cloudtrail.put_event_selectors", name | chosen, "what is recorded"
    if wishes.insights:
        kinds = {"InsightSelectors": [{"InsightType": kind} for kind in wishes.insights]}
        yield "cloudtrail.put_insight_selectors", name | kinds, "let AWS look for unusual rates"
    yield "cloudtrail.start_logging", {"Name": wishes.name}, "a new trail records nothing before"


def settings(wishes: Wishes) -> dict[str, Any]:
    """What is the trail set to?"""
    told: dict[str, Any] = {
        "Name": wishes.name,
        "S3BucketName": wishes.bucket,
        "IncludeGlobalServiceEvents": True,
        "IsMultiRegionTrail": wishes.multi_region,
        "IsOrganizationTrail": wishes.organization is not None,
        "EnableLogFileValidation": wishes.validation,
    }
    if wishes.prefix:
        told["S3KeyPrefix"] = wishes.prefix
    if wishes.kms:
        told["KmsKeyId"] = KEY_ARN if wishes.kms == NEW else wishes.kms
    if wishes.topic_arn:
        # A topic of this account and region goes by its name, any other by its ARN.
        name = wishes.topic_arn.rpartition(":")[2]
        is_here = wishes.topic_arn == wishes.arn("sns", name)
        told["SnsTopicName"] = name if is_here else wishes.topic_arn
    if wishes.log_group:
        told["CloudWatchLogsLogGroupArn"] = wishes.arn("logs", f"log-group:{wishes.log_group}:*")
        told["CloudWatchLogsRoleArn"] = role_arn(wishes)
    if wishes.tags:
        told["TagsList"] = _tags(wishes, "Key", "Value")
    return told


def role_arn(wishes: Wishes) -> str:
    """How is the role called? IAM knows no region."""
    return f"arn:{wishes.partition}:iam::{wishes.account}:role/{wishes.role}"


def public_access_block() -> dict[str, bool]:
    """Which of the four settings are on? All."""
    names = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    return dict.fromkeys(names, True)


def lock(wishes: Wishes) -> dict[str, Any]:
    """How long is a log file held? By governance: who has the right to can still lift it."""
    held = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": wishes.lock_days}}
    return {"ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled", "Rule": held}}


def lifecycle(wishes: Wishes) -> dict[str, Any]:
    """When do log files go, and the versions that deleting leaves?"""
    rule = {
        "ID": f"trail-{wishes.name}"[:255],
        "Status": "Enabled",
        "Filter": {"Prefix": f"{wishes.prefix}/AWSLogs/" if wishes.prefix else "AWSLogs/"},
        "Expiration": {"Days": wishes.retention_days},
        "NoncurrentVersionExpiration": {"NoncurrentDays": _VERSION_DAYS},
    }
    return {"LifecycleConfiguration": {"Rules": [rule]}}


def text(document: Mapping[str, Any]) -> str:
    """Write a policy as AWS takes it."""
    return json.dumps(document)


def _tags(wishes: Wishes, key: str, value: str) -> list[dict[str, str]]:
    return [{key: name, value: said} for name, said in wishes.tags.items()]
