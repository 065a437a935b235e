"""Which credential issued which, one row per session."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import trailnb as tn
from tests.evidence import event, events
from tests.lineage.credentials import assume_role, iam_user, role_session, used
from trailnb._lineage.sessions import SCHEMA, lineage

ALICE = iam_user("alice", "AKIAALICE")
AT = "2026-11-03T02:00:00Z"
INVICTUS = Path(__file__).parents[2].parent / "shared" / "data" / "invictus-aws-dataset"


def told(*records: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What does lineage say of each session, by its id?"""
    answer = lineage(events(*records)).collect()
    return {row["session_id"]: row for row in answer.iter_rows(named=True)}


def test_columns_are_as_documented() -> None:
    """The answer has the documented columns and types, also when nothing happened."""
    assert lineage(events(used(ALICE, AT, "e1"))).collect().schema == SCHEMA
    assert lineage(tn.open({})).collect().schema == SCHEMA


def test_a_session_tells_how_it_was_issued() -> None:
    """Chain, way, link and issuing event stand beside each other."""
    work = role_session("admin", "work", "ASIA1", AT)
    row = told(assume_role(ALICE, AT, "ASIA1"), used(work, AT, "e1"))["ASIA1"]
    assert row["chain"] == ["alice", "role/admin/work"]
    assert (row["how"], row["link"]) == ("AssumeRole", "issued access key")
    assert (row["issuing_event_id"], row["parent_session"]) == ("issue-ASIA1-", "AKIAALICE")
    assert (row["depth"], row["unresolved"]) == (1, None)


def test_a_console_sign_in_begins_a_session() -> None:
    """A user's console session names the sign-in that began it."""
    login = event(
        eventSource="signin.amazonaws.com", eventName="ConsoleLogin", eventType="AwsConsoleSignIn",
        userIdentity={k: v for k, v in ALICE.items() if k != "accessKeyId"}, eventTime=AT,
        responseElements={"ConsoleLogin": "Success"}, eventID="login",
    )  # fmt: skip
    attributes = {"attributes": {"creationDate": AT, "mfaAuthenticated": "true"}}
    click = used(ALICE | {"accessKeyId": "ASIACLICK", "sessionContext": attributes}, AT, "click")
    row = told(login, click)[f"{ALICE['principalId']}@{AT}"]
    assert (row["how"], row["issuing_event_id"]) == ("console sign-in", "login")
    assert row["is_mfa"] is True


def test_an_instance_got_its_role_by_delivery() -> None:
    """What EC2 takes for an instance is named a delivery."""
    ec2 = {"type": "AWSService", "invokedBy": "ec2.amazonaws.com"}
    instance = role_session("app", "i-0123456789abcdef0", "ASIA1", AT)
    rows = told(assume_role(ec2, AT, "ASIA1", "i-0123456789abcdef0"), used(instance, AT, "e1"))
    assert rows["ASIA1"]["how"] == "EC2 delivery"


@pytest.mark.parametrize(
    ("records", "reason"),
    [
        (
            [used(role_session("admin", "work", "ASIA1", "2026-11-01T00:00:00Z"), AT, "e1")],
            "issued before the window",
        ),
        (
            [used(ALICE, "2026-11-02T00:00:00Z", "e0"),
             used(role_session("admin", "work", "ASIA1", AT), AT, "e1")],
            "no event here issued it: another account's or region's trail may have",
        ),
        (
            [used(role_session("admin", "work", None, AT), AT, "e1")],
            "no access key was logged, and no event issued such a session",
        ),
        (
            [assume_role({"type": "AWSAccount", "accountId": "9" * 12}, AT, "ASIA1"),
             used(role_session("admin", "work", "ASIA1", AT), AT, "e1")],
            "issued to another account whose trail is not here",
        ),
        (
            [assume_role(ALICE, AT, "ASIA1"), assume_role(ALICE, AT, "ASIA2"),
             used(role_session("admin", "work", None, AT), AT, "e1")],
            "ambiguous: several sessions of this role and name began in that second",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_resolved_says_why(records: list[dict[str, Any]], reason: str) -> None:
    """An unknown parent is named with its reason, never guessed."""
    reasons = {row["unresolved"] for row in told(*records).values()}
    assert reason in reasons


def test_sums_are_of_the_session() -> None:
    """Events, refusals, addresses and times are those of the session itself."""
    work = role_session("admin", "work", "ASIA1", AT)
    row = told(
        assume_role(ALICE, AT, "ASIA1"),
        used(work, "2026-11-03T02:01:00Z", "e1"),
        used(work, "2026-11-03T02:09:00Z", "e2", errorCode="AccessDenied",
             sourceIPAddress="203.0.113.9"),
    )["ASIA1"]  # fmt: skip
    assert (row["events"], row["denied"]) == (2, 1)
    assert row["origins"] == ["198.51.100.7", "203.0.113.9"]
    assert (row["first_use"].minute, row["last_use"].minute) == (1, 9)


@pytest.mark.filterwarnings("ignore::trailnb.errors.ProblemWarning")
def test_the_two_hop_chain_of_the_samples() -> None:
    """The archive's reader is, three credentials back, the owner of the leaked key."""
    sessions = lineage(tn.open("data-samples/acme")).collect()
    row = sessions.filter(pl.col("actor") == "role/log-operations/backup-sync")
    assert row["root_actor"].item() == "ci-deploy"
    assert row["chain"].item().to_list() == [
        "ci-deploy", "svc-backup-sync", "role/staging-deployer/backup-sync",
        "role/log-operations/backup-sync",
    ]  # fmt: skip


def test_lookback_supplies_the_issuer() -> None:
    """A session used inside the window finds its issuer in a file delivered before it."""
    base = "AWSLogs/111122223333/CloudTrail/eu-central-1/2026/11/{:02d}/{}"
    name = "111122223333_CloudTrail_eu-central-1_202611{:02d}T{}Z_abcdefghijklmnop.json"
    work = role_session("admin", "work", "ASIA1", "2026-11-02T20:00:00Z")
    logs = {
        base.format(2, name.format(2, "2005")): [
            assume_role(ALICE, "2026-11-02T20:00:00Z", "ASIA1")
        ],
        base.format(3, name.format(3, "0205")): [used(work, "2026-11-03T02:00:00Z", "e1")],
    }
    trail = tn.open(
        {key: json.dumps({"Records": rows}) for key, rows in logs.items()},
        since="2026-11-03",
    )
    assert lineage(trail).collect()["root_actor"].to_list() == ["alice"]


@pytest.mark.skipif(not INVICTUS.exists(), reason="the shared real sets are not here")
def test_every_issued_session_of_a_real_incident() -> None:
    """All 70 events under an issued key are tied by that key; each of the other 6 says why not."""
    trail = tn.open(INVICTUS)
    found = tn.attribute(trail).filter(pl.col("user_type") == "AssumedRole").collect()
    sessions = lineage(trail).collect()
    tied = sessions.filter(pl.col("link") == "issued access key")["session_id"]
    keyed = found.filter(pl.col("access_key_id").is_in(tied.implode()))
    assert keyed.height == 70
    rest = found.filter(~pl.col("event_id").is_in(keyed["event_id"].implode()))
    reasons = sessions.filter(pl.col("session_id").is_in(rest["session_id"].implode()))
    assert rest.height == 6
    assert reasons.select(pl.coalesce("link", "unresolved")).null_count().item() == 0


@pytest.mark.parametrize("stamp", ["T0205Z", ""])
def test_an_issuer_before_the_window_lies_in_its_first_files(stamp: str) -> None:
    """Issued a minute before the window, delivered inside it, or in a file that tells no time."""
    name = f"111122223333_CloudTrail_eu-central-1_20261103{stamp}_abcdefghijklmnop.json"
    key = f"AWSLogs/111122223333/CloudTrail/eu-central-1/2026/11/03/{name}" if stamp else "all.json"
    work = role_session("admin", "work", "ASIA1", "2026-11-03T01:59:00Z")
    rows = [assume_role(ALICE, "2026-11-03T01:59:00Z", "ASIA1"), used(work, AT, "e1")]
    trail = tn.open({key: json.dumps({"Records": rows})}, since="2026-11-03T02:00Z")
    assert trail.events.collect()["event_id"].to_list() == ["e1"]
    assert lineage(trail).collect()["root_actor"].to_list() == ["alice"]
