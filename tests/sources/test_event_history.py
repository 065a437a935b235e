"""Event history through LookupEvents: what is asked for, how often, and what comes of faults."""

from __future__ import annotations

import gzip
import json
import pickle
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import boto3
import polars as pl
import pytest
from botocore.stub import Stubber

import trailnb as tn
from tests.sources.event_history_api import ACCOUNT, NOW, Aws, Clock, record, refusal
from trailnb.errors import ProblemWarning, RequestError, SourceError
from trailnb.reading.workers import is_picklable
from trailnb.sources.event_history import EventHistory

if TYPE_CHECKING:
    from pathlib import Path

SINCE = datetime(2026, 11, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def hourly(count: int, **fields: Any) -> list[dict[str, Any]]:
    """Events of the hours since the window began, two names in turn."""
    return [
        record(number, SINCE + number * HOUR, ("GetUser", "PutUserPolicy")[number % 2], **fields)
        for number in range(count)
    ]


def history(
    *records: dict[str, Any], url: str = "cloudtrail://", **regions: list[dict[str, Any]]
) -> tuple[EventHistory, Aws]:
    """An Event history over these records of us-east-1, read by one thread, and its AWS."""
    clock = Clock()
    named = {name.replace("_", "-"): list(more) for name, more in regions.items()}
    aws = Aws(clock, {"us-east-1": list(records), **named})
    source = EventHistory(
        url, {"session": aws}, clock=clock, sleep=clock.sleep, now=lambda: NOW, threads=1
    )
    return source, aws


def opened(source: Any, **how: Any) -> tn.Trail:  # noqa: ANN401 # whatever opens
    """The window of these tests, management events only, without lookback unless asked for."""
    how = {"since": SINCE, "lookback": "0s", "categories": "Management"} | how
    return tn.open(source, **how)


def ids(trail: tn.Trail, *where: pl.Expr) -> list[str]:
    """Which events are there?"""
    return sorted(trail.events.filter(*where).select("event_id").collect().to_series())


def test_opening_names_days_and_asks_for_no_event() -> None:
    """The plan is account, region and day; two requests tell whose and where."""
    source, aws = history(*hourly(10))
    trail = opened(source)
    assert trail.files()["log_file"].to_list() == [
        f"cloudtrail://{ACCOUNT}/us-east-1/Management/{day}T000000Z-{after}T000000Z"
        for day, after in (
            ("20261101", "20261102"),
            ("20261102", "20261103"),
            ("20261103", "20261104"),
        )
    ]
    assert aws.calls == []
    assert trail.listing_requests == 2


def test_every_record_comes_byte_for_byte() -> None:
    """The wrapper goes, the record's own text stays."""
    text = '{"eventVersion":"1.11",  "eventTime":"2026-11-01T05:00:00Z", "eventName":"GetUser"}'
    odd = record(1, SINCE + 5 * HOUR) | {"raw": text}
    trail = opened(history(odd)[0])
    assert trail.events.select("record").collect().item() == text
    assert trail.problems().is_empty()


def test_what_is_no_record_is_a_problem() -> None:
    """An event without a readable record is told, and costs no other event."""
    broken = record(2, SINCE + HOUR) | {"raw": "{oops"}
    trail = opened(history(record(1, SINCE), broken)[0])
    with pytest.warns(ProblemWarning):
        assert ids(trail) == ["id-1"]
    assert trail.problems().height == 1


def test_pages_are_paced_at_two_a_second() -> None:
    """A full day of 1,234 events is 25 pages, which take twelve seconds on the clock."""
    day = [record(n, SINCE + timedelta(minutes=n)) for n in range(1234)]
    source, aws = history(*day)
    trail = opened(source, until="2026-11-02")
    assert len(ids(trail)) == 1234
    times = [time for _, time, _ in aws.calls]
    assert len(times) == 25
    assert {round(after - before, 6) for before, after in pairwise(times)} == {0.5}


def test_regions_are_paced_apart() -> None:
    """Two regions are asked in the same second: the limit is one of account and region."""
    source, aws = history(*hourly(2), eu_west_1=hourly(0))
    ids(opened(source, regions="all"))
    first = {region: time for region, time, _ in reversed(aws.calls)}
    assert first == {"us-east-1": 0.0, "eu-west-1": 0.0}


def test_one_attribute_is_looked_up_and_the_others_applied_after() -> None:
    """AWS takes one attribute; the answer is that of the whole filter."""
    events = [*hourly(30), record(99, SINCE, "PutUserPolicy", eventSource="other.amazonaws.com")]
    source, aws = history(*events)
    where = (pl.col("event_name") == "PutUserPolicy") & (
        pl.col("event_source") == "iam.amazonaws.com"
    )
    assert len(ids(opened(source), where)) == 15
    asked = [call["LookupAttributes"] for _, _, call in aws.calls]
    assert asked == [[{"AttributeKey": "EventName", "AttributeValue": "PutUserPolicy"}]]


def test_the_plan_says_what_is_looked_up() -> None:
    """`explain` names the one attribute, and what this place can never tell."""
    trail = opened(history(*hourly(3))[0])
    plan = trail.explain((pl.col("event_name") == "A b") & (pl.col("user_name") == "alice"))
    assert "asks for  EventName=A%20b; the rest of the filter is applied here" in plan
    assert "holds no data events" in plan


@pytest.mark.parametrize(
    "where",
    [
        pl.col("event_name") != "GetUser",
        (pl.col("event_name") == "GetUser") | (pl.col("user_name") == "alice"),
        pl.col("user_name") == "alice",
        pl.col("event_name").is_in(["GetUser", "PutUserPolicy"]),
    ],
)
def test_what_aws_cannot_look_up_is_not_asked(where: pl.Expr) -> None:
    """Either-or, unequal, and a user's name (it may be a session's) are left to the filter."""
    source, aws = history(*hourly(6))
    assert ids(opened(source), where)
    assert all("LookupAttributes" not in call for _, _, call in aws.calls)


def test_times_of_a_filter_are_asked_for() -> None:
    """Both ends of LookupEvents are inclusive; ours is not."""
    source, aws = history(*hourly(40))
    bounds = pl.col("event_time").is_between(SINCE + HOUR, SINCE + 3 * HOUR, closed="left")
    assert ids(opened(source), bounds) == ["id-1", "id-2"]
    (call,) = [call for _, _, call in aws.calls]
    assert (call["StartTime"], call["EndTime"]) == (SINCE + HOUR, SINCE + 3 * HOUR)


def test_a_filter_on_log_files_sees_the_names_that_were_listed() -> None:
    """What was found by its place in a file is found there again."""
    trail = opened(history(*hourly(6))[0])
    row = trail.events.filter(pl.col("event_id") == "id-1").collect()
    plain = trail.events.collect().row(1, named=True)
    again = trail.events.filter(
        pl.col("log_file") == plain["log_file"], pl.col("event_name") == plain["event_name"]
    )
    assert plain["event_id"] in again.collect()["event_id"]
    assert row["log_file"].item().endswith("?EventId=id-1")


def test_throttling_is_waited_out() -> None:
    """Three refusals cost seven seconds, and no event."""
    source, aws = history(*hourly(3))
    aws.faults = [refusal("ThrottlingException")] * 3
    assert len(ids(opened(source, until="2026-11-02"))) == 3
    assert [wait for wait in aws.clock.slept if wait >= 1] == [1, 2, 4]
    assert len(aws.calls) == 4


def test_a_day_that_stays_refused_is_a_problem_and_no_other_day_suffers() -> None:
    """What was not handed over is told, with what to do."""
    source, aws = history(*hourly(40))
    trail = opened(source, until="2026-11-03")
    aws.faults = [refusal("AccessDeniedException")]
    with pytest.warns(ProblemWarning):
        assert len(ids(trail)) == 16
    (problem,) = trail.scan.ledger.problems
    assert "access denied" in problem.reason
    assert "cloudtrail:LookupEvents" in problem.reason


def test_coverage_names_every_hour_of_a_refused_day() -> None:
    """A day that could not be read is 24 unreadable hours, not a quiet day."""
    source, aws = history(*hourly(40))
    trail = opened(source, until="2026-11-03")
    aws.faults = [refusal("AccessDeniedException")]
    with pytest.warns(ProblemWarning):
        told = trail.coverage().drop_nulls("hour")
    counts = dict(told.group_by("status").len().iter_rows())
    assert counts == {"unreadable": 24, "seen": 16, "none seen": 8}


def test_pages_go_on_where_credentials_expired() -> None:
    """After a new log-in the same trail asks for the next page, not for the first."""
    day = [record(n, SINCE + timedelta(minutes=n)) for n in range(120)]
    source, aws = history(*day)
    trail = opened(source, until="2026-11-02")
    aws.faults = [None, None, refusal("ExpiredTokenException")]
    with pytest.warns(ProblemWarning, match=r"1 .*"):
        assert ids(trail) == []
    (problem,) = trail.scan.ledger.problems
    assert "have expired" in problem.reason
    assert "100 events of it were read; it goes on from there" in problem.reason
    assert len(ids(trail)) == 120
    assert len(aws.calls) == 4


def test_credentials_are_fetched_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """A profile may have been renewed meanwhile; that is tried before anybody is told."""
    source, aws = history(*hourly(3))
    source.caller.options = {}
    sessions: list[Aws] = []
    monkeypatch.setattr(boto3, "Session", lambda: sessions.append(aws) or aws)
    aws.faults = [refusal("ExpiredToken")]
    assert len(ids(opened(source))) == 3
    aws.faults = [refusal("ExpiredToken")]
    assert len(ids(opened(source))) == 3
    assert len(sessions) == 3


def test_two_readings_of_a_day_at_once_do_not_mix(monkeypatch: pytest.MonkeyPatch) -> None:
    """A query may scan a trail twice; each scan turns its own pages."""
    day = [record(n, SINCE + timedelta(minutes=n)) for n in range(120)]
    source, _ = history(*day)
    files = opened(source, until="2026-11-02").scan.files
    turn, inner = source._turn, []

    def turned(*how: Any) -> None:
        turn(*how)
        if not inner:
            inner.append(None)
            inner.extend(source.read(files))

    monkeypatch.setattr(source, "_turn", turned)
    outer = list(source.read(files))
    assert outer == inner[1:]
    assert gzip.decompress(outer[0][1]).count(b"eventVersion") == 120


def test_a_dead_token_is_replaced_by_the_oldest_time() -> None:
    """No event is lost and none comes twice, also where many share the second."""
    crowd = [record(n, SINCE + timedelta(seconds=n // 30)) for n in range(200)]
    source, aws = history(*crowd)
    aws.faults = [
        None,
        refusal("InvalidNextTokenException"),
        None,
        refusal("InvalidNextTokenException"),
    ]
    trail = opened(source, until="2026-11-02", dedupe=False)
    assert len(ids(trail)) == len(set(ids(trail))) == 200


def test_a_token_that_dies_for_ever_is_a_problem() -> None:
    """It is not asked without end."""
    source, aws = history(*hourly(3))
    aws.faults = [refusal("InvalidNextTokenException")] * 99
    with pytest.warns(ProblemWarning):
        ids(opened(source, until="2026-11-02"))
    assert len(aws.calls) == 4


def test_insights_are_asked_for_too() -> None:
    """One call brings the Insights of a region's whole window."""
    source, aws = history(*hourly(1))
    aws.insights = [record(7, SINCE + HOUR, eventCategory="Insight")]
    assert ids(opened(source, categories="Insight")) == ["id-7"]
    assert [call["EventCategory"] for _, _, call in aws.calls] == ["insight"]


def test_lookback_lies_before_the_window() -> None:
    """What issued a credential just before the window is at hand, and not among the events."""
    early = record(100, SINCE + 4 * HOUR - timedelta(minutes=1))
    trail = opened(history(*hourly(8), early)[0], since=SINCE + 4 * HOUR, lookback="36h")
    assert ids(trail) == ["id-4", "id-5", "id-6", "id-7"]
    before = trail.lookback_events
    assert before is not None
    assert sorted(before.select("event_id").collect().to_series()) == [
        "id-0", "id-1", "id-100", "id-2", "id-3",
    ]  # fmt: skip


def test_coverage_says_what_event_history_never_holds() -> None:
    """Data events, older times and other regions are outside, never quiet."""
    source, _ = history(*hourly(3), url=f"cloudtrail://{ACCOUNT}/us-east-1")
    told = opened(source, since=NOW - timedelta(days=91), until=NOW - timedelta(days=89)).coverage()
    said = set(told.filter(pl.col("hour").is_null())["because"])
    assert "Event history holds no data events and no network activity events" in said
    assert "regions other than us-east-1 were not asked for" in said
    old = told.filter(pl.col("hour") < NOW - timedelta(days=90))
    assert set(old["status"]) == {"outside the request"}
    assert old["because"].str.starts_with("Event history holds nothing before 2026-08-05").all()
    young = told.filter(pl.col("hour") >= NOW - timedelta(days=90))
    assert set(young["status"]) == {"none seen"}


def test_ninety_days_are_asked_for_and_no_more() -> None:
    """Without a window, all that is kept is asked for: one call a day where it is quiet."""
    source, aws = history(*hourly(2))
    assert len(ids(opened(source, since=None))) == 2
    assert len(aws.calls) == 91


def test_regions_that_cannot_be_told_are_said() -> None:
    """Without ec2:DescribeRegions only the known regions are asked, and that is a problem."""
    source, aws = history(*hourly(1))
    aws.region_fault = refusal("UnauthorizedOperation", "DescribeRegions")
    trail = opened(source)
    assert set(trail.files()["region"]) == {"us-east-1"}
    ((place, why),) = trail.unlisted
    assert place == "cloudtrail:// (regions)"
    assert "ec2:DescribeRegions" in why


def test_another_account_is_refused() -> None:
    """Credentials of one account cannot speak for another."""
    source, _ = history(url="cloudtrail://999999999999")
    with pytest.raises(SourceError, match=rf"those of account {ACCOUNT}.*profile"):
        opened(source)


@pytest.mark.parametrize("url", ["cloudtrail://acme", f"cloudtrail://{ACCOUNT}/nowhere"])
def test_a_place_that_cannot_be_meant_is_refused(url: str) -> None:
    """The message shows how it is written."""
    with pytest.raises(RequestError, match="cloudtrail://111122223333/eu-west-1"):
        tn.open(url)


def test_it_is_read_by_one_process() -> None:
    """Two processes would ask twice as often as AWS allows."""
    source, _ = history()
    assert not is_picklable(source)
    with pytest.raises(TypeError, match="keeps the pace"):
        pickle.dumps(source)


def test_saving_again_asks_only_for_the_day_under_way(tmp_path: Path) -> None:
    """Whole days are kept; today is asked for again."""
    source, aws = history(*hourly(60))
    saved = opened(source).save(tmp_path / "case")
    assert len(ids(saved)) == 60
    aws.calls.clear()
    source.now = lambda: NOW + timedelta(minutes=5)
    again = opened(source).save(tmp_path / "case")
    assert len(ids(again)) == 60
    assert {call["StartTime"] for _, _, call in aws.calls} == {SINCE + timedelta(days=2)}


def test_a_saved_event_history_knows_what_it_cannot_tell(tmp_path: Path) -> None:
    """Data events are as absent from the store as from where it came from."""
    saved = opened(history(*hourly(3))[0]).save(tmp_path / "case")
    said = saved.coverage().filter(pl.col("hour").is_null())["because"].to_list()
    assert "Event history holds no data events and no network activity events" in said
    assert tn.open(tmp_path / "case").limits == saved.limits


def test_boto3_takes_what_is_asked() -> None:
    """The names and types of the parameters are those of botocore's own model."""
    session = boto3.Session("key", "secret", region_name="us-east-1")
    stubs = {}

    class Stubbed:
        region_name = "us-east-1"

        def client(self, service: str, **how: Any) -> Any:  # noqa: ANN401 # boto3 has no types
            client = session.client(service, region_name=how["region_name"], config=how["config"])
            stubs[service] = stub = Stubber(client)
            if service == "sts":
                stub.add_response("get_caller_identity", {"Account": ACCOUNT}, {})
            else:
                body = {
                    "EventId": "id-1",
                    "EventTime": SINCE,
                    "CloudTrailEvent": json.dumps(record(1, SINCE)),
                }
                expected = {"StartTime": SINCE, "EndTime": SINCE + 24 * HOUR - timedelta(seconds=1)}
                lookup = [{"AttributeKey": "EventName", "AttributeValue": "GetUser"}]
                stub.add_client_error("lookup_events", "ThrottlingException")
                stub.add_response(
                    "lookup_events",
                    {"Events": [body]},
                    expected | {"MaxResults": 50, "LookupAttributes": lookup},
                )
            stub.activate()
            return client

    clock = Clock()
    source = EventHistory(
        f"cloudtrail://{ACCOUNT}/us-east-1", {"session": Stubbed()},
        clock=clock, sleep=clock.sleep, now=lambda: NOW,
    )  # fmt: skip
    trail = opened(source, until="2026-11-02")
    assert ids(trail, pl.col("event_name") == "GetUser") == ["id-1"]
    for stub in stubs.values():
        stub.assert_no_pending_responses()


def test_joined_with_other_logs_it_is_still_asked_for_little() -> None:
    """A bucket beside it is read whole, and an event that both hold counts once."""
    events = hourly(6)
    source, aws = history(*events)
    trail = opened([source, {"a.json": json.dumps({"Records": events[:2]})}])
    assert ids(trail, pl.col("event_id") == "id-1") == ["id-1"]
    # Twice: what looks like a copy is read once more, to be compared record by record.
    asked = [call["LookupAttributes"][0]["AttributeKey"] for _, _, call in aws.calls]
    assert asked == ["EventId", "EventId"]
