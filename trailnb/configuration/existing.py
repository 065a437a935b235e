"""What is there already of what a plan would make: nothing, the same, or something else.

Only calls that read. What is there and differs is somebody's choice, and never overwritten.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from trailnb.configuration import comparing, selectors
from trailnb.configuration.calls import KEY_ARN
from trailnb.sources.aws import sentence
from trailnb.sources.s3_refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from trailnb.configuration.calls import Call
    from trailnb.configuration.wishes import Wishes
    from trailnb.sources.aws import Caller

Status: TypeAlias = Literal["would run", "is there", "differs"]
#: Said where something does not exist, or nothing is set.
_ABSENT = frozenset(
    {"404", "NoSuchBucket", "NoSuchBucketPolicy", "NoSuchPublicAccessBlockConfiguration"}
    | {"OwnershipControlsNotFoundError", "ObjectLockConfigurationNotFoundError"}
    | {"NoSuchLifecycleConfiguration", "NotFoundException", "NotFound", "NoSuchEntity"}
    | {"ResourceNotFoundException", "TrailNotFoundException", "InsightNotEnabledException"}
)


@dataclass(frozen=True, slots=True)
class Found:
    """What is there of one call's work."""

    status: Status
    says: str = ""


#: What a new trail records until it is told what.
_BY_DEFAULT = selectors.Recorded(reads=True, writes=True)
_NOTHING, _SAME = Found("would run"), Found("is there")


@dataclass
class Existing:
    """Looks at what is there; `key_arn` is the key behind the plan's alias, once it is seen."""

    caller: Caller
    wishes: Wishes
    key_arn: str | None = None

    def look(self, call: Call) -> Found:
        """Does this call's work exist?

        A refusal that is no absence is told as a difference: what cannot be seen is not touched.
        """
        look: Callable[[Existing, Call], Found] = _LOOKS[str(call)]
        try:
            return look(self, call)
        except Refusal as refusal:
            if refusal.code in _ABSENT:
                return _NOTHING
            said = sentence(refusal, f"looking before {call}", "the right to look at it")
            return Found("differs", f"it cannot be seen whether it is there: {said}")

    def ask(self, call: Call, operation: str, **arguments: Any) -> Mapping[str, Any]:
        """Ask the service that the call is of."""
        answer: Mapping[str, Any] = self.caller.ask(
            call.service, call.region, operation, **arguments
        )
        return answer


def _bucket(existing: Existing, call: Call) -> Found:
    name = call.arguments["Bucket"]
    try:
        answer = existing.ask(
            call, "head_bucket", Bucket=name, ExpectedBucketOwner=existing.wishes.account
        )
    except Refusal as refusal:
        if refusal.code == "403":
            said = f"the bucket {name} is another account's, or may not be seen"
            return Found("differs", said)
        raise
    region = answer.get("BucketRegion") or existing.wishes.region
    if region != existing.wishes.region:
        return Found("differs", f"the bucket {name} is in {region}, where the key does not reach")
    return _SAME


def _part(operation: str, part: str, inside: str = "") -> Callable[[Existing, Call], Found]:
    """Compare a part of the answer with what would be set, which is `inside` an argument."""

    def look(existing: Existing, call: Call) -> Found:
        answer = existing.ask(call, operation, Bucket=call.arguments["Bucket"])
        there = answer.get(part) if part else {"Status": answer.get("Status")}
        wanted = call.arguments[inside or part]
        wanted = wanted.get(part, wanted) if inside else wanted
        return _compared(there, wanted, f"{call.operation} of {call.arguments['Bucket']}")

    return look


def _lock(existing: Existing, call: Call) -> Found:
    """A bucket that is made for locks has none at first."""
    answer = existing.ask(call, "get_object_lock_configuration", Bucket=call.arguments["Bucket"])
    there = answer.get("ObjectLockConfiguration") or {}
    if not there.get("Rule"):
        return _NOTHING
    return _compared(there, call.arguments["ObjectLockConfiguration"], "the default lock")


def _bucket_policy(existing: Existing, call: Call) -> Found:
    answer = existing.ask(call, "get_bucket_policy", Bucket=call.arguments["Bucket"])
    where = f"the policy of {call.arguments['Bucket']}"
    return _policy(answer["Policy"], call.arguments["Policy"], where)


def _key(existing: Existing, call: Call) -> Found:
    """A key is found by its alias: nothing else tells it from any other."""
    metadata = existing.ask(call, "describe_key", KeyId=existing.wishes.alias)["KeyMetadata"]
    existing.key_arn = str(metadata["Arn"])
    if call.operation == "create_alias":
        return _SAME
    if metadata.get("KeyState", "Enabled") != "Enabled":
        return Found("differs", f"the key {existing.wishes.alias} is {metadata['KeyState']}")
    if call.operation == "enable_key_rotation":
        answer = existing.ask(call, "get_key_rotation_status", KeyId=existing.key_arn)
        return _SAME if answer.get("KeyRotationEnabled") else _NOTHING
    answer = existing.ask(call, "get_key_policy", KeyId=existing.key_arn, PolicyName="default")
    where = f"the policy of the key {existing.wishes.alias}"
    return _policy(answer["Policy"], call.arguments["Policy"], where)


def _topic(existing: Existing, call: Call) -> Found:
    arn = str(existing.wishes.topic_arn)
    attributes = existing.ask(call, "get_topic_attributes", TopicArn=arn)["Attributes"]
    if call.operation == "create_topic":
        return _SAME
    there = attributes.get("Policy") or "{}"
    # What SNS itself gives a topic, so that its owner can use it.
    if "__default_policy_ID" in there or not comparing.document(there):
        return _NOTHING
    return _policy(there, call.arguments["AttributeValue"], f"the policy of the topic {arn}")


def _log_group(existing: Existing, call: Call) -> Found:
    name = call.arguments["logGroupName"]
    groups = existing.ask(call, "describe_log_groups", logGroupNamePrefix=name)["logGroups"]
    there = next((one for one in groups if one["logGroupName"] == name), None)
    if there is None:
        return _NOTHING
    if call.operation == "create_log_group":
        return _SAME
    days = there.get("retentionInDays")
    return _compared(days, call.arguments["retentionInDays"], f"the retention of {name}")


def _role(existing: Existing, call: Call) -> Found:
    name = call.arguments["RoleName"]
    if call.operation == "create_role":
        role = existing.ask(call, "get_role", RoleName=name)["Role"]
        wanted = call.arguments["AssumeRolePolicyDocument"]
        return _policy(role["AssumeRolePolicyDocument"], wanted, f"who may take the role {name}")
    policy = call.arguments["PolicyName"]
    answer = existing.ask(call, "get_role_policy", RoleName=name, PolicyName=policy)
    wanted = call.arguments["PolicyDocument"]
    return _policy(answer["PolicyDocument"], wanted, f"the policy of the role {name}")


def _trail(existing: Existing, call: Call) -> Found:
    """Compare settings by name; the answer calls two of them otherwise."""
    there = dict(existing.ask(call, "get_trail", Name=existing.wishes.trail_arn)["Trail"])
    there["EnableLogFileValidation"] = there.get("LogFileValidationEnabled")
    there["SnsTopicName"] = str(there.get("SnsTopicARN") or "").rpartition(":")[2]
    wanted = {
        name: existing.key_arn if value == KEY_ARN else value
        for name, value in call.arguments.items()
        if name != "TagsList"
    }
    if "SnsTopicName" in wanted:
        wanted["SnsTopicName"] = str(wanted["SnsTopicName"]).rpartition(":")[2]
    other = [name for name, value in wanted.items() if there.get(name) != value]
    unwanted = {"KmsKeyId", "CloudWatchLogsLogGroupArn", "S3KeyPrefix"} - wanted.keys()
    other += sorted(name for name in unwanted if there.get(name))
    if other:
        said = f"the trail {existing.wishes.name} is there with other {', '.join(other)}"
        return Found("differs", said)
    return _SAME


def _selectors(existing: Existing, call: Call) -> Found:
    name = existing.wishes.trail_arn
    answer = existing.ask(call, "get_event_selectors", TrailName=name)
    there, wanted = answer.get("AdvancedEventSelectors"), call.arguments["AdvancedEventSelectors"]
    if selectors.recorded(answer) == _BY_DEFAULT:
        return _NOTHING
    return _compared(there or answer.get("EventSelectors"), wanted, "what the trail records")


def _insights(existing: Existing, call: Call) -> Found:
    answer = existing.ask(call, "get_insight_selectors", TrailName=existing.wishes.trail_arn)
    there = [{"InsightType": one["InsightType"]} for one in answer.get("InsightSelectors") or ()]
    return _compared(there or None, call.arguments["InsightSelectors"], "the trail's Insights")


def _logging(existing: Existing, call: Call) -> Found:
    status = existing.ask(call, "get_trail_status", Name=existing.wishes.trail_arn)
    return _SAME if status.get("IsLogging") else _NOTHING


def _access(existing: Existing, call: Call) -> Found:
    answer = existing.ask(call, "list_aws_service_access_for_organization")
    names = [one.get("ServicePrincipal") for one in answer.get("EnabledServicePrincipals", ())]
    return _SAME if call.arguments["ServicePrincipal"] in names else _NOTHING


def _compared(there: object, wanted: object, what: str) -> Found:
    if there is None or there == {"Status": None}:
        return _NOTHING
    if comparing.holds(there, wanted):
        return _SAME
    return Found("differs", f"{what} is set otherwise: {comparing.shown(there)}")


def _policy(there: str | Mapping[str, Any], wanted: str, what: str) -> Found:
    missing = comparing.missing_statements(there, json.loads(wanted))
    if missing:
        return Found("differs", f"{what} is there without the statement {', '.join(missing)}")
    return _SAME


_LOOKS: Mapping[str, Callable[[Existing, Call], Found]] = {
    "organizations.enable_aws_service_access": _access,
    "kms.create_key": _key,
    "kms.create_alias": _key,
    "kms.enable_key_rotation": _key,
    "s3.create_bucket": _bucket,
    "s3.put_public_access_block": _part(
        "get_public_access_block", "PublicAccessBlockConfiguration"
    ),
    "s3.put_bucket_ownership_controls": _part("get_bucket_ownership_controls", "OwnershipControls"),
    "s3.put_bucket_versioning": _part("get_bucket_versioning", "", "VersioningConfiguration"),
    "s3.put_object_lock_configuration": _lock,
    "s3.put_bucket_lifecycle_configuration": _part(
        "get_bucket_lifecycle_configuration", "Rules", "LifecycleConfiguration"
    ),
    "s3.put_bucket_policy": _bucket_policy,
    "s3.put_bucket_logging": _part("get_bucket_logging", "LoggingEnabled", "BucketLoggingStatus"),
    "sns.create_topic": _topic,
    "sns.set_topic_attributes": _topic,
    "logs.create_log_group": _log_group,
    "logs.put_retention_policy": _log_group,
    "iam.create_role": _role,
    "iam.put_role_policy": _role,
    "cloudtrail.create_trail": _trail,
    "cloudtrail.put_event_selectors": _selectors,
    "cloudtrail.put_insight_selectors": _insights,
    "cloudtrail.start_logging": _logging,
}
