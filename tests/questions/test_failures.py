"""What went wrong, for whom."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import trailnb as tn
from tests.evidence import event, events, user
from trailnb.questions.failures import SCHEMA, failures

ROOT = Path(__file__).parents[2]
THROTTLED = event(eventSource="ec2.amazonaws.com", eventName="RunInstances", errorCode="Throttling")
FINE = event(eventSource="ec2.amazonaws.com", eventName="DescribeInstances")
REFUSED = event(errorCode="AccessDenied", userIdentity=user("bob"))
DRY = event(eventSource="ec2.amazonaws.com", errorCode="Client.DryRunOperation")


def test_errors_by_actor_service_and_code() -> None:
    """How many, and what share of the calls to the service."""
    answer = failures(events(THROTTLED, THROTTLED, FINE, DRY, REFUSED)).collect()
    assert answer.schema == SCHEMA
    first, second = answer.to_dicts()
    assert (first["actor"], first["service"], first["error"]) == ("alice", "ec2", "Throttling")
    assert (first["events"], first["calls"], first["share"]) == (2, 4, 0.5)
    assert (first["is_throttling"], second["is_throttling"]) == (True, False)
    assert (second["outcome"], second["events"]) == ("denied", 1)


@pytest.mark.parametrize(
    ("asked", "actors"),
    [
        ({"actor": "b*"}, ["bob"]),
        ({"service": "ec2"}, ["alice"]),
        ({"outcome": ["denied", "failed"]}, ["bob"]),
        ({"actor": "carol"}, []),
    ],
)
def test_filters(asked: dict[str, Any], actors: list[str]) -> None:
    """By actor, service and outcome."""
    assert failures(events(THROTTLED, REFUSED), **asked).collect()["actor"].to_list() == actors


def test_share_is_of_all_calls_of_the_service() -> None:
    """A filter of outcomes leaves the calls as they are."""
    answer = failures(events(THROTTLED, FINE), outcome="throttled").collect()
    assert answer["share"].to_list() == [0.5]


def test_throttling_of_the_quiet_sample() -> None:
    """What breaks there is a service that asks too often."""
    trail = tn.open(ROOT / "data-samples" / "quiet", progress=lambda _: None)
    answer = failures(trail, outcome="throttled").collect()
    assert answer["actor"].to_list() == ["service:trustedadvisor"]
