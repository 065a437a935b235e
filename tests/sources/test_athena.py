"""Athena: which partitions a query names, what it costs, how answers come, and what faults do."""

from __future__ import annotations

import io
import json
import pickle
import threading
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import boto3
import polars as pl
import pytest
from botocore.exceptions import ReadTimeoutError
from botocore.response import StreamingBody
from botocore.stub import ANY, Stubber
from hypothesis import given
from hypothesis import strategies as st

import trailnb as tn
from tests.sources.athena_api import BY_DAY, BY_HAND, PROJECTED, Athena
from tests.sources.event_history_api import ACCOUNT, NOW, Clock, record, refusal
from trailnb.errors import ProblemWarning, RequestError, SourceError
from trailnb.reading.workers import is_picklable
from trailnb.sources import athena_service
from trailnb.sources.athena import AthenaTable

if TYPE_CHECKING:
    from pathlib import Path

SINCE = datetime(2026, 11, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
URL = "athena://logs/trail"


def hourly(count: int, **fields: Any) -> list[dict[str, Any]]:
    """Events of the hours since the window began, two names in turn."""
    return [
        record(number, SINCE + number * HOUR, ("GetUser", "PutUserPolicy")[number % 2], **fields)
        for number in range(count)
    ]


def door(athena: Athena, **options: Any) -> AthenaTable:
    """A table of this Athena, read by one thread."""
    return AthenaTable(
        URL, {"session": athena, **options}, clock=athena.clock, sleep=athena.clock.sleep,
        now=lambda: NOW, wait=athena.wait, threads=1,
    )  # fmt: skip


def opened(athena: Athena, options: dict[str, Any] | None = None, **how: Any) -> tn.Trail:
    """The window of these tests, without lookback unless asked for."""
    return tn.open(door(athena, **options or {}), **{"since": SINCE, "lookback": "0s"} | how)


def ids(trail: tn.Trail, *where: pl.Expr) -> list[str]:
    """Which events are there?"""
    return sorted(trail.events.filter(*where).select("event_id").collect().to_series())


def conditions(athena: Athena) -> list[str]:
    """Under which conditions were queries run?"""
    queries = [asked["QueryString"] for asked in athena.asked("start_query_execution")]
    return [query.partition(" WHERE ")[2].partition(" ORDER BY ")[0] for query in queries]


def test_opening_names_partitions_and_starts_no_query() -> None:
    """One request tells what the table is."""
    athena = Athena(hourly(3))
    trail = opened(athena)
    assert trail.files()["log_file"].to_list() == [
        f"{URL}/{day}T000000Z-{after}T000000Z"
        for day, after in (
            ("20261101", "20261102"), ("20261102", "20261103"), ("20261103", "20261104"),
        )
    ]  # fmt: skip
    assert [name for name, _, _ in athena.calls] == ["get_table_metadata"]
    assert trail.listing_requests == 1


def test_records_are_rebuilt_from_columns() -> None:
    """Identity, resources and free parts have their shape again, and a note says so."""
    identity = {
        "type": "AssumedRole", "arn": "arn:aws:sts::111122223333:assumed-role/a, b=c/x",
        "accessKeyId": "ASIAEXAMPLE",
        "sessionContext": {"sessionIssuer": {"type": "Role", "userName": "a"}},
    }  # fmt: skip
    whole = record(
        1, SINCE, userIdentity=identity, requestParameters={"userName": 'o"n, x={y}', "n": [1]},
        resources=[{"ARN": "arn:aws:s3:::b", "accountId": ACCOUNT}, {"type": "AWS::S3::Object"}],
        readOnly=False, userAgent='line\nbreak, and "quotes", #N/A', errorCode="=1+1",
        errorMessage="",
    )  # fmt: skip
    trail = opened(Athena([whole]), until="2026-11-02")
    assert json.loads(trail.events.select("record").collect().item()) == whole
    (note,) = trail.problems().iter_rows(named=True)
    assert (note["severity"], note["log_file"]) == (
        "note",
        f"{URL}/20261101T000000Z-20261102T000000Z",
    )
    assert "rebuilt from columns" in note["reason"]


def test_each_query_names_its_partition() -> None:
    """A day of the window, and the next for what comes late: of that, only older events."""
    athena = Athena(hourly(40))
    assert len(ids(opened(athena, until="2026-11-02"))) == 24
    first, late = conditions(athena)
    assert first == "\"timestamp\" = '2026/11/01'"
    assert late.startswith(
        "\"timestamp\" = '2026/11/02' AND (\"eventtime\" < '2026-11-02T00:00:00'"
    )
    assert athena.scanned == [24, 16]


def test_without_lateness_one_day_is_one_partition() -> None:
    """Who knows that nothing comes late pays for no more."""
    athena = Athena(hourly(40))
    assert len(ids(opened(athena, until="2026-11-02", late="0s"))) == 24
    assert len(athena.scanned) == 1


def test_a_filter_names_fewer_partitions() -> None:
    """Days before a filter's times, and those too late for it, are not scanned."""
    athena = Athena(hourly(60))
    times = pl.col("event_time").is_between(SINCE + 25 * HOUR, SINCE + 27 * HOUR, closed="left")
    assert ids(opened(athena, late="0s"), times) == ["id-25", "id-26"]
    (condition,) = conditions(athena)
    assert condition.startswith(
        "\"timestamp\" = '2026/11/02' AND (\"eventtime\" >= '2026-11-02T01:00:00'"
    )
    assert "\"eventtime\" < '2026-11-02T03:00:01'" in condition


def test_equal_texts_stand_in_the_query() -> None:
    """What Athena would not mean alike is left to the filter."""
    athena = Athena(hourly(20))
    where = (pl.col("event_name") == "GetUser") & (pl.col("access_key_id") == "AKIAEXAMPLE")
    assert len(ids(opened(athena, until="2026-11-02"), where, pl.col("actor") == "alice")) == 10
    for condition in conditions(athena):
        assert "\"eventname\" = 'GetUser'" in condition
        assert '"useridentity"."accesskeyid" = \'AKIAEXAMPLE\'' in condition
        assert "alice" not in condition


@pytest.mark.parametrize(
    "value",
    ["o'neill", "a'' OR 1=1 --", "back\\slash\\", 'double"quote', "José 日本 🦊", "%_*", "--", ";"],
)
def test_hostile_values_are_texts_and_nothing_else(value: str) -> None:
    """Whatever stands in a filter is compared, never run."""
    athena = Athena([record(1, SINCE, errorCode=value), record(2, SINCE, errorCode="other")])
    trail = opened(athena, until="2026-11-02")
    assert ids(trail, pl.col("error_code") == value) == ["id-1"]
    assert all('"errorcode" = ' in condition for condition in conditions(athena))


@given(value=st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40))
def test_any_text_finds_what_equals_it(value: str) -> None:
    """What cannot be sent is compared here; the answer is the same."""
    athena = Athena([record(1, SINCE, errorCode=value), record(2, SINCE, errorCode="other")])
    expected = ["id-1", "id-2"] if value == "other" else ["id-1"]
    trail = opened(athena, until="2026-11-02", late="0s")
    assert ids(trail, pl.col("error_code") == value) == expected


def test_events_whose_time_is_odd_or_missing_stay() -> None:
    """Text in another form is in no order: it is brought along, and judged here."""
    odd = record(1, SINCE) | {"eventTime": "2026-11-01T05: 00: 00Z"}
    fine = record(2, SINCE) | {"eventTime": "2026-11-01T23:59:59.5Z"}
    athena = Athena(hourly(3))
    for one in (odd, fine):
        values = [one.get("eventTime"), one["eventID"], one["eventName"]]
        athena._rows.execute(
            "INSERT INTO logs.trail (eventtime, eventid, eventname, awsregion, timestamp) "
            "VALUES (?, ?, ?, 'us-east-1', '2026/11/02')",
            values,
        )
    times = pl.col("event_time") >= SINCE + 4 * HOUR
    assert ids(opened(athena, until="2026-11-02"), times) == ["id-1", "id-2"]


@pytest.mark.parametrize(
    ("partitions", "about", "first"),
    [
        (BY_HAND, {}, "\"year\" = '2026' AND \"month\" = '11' AND \"day\" IN ('01', '1')"),
        (
            dict.fromkeys(("year", "month", "day"), "int"),
            {},
            '"year" = 2026 AND "month" = 11 AND "day" = 1',
        ),
        ({"dt": "date"}, {}, "\"dt\" = DATE '2026-11-01'"),
        (
            {"dt": "string"},
            {
                "projection.enabled": "TRUE",
                "projection.dt.type": "date",
                "projection.dt.format": "yyyy-MM-dd",
            },
            "\"dt\" = '2026-11-01'",
        ),
    ],
    ids=["by hand", "numbers", "date", "projected"],
)  # fmt: skip
def test_partitions_are_known_by_name_type_and_projection(
    partitions: dict[str, str], about: dict[str, str], first: str
) -> None:
    """Whichever way the documented tables are cut, a day is a day."""
    athena = Athena(hourly(40), partitions, about)
    assert len(ids(opened(athena, until="2026-11-02"))) == 24
    assert conditions(athena)[0] == first
    assert athena.scanned[0] == 24


def test_regions_and_accounts_are_partitions_where_there_are_such() -> None:
    """What was not wanted is not scanned; the global region is kept."""
    events = [
        *(record(n, SINCE + n * HOUR, awsRegion="eu-west-1") for n in range(3)),
        *(record(n, SINCE + n * HOUR, awsRegion="ap-south-1") for n in range(3, 9)),
    ]
    athena = Athena(events, BY_HAND | {"account": "string"}, {})
    trail = opened(athena, until="2026-11-02", late="0s", regions="eu-west-1", accounts=ACCOUNT)
    assert len(ids(trail)) == 3
    assert athena.scanned == [3]
    (condition,) = conditions(athena)
    assert "\"region\" IN ('eu-west-1', 'us-east-1')" in condition
    assert f"\"account\" IN ('{ACCOUNT}')" in condition
    assert ids(trail, pl.col("aws_region") == "ap-south-1") == []
    assert len(athena.scanned) == 1, "no place is left, so nothing is asked"


def test_a_month_is_one_query_where_partitions_are_months() -> None:
    """Smaller ones would each scan all of it."""
    athena = Athena(hourly(60), dict.fromkeys(("year", "month"), "string"), {})
    assert len(ids(opened(athena))) == 60
    assert conditions(athena) == ["\"year\" = '2026' AND \"month\" = '11'"]


def test_a_table_without_partitions_of_time_is_refused_unless_somebody_says_so() -> None:
    """Then one query asks for the whole window, and is bounded by event times."""
    athena = Athena(hourly(60), {}, {})
    with pytest.raises(RequestError, match=r"scan all of it.*allow_full_scan"):
        opened(athena)
    trail = opened(athena, {"allow_full_scan": True}, until="2026-11-02")
    assert len(ids(trail)) == 24
    (condition,) = conditions(athena)
    assert (
        "\"eventtime\" >= '2026-11-01T00:00:00' AND \"eventtime\" < '2026-11-02T00:00:00'"
        in condition
    )
    assert athena.scanned == [60]


def test_nothing_without_a_bound_is_scanned_unless_somebody_says_so() -> None:
    """The error names the option and the day from which on all would be scanned."""
    athena = Athena(hourly(3))
    with pytest.raises(RequestError, match=r"from 2024-01-01 on.*allow_full_scan"):
        opened(athena, since=None)
    trail = opened(athena, {"allow_full_scan": True}, since=None)
    assert trail.files().height == (NOW.date() - datetime(2024, 1, 1).date()).days + 1  # noqa: DTZ001
    assert athena.scanned == []


def test_injected_partitions_want_values() -> None:
    """Athena would refuse the query; the message says what to pass."""
    about = PROJECTED | {"projection.account.type": "injected"}
    athena = Athena(hourly(3), BY_DAY | {"account": "string"}, about)
    with pytest.raises(RequestError, match=r"partition account.*accounts="):
        opened(athena)
    assert len(ids(opened(athena, accounts=ACCOUNT))) == 3


def test_answers_are_read_as_files_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """One start, one look while it runs, one when it ended, and a request for each part."""
    athena = Athena(hourly(24))
    monkeypatch.setattr(athena_service, "_PART_BYTES", 4_000)
    trail = opened(athena, until="2026-11-02", late="0s")
    athena.calls.clear()
    assert len(ids(trail)) == 24
    (content,) = athena.objects.values()
    names = [name for name, _, _ in athena.calls]
    parts = -(-len(content) // 4_000)
    assert names == ["start_query_execution", *["get_query_execution"] * 2, *["get_object"] * parts]
    assert parts == 2
    times = [time for name, time, _ in athena.calls if "query" in name]
    assert min(after - before for before, after in pairwise(times)) >= 0.2


def test_answers_that_athena_keeps_to_itself_come_by_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand rows a page (here a hundred), names first."""
    monkeypatch.setattr(athena_service, "_PAGE", 100)
    athena = Athena([record(n, SINCE + timedelta(seconds=n)) for n in range(250)])
    athena.is_managed = True
    trail = opened(athena, until="2026-11-02", late="0s")
    assert len(ids(trail)) == 250
    assert len(athena.asked("get_query_results")) == 3
    assert athena.asked("get_object") == []
    assert trail.events.select("user_name").collect()["user_name"].unique().to_list() == ["alice"]


def test_a_dead_token_turns_the_pages_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """No event is lost and none comes twice."""
    monkeypatch.setattr(athena_service, "_PAGE", 100)
    athena = Athena([record(n, SINCE + timedelta(seconds=n)) for n in range(250)])
    athena.is_managed = True
    athena.faults["get_query_results"] = [None, refusal("InvalidRequestException")]
    assert len(ids(opened(athena, until="2026-11-02", late="0s", dedupe=False))) == 250


def test_a_day_without_events_is_no_problem() -> None:
    """An answer of names alone is a log file of no records, either way."""
    for is_managed in (False, True):
        athena = Athena([])
        athena.is_managed = is_managed
        trail = opened(athena)
        assert ids(trail) == []
        assert trail.problems().is_empty()


def test_what_was_read_is_not_scanned_again() -> None:
    """A second look fetches the answers' files, and is not billed."""
    athena = Athena(hourly(30))
    trail = opened(athena)
    assert ids(trail) == ids(trail)
    assert len(athena.scanned) == 3
    assert trail.spent == (f"3 queries so far scanned 30,000 bytes of {URL}, which AWS bills",)


def test_an_answer_that_was_cleared_away_is_asked_for_anew() -> None:
    """Buckets of answers forget; the query is run once more."""
    athena = Athena(hourly(3))
    trail = opened(athena, until="2026-11-02", late="0s")
    ids(trail)
    athena.objects.clear()
    assert len(ids(trail)) == 3
    assert len(athena.scanned) == 2


def test_scanning_ends_where_it_was_agreed_to_end() -> None:
    """What is left is told as unread, with what was scanned and how to allow more."""
    athena = Athena(hourly(60))
    trail = opened(athena, {"most_scanned_bytes": "40000"})
    with pytest.warns(ProblemWarning):
        assert len(ids(trail)) == 48
    (problem,) = [one for one in trail.scan.ledger.problems if one.severity == "error"]
    assert "48,000 bytes" in problem.reason
    assert "most_scanned_bytes" in problem.reason


def test_throttling_is_waited_out_and_starts_no_second_query() -> None:
    """Every try carries the same token."""
    athena = Athena(hourly(3))
    trail = opened(athena, until="2026-11-02", late="0s")
    athena.faults["start_query_execution"] = [refusal("TooManyRequestsException")] * 2
    athena.faults["get_query_execution"] = [refusal("ThrottlingException")]
    athena.clock.slept.clear()
    assert len(ids(trail)) == 3
    assert [wait for wait in athena.clock.slept if wait >= 1] == [1, 2, 1]
    tokens = {asked["ClientRequestToken"] for asked in athena.asked("start_query_execution")}
    assert len(tokens) == 1


def test_an_answer_goes_on_where_credentials_expired(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a new log-in its next part is fetched; nothing is scanned again."""
    monkeypatch.setattr(athena_service, "_PART_BYTES", 1_000)
    athena = Athena(hourly(24))
    trail = opened(athena, until="2026-11-02", late="0s")
    athena.faults["get_object"] = [None, None, refusal("ExpiredToken")]
    with pytest.warns(ProblemWarning):
        assert ids(trail) == []
    (problem,) = trail.scan.ledger.problems
    assert "have expired" in problem.reason
    athena.calls.clear()
    assert len(ids(trail)) == 24
    assert [name for name, _, _ in athena.calls][:2] == ["get_query_execution", "get_object"]
    assert athena.asked("get_object")[0]["Range"] == "bytes=2000-2999"
    assert len(athena.scanned) == 1


def test_a_connection_that_breaks_off_is_asked_again() -> None:
    """In the middle of a part as well."""
    athena = Athena(hourly(3))
    trail = opened(athena, until="2026-11-02", late="0s")
    athena.faults["get_object"] = [ReadTimeoutError(endpoint_url="https://s3.example")]
    assert len(ids(trail)) == 3


def test_an_answer_too_large_to_read_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what to do; it is not fetched."""
    monkeypatch.setattr(athena_service, "_MOST_BYTES", 1_000)
    athena = Athena(hourly(24))
    trail = opened(athena, until="2026-11-02", late="0s")
    with pytest.warns(ProblemWarning):
        assert ids(trail) == []
    (problem,) = trail.scan.ledger.problems
    assert "more than is read as one log file: s3://acme/answers/query-0.csv" in problem.reason


def test_a_query_that_may_fare_better_at_once_is_run_once_more() -> None:
    """AWS says so of its own faults."""
    athena = Athena(hourly(3))
    athena.endings = [{"State": "FAILED", "AthenaError": {"Retryable": True}}]
    assert len(ids(opened(athena, until="2026-11-02", late="0s"))) == 3
    assert len(athena.scanned) == 2


@pytest.mark.parametrize("ending", ["FAILED", "CANCELLED"])
def test_a_query_that_ends_otherwise_is_told(ending: str) -> None:
    """With AWS's words made safe, as one day's problem, and as unreadable hours."""
    athena = Athena(hourly(40))
    trail = opened(athena, until="2026-11-03", late="0s")
    reason = "SYNTAX_ERROR: line 1:8 \x1b[2J bad"
    athena.endings = [{"State": ending, "StateChangeReason": reason}]
    with pytest.warns(ProblemWarning):
        told = trail.coverage().drop_nulls("hour")
    (problem,) = [one for one in trail.scan.ledger.problems if one.severity == "error"]
    assert f"the query ended as {ending}: {URL}/20261101" in problem.reason
    assert "AWS says: SYNTAX_ERROR: line 1:8 \\x1b[2J bad" in problem.reason
    counts = dict(told.group_by("status").len().iter_rows())
    assert counts == {"unreadable": 24, "seen": 16, "none seen": 8}


def test_a_keyboard_interrupt_stops_the_query() -> None:
    """Ctrl-C means the query, too."""
    athena = Athena(hourly(3))
    athena.looks = 99

    def interrupted() -> None:
        raise KeyboardInterrupt

    athena.while_waiting = interrupted
    source = door(athena)
    files = tn.open(source, since=SINCE, until="2026-11-02", late="0s", lookback="0s").scan.files
    with pytest.raises(KeyboardInterrupt):
        list(source.read(files))
    assert len(athena.asked("stop_query_execution")) == 1


class OnlyFirst(Athena):
    """An Athena that finishes its first query, and then none."""

    def start_query_execution(self, **asked: Any) -> dict[str, Any]:
        """Run it."""
        answer = super().start_query_execution(**asked)
        self.looks = 99
        return answer


def test_who_stops_early_stops_the_query() -> None:
    """What nobody waits for is not left to be billed."""
    athena = OnlyFirst(hourly(60))
    athena.looks = 0
    source = door(athena)
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
    assert len(athena.asked("stop_query_execution")) == 1
    assert len(athena.scanned) == 2


def test_lookback_lies_in_earlier_partitions() -> None:
    """What issued a credential just before the window is at hand, and not among the events."""
    early = [record(100 + n, SINCE - n * HOUR) for n in range(1, 30)]
    trail = opened(Athena([*hourly(8), *early]), since=SINCE + 4 * HOUR, lookback="36h")
    assert ids(trail) == ["id-4", "id-5", "id-6", "id-7"]
    uses = dict(trail.files().group_by("use").len().iter_rows())
    assert uses == {"lookback": 2, "events": 3}
    before = trail.lookback_events
    assert before is not None
    found = set(before.select("event_id").collect()["event_id"])
    assert found == {f"id-{n}" for n in (0, 1, 2, 3)} | {one["eventID"] for one in early}


def test_coverage_says_what_the_table_cannot_tell() -> None:
    """Where it lies, since when, and which fields it has no column of."""
    told = opened(Athena(hourly(3))).coverage()
    said = told.filter(pl.col("hour").is_null())["because"].to_list()
    assert "the table holds nothing delivered before 2024-01-01" in said
    assert (
        "the table holds only what lies under "
        "s3://acme/AWSLogs/111122223333/CloudTrail/us-east-1/${timestamp}"
    ) in said
    (lacking,) = [because for because in said if "no column of" in because]
    assert "managementEvent" in lacking
    assert "userIdentity.sessionContext.sourceIdentity" in lacking
    assert "userIdentity.arn" not in lacking


def test_whole_records_are_taken_where_the_table_has_them() -> None:
    """A federated event data store keeps the record's own text."""
    text = json.dumps(record(1, SINCE, odd=[1]))
    athena = Athena(
        [record(1, SINCE, eventJson=text)],
        columns={"eventtime": "timestamp"}
        | dict.fromkeys(("eventid", "eventname", "eventjson"), "string"),
    )
    trail = opened(athena, until="2026-11-02")
    assert trail.events.select("record").collect().item() == text
    assert trail.problems().is_empty()


def test_workgroup_catalog_and_place_of_answers_are_options() -> None:
    """Each goes where Athena wants it."""
    athena = Athena(hourly(1))
    options = {"workgroup": "responders", "output_location": "s3://acme/answers/"}
    ids(opened(athena, options))
    for asked in athena.asked("start_query_execution"):
        assert asked["WorkGroup"] == "responders"
        assert asked["ResultConfiguration"] == {"OutputLocation": "s3://acme/answers/"}
    assert athena.asked("get_table_metadata")[0]["WorkGroup"] == "responders"
    with pytest.raises(RequestError, match=r"no option workgrp.*workgroup"):
        tn.open(URL, storage_options={"workgrp": "hush"})


def test_boto3_takes_what_is_asked() -> None:
    """Names and types are those of botocore's own models, of Athena and of S3."""
    session = boto3.Session("key", "secret", region_name="eu-west-1")
    clients = {name: session.client(name) for name in ("athena", "s3")}
    stubs = {name: Stubber(client) for name, client in clients.items()}

    class Stubbed:
        region_name = "eu-west-1"

        def client(self, service: str, **_: Any) -> Any:  # noqa: ANN401 # boto3 has no types
            return clients[service]

    clock = Clock()
    source = AthenaTable(
        URL, {"session": Stubbed(), "workgroup": "primary"}, clock=clock, sleep=clock.sleep,
        now=lambda: NOW, wait=lambda _, seconds: clock.sleep(seconds), threads=1,
    )  # fmt: skip
    told = Athena([]).get_table_metadata()
    athena, s3 = stubs["athena"], stubs["s3"]
    table = {"CatalogName": "AwsDataCatalog", "DatabaseName": "logs", "TableName": "trail"}
    athena.add_response("get_table_metadata", told, table | {"WorkGroup": "primary"})
    started = {
        "QueryString": ANY, "ClientRequestToken": ANY, "WorkGroup": "primary",
        "QueryExecutionContext": {"Database": "logs", "Catalog": "AwsDataCatalog"},
    }  # fmt: skip
    athena.add_client_error("start_query_execution", "TooManyRequestsException")
    athena.add_response("start_query_execution", {"QueryExecutionId": "q"}, started)
    for state in ("QUEUED", "RUNNING", "SUCCEEDED"):
        execution = {
            "Status": {"State": state},
            "Statistics": {"DataScannedInBytes": 7},
            "ResultConfiguration": {"OutputLocation": "s3://acme/answers/q.csv"},
        }
        looked = {"QueryExecutionId": "q"}
        athena.add_response("get_query_execution", {"QueryExecution": execution}, looked)
    text = b'"eventid","eventname","eventtime","awsregion"\n'
    text += b'"id-1","GetUser","2026-11-01T00:00:00Z","eu-west-1"\n'
    part = {"Bucket": "acme", "Key": "answers/q.csv", "Range": "bytes=0-16777215"}
    for cut in (10, len(text)):  # first the connection breaks off in the middle
        body = StreamingBody(io.BytesIO(text[:cut]), len(text))
        found = {"Body": body, "ContentRange": f"bytes 0-{len(text) - 1}/{len(text)}"}
        s3.add_response("get_object", found, part)
    for stub in stubs.values():
        stub.activate()
    trail = tn.open(source, since=SINCE, until="2026-11-02", late="0s", lookback="0s")
    assert ids(trail) == ["id-1"]
    assert trail.spent == (f"1 query so far scanned 7 bytes of {URL}, which AWS bills",)
    for stub in stubs.values():
        stub.assert_no_pending_responses()


def test_a_table_of_something_else_is_refused() -> None:
    """It would only cost money."""
    athena = Athena([], columns={"srcaddr": "string", "eventtime": "string"})
    with pytest.raises(SourceError, match="no columns eventtime and eventname"):
        opened(athena)


def test_a_missing_table_is_said() -> None:
    """With where it was looked for."""
    athena = Athena([])
    athena.faults["get_table_metadata"] = [refusal("MetadataException")]
    with pytest.raises(SourceError, match="looked for in eu-west-1, catalog AwsDataCatalog"):
        opened(athena)


@pytest.mark.parametrize(
    "url", ["athena://", "athena://logs", "athena://a/b/c", 'athena://a/b"; x']
)
def test_a_place_that_cannot_be_meant_is_refused(url: str) -> None:
    """Only plain names get into a query."""
    with pytest.raises(RequestError, match="athena://DATABASE/TABLE"):
        tn.open(url)


def test_it_is_read_by_one_process() -> None:
    """Several would lose count of the bill."""
    source = door(Athena([]))
    assert not is_picklable(source)
    with pytest.raises(TypeError, match="count of the bill"):
        pickle.dumps(source)


def test_saving_again_asks_only_for_the_day_under_way(tmp_path: Path) -> None:
    """Whole days are kept; today is asked for again."""
    athena = Athena(hourly(60))
    source = door(athena)
    how: dict[str, Any] = {"since": SINCE, "lookback": "0s"}
    assert len(ids(tn.open(source, **how).save(tmp_path / "case"))) == 60
    source.now = lambda: NOW + timedelta(minutes=5)
    source.queries._ids.clear()
    first = len(athena.scanned)
    assert len(ids(tn.open(source, **how).save(tmp_path / "case"))) == 60
    assert conditions(athena)[first:] == ["\"timestamp\" = '2026/11/03'"]
