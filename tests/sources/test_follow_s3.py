"""Following a bucket: after the last key, with few requests, and nothing passed over."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.store.stores import assert_same, opened
from tests.trail.deliveries import at, key, log, numbered
from tests.trail.following import Hands, followed, numbers
from trailnb.errors import SourceError
from trailnb.sources.source import Wanted

if TYPE_CHECKING:
    from pathlib import Path

    from tests.sources.conftest import Faults

ACCOUNTS = ("111122223333", "222233334444", "333344445555", "444455556666")
REGIONS = ("eu-central-1", "us-east-1", "ap-south-1")


class Bucket:
    """A bucket that log files come to, and what was asked of it."""

    def __init__(self, client: Any, faults: Faults) -> None:  # noqa: ANN401 # boto3 client
        self.client, self.faults, self.number = client, faults, 0
        client.create_bucket(Bucket="acme")

    def deliver(self, delivered: str, *found: int, **place: str) -> str:
        """A log file comes, with these events or a new one; returns its key."""
        self.number += 1
        events = [
            numbered(one, eventTime=f"{delivered}:00Z") for one in found or (1000 + self.number,)
        ]
        name = key(delivered, **place)
        self.client.put_object(Bucket="acme", Key=name, Body=log(*events))
        return name

    def listings(self) -> list[str]:
        """Which listings were asked for since the last time?"""
        seen = [path for path in self.faults.seen if "list-type=2" in path]
        self.faults.seen.clear()
        return seen


@pytest.fixture
def bucket(s3_client: Any, faults: Faults) -> Bucket:  # noqa: ANN401 # boto3 client
    """A bucket behind the endpoint that counts and refuses."""
    return Bucket(s3_client, faults)


@pytest.fixture
def how(faults: Faults, s3_options: dict[str, Any]) -> dict[str, Any]:
    """How is it opened?"""
    return {"storage_options": s3_options | {"endpoint_url": faults.url}}


def test_quiet_step_costs_one_request_for_each_region(
    bucket: Bucket, how: dict[str, Any], tmp_path: Path
) -> None:
    """Four accounts in three regions: 12 listings, and no object is read again."""
    for account in ACCOUNTS:
        for region in REGIONS:
            bucket.deliver("2026-11-02T08:55", account=account, region=region)
    asked: list[list[str]] = []
    hands = Hands(then=lambda _: asked.append(bucket.listings()))
    list(followed("s3://acme", tmp_path, hands, how=how, rounds=3))
    asked.append(bucket.listings())
    assert [len(one) for one in asked[1:]] == [12, 12]
    assert all("start-after" in path and "T0755" in path for path in asked[1])


def test_names_of_one_stamp_are_in_no_order(
    bucket: Bucket, how: dict[str, Any], tmp_path: Path
) -> None:
    """A key that sorts before the last one held, of the same stamp or an earlier one, is found."""
    bucket.deliver("2026-11-02T08:55", 1, unique="ZZZZZZZZZZZZZZZZ")

    def then(step: int) -> None:
        stamp, unique = {2: ("08:55", "A" * 16), 3: ("08:50", "B" * 16)}[step]
        bucket.deliver(f"2026-11-02T{stamp}", step, unique=unique)

    came = [
        numbers(one) for one in followed("s3://acme", tmp_path, Hands(then=then), how=how, rounds=3)
    ]
    assert came == [["1"], ["2"], ["3"]]
    assert_same(opened(tmp_path), opened("s3://acme", **how))


def test_midnight_passes(bucket: Bucket, how: dict[str, Any], tmp_path: Path) -> None:
    """The next day's folder needs no look of its own."""
    bucket.deliver("2026-11-02T23:55", 1)
    hands = Hands(at("2026-11-02T23:59"), lambda _: bucket.deliver("2026-11-03T00:00", 2))
    came = [numbers(one) for one in followed("s3://acme", tmp_path, hands, how=how, rounds=2)]
    assert came == [["1"], ["2"]]


def test_new_accounts_regions_and_late_files_come_with_the_wider_look(
    bucket: Bucket, how: dict[str, Any], tmp_path: Path
) -> None:
    """What the newest keys cannot tell comes within a quarter of an hour, digests included."""
    bucket.deliver("2026-11-02T08:55", 1)

    def then(step: int) -> None:
        if step == 2:
            bucket.deliver("2026-11-02T09:00", 2, account=ACCOUNTS[1])
            bucket.deliver("2026-11-02T09:00", 3, region="us-east-1")
            bucket.deliver("2026-11-02T02:00", 4)
            bucket.deliver("2026-11-02T09:00", folder="CloudTrail-Digest")
        if step == 16:
            bucket.listings()

    hands = Hands(then=then)
    arrivals = list(followed("s3://acme", tmp_path, hands, how=how, rounds=16))
    assert [(one.at, numbers(one)) for one in arrivals] == [
        (at("2026-11-02T09:00"), ["1"]),
        (at("2026-11-02T09:15"), ["2", "3", "4"]),
    ]
    assert len(arrivals[-1].trail.evidence_files) == 1
    assert_same(opened(tmp_path), opened("s3://acme", **how))


def test_object_written_again_is_found(bucket: Bucket, how: dict[str, Any], tmp_path: Path) -> None:
    """A log file of the last hour whose content changed comes again at the next step."""
    bucket.deliver("2026-11-02T08:55", 1)
    hands = Hands(then=lambda _: bucket.deliver("2026-11-02T08:55", 1, 2))
    came = [numbers(one) for one in followed("s3://acme", tmp_path, hands, how=how, rounds=2)]
    assert came == [["1"], ["1", "2"]]


def test_only_what_is_asked_for_is_brought(
    bucket: Bucket, how: dict[str, Any], tmp_path: Path
) -> None:
    """Accounts, and whatever else the trail asks for, hold for every step."""
    bucket.deliver("2026-11-02T08:55", 1)
    bucket.deliver("2026-11-02T08:55", 2, account=ACCOUNTS[1])
    asked: list[list[str]] = []

    def then(_: int) -> None:
        asked.append(bucket.listings())
        bucket.deliver("2026-11-02T09:00", 3)
        bucket.deliver("2026-11-02T09:00", 4, account=ACCOUNTS[1])

    steps = followed(
        "s3://acme", tmp_path, Hands(then=then), how=how | {"accounts": ACCOUNTS[0]}, rounds=2
    )
    assert [numbers(one) for one in steps] == [["1"], ["3"]]
    assert len(bucket.listings()) == 1


def test_deeper_prefix_is_followed(bucket: Bucket, how: dict[str, Any], tmp_path: Path) -> None:
    """A prefix below a region's folder, or a glob, is listed as it is opened."""
    bucket.deliver("2026-11-02T08:55", 1)
    day = f"s3://acme/AWSLogs/{ACCOUNTS[0]}/CloudTrail/eu-central-1/2026/11/02"
    for number, place in enumerate((day, f"{day}/*.json.gz"), 2):
        hands = Hands(then=lambda _, one=number: bucket.deliver(f"2026-11-02T09:0{one}", one))
        dest = tmp_path / str(number)
        came = [numbers(one) for one in followed(place, dest, hands, how=how, rounds=2)]
        assert came[-1] == [str(number)]


def test_region_that_refuses_is_told(
    bucket: Bucket, faults: Faults, how: dict[str, Any], tmp_path: Path
) -> None:
    """A folder that may not be listed any more is a problem, once, and does not end it."""
    for region in REGIONS:
        bucket.deliver("2026-11-02T08:55", region=region)

    def then(step: int) -> None:
        if step == 2:
            faults.refuse("eu-central-1/", "AccessDenied")
        bucket.deliver("2026-11-02T09:00", step, region="us-east-1", unique=f"{step}" * 16)

    arrivals = list(followed("s3://acme", tmp_path, Hands(then=then), how=how, rounds=3))
    assert [numbers(one) for one in arrivals[1:]] == [["2"], ["3"]]
    told = arrivals[1].problems.row(0, named=True)
    assert "eu-central-1" in told["log_file"]
    assert "access denied" in told["reason"]
    assert arrivals[2].problems.height == 0


def test_outage_and_expiry(
    bucket: Bucket, faults: Faults, how: dict[str, Any], tmp_path: Path
) -> None:
    """Throttling is outlived; credentials that expired end it, and it goes on after a log-in."""
    bucket.deliver("2026-11-02T08:55", 1)

    def then(step: int) -> None:
        if step == 2:
            faults.refuse("list-type=2", "ExpiredToken", status=400)
        bucket.deliver("2026-11-02T09:00", step, unique=f"{step}" * 16)

    steps = followed("s3://acme", tmp_path, Hands(then=then), how=how, rounds=3)
    assert numbers(next(steps)) == ["1"]
    with pytest.raises(SourceError, match="credentials have expired"):
        next(steps)
    faults.rules.clear()
    assert [numbers(one) for one in followed("s3://acme", tmp_path, how=how)] == [["2"]]


def test_listing_after_by_s3fs(bucket: Bucket, s3_options: dict[str, Any]) -> None:
    """Set-ups that stay with s3fs list the days since, which brings the same."""
    from trailnb.sources.s3 import S3Source

    now = datetime.now().astimezone()
    early, late = (f"{now - timedelta(days=days):%Y-%m-%dT00:00}" for days in (3, 0))
    names = [bucket.deliver(one) for one in (early, late)]
    folder = f"s3://acme/{names[0].rsplit('/', 4)[0]}"
    known = {folder: now - timedelta(days=2)}
    for extra in ({}, {"version_aware": True}):
        source = S3Source("s3://acme", s3_options | extra)
        listing = source.list_after(known, Wanted())
        assert [file.key for file in listing.files] == [f"s3://acme/{names[1]}"]
        assert listing.files == source.list(Wanted()).files[-1:]
