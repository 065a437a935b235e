"""Everything seen together with one value."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import trailnb as tn
from tests.evidence import event, events, user
from trailnb.errors import RequestError
from trailnb.questions._kinds import session
from trailnb.questions.pivot import NEIGHBOURS, SCHEMA, pivot

ROOT = Path(__file__).parents[2]
ATTACK = tomllib.loads((ROOT / "data-samples" / "MANIFEST.toml").read_text("utf-8"))["acme"][
    "attack"
]

BOB = {**user("bob"), "accessKeyId": "AKIAI44QH8DHBEXAMPLE"}
FRAME = events(
    event(eventID="a", sourceIPAddress="203.0.113.7"),
    event(eventID="b", sourceIPAddress="203.0.113.7", errorCode="AccessDenied"),
    event(eventID="c", sourceIPAddress="192.0.2.1", eventTime="2026-11-02T10:00:00Z"),
    event(eventID="d", sourceIPAddress="192.0.2.1", userIdentity=BOB),
)


def rows(kind: str, **asked: Any) -> dict[str, dict[str, Any]]:
    """The neighbours of a kind, by value."""
    found = pivot(FRAME, **asked).filter(kind=kind).collect()
    return {row["value"]: row for row in found.to_dicts()}


def test_neighbours_with_counts_and_lift() -> None:
    """Seen together, denied of these, whether ever without, and how unlike chance."""
    (alice,) = rows("actor", origin="203.0.113.7").values()
    assert (alice["value"], alice["events"], alice["denied"]) == ("alice", 2, 1)
    assert alice["is_exclusive"] is False
    assert alice["lift"] == pytest.approx((2 / 3) / (2 / 4))
    assert rows("origin", origin="203.0.113.7")["203.0.113.7"]["is_exclusive"] is True
    assert str(alice["last_seen"]) == "2026-11-02 09:00:00+00:00"


@pytest.mark.parametrize("kind", NEIGHBOURS)
def test_every_row_is_ready_for_the_next_pivot(kind: str) -> None:
    """A row's kind and value are the next call."""
    for value, row in rows(kind, account="111122223333").items():
        again = rows(kind, **{kind: value})
        assert again[value]["events"] == row["events"]


def test_order_and_schema() -> None:
    """By kind, the most events first, then by value."""
    answer = pivot(FRAME, actor="*").collect()
    assert answer.schema == SCHEMA
    ordered = answer.sort("kind", "events", "value", descending=[False, True, False])
    assert answer.equals(ordered)


@pytest.mark.parametrize(
    ("asked", "events_met"),
    [
        ({"origin": "203.0.113.0/24"}, 2),
        ({"origin": ["203.0.113.7", "192.0.2.1"]}, 4),
        ({"actor": "al*"}, 3),
        ({"key": "AKIAI44QH8DHBEXAMPLE"}, 1),
        ({"session": "AKIAIOSFODNN7EXAMPLE"}, 3),
        ({"agent": "*2.31*"}, 4),
        ({"target": "nothing"}, 0),
    ],
)
def test_filters(asked: dict[str, Any], events_met: int) -> None:
    """Exact values, networks, patterns and lists."""
    assert sum(row["events"] for row in rows("account", **asked).values()) == events_met


def test_root_actor_counts_as_actor() -> None:
    """After attribution, the person behind a session is found too."""
    attributed = FRAME.with_columns(root_actor=pl.lit("carol"), session_id=pl.lit("s-1"))
    found = pivot(attributed, actor="carol").collect()
    assert found.filter(kind="session").select("value", "events").rows() == [("s-1", 4)]


@pytest.mark.parametrize("asked", [{}, {"actor": "alice", "origin": "203.0.113.7"}])
def test_exactly_one_value(asked: dict[str, str]) -> None:
    """None or two is a question that cannot be meant."""
    with pytest.raises(RequestError, match="pivot takes exactly one value"):
        pivot(FRAME, **asked)


def test_session_is_the_text_of_lineage() -> None:
    """Both spell a session nothing issued alike, on all the samples hold."""
    import narwhals.stable.v2 as nw

    from trailnb._lineage.issues import raw_session

    table = tn.open(ROOT / "data-samples" / "quiet", progress=lambda _: None).events.collect()
    here = nw.from_native(table).select(session=session()).to_native()["session"]
    assert here.equals(table.select(raw_session().alias("session"))["session"])


def test_attackers_address_of_the_sample() -> None:
    """The address leads to the stolen key, and to nobody else."""
    trail = tn.open(ROOT / "data-samples" / "acme", progress=lambda _: None)
    with pytest.warns(tn.errors.ProblemWarning):
        found = pivot(trail, origin=ATTACK["addresses"][0]).collect()
    assert found.filter(kind="key")["value"].to_list() == [ATTACK["leaked_key"]]
    assert found.filter(kind="actor").select("value", "denied").rows() == [("ci-deploy", 45)]
    assert found.filter(kind="agent")["is_exclusive"].all()
