"""CloudTrail Lake: which statements are run, how often it is asked, and what comes of faults."""

from __future__ import annotations

import json
import pickle
import threading
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import boto3
import polars as pl
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from hypothesis import given
from hypothesis import strategies as st

import trailnb as tn
from tests.sources.event_history_api import NOW, Clock, record, refusal
from tests.sources.lake_api import ARN, STORE, Lake
from trailnb.errors import ProblemWarning, RequestError, SourceError
from trailnb.reading.workers import is_picklable
from trailnb.sources.lake import EventDataStore

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


def door(lake: Lake, url: str = f"lake://{STORE}", **options: Any) -> EventDataStore:
    """An event data store over this Lake, read by one thread."""
    return EventDataStore(
        url, {"session": lake, **options}, clock=lake.clock, sleep=lake.clock.sleep,
        now=lambda: NOW, wait=lake.wait, threads=1,
    )  # fmt: skip


def opened(lake: Lake, **how: Any) -> tn.Trail:
    """The window of these tests, without lookback unless asked for."""
    return tn.open(door(lake), **{"since": SINCE, "lookback": "0s"} | how)


def ids(trail: tn.Trail, *where: pl.Expr) -> list[str]:
    """Which events are there?"""
    return sorted(trail.events.filter(*where).select("event_id").collect().to_series())


def statements(lake: Lake) -> list[str]:
    """Which statements were run?"""
    return [asked["QueryStatement"] for asked in lake.asked("start_query")]


def test_opening_names_days_and_starts_no_query() -> None:
    """One request tells what the event data store is."""
    lake = Lake(hourly(3))
    trail = opened(lake)
    assert trail.files()["log_file"].to_list() == [
        f"lake://{STORE}/{day}T000000Z-{after}T000000Z"
        for day, after in (
            ("20261101", "20261102"), ("20261102", "20261103"), ("20261103", "20261104"),
        )
    ]  # fmt: skip
    assert [name for name, _, _ in lake.calls] == ["get_event_data_store"]
    assert trail.listing_requests == 1


def test_every_record_comes_byte_for_byte() -> None:
    """The row goes, the record's own text stays."""
    text = '{"eventVersion":"1.11",  "eventTime":"2026-11-01T05:00:00Z", "eventName":"GetUser"}'
    trail = opened(Lake([record(1, SINCE + 5 * HOUR) | {"raw": text}]))
    assert trail.events.select("record").collect().item() == text
    assert trail.problems().is_empty()


def test_the_statement_is_as_narrow_as_what_is_asked() -> None:
    """Times, places and equal texts stand in it; an event has one place in its log file."""
    lake = Lake(hourly(40))
    where = (pl.col("event_name") == "GetUser") & (pl.col("actor") == "alice")
    late = pl.col("event_time").is_between(SINCE + HOUR, SINCE + 3 * HOUR, closed="left")
    trail = opened(lake, accounts="111122223333", until="2026-11-02")
    assert ids(trail, where, late) == ["id-2"]
    (statement,) = statements(lake)
    assert statement.replace(STORE, "STORE") == (
        "SELECT eventid, eventjson FROM STORE "
        "WHERE eventtime >= '2026-11-01 01:00:00' AND eventtime < '2026-11-01 03:00:01' "
        "AND (eventcategory IS NULL OR eventcategory <> 'ActivityAuditLog') "
        "AND (recipientaccountid IN ('111122223333') OR recipientaccountid IS NULL) "
        "AND eventname = 'GetUser' ORDER BY eventtime, eventid"
    )


def test_the_plan_says_what_is_asked_and_what_it_has_cost() -> None:
    """`explain` before and after a query."""
    lake = Lake(hourly(3))
    trail = opened(lake, until="2026-11-02")
    plan = trail.explain(pl.col("event_name") == "A b")
    assert "asks for  event_name=A%20b; the rest of the filter is applied here" in plan
    assert f"cost      0 queries so far scanned 0 bytes of lake://{STORE}, which AWS bills" in plan
    ids(trail)
    assert "1 query so far scanned 1,000,000 bytes" in trail.explain()
    said = trail.coverage().filter(pl.col("hour").is_null())["because"].to_list()
    assert any("scanned 1,000,000 bytes" in because for because in said)


@pytest.mark.parametrize(
    "value",
    ["o'neill", "a'' OR 1=1 --", "back\\slash\\", 'double"quote', "José 日本 🦊", "%_*", "--", ";"],
)
def test_hostile_values_are_texts_and_nothing_else(value: str) -> None:
    """Whatever stands in a filter is compared, never run."""
    lake = Lake([record(1, SINCE, errorCode=value), record(2, SINCE, errorCode="other")])
    assert ids(opened(lake), pl.col("error_code") == value) == ["id-1"]
    assert all("errorcode = " in statement for statement in statements(lake))


@given(value=st.text(min_size=1, max_size=40))
def test_any_text_finds_what_equals_it(value: str) -> None:
    """What cannot be sent is compared here; the answer is the same."""
    lake = Lake([record(1, SINCE, errorCode=value), record(2, SINCE, errorCode="other")])
    if "\0" in value:
        return  # DuckDB keeps no such text
    expected = ["id-1", "id-2"] if value == "other" else ["id-1"]
    assert ids(opened(lake, until="2026-11-02"), pl.col("error_code") == value) == expected


@pytest.mark.parametrize("value", ["a\nb", "a\x1bb", "x" * 1001])
def test_what_cannot_be_printed_is_compared_here(value: str) -> None:
    """Control characters and endless texts are left to the filter."""
    lake = Lake([record(1, SINCE, errorCode=value)])
    assert ids(opened(lake), pl.col("error_code") == value) == ["id-1"]
    assert not any("errorcode" in statement for statement in statements(lake))


@pytest.mark.parametrize(
    "where",
    [
        pl.col("event_name") != "GetUser",
        (pl.col("event_name") == "GetUser") | (pl.col("user_name") == "alice"),
        pl.col("event_name").is_in(["GetUser", "PutUserPolicy"]),
        pl.col("request_parameters") == "{}",
    ],
)
def test_what_lake_would_not_mean_alike_is_not_asked(where: pl.Expr) -> None:
    """Either-or, unequal, and what Lake holds in another form are left to the filter."""
    lake = Lake(hourly(4))
    ids(opened(lake), where)
    assert all(
        statement.count(" AND ") == 2 and "eventname" not in statement
        for statement in statements(lake)
    )


def test_events_without_account_region_or_category_stay() -> None:
    """What a record does not say rules it out nowhere."""
    bare = record(1, SINCE)
    for name in ("recipientAccountId", "awsRegion", "eventCategory"):
        del bare[name]
    lake = Lake([bare])
    trail = opened(lake, accounts="1" * 12, regions="eu-west-1", categories="Management")
    assert ids(trail) == ["id-1"]


def test_more_accounts_than_a_statement_has_room_for_are_compared_here() -> None:
    """A statement of Lake has 10,000 characters."""
    lake = Lake(hourly(3))
    accounts = ["111122223333", *(f"{number:012}" for number in range(900))]
    assert len(ids(opened(lake, accounts=accounts))) == 3
    assert not any("recipientaccountid" in statement for statement in statements(lake))


def test_no_query_is_started_for_places_that_cannot_be() -> None:
    """A filter on an account that was not opened finds nothing, and costs nothing."""
    lake = Lake(hourly(3))
    where = pl.col("recipient_account_id") == "999999999999"
    assert ids(opened(lake, accounts="111122223333"), where) == []
    assert statements(lake) == []


def test_other_sources_events_are_left_out() -> None:
    """An integration's events are none of CloudTrail's."""
    lake = Lake([record(1, SINCE), record(2, SINCE, eventCategory="ActivityAuditLog")])
    assert ids(opened(lake)) == ["id-1"]


def test_pages_and_polls_are_counted() -> None:
    """A day of three pages: one start, waits that grow, two requests a second."""
    lake = Lake([record(n, SINCE + timedelta(seconds=n)) for n in range(250)], page=100)
    lake.looks = 4
    trail = opened(lake, until="2026-11-02")
    lake.calls.clear()
    lake.clock.slept.clear()
    assert len(ids(trail)) == 250
    names = [name for name, _, _ in lake.calls]
    assert names == ["start_query", *["describe_query"] * 5, *["get_query_results"] * 3]
    assert [wait for wait in lake.clock.slept if wait != 0.5] == [1.0, 2.0, 4.0]
    times = [time for _, time, _ in lake.calls]
    assert min(after - before for before, after in pairwise(times)) >= 0.5


def test_what_was_read_is_not_scanned_again() -> None:
    """A second look at the same days fetches the results, and is not billed."""
    lake = Lake(hourly(30))
    trail = opened(lake, until="2026-11-03")
    assert ids(trail) == ids(trail)
    assert len(statements(lake)) == 2
    assert door_of(trail).queries.scanned_bytes == 2_000_000


def door_of(trail: tn.Trail) -> EventDataStore:
    """The door that a trail was opened by."""
    source = trail.scan.source
    assert isinstance(source, EventDataStore)
    return source


def test_nothing_without_a_bound_is_scanned_unless_somebody_says_so() -> None:
    """The error names the option; with it, all that is kept is asked for."""
    lake = Lake(hourly(3))
    with pytest.raises(RequestError, match=r"from 2026-10-04 on.*allow_full_scan"):
        opened(lake, since=None)
    trail = tn.open(door(lake, allow_full_scan=True))
    assert trail.files().height == 31
    assert lake.asked("start_query") == []


def test_scanning_ends_where_it_was_agreed_to_end() -> None:
    """What is left is told as unread, with what was scanned and how to allow more."""
    lake = Lake(hourly(60))
    trail = tn.open(door(lake, most_scanned_bytes=1_500_000), since=SINCE, lookback="0s")
    with pytest.warns(ProblemWarning):
        assert len(ids(trail)) == 48
    (problem,) = trail.scan.ledger.problems
    assert "2 queries so far scanned 2,000,000 bytes" in problem.reason
    assert "most_scanned_bytes" in problem.reason


def test_throttling_and_full_queues_are_waited_out() -> None:
    """Three refusals cost seven seconds, and no event."""
    lake = Lake(hourly(3))
    trail = opened(lake, until="2026-11-02")
    lake.faults["start_query"] = [
        refusal("ThrottlingException"), refusal("MaxConcurrentQueriesException"),
    ]  # fmt: skip
    lake.faults["get_query_results"] = [refusal("ThrottlingException")]
    lake.clock.slept.clear()
    assert len(ids(trail)) == 3
    assert [wait for wait in lake.clock.slept if wait >= 1] == [1, 2, 1]


def test_results_go_on_where_credentials_expired() -> None:
    """After a new log-in the same query's next page is fetched; nothing is scanned again."""
    lake = Lake([record(n, SINCE + timedelta(minutes=n)) for n in range(100)], page=40)
    trail = opened(lake, until="2026-11-02")
    lake.faults["get_query_results"] = [None, None, refusal("ExpiredTokenException")]
    with pytest.warns(ProblemWarning):
        assert ids(trail) == []
    (problem,) = trail.scan.ledger.problems
    assert "have expired" in problem.reason
    assert "80 events of it were read; it goes on from there" in problem.reason
    lake.calls.clear()
    assert len(ids(trail)) == 100
    assert [name for name, _, _ in lake.calls] == ["describe_query", "get_query_results"]


def test_a_query_goes_on_where_credentials_expired_while_it_ran() -> None:
    """Its id is kept: it is looked at again, not started again."""
    lake = Lake(hourly(3))
    trail = opened(lake, until="2026-11-02")
    lake.faults["describe_query"] = [None, refusal("ExpiredTokenException")]
    with pytest.warns(ProblemWarning):
        assert ids(trail) == []
    assert len(ids(trail)) == 3
    assert len(statements(lake)) == 1


def test_a_dead_token_turns_the_pages_once_more() -> None:
    """No event is lost and none comes twice."""
    lake = Lake(hourly(20), page=6)
    lake.faults["get_query_results"] = [None, None, refusal("InvalidNextTokenException")]
    trail = opened(lake, until="2026-11-02", dedupe=False)
    assert len(ids(trail)) == 20
    assert len(statements(lake)) == 1


def test_a_token_that_dies_for_ever_is_a_problem() -> None:
    """It is not asked without end."""
    lake = Lake(hourly(3))
    lake.faults["get_query_results"] = [refusal("InvalidNextTokenException")] * 99
    with pytest.warns(ProblemWarning):
        ids(opened(lake, until="2026-11-02"))
    assert len(lake.asked("get_query_results")) == 4


def test_a_query_that_is_known_no_more_is_run_anew() -> None:
    """Results are kept for seven days; a notebook may be open for longer."""
    lake = Lake(hourly(3))
    trail = opened(lake, until="2026-11-02")
    ids(trail)
    lake.faults["describe_query"] = [refusal("QueryIdNotFoundException")]
    assert len(ids(trail)) == 3
    assert len(statements(lake)) == 2


def test_a_query_that_is_never_known_is_not_run_without_end() -> None:
    """Each would be billed."""
    lake = Lake(hourly(3))
    lake.faults["describe_query"] = [refusal("QueryIdNotFoundException")] * 99
    with pytest.warns(ProblemWarning):
        ids(opened(lake, until="2026-11-02"))
    assert len(statements(lake)) == 3


@pytest.mark.parametrize("ending", ["FAILED", "CANCELLED", "TIMED_OUT"])
def test_a_query_that_ends_otherwise_is_told(ending: str) -> None:
    """With AWS's words made safe, as one day's problem; the other day is read."""
    lake = Lake(hourly(40))
    trail = opened(lake, until="2026-11-03")
    lake.endings = [(ending, "line 1:8 \x1b[2J bad for AKIAIOSFODNN7EXAMPLE")]
    with pytest.warns(ProblemWarning):
        assert len(ids(trail)) == 16
    (problem,) = trail.scan.ledger.problems
    assert f"the query ended as {ending}: lake://{STORE}/20261101" in problem.reason
    assert "AWS says: line 1:8 \\x1b[2J bad for (key id)" in problem.reason
    assert len(ids(trail)) == 40


def test_coverage_names_the_hours_of_a_day_that_could_not_be_read() -> None:
    """A failed query is no quiet day."""
    lake = Lake(hourly(40))
    trail = opened(lake, until="2026-11-03")
    lake.endings = [("FAILED", "out of luck")]
    with pytest.warns(ProblemWarning):
        told = trail.coverage().drop_nulls("hour")
    counts = dict(told.group_by("status").len().iter_rows())
    assert counts == {"unreadable": 24, "seen": 16, "none seen": 8}


def test_coverage_names_them_also_where_nothing_at_all_was_read() -> None:
    """No place is known then; the hours are."""
    lake = Lake(hourly(4))
    trail = opened(lake, until="2026-11-02")
    lake.faults["start_query"] = [refusal("AccessDeniedException")]
    with pytest.warns(ProblemWarning):
        told = trail.coverage().drop_nulls("hour")
    assert set(told["status"]) == {"unreadable"}
    assert told.height == 24
    assert told["because"].str.contains("cloudtrail:StartQuery").all()


def test_without_whole_records_columns_are_asked_for() -> None:
    """Records are rebuilt from them, which the file's problems say."""
    lake = Lake(hourly(3))
    lake.has_own_text = False
    trail = opened(lake, until="2026-11-02")
    answer = trail.events.select("event_id", "user_name", "event_time").collect()
    assert sorted(answer["event_id"]) == ["id-0", "id-1", "id-2"]
    assert set(answer["user_name"]) == {"alice"}
    assert answer["event_time"].min() == SINCE
    assert [statement[:15] for statement in statements(lake)] == [
        "SELECT eventid,",
        "SELECT * FROM 0",
    ]
    told = trail.problems()
    assert "rebuilt from columns" in told["reason"].item()
    assert told["severity"].item() == "note"


def test_a_record_that_lake_withholds_is_a_problem() -> None:
    """A row without its text is told, and costs no other event."""
    lake = Lake([record(1, SINCE), record(2, SINCE + HOUR, is_hidden=True)])
    trail = opened(lake)
    with pytest.warns(ProblemWarning):
        assert ids(trail) == ["id-1"]
    assert trail.problems().height == 1


class OnlyFirst(Lake):
    """A Lake that finishes its first query, and then none."""

    looks_after = 99

    def start_query(self, **asked: Any) -> dict[str, Any]:
        """Run it."""
        answer = super().start_query(**asked)
        self.looks = self.looks_after
        return answer


def test_who_stops_early_stops_the_query() -> None:
    """What nobody waits for is not left to be billed."""
    lake = OnlyFirst(hourly(60))
    lake.looks = 0
    source = door(lake)
    files = tn.open(source, since=SINCE, lookback="0s").scan.files
    is_running = threading.Event()

    def wait(stop: threading.Event, _: float) -> None:
        is_running.set()
        assert stop.wait(10), "nobody told it to stop"

    source.queries.wait = wait
    reading = source.read(files)
    next(reading)
    assert is_running.wait(10)
    reading.close()
    assert len(lake.asked("cancel_query")) == 1
    assert len(statements(lake)) == 2


def test_a_keyboard_interrupt_stops_the_query() -> None:
    """Ctrl-C means the query, too."""
    lake = Lake(hourly(3))
    lake.looks = 99

    def interrupted() -> None:
        raise KeyboardInterrupt

    lake.while_waiting = interrupted
    source = door(lake)
    files = tn.open(source, since=SINCE, until="2026-11-02", lookback="0s").scan.files
    with pytest.raises(KeyboardInterrupt):
        list(source.read(files))
    assert len(lake.asked("cancel_query")) == 1
    lake.while_waiting = lambda: None
    lake.looks = 0
    ((_, content),) = source.read(files)
    assert isinstance(content, bytes)
    assert len(statements(lake)) == 2


def test_at_most_so_many_run_at_once() -> None:
    """Half of what an account may run is left to others, however many days are asked for."""
    lake = Lake(hourly(3))
    lake.looks = 3
    source = door(lake)
    source.threads = 32
    files = tn.open(source, since=NOW - timedelta(days=29), lookback="0s").scan.files
    assert len(list(source.read(files))) == 30
    assert len(statements(lake)) == 30
    assert lake.most_at_once <= 5


def test_coverage_says_what_the_event_data_store_never_holds() -> None:
    """Its selectors, its retention and its reach are told by itself."""
    lake = Lake(hourly(3))
    lake.about |= {
        "MultiRegionEnabled": False,
        "AdvancedEventSelectors": [
            {
                "FieldSelectors": [
                    {"Field": "eventCategory", "Equals": ["Data"]},
                    {"Field": "resources.type", "Equals": ["AWS::S3::Object"]},
                ]
            }
        ],
    }
    told = opened(lake, since=NOW - timedelta(days=31), until=NOW - timedelta(days=29)).coverage()
    said = set(told.filter(pl.col("hour").is_null())["because"])
    assert said >= {
        "the event data store holds nothing before 2026-10-04T12:00:00Z",
        "the event data store takes in only Data events with resources.type = AWS::S3::Object",
        "the event data store takes in events of eu-west-1 only",
        "the event data store takes in events of account 111122223333 only",
        "CloudTrail Lake may not hold the last 15 minutes yet",
        "CloudTrail Lake is closed to new customers since 2026-05-31",
    }


def test_it_is_read_without_the_right_to_see_its_settings() -> None:
    """What could not be asked is said to be unknown."""
    lake = Lake(hourly(3))
    lake.faults["get_event_data_store"] = [refusal("AccessDeniedException")]
    trail = opened(lake)
    assert len(ids(trail)) == 3
    assert "was not told: ask for cloudtrail:GetEventDataStore" in trail.limits[0].because


@pytest.mark.parametrize(
    ("category", "said"),
    [
        ("ConfigurationItem", "configuration items of AWS Config"),
        ("ActivityAuditLog", "activity of other sources than AWS"),
    ],
)
def test_a_store_of_other_things_is_refused(category: str, said: str) -> None:
    """It would only cost money."""
    lake = Lake([])
    selector = {"FieldSelectors": [{"Field": "eventCategory", "Equals": [category]}]}
    lake.about["AdvancedEventSelectors"] = [selector]
    with pytest.raises(SourceError, match=said):
        opened(lake)


def test_a_missing_store_is_said() -> None:
    """With where it was looked for, and why there may be none."""
    lake = Lake([])
    lake.faults["get_event_data_store"] = [refusal("EventDataStoreNotFoundException")]
    with pytest.raises(SourceError, match=r"looked for in eu-west-1.*closed to new customers"):
        opened(lake)


@pytest.mark.parametrize(
    "url", ["lake://", "lake://my-store", f"lake://{STORE}; DROP", "lake://a/b"]
)
def test_a_place_that_cannot_be_meant_is_refused(url: str) -> None:
    """Only an id or an ARN gets into a statement."""
    with pytest.raises(RequestError, match="names no event data store"):
        tn.open(url)


def test_it_is_read_by_one_process() -> None:
    """Several would lose count of the bill."""
    source = door(Lake([]))
    assert not is_picklable(source)
    with pytest.raises(TypeError, match="count of the bill"):
        pickle.dumps(source)


def test_saving_again_asks_only_for_the_day_under_way(tmp_path: Path) -> None:
    """Whole days are kept; today is asked for again."""
    lake = Lake(hourly(60))
    source = door(lake)
    how: dict[str, Any] = {"since": SINCE, "lookback": "0s"}
    assert len(ids(tn.open(source, **how).save(tmp_path / "case"))) == 60
    first = len(statements(lake))
    source.now = lambda: NOW + timedelta(minutes=5)
    source.queries._ids.clear()
    assert len(ids(tn.open(source, **how).save(tmp_path / "case"))) == 60
    again = statements(lake)[first:]
    assert len(again) == 1
    assert "2026-11-03 00:00:00" in again[0]


def test_a_saved_trail_knows_what_lake_could_not_tell(tmp_path: Path) -> None:
    """Its limits travel with it."""
    saved = opened(Lake(hourly(3))).save(tmp_path / "case")
    assert "closed to new customers" in " ".join(limit.because for limit in saved.limits)


def test_boto3_takes_what_is_asked() -> None:
    """Names and types are those of botocore's own model; an ARN tells its region."""
    client = boto3.Session("key", "secret").client("cloudtrail", region_name="eu-west-1")
    query_id = "00000000-0000-4000-8000-000000000001"

    class Stubbed:
        def client(self, _: str, *, region_name: str, **__: Any) -> Any:  # noqa: ANN401
            assert region_name == "eu-west-1"
            return client

    clock = Clock()
    source = EventDataStore(
        f"lake://{ARN}", {"session": Stubbed()}, clock=clock, sleep=clock.sleep,
        now=lambda: NOW, wait=lambda _, seconds: clock.sleep(seconds), threads=1,
    )  # fmt: skip
    about = Lake([]).about
    with Stubber(client) as stub:
        stub.add_response("get_event_data_store", about, {"EventDataStore": ARN})
        trail = tn.open(source, since=SINCE, until="2026-11-02", lookback="0s")
        (statement,) = [source.lake.statement(one) for one in slices_of(trail)]
        stub.add_client_error("start_query", "ThrottlingException")
        stub.add_response("start_query", {"QueryId": query_id}, {"QueryStatement": statement})
        asked = {"QueryId": query_id}
        stub.add_response("describe_query", {"QueryStatus": "RUNNING"}, asked)
        stub.add_response("describe_query", {"QueryStatus": "FINISHED"}, asked)
        rows = [[{"eventid": "id-1"}, {"eventjson": json.dumps(record(1, SINCE))}]]
        results = {"QueryStatus": "FINISHED", "QueryResultRows": rows}
        page = asked | {"MaxQueryResults": 1000}
        stub.add_response("get_query_results", results | {"NextToken": "more"}, page)
        results["QueryResultRows"] = []
        stub.add_response("get_query_results", results, page | {"NextToken": "more"})
        assert ids(trail) == ["id-1"]
        stub.assert_no_pending_responses()


def slices_of(trail: tn.Trail) -> list[Any]:
    """The slices that log files are named after."""
    from trailnb.sources.slices import parsed

    return [parsed(file.key) for file in trail.scan.files]


def test_secrets_and_key_ids_are_not_shown() -> None:
    """Neither in the door nor in what AWS says."""
    lake = Lake(hourly(3))
    fault = ClientError(
        {"Error": {"Code": "InvalidParameterException", "Message": "no AKIAIOSFODNN7EXAMPLE"}}, "x"
    )
    trail = opened(lake, until="2026-11-02")
    lake.faults["start_query"] = [fault]
    with pytest.warns(ProblemWarning):
        ids(trail)
    (problem,) = trail.scan.ledger.problems
    assert "AWS says: no (key id)" in problem.reason
    assert "hush" not in repr(EventDataStore(f"lake://{STORE}", {"secret": "hush"}))
