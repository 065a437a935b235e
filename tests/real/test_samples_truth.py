"""Does the library find in `data-samples/` what the manifest says lies there?"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

import trailnb as tn

if TYPE_CHECKING:
    from trailnb.trail.trail import Trail

SAMPLES = Path(__file__).parents[2] / "data-samples"
SETS = ("acme", "quiet")
SERIES = ("account", "region", "category", "events")

pytestmark = pytest.mark.filterwarnings("ignore::trailnb.errors.ProblemWarning")


@cache
def truth(name: str) -> dict[str, Any]:
    """What does the manifest say of this set?"""
    manifest = tomllib.loads((SAMPLES / "MANIFEST.toml").read_text(encoding="utf-8"))
    return dict(manifest[name])


def opened(name: str, **how: Any) -> Trail:
    """The trail of one set."""
    return tn.open(SAMPLES / name, **how)


def file_of(kind: str) -> str:
    """Which file of acme does the manifest name so?"""
    return f"{SAMPLES}/acme/{truth('acme')['delivery'][kind]}"


def series(trail: Trail) -> list[dict[str, Any]]:
    """How many events has each account, region and category?"""
    counted = trail.events.group_by(
        account="recipient_account_id", region="aws_region", category="event_category"
    ).agg(events=pl.len())
    return counted.sort("account", "region", "category").collect().to_dicts()


@pytest.mark.parametrize("name", SETS)
def test_files(name: str) -> None:
    """Every log file is listed as one, in the true layout; digests are listed apart."""
    files = opened(name).files()
    logs = files.filter(use="events")
    assert logs.height == truth(name)["counts"]["log_files"]
    assert logs["is_placed"].all()
    assert files.filter(use="evidence")["folder"].unique().to_list() in ([], ["CloudTrail-Digest"])


@pytest.mark.parametrize("name", SETS)
def test_records_and_distinct_events(name: str) -> None:
    """All records are there without deduplication, and each event once with it."""
    counts = truth(name)["counts"]
    every = opened(name, dedupe=False).events.select(pl.len()).collect().item()
    assert every == counts["records"]
    once = opened(name).events
    assert once.select(pl.len()).collect().item() == counts["distinct_events"]
    assert once.select(pl.col("event_id").is_unique().all()).collect().item()


@pytest.mark.parametrize("name", SETS)
def test_events_of_each_place_and_category(name: str) -> None:
    """Each account, region and category has its number of events."""
    found = series(opened(name))
    meant = sorted(truth(name)["counts"]["series"], key=lambda one: [one[key] for key in SERIES])
    assert found == meant


@pytest.mark.parametrize("name", SETS)
def test_categories(name: str) -> None:
    """Each category opens alone with its number of events."""
    for category, events in truth(name)["counts"]["by_category"].items():
        alone = opened(name, categories=category).events
        assert alone.select(pl.len()).collect().item() == events, category


@pytest.mark.parametrize("name", SETS)
def test_first_and_last_event(name: str) -> None:
    """The events span the time that the manifest tells."""
    text = pl.col("event_time").dt.to_string("%Y-%m-%dT%H:%M:%SZ")
    span = opened(name).events.select(first=text.min(), last=text.max()).collect().row(0)
    counts = truth(name)["counts"]
    assert span == (counts["first_event"], counts["last_event"])


@pytest.mark.parametrize("name", SETS)
def test_duplicates(name: str) -> None:
    """Copies are counted exactly, and no two records share an id and differ."""
    duplicates = opened(name).duplicates()
    assert duplicates["copies"].sum() == truth(name)["counts"]["duplicates"]
    assert duplicates["differing"].sum() == 0


def test_copies_come_from_the_overlapping_trails() -> None:
    """Only the files of the two overlapping trails hold copies."""
    overlapping = truth("acme")["delivery"]["overlapping_files"]
    named = {*overlapping, *(name for names in overlapping.values() for name in names)}
    held = {
        name.removeprefix(f"{SAMPLES}/acme/") for name in opened("acme").duplicates()["log_file"]
    }
    assert held <= named


def test_quiet_has_no_problems() -> None:
    """A sound set has nothing to report."""
    assert opened("quiet").problems().height == 0


def test_torn_file() -> None:
    """The torn file keeps its whole records, and is the only problem."""
    trail, delivery = opened("acme", dedupe=False), truth("acme")["delivery"]
    problems = trail.problems()
    assert set(problems["log_file"]) == {file_of("torn_file")}
    assert problems["severity"].unique().to_list() == ["error"]
    kept = trail.events.filter(pl.col("log_file") == file_of("torn_file"))
    assert kept.select(pl.len()).collect().item() == delivery["torn_salvageable"]
    lost = trail.events.filter(pl.col("event_id").is_in(delivery["torn_lost_event_ids"]))
    assert lost.collect().height == 0
    assert len(delivery["torn_lost_event_ids"]) == truth("acme")["counts"]["lost_records"]


def test_late_events() -> None:
    """Events delivered late are found by their own time, with the reason they carry."""
    delivery = truth("acme")["delivery"]
    found = (
        opened("acme")
        .events.filter(pl.col("event_id").is_in(delivery["late_event_ids"]))
        .select("log_file", "addendum_reason", "event_time")
        .collect()
    )
    assert found["log_file"].to_list() == [file_of("late_file")] * len(delivery["late_event_ids"])
    assert found["addendum_reason"].unique().to_list() == ["DELIVERY_DELAY"]
    first = found["event_time"].min()
    window = opened("acme", since=first, until=found["event_time"].max(), late="1d").events
    assert window.filter(addendum_reason="DELIVERY_DELAY").collect().height >= 1
    soon = opened("acme", since=first, until=found["event_time"].max(), late="10m").events
    assert soon.filter(addendum_reason="DELIVERY_DELAY").collect().height == 0


def test_empty_delivery() -> None:
    """A file without a record is listed, read, and no problem."""
    trail = opened("acme")
    assert file_of("empty_file") in trail.files()["log_file"]
    rows = tn.open(file_of("empty_file"))
    assert rows.events.collect().height == 0
    assert rows.problems().height == 0


def test_file_of_two_members() -> None:
    """A gzip of two members is read to its end."""
    trail = tn.open(file_of("two_member_file"))
    whole = trail.events.select(pl.len()).collect().item()
    stored = Path(file_of("two_member_file")).read_bytes()
    second = stored.index(b"\x1f\x8b\x08", 3)
    first = tn.open({"a.json.gz": stored[:second]}).events.select(pl.len()).collect().item()
    assert 0 < first < whole
    assert trail.problems().height == 0


def test_coverage_adds_up() -> None:
    """The events of all hours are all the events."""
    for name in SETS:
        events = opened(name).coverage()["events"].sum()
        assert events == truth(name)["counts"]["distinct_events"]


def test_coverage_of_the_dark_hours() -> None:
    """Between stop and start nothing is seen, and the stop is named by its event id."""
    attack = truth("acme")["attack"]
    stop = {one["account"]: one for one in attack["stop_logging"]}
    dark = (
        opened("acme")
        .coverage()
        .filter(
            pl.col("hour").dt.to_string("%Y-%m-%dT%H").is_in(["2026-11-03T05", "2026-11-03T06"]),
            pl.col("category") == "Management",
        )
    )
    assert dark["events"].sum() == 0
    assert dark.height > 0
    for account, one in stop.items():
        own = dark.filter(pl.col("account") == account)
        assert own["status"].unique().to_list() == ["logging stopped"]
        assert own["because"].unique().to_list() == [f"StopLogging {one['event_id']}"]


def test_coverage_of_the_dark_hours_elsewhere() -> None:
    """In the other accounts the dark hours point at the stop, but conclude nothing."""
    hours = pl.col("hour").dt.to_string("%Y-%m-%dT%H").is_in(["2026-11-03T05", "2026-11-03T06"])
    stops = [one["account"] for one in truth("acme")["attack"]["stop_logging"]]
    others = (
        opened("acme")
        .coverage()
        .filter(hours, pl.col("category") == "Management", ~pl.col("account").is_in(stops))
    )
    assert others["account"].n_unique() == 2
    assert others["status"].unique().to_list() == ["none seen"]
    assert others["because"].str.contains("StopLogging .* in another account may explain it").all()


def test_coverage_sees_the_light_again() -> None:
    """After the restart hours are seen again, and no hour without a stop is called stopped."""
    coverage = opened("acme").coverage()
    after = coverage.filter(pl.col("hour").dt.to_string("%Y-%m-%dT%H") == "2026-11-03T08")
    assert "seen" in after["status"].to_list()
    before = coverage.filter(pl.col("hour").dt.to_string("%Y-%m-%dT%H") < "2026-11-03T03")
    assert "logging stopped" not in before["status"].to_list()
    quiet = opened("quiet").coverage()
    assert set(quiet["status"]) <= {"seen", "none seen"}


def test_coverage_of_empty_digests() -> None:
    """An hour without events that an empty digest covers is said to have had no delivery."""
    coverage = opened("acme").coverage().filter(status="nothing delivered")
    empty = {f"{SAMPLES}/acme/{name}" for name in truth("acme")["digests"]["empty"]}
    assert set(coverage["because"]) <= empty
    assert set(coverage["account"]) <= {"444455556666"}


def test_coverage_of_the_torn_file() -> None:
    """The torn file's hour is unreadable, and the file is named."""
    coverage = opened("acme").coverage().filter(status="unreadable")
    assert coverage.select("account", "region").unique().rows() == [("777788889999", "eu-west-1")]
    assert coverage["because"].str.starts_with(file_of("torn_file")).all()


def steps() -> list[dict[str, Any]]:
    """The attack, step by step."""
    return list(truth("acme")["attack"]["step"])


@cache
def attack_rows() -> dict[str, dict[str, Any]]:
    """The events of the attack by id, as a responder sees them."""
    ids = [step["event_id"] for step in steps()]
    found = opened("acme").events.filter(pl.col("event_id").is_in(ids)).collect()
    return {row["event_id"]: row for row in found.to_dicts()}


@pytest.mark.parametrize("number", range(25))
def test_attack_step(number: int) -> None:
    """Each step is found by its id with action, outcome, target, origin, account and region."""
    step = steps()[number]
    row = attack_rows()[step["event_id"]]
    assert f"{row['event_time']:%Y-%m-%dT%H:%M:%SZ}" == step["time"]
    assert row["action"] == step["action"]
    assert row["event_name"] == step["name"]
    assert row["outcome"] == step["outcome"]
    assert row["target"] == step["target"]
    assert row["source_ip_address"] == step["origin"]
    assert row["recipient_account_id"] == step["account"]
    assert row["aws_region"] == step["region"]
    assert (row["access_key_id"] or "") == step["access_key_id"]


def test_whole_attack_is_there() -> None:
    """Every event of the attack is found once."""
    attack = truth("acme")["attack"]
    found = opened("acme").events.filter(pl.col("event_id").is_in(attack["event_ids"]))
    assert found.select(pl.col("event_id").n_unique()).collect().item() == attack["event_count"]
    assert len(steps()) == 25


def test_leaked_key_finds_its_trail() -> None:
    """From the leaked key and the attacker's addresses all of the reconnaissance is found."""
    attack = truth("acme")["attack"]
    recon = attack["reconnaissance"]
    found = (
        opened("acme")
        .events.filter(
            pl.col("access_key_id") == attack["leaked_key"],
            pl.col("source_ip_address").is_in(attack["addresses"]),
        )
        .select("event_id", "outcome")
        .collect()
    )
    assert set(recon["event_ids"]) <= set(found["event_id"])
    failed = found.filter(
        pl.col("event_id").is_in(recon["event_ids"]) & (pl.col("outcome") != "success")
    )
    assert failed.height == recon["failed"]


def test_search_for_a_key_reads_few_files() -> None:
    """The new user's key is searched in the text: few files are decoded, none of it is missed."""
    from trailnb.trail.scan import Query

    trail = opened("acme")
    mine = pl.col("access_key_id") == truth("acme")["attack"]["new_key"]
    query = Query.of(trail.scan, ("event_id",), mine)
    found = sum(frame.height for frame in query.frames())
    assert found == trail.events.select("access_key_id").collect().filter(mine).height > 0
    assert query.skipped > 0.9 * len(trail.scan.files)


def test_window_of_the_attack_reads_a_part() -> None:
    """A window of the night lists a part of the files and misses no event in it."""
    attack = truth("acme")["attack"]
    trail = opened("acme", since="2026-11-03T02:00", until="2026-11-03T05:00", late="6h")
    found = trail.events.select("event_id").collect()["event_id"]
    assert set(attack["event_ids"]) <= set(found)
    assert len(trail.scan.files) < truth("acme")["counts"]["log_files"] / 2


def test_two_processes_agree() -> None:
    """The samples answer the same with workers."""
    alone = opened("quiet", workers=1).events.collect()
    assert opened("quiet", workers=2).events.collect().equals(alone)
