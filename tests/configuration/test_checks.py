"""Each check turns where its one thing is changed, and says what is wrong in a sentence."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.configuration.account import (
    ACCOUNT,
    GROUP,
    NOW,
    OURS,
    account,
    bucket,
    key,
    policy,
    told,
    trail,
)
from tests.hostile import PAYLOADS, STEERING
from trailnb.configuration.checks import account_check, facts, findings, trail_check
from trailnb.configuration.snapshot import BucketState, TrailState, Unknown

if TYPE_CHECKING:
    from trailnb.configuration.snapshot import Snapshot

DENIED = Unknown("some:Right")
DAY = timedelta(days=1)
EVERYTHING = {"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}
LOGGING = {"IsLogging": True, "LatestDeliveryTime": NOW, "StartLoggingTime": NOW - 9 * DAY}


def advanced(*fields: dict[str, Any]) -> dict[str, Any]:
    """The answer of GetEventSelectors with one advanced selector."""
    return {"AdvancedEventSelectors": [{"FieldSelectors": list(fields)}]}


def data(*values: str, operator: str = "StartsWith") -> dict[str, Any]:
    """Data events of objects whose ARN is like these."""
    return advanced(
        {"Field": "eventCategory", "Equals": ["Data"]},
        {"Field": "resources.type", "Equals": ["AWS::S3::Object"]},
        {"Field": "resources.ARN", operator: list(values)},
    )


def access_list(uri: str) -> dict[str, Any]:
    """A bucket without Block Public Access, and one grant."""
    grant = {"Grantee": {"URI": f"http://acs.amazonaws.com/groups/{uri}"}, "Permission": "READ"}
    return {
        "acl": {"Grants": [grant]},
        "public_access_block": {},
        "ownership": {"OwnershipControls": {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}},
    }


EVERYBODY = {"Statement": {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "*"}}
HALVES = {
    "Statement": EVERYBODY["Statement"]
    | {"Condition": {"IpAddress": {"aws:SourceIp": ["0.0.0.0/1", "128.0.0.0/1"]}}}
}


def elsewhere(prefix: str) -> BucketState:
    """A bucket that deletes what lies under a prefix."""
    rule = {"Status": "Enabled", "Filter": {"Prefix": prefix}, "Expiration": {"Days": 1}}
    return bucket(lifecycle={"Rules": [rule]})


def lifecycle(**expiration: Any) -> BucketState:
    """A bucket whose rule deletes log files."""
    rule = {"Status": "Enabled", "Expiration": expiration}
    return bucket(lifecycle={"Rules": [{"Status": "Disabled", "Expiration": {"Days": 1}}, rule]})


OPEN = {"public_access_block": {}, "policy_status": DENIED}
ANYONE = policy(Principal="*", Condition={"Bool": {"aws:SecureTransport": "true"}})
MEMBERS = policy(Principal={"AWS": "*"}, Condition={"StringEquals": {"aws:PrincipalOrgID": "o-a"}})

#: check, the trail that is spoilt, what becomes of the check, a part of what it says.
SPOILT: list[tuple[str, TrailState, str | None, str]] = [
    ("logging", trail(status={"IsLogging": False}), "not good", "logging is off"),
    ("interruption", trail(status=LOGGING), None, ""),
    (
        "interruption",
        trail(status=LOGGING | {"StopLoggingTime": NOW - 10 * DAY}),
        "not good",
        "nothing was recorded from 2026-11-15 12:00 UTC to 2026-11-16 12:00 UTC",
    ),
    (
        "delivery",
        trail(status=LOGGING | {"LatestDeliveryError": "AccessDenied"}),
        "not good",
        "AccessDenied",
    ),
    ("delivery", trail(status={"IsLogging": True}), "unknown", "quiet or broken"),
    (
        "delivery",
        trail(status=LOGGING | {"LatestDeliveryTime": NOW - 2 * DAY}),
        "unknown",
        "no log file since 2026-11-23",
    ),
    ("delivery", trail(status={"IsLogging": False}), None, ""),
    ("all regions", trail({"IsMultiRegionTrail": False}), "not good", "only us-east-1"),
    ("global services", trail({"IncludeGlobalServiceEvents": False}), "not good", "IAM"),
    (
        "global services",
        trail({"IsMultiRegionTrail": False, "HomeRegion": "eu-west-1"}),
        "not good",
        "they log elsewhere",
    ),
    (
        "management events",
        trail(selectors={"EventSelectors": [{"ReadWriteType": "WriteOnly"}]}),
        "not good",
        "without reads",
    ),
    ("management events", trail(selectors=data("arn:")), "optional", "for other events"),
    (
        "management events",
        trail(selectors={"EventSelectors": [{"IncludeManagementEvents": False}]}),
        "not good",
        "no management events",
    ),
    (
        "excluded services",
        trail(
            selectors={"EventSelectors": [{"ExcludeManagementEventSources": ["kms.amazonaws.com"]}]}
        ),
        "not good",
        "kms.amazonaws.com",
    ),
    ("excluded services", trail(selectors=data("arn:")), None, ""),
    ("data events", trail(), "optional", "leaves no trace"),
    ("data events", trail(selectors=data("arn:aws:s3:::pay/")), "good", "AWS::S3::Object"),
    ("network events", trail(), "optional", "VPC endpoints"),
    (
        "network events",
        trail(
            selectors=advanced(
                {"Field": "eventCategory", "Equals": ["NetworkActivity"]},
                {"Field": "eventSource", "Equals": ["kms.amazonaws.com"]},
            )
        ),
        "good",
        "kms.amazonaws.com",
    ),
    ("insights", trail(), "optional", "off"),
    (
        "insights",
        trail(insights={"InsightSelectors": [{"InsightType": "ApiErrorRateInsight"}]}),
        "good",
        "ApiErrorRateInsight",
    ),
    ("own log files", trail(), None, ""),
    (
        "own log files",
        trail(selectors={"EventSelectors": [{"DataResources": [EVERYTHING]}]}),
        "not good",
        "each file makes another",
    ),
    (
        "own log files",
        trail(
            selectors={
                "EventSelectors": [{"ReadWriteType": "ReadOnly", "DataResources": [EVERYTHING]}]
            }
        ),
        "good",
        "left out",
    ),
    (
        "own log files",
        trail(selectors=data("arn:aws:s3:::acme-trails/", operator="NotStartsWith")),
        "good",
        "left out",
    ),
    (
        "own log files",
        trail({"RecursiveLogging": False}, selectors=data("arn:aws:s3:::acme")),
        "good",
        "left out",
    ),
    ("validation", trail({"LogFileValidationEnabled": False}), "not good", "nobody can prove"),
    ("digest delivery", trail({"LogFileValidationEnabled": False}), None, ""),
    (
        "digest delivery",
        trail(status=LOGGING | {"LatestDigestDeliveryError": "NoSuchBucket"}),
        "not good",
        "NoSuchBucket",
    ),
    ("encryption", trail({"KmsKeyId": None}, key=None), "not good", "S3's own key"),
    ("key state", trail(key=None), None, ""),
    (
        "key state",
        trail(key=key(described={"KeyState": "PendingDeletion"})),
        "not good",
        "PendingDeletion",
    ),
    ("key rotation", trail(key=key(rotation={})), "not good", "not rotated"),
    ("key rotation", trail(key=key(described={"KeyManager": "AWS"}, rotation={})), "good", "AWS"),
    ("key policy", trail(key=key(policy=policy(Condition={}))), "not good", "anybody's trail"),
    ("bucket", trail(bucket=BucketState("acme-trails", is_missing=True)), "not good", "no bucket"),
    ("bucket", trail(bucket=bucket(location=DENIED)), "unknown", "another account"),
    ("versioning", trail(bucket=BucketState("acme-trails", is_missing=True)), None, ""),
    ("public bucket", trail(bucket=bucket(policy=ANYONE, **OPEN)), "not good", "everybody"),
    ("public bucket", trail(bucket=bucket(policy=ANYONE)), "good", "neither"),
    ("public bucket", trail(bucket=bucket(policy=MEMBERS, **OPEN)), "good", "neither"),
    (
        "public bucket",
        trail(
            bucket=bucket(
                public_access_block={}, policy_status={"PolicyStatus": {"IsPublic": True}}
            )
        ),
        "not good",
        "policy is public",
    ),
    (
        "public bucket",
        trail(bucket=bucket(**access_list("global/AllUsers"))),
        "not good",
        "gives everybody READ",
    ),
    ("public bucket", trail(bucket=bucket(**access_list("s3/LogDelivery"))), "good", "neither"),
    ("public access block", trail(bucket=bucket(public_access_block={})), "not good", "Block"),
    ("bucket policy", trail(bucket=bucket(policy=policy(Condition={}))), "not good", "anybody"),
    ("bucket policy", trail(bucket=bucket(policy={})), "not good", "does not let"),
    (
        "bucket policy",
        trail(bucket=bucket(policy=policy(Condition={"StringNotEquals": OURS["StringEquals"]}))),
        "not good",
        "anybody",
    ),
    (
        "bucket policy",
        trail(
            bucket=bucket(
                policy=policy(
                    Condition={
                        "ArnLike": {"AWS:SourceArn": f"arn:aws:cloudtrail:*:{ACCOUNT}:trail/*"}
                    }
                )
            )
        ),
        "good",
        "named trails",
    ),
    (
        "bucket policy",
        trail(
            bucket=bucket(
                policy=policy(Condition={"ArnLike": {"aws:SourceArn": "arn:aws:cloudtrail:*"}})
            )
        ),
        "not good",
        "anybody",
    ),
    ("bucket ownership", trail(bucket=bucket(ownership={})), "not good", "lists are on"),
    ("access logging", trail(bucket=bucket(logging={})), "not good", "not logged"),
    (
        "access logging",
        trail(bucket=bucket(logging={"LoggingEnabled": {"TargetBucket": "acme-trails"}})),
        "not good",
        "itself",
    ),
    ("versioning", trail(bucket=bucket(versioning={})), "not good", "gone"),
    ("deletion", trail(bucket=bucket(object_lock={})), "not good", "no MFA delete"),
    (
        "deletion",
        trail(bucket=bucket(object_lock={}, versioning={"MFADelete": "Enabled"})),
        "good",
        "MFA only",
    ),
    ("retention", trail(), "good", "without end"),
    ("retention", trail(bucket=lifecycle(Days=90)), "not good", "after 90 days"),
    ("retention", trail(bucket=lifecycle(Days=2_555)), "good", "2,555 days"),
    ("retention", trail(bucket=lifecycle(ExpiredObjectDeleteMarker=True)), "good", "without end"),
    ("retention", trail(bucket=elsewhere("athena-results/")), "good", "without end"),
    ("retention", trail(bucket=elsewhere("AWSLogs/")), "not good", "after 1 days"),
    ("retention", trail(bucket=lifecycle(Date="2040-01-01")), "not good", "on 2040-01-01"),
    ("key policy", trail(key=key(policy=EVERYBODY)), "not good", "lets everybody in"),
    ("notifications", trail(topic=EVERYBODY), "not good", "the topic lets everybody in"),
    (
        "bucket policy",
        trail(bucket=bucket(policy=policy(Action="s3:GetBucketAcl"))),
        "not good",
        "write",
    ),
    (
        "public bucket",
        trail(bucket=bucket(policy=HALVES, public_access_block={})),
        "not good",
        "everybody",
    ),
    ("cloudwatch logs", trail(log_group=None), "not good", "no alarm"),
    ("cloudwatch logs", trail(log_group={}), "not good", "does not exist"),
    (
        "cloudwatch delivery",
        trail(
            {"CloudWatchLogsLogGroupArn": GROUP},
            status=LOGGING | {"LatestCloudWatchLogsDeliveryError": "role"},
        ),
        "not good",
        "role",
    ),
    ("notifications", trail(), None, ""),
    ("notifications", trail(topic=policy(Action="SNS:Publish")), "good", "named trails"),
    ("notifications", trail(topic=policy(Condition={})), "not good", "the topic serves anybody"),
    (
        "notifications",
        trail(topic=policy(), status=LOGGING | {"LatestNotificationError": "NotFound"}),
        "not good",
        "NotFound",
    ),
]


def test_a_trail_kept_as_aws_advises_has_nothing_to_mend() -> None:
    """What is off and costs money is told apart from what is wrong."""
    rows = findings(account())
    assert set(rows["status"]) == {"good", "optional"}
    assert rows.filter(status="optional")["check"].to_list() == [
        "data events",
        "network events",
        "insights",
    ]


@pytest.mark.parametrize(
    ("check", "spoilt", "status", "part"),
    SPOILT,
    ids=[f"{n} {one[0]}" for n, one in enumerate(SPOILT)],
)
def test_a_check_turns(check: str, spoilt: TrailState, status: str | None, part: str) -> None:
    """One thing is changed, and the check for it says so."""
    said = told(account(spoilt), check)
    assert (said and said[0]) == status
    assert said is None or part in said[1]


def test_every_check_is_seen_to_turn() -> None:
    """No check is without its case."""
    spoilt = {check for check, _, status, _ in SPOILT if status == "not good"}
    of_trails = {fact["check"] for fact in facts() if fact["about"] == "trail"}
    assert of_trails - spoilt == {"data events", "network events", "insights"}


def test_every_fact_has_its_function_and_its_page() -> None:
    """The table and the functions agree."""
    for fact in facts():
        check = account_check if fact["about"] == "account" else trail_check
        assert callable(check(fact["check"]))
        assert fact["source"].startswith("https://docs.aws.amazon.com/")
        assert fact["fix"].endswith(".")


def test_what_may_not_be_asked_is_neither_good_nor_bad() -> None:
    """Each says which permission was needed, and none passes."""
    blind = trail(
        status=DENIED,
        selectors=DENIED,
        insights=DENIED,
        bucket=BucketState(
            "acme-trails",
            *[Unknown("s3:GetThat")] * 11,  # every answer, by position
        ),
        key=key(described=DENIED, rotation=DENIED, policy=DENIED),
        topic=DENIED,
        log_group=DENIED,
    )
    rows = findings(account(blind)).filter(trail="audit")
    known = rows.filter(status="good")["check"].to_list()
    assert known == ["all regions", "global services", "validation", "encryption"]
    assert rows.filter(status="not good").is_empty()
    assert all(
        "needs s" in said for said in rows.filter(status="unknown")["says"] if "cannot" not in said
    )


@pytest.mark.parametrize(
    ("check", "found", "status", "part"),
    [
        ("any trail", account(trails=()), "not good", "for 90 days"),
        (
            "any trail",
            account(trails=(), unasked=(("us-east-1", DENIED),)),
            "unknown",
            "some:Right",
        ),
        ("any trail", account(trail(status=DENIED)), "unknown", "cannot be told"),
        ("every region", account(), "good", "as they come"),
        (
            "every region",
            account(trail({"IsMultiRegionTrail": False})),
            "not good",
            "no trail records eu-west-1",
        ),
        (
            "every region",
            account(trail({"IsMultiRegionTrail": False}), regions=("us-east-1",)),
            "good",
            "one that comes will not be",
        ),
        (
            "every region",
            account(
                trail({"IsMultiRegionTrail": False}),
                regions=("us-east-1",),
                knows_all_regions=False,
            ),
            "unknown",
            "others were not asked for",
        ),
        (
            "every region",
            account(
                trail({"IsMultiRegionTrail": False}),
                regions=("us-east-1",),
                knows_all_regions=Unknown("ec2:DescribeRegions"),
            ),
            "unknown",
            "ec2:DescribeRegions",
        ),
        (
            "every region",
            account(trail({"IsMultiRegionTrail": False}), unasked=(("eu-west-1", DENIED),)),
            "unknown",
            "eu-west-1",
        ),
        ("every region", account(trail(status=DENIED)), "unknown", "cannot be told"),
        ("organization", account(), "good", "in no organization"),
        ("organization", account(organization={"Id": "o-a"}), "not good", "no organization trail"),
        ("organization", account(organization=DENIED), "unknown", "some:Right"),
        (
            "organization",
            account(trail({"IsOrganizationTrail": True}), organization=DENIED),
            "good",
            "organization trail",
        ),
        ("one copy", account(), "good", "once"),
        ("one copy", account(trails=()), None, ""),
        (
            "one copy",
            account(trail(), trail({"Name": "second", "TrailARN": "arn:2"})),
            "not good",
            "eu-west-1, us-east-1 are recorded 2 times",
        ),
        (
            "one copy",
            account(trail(), trail({"TrailARN": "arn:2"}, selectors=data("arn:"))),
            "good",
            "once",
        ),
    ],
)  # fmt: skip
def test_all_trails_together(check: str, found: Snapshot, status: str | None, part: str) -> None:
    """What no single trail can tell: gaps, copies, the organization."""
    said = told(found, check, None)
    assert (said and said[0]) == status
    assert said is None or part in said[1]


@pytest.mark.parametrize("name", PAYLOADS)
def test_names_that_somebody_chose_steer_nothing(name: str) -> None:
    """Trail, bucket, Sid and error are others' text."""
    text = PAYLOADS[name]
    hostile = trail(
        {"Name": text, "HomeRegion": text, "IsMultiRegionTrail": False},
        status={"IsLogging": True, "LatestDeliveryError": text},
        bucket=bucket(
            policy=policy(Sid=text, Condition={}),
            logging={"LoggingEnabled": {"TargetBucket": text}},
        ),
    )
    rows = findings(account(hostile))
    for column in ("says", "because"):
        assert not any(STEERING.search(said) for said in rows[column].drop_nulls())


def test_an_organizations_trail_records_its_own_log_files() -> None:
    """They lie under the organization's id; without it nobody can tell."""
    of_all = trail(
        {"IsOrganizationTrail": True},
        selectors=data("arn:aws:s3:::acme-trails/AWSLogs/o-a1b2c3d4e5/"),
    )
    known = account(of_all, organization={"Id": "o-a1b2c3d4e5"})
    assert told(known, "own log files") == (
        "not good",
        "the trail records the writing of its own log files: each file makes another",
    )
    for organization in ({}, DENIED):
        found = told(account(of_all, organization=organization), "own log files")
        assert found is not None
        assert found[0] == "unknown"


def test_reads_and_writes_apart_are_one_copy() -> None:
    """Two trails that record each a half charge nothing twice."""
    halves = [
        trail(
            {"Name": name, "TrailARN": f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/{name}"},
            selectors={
                "EventSelectors": [{"ReadWriteType": kind, "IncludeManagementEvents": True}]
            },
        )
        for name, kind in (("reads", "ReadOnly"), ("writes", "WriteOnly"))
    ]
    assert told(account(*halves), "one copy", None) == (
        "good",
        "management events are recorded once",
    )
