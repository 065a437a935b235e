"""`tn.explore_pivot` without a browser: steps, values, orders, what comes back."""

from __future__ import annotations

import polars as pl
import pytest
import traitlets

import trailnb as tn
from tests.evidence import event, events, user
from trailnb.errors import RequestError
from trailnb.widgets.pivot_model import Pivots

STORY = events(
    event(eventID="a"),
    event(eventID="b", eventTime="2026-11-02T10:00:00Z", errorCode="AccessDenied"),
    event(
        eventID="c", eventTime="2026-11-02T11:00:00Z", userIdentity=user("bob"),
        sourceIPAddress="203.0.113.7", eventName="DeleteBucket", userAgent=None,
    ),
    event(eventID="d", eventTime="2026-11-02T12:00:00Z", sourceIPAddress="203.0.113.7"),
)  # fmt: skip


def listed(path: list[tuple[str, str]], dimension: str, **how: object) -> list[str]:
    """Which values are listed, in order?"""
    _, rows = Pivots(STORY).rows(path, dimension, **how)  # type: ignore[arg-type]
    return [row["label"] for row in rows]


def test_newest_first_seen_comes_first() -> None:
    """What came late stands on top, with its counts and its activity."""
    total, rows = Pivots(STORY).rows([], "origin")
    assert total == 2
    assert [row["label"] for row in rows] == ["203.0.113.7", "198.51.100.7"]
    assert (rows[0]["events"], rows[0]["writes"], rows[1]["refused"]) == (2, 1, 1)
    assert sum(bar[1] for bar in rows[1]["spark"]) == 2
    assert rows[0]["beside"][0] == 2  # actors


def test_every_order_and_text() -> None:
    """Each is by what it says; a text is looked for whatever its case."""
    assert listed([], "actor", order="most events") == ["alice", "bob"]
    assert listed([], "actor", order="fewest events") == ["bob", "alice"]
    assert listed([], "actor", order="share refused") == ["alice", "bob"]
    assert listed([], "actor", order="last seen") == ["alice", "bob"]
    assert listed([], "actor", text="BO") == ["bob"]
    with pytest.raises(RequestError, match="no order 'size'"):
        listed([], "actor", order="size")


def test_steps_narrow() -> None:
    """A path of two values leaves what was seen with both; an unseen value leaves nothing."""
    assert listed([("origin", "203.0.113.7")], "actor") == ["alice", "bob"]
    assert listed([("origin", "203.0.113.7"), ("actor", "bob")], "action") == ["s3:DeleteBucket"]
    assert listed([("origin", "192.0.2.99")], "actor") == []
    assert listed([("actor", "bob")], "agent") == ["unknown"]


def test_events_of_the_path_come_back() -> None:
    """As a lazy frame over what was given; and the answer of `tn.pivot` for the last step."""
    w = tn.explore_pivot(STORY, origin="203.0.113.7", actor="bob")
    assert w.events().collect()["event_id"].to_list() == ["c"]
    assert w.dimension == "action"
    w.path = [("agent", "unknown")]
    assert w.events().collect()["event_id"].to_list() == ["c"]
    w.path = [("actor", "bob")]
    answer = w.pivot()
    assert answer.filter(pl.col("kind") == "origin").collect()["value"].to_list() == ["203.0.113.7"]


def test_traits_refuse_what_cannot_be_meant() -> None:
    """Sentences name what there is."""
    w = tn.explore_pivot(STORY)
    with pytest.raises(
        RequestError, match=r"nothing to pivot on is called 'ip'\. There are origin"
    ):
        w.path = [("ip", "203.0.113.7")]
    with pytest.raises(RequestError, match="nothing to pivot on is called ''"):
        w.path = ["origin"]
    with pytest.raises(traitlets.TraitError, match="'newest first seen'"):
        w.order = "size"


def test_without_a_browser() -> None:
    """A sentence and a picture of the path's values; also of nothing."""
    w = tn.explore_pivot(STORY, actor="bob")
    assert repr(w) == "Pivot: 1 events seen with actor bob, 1 values of origin."
    assert ">203.0.113.7</text>" in w._picture()
    assert "Pivot: 0 events" in tn.explore_pivot(STORY.clear())._picture()
