"""How much happened when."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

import trailnb as tn
from tests.evidence import event, events
from trailnb.errors import RequestError
from trailnb.questions.activity import SCHEMA, activity

ROOT = Path(__file__).parents[2]
COUNTS = tomllib.loads((ROOT / "data-samples" / "MANIFEST.toml").read_text("utf-8"))["quiet"][
    "counts"
]
NINE = event(eventTime="2026-11-02T09:59:59Z")
TEN = event(eventTime="2026-11-02T10:00:00Z", eventName="CreateBucket", errorCode="AccessDenied")


def test_events_per_hour_by_access() -> None:
    """Hours begin at the full hour."""
    answer = activity(events(TEN, NINE)).collect()
    assert answer.schema == SCHEMA
    assert answer.select("value", "events", "denied", "writes").rows() == [
        ("list", 1, 0, 0), ("write", 1, 1, 1),
    ]  # fmt: skip
    assert [time.hour for time in answer["time"]] == [9, 10]


@pytest.mark.parametrize(
    ("by", "every", "rows"), [("outcome", "1d", 2), ("service", "1d", 1), (None, "1m", 2)]
)
def test_kinds_and_lengths(by: str | None, every: str, rows: int) -> None:
    """Any kind, per minute, hour or day; None counts all together."""
    assert activity(events(TEN, NINE), by=by, every=every).collect().height == rows


def test_events_add_up() -> None:
    """No event is lost in counting."""
    trail = tn.open(ROOT / "data-samples" / "quiet", progress=lambda _: None)
    assert activity(trail, by="session").collect()["events"].sum() == COUNTS["distinct_events"]


def test_what_cannot_be_meant() -> None:
    """Unknown kinds and lengths are named."""
    with pytest.raises(RequestError, match="every='5m' is none of 1m, 1h, 1d"):
        activity(events(NINE), every="5m")
    with pytest.raises(RequestError, match="by knows no 'colour'"):
        activity(events(NINE), by="colour")
