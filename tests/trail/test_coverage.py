"""Which hours do the logs speak about, and what is said of the silent ones?"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import trailnb as tn
from tests.trail.deliveries import ALICE_ACCOUNT, OTHER_ACCOUNT, at, key, log, numbered
from trailnb.errors import ProblemWarning, RequestError
from trailnb.sources.layout import compose
from trailnb.trail.coverage import SCHEMA

CANNOT_TELL = "quiet or not logged: cannot be told"


def happened(number: int, time: str, **fields: Any) -> dict[str, Any]:
    """An event of that time on 2 November."""
    return numbered(number, eventTime=f"2026-11-02T{time}:00Z", **fields)


def called(number: int, time: str, name: str, **fields: Any) -> dict[str, Any]:
    """A call to CloudTrail itself at that time, by name about the trail `audit`."""
    about = {"eventSource": "cloudtrail.amazonaws.com", "requestParameters": {"name": "audit"}}
    return happened(number, time, eventName=name, **(about | fields))


def told(contents: dict[str, bytes], **how: Any) -> list[tuple[int, str, int, str | None]]:
    """What is said of each hour of 2 November: hour, status, events, reason."""
    rows = tn.open(contents, **how).coverage().drop_nulls("hour")
    return [
        (hour.hour, status, events, because)
        for hour, status, events, because in rows.select(
            "hour", "status", "events", "because"
        ).rows()
    ]


def test_seen_and_none_seen() -> None:
    """An hour with events is seen; one without says that quiet and unlogged look the same."""
    contents = {
        key("2026-11-02T09:05"): log(happened(1, "09:01"), happened(2, "09:02")),
        key("2026-11-02T11:05"): log(happened(3, "11:01")),
    }
    assert told(contents) == [
        (9, "seen", 2, None),
        (10, "none seen", 0, CANNOT_TELL),
        (11, "seen", 1, None),
    ]


def test_one_row_per_account_region_category_and_hour() -> None:
    """Places are kept apart, also those that only another category is known of."""
    contents = {
        key("2026-11-02T09:05"): log(
            happened(1, "09:01"),
            happened(2, "09:01", eventCategory="Data"),
            happened(3, "09:01", recipientAccountId=OTHER_ACCOUNT),
            happened(4, "09:01", awsRegion="us-east-1"),
        )
    }
    coverage = tn.open(contents).coverage()
    assert coverage.schema == SCHEMA
    assert coverage.select("account", "region", "category").rows() == [
        (ALICE_ACCOUNT, "eu-central-1", "Data"),
        (ALICE_ACCOUNT, "eu-central-1", "Management"),
        (ALICE_ACCOUNT, "us-east-1", "Management"),
        (OTHER_ACCOUNT, "eu-central-1", "Management"),
    ]
    assert coverage["status"].unique().to_list() == ["seen"]


def test_old_records_name_no_category() -> None:
    """Before version 1.07 a record is a data event if it says it is no management event."""
    contents = {
        "a.json": log(
            happened(1, "09:01", eventCategory=None),
            happened(2, "09:01", eventCategory=None, managementEvent=False),
            happened(3, "09:01", eventCategory=None, managementEvent=None),
        )
    }
    rows = tn.open(contents).coverage().select("category", "events").rows()
    assert rows == [("Data", 1), ("Management", 2)]


def test_place_known_from_file_names_only() -> None:
    """A place that delivered an empty file only is listed, as silent."""
    contents = {
        key("2026-11-02T09:05"): log(happened(1, "09:01")),
        key("2026-11-02T09:05", region="eu-west-1"): log(),
    }
    coverage = tn.open(contents).coverage().filter(pl.col("region") == "eu-west-1")
    assert coverage["status"].to_list() == ["none seen"]


def test_window_gives_the_hours() -> None:
    """Every hour of the window is there, whatever was found in it."""
    contents = {key("2026-11-02T10:05"): log(happened(1, "10:01"))}
    rows = told(contents, since="2026-11-02T08:00", until="2026-11-02T12:00")
    assert [(hour, status) for hour, status, *_ in rows] == [
        (8, "none seen"),
        (9, "none seen"),
        (10, "seen"),
        (11, "none seen"),
    ]


def test_window_between_full_hours() -> None:
    """A window that begins and ends within an hour has both of these hours."""
    contents = {
        key("2026-11-02T10:00"): log(happened(1, "09:50")),
        key("2026-11-02T10:10"): log(happened(2, "10:05")),
    }
    rows = told(contents, since="2026-11-02T09:40", until="2026-11-02T10:15")
    assert rows == [(9, "seen", 1, None), (10, "seen", 1, None)]


def test_unreadable_file_explains_its_hour() -> None:
    """A torn file makes its hour unreadable, also where other files of the hour were read."""
    whole = log(*(happened(number, "10:01") for number in range(40)))
    contents = {
        key("2026-11-02T09:05"): log(happened(100, "09:01")),
        key("2026-11-02T10:15"): log(happened(101, "10:12")),
        key("2026-11-02T10:35"): whole[:-20],
    }
    with pytest.warns(ProblemWarning):
        rows = told(contents)
    assert [(hour, status) for hour, status, *_ in rows] == [(9, "seen"), (10, "unreadable")]
    assert rows[1][2] > 1
    assert str(rows[1][3]).startswith(f"{key('2026-11-02T10:35')}: ")


def test_torn_file_just_after_the_hour_speaks_of_both() -> None:
    """A file delivered at five past may hold the last minutes of the hour before."""
    contents = {
        key("2026-11-02T09:05"): log(happened(1, "09:01")),
        key("2026-11-02T11:05"): b"\x1f\x8b torn",
    }
    with pytest.warns(ProblemWarning):
        rows = told(contents)
    assert [(hour, status) for hour, status, *_ in rows] == [
        (9, "seen"),
        (10, "unreadable"),
        (11, "unreadable"),
    ]


def test_unreadable_file_speaks_of_its_own_folder() -> None:
    """A torn Insight file says nothing about management events."""
    contents = {
        key("2026-11-02T09:05"): log(happened(1, "09:01")),
        key("2026-11-02T09:25", folder="CloudTrail-Insight"): b"\x1f\x8b torn",
    }
    with pytest.warns(ProblemWarning):
        coverage = tn.open(contents).coverage()
    status = dict(coverage.select("category", "status").rows())
    assert status == {"Management": "seen", "Insight": "unreadable"}


def test_hours_beside_the_window_are_outside_the_request() -> None:
    """Hours of lookback and of late files are there, and said to be outside."""
    contents = {
        key("2026-11-02T08:05"): log(happened(1, "08:01")),
        key("2026-11-02T09:05"): log(happened(2, "09:01")),
        key("2026-11-02T11:05"): log(happened(3, "11:01"), happened(4, "09:02")),
    }
    rows = told(contents, since="2026-11-02T09:00", until="2026-11-02T10:00")
    assert [(hour, status, events) for hour, status, events, _ in rows] == [
        (8, "outside the request", 0),
        (9, "seen", 2),
        (10, "outside the request", 0),
        (11, "outside the request", 0),
    ]


def test_places_not_asked_for_are_outside_the_request() -> None:
    """What was left out by account, region or category is said in a row of its own."""
    contents = {key("2026-11-02T09:05"): log(happened(1, "09:01"))}
    coverage = tn.open(
        contents, accounts=ALICE_ACCOUNT, regions="eu-central-1", categories="Management"
    ).coverage()
    rows = coverage.filter(pl.col("hour").is_null()).select("status", "events", "because").rows()
    assert {(status, events) for status, events, _ in rows} == {("outside the request", 0)}
    assert {because for *_, because in rows} == {
        f"accounts other than {ALICE_ACCOUNT} were not asked for",
        "regions other than eu-central-1, us-east-1 were not asked for",
        "categories other than Management were not asked for",
    }


def digest(start: str, end: str, files: list[Any]) -> dict[str, bytes]:
    """A digest of that span on 2 November, delivered at its end."""
    name = compose(
        account=ALICE_ACCOUNT,
        region="eu-central-1",
        delivered=at(f"2026-11-02T{end}"),
        folder="CloudTrail-Digest",
    )
    body = {
        "digestStartTime": f"2026-11-02T{start}:00Z",
        "digestEndTime": f"2026-11-02T{end}:00Z",
        "logFiles": files,
    }
    return {name: json.dumps(body).encode()}


def test_empty_digest_proves_that_nothing_was_delivered() -> None:
    """A digest without log files tells quiet from unlogged for its hour."""
    contents = {
        key("2026-11-02T08:05"): log(happened(1, "08:01")),
        key("2026-11-02T11:05"): log(happened(2, "11:01")),
    }
    empty = digest("09:00", "10:00", [])
    rows = told(contents | empty | digest("10:00", "11:00", [{"s3Object": "x"}]))
    assert [row[1] for row in rows] == ["seen", "nothing delivered", "none seen", "seen"]
    assert rows[1][3] == next(iter(empty))


def test_events_outweigh_an_empty_digest() -> None:
    """An hour with events stays seen, whatever a digest claims."""
    contents = {key("2026-11-02T09:05"): log(happened(1, "09:01"))} | digest("09:00", "10:00", [])
    assert told(contents)[0][:3] == (9, "seen", 1)


@pytest.mark.parametrize(
    "damaged", [b"torn", b"[]", b'{"logFiles": []}', b'{"logFiles": [], "digestStartTime": "x"}']
)
def test_damaged_digest_proves_nothing(damaged: bytes) -> None:
    """A digest that cannot be read, or names no time, is no proof."""
    name = next(iter(digest("10:00", "11:00", [])))
    contents = {
        key("2026-11-02T09:05"): log(happened(1, "09:01")),
        key("2026-11-02T11:05"): log(happened(2, "11:01")),
        name: damaged,
    }
    assert [row[1] for row in told(contents)] == ["seen", "none seen", "seen"]


def stopped(*calls: dict[str, Any], last: str = "14:01") -> list[tuple[int, str, str | None]]:
    """What is said after these calls: hour, status, reason."""
    contents = {"a.json": log(happened(98, "08:01"), *calls, happened(99, last))}
    return [(hour, status, because) for hour, status, _, because in told(contents)]


def test_logging_stopped() -> None:
    """From the stop to the start silence is explained by the stop, named by its id."""
    stop, start = called(1, "09:30", "StopLogging"), called(2, "12:30", "StartLogging")
    because = f"StopLogging {stop['eventID']}"
    assert stopped(stop, start) == [
        (8, "seen", None),
        (9, "seen", None),
        (10, "logging stopped", because),
        (11, "logging stopped", because),
        (12, "seen", None),
        (13, "none seen", CANNOT_TELL),
        (14, "seen", None),
    ]


def test_trail_deleted() -> None:
    """A deleted trail is stopped for good."""
    rows = stopped(called(1, "09:30", "DeleteTrail"), last="12:01")
    assert [status for _, status, _ in rows] == ["seen", "seen"] + ["logging stopped"] * 2 + [
        "seen"
    ]


def test_refused_stop_stops_nothing() -> None:
    """A denied StopLogging explains nothing."""
    rows = stopped(called(1, "09:30", "StopLogging", errorCode="AccessDenied"), last="11:01")
    assert [status for _, status, _ in rows] == ["seen", "seen", "none seen", "seen"]


def test_start_of_another_trail_ends_no_stop() -> None:
    """The stopped trail stands still until it is started itself, by name or by ARN."""
    other = {"requestParameters": {"name": "other"}}
    arn = {
        "requestParameters": {"name": "arn:aws:cloudtrail:eu-central-1:111122223333:trail/audit"}
    }
    stop = called(1, "09:30", "StopLogging")
    still = stopped(stop, called(2, "10:30", "StartLogging", **other), last="13:01")
    assert [status for _, status, _ in still][3:5] == ["logging stopped"] * 2
    again = stopped(stop, called(2, "10:30", "StartLogging", **arn), last="13:01")
    assert [status for _, status, _ in again][3:5] == ["none seen"] * 2


def test_stop_in_another_account_is_said_not_concluded() -> None:
    """Another account's stop may be the organization's own trail: it is mentioned only."""
    stop = called(1, "09:30", "StopLogging", recipientAccountId=OTHER_ACCOUNT)
    contents = {key("2026-11-02T14:30"): log(happened(2, "09:01"), stop, happened(3, "11:01"))}
    rows = tn.open(contents).coverage().filter(pl.col("account") == ALICE_ACCOUNT)
    assert rows["status"].to_list()[:3] == ["seen", "none seen", "seen"]
    assert rows["because"][1] == (
        f"{CANNOT_TELL}; StopLogging {stop['eventID']} in another account may explain it"
    )


@pytest.mark.parametrize("name", ["PutEventSelectors", "UpdateTrail", "PutInsightSelectors"])
def test_selectors_changed(name: str) -> None:
    """After a change of what is logged, silence is explained by the change."""
    narrower = {"requestParameters": {"name": "audit", "isMultiRegionTrail": False}}
    change = called(1, "09:30", name, **narrower)
    assert stopped(change, last="11:01") == [
        (8, "seen", None),
        (9, "seen", None),
        (10, "selectors changed", f"{name} {change['eventID']}"),
        (11, "seen", None),
    ]


def test_update_that_changes_no_selector_explains_nothing() -> None:
    """Turning validation on changes nothing of what is logged."""
    validation = {"requestParameters": {"name": "audit", "enableLogFileValidation": True}}
    rows = stopped(called(1, "09:30", "UpdateTrail", **validation), last="11:01")
    assert [status for _, status, _ in rows] == ["seen", "seen", "none seen", "seen"]


def test_reasons_do_not_touch_other_folders() -> None:
    """A stopped trail explains management and data events; Insights are counted on their own."""
    contents = {
        key("2026-11-02T11:30"): log(
            called(1, "09:30", "StopLogging"),
            happened(2, "11:01"),
            happened(3, "09:01", eventCategory="NetworkActivity"),
        )
    }
    rows = tn.open(contents).coverage().filter(pl.col("hour") == at("2026-11-02T10:00"))
    assert dict(rows.select("category", "status").rows()) == {
        "Management": "logging stopped",
        "NetworkActivity": "none seen",
    }


def test_record_without_a_place_counts_as_unknown() -> None:
    """Events that name no account or region are counted under unknown."""
    contents = {"a.json": log(happened(1, "09:01", recipientAccountId=None, awsRegion=None))}
    assert tn.open(contents).coverage().select("account", "region", "events").rows() == [
        ("unknown", "unknown", 1)
    ]


def test_nothing_there_says_nothing() -> None:
    """An empty trail covers no hour, and still tells what was not asked for."""
    assert tn.open({}).coverage().height == 0
    assert tn.open({}).coverage().schema == SCHEMA
    rows = tn.open({}, regions="eu-west-1").coverage()
    assert rows["because"].to_list() == [
        "regions other than eu-west-1, us-east-1 were not asked for"
    ]


def test_too_many_hours_are_refused() -> None:
    """A window of centuries is refused with a sentence instead of filling the memory."""
    contents = {
        "a.json": log(*(happened(n, "09:01", recipientAccountId=f"{n:012}") for n in range(50)))
    }
    with pytest.raises(RequestError, match=r"are too many to list\. Open a shorter window"):
        tn.open(contents, since="1000-01-01").coverage()


def test_tables_are_covered() -> None:
    """A table's events count as those of files do."""
    table = tn.open({"a.json": log(happened(1, "09:01"), happened(2, "11:01"))}).events.collect()
    rows = tn.open(table).coverage().select("status", "events").rows()
    assert rows == [("seen", 1), ("none seen", 0), ("seen", 1)]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 2000), st.sampled_from([ALICE_ACCOUNT, None]), st.booleans()),
        max_size=12,
    ),
    st.none() | st.integers(0, 1900),
    st.integers(1, 500),
)
def test_sums_are_the_events(
    made: list[tuple[int, str | None, bool]], since: int | None, length: int
) -> None:
    """Whatever the window, the counts add up to the events in it: none is lost between hours."""
    start = at("2026-11-01T00:00")
    contents: dict[str, bytes] = {}
    for number, (minute, account, is_placed) in enumerate(made):
        time = start + timedelta(minutes=minute)
        stamp = time + timedelta(minutes=10 - minute % 5)
        name = key(f"{stamp:%Y-%m-%dT%H:%M}", unique=f"{number:016}") if is_placed else f"{number}"
        contents[name] = log(
            numbered(number, eventTime=f"{time:%Y-%m-%dT%H:%M:%SZ}", recipientAccountId=account)
        )
    window: dict[str, Any] = {}
    if since is not None:
        bounds = start + timedelta(minutes=since), start + timedelta(minutes=since + length)
        window = {"since": bounds[0], "until": bounds[1]}
    trail = tn.open(contents, **window)
    coverage = trail.coverage()
    assert coverage["events"].sum() == trail.events.select(pl.len()).collect().item()
    assert coverage.select("account", "region", "category", "hour").is_unique().all()
    assert ((coverage["events"] > 0) == (coverage["status"] == "seen")).all()
