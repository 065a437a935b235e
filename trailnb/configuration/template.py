"""A plan as a CloudFormation template: the same buckets, key, policies and trail, as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from trailnb.configuration import calls, policy_texts
from trailnb.configuration.wishes import NEW

if TYPE_CHECKING:
    from trailnb.configuration.selectors import Selector
    from trailnb.configuration.wishes import Wishes

_VERSION = "2010-09-09"
#: Logs outlive the stack that made their place.
_KEPT = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
_KEY_ARN = {"Fn::GetAtt": ["Key", "Arn"]}
#: Properties of the trail that CloudFormation calls otherwise than the API does.
_OTHERWISE = {"Name": "TrailName", "KmsKeyId": "KMSKeyId", "TagsList": "Tags"}


def template_of(wishes: Wishes, selectors: tuple[Selector, ...]) -> str:
    """How does CloudFormation make this trail? To be deployed in its account and region.

    An organization's trusted access is not CloudFormation's to give.

    Example:
        >>> from trailnb.configuration.wishes import Wishes
        >>> wishes = Wishes("audit", "acme-trails", "111122223333", "eu-west-1", access_logs=None)
        >>> sorted(json.loads(template_of(wishes, ()))["Resources"])
        ['Bucket', 'BucketPolicy', 'Key', 'KeyAlias', 'Trail']
    """
    resources = {
        **_key(wishes),
        **_access_bucket(wishes),
        **_bucket(wishes),
        **_topic(wishes),
        **_log_group(wishes),
    }
    resources["Trail"] = _trail(wishes, selectors, sorted(resources))
    document = {
        "AWSTemplateFormatVersion": _VERSION,
        "Description": f"The CloudTrail trail {wishes.name} of account {wishes.account}.",
        "Resources": resources,
        "Outputs": {"TrailArn": {"Value": {"Fn::GetAtt": ["Trail", "Arn"]}}},
    }
    return json.dumps(document, indent=2)


def _key(wishes: Wishes) -> dict[str, Any]:
    if wishes.kms != NEW:
        return {}
    properties = {
        "Description": f"CloudTrail logs of the trail {wishes.name}",
        "EnableKeyRotation": True,
        "KeyPolicy": policy_texts.key_policy(wishes),
        **_tags(wishes),
    }
    alias = {"AliasName": wishes.alias, "TargetKeyId": _KEY_ARN}
    return {
        "Key": {**_KEPT, **_resource("AWS::KMS::Key", properties)},
        "KeyAlias": _resource("AWS::KMS::Alias", alias),
    }


def _access_bucket(wishes: Wishes) -> dict[str, Any]:
    bucket = wishes.access_bucket
    if wishes.access_logs != NEW or bucket is None:
        return {}
    policy = policy_texts.access_bucket_policy(wishes, bucket)
    return {
        "AccessBucket": {**_KEPT, **_resource("AWS::S3::Bucket", _shut_bucket(bucket))},
        "AccessBucketPolicy": _policy("AccessBucket", policy),
    }


def _bucket(wishes: Wishes) -> dict[str, Any]:
    properties = _shut_bucket(wishes.bucket) | {"VersioningConfiguration": {"Status": "Enabled"}}
    made: dict[str, Any] = {**_KEPT, **_resource("AWS::S3::Bucket", properties)}
    if wishes.lock_days is not None:
        properties["ObjectLockEnabled"] = True
        properties |= calls.lock(wishes)
    if wishes.retention_days is not None:
        properties["LifecycleConfiguration"] = {"Rules": [_rule(wishes)]}
    if wishes.access_bucket:
        properties["LoggingConfiguration"] = {
            "DestinationBucketName": wishes.access_bucket,
            "LogFilePrefix": f"{wishes.bucket}/",
        }
    if wishes.access_logs == NEW:
        made["DependsOn"] = ["AccessBucketPolicy"]
    return {"Bucket": made, "BucketPolicy": _policy("Bucket", policy_texts.bucket_policy(wishes))}


def _rule(wishes: Wishes) -> dict[str, Any]:
    """Say the lifecycle rule in CloudFormation's words."""
    (rule,) = calls.lifecycle(wishes)["LifecycleConfiguration"]["Rules"]
    return {
        "Id": rule["ID"],
        "Status": rule["Status"],
        "Prefix": rule["Filter"]["Prefix"],
        "ExpirationInDays": rule["Expiration"]["Days"],
        "NoncurrentVersionExpiration": rule["NoncurrentVersionExpiration"],
    }


def _shut_bucket(bucket: str) -> dict[str, Any]:
    return {
        "BucketName": bucket,
        "PublicAccessBlockConfiguration": calls.public_access_block(),
        "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
    }


def _topic(wishes: Wishes) -> dict[str, Any]:
    if wishes.sns != NEW or wishes.topic_arn is None:
        return {}
    name = wishes.topic_arn.rpartition(":")[2]
    policy = {"Topics": [{"Ref": "Topic"}], "PolicyDocument": policy_texts.topic_policy(wishes)}
    return {
        "Topic": _resource("AWS::SNS::Topic", {"TopicName": name}),
        "TopicPolicy": _resource("AWS::SNS::TopicPolicy", policy),
    }


def _log_group(wishes: Wishes) -> dict[str, Any]:
    if wishes.log_group is None:
        return {}
    group = {"LogGroupName": wishes.log_group, "RetentionInDays": wishes.cloudwatch_days}
    policy = {"PolicyName": "streams", "PolicyDocument": policy_texts.role_policy(wishes)}
    role = {
        "RoleName": wishes.role,
        "AssumeRolePolicyDocument": policy_texts.role_trust(),
        "Policies": [policy],
    }
    return {
        "LogGroup": {**_KEPT, **_resource("AWS::Logs::LogGroup", group)},
        "LogRole": _resource("AWS::IAM::Role", role),
    }


def _trail(wishes: Wishes, selectors: tuple[Selector, ...], before: list[str]) -> dict[str, Any]:
    """The trail comes last: CloudTrail tries the policies when it is made."""
    told = {_OTHERWISE.get(name, name): value for name, value in calls.settings(wishes).items()}
    told |= {"IsLogging": True, "AdvancedEventSelectors": list(selectors)}
    if wishes.kms == NEW:
        told["KMSKeyId"] = _KEY_ARN
    if wishes.insights:
        told["InsightSelectors"] = [{"InsightType": kind} for kind in wishes.insights]
    policies = [name for name in before if name.endswith("Policy") or name == "LogRole"]
    return {**_resource("AWS::CloudTrail::Trail", told), "DependsOn": [*policies]}


def _policy(bucket: str, document: dict[str, Any]) -> dict[str, Any]:
    properties = {"Bucket": {"Ref": bucket}, "PolicyDocument": document}
    return _resource("AWS::S3::BucketPolicy", properties)


def _resource(kind: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {"Type": kind, "Properties": properties}


def _tags(wishes: Wishes) -> dict[str, Any]:
    if not wishes.tags:
        return {}
    return {"Tags": [{"Key": name, "Value": said} for name, said in wishes.tags.items()]}
