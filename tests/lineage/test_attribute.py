"""Whose work is each event really?"""

from __future__ import annotations

import random
from typing import Any

import polars as pl
import pytest

from tests.evidence import event, events
from tests.lineage.credentials import assume_role, iam_user, role_session, used
from trailnb._lineage.attribute import attribute

ALICE = iam_user("alice", "AKIAALICE")
BOB = iam_user("bob", "AKIABOB")
AT = "2026-11-03T02:00:00Z"


def roots(*records: dict[str, Any]) -> dict[str, str]:
    """Which root actor does each event have, by its id?"""
    answer = attribute(events(*records)).select("event_id", "root_actor").collect()
    return dict(answer.iter_rows())


def test_a_role_session_leads_back_to_who_assumed_it() -> None:
    """The issued access key ties a session to its caller."""
    work = role_session("admin", "work", "ASIA1", AT)
    found = roots(assume_role(ALICE, AT, "ASIA1"), used(work, "2026-11-03T02:05:00Z", "e1"))
    assert found["e1"] == "alice"


def test_any_depth() -> None:
    """A chain of ten roles ends at the user who took the first."""
    records = [assume_role(ALICE, AT, "ASIA0", "s0")]
    for hop in range(1, 10):
        before = role_session(f"role{hop}", f"s{hop - 1}", f"ASIA{hop - 1}", AT)
        records.append(assume_role(before, AT, f"ASIA{hop}", f"s{hop}"))
    last = role_session("role10", "s9", "ASIA9", AT)
    answer = attribute(events(*records, used(last, AT, "end"))).collect()
    end = answer.filter(pl.col("event_id") == "end")
    assert end["root_actor"].item() == "alice"
    assert end["chain_text"].item().count("→") == 10


def test_order_of_rows_changes_nothing() -> None:
    """Files arrive unsorted: permuting the input permutes the output, no more."""
    work = role_session("admin", "work", "ASIA1", AT)
    records = [
        used(work, "2026-11-03T02:05:00Z", "e1"),
        assume_role(ALICE, AT, "ASIA1"),
        assume_role(work, "2026-11-03T02:06:00Z", "ASIA2", "deep"),
        used(role_session("deep", "deep", "ASIA2", "2026-11-03T02:06:00Z"), AT, "e2"),
    ]
    expected = roots(*records)
    for seed in range(6):
        random.Random(seed).shuffle(records)
        assert roots(*records) == expected
    assert expected["e2"] == "alice"


def test_a_circle_ends() -> None:
    """Two sessions that claim to have issued each other are cut where the circle closes."""
    one = role_session("one", "one", "ASIA1", AT)
    two = role_session("two", "two", "ASIA2", AT)
    found = roots(
        assume_role(one, AT, "ASIA2", "two"), assume_role(two, AT, "ASIA1", "one"),
        used(one, AT, "e1"),
    )  # fmt: skip
    assert found["e1"] in {"role/one/one", "role/two/two"}


def test_same_role_and_name_in_one_second_are_told_apart_by_key() -> None:
    """Two callers take the same role under the same name at once: each key keeps its owner."""
    found = roots(
        assume_role(ALICE, AT, "ASIA1"), assume_role(BOB, AT, "ASIA2"),
        used(role_session("admin", "work", "ASIA1", AT), AT, "of alice"),
        used(role_session("admin", "work", "ASIA2", AT), AT, "of bob"),
        used(role_session("admin", "work", None, AT), AT, "of either"),
    )  # fmt: skip
    assert found["of alice"] == "alice"
    assert found["of bob"] == "bob"
    assert found["of either"] == "role/admin/work"


def test_a_session_without_a_key_is_tied_by_its_beginning() -> None:
    """Where no key is logged, assumed role id and creation date say which session it is."""
    keyless = role_session("admin", "work", None, AT)
    found = roots(assume_role(ALICE, AT, "ASIA1"), used(keyless, AT, "e1"))
    assert found["e1"] == "alice"


def test_a_console_session_is_one_session() -> None:
    """A console signs each request with a fresh key; principal and creation date stay."""
    clicks = [
        used(role_session("admin", "work", f"ASIACLICK{number}", AT), AT, f"click{number}")
        for number in range(4)
    ]
    answer = attribute(events(assume_role(ALICE, AT, "ASIA1"), *clicks)).collect()
    clicked = answer.filter(pl.col("event_id").str.starts_with("click"))
    assert clicked["session_id"].unique().to_list() == ["ASIA1"]
    assert clicked["root_actor"].unique().to_list() == ["alice"]


def test_another_accounts_copy_names_the_caller() -> None:
    """The role's account logs only AWSAccount; the caller's copy with the same key knows more."""
    foreign = {"type": "AWSAccount", "principalId": "AIDAALICEXXXXXXXXXXXX", "accountId": "1" * 12}
    shared = {"sharedEventID": "shared"}
    found = roots(
        assume_role(foreign, AT, "ASIA1", recipientAccountId="222233334444", **shared),
        assume_role(ALICE, AT, "ASIA1", recipientAccountId="111122223333", **shared),
        used(role_session("admin", "work", "ASIA1", AT, "222233334444"), AT, "e1"),
    )
    assert found["e1"] == "alice"


def test_a_key_made_for_another_user_leads_to_its_maker() -> None:
    """A long-term key that was created here is a credential that somebody issued."""
    made = event(
        eventSource="iam.amazonaws.com", eventName="CreateAccessKey", userIdentity=ALICE,
        responseElements={"accessKey": {"accessKeyId": "AKIANEW", "userName": "backup"}},
        eventID="made",
    )  # fmt: skip
    found = roots(made, used(iam_user("backup", "AKIANEW"), AT, "e1"))
    assert found["e1"] == "alice"


def test_a_denied_request_issues_nothing() -> None:
    """Only calls that succeeded count."""
    refused = assume_role(ALICE, AT, "ASIA1", errorCode="AccessDenied")
    found = roots(refused, used(role_session("admin", "work", "ASIA1", AT), AT, "e1"))
    assert found["e1"] == "role/admin/work"


def test_a_service_that_serves_a_workload_is_not_its_root() -> None:
    """EC2 takes the role for an instance: the instance is the one that acts."""
    ec2 = {"type": "AWSService", "invokedBy": "ec2.amazonaws.com"}
    instance = role_session("app", "i-0123456789abcdef0", "ASIA1", AT)
    found = roots(assume_role(ec2, AT, "ASIA1", "i-0123456789abcdef0"), used(instance, AT, "e1"))
    assert found["e1"] == "role/app/i-0123456789abcdef0"


def test_every_event_stays_and_none_is_doubled() -> None:
    """Attribution adds columns, never rows."""
    records = [assume_role(ALICE, AT, "ASIA1"), assume_role(ALICE, AT, "ASIA1", eventID="again")]
    work = role_session("admin", "work", "ASIA1", AT)
    answer = attribute(events(*records, used(work, AT, "e1"))).collect()
    assert sorted(answer["event_id"]) == ["again", "e1", "issue-ASIA1-"]
    assert answer.select("root_actor", "session_id", "chain_text").null_count().row(0) == (0, 0, 0)


def test_it_stays_lazy() -> None:
    """The big frame is joined when somebody collects."""
    assert isinstance(attribute(events(used(ALICE, AT, "e1"))), pl.LazyFrame)


@pytest.mark.parametrize("session", ["a.*b", "ü→x", "x" * 64])
def test_odd_session_names(session: str) -> None:
    """Names are data: whatever stands in them, the key decides."""
    work = role_session("admin", session, "ASIA1", AT)
    found = roots(assume_role(ALICE, AT, "ASIA1", session), used(work, AT, "e1"))
    assert found["e1"] == "alice"
