"""Alarms over history: counted by rule and period, and told once while they last."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import trailnb as tn
from tests.evidence import event, events, user
from trailnb.errors import RequestError
from trailnb.rules import alarms as module
from trailnb.rules.alarms import SCHEMA, SORT_KEY
from trailnb.rules.hits import SCHEMA as HITS
from trailnb.rules.hits import SORT_KEY as HITS_KEY

SAMPLES = Path(__file__).parents[2] / "data-samples"
STOP = tn.rules.Rule(name="stop", pattern="{ $.eventName = StopLogging }", title="stopped")
ANY = tn.rules.Rule(name="any", pattern={"eventName": [{"exists": True}]}, severity="low")


def at(time: str, name: str = "StopLogging", **more: Any) -> dict[str, Any]:
    """An event at a time of one day."""
    return event(eventTime=f"2026-11-02T{time}Z", eventName=name, eventID=f"at {time}", **more)


def test_one_row_per_rule_and_period() -> None:
    """Periods begin at whole multiples of their length; first and last events are named."""
    frame = events(
        at("09:04:59"), at("09:05:00"), at("09:07:00", userIdentity=user("bob")),
        at("09:09:59", "StartLogging"), at("09:00:00"),
    )  # fmt: skip
    answer = tn.alarms(frame, rules=STOP)
    assert answer.collect_schema() == SCHEMA
    first, second = answer.collect().to_dicts()
    assert (first["start"], first["end"]) == (
        datetime(2026, 11, 2, 9, tzinfo=UTC), datetime(2026, 11, 2, 9, 5, tzinfo=UTC),
    )  # fmt: skip
    assert (first["events"], first["first_event_id"], first["last_event_id"]) == (
        2, "at 09:00:00", "at 09:04:59",
    )  # fmt: skip
    assert (second["events"], second["actors"], second["rule"]) == (2, ["alice", "bob"], "stop")
    assert second["last_seen"] == datetime(2026, 11, 2, 9, 7, tzinfo=UTC)
    assert second["title"] == "stopped"


def test_alarm_that_lasts_is_told_once() -> None:
    """CloudWatch notifies when an alarm goes on, not while it is."""
    frame = events(at("09:01:00"), at("09:06:00"), at("09:16:00"))
    assert tn.alarms(frame, rules=STOP).collect()["is_notified"].to_list() == [True, False, True]


def test_threshold_and_period_of_the_question_or_the_rule() -> None:
    """A rule's own count and period win over those of the question."""
    frame = events(*(at(f"09:0{minute}:00") for minute in range(6)))
    assert tn.alarms(frame, rules=STOP, threshold=2).collect()["events"].to_list() == [5]
    assert tn.alarms(frame, rules=STOP, period="1m").collect().height == 6
    own = tn.rules.Rule(name="own", pattern=STOP.pattern, threshold=6, period="1h")
    both = tn.alarms(frame, rules=[own, STOP], threshold=5).collect()
    assert both.select("rule", "events").rows() == [("own", 6), ("stop", 5)]


def test_accounts_together_or_apart() -> None:
    """One log group holds all accounts of an organization; each may be asked for alone."""
    frame = events(at("09:01:00"), at("09:02:00", recipientAccountId="444455556666"))
    (together,) = tn.alarms(frame, rules=STOP).collect().to_dicts()
    assert (together["account"], together["accounts"]) == (None, ["111122223333", "444455556666"])
    apart = tn.alarms(frame, rules=STOP, by_account=True).collect()
    assert apart.select("account", "events", "is_notified").rows() == [
        ("111122223333", 1, True), ("444455556666", 1, True),
    ]  # fmt: skip


@pytest.mark.filterwarnings("ignore::trailnb.errors.ProblemWarning")
def test_event_without_a_time_is_not_lost() -> None:
    """It stands in a period of its own."""
    frame = events(event(eventTime=None, eventName="StopLogging", eventID="1"), at("09:01:00"))
    fired = tn.alarms(frame, rules=STOP).collect()
    assert fired.select("start", "events", "last_event_id").rows()[1] == (None, 1, "1")


def test_sums_are_the_same_however_often_they_are_added_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Matches are summed up from time to time, to hold few of them."""
    trail = tn.open(SAMPLES / "quiet", progress=lambda _: None)
    whole = tn.alarms(trail, rules=ANY, period="1h").collect()
    monkeypatch.setattr(module, "_MANY", 7)
    monkeypatch.setattr("trailnb.rules.one_pass.SLICE", 100)
    assert tn.alarms(trail, rules=ANY, period="1h").collect().equals(whole)
    assert whole["events"].sum() == trail.events.select(pl.len()).collect().item()
    assert whole.equals(whole.sort(*SORT_KEY, nulls_last=True))


@pytest.mark.filterwarnings("ignore::trailnb.errors.ProblemWarning")
def test_many_rules_say_what_each_says_alone() -> None:
    """One pass for all, by names and by conditions, loses and invents nothing."""
    trail = tn.open(SAMPLES / "acme", since="2026-11-02", until="2026-11-04")
    stored = trail.events.collect()
    rules = [*tn.rules.cis(), *tn.rules.wider(), ANY]
    together = tn.alarms(stored, rules=rules).collect()
    counts = dict(together.group_by("rule").agg(pl.col("events").sum()).iter_rows())
    alone = {rule.name: tn.matches(stored, rule.pattern).collect().height for rule in rules}
    assert counts == {name: count for name, count in alone.items() if count}
    assert len(counts) > 8


def test_the_sample_incident_fires() -> None:
    """Stopped logging, new permissions, a sign-in without MFA: and the keys CIS does not see."""
    trail = tn.open(SAMPLES / "acme", since="2026-11-03", until="2026-11-04")
    both = [*tn.rules.cis(), *tn.rules.wider()]
    fired = tn.alarms(trail, rules=both).collect()
    ours = fired.filter(pl.col("actors").list.contains("svc-backup-sync"))
    assert {"cis-4.2", "cis-4.5"} <= set(ours["rule"])
    made = fired.filter(pl.col("actors").list.contains("ci-deploy"))
    assert {"cis-4.4", "wider-credentials"} <= set(made["rule"])


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"period": "0m"}, "a period of no length"),
        ({"period": "soon"}, "period='soon' names no duration"),
        ({"threshold": 0}, "threshold=0 is no number of events"),
        ({"rules": [STOP, STOP]}, "two rules are named 'stop'"),
        ({"rules": ["{ $.a = 1 }"]}, "is no rule"),
    ],
)
def test_what_cannot_be_meant_is_refused(asked: dict[str, Any], said: str) -> None:
    """At once, not when somebody looks."""
    with pytest.raises(RequestError, match=said):
        tn.alarms(events(event()), **asked)


@pytest.mark.filterwarnings("ignore::trailnb.errors.ProblemWarning")
def test_hits_are_what_alarms_count() -> None:
    """One row per match, each with its event; their sum is the alarms' sum."""
    trail = tn.open(SAMPLES / "acme", since="2026-11-02", until="2026-11-04")
    rules = [*tn.rules.cis(), *tn.rules.wider()]
    answer = tn.rules.hits(trail, rules=rules)
    assert answer.collect_schema() == HITS
    found = answer.collect()
    assert found.equals(found.sort(*HITS_KEY, nulls_last=True))
    fired = tn.alarms(trail, rules=rules).group_by("rule").agg(pl.col("events").sum()).collect()
    assert dict(found["rule"].value_counts().iter_rows()) == dict(fired.iter_rows())
    assert found["event_id"].n_unique() < found.height


def test_no_rule_no_alarm() -> None:
    """An empty set fires nothing, and the answer keeps its columns."""
    assert tn.alarms(events(event()), rules=[]).collect().schema == SCHEMA
    assert tn.rules.hits(events(event()), rules=[]).collect().schema == HITS
