"""Are unusual rates found, and only those?"""

from __future__ import annotations

import json
import random
import warnings
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

import trailnb as tn
from benchmarks.quiet_year import START, frame, with_bursts, year
from tests.evidence import event, events
from trailnb.errors import NothingFoundWarning, RequestError
from trailnb.questions._spells import spells
from trailnb.questions._unusual import Terms, unusual
from trailnb.questions._usual import DAY

TERMS = Terms(baseline_days=7, minimum=20, fold=2.5, per_year=0.01)
BEGIN = datetime(2026, 11, 2, tzinfo=UTC)  # a Monday


def first_days(series: int) -> pl.DataFrame:
    """Series whose logs begin with the simulation."""
    rows = [(one, START // DAY) for one in range(series)]
    return pl.DataFrame(rows, {"series": pl.UInt32, "first": pl.Int64}, orient="row")


def calls(*bursts: tuple[datetime, int, int], days: int = 10, each: int = 6) -> pl.LazyFrame:
    """The event table's scalar columns: CreateUser every few hours, and bursts of it.

    A burst is when, for how many minutes, how many a minute; another actor makes it.
    """
    rng = random.Random(7)
    rows = [
        (BEGIN + timedelta(minutes=rng.randrange(days * DAY)), "alice", "198.51.100.7")
        for _ in range(days * each)
    ]
    rows += [
        (start + timedelta(minutes=minute, seconds=second % 60), "mallory", "203.0.113.7")
        for start, minutes, count in bursts
        for minute in range(minutes)
        for second in range(count)
    ]
    rows += [(BEGIN, "alice", "198.51.100.7"), (BEGIN + timedelta(days=days), "alice", None)]
    table = pl.DataFrame(
        sorted(rows, key=str),
        {
            "event_time": pl.Datetime("us", "UTC"),
            "actor": pl.String,
            "source_ip_address": pl.String,
        },
        orient="row",
    ).with_row_index("n")
    return table.lazy().select(
        "event_time",
        "actor",
        "source_ip_address",
        event_id=pl.format("id-{}", "n"),
        recipient_account_id=pl.lit("111122223333"),
        aws_region=pl.lit("us-east-1"),
        event_source=pl.lit("iam.amazonaws.com"),
        event_name=pl.lit("CreateUser"),
        error_code=pl.lit(None, pl.String),
        read_only=pl.lit(value=False),
        event_category=pl.lit("Management"),
        event_type=pl.lit("AwsApiCall"),
        user_agent=pl.lit("aws-cli/2.31.0"),
    )


BURST = (BEGIN + timedelta(days=8, hours=3), 12, 9)


def test_a_burst_is_told() -> None:
    """When it began and ended, how often, beside what is usual, by whom, in a sentence."""
    row = tn.insights(calls(BURST)).collect().row(0, named=True)
    assert (row["start"], row["end"], row["events"]) == (
        BURST[0],
        BURST[0] + timedelta(minutes=12),
        108,
    )
    assert row["average"] == 9.0
    assert row["baseline"] < 0.01
    assert row["actors"] == [{"value": "mallory", "average": 9.0, "baseline": 0.0}]
    assert row["origins"][0]["value"] == "203.0.113.7"
    assert row["rhythm"] == "none: all hours alike"
    assert len(row["event_ids"]) == 5
    assert row["sentence"].startswith(
        "iam:CreateUser was called 108 times in 12 minutes, 9 a minute"
    )
    assert "mostly by mallory (100%, new), from 203.0.113.7 (100%, new)" in row["sentence"]


def test_nothing_unusual() -> None:
    """Steady calls are nothing, and neither are few."""
    assert tn.insights(calls()).collect().is_empty()
    assert tn.insights(calls((BURST[0], 3, 6))).collect().is_empty()
    assert tn.insights(calls((BURST[0], 3, 6)), minimum=10).collect().height == 1


def test_a_pause_within_a_burst() -> None:
    """Short pauses do not split a spell; long ones do."""
    later = BURST[0] + timedelta(minutes=20)
    assert tn.insights(calls(BURST, (later, 12, 9))).collect().height == 1
    much_later = BURST[0] + timedelta(hours=3)
    found = tn.insights(calls(BURST, (much_later, 12, 9))).collect()
    assert found["start"].to_list() == [BURST[0], much_later]


def test_a_burst_does_not_hide_the_next_night() -> None:
    """What was unusual is left out of the baseline of the day after."""
    again = BURST[0] + timedelta(days=1)
    assert tn.insights(calls(BURST, (again, 12, 9))).collect().height == 2


def test_deterministic() -> None:
    """The same events in another order give the same answer."""
    plan = calls(BURST)
    shuffled = plan.collect().sample(fraction=1.0, shuffle=True, seed=3)
    assert tn.insights(plan).collect().equals(tn.insights(shuffled).collect())


def test_what_counts_as_a_call() -> None:
    """Writes and data events count for the call rate; reads only when asked; errors by code."""
    read = calls(BURST).with_columns(read_only=pl.lit(value=True))
    assert tn.insights(read).collect().is_empty()
    assert tn.insights(read, reads=True).collect().height == 1
    data = read.with_columns(event_category=pl.lit("Data"))
    assert tn.insights(data).collect().height == 1
    failed = read.with_columns(error_code=pl.lit("AccessDenied"))
    found = tn.insights(failed).collect()
    assert found.select("kind", "error_code").rows() == [("error_rate", "AccessDenied")]
    assert "failed with AccessDenied" in found["sentence"][0]
    assert tn.insights(failed, kinds=["call_rate"]).collect().is_empty()
    insight = calls(BURST).with_columns(event_type=pl.lit("AwsCloudTrailInsight"))
    assert tn.insights(insight, windows=False).collect().is_empty()


def test_history() -> None:
    """How much history there was is said; less than a day of it tells nothing, and says so."""
    early = (BEGIN + timedelta(days=2, hours=3), 12, 9)
    assert tn.insights(calls(early)).collect()["rhythm"].to_list() == [
        "not known: 2 days of history"
    ]
    short = calls((BEGIN + timedelta(hours=3), 12, 9)).filter(
        pl.col("event_time") < BEGIN + timedelta(hours=5)
    )
    with pytest.warns(NothingFoundWarning, match="less than a day"):
        assert tn.insights(short).collect().is_empty()


@pytest.mark.parametrize(
    "how",
    [
        {"kinds": "call_rate"}, {"kinds": ["calls"]}, {"kinds": []}, {"baseline": "6h"},
        {"minimum": 0}, {"per_year": 0}, {"fold": 0.5}, {"quiet": "soon"},
    ],
)  # fmt: skip
def test_refusals(how: dict[str, Any]) -> None:
    """What cannot be meant is refused at once."""
    with pytest.raises(RequestError):
        tn.insights(calls(), **how)


@pytest.mark.parametrize("engine", ["pandas", "duckdb"])
def test_other_engines(engine: str) -> None:
    """The engine counts, the rest is the same."""
    held = calls(BURST).collect()
    if engine == "duckdb":
        import duckdb

        duckdb.sql("SET TimeZone = 'UTC'")
    other: Any = held.to_pandas() if engine == "pandas" else duckdb.from_arrow(held.to_arrow())
    assert tn.insights(other).collect().equals(tn.insights(held).collect())


def test_a_quiet_time() -> None:
    """Of 35 series of all kinds in six quiet weeks none gives a false alarm."""
    counts, _ = year(35, 1, 42)
    found = unusual(counts, first_days(35), TERMS)
    assert spells(found, counts, 15).is_empty()


def test_planted_bursts() -> None:
    """Of 40 bursts of five times the rate at least 38 are found, near where they are."""
    counts, planted = with_bursts(40, 11, 30)
    found = spells(unusual(counts, first_days(40), TERMS), counts, 15)
    hits = [
        one
        for one in planted
        if found.filter(
            pl.col("series") == one.series,
            pl.col("start") < one.start + one.minutes,
            pl.col("stop") > one.start,
        ).height
    ]
    assert len(hits) >= 38


def test_a_job_is_learned() -> None:
    """A nightly job that is new is told at first, and then it is how things are."""
    values = np.zeros(20 * DAY, dtype=np.int64)
    for day in range(5, 20):
        values[day * DAY + 120 : day * DAY + 125] = 40
    counts = frame([values])
    found = spells(unusual(counts, first_days(1), TERMS), counts, 15)
    assert [minute // DAY - START // DAY for minute in found["start"]] == [5, 6]


def test_working_hours() -> None:
    """Where a week shows a rhythm, a night is compared with nights."""
    rng = np.random.default_rng(5)
    minute = np.arange(20 * DAY)
    is_office = (minute % DAY // 60 >= 8) & (minute % DAY // 60 < 18)
    values = rng.poisson(is_office * 3.0 + 0.02)
    night = 15 * DAY + 2 * 60
    values[night : night + 30] = rng.poisson(2.0, 30)
    counts = frame([values])
    found = unusual(counts, first_days(1), TERMS)
    assert found["has_rhythm"].all()
    told = spells(found, counts, 15)
    assert told.height == 1
    assert abs(told["start"][0] - START - night) <= 5


def insight(state: str, time: str, **fields: Any) -> dict[str, Any]:
    """A record of Insights, as a trail delivers it."""
    statistics = {
        "baseline": {"average": 9.82222e-5},
        "insight": {"average": 9.0},
        "insightDuration": 12,
        "baselineDuration": 10181,
    }
    shares = [
        {
            "attribute": "userIdentityArn",
            "insight": [{"value": "arn:aws:iam::111122223333:user/mallory", "average": 9.0}],
            "baseline": [{"value": "arn:aws:iam::111122223333:user/alice", "average": 0.1}],
        },
        {"attribute": "errorCode", "insight": [{"value": "null", "average": 9.0}], "baseline": []},
    ]
    details = {
        "state": state,
        "eventSource": "iam.amazonaws.com",
        "eventName": "CreateUser",
        "insightType": "ApiCallRateInsight",
        "insightContext": {"statistics": statistics, "attributions": shares},
    } | fields
    return {
        "eventVersion": "1.09",
        "eventTime": time,
        "awsRegion": "us-east-1",
        "eventID": f"insight-{state}-{time}",
        "eventType": "AwsCloudTrailInsight",
        "recipientAccountId": "111122223333",
        "sharedEventID": "shared-1",
        "insightDetails": details,
        "eventCategory": "Insight",
    }


START_RECORD = insight("Start", "2026-11-10T03:00:00Z")
END_RECORD = insight("End", "2026-11-10T03:12:00Z")


def test_recorded_insights() -> None:
    """Start and End are one window, with what CloudTrail says of it."""
    rows = tn.recorded_insights(events(END_RECORD, START_RECORD, event())).collect().to_dicts()
    assert len(rows) == 1
    row = rows[0]
    assert (row["start"].minute, row["end"].minute, row["minutes"]) == (0, 12, 12.0)
    assert (row["kind"], row["state"], row["average"]) == ("call_rate", "ended", 9.0)
    assert row["baseline"] == pytest.approx(9.82222e-5)
    assert row["actors"][0]["value"].endswith("user/mallory")
    assert row["actors"][0]["baseline"] == 0.0
    assert row["error_codes"] == [{"value": None, "average": 9.0, "baseline": 0.0}]
    assert len(row["event_ids"]) == 2


def test_halves_of_an_insight() -> None:
    """A Start alone has no end; of an End alone the beginning is computed."""
    start = tn.recorded_insights(events(START_RECORD)).collect().row(0, named=True)
    assert (start["state"], start["end"]) == ("start only", None)
    end = tn.recorded_insights(events(END_RECORD)).collect().row(0, named=True)
    assert (end["state"], end["start"]) == ("end only", datetime(2026, 11, 10, 3, tzinfo=UTC))


def test_insights_of_lookup_events() -> None:
    """LookupEvents hands the same records out in a wrapping of its own."""
    wrapped = {
        "Events": [
            {
                "EventId": one["eventID"],
                "EventTime": one["eventTime"],
                "CloudTrailEvent": json.dumps(one),
            }
            for one in (END_RECORD, START_RECORD)
        ]
    }
    trail = tn.open({"lookup.json": json.dumps(wrapped).encode()})
    assert tn.recorded_insights(trail).collect()["state"].to_list() == ["ended"]


@pytest.mark.parametrize(
    "details",
    [
        {"insightContext": None}, {"insightContext": {"statistics": 3, "attributions": {}}},
        {"insightType": None, "eventName": "x"},
        {"insightContext": {"statistics": {"insight": {"average": "9.0"}}, "attributions": [3]}},
    ],
)  # fmt: skip
def test_odd_records(details: dict[str, Any]) -> None:
    """What a record leaves out, or spells otherwise, is null and no failure."""
    odd = insight("Start", "2026-11-10T03:00:00Z", **details)
    assert tn.recorded_insights(events(odd)).collect().height == 1


def test_compare_insights() -> None:
    """Windows of one series that are near each other are the same; the others stand alone."""
    aws = events(START_RECORD, END_RECORD, insight("Start", "2026-11-04T00:00:00Z", eventName="X"))
    other = events(
        insight("Start", "2026-11-04T00:00:00Z", eventName="DeleteUser") | {"sharedEventID": "s2"}
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NothingFoundWarning)
        mine = calls(BURST).collect()
        both = pl.concat([aws.collect(), other.collect()])
        table = pl.concat([mine, both], how="diagonal_relaxed")
        rows = tn.compare_insights(table).collect().select("event_name", "verdict").rows()
    assert rows == [("DeleteUser", "only AWS"), ("CreateUser", "both")]
