"""Who did what, when, to what, from where, and how it ended."""

from __future__ import annotations

from typing import Any

import duckdb
import polars as pl
import pytest

from tests.evidence import event, events, user
from trailnb._frame import table
from trailnb.errors import ColumnError
from trailnb.questions.timeline import COLUMNS, timeline

FIRST = event(eventTime="2026-11-02T02:13:00Z", eventID="a", userIdentity=user("bob"))
SECOND = event(
    eventTime="2026-11-02T02:14:00Z",
    eventID="b",
    eventSource="iam.amazonaws.com",
    eventName="CreateUser",
    requestParameters={"userName": "backdoor"},
    sourceIPAddress="203.0.113.77",
    errorCode="AccessDenied",
)
THIRD = event(
    eventTime="2026-11-02T02:14:00Z",
    eventID="c",
    sourceIPAddress="2001:db8::7",
    awsRegion="us-east-1",
    recipientAccountId="444455556666",
)


def ids(**filters: Any) -> str:
    """Which of the three events does the timeline keep, in its order?"""
    answer = timeline(events(THIRD, SECOND, FIRST), **filters)
    return "".join(table(answer)["event_id"])


def test_one_row_per_event_in_order() -> None:
    """Rows are sorted by time and then event id, with the documented columns."""
    answer = timeline(events(THIRD, SECOND, FIRST))
    assert isinstance(answer, pl.LazyFrame)
    assert answer.collect_schema().names() == list(COLUMNS)
    assert ids() == "abc"


def test_row_tells_the_event() -> None:
    """Actor, action, target, outcome, origin, region and account stand beside the time."""
    row = table(timeline(events(SECOND))).row(0, named=True)
    assert str(row.pop("time")) == "2026-11-02 02:14:00+00:00"
    assert row == {
        "actor": "alice",
        "action": "iam:CreateUser",
        "target": "arn:aws:iam::111122223333:user/backdoor",
        "outcome": "denied",
        "origin": "203.0.113.77",
        "region": "eu-central-1",
        "account": "111122223333",
        "event_id": "b",
    }


@pytest.mark.parametrize(
    ("filters", "kept"),
    [
        ({"actor": "bob"}, "a"),
        ({"actor": ["bob", "alice"]}, "abc"),
        ({"actor": "al*"}, "bc"),
        ({"actor": "a.*"}, ""),
        ({"action": "iam:*"}, "b"),
        ({"outcome": "denied"}, "b"),
        ({"outcome": ("denied", "success")}, "abc"),
        ({"target": "*:user/backdoor"}, "b"),
        ({"account": "444455556666"}, "c"),
        ({"region": "eu-*"}, "ab"),
        ({"origin": "203.0.113.77"}, "b"),
        ({"origin": "203.0.113.64/26"}, "b"),
        ({"origin": "203.0.113.0/26"}, ""),
        ({"origin": "0.0.0.0/0"}, "ab"),
        ({"origin": "203.0.*"}, "b"),
        ({"origin": ["2001:db8::/32", "203.0.113.77"]}, "bc"),
        ({"origin": "2001:0DB8::0007"}, "c"),
        ({"origin": "2001:db8:1::/48"}, ""),
        ({"actor": "alice", "origin": "203.0.113.0/24"}, "b"),
        ({"actor": []}, ""),
    ],
)
def test_filters(filters: dict[str, Any], kept: str) -> None:
    """A filter takes a value, a `*` pattern or a list; an origin also a network."""
    assert ids(**filters) == kept


def test_every_engine_gives_the_same_rows() -> None:
    """Polars, pandas and DuckDB answer alike, each with its own kind of frame."""
    frame = events(THIRD, SECOND, FIRST).collect()
    wanted = {"actor": "al*", "origin": ["203.0.113.0/24", "2001:db8::/32"]}
    expected = table(timeline(frame, **wanted)).drop("time")
    for other in (frame.to_pandas(), duckdb.from_arrow(frame.to_arrow())):
        answer = timeline(other, **wanted)
        assert type(answer) is type(other)
        assert table(answer).drop("time").to_dicts() == expected.to_dicts()


def test_trail_stands_for_its_events() -> None:
    """Anything with `.events` can be asked."""

    class Opened:
        """What a trail looks like from here."""

        events = events(FIRST)

    assert table(timeline(Opened())).height == 1


def test_frame_without_the_columns_is_refused() -> None:
    """A frame that is no event table is named so."""
    with pytest.raises(ColumnError, match="timeline needs the columns event_time"):
        timeline(pl.DataFrame({"actor": ["alice"]}))
