"""`tn.trails()` over an AWS on loopback: each found once, opened, and refusals taken as such."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import polars as pl
import pytest
from dateutil.tz import gettz

import trailnb as tn
from tests.configuration.account import account, trail
from tests.configuration.conftest import ACCOUNT
from tests.hostile import PAYLOADS
from trailnb.configuration.answers import asked
from trailnb.configuration.checks import to_mend
from trailnb.configuration.limits import limits_of
from trailnb.configuration.snapshot import Unknown
from trailnb.configuration.table import SCHEMA
from trailnb.configuration.trails import Trails
from trailnb.errors import RequestError, SourceError
from trailnb.sources import layout

if TYPE_CHECKING:
    from tests.configuration.conftest import Aws

REGIONS = ("eu-west-1", "us-east-1")
RECORD = {
    "eventVersion": "1.11",
    "eventTime": "2026-11-01T00:01:00Z",
    "eventSource": "iam.amazonaws.com",
    "eventName": "GetUser",
    "eventID": "a",
    "awsRegion": "us-east-1",
    "recipientAccountId": ACCOUNT,
}


@pytest.fixture
def two_trails(aws: Aws) -> Aws:
    """One of all regions, made in Ireland, and one of its own region only, with logs."""
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="acme-trails")
    for owner in (ACCOUNT, "999988887777"):
        key = layout.compose(
            account=owner,
            region="us-east-1",
            delivered=datetime(2026, 11, 1, 0, 5, tzinfo=UTC),
            prefix="audit",
        )
        body = json.dumps({"Records": [RECORD | {"recipientAccountId": owner}]})
        s3.put_object(Bucket="acme-trails", Key=key, Body=body)
    aws.client("cloudtrail", "eu-west-1").create_trail(
        Name="everywhere", S3BucketName="acme-trails", IsMultiRegionTrail=True
    )
    home = aws.client("cloudtrail")
    home.create_trail(Name="audit", S3BucketName="acme-trails", S3KeyPrefix="audit")
    home.start_logging(Name="audit")
    return aws


def test_every_trail_is_found_once(two_trails: Aws) -> None:
    """A trail of all regions is told by each region, and has one row."""
    found = tn.trails(storage_options=two_trails.options, regions=REGIONS)
    table = found.table()
    assert table.schema == SCHEMA
    assert table["trail"].to_list() == ["everywhere", "audit"]
    assert table["home_region"].to_list() == ["eu-west-1", "us-east-1"]
    assert table["uri"].to_list() == ["s3://acme-trails/", "s3://acme-trails/audit/"]
    assert table["is_logging"].to_list() == [False, True]
    assert table["management"].to_list() == ["all", "all"]
    assert two_trails.called("describe_trails") == ["describe_trails"] * 2
    assert two_trails.called("get_bucket_policy") == [
        "get_bucket_policy",
        "get_bucket_policy_status",
    ]


def test_asking_changes_nothing(two_trails: Aws) -> None:
    """Only calls that read."""
    tn.trails(storage_options=two_trails.options, regions=REGIONS)
    assert not [
        name for name in two_trails.called("") if not name.startswith(("get", "desc", "head"))
    ]


def test_every_enabled_region_is_asked(aws: Aws) -> None:
    """Without names, EC2 tells which there are."""
    found = tn.trails(storage_options=aws.options)
    assert len(found.snapshot.regions) == len(aws.called("describe_trails")) > 20
    assert found.table().is_empty()
    assert found.findings().row(0, named=True)["status"] == "not good"


def test_only_trails_of_a_bucket(two_trails: Aws) -> None:
    """A bucket can be asked about."""
    two_trails.client("s3").create_bucket(Bucket="other-trails")
    two_trails.client("cloudtrail").create_trail(Name="other", S3BucketName="other-trails")
    how = {"storage_options": two_trails.options, "regions": "us-east-1"}
    assert tn.trails(**how, bucket="other-trails").table()["trail"].to_list() == ["other"]


def test_opening_gives_the_trails_own_events_and_its_limits(two_trails: Aws) -> None:
    """Another account's logs in the same bucket are another trail's."""
    opened = tn.trails(storage_options=two_trails.options, regions=REGIONS).open(
        "audit", since="2026-11-01", until="2026-11-02"
    )
    assert opened.events.collect()["recipient_account_id"].to_list() == [ACCOUNT]
    said = opened.coverage().filter(status="outside the request")["because"].to_list()
    assert "the trail audit, as it is configured now, records no data events" in said
    assert "the trail audit, as it is configured now, records only us-east-1" in said


def test_opening_by_arn_and_asking_for_an_account(two_trails: Aws) -> None:
    """Arguments go on to `tn.open`."""
    found = tn.trails(storage_options=two_trails.options, regions=REGIONS)
    arn = found.table().filter(trail="audit")["trail_arn"].item()
    opened = found.open(arn, accounts="999988887777")
    assert opened.events.collect()["recipient_account_id"].to_list() == ["999988887777"]


def test_a_name_that_is_not_there_is_hinted(two_trails: Aws) -> None:
    """And one that several trails share asks for the ARN."""
    found = tn.trails(storage_options=two_trails.options, regions=REGIONS)
    with pytest.raises(RequestError, match=r"no trail is called 'audti'\. There is audit\."):
        found.open("audti")
    twins = Trails(account(trail(), trail({"TrailARN": "arn:aws:cloudtrail:twin"})))
    with pytest.raises(RequestError, match=r"2 trails are called 'audit'\. Say which: arn:aws"):
        twins.open("audit")
    with pytest.raises(RequestError, match="There is none at all"):
        Trails(account(trails=())).open("audit")


REFUSED = {
    "get_trail_status": ("logging", "cloudtrail:GetTrailStatus"),
    "get_event_selectors": ("management events", "cloudtrail:GetEventSelectors"),
    "get_insight_selectors": ("insights", "cloudtrail:GetInsightSelectors"),
    "get_bucket_policy": ("bucket policy", "s3:GetBucketPolicy"),
    "get_public_access_block": ("public access block", "s3:GetBucketPublicAccessBlock"),
    "get_bucket_ownership_controls": ("bucket ownership", "s3:GetBucketOwnershipControls"),
    "get_bucket_versioning": ("versioning", "s3:GetBucketVersioning"),
    "get_bucket_lifecycle_configuration": ("retention", "s3:GetLifecycleConfiguration"),
    "get_bucket_logging": ("access logging", "s3:GetBucketLogging"),
}


def test_what_is_refused_is_unknown_and_says_the_permission(two_trails: Aws) -> None:
    """A refusal is neither a pass nor a fail."""
    two_trails.refuse = dict.fromkeys(REFUSED, "AccessDenied")
    found = tn.trails(storage_options=two_trails.options, regions="us-east-1").findings()
    for check, right in REFUSED.values():
        row = found.filter(trail="audit", check=check).row(0, named=True)
        assert row["status"] == "unknown"
        assert row["says"].endswith(f"needs {right}")
        assert row["because"] == "access denied"


def test_a_region_that_refuses_is_not_called_empty(two_trails: Aws) -> None:
    """Nor is an account whose trails nobody may list."""
    two_trails.refuse = {"describe_trails": "AccessDeniedException"}
    found = tn.trails(storage_options=two_trails.options, regions=REGIONS)
    told = dict(found.findings().select("check", "says").iter_rows())
    assert told["any trail"].endswith("is unknown: needs cloudtrail:DescribeTrails")
    assert set(found.findings().filter(check="every region")["status"]) == {"unknown"}


def test_a_member_account_hears_of_the_organization(two_trails: Aws) -> None:
    """Whether there is one may be unknown, too."""
    two_trails.refuse = {"describe_organization": "AccessDeniedException"}
    found = tn.trails(storage_options=two_trails.options, regions=REGIONS).findings()
    assert found.filter(check="organization")["status"].item() == "unknown"
    two_trails.refuse = {}
    two_trails.client("organizations").create_organization(FeatureSet="ALL")
    found = tn.trails(storage_options=two_trails.options, regions=REGIONS).findings()
    assert found.filter(check="organization")["status"].item() == "not good"


def test_a_bucket_that_is_gone_is_an_alert(two_trails: Aws) -> None:
    """Whoever makes it gets the logs."""
    two_trails.refuse = {"head_bucket": "404"}
    found = tn.trails(storage_options=two_trails.options, regions="us-east-1").findings()
    gone = found.filter(trail="audit", check="bucket").row(0, named=True)
    assert (gone["status"], gone["severity"]) == ("not good", "alert")
    assert found.filter(check="versioning").is_empty()


def test_credentials_that_are_refused_are_an_error(aws: Aws) -> None:
    """Nothing can be told then."""
    aws.refuse = {"get_caller_identity": "ExpiredToken"}
    with pytest.raises(SourceError, match="the credentials have expired"):
        tn.trails(storage_options=aws.options)


def test_what_is_shown_is_counted(two_trails: Aws) -> None:
    """One line, and what is to mend as a table."""
    found = tn.trails(storage_options=two_trails.options, regions=REGIONS)
    bad = found.findings().filter(status="not good")
    assert repr(found).startswith(
        f"Trails of account {ACCOUNT}: 2 trails, 2 regions asked; {bad.height}"
    )
    assert (
        found._repr_html_().count("<tr>")
        == 1 + found.findings().filter(pl.col("status") != "good").height
    )
    assert "secret" not in repr(found)


def test_the_gravest_is_shown_first() -> None:
    """Alerts, warnings, notes; then what is unknown; then what is optional."""
    spoilt = trail({"LogFileValidationEnabled": False}, status={"IsLogging": False}, log_group=None)
    rows = to_mend(Trails(account(spoilt)).findings())
    assert rows.select("severity", "status").unique(maintain_order=True).rows() == [
        ("alert", "not good"),
        ("warning", "not good"),
        ("note", "not good"),
        ("note", "optional"),
    ]


@pytest.mark.parametrize("name", PAYLOADS)
def test_html_of_hostile_names_is_text(name: str) -> None:
    """A trail can be called anything by who made it, as far as this program knows."""
    shown = Trails(account(trail({"Name": PAYLOADS[name], "IsMultiRegionTrail": False})))
    page = shown._repr_html_()
    for tag in ("<script", "<img", "<iframe", "<svg", "<style", "<form", "<details", "<base"):
        assert tag not in page


def test_moments_are_utc_wherever_this_machine_is() -> None:
    """AWS's library gives CloudTrail's times in the machine's own zone."""

    class Asked:
        """Answers with a time of New York."""

        def ask(self, *_: object, **__: object) -> dict[str, object]:
            """Give it, four hours behind."""
            local = datetime(2026, 11, 25, 2, tzinfo=gettz("America/New_York"))
            return {"LatestDeliveryTime": local, "ResponseMetadata": {}}

    answer = asked(Asked(), "cloudtrail", "us-east-1", "get_trail_status", needs="x")  # type: ignore[arg-type]
    assert answer == {"LatestDeliveryTime": datetime(2026, 11, 25, 7, tzinfo=UTC)}
    found = trail(status={"IsLogging": True, **dict(answer)})  # type: ignore[arg-type]
    assert Trails(account(found)).table()["latest_delivery"].item() == datetime(
        2026, 11, 25, 7, tzinfo=UTC
    )


def test_a_gap_that_is_known_is_a_limit_of_the_events() -> None:
    """Whoever opens the trail is told of the days without logging, and of what is not known."""
    stopped, started = (datetime(2026, 11, day, tzinfo=UTC) for day in (16, 23))
    status = {"IsLogging": True, "StopLoggingTime": stopped, "StartLoggingTime": started}
    said = " ".join(one.because for one in limits_of(trail(status=status)))
    assert "recorded nothing from 2026-11-16 00:00 UTC to 2026-11-23 00:00 UTC" in said
    unknown = trail(
        {"IncludeGlobalServiceEvents": False}, status=Unknown("cloudtrail:GetTrailStatus")
    )
    said = " ".join(one.because for one in limits_of(unknown))
    assert "may record nothing now" in said
    assert "nothing of IAM, global STS and CloudFront" in said
