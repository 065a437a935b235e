"""A log group through FilterLogEvents: empty pages, tokens, patterns, faults."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import boto3
import polars as pl
import pytest
from botocore.stub import Stubber

import trailnb as tn
from tests.sources.event_history_api import NOW, Clock, record, refusal
from trailnb.errors import ProblemWarning, RequestError, SourceError
from trailnb.reading.workers import is_picklable
from trailnb.sources.log_group import LogGroup

GROUP = "aws/cloudtrail/acme"
MADE = NOW - timedelta(days=2)
HOUR = timedelta(hours=1)


class Logs:
    """A boto3 session over one log group, which hands out an empty page before each full one."""

    region_name = "eu-west-1"

    def __init__(self, records: list[dict[str, Any] | str], page: int = 10) -> None:
        self.clock = Clock()
        self.records, self.page = records, page
        self.calls: list[tuple[float, dict[str, Any]]] = []
        self.faults: list[Exception | None] = []
        self.group: dict[str, Any] = {
            "logGroupName": GROUP, "creationTime": int(MADE.timestamp() * 1000),
        }  # fmt: skip

    def client(self, service: str, *, region_name: str, **_: Any) -> Logs:
        """The client is this, too."""
        assert (service, region_name) == ("logs", "eu-west-1")
        return self

    def describe_log_groups(
        self,
        logGroupNamePrefix: str,  # noqa: N803 - AWS's names
        nextToken: str | None = None,  # noqa: N803
    ) -> dict[str, Any]:
        """Another group of the same beginning comes first, on a page of its own."""
        if nextToken is None:
            other = self.group | {"logGroupName": f"{logGroupNamePrefix}-old", "creationTime": 0}
            return {"logGroups": [other], "nextToken": "more"}
        return {"logGroups": [self.group]}

    def filter_log_events(self, **asked: Any) -> dict[str, Any]:
        """Delivered five minutes after each event; odd steps are empty pages."""
        self.calls.append((self.clock.seconds, asked))
        if self.faults and (fault := self.faults.pop(0)):
            raise fault
        step = int(asked.get("nextToken", "0"))
        found = [
            one for one in self.records if asked["startTime"] <= stamp(one) <= asked["endTime"]
        ]
        start = step // 2 * self.page
        events = found[start : start + self.page] if step % 2 else []
        answer: dict[str, Any] = {"events": [{"message": text(one)} for one in events]}
        if not step % 2 or start + self.page < len(found):
            answer["nextToken"] = str(step + 1)
        return answer


def text(one: dict[str, Any] | str) -> str:
    """The message as delivered."""
    return one if isinstance(one, str) else json.dumps(one)


def stamp(one: dict[str, Any] | str) -> float:
    """When it was delivered, in milliseconds."""
    if isinstance(one, str):
        return MADE.timestamp() * 1000
    moment = pl.Series([one["eventTime"]]).str.to_datetime(time_zone="UTC").item()
    return float((moment + timedelta(minutes=5)).timestamp() * 1000)


def hourly(count: int) -> list[dict[str, Any] | str]:
    """Events of the hours since the group was made."""
    return [record(n, MADE + n * HOUR, ("GetUser", "PutUserPolicy")[n % 2]) for n in range(count)]


def opened(logs: Logs, **how: Any) -> tn.Trail:
    """A trail over the log group, read by one thread."""
    source = LogGroup(
        f"cloudwatch://{GROUP}", {"session": logs},
        clock=logs.clock, sleep=logs.clock.sleep, now=lambda: NOW, threads=1,
    )  # fmt: skip
    return tn.open(source, **how)


def ids(trail: tn.Trail, *where: pl.Expr) -> list[str]:
    """Which events are there?"""
    return trail.events.filter(*where).select("event_id").collect().to_series().to_list()


def test_empty_pages_are_no_end() -> None:
    """Every event comes, once, though every other page holds none."""
    logs = Logs(hourly(40), page=7)
    assert sorted(ids(opened(logs))) == sorted(f"id-{n}" for n in range(40))


def test_opening_names_days_since_the_group_was_made() -> None:
    """What the group cannot hold is not asked for."""
    logs = Logs(hourly(1))
    files = opened(logs).files()["log_file"].to_list()
    assert [file.rsplit("/", 1)[1] for file in files] == [
        "20261101T120000Z-20261102T000000Z",
        "20261102T000000Z-20261103T000000Z",
        "20261103T000000Z-20261103T120001Z",
    ]
    assert logs.calls == []


def test_retention_bounds_what_is_asked() -> None:
    """A group that forgets after a day has nothing older, and coverage says so."""
    logs = Logs(hourly(48))
    logs.group["retentionInDays"] = 1
    trail = opened(logs, since=MADE)
    told = trail.coverage()
    first = (NOW - timedelta(days=1)).timestamp() * 1000
    assert min(call["startTime"] for _, call in logs.calls) == first
    said = told.filter(pl.col("hour").is_null())["because"].to_list()
    assert "the log group holds nothing before 2026-11-02T12:00:00Z" in said
    assert "records over 256 KB never arrive in CloudWatch Logs" in said
    old = told.filter(pl.col("hour") < NOW - timedelta(days=1, hours=1))
    assert set(old["status"]) == {"outside the request"}


def test_five_requests_a_second() -> None:
    """The pace is kept on the clock."""
    logs = Logs(hourly(10))
    ids(opened(logs))
    times = [time for time, _ in logs.calls]
    assert len(times) == 6
    assert times[-1] == pytest.approx(1.4)  # two more were asked to find the group


def test_what_must_be_equal_is_a_filter_pattern() -> None:
    """What a pattern cannot say the same way is left to the filter."""
    logs = Logs(hourly(20))
    where = (pl.col("event_name") == "GetUser") & (pl.col("user_name") == "alice")
    assert len(ids(opened(logs), where)) == 10
    assert {call["filterPattern"] for _, call in logs.calls} == {'{ ($.eventName = "GetUser") }'}


def test_an_event_id_is_asked_for_under_both_its_names() -> None:
    """Aggregated records spell it otherwise."""
    logs = Logs(hourly(2))
    assert ids(opened(logs), pl.col("event_id") == "id-1") == ["id-1"]
    (pattern,) = {call["filterPattern"] for _, call in logs.calls}
    assert pattern == '{ ($.eventID = "id-1" || $.eventId = "id-1") }'


@pytest.mark.parametrize("value", ["*", 'a"b', "a\\b", "%x%", "é", "x" * 2000])
def test_values_that_would_mean_something_else_are_not_pushed_down(value: str) -> None:
    """Wildcards, quotes and what is too long would change the answer."""
    logs = Logs(hourly(2))
    assert ids(opened(logs), pl.col("event_name") == value) == []
    assert all("filterPattern" not in call for _, call in logs.calls)


def test_a_filter_leaves_out_what_was_delivered_before() -> None:
    """A record cannot be delivered before it happened; how late it may come is not known."""
    logs = Logs(hourly(40))
    late = pl.col("event_time") >= MADE + 20 * HOUR
    assert len(ids(opened(logs), late)) == 20
    assert min(call["startTime"] for _, call in logs.calls) == (MADE + 20 * HOUR).timestamp() * 1000


def test_messages_of_others_are_problems() -> None:
    """A line that is no record is told, and costs no record."""
    logs = Logs([*hourly(3), "START RequestId: 7"])
    trail = opened(logs)
    with pytest.warns(ProblemWarning):
        assert len(ids(trail)) == 3
    assert trail.problems().height == 1


def test_throttling_is_waited_out() -> None:
    """One, two, four seconds; no event is lost."""
    logs = Logs(hourly(3))
    logs.faults = [None, *[refusal("ThrottlingException")] * 3]
    assert len(ids(opened(logs))) == 3
    assert [wait for wait in logs.clock.slept if wait >= 1] == [1, 2, 4]


def test_an_expired_log_in_goes_on_from_its_page() -> None:
    """The day is a problem, and the next query asks for the rest of it."""
    logs = Logs(hourly(11), page=4)
    trail = opened(logs)
    logs.faults = [None, None, None, refusal("ExpiredTokenException")]
    with pytest.warns(ProblemWarning):
        assert ids(trail) == []
    (problem,) = trail.scan.ledger.problems
    assert "have expired" in problem.reason
    logs.calls.clear()
    assert len(ids(trail)) == 11
    assert logs.calls[0][1]["nextToken"] == "3"


def test_a_dead_token_starts_its_day_anew() -> None:
    """Tokens live for a day; every event still comes once."""
    logs = Logs(hourly(11), page=4)
    logs.faults = [None, None, refusal("InvalidParameterException")]
    assert sorted(ids(opened(logs, dedupe=False))) == sorted(f"id-{n}" for n in range(11))


def test_a_missing_group_is_said() -> None:
    """A group whose name only begins alike is another one."""
    logs = Logs([])
    logs.group["logGroupName"] = f"{GROUP}-other"
    with pytest.raises(SourceError, match=r"no such log group.*eu-west-1"):
        opened(logs)


@pytest.mark.parametrize("url", ["cloudwatch://", "cloudwatch://arn:aws:s3:::bucket"])
def test_a_place_that_cannot_be_meant_is_refused(url: str) -> None:
    """The message shows how it is written."""
    with pytest.raises(RequestError, match="cloudwatch://LOG-GROUP"):
        tn.open(url)


def test_it_is_read_by_one_process() -> None:
    """Several would ask more often than is allowed."""
    assert not is_picklable(LogGroup(f"cloudwatch://{GROUP}"))


def test_boto3_takes_what_is_asked_of_an_arn() -> None:
    """Names and types are those of botocore's own model; an ARN tells its region."""
    session = boto3.Session("key", "secret", region_name="us-east-1")
    client = session.client("logs", region_name="eu-west-1")
    asked = {
        "logGroupIdentifier": f"arn:aws:logs:eu-west-1:111122223333:log-group:{GROUP}",
        "startTime": int((NOW - HOUR).timestamp() * 1000),
        "endTime": int(NOW.timestamp() * 1000) + 999,
    }

    class Stubbed:
        def client(self, _: str, *, region_name: str, **__: Any) -> Any:  # noqa: ANN401
            assert region_name == "eu-west-1"
            return client

    group = {"logGroupName": GROUP, "creationTime": int((NOW - HOUR).timestamp() * 1000)}
    with Stubber(client) as stub:
        stub.add_response(
            "describe_log_groups", {"logGroups": [group]}, {"logGroupNamePrefix": GROUP}
        )
        stub.add_response("filter_log_events", {"events": [], "nextToken": "a"}, asked)
        message = {"message": json.dumps(record(1, NOW))}
        stub.add_response("filter_log_events", {"events": [message]}, asked | {"nextToken": "a"})
        clock = Clock()
        source = LogGroup(
            f"cloudwatch://{asked['logGroupIdentifier']}:*", {"session": Stubbed()},
            clock=clock, sleep=clock.sleep, now=lambda: NOW,
        )  # fmt: skip
        assert ids(tn.open(source)) == ["id-1"]
        stub.assert_no_pending_responses()
