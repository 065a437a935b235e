"""What appeared for the first time."""

from __future__ import annotations

import tomllib
from pathlib import Path

import polars as pl
import pytest

import trailnb as tn
from tests.evidence import event, events, user
from trailnb.errors import RequestError
from trailnb.questions.first_seen import SCHEMA, first_seen

ROOT = Path(__file__).parents[2]
ATTACK = tomllib.loads((ROOT / "data-samples" / "MANIFEST.toml").read_text("utf-8"))["acme"][
    "attack"
]
EARLY = event(eventTime="2026-11-01T09:00:00Z", sourceIPAddress="192.0.2.1")
LATE = event(sourceIPAddress="203.0.113.7", userIdentity=user("bob"))
AGAIN = event(
    eventTime="2026-11-03T09:00:00Z", sourceIPAddress="192.0.2.1", errorCode="AccessDenied"
)


def test_since_when_each_value_is_seen() -> None:
    """One row per value, the oldest first."""
    answer = first_seen(events(AGAIN, LATE, EARLY)).collect()
    assert answer.schema == SCHEMA
    assert answer.select("value", "events", "denied").rows() == [
        ("192.0.2.1", 2, 1), ("203.0.113.7", 1, 0),
    ]  # fmt: skip


def test_the_events_are_read_once_for_all_kinds(tmp_path: Path) -> None:
    """Three kinds are counted from one reading of the file."""
    file = tmp_path / "events.parquet"
    events(LATE, EARLY).collect().write_parquet(file)
    asked = first_seen(pl.scan_parquet(file), what=["origin", "actor", "action"])
    assert asked.explain().count("Parquet SCAN") == 1


@pytest.mark.parametrize("baseline", ["2026-11-02", events(EARLY)])
def test_baseline_leaves_what_is_new(baseline: str | pl.LazyFrame) -> None:
    """A moment, or earlier events."""
    answer = first_seen(events(AGAIN, LATE, EARLY), what=["origin", "actor"], baseline=baseline)
    assert answer.select("kind", "value").collect().rows() == [
        ("actor", "bob"), ("origin", "203.0.113.7"),
    ]  # fmt: skip


def test_unknown_kind_or_moment() -> None:
    """The known kinds are named."""
    with pytest.raises(RequestError, match=r"what knows no 'adress'\. Known are access"):
        first_seen(events(EARLY), what="adress")
    with pytest.raises(RequestError, match="baseline='soon' names no moment"):
        first_seen(events(EARLY), baseline="soon")


def test_what_the_attack_of_the_sample_brought() -> None:
    """Its addresses and agents are new that night."""
    trail = tn.open(ROOT / "data-samples" / "acme", progress=lambda _: None)
    with pytest.warns(tn.errors.ProblemWarning):
        new = first_seen(trail, what=["origin", "agent"], baseline="2026-11-03T02:00Z").collect()
    night = new.filter(pl.col("first_seen") < pl.datetime(2026, 11, 3, 3, 30, time_zone="UTC"))
    assert set(night.filter(kind="origin")["value"]) == set(ATTACK["addresses"])
    assert all(
        night.filter(kind="agent")["value"].str.contains(agent, literal=True).any()
        for agent in ATTACK["agents"]
    )
