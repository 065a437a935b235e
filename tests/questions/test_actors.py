"""Who is in the logs, how sure that is, and how much each did."""

from __future__ import annotations

from typing import Any

from tests.evidence import event, events, role, user
from trailnb.questions.actors import SCHEMA, actors


def answer(*records: dict[str, Any]) -> list[dict[str, Any]]:
    """Which rows do these events make?"""
    numbered = [record | {"eventID": f"e{place}"} for place, record in enumerate(records)]
    rows = actors(events(*numbered)).collect()
    assert rows.schema == SCHEMA
    return rows.to_dicts()


def test_one_row_per_actor_with_its_counts() -> None:
    """Events, refusals, changes and the distinct things an actor was seen with are counted."""
    change = {"eventSource": "iam.amazonaws.com", "eventName": "CreateUser", "readOnly": False}
    (alice,) = answer(
        event(eventTime="2026-11-02T09:00:00Z"),
        event(eventTime="2026-11-02T10:00:00Z", errorCode="AccessDenied"),
        event(**change, sourceIPAddress="203.0.113.7", recipientAccountId="444455556666"),
    )
    assert (alice["actor"], alice["kind"]) == ("alice", "human")
    assert (alice["events"], alice["denied"], alice["writes"]) == (3, 1, 1)
    assert (alice["accounts"], alice["credentials"], alice["origins"]) == (2, 1, 2)
    assert (alice["last_seen"] - alice["first_seen"]).total_seconds() == 3600


def test_busiest_actor_comes_first() -> None:
    """The order is events, most first, then the name."""
    rows = answer(event(), event(userIdentity=user("bob")), event(userIdentity=user("bob")))
    assert [row["actor"] for row in rows] == ["bob", "alice"]


def test_weakest_way_of_naming_is_told() -> None:
    """An actor that one record names exactly and another by a session's name is only inferred."""
    named = user("zoe@example.com")
    rows = answer(event(userIdentity=named), event(userIdentity=role("ops", "zoe@example.com")))
    (zoe,) = rows
    assert (zoe["confidence"], zoe["source"]) == ("inferred", "session_name_email")
    assert zoe["sources"] == 2


def test_kinds_that_disagree_are_unknown() -> None:
    """A name that is a person in one record and something else in another is neither."""
    rows = answer(
        event(userIdentity=user("ops")),
        event(userIdentity={"type": "Unknown", "userName": "ops"}),
    )
    assert [(row["actor"], row["kind"]) for row in rows] == [("ops", "unknown")]


def test_events_without_a_key_have_no_credential() -> None:
    """A service acts without an access key: none is counted."""
    (service,) = answer(
        event(userIdentity={"type": "AWSService", "invokedBy": "ec2.amazonaws.com"})
    )
    assert (service["actor"], service["credentials"]) == ("service:ec2", 0)
