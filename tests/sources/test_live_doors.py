"""The contract that every live door keeps: the same events, the same answers, whoever is asked."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

import trailnb as tn
from tests.sources.athena_api import Athena
from tests.sources.event_history_api import ACCOUNT, NOW, Aws, Clock, record, refusal
from tests.sources.lake_api import STORE, Lake
from tests.sources.test_log_group import GROUP, Logs
from trailnb.errors import ProblemWarning
from trailnb.sources.athena import AthenaTable
from trailnb.sources.event_history import EventHistory
from trailnb.sources.lake import EventDataStore
from trailnb.sources.log_group import LogGroup
from trailnb.sources.source import LogFile, Narrowing, Source, Unread, Wanted

if TYPE_CHECKING:
    from collections.abc import Callable

SINCE = datetime(2026, 11, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
EVENTS = [
    record(
        number, SINCE + number * HOUR, ("GetUser", "PutUserPolicy", "o'neill")[number % 3],
        sourceIPAddress=f"192.0.2.{number % 4}",
        errorCode=(None, "AccessDenied")[number % 2],
    )
    for number in range(46)
]  # fmt: skip
for one in EVENTS:
    if one["errorCode"] is None:
        del one["errorCode"]


@dataclass
class Case:
    """A door over the events, how to make its next call fail, and how often it was asked."""

    source: Any
    fail: Callable[[Exception], None]
    asked: Callable[[], int]


def history() -> Case:
    """Event history."""
    aws = Aws(Clock(), {"us-east-1": EVENTS})
    source = EventHistory(
        f"cloudtrail://{ACCOUNT}/us-east-1", {"session": aws}, clock=aws.clock,
        sleep=aws.clock.sleep, now=lambda: NOW, threads=1,
    )  # fmt: skip
    return Case(source, aws.faults.append, lambda: len(aws.calls))


def group() -> Case:
    """A log group."""
    logs = Logs(list(EVENTS))
    source = LogGroup(
        f"cloudwatch://{GROUP}", {"session": logs}, clock=logs.clock, sleep=logs.clock.sleep,
        now=lambda: NOW, threads=1,
    )  # fmt: skip
    return Case(source, logs.faults.append, lambda: len(logs.calls))


def lake() -> Case:
    """An event data store."""
    fake = Lake(EVENTS)
    source = EventDataStore(
        f"lake://{STORE}", {"session": fake}, clock=fake.clock, sleep=fake.clock.sleep,
        now=lambda: NOW, wait=fake.wait, threads=1,
    )  # fmt: skip
    return Case(
        source,
        lambda fault: fake.faults.update(start_query=[fault]),
        lambda: len(fake.asked("start_query")),
    )


def athena() -> Case:
    """A table."""
    fake = Athena(EVENTS)
    source = AthenaTable(
        "athena://logs/trail", {"session": fake}, clock=fake.clock, sleep=fake.clock.sleep,
        now=lambda: NOW, wait=fake.wait, threads=1,
    )  # fmt: skip
    return Case(
        source,
        lambda fault: fake.faults.update(start_query_execution=[fault]),
        lambda: len(fake.asked("start_query_execution")),
    )


DOORS = [history, group, lake, athena]
WANTED = Wanted(SINCE - HOUR, events_from=SINCE)


@pytest.fixture(params=DOORS, ids=lambda door: door.__name__)
def case(request: pytest.FixtureRequest) -> Case:
    """Every door in turn."""
    made: Case = request.param()
    return made


def opened(case: Case, **how: Any) -> tn.Trail:
    """The window of these tests."""
    return tn.open(case.source, **{"since": SINCE, "lookback": "0s", "regions": "all"} | how)


def ids(trail: tn.Trail, *where: pl.Expr) -> list[str]:
    """Which events are there?"""
    return sorted(trail.events.filter(*where).select("event_id").collect().to_series())


def test_it_is_a_source_that_can_be_asked_for_less(case: Case) -> None:
    """And shows neither options nor what it holds."""
    assert isinstance(case.source, Source)
    assert isinstance(case.source, Narrowing)
    assert "session" not in repr(case.source)


def test_listing_asks_for_no_event(case: Case) -> None:
    """Names in order of delivery, each unique; what is asked for is told by its name."""
    files = case.source.list(WANTED).files
    assert case.asked() == 0
    assert len(files) > 1
    assert [file.delivered for file in files] == sorted(file.delivered for file in files)
    assert len({file.key for file in files}) == len(files)


def test_every_event_comes_once(case: Case) -> None:
    """With what it said of itself."""
    frame = opened(case, dedupe=False).events.select("event_id", "event_name", "error_code")
    expected = {(one["eventID"], one["eventName"], one.get("errorCode")) for one in EVENTS}
    rows = frame.collect().rows()
    assert len(rows) == len(EVENTS)
    assert set(rows) == expected


def test_it_hands_over_in_the_order_asked_by_key_alone(case: Case) -> None:
    """The key is all that reading needs."""
    files = [LogFile(key=file.key, region=file.region) for file in case.source.list(WANTED).files]
    read = list(case.source.read(files[::-1]))
    assert [file for file, _ in read] == files[::-1]
    assert all(isinstance(content, bytes) for _, content in read)


def test_reading_again_is_the_same(case: Case) -> None:
    """An event keeps its place in its log file."""
    trail = opened(case)
    place = trail.events.select("log_file", "log_index", "event_id")
    assert place.collect().equals(place.collect())


WHERES = {
    "one name": pl.col("event_name") == "GetUser",
    "a quote in it": pl.col("event_name") == "o'neill",
    "two texts": (pl.col("event_name") == "GetUser") & (pl.col("source_ip_address") == "192.0.2.0"),
    "one of two": pl.col("event_name").is_in(["GetUser", "o'neill"]),
    "either": (pl.col("event_name") == "GetUser") | (pl.col("source_ip_address") == "192.0.2.0"),
    "not": pl.col("event_name") != "GetUser",
    "nothing there": pl.col("error_code").is_null(),
    "a key": pl.col("access_key_id") == "AKIAEXAMPLE",
    "derived": pl.col("actor") == "alice",
    "times": pl.col("event_time").is_between(SINCE + 3 * HOUR, SINCE + 30 * HOUR),
    "a time and a name": (pl.col("event_time") > SINCE + 20 * HOUR)
    & (pl.col("event_name") == "PutUserPolicy"),
    "before": pl.col("event_time") < SINCE + 20 * HOUR,
    "its account": pl.col("recipient_account_id") == ACCOUNT,
    "no account": pl.col("recipient_account_id") == "999999999999",
    "its region": pl.col("aws_region") == "us-east-1",
    "no region": pl.col("aws_region") == "eu-west-1",
    "an id": pl.col("event_id") == "id-7",
    "nobody": pl.col("event_name") == "x'; DROP",
}


@pytest.mark.parametrize("where", WHERES.values(), ids=WHERES.keys())
def test_a_filter_finds_what_it_would_find_in_all_events(case: Case, where: pl.Expr) -> None:
    """Whatever is asked for there: the answer is that of the whole filter."""
    trail = opened(case)
    all_events = trail.events.collect()
    expected = sorted(all_events.filter(where)["event_id"])
    assert ids(trail, where) == expected


@pytest.mark.parametrize(
    "how",
    [
        {"accounts": ACCOUNT},
        {"regions": "us-east-1"},
        {"categories": "Management"},
        {"until": SINCE + 20 * HOUR},
        {"since": SINCE + 20 * HOUR},
        {"since": SINCE + HOUR, "until": SINCE + 30 * HOUR, "late": "1h"},
    ],
    ids=str,
)
def test_a_window_holds_what_lies_in_it(case: Case, how: dict[str, Any]) -> None:
    """Half-open, by event time; accounts and regions as they were wanted."""
    first, end = how.get("since", SINCE), how.get("until", NOW)
    expected = [
        one["eventID"] for one in EVENTS if first <= datetime.fromisoformat(one["eventTime"]) < end
    ]
    assert ids(opened(case, **how)) == sorted(expected)


def test_only_digests_means_nothing_is_asked(case: Case) -> None:
    """No live door has digests."""
    files = case.source.list(Wanted(SINCE, folders=frozenset({"CloudTrail-Digest"}))).files
    assert files == ()


def test_one_refused_slice_costs_no_other(case: Case) -> None:
    """It is unread, with what to do, and read the next time."""
    files = case.source.list(WANTED).files
    case.fail(refusal("AccessDeniedException"))
    contents = [content for _, content in case.source.read(files)]
    (unread,) = [content for content in contents if isinstance(content, Unread)]
    assert "access denied" in unread.reason
    assert "Ask for " in unread.reason
    assert not unread.is_transient
    assert all(isinstance(content, bytes) for _, content in case.source.read(files))


def test_expired_credentials_may_be_renewed(case: Case) -> None:
    """A slice that met them is worth another try, and then whole."""
    trail = opened(case)
    case.fail(refusal("ExpiredTokenException"))
    with pytest.warns(ProblemWarning):
        assert len(ids(trail)) < len(EVENTS)
    assert len(ids(trail)) == len(EVENTS)


def test_coverage_names_the_hours_of_a_refused_slice(case: Case) -> None:
    """What could not be read is never a quiet hour."""
    trail = opened(case)
    case.fail(refusal("AccessDeniedException"))
    with pytest.warns(ProblemWarning):
        told = trail.coverage().filter(
            pl.col("hour") >= SINCE, pl.col("category").is_in(["Management"])
        )
    assert "unreadable" in told["status"].to_list()
    seen = told.filter(pl.col("status") == "seen")["hour"].unique()
    unread = told.filter(pl.col("status") == "unreadable")["hour"].unique()
    happened = {SINCE + number * HOUR for number in range(46)}
    assert happened <= set(seen) | set(unread)


def test_reading_may_stop_early(case: Case) -> None:
    """Whoever has seen enough leaves, and nothing hangs."""
    reading = case.source.read(case.source.list(WANTED).files)
    next(reading)
    reading.close()


def test_beside_other_logs_it_is_one_trail(case: Case) -> None:
    """An event that a bucket holds as well counts once, rebuilt or not: it says the same."""
    beside = {"a.json": json.dumps({"Records": EVENTS[:2]})}
    trail = tn.open([case.source, beside], since=SINCE, lookback="0s")
    found = set(ids(trail))
    assert found == {one["eventID"] for one in EVENTS}
    assert len(ids(trail, pl.col("event_id") == "id-1")) == 1
