"""When each actor works."""

from __future__ import annotations

import polars as pl

from tests.evidence import event, events, user
from trailnb.questions.working_hours import SCHEMA, working_hours

MONDAY = event(eventTime="2026-11-02T09:59:59Z")
NEXT_MONDAY = event(eventTime="2026-11-09T09:00:00Z", errorCode="AccessDenied")
SUNDAY = event(eventTime="2026-11-08T00:00:00Z", eventName="CreateBucket")
BOB = event(userIdentity=user("bob"))


def test_hours_of_the_week_are_counted() -> None:
    """The same hour of two Mondays is one row of two days."""
    answer = working_hours(events(SUNDAY, NEXT_MONDAY, MONDAY)).collect()
    assert answer.schema == SCHEMA
    assert answer.select(*list(SCHEMA)[:7]).rows() == [
        ("alice", 1, 9, 2, 1, 0, 2), ("alice", 7, 0, 1, 0, 1, 1),
    ]  # fmt: skip


def test_one_actor_may_be_asked_for() -> None:
    """Filters are those of every question."""
    answer = working_hours(events(MONDAY, BOB), actor="b*").collect()
    assert answer["actor"].to_list() == ["bob"]


def test_events_without_a_time_have_no_hour() -> None:
    """What has no time cannot be told an hour; it is a problem of the trail already."""
    undated = events(BOB).with_columns(event_time=pl.lit(None, pl.Datetime("us", "UTC")))
    answer = working_hours(pl.concat([events(MONDAY), undated])).collect()
    assert answer["events"].to_list() == [1]
