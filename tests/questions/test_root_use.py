"""Every use of an account's root user."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import trailnb as tn
from tests.evidence import event, events
from trailnb.questions.root_use import SCHEMA, root_use

ROOT = Path(__file__).parents[2]
IDENTITY = {
    "type": "Root",
    "principalId": "111122223333",
    "arn": "arn:aws:iam::111122223333:root",
    "accountId": "111122223333",
    "accessKeyId": "AKIAIOSFODNN7EXAMPLE",
}


def used(**fields: Any) -> list[dict[str, Any]]:
    """What is told of one event?"""
    return root_use(events(event(**fields))).collect().to_dicts()


def test_root_is_told_with_key_and_mfa() -> None:
    """A call with a root access key, which should not exist."""
    context = {"attributes": {"mfaAuthenticated": "false"}}
    (row,) = used(userIdentity=IDENTITY | {"sessionContext": context})
    assert (row["account"], row["action"]) == ("111122223333", "s3:ListBuckets")
    assert (row["key"], row["is_mfa"], row["is_assumed"]) == ("AKIAIOSFODNN7EXAMPLE", False, False)
    assert list(row) == list(SCHEMA)


def test_others_and_service_events_are_not() -> None:
    """Users, and what AWS does by itself."""
    assert used() == []
    assert used(userIdentity=IDENTITY, eventType="AwsServiceEvent") == []


def test_assumed_root() -> None:
    """The call that hands out a root session, and the session's own."""
    (row,) = used(eventSource="sts.amazonaws.com", eventName="AssumeRoot")
    assert (row["is_assumed"], row["action"]) == (True, "sts:AssumeRoot")
    (row,) = used(userIdentity=IDENTITY | {"sessionContext": {"assumedRoot": "true"}})
    assert row["is_assumed"] is True


@pytest.mark.parametrize("sample", ["acme", "quiet"])
@pytest.mark.filterwarnings("ignore::trailnb.errors.ProblemWarning")
def test_nobody_used_root_in_the_samples(sample: str) -> None:
    """Neither story has a root user."""
    trail = tn.open(ROOT / "data-samples" / sample, progress=lambda _: None)
    assert root_use(trail).collect().is_empty()
