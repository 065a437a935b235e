"""`plan.apply`: nothing unless told, nothing twice, nothing overwritten, and every failure told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

import trailnb as tn
from tests.configuration.conftest import ACCOUNT
from trailnb.errors import RequestError, SourceError

if TYPE_CHECKING:
    import polars as pl

    from tests.configuration.conftest import Aws
    from trailnb.configuration.plan import Plan

READS = ("get", "describe", "head", "list")


def planned(**how: Any) -> Plan:
    """A plan of everything, for the account of the tests."""
    everything: dict[str, Any] = {
        "bucket": "acme-trails",
        "account": ACCOUNT,
        "data_events": ["AWS::S3::Object"],
        "insights": ["ApiCallRateInsight"],
        "retention_days": 730,
        "sns": "new",
        "cloudwatch": "new",
    }
    return tn.plan_trail("acme-audit", **(everything | how))


def applied(aws: Aws, plan: Plan | None = None) -> pl.DataFrame:
    """Apply it in earnest."""
    return (plan or planned()).apply(storage_options=aws.options, dry_run=False)


def written(aws: Aws) -> list[str]:
    """Which calls changed something?"""
    return [name for _, name, _ in aws.calls if not name.startswith(READS)]


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was just made is seen at once here."""
    monkeypatch.setattr("trailnb.configuration.applying._WAIT_SECONDS", 0.0)


def test_nothing_is_called_unless_told(aws: Aws) -> None:
    """The default looks, and tells what it would do."""
    told = planned().apply(storage_options=aws.options)
    assert set(told["status"]) == {"would run"}
    assert told["call"].to_list() == [str(call) for call in planned().calls()]
    assert written(aws) == []


def test_a_plan_makes_a_trail_without_anything_to_mend(aws: Aws) -> None:
    """What was planned is what is found."""
    told = applied(aws)
    assert set(told["status"]) == {"ran"}
    assert written(aws) == [str(call).partition(".")[2] for call in planned().calls()]
    found = tn.trails(storage_options=aws.options)
    assert found.findings().filter(status="not good").is_empty()
    assert found.findings().filter(status="unknown").is_empty()
    row = found.table().row(0, named=True)
    assert (row["trail"], row["is_logging"], row["insights"]) == (
        "acme-audit",
        True,
        ["ApiCallRateInsight"],
    )
    assert row["kms_key"].startswith("arn:aws:kms:us-east-1:")


def test_what_the_plan_foresees_is_what_is_found(aws: Aws) -> None:
    """Check by check, for a plain plan as well."""
    plan = planned(cloudwatch=None, sns=None, lock_days=None, insights=())
    applied(aws, plan)
    found = tn.trails(storage_options=aws.options, regions="us-east-1").findings()
    columns = ["check", "status", "says"]
    seen = found.filter(trail="acme-audit").select(columns)
    assert seen.equals(plan.findings().select(columns))


def test_applying_twice_changes_nothing(aws: Aws) -> None:
    """What is there and agrees is left."""
    applied(aws)
    aws.calls.clear()
    assert set(applied(aws)["status"]) == {"is there"}
    assert written(aws) == []


@pytest.mark.parametrize(
    "broken",
    ["create_alias", "put_bucket_policy", "put_object_lock_configuration", "create_trail"],
)
def test_a_failure_midway_is_told_and_gone_on_from(aws: Aws, broken: str) -> None:
    """Which calls ran, which did not, and nothing is made twice the next time."""
    aws.refuse = {broken: "AccessDenied"}
    with pytest.raises(SourceError, match="nothing was taken back") as raised:
        applied(aws)
    ran = [name for name in written(aws) if name != broken]
    said = str(raised.value)
    assert f".{broken} (AccessDenied" in said
    assert said.count(".create_") == len([name for name in [*ran, broken] if "create_" in name])
    assert f"{len(planned().calls()) - len(ran)} calls did not run" in said
    aws.refuse = {}
    aws.calls.clear()
    if broken == "create_alias":  # a key without its alias cannot be found: the message has it
        arn = said.partition("Plan with kms='")[2].partition("'")[0]
        assert arn.startswith("arn:aws:kms:us-east-1:")
        applied(aws, planned(kms=arn))
        assert "create_key" not in written(aws)
        return
    told = applied(aws)
    assert told.filter(status="is there").height == len(ran)
    assert written(aws) == told.filter(status="ran")["call"].str.split(".").list.last().to_list()
    assert tn.trails(storage_options=aws.options).findings().filter(status="not good").is_empty()


def bucket_policy(aws: Aws) -> None:
    """Somebody's bucket, whose policy lacks our statements."""
    aws.client("s3").create_bucket(Bucket="acme-trails")
    aws.client("s3").put_bucket_policy(
        Bucket="acme-trails", Policy=json.dumps({"Version": "2012-10-17", "Statement": []})
    )


def versioning(aws: Aws) -> None:
    """Versioning that somebody suspended."""
    aws.client("s3").create_bucket(Bucket="acme-trails")
    aws.client("s3").put_bucket_versioning(
        Bucket="acme-trails", VersioningConfiguration={"Status": "Suspended"}
    )


def lifecycle(aws: Aws) -> None:
    """A lifecycle of somebody's own."""
    rule = {"ID": "a", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 9}}
    aws.client("s3").create_bucket(Bucket="acme-trails")
    aws.client("s3").put_bucket_lifecycle_configuration(
        Bucket="acme-trails", LifecycleConfiguration={"Rules": [rule]}
    )


def trail(aws: Aws) -> None:
    """A trail of this name, into another bucket."""
    aws.client("s3").create_bucket(Bucket="other-trails")
    aws.client("cloudtrail").create_trail(Name="acme-audit", S3BucketName="other-trails")


def selectors(aws: Aws) -> None:
    """A trail that records something else already."""
    applied(aws)
    aws.client("cloudtrail").put_event_selectors(
        TrailName="acme-audit",
        AdvancedEventSelectors=[
            {
                "FieldSelectors": [
                    {"Field": "eventCategory", "Equals": ["Management"]},
                    {"Field": "readOnly", "Equals": ["false"]},
                ]
            }
        ],
    )


def retention(aws: Aws) -> None:
    """A log group that is kept otherwise."""
    logs = aws.client("logs")
    logs.create_log_group(logGroupName="/aws/cloudtrail/acme-audit")
    logs.put_retention_policy(logGroupName="/aws/cloudtrail/acme-audit", retentionInDays=7)


def role(aws: Aws) -> None:
    """A role of that name, for somebody else."""
    trust = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}]}
    aws.client("iam").create_role(
        RoleName="CloudTrail-us-east-1-acme-audit", AssumeRolePolicyDocument=json.dumps(trust)
    )


DIFFERENT = {
    bucket_policy: "the policy of acme-trails is there without the statement AWSCloudTrailAclCheck",
    versioning: 'put_bucket_versioning of acme-trails is set otherwise: {"Status": "Suspended"}',
    lifecycle: "put_bucket_lifecycle_configuration of acme-trails is set otherwise",
    trail: "the trail acme-audit is there with other S3BucketName",
    selectors: "what the trail records is set otherwise",
    retention: "the retention of /aws/cloudtrail/acme-audit is set otherwise: 7",
    role: "who may take the role CloudTrail-us-east-1-acme-audit is there without",
}


@pytest.mark.parametrize("prepare", DIFFERENT, ids=lambda one: one.__name__)
def test_what_is_there_and_differs_is_refused_before_anything_is_called(
    aws: Aws,
    prepare: Any,  # noqa: ANN401 # a function of this module
) -> None:
    """Somebody chose it: nothing is overwritten, and nothing half made."""
    prepare(aws)
    aws.calls.clear()
    looked = planned().apply(storage_options=aws.options).filter(status="differs")
    assert DIFFERENT[prepare] in looked["says"][0]
    with pytest.raises(RequestError, match="nothing was called") as raised:
        applied(aws)
    assert DIFFERENT[prepare] in str(raised.value)
    assert written(aws) == []


def test_a_bucket_of_somebody_else_is_not_touched(aws: Aws) -> None:
    """Nor one that may not be seen."""
    aws.refuse = {"head_bucket": "403"}
    with pytest.raises(RequestError, match="acme-trails-access is another account's"):
        applied(aws)
    assert written(aws) == []


def test_what_cannot_be_looked_at_is_not_touched(aws: Aws) -> None:
    """A refusal to look is no absence."""
    aws.refuse = {"get_bucket_policy": "AccessDenied"}
    with pytest.raises(RequestError, match="it cannot be seen whether it is there: access denied"):
        applied(aws)
    assert written(aws) == []


def test_the_quota_of_trails_is_looked_at_first(aws: Aws) -> None:
    """AWS allows five in a region, and a sixth would be refused after all else was made."""
    aws.client("s3").create_bucket(Bucket="others")
    for number in range(5):
        aws.client("cloudtrail").create_trail(Name=f"trail-{number}", S3BucketName="others")
    looked = planned().apply(storage_options=aws.options).filter(status="differs")
    assert looked["call"].to_list() == ["cloudtrail.create_trail"]
    with pytest.raises(RequestError, match="us-east-1 has 5 trails, and AWS allows 5"):
        applied(aws)
    assert written(aws) == []


def test_another_accounts_credentials_are_refused(aws: Aws) -> None:
    """A plan is for one account."""
    with pytest.raises(RequestError, match="the plan is for account 111122223333"):
        applied(aws, planned(account="111122223333"))
    assert written(aws) == []


def test_a_role_that_is_not_seen_yet_is_waited_for(aws: Aws) -> None:
    """AWS needs a while to know a new role everywhere."""
    left = [2]

    def code() -> str | None:
        left[0] -= 1
        return "InvalidCloudWatchLogsRoleArnException" if left[0] >= 0 else None

    aws.refuse_when = {"create_trail": code}
    assert set(applied(aws)["status"]) == {"ran"}
    assert written(aws).count("create_trail") == 3


def test_an_organization_is_given_trusted_access_first(aws: Aws) -> None:
    """CloudTrail must see the accounts before it can record them."""
    organization = aws.client("organizations").create_organization(FeatureSet="ALL")
    plan = planned(organization="o-exampleorgid")
    told = applied(aws, plan)
    assert organization
    assert told.row(0, named=True)["call"] == "organizations.enable_aws_service_access"
    found = tn.trails(storage_options=aws.options).findings()
    assert found.filter(check="organization")["status"].item() == "good"
    assert set(applied(aws, plan)["status"]) == {"is there"}


def test_cloudformation_makes_the_same_buckets_topic_and_group(aws: Aws) -> None:
    """As far as the tests' AWS knows the resources: it deploys neither policies nor trails."""
    plan = planned(kms=None)
    template = json.loads(plan.to_cloudformation())
    known = {"AccessBucket", "Bucket", "Topic", "LogGroup"}
    resources = {name: template["Resources"][name] for name in known}
    resources["Bucket"].pop("DependsOn")
    made = {"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources}
    stacks = aws.client("cloudformation")
    stacks.create_stack(StackName="trail", TemplateBody=json.dumps(made))
    told = plan.apply(storage_options=aws.options)
    assert told.filter(status="differs")["says"].to_list() == []
    there = told.filter(status="is there")["call"].to_list()
    assert there.count("s3.create_bucket") == 2
    assert {"sns.create_topic", "logs.create_log_group", "logs.put_retention_policy"} <= set(there)


def test_a_call_whose_answer_is_lost_is_not_repeated(aws: Aws) -> None:
    """It may have run: a second key would be billed and found by nobody."""
    aws.refuse["create_key"] = "InternalFailure"
    with pytest.raises(SourceError, match="may have run all the same"):
        applied(aws)
    assert aws.called("create_key") == ["create_key"]


def test_a_call_that_is_throttled_is_made_again(aws: Aws) -> None:
    """What was refused so was not done."""
    times = [0]

    def twice() -> str | None:
        times[0] += 1
        return "ThrottlingException" if times[0] < 3 else None

    aws.refuse_when["create_key"] = twice
    assert set(applied(aws)["status"]) == {"ran"}
    assert len(aws.called("create_key")) == 3
