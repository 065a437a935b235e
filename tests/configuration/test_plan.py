"""`tn.plan_trail`: AWS's rules kept, policies confined to the trail, a plan that can be read."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.validate import ParamValidator

import trailnb as tn
from tests.hostile import STEERING
from trailnb.configuration.checks import facts
from trailnb.configuration.policies import of_any_trail, of_everybody
from trailnb.configuration.selecting import known_types
from trailnb.configuration.selectors import recorded
from trailnb.errors import RequestError

if TYPE_CHECKING:
    from trailnb.configuration.plan import Plan

ACCOUNT = "111122223333"
ARN = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/acme-audit"
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1234abcd"
EVERYTHING: dict[str, Any] = {
    "prefix": "audit",
    "organization": "o-exampleorgid",
    "data_events": ["AWS::S3::Object", "AWS::Lambda::Function"],
    "network_events": "kms.amazonaws.com",
    "insights": ["ApiCallRateInsight", "ApiErrorRateInsight"],
    "retention_days": 730,
    "sns": "new",
    "cloudwatch": "new",
    "tags": {"team": "security"},
}


def planned(name: str = "acme-audit", **how: Any) -> Plan:
    """A plan, as asked for otherwise or not at all."""
    return tn.plan_trail(name, **({"bucket": "acme-trails", "account": ACCOUNT} | how))


REFUSED: list[tuple[dict[str, Any], str]] = [
    *(({"name": name}, "is no name for a trail") for name in ("ab", "a" * 129, "-audit", "audit.")),
    *(({"name": name}, "no two stand together") for name in ("a..b", "a-_b", "a b", "192.168.5.4")),
    *(({"bucket": one}, "is no name for a bucket") for one in ("Acme", "ab", "a..b", "10.0.0.1")),
    *(
        ({"bucket": one}, "no ending or beginning")
        for one in ("xn--acme", "acme-s3alias", "a" * 64)
    ),
    ({"access_logs": "acme-trails"}, "never ends"),
    ({"prefix": "/audit"}, "no '/' at its ends"),
    ({"prefix": "a" * 201}, "at most 200"),
    ({"account": "1111"}, "twelve digits"),
    ({"region": "Ireland"}, "eu-west-1"),
    ({"organization": "acme"}, "o- and 10 to 32"),
    ({"kms": "alias/audit"}, "a key's ARN"),
    ({"kms": KEY, "region": "eu-west-1"}, "of the bucket's region, eu-west-1"),
    ({"management_events": "some"}, "all, reads, writes, none"),
    ({"management_events": "none"}, "would record nothing"),
    ({"management_events": "none", "exclude": "kms.amazonaws.com"}, "none are recorded"),
    ({"exclude": "ec2.amazonaws.com"}, "kms.amazonaws.com, rdsdata.amazonaws.com"),
    ({"insights": "Everything"}, "ApiCallRateInsight, ApiErrorRateInsight"),
    ({"insights": "ApiCallRateInsight", "management_events": "reads"}, "counts writes"),
    (
        {
            "insights": "ApiErrorRateInsight",
            "management_events": "none",
            "data_events": "AWS::S3::Object",
        },
        "count management events",
    ),
    ({"data_events": "AWS::S3::Bucket"}, r"Is it .*AWS::S3::Object"),
    ({"data_events": [{"Fields": []}]}, "a selector of your own is"),
    ({"network_events": "kms"}, "kms.amazonaws.com"),
    (
        {"data_events": {"AWS::S3::Object": [f"arn:aws:s3:::bucket-{n}/" for n in range(500)]}},
        "505 values; AWS allows 500",
    ),
    ({"retention_days": 0}, "from 1 to"),
    ({"retention_days": 30}, "nothing locked is deleted"),
    ({"sns": "deliveries"}, "a topic's ARN"),
    ({"cloudwatch": "no spaces"}, "no log group"),
    ({"cloudwatch": "new", "cloudwatch_days": 100}, "1, 3, 5, 7"),
]


@pytest.mark.parametrize(("how", "rule"), REFUSED, ids=[str(n) for n in range(len(REFUSED))])
def test_what_aws_does_not_allow_is_refused_with_its_rule(how: dict[str, Any], rule: str) -> None:
    """Before anybody is asked."""
    with pytest.raises(RequestError, match=rule):
        planned(**how)


def test_every_policy_is_confined_to_the_trail() -> None:
    """Nobody else's trail may write, encrypt or announce, and nothing is public."""
    policies = planned(**EVERYTHING).policies()
    assert list(policies) == ["bucket", "access bucket", "key", "topic", "role", "role's trust"]
    for what in ("bucket", "key", "topic"):
        assert of_any_trail(policies[what]) == []
        assert ARN in json.dumps(policies[what])
    assert all(of_everybody(policy) == [] for policy in policies.values())


def test_the_bucket_policy_names_prefix_account_and_organization() -> None:
    """As AWS's page has it."""
    policy = planned(**EVERYTHING).policies()["bucket"]
    logs = "arn:aws:s3:::acme-trails/audit/AWSLogs"
    writes = [one for one in policy["Statement"] if one["Action"] == "s3:PutObject"]
    assert [one["Resource"] for one in writes] == [
        f"{logs}/{ACCOUNT}/*",
        f"{logs}/o-exampleorgid/*",
    ]
    for one in writes:
        assert one["Condition"]["StringEquals"] == {
            "s3:x-amz-acl": "bucket-owner-full-control",
            "aws:SourceArn": ARN,
        }


def test_other_partitions_have_their_own_arns() -> None:
    """Never `arn:aws:` in China."""
    plan = planned(region="cn-north-1", **{**EVERYTHING, "organization": None})
    assert "arn:aws:" not in str(plan)
    assert "arn:aws-cn:s3:::acme-trails" in plan.to_cloudformation()


def test_the_key_serves_the_trails_of_the_account_only() -> None:
    """The encryption context holds the trail that is encrypted for."""
    encrypt = planned().policies()["key"]["Statement"][1]
    assert encrypt["Action"] == "kms:GenerateDataKey*"
    assert encrypt["Condition"] == {
        "StringEquals": {"aws:SourceArn": ARN},
        "StringLike": {
            "kms:EncryptionContext:aws:cloudtrail:arn": f"arn:aws:cloudtrail:*:{ACCOUNT}:trail/*"
        },
    }


def test_selectors_record_what_was_asked_for() -> None:
    """Read back by the same eyes that read a trail's."""
    plan = planned(
        data_events={"AWS::S3::Object": ["arn:aws:s3:::pay/"], "AWS::Lambda::Function": []},
        network_events=["kms.amazonaws.com", "ec2.amazonaws.com"],
        management_events="writes",
        exclude="kms.amazonaws.com",
    )
    found = recorded({"AdvancedEventSelectors": list(plan.selectors)})
    assert (found.reads, found.writes) == (False, True)
    assert found.excluded == ("kms.amazonaws.com",)
    assert found.data == ("AWS::Lambda::Function", "AWS::S3::Object")
    assert found.partly == ("AWS::S3::Object",)
    assert found.network == ("ec2.amazonaws.com", "kms.amazonaws.com")


def test_a_selector_of_ones_own_goes_through() -> None:
    """For what AWS has added since."""
    own = {"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Data"]}]}
    assert planned(data_events=[own, "AWS::SQS::Queue"]).selectors[1] == own


def test_object_events_leave_the_log_buckets_out() -> None:
    """Else each log file would make another."""
    test = planned(data_events="AWS::S3::Object").selectors[1]["FieldSelectors"][2]
    assert test["NotStartsWith"] == [
        "arn:aws:s3:::acme-trails/",
        "arn:aws:s3:::acme-trails-access/",
    ]


def test_resource_types_are_spelt_like_ones() -> None:
    """The table names each once."""
    assert len(known_types()) > 200
    assert all(name.startswith("AWS::") and name.count("::") == 2 for name in known_types())


@pytest.mark.parametrize("how", [EVERYTHING, {}, {"kms": None, "access_logs": None}])
def test_every_call_is_one_that_boto3_knows(how: dict[str, Any]) -> None:
    """Arguments are checked against the service's own model."""
    for call in planned(**how).calls():
        client = boto3.client(call.service, region_name=call.region)
        operation = client.meta.method_to_api_mapping[call.operation]
        shape = client.meta.service_model.operation_model(operation).input_shape
        report = ParamValidator().validate(dict(call.arguments), shape)
        assert report.generate_report() == ""
        assert call.why


def test_what_exists_is_not_made() -> None:
    """A key, topic and access bucket that are named are only used."""
    topic = f"arn:aws:sns:us-east-1:{ACCOUNT}:deliveries"
    plan = planned(kms=KEY, sns=topic, access_logs="acme-access")
    made = [str(call) for call in plan.calls()]
    assert made[0] == "s3.create_bucket"
    assert not [name for name in made if name.startswith(("kms", "sns"))]
    settings = plan.calls()[-3].arguments
    assert settings["KmsKeyId"] == KEY
    assert settings["SnsTopicName"] == "deliveries"
    statuses = dict(plan.findings().select("check", "status").iter_rows())
    assert statuses["key policy"] == statuses["notifications"] == "unknown"


def test_the_plan_says_what_it_leaves_undone() -> None:
    """By the checks that `tn.trails()` makes."""
    bare = planned(
        kms=None, access_logs=None, lock_days=None, validation=False, multi_region=False,
        retention_days=30, region="eu-west-1",
    )  # fmt: skip
    assert bare.findings().filter(status="not good")["check"].to_list() == [
        "all regions",
        "global services",
        "validation",
        "encryption",
        "access logging",
        "deletion",
        "retention",
        "cloudwatch logs",
    ]
    assert planned(**EVERYTHING).findings().filter(status="not good").is_empty()


def test_the_plan_reads_as_text() -> None:
    """What it records, each call with its reason, each selector, each policy."""
    text = str(planned(**EVERYTHING))
    assert text.startswith("Plan of the trail acme-audit in 111122223333, us-east-1: 26 calls")
    for part in (
        "cloudtrail.create_trail", "resources.ARN NotStartsWith arn:aws:s3:::acme-trails/",
        "Policy of the key:", "AWSCloudTrailOrganizationWrite20150319",
    ):  # fmt: skip
        assert part in text
    assert not any(STEERING.search(line) for line in text.split("\n"))


def test_tags_are_shown_as_text() -> None:
    """In the notebook, too."""
    page = planned(tags={"<img src=x>": "\x1b[2J"})._repr_html_()
    assert "<img" not in page
    assert "\x1b" not in page


@pytest.mark.parametrize(
    "how", [EVERYTHING, {}, {"kms": KEY, "access_logs": None, "lock_days": None, "cloudwatch": "a"}]
)
def test_the_template_is_one_that_cloudformation_takes(how: dict[str, Any], tmp_path: Path) -> None:
    """AWS's own linter has the schema of each resource."""
    linter = Path(sys.executable).with_name("cfn-lint")
    if not linter.exists():
        pytest.skip("cfn-lint is not installed; moto[server] brings it")
    place = tmp_path / "trail.json"
    place.write_text(planned(**how).to_cloudformation())
    ran = subprocess.run(
        [linter, "-r", "us-east-1", "--", place], check=False, capture_output=True, text=True
    )
    assert (ran.returncode, ran.stdout) == (0, "")


def test_the_template_says_what_the_calls_say() -> None:
    """Bucket, policies and selectors are the same."""
    plan = planned(**EVERYTHING)
    resources = json.loads(plan.to_cloudformation())["Resources"]
    policies = plan.policies()
    assert resources["BucketPolicy"]["Properties"]["PolicyDocument"] == policies["bucket"]
    assert resources["Key"]["Properties"]["KeyPolicy"] == policies["key"]
    assert resources["TopicPolicy"]["Properties"]["PolicyDocument"] == policies["topic"]
    trail = resources["Trail"]["Properties"]
    assert trail["AdvancedEventSelectors"] == list(plan.selectors)
    assert trail["IsLogging"]
    assert {"BucketPolicy", "TopicPolicy", "LogRole"} <= set(resources["Trail"]["DependsOn"])
    for name in ("Bucket", "AccessBucket", "Key", "LogGroup"):
        assert resources[name]["DeletionPolicy"] == "Retain"


def test_the_checks_of_a_plan_are_checks_of_trails() -> None:
    """One table for both."""
    known = {fact["check"] for fact in facts()}
    assert set(planned().findings()["check"]) <= known
