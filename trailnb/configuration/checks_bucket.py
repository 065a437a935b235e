"""Whether the bucket of a trail keeps the logs from strangers, and keeps them at all."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, TypeAlias

from trailnb.configuration import policies
from trailnb.configuration.snapshot import Unknown, told
from trailnb.configuration.verdict import Verdict, bad, first_unknown, good

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from trailnb.configuration.snapshot import BucketState, Snapshot, TrailState

    _OfBucket: TypeAlias = Callable[[BucketState], Verdict]
    _OfTrail: TypeAlias = Callable[[TrailState, Snapshot], Verdict | None]

#: A year at hand or in an archive is what PCI DSS 10.5.1 and most rules ask for.
LEAST_DAYS = 365
_BLOCKS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
#: Everybody, and everybody with any AWS account: Amazon S3 User Guide, "Access control list".
_EVERYBODY = ("/groups/global/AllUsers", "/groups/global/AuthenticatedUsers")


def _of_a_bucket(check: _OfBucket) -> _OfTrail:
    """Ask a bucket that is there; `bucket` tells those that are not."""

    @wraps(check)
    def asked(trail: TrailState, _: Snapshot) -> Verdict | None:
        return None if trail.bucket.is_missing else check(trail.bucket)

    return asked


def bucket(trail: TrailState, _: Snapshot) -> Verdict | None:
    """Is there a bucket at all?"""
    if trail.bucket.is_missing:
        return bad(
            f"there is no bucket {trail.bucket.name}: logs are lost, and anybody may make it"
        )
    if isinstance(trail.bucket.location, Unknown):
        return Verdict(
            "unknown",
            "whose bucket this is cannot be told: it may be another account's",
            str(trail.bucket.location),
        )
    return good("the bucket is there")


@_of_a_bucket
def public_bucket(bucket: BucketState) -> Verdict:
    """May everybody read or write the logs?"""
    block = told(bucket.public_access_block).get("PublicAccessBlockConfiguration", {})
    if not block.get("RestrictPublicBuckets"):
        if told(bucket.policy_status).get("PolicyStatus", {}).get("IsPublic"):
            return bad("the bucket's policy is public", "s3:GetBucketPolicyStatus says so")
        if found := policies.of_everybody(told(bucket.policy)):
            names = ", ".join(map(policies.named, found))
            return bad("the bucket's policy lets everybody in", f"statement {names}")
    has_no_lists = _owner_rule(bucket) == "BucketOwnerEnforced"
    if not block.get("IgnorePublicAcls") and not has_no_lists and (rights := _open_to_all(bucket)):
        return bad(f"the bucket's access list gives everybody {', '.join(rights)}")
    is_shut = block.get("RestrictPublicBuckets") and block.get("IgnorePublicAcls")
    answers = {"the bucket's policy": bucket.policy, "the bucket's access list": bucket.acl}
    unknown = None if is_shut else first_unknown(answers)
    return unknown or good("neither policy nor access list lets everybody in")


@_of_a_bucket
def public_access_block(bucket: BucketState) -> Verdict:
    """Is Block Public Access on, whatever policy and access list say?"""
    if verdict := first_unknown({"Block Public Access": bucket.public_access_block}):
        return verdict
    block = told(bucket.public_access_block).get("PublicAccessBlockConfiguration", {})
    off = [name for name in _BLOCKS if not block.get(name)]
    if off:
        return bad(
            f"Block Public Access is off for {', '.join(off)}",
            "the bucket's own settings; the account's were not asked for",
        )
    return good("Block Public Access is on")


@_of_a_bucket
def bucket_policy(bucket: BucketState) -> Verdict:
    """May CloudTrail write here on behalf of strangers?"""
    if verdict := first_unknown({"the bucket's policy": bucket.policy}):
        return verdict
    policy = told(bucket.policy)
    if found := policies.of_any_trail(policy):
        names = ", ".join(map(policies.named, found))
        said = "anybody's trail may write into the bucket: no condition says whose"
        return bad(said, f"statement {names}")
    named = policies.of_cloudtrail(policy)
    if not any(policies.allows(one, "s3:PutObject") for one in named):
        return bad(
            "the bucket's policy does not let cloudtrail.amazonaws.com write",
            "policies of old name CloudTrail's accounts, and serve some regions only",
        )
    return good("only named trails may write into the bucket")


@_of_a_bucket
def bucket_ownership(bucket: BucketState) -> Verdict:
    """Are access control lists off?"""
    if verdict := first_unknown({"the bucket's ownership": bucket.ownership}):
        return verdict
    rule = _owner_rule(bucket) or "ObjectWriter"
    if rule == "BucketOwnerEnforced":
        return good("access control lists are off")
    return bad("access control lists are on: an object's writer may share it", f"it is {rule}")


@_of_a_bucket
def access_logging(bucket: BucketState) -> Verdict:
    """Is it logged who reads the logs, and where?"""
    if verdict := first_unknown({"access logging": bucket.logging}):
        return verdict
    target = told(bucket.logging).get("LoggingEnabled", {}).get("TargetBucket")
    if not target:
        return bad("who reads the logs is not logged")
    if target == bucket.name:
        return bad("the bucket logs access to itself: each log file makes another")
    return good("access to the logs is logged", f"into {target}")


@_of_a_bucket
def versioning(bucket: BucketState) -> Verdict:
    """Is an overwritten or deleted log file still there?"""
    if verdict := first_unknown({"versioning": bucket.versioning}):
        return verdict
    if told(bucket.versioning).get("Status") == "Enabled":
        return good("overwritten and deleted log files stay as versions")
    return bad("versioning is off: a log file that is deleted is gone")


@_of_a_bucket
def deletion(bucket: BucketState) -> Verdict:
    """Is it more than one stolen key that deletes the logs for good?"""
    if told(bucket.versioning).get("MFADelete") == "Enabled":
        return good("versions are deleted with MFA only")
    lock = told(bucket.object_lock).get("ObjectLockConfiguration", {})
    held = lock.get("Rule", {}).get("DefaultRetention")
    if held:
        span = f"{held['Days']:,} days" if held.get("Days") else f"{held.get('Years')} years"
        return good(
            f"Object Lock holds each log file for {span}", str(held.get("Mode", "")).lower()
        )
    answers = {"MFA delete": bucket.versioning, "Object Lock": bucket.object_lock}
    if verdict := first_unknown(answers):
        return verdict
    return bad(
        "who may delete versions can delete the logs for good: no MFA delete, no Object Lock"
    )


def retention(trail: TrailState, _: Snapshot) -> Verdict | None:
    """How long do log files stay?"""
    bucket = trail.bucket
    if bucket.is_missing:
        return None
    if verdict := first_unknown({"the bucket's lifecycle": bucket.lifecycle}):
        return verdict
    prefix = f"{trail.described['S3KeyPrefix']}/" if trail.described.get("S3KeyPrefix") else ""
    rules = [
        rule
        for rule in told(bucket.lifecycle).get("Rules", ())
        if rule.get("Status") == "Enabled" and _is_over(rule, f"{prefix}AWSLogs/")
    ]
    if dates := sorted(str(date) for rule in rules if (date := _expiry(rule).get("Date"))):
        return bad(f"log files are deleted on {dates[0][:10]}, whatever their age")
    spans = [int(days) for rule in rules if (days := _expiry(rule).get("Days"))]
    if not spans:
        return good("log files are kept without end")
    shortest = min(spans)
    if shortest < LEAST_DAYS:
        return bad(f"log files are deleted after {shortest:,} days")
    return good(f"log files are kept for {shortest:,} days")


def _expiry(rule: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = rule.get("Expiration") or {}
    return found


def _is_over(rule: Mapping[str, Any], logs: str) -> bool:
    """Is the rule for any of the logs? What is chosen by tags or size may be any of them."""
    chosen = rule.get("Filter") or {}
    inside = chosen.get("And") or {}
    prefix = str(rule.get("Prefix") or chosen.get("Prefix") or inside.get("Prefix") or "")
    return prefix.startswith(logs) or logs.startswith(prefix)


def _owner_rule(bucket: BucketState) -> str:
    rules = told(bucket.ownership).get("OwnershipControls", {}).get("Rules", [])
    return str(rules[0].get("ObjectOwnership", "")) if rules else ""


def _open_to_all(bucket: BucketState) -> list[str]:
    return sorted(
        str(grant.get("Permission"))
        for grant in told(bucket.acl).get("Grants", ())
        if str(grant.get("Grantee", {}).get("URI", "")).endswith(_EVERYBODY)
    )
