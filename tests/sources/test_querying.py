"""What both doors that are billed owe: a bound on the bill, no stale answer, no silent loss."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

import trailnb as tn
from tests.sources.athena_api import PROJECTED, Athena
from tests.sources.event_history_api import NOW, record, refusal
from tests.sources.lake_api import STORE, Lake
from trailnb.errors import ProblemWarning
from trailnb.sources import lake_service
from trailnb.sources.answer_file import AnswerFile
from trailnb.sources.athena import AthenaTable
from trailnb.sources.lake import EventDataStore
from trailnb.sources.many import JoinedSource

SINCE = datetime(2026, 11, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def lake_door(lake: Lake, now: list[datetime] | None = None, **options: Any) -> EventDataStore:
    """An event data store on a clock that may be moved."""
    moments = now or [NOW]
    return EventDataStore(
        f"lake://{STORE}", {"session": lake, **options}, clock=lake.clock,
        sleep=lake.clock.sleep, now=lambda: moments[0], wait=lake.wait, threads=1,
    )  # fmt: skip


def athena_door(athena: Athena, **options: Any) -> AthenaTable:
    """A table on a clock of its own."""
    return AthenaTable(
        "athena://logs/trail", {"session": athena, **options}, clock=athena.clock,
        sleep=athena.clock.sleep, now=lambda: NOW, wait=athena.wait, threads=1,
    )  # fmt: skip


def opened(source: object, **how: Any) -> tn.Trail:
    """The window of these tests."""
    return tn.open(source, **{"since": SINCE, "lookback": "0s"} | how)  # type: ignore[arg-type]


def ids(trail: tn.Trail) -> list[str]:
    """Which events are there?"""
    return sorted(trail.events.select("event_id").collect().to_series())


def test_a_day_under_way_is_asked_for_anew() -> None:
    """Whoever opens it later through the same door sees what came meanwhile."""
    today = NOW.replace(hour=0, minute=0, second=0, microsecond=0)
    now = [NOW]
    lake = Lake([record(1, today + timedelta(minutes=1))])
    source = lake_door(lake, now)
    assert ids(opened(source, since=today)) == ["id-1"]
    fresh = Lake([record(2, today + timedelta(minutes=2))])
    lake._rows = fresh._rows
    now[0] = NOW + HOUR
    assert ids(opened(source, since=today)) == ["id-2"]


def test_a_cost_that_cannot_be_looked_at_starts_no_more() -> None:
    """Each query could be dear: it is stopped, and what it cost is said to be unknown."""
    lake = Lake([record(number, SINCE + number * 24 * HOUR) for number in range(3)])
    lake.faults["describe_query"] = [refusal("AccessDeniedException", "DescribeQuery")] * 9
    trail = opened(lake_door(lake))
    with pytest.warns(ProblemWarning):
        assert ids(trail) == []
    assert len(lake.asked("start_query")) == len(lake.asked("cancel_query")) == 1
    assert "and what was not told" in trail.spent[0]
    reasons = [one.reason for one in trail.scan.ledger.problems]
    assert any("cost cannot be told" in reason for reason in reasons)


def test_who_stops_early_turns_no_more_pages() -> None:
    """A busy day has hundreds of pages: none is asked for once nobody waits."""
    events = [record(0, SINCE)]
    events += [record(number, SINCE + (24 + number / 1000) * HOUR) for number in range(1, 400)]
    lake = Lake(events, page=10)
    source = lake_door(lake)
    source.threads = 2
    reading = source.read(opened(source, until="2026-11-03").scan.files)
    next(reading)
    reading.close()
    asked = len(lake.asked("get_query_results"))
    assert asked < 40


def test_results_that_are_no_log_file_any_more_are_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """A day of more text than is read is told as soon as that is known, with what to do."""
    lake = Lake([record(number, SINCE + HOUR) for number in range(50)], page=10)
    monkeypatch.setattr(lake_service, "MOST_TEXT_BYTES", 1_000)
    trail = opened(lake_door(lake), until="2026-11-02")
    with pytest.warns(ProblemWarning):
        assert ids(trail) == []
    (problem,) = trail.scan.ledger.problems
    assert "a shorter window" in problem.reason
    assert len(lake.asked("get_query_results")) == 1


@pytest.mark.parametrize("content", [b"\xff\xfe\x00 what a key of the client's hides", None])
def test_an_answer_that_is_none_is_a_problem_of_its_day(content: bytes | None) -> None:
    """No text, or cut off within a row: one day is unread, and the others are there."""
    events = [record(number, SINCE + number * 24 * HOUR) for number in range(2)]
    athena = Athena(events)
    run = athena.start_query_execution

    def spoilt(**asked: Any) -> dict[str, Any]:
        told = run(**asked)
        if len(athena.queries) == 1:
            place = "answers/query-0.csv"
            athena.objects[place] = content or athena.objects[place][:-3]
        return told

    athena.start_query_execution = spoilt  # type: ignore[method-assign]
    trail = opened(athena_door(athena))
    with pytest.warns(ProblemWarning):
        assert ids(trail) == ["id-1"]
    (problem,) = [one for one in trail.scan.ledger.problems if one.severity == "error"]
    assert "s3://acme/answers/query-0.csv" in problem.reason


def test_a_row_that_never_ends_is_torn() -> None:
    """What is left over at the end of a file is no row."""
    answer = AnswerFile()
    content = b'"eventid"\n"1"\n"2'
    answer.take(content, len(content))
    assert (answer.events, answer.is_torn) == (1, True)


def test_projection_that_is_switched_off_tells_nothing() -> None:
    """A table may keep the properties of a projection that it has no more."""
    about = PROJECTED | {
        "projection.enabled": "false",
        "projection.timestamp.range": "2026/11/02,NOW",
    }
    parts = dict.fromkeys(("year", "month", "day"), "string")
    athena = Athena([record(number, SINCE + number * HOUR) for number in range(24)], parts, about)
    trail = opened(athena_door(athena))
    assert len(ids(trail)) == 24
    assert not any("nothing delivered before" in limit.because for limit in trail.limits)


def test_projection_that_has_an_end_asks_for_nothing_behind_it() -> None:
    """No partition is there, so no query is paid for, and that is said."""
    about = PROJECTED | {"projection.timestamp.range": "2026/10/01,2026/11/01"}
    athena = Athena([record(number, SINCE + number * HOUR) for number in range(40)], about=about)
    trail = opened(athena_door(athena))
    assert trail.files().height == 1
    assert len(ids(trail)) == 24
    said = "the table holds nothing delivered from 2026-11-02 on"
    assert said in [limit.because for limit in trail.limits]


def test_a_partition_of_a_month_gives_the_window_only() -> None:
    """What is scanned is the month; what comes is from `since` on."""
    parts = dict.fromkeys(("year", "month"), "string")
    athena = Athena([record(number, SINCE + number * HOUR) for number in range(40)], parts, {})
    trail = opened(athena_door(athena), since=SINCE + 30 * HOUR)
    assert len(ids(trail)) == 10
    (query,) = athena.queries.values()
    assert len(query["rows"]) == 10


def test_hours_before_a_lost_delivery_are_not_quiet() -> None:
    """A partition of deliveries that failed may have held events of the hour before it."""
    late = record(2, SINCE + timedelta(hours=23, minutes=58))
    athena = Athena([record(1, SINCE + 5 * HOUR), late])
    athena.endings = [{"State": "SUCCEEDED"}, {"State": "FAILED", "StateChangeReason": "x"}]
    trail = opened(athena_door(athena), until="2026-11-03")
    with pytest.warns(ProblemWarning):
        told = trail.coverage().filter(pl.col("hour") == SINCE + 23 * HOUR)
    assert told["status"].unique().to_list() == ["unreadable"]


def test_one_set_of_options_opens_several_doors() -> None:
    """What one of them understands is no mistake to another."""
    lake, athena = Lake([record(1, SINCE)]), Athena([record(2, SINCE)])
    both = {"allow_full_scan": True, "workgroup": "audit"}
    source = JoinedSource((lake_door(lake, **both), athena_door(athena, **both)))
    assert ids(opened(source)) == ["id-1", "id-2"]
