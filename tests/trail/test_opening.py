"""What does `open` take, list and leave alone?"""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import fsspec
import polars as pl
import pytest
from polars.testing import assert_frame_equal

import trailnb as tn
from tests.trail.deliveries import (
    ALICE_ACCOUNT,
    OTHER_ACCOUNT,
    WatchedSource,
    at,
    key,
    log,
    numbered,
)
from trailnb.errors import ColumnError, RequestError, SourceError
from trailnb.trail.scan import schema

if TYPE_CHECKING:
    from pathlib import Path

NAME = key("2026-11-02T09:05")


def ids(uri: Any, **how: Any) -> list[str]:  # noqa: ANN401 - whatever can be opened
    """Which events are found, by the last letter of their ids?"""
    events = tn.open(uri, **how).events
    return [one[-1] for one in events.select("event_id").collect()["event_id"]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with two deliveries in the true layout, and one file beside."""
    for number, name in enumerate((NAME, key("2026-11-02T09:10"), "beside.json.gz"), start=1):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(log(numbered(number)))
    return tmp_path


# Every kind of place.


def test_folder(folder: Path) -> None:
    """A folder is walked, in the true layout and beside it."""
    assert sorted(ids(folder)) == ["1", "2", "3"]
    assert ids(str(folder / "AWSLogs")) == ["1", "2"]


def test_file(folder: Path) -> None:
    """A file is opened by its path."""
    assert ids(folder / NAME) == ["1"]


def test_glob(folder: Path) -> None:
    """A pattern names files."""
    assert ids(f"{folder}/**/*T0910Z*.json.gz") == ["2"]
    assert ids(f"{folder}/*.json.gz") == ["3"]


def test_relative_path(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative path is meant from here, also when the working folder changes later."""
    monkeypatch.chdir(folder)
    trail = tn.open("AWSLogs")
    monkeypatch.chdir("/")
    assert trail.events.select(pl.len()).collect().item() == 2


def test_file_url(folder: Path) -> None:
    """A file:// URL is a path."""
    assert ids(f"file://{folder}/AWSLogs") == ["1", "2"]


def test_zip_and_tar(folder: Path, tmp_path: Path) -> None:
    """Archives are opened in place, members in the true layout included."""
    with zipfile.ZipFile(tmp_path / "logs.zip", "w") as archive:
        archive.write(folder / NAME, NAME)
    with tarfile.open(tmp_path / "logs.tar.gz", "w:gz") as archive:
        archive.add(folder / NAME, NAME)
    for name in ("logs.zip", "logs.tar.gz"):
        assert ids(tmp_path / name) == ["1"]
        assert tn.open(tmp_path / name).files()["is_placed"].to_list() == [True]


def test_fsspec_url_and_filesystem() -> None:
    """Whatever fsspec knows is opened by its URL, or through a filesystem that is ready."""
    memory = fsspec.filesystem("memory")
    memory.pipe({f"/trails/{NAME}": log(numbered(1))})
    assert ids("memory://trails") == ["1"]
    assert ids("trails", filesystem=memory) == ["1"]
    memory.rm("/trails", recursive=True)


def test_mapping_of_bytes_or_text() -> None:
    """Names with their content, compressed or not, are a body of logs."""
    plain = gzip.decompress(log(numbered(2)))
    assert ids(
        {"a": log(numbered(1)), "b": plain, "c": gzip.decompress(log(numbered(3))).decode()}
    ) == [
        "1",
        "2",
        "3",
    ]


def test_source() -> None:
    """A source of one's own is taken as it is."""
    assert ids(WatchedSource({NAME: log(numbered(1))})) == ["1"]


def test_list_of_places(folder: Path) -> None:
    """Several places are one trail, in delivery order; what both bring is one event."""
    more = {key("2026-11-02T09:00"): log(numbered(0)), "again.json": log(numbered(1))}
    assert sorted(ids([folder / "AWSLogs", more])) == ["0", "1", "2"]
    assert ids([folder / "AWSLogs", more])[0] == "0"
    assert sorted(ids([more, more])) == ["0", "1"]


def test_place_named_twice(folder: Path) -> None:
    """A file that two of the places bring is read once."""
    trail = tn.open([folder, folder / "AWSLogs"])
    assert trail.files().height == 3


def test_nothing_there(tmp_path: Path) -> None:
    """An empty place is an empty trail; a missing one is an error that names it."""
    assert tn.open({}).events.collect().height == 0
    assert tn.open(tmp_path).events.collect().schema == schema()
    with pytest.raises(SourceError, match=r"no such file or folder: .*gone"):
        tn.open(tmp_path / "gone")


@pytest.mark.parametrize("nothing", [[], "", 5, None, {"a.json": {"Records": []}}])
def test_what_names_no_logs(nothing: Any) -> None:  # noqa: ANN401 - anything at all
    """What is no place is refused with a sentence that says what is."""
    with pytest.raises(RequestError, match=r"Pass|Encode"):
        tn.open(nothing)


def test_unknown_argument() -> None:
    """`scan` takes what `open` takes and nothing else."""
    assert tn.scan({NAME: log(numbered(1))}, since="2026-11-02").collect().height == 1
    with pytest.raises(TypeError, match="snice"):
        tn.scan({}, snice="2026-11-02")


# Nothing is read before it is asked for.


def test_opening_reads_nothing() -> None:
    """Opening, files, explanation and schema list once and read no byte."""
    source = WatchedSource({NAME: log(numbered(1))})
    trail = tn.open(source, since="2026-11-02")
    trail.files(), trail.explain(), repr(trail), trail._repr_html_(), trail.events.collect_schema()
    trail.events.filter(pl.col("event_name") == "GetUser").explain()
    assert (source.listed, source.read_keys) == (1, [])


def test_collecting_reads_each_file_once() -> None:
    """A query reads each file once, and lists nothing again."""
    source = WatchedSource({NAME: log(numbered(1)), key("2026-11-02T09:10"): log(numbered(2))})
    tn.open(source).events.collect()
    assert (source.listed, source.read_keys) == (1, list(source.contents))


# The window.


def hours() -> WatchedSource:
    """Hourly deliveries over four days, each with one event five minutes older."""
    contents = {}
    for hour in range(96):
        stamp = at("2026-11-01T00:05") + timedelta(hours=hour)
        happened = stamp - timedelta(minutes=5)
        contents[key(f"{stamp:%Y-%m-%dT%H:%M}")] = log(
            numbered(hour, eventTime=f"{happened:%Y-%m-%dT%H:%M:%SZ}")
        )
    return WatchedSource(contents)


def test_window_is_half_open() -> None:
    """`since` belongs to the window, `until` does not."""
    events = tn.open(hours(), since="2026-11-02T03:00", until="2026-11-02T05:00").events
    times = events.select(pl.col("event_time").dt.to_string("%dT%H:%M")).collect()
    assert times["event_time"].to_list() == ["02T03:00", "02T04:00"]


def test_files_before_the_window_are_not_read() -> None:
    """A file delivered more than ten minutes before `since` is kept at hand, never read."""
    source = hours()
    trail = tn.open(source, since="2026-11-03T00:16", until="2026-11-03T02:00")
    trail.events.collect()
    assert source.read_keys[0] == key("2026-11-03T01:05")
    again = hours()
    tn.open(again, since="2026-11-03T00:15", until="2026-11-03T02:00").events.collect()
    assert again.read_keys[0] == key("2026-11-03T00:05")


def test_lookback_is_listed_beside() -> None:
    """Files of the lookback are listed as such, and no further back."""
    trail = tn.open(hours(), since="2026-11-03T00:00", lookback="3h", until="2026-11-03T01:00")
    use = dict(trail.files().group_by("use").len().rows())
    assert use == {"events": 25, "lookback": 3}
    assert tn.open(hours(), since="2026-11-04", lookback="0s").lookback_files == ()
    assert len(tn.open(hours(), since="2026-11-03T00:00").lookback_files) == 36


def test_late_deliveries_are_read_up_to_a_bound() -> None:
    """Files up to `late` after the window are read, since an event may come late."""
    late_event = numbered(7, eventTime="2026-11-02T00:30:00Z")
    source = WatchedSource(
        {
            key("2026-11-02T00:35"): log(numbered(1, eventTime="2026-11-02T00:30:00Z")),
            key("2026-11-02T20:00"): log(late_event),
            key("2026-11-05T20:00"): log(numbered(8, eventTime="2026-11-02T00:31:00Z")),
        }
    )
    window = {"since": "2026-11-02", "until": "2026-11-02T01:00"}
    assert ids(source, **window) == ["1", "7"]
    assert ids(source, **window, late="1h") == ["1"]
    assert ids(source, **window, late="5d") == ["1", "7", "8"]
    assert ids(source, **window, late=None) == ["1", "7", "8"]


def test_listing_is_bounded_by_the_window() -> None:
    """What the source is asked for is the window with its slack, lookback and lateness."""
    source = hours()
    tn.open(source, since="2026-11-02", until="2026-11-03", late="2d", lookback="1h")
    assert source.wanted[0].delivered_from == at("2026-11-01T22:50")
    assert source.wanted[0].delivered_until == at("2026-11-05T00:00")
    tn.open(source, since="2026-11-02", until="2026-11-03", late=None)
    assert source.wanted[1].delivered_until is None


def test_flat_files_are_read_for_any_window() -> None:
    """What a name doesn't tell, the content does."""
    flat = {"a.json": log(numbered(1), numbered(2, eventTime="2026-10-02T09:00:00Z"))}
    assert ids(flat, since="2026-11-01") == ["1"]
    assert ids(flat, until="2026-11-01") == ["2"]


# Accounts, regions, categories.


def places() -> dict[str, bytes]:
    """One event in each of two accounts and three regions, one of them the global one."""
    return {
        key("2026-11-02T09:05", account=account, region=region): log(
            numbered(number, recipientAccountId=account, awsRegion=region)
        )
        for number, (account, region) in enumerate(
            (account, region)
            for account in (ALICE_ACCOUNT, OTHER_ACCOUNT)
            for region in ("eu-central-1", "eu-west-1", "us-east-1")
        )
    }


def test_accounts() -> None:
    """Only the accounts asked for are listed, and what a flat file holds of others is left out."""
    source = WatchedSource(places() | {"flat.json": log(numbered(8, recipientAccountId="9" * 12))})
    assert sorted(ids(source, accounts=OTHER_ACCOUNT)) == ["3", "4", "5"]
    assert {ALICE_ACCOUNT} & {
        name.split("/")[1] for name in source.read_keys if "/" in name
    } == set()


def test_regions_keep_the_global_one() -> None:
    """A region filter keeps where IAM logs, and says so."""
    trail = tn.open(places(), regions="eu-west-1", accounts=ALICE_ACCOUNT)
    found = trail.events.select("aws_region").collect()["aws_region"].sort().to_list()
    assert found == ["eu-west-1", "us-east-1"]
    assert trail.notes == ("us-east-1 was kept: IAM and global STS calls are logged there",)
    assert "note      us-east-1 was kept" in trail.explain()


def test_global_region_alone_needs_no_note() -> None:
    """Asked for the global region itself, nothing is added and nothing said."""
    trail = tn.open(places(), regions=["us-east-1"])
    assert trail.notes == ()
    assert len(trail.scan.files) == 2


def test_global_region_of_other_partitions() -> None:
    """China and GovCloud have global regions of their own."""
    assert tn.open({}, regions="us-gov-east-1").scan.request.regions == {
        "us-gov-east-1",
        "us-gov-west-1",
    }
    assert "us-east-1" not in (tn.open({}, regions="cn-north-1").scan.request.regions or ())


def test_categories() -> None:
    """Categories choose folders, and within the shared folder, records."""
    contents = {
        key("2026-11-02T09:05"): log(
            numbered(1), numbered(2, eventCategory="Data"), numbered(3, eventCategory=None)
        ),
        key("2026-11-02T09:05", folder="CloudTrail-Insight"): log(
            numbered(4, eventCategory="Insight")
        ),
        "flat.json": log(numbered(5, eventCategory="Insight"), numbered(6, eventCategory="Data")),
    }
    assert ids(contents, categories="Insight") == ["4", "5"]
    source = WatchedSource(contents)
    assert ids(source, categories=["Data"]) == ["2", "3", "6"]
    assert key("2026-11-02T09:05", folder="CloudTrail-Insight") not in source.read_keys


def test_record_without_a_place_stays() -> None:
    """A record that names no account, region or category cannot be shown to lie outside."""
    bare = numbered(1, recipientAccountId=None, awsRegion=None, eventCategory=None)
    how = {"accounts": "9" * 12, "regions": "us-east-1", "categories": "Data"}
    assert ids({"flat.json": log(bare, numbered(2))}, **how) == ["1"]


# Tables.


def table() -> pl.DataFrame:
    """Two events as a table."""
    records = log(numbered(1), numbered(2, errorCode="AccessDenied"))
    return tn.open({NAME: records}).events.collect()


@pytest.mark.parametrize("kind", ["polars", "lazy", "pandas", "pyarrow"])
def test_table_of_any_maker(kind: str) -> None:
    """A table with the event table's columns opens and answers as the logs did."""
    made = {
        "polars": table,
        "lazy": lambda: table().lazy(),
        "pandas": lambda: table().to_pandas(),
        "pyarrow": lambda: table().to_arrow(),
    }[kind]()
    assert_frame_equal(tn.open(made).events.collect(), table())


def test_table_with_fewer_columns() -> None:
    """Missing columns are null, derived ones are computed from what is there."""
    few = table().select("event_time", "event_source", "event_name", "error_code")
    events = tn.open(few).events.collect()
    assert events.schema == schema()
    assert events["action"].to_list() == ["s3:ListBuckets"] * 2
    assert events["outcome"].to_list() == ["success", "denied"]
    assert events["event_id"].null_count() == 2


def test_table_with_more_columns() -> None:
    """Columns that the event table doesn't know are left out."""
    more = table().with_columns(mine=pl.lit(1)).select("mine", *reversed(table().columns))
    assert_frame_equal(tn.open(more).events.collect(), table())


def test_table_keeps_its_own_derived_columns() -> None:
    """What was worked out before, by lineage perhaps, is not worked out anew."""
    known = table().with_columns(actor=pl.lit("alice, really"))
    assert (
        tn.open(known).events.select("actor").collect()["actor"].to_list() == ["alice, really"] * 2
    )


@pytest.mark.parametrize("missing", ["event_time", "event_source", "event_name"])
def test_table_of_something_else(missing: str) -> None:
    """A table without time, service or name holds no events, and the column is named."""
    with pytest.raises(ColumnError, match=f"open needs the column {missing}, which this frame"):
        tn.open(table().drop(missing))


def test_window_and_places_apply_to_tables() -> None:
    """A table is cut to what was asked for, as files are."""
    assert ids(table(), since="2026-11-03") == []
    assert ids(table(), until="2026-11-03", accounts=ALICE_ACCOUNT) == ["1", "2"]
    assert ids(table(), accounts=OTHER_ACCOUNT) == []


def test_rows_of_a_table_are_counted_once() -> None:
    """Equal rows are one event unless copies are asked for."""
    assert ids(pl.concat([table(), table()])) == ["1", "2"]
    assert ids(pl.concat([table(), table()]), dedupe=False) == ["1", "2", "1", "2"]


def test_table_beside_logs() -> None:
    """Tables and places in one list are one trail."""
    trail = tn.open([table(), {key("2026-11-02T09:10"): log(numbered(3))}])
    assert sorted(trail.events.select("event_id").collect()["event_id"].str.slice(-1)) == [
        "1",
        "2",
        "3",
    ]
    assert repr(trail).endswith("1 table")
    assert trail.events.filter(outcome="denied").collect().height == 1


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_table_times_of_any_unit(unit: Any) -> None:  # noqa: ANN401 - a Polars time unit
    """Times of another unit, or without a zone, are read as UTC microseconds."""
    other = table().with_columns(pl.col("event_time").dt.cast_time_unit(unit))
    naive = other.with_columns(pl.col("event_time").dt.replace_time_zone(None))
    for made in (other, naive):
        assert_frame_equal(tn.open(made).events.collect(), table())


def test_table_times_as_text() -> None:
    """A table read from CSV has its times as text."""
    csv = io.StringIO(table().select("event_time", "event_source", "event_name").write_csv())
    assert tn.open(pl.read_csv(csv)).events.collect()["event_time"].null_count() == 0


# The list of files.


def test_files_say_what_they_are_for() -> None:
    """Each file is listed with its use, size, delivery and place."""
    contents = {
        NAME: log(numbered(1)),
        "flat.json": b"{}",
        key("2026-10-31T09:05"): log(numbered(2)),
        key("2026-11-02T09:05", folder="CloudTrail-Digest")
        .replace("T0905Z_AbCdEfGhIjKlMnOp", "T090500Z")
        .replace("eu-central-1_2026", "eu-central-1_trail_eu-central-1_2026"): b"{}",
    }
    files = tn.open(contents, since="2026-11-01").files()
    assert dict(files.select("log_file", "use").rows())[NAME] == "events"
    assert files["use"].to_list().count("lookback") == 1
    assert files["use"].to_list().count("evidence") == 1
    row = files.filter(log_file=NAME).row(0, named=True)
    assert row["size_bytes"] == len(contents[NAME])
    assert row["delivered"] == at("2026-11-02T09:05")
    assert (row["account"], row["region"], row["folder"]) == (
        ALICE_ACCOUNT,
        "eu-central-1",
        "CloudTrail",
    )
    assert row["is_placed"]
    assert not files.filter(log_file="flat.json")["is_placed"].item()


def test_digests_are_evidence_not_logs() -> None:
    """Files of the digest folder are never read for events."""
    digest = key("2026-11-02T09:05", folder="CloudTrail-Digest")
    source = WatchedSource({digest: log(numbered(1)), NAME: log(numbered(2))})
    assert ids(source) == ["2"]
    assert source.read_keys == [NAME]
