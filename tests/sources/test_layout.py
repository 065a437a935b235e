"""What a key tells: the grammar of CloudTrail's layout, forwards and backwards."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trailnb.sources import layout, regions

REGIONS = ["us-east-1", "ap-southeast-7", "us-gov-west-1", "cn-northwest-1", "eusc-de-east-1"]
FOLDERS = ["CloudTrail", "CloudTrail-Insight", "CloudTrail-NetworkActivity", "CloudTrail-Digest"]
DAY = "AWSLogs/111122223333/CloudTrail/us-east-1/2026/11/01/"
NAME = "111122223333_CloudTrail_us-east-1_20261101T0005Z_AbCdEfGhIjKlMnOp.json.gz"
SINCE, UNTIL = datetime(2013, 1, 1), datetime(2090, 1, 1)  # noqa: DTZ001 # hypothesis adds UTC
WORDS = st.text("abcxyz019.-", min_size=1, max_size=12)


@given(
    account=st.from_regex(r"[0-9]{12}", fullmatch=True),
    region=st.sampled_from(REGIONS),
    home_region=st.sampled_from(REGIONS),
    folder=st.sampled_from(FOLDERS),
    organization=st.none() | st.from_regex(r"o-[a-z0-9]{10,32}", fullmatch=True),
    prefix=st.lists(WORDS, max_size=3).map("/".join),
    trail=st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{2,40}", fullmatch=True),
    delivered=st.datetimes(SINCE, UNTIL, timezones=st.just(UTC)),
    is_backfill=st.booleans(),
    separator=st.sampled_from(["/", "\\"]),
)
def test_a_composed_key_parses_back_to_what_it_was_made_of(
    *,
    account: str,
    region: str,
    home_region: str,
    folder: str,
    organization: str | None,
    prefix: str,
    trail: str,
    delivered: datetime,
    is_backfill: bool,
    separator: str,
) -> None:
    """Every key CloudTrail can write says account, region, folder, organization and time."""
    key = layout.compose(
        account=account,
        region=region,
        delivered=delivered,
        folder=folder,
        organization=organization,
        prefix=prefix,
        trail=trail,
        home_region=home_region,
        is_backfill=is_backfill,
    ).replace("/", separator)
    file = layout.parse(key, size_bytes=7)
    stamp_seconds = delivered.second if folder == "CloudTrail-Digest" else 0
    assert file.is_placed
    assert (file.account, file.region, file.folder) == (account, region, folder)
    assert file.organization == organization
    assert file.delivered == delivered.replace(second=stamp_seconds, microsecond=0)
    assert (file.key, file.size_bytes) == (key, 7)


@given(st.text(max_size=80))
def test_any_text_at_all_parses_without_an_error(text: str) -> None:
    """A key is never refused; it may merely tell nothing."""
    assert layout.parse(text).key == text


@pytest.mark.parametrize(
    "name",
    [
        NAME.replace("Z_", "Z"),
        NAME.removesuffix(".gz"),
        NAME.replace("AbCdEfGhIjKlMnOp", "HdkvFTXOA3Vnhbc"),
    ],
)
def test_documented_variants_of_the_name_are_placed(name: str) -> None:
    """Without the underscore, unpacked, or with AWS's own 15-character sample."""
    assert layout.parse(DAY + name).is_placed


@pytest.mark.parametrize(
    "key",
    [
        DAY + NAME.replace("111122223333", "444455556666"),
        DAY + NAME.replace("us-east-1", "us-west-2"),
        DAY.replace("11/01", "11/02") + NAME,
        DAY.replace("11/01", "11/1") + NAME,
        DAY + "more/" + NAME,
        DAY.replace("AWSLogs", "Logs") + NAME,
        DAY.replace("us-east-1", "us_east_1") + NAME,
        DAY.replace("/CloudTrail/", "/vpcflowlogs/") + NAME,
        DAY + NAME.replace("20261101T0005Z", "20261301T0005Z"),
        NAME,
    ],
)
def test_where_path_and_name_disagree_the_file_is_not_placed(key: str) -> None:
    """Only full agreement in the true layout lets a filter skip a file unread."""
    assert not layout.parse(key).is_placed


def test_a_flat_copy_still_says_who_where_and_when() -> None:
    """The object's name is self-describing."""
    file = layout.parse("case/" + NAME)
    assert (file.account, file.region, file.folder) == ("111122223333", "us-east-1", "CloudTrail")
    assert file.delivered == datetime(2026, 11, 1, 0, 5, tzinfo=UTC)


def test_a_loose_stamp_gives_the_delivery_but_no_place() -> None:
    """Rewritten archives drop `Z` and the unique part."""
    file = layout.parse(DAY + "111122223333_CloudTrail_us-east-1-20261101T2300.json")
    assert file.delivered == datetime(2026, 11, 1, 23, tzinfo=UTC)
    assert not file.is_placed


def test_the_layout_above_a_relative_key_counts() -> None:
    """Someone standing inside the tree opens `.` and gets the same answer."""
    file = layout.parse("01/" + NAME, within="/logs/" + DAY.removesuffix("01/"))
    assert file.is_placed
    assert file.key == "01/" + NAME


def test_days_within_are_half_open_and_utc() -> None:
    """A window that ends at midnight does not list the day it ends on."""
    start, end = datetime(2027, 12, 31, 23, 50, tzinfo=UTC), datetime(2028, 1, 2, tzinfo=UTC)
    assert list(layout.days_within(start, end)) == ["2027/12/31", "2028/01/01"]
    assert list(layout.days_within(end, start)) == []


@pytest.mark.parametrize(
    ("region", "partition", "at"),
    [
        ("eu-west-1", "aws", "us-east-1"),
        ("us-gov-east-1", "aws-us-gov", "us-gov-west-1"),
        ("cn-north-1", "aws-cn", "cn-northwest-1"),
        ("eusc-de-east-1", "aws-eusc", "eusc-de-east-1"),
        ("us-isob-east-1", "aws-iso-b", "us-isob-east-1"),
    ],
)
def test_each_partition_logs_its_global_services_in_a_region_of_its_own(
    region: str, partition: str, at: str
) -> None:
    """A region filter must keep IAM's events, in every partition."""
    assert regions.is_region(region)
    assert regions.partition_of(region) == partition
    assert regions.global_region(region) == at
    assert at in regions.global_regions(region)
