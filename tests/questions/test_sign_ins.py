"""Who signed in, how, with MFA, after how many failures."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import trailnb as tn
from tests.evidence import event, events, role, user
from trailnb.questions.sign_ins import SCHEMA, sign_ins

ROOT = Path(__file__).parents[2]
INVICTUS = ROOT.parent / "shared" / "data" / "invictus-aws-dataset" / "CloudTrail"
STEPS = tomllib.loads((ROOT / "data-samples" / "MANIFEST.toml").read_text("utf-8"))["acme"][
    "attack"
]["step"]


def login(answer: str, minute: int = 0, mfa: str = "No", **fields: Any) -> dict[str, Any]:
    """A console sign-in."""
    return event(
        eventSource="signin.amazonaws.com",
        eventName="ConsoleLogin",
        eventType="AwsConsoleSignIn",
        eventTime=f"2026-11-02T09:{minute:02}:00Z",
        eventID=f"{minute:02}",
        responseElements={"ConsoleLogin": answer},
        additionalEventData={"MFAUsed": mfa},
        **fields,
    )


def told(*records: dict[str, Any]) -> list[dict[str, Any]]:
    """The sign-ins of these events."""
    return sign_ins(events(*records)).collect().to_dicts()


def test_mfa_and_failures_before() -> None:
    """A success after failures in the hour before, and whether MFA was used."""
    rows = told(login("Success", 30, "Yes"), login("Failure", 1), login("Failure", 2), event())
    assert [row["failures_before"] for row in rows] == [0, 1, 2]
    assert [row["outcome"] for row in rows] == ["failed", "failed", "success"]
    assert [row["is_mfa"] for row in rows] == [False, False, True]


def test_failures_from_one_address_count_for_all() -> None:
    """Passwords sprayed over many users come from one address."""
    sprayed = [login("Failure", n, userIdentity=user(f"user{n}")) for n in range(3)]
    assert told(*sprayed, login("Success", 5))[-1]["failures_before"] == 3


def test_mfa_of_federation_cannot_be_known() -> None:
    """AWS writes No where an identity provider may well have asked."""
    (row,) = told(login("Success", userIdentity=role("admin", "ann")))
    assert row["is_mfa"] is None


@pytest.mark.parametrize(
    ("source", "name", "kind"),
    [
        ("signin", "SwitchRole", "switch role"),
        ("signin", "CreateOAuth2Token", "aws login"),
        ("signin", "GetSigninToken", "sign-in link"),
        ("sts", "AssumeRoleWithSAML", "SAML"),
        ("sso", "Federate", "Identity Center"),
    ],
)
def test_kinds(source: str, name: str, kind: str) -> None:
    """Every way in has its kind."""
    (row,) = told(event(eventSource=f"{source}.amazonaws.com", eventName=name))
    assert row["kind"] == kind


def test_switched_role_names_where_from() -> None:
    """The identity before the switch is told; odd extras are no error."""
    before = "arn:aws:iam::111122223333:user/alice"
    switch = event(
        eventSource="signin.amazonaws.com",
        eventName="SwitchRole",
        userIdentity=role("admin", "alice"),
        additionalEventData={"SwitchFrom": before},
    )
    assert told(switch)[0]["switched_from"] == before
    broken = events(switch).with_columns(additional_event_data=pl.lit('{"SwitchFrom": "arn'))
    assert sign_ins(broken).collect()["switched_from"].to_list() == [None]
    assert sign_ins(broken).collect_schema() == SCHEMA


def test_sign_in_of_the_attack() -> None:
    """The new user signs in without MFA after one failure, from an address of the attack."""
    trail = tn.open(ROOT / "data-samples" / "acme", progress=lambda _: None)
    with pytest.warns(tn.errors.ProblemWarning):
        answer = sign_ins(trail).collect()
    (step,) = [s for s in STEPS if s["name"] == "ConsoleLogin" and s["outcome"] == "success"]
    found = answer.filter(kind="console", outcome="success", is_mfa=False)
    assert found.select("actor", "origin", "failures_before").rows() == [
        ("svc-backup-sync", step["origin"], 1)
    ]


def test_quiet_sample_signs_in_with_mfa() -> None:
    """Nobody with a password of AWS's own goes without."""
    answer = sign_ins(tn.open(ROOT / "data-samples" / "quiet", progress=lambda _: None)).collect()
    assert answer.height > 0
    assert answer.filter(outcome="success", is_mfa=False).is_empty()


@pytest.mark.skipif(not INVICTUS.exists(), reason="the set is not here")
def test_sign_ins_in_real_logs() -> None:
    """Two sign-ins, one without MFA, and the check of the other's."""
    answer = sign_ins(tn.open(INVICTUS, progress=lambda _: None)).collect()
    assert answer.select("kind", "is_mfa").rows() == [
        ("console", False), ("MFA check", None), ("console", True),
    ]  # fmt: skip
