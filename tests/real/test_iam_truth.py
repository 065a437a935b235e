"""Permission changes of attacks whose truth is known: samples by manifest, real sets by name."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import trailnb as tn

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"
ATTACK = tomllib.loads((ROOT / "data-samples" / "MANIFEST.toml").read_text("utf-8"))["acme"][
    "attack"
]
ESCALATING = {"admin-equivalent", "escalation path", "self-granted"}

pytestmark = pytest.mark.filterwarnings("ignore::trailnb.errors.ProblemWarning")


@cache
def told(place: str) -> pl.DataFrame:
    """What changed, in the samples or in a real set?"""
    path = ROOT / place if place.startswith("data-samples") else DATA / place
    if not path.is_dir():
        pytest.skip(f"the real records are not at {path}")
    return tn.iam_changes(tn.open(path, progress=lambda _: None)).collect()


def escalated(place: str) -> list[dict[str, Any]]:
    """Which changes carry a mark of escalation?"""
    marked = pl.col("marks").list.set_intersection(list(ESCALATING)).list.len() > 0
    return told(place).filter(marked).to_dicts()


def test_exactly_the_escalations_that_were_made() -> None:
    """Every step that gained something is one, with what it gained; who set up what was there, too.

    Beside them only the set-up of two days before: the deploy user was given CloudFormation, and
    the right to write its own policy, by which it was taken over.
    """
    steps = {step["event_id"]: step for step in ATTACK["step"]}
    made = {row["event_id"] for row in escalated("data-samples/acme") if row["event_id"] in steps}
    is_write = {name: step["action"].startswith("iam:") for name, step in steps.items()}
    gaining = {
        name
        for name, step in steps.items()
        if step["gained"] and step["gained"] != ["unknown"] and is_write[name]
    }
    trust = {n for n, step in steps.items() if step["action"] == "iam:UpdateAssumeRolePolicy"}
    assert made == gaining | trust
    others = [row for row in escalated("data-samples/acme") if row["event_id"] not in steps]
    assert {(row["actor"], str(row["time"].date())) for row in others} == {
        ("dana.okafor@example.com", "2026-11-01")
    }
    assert {row["marks"][0] for row in others} == {"escalation path"}
    for name in gaining:
        gained = told("data-samples/acme").filter(event_id=name)["gained"].explode().str.join(" ")
        assert all(action in gained[0] for action in steps[name]["gained"])
    assert escalated("data-samples/quiet") == []


def test_denied_steps_are_attempts_and_every_iam_step_is_told() -> None:
    """Each step of IAM is a row with its outcome."""
    for step in ATTACK["step"]:
        if step["action"].startswith("iam:"):
            rows = told("data-samples/acme").filter(event_id=step["event_id"])
            assert rows.height >= 1, step["name"]
            assert rows["outcome"].unique().to_list() == [step["outcome"]]
            assert (rows["change"] == "attempted").all() == (step["outcome"] == "denied")


def test_the_omitted_policy_is_said_as_omitted() -> None:
    """In the policy, at whoever it was attached to, and in the state ever since."""
    truth = ATTACK["omitted_policy"]
    said = f"omitted, {truth['original_size']} bytes"
    rows = told("data-samples/acme").filter(after=said)
    assert set(rows["entity_arn"]) == {truth["policy"], truth["attached_to"]}
    assert rows["marks"].to_list() == [["content unknown"]] * 2
    trail = tn.open(ROOT / "data-samples" / "acme", progress=lambda _: None)
    found = tn.iam_state(trail).explain(truth["attached_to"], "s3:GetObject", "arn:aws:s3:::x/y")
    assert f"a document is omitted, {truth['original_size']:,} bytes" in found.unknowns


def test_the_persistence_of_the_attack_is_marked() -> None:
    """The new user, its key and its password."""
    rows = told("data-samples/acme").filter(pl.col("marks").list.contains("persistence"))
    steps = {step["event_id"]: step["name"] for step in ATTACK["step"]}
    assert [steps[name] for name in rows["event_id"]] == [
        "CreateUser", "CreateAccessKey", "CreateLoginProfile",
    ]  # fmt: skip


#: Technique, call, what it is done to, the mark it must carry; and in which set it was run.
BOTH = ("stratus-red-team", "invictus-aws-dataset")
TECHNIQUES = [
    ("backdoor role", "iam:UpdateAssumeRolePolicy", "trust", "cross-account trust", BOTH),
    ("backdoor user", "iam:CreateAccessKey", "access key", "persistence", BOTH),
    ("login profile", "iam:CreateLoginProfile", "login profile", "persistence", BOTH),
    ("login profile changed", "iam:UpdateLoginProfile", "login profile", "persistence", BOTH[:1]),
    ("admin user", "iam:CreateUser", "exists", "persistence", BOTH),
    ("admin user", "iam:AttachUserPolicy", "managed policy", "admin-equivalent", BOTH),
    ("backdoor role made", "iam:CreateRole", "trust", "cross-account trust", BOTH[:1]),
    ("rolesanywhere", "rolesanywhere:CreateTrustAnchor", "exists", "persistence", BOTH),
    ("rolesanywhere", "rolesanywhere:CreateProfile", "exists", "persistence", BOTH),
    ("share snapshot", "ec2:ModifySnapshotAttribute", "shared with", "cross-account trust", BOTH),
    ("share AMI", "ec2:ModifyImageAttribute", "shared with", "cross-account trust", BOTH),
    ("share database", "rds:ModifyDBSnapshotAttribute", "shared with", "cross-account trust", BOTH),
    ("share bucket", "s3:PutBucketPolicy", "resource policy", "cross-account trust", BOTH[1:]),
    ("share function", "lambda:AddPermission", "statement", "public principal", BOTH),
    ("layer", "lambda:UpdateFunctionConfiguration", "layers", "persistence", BOTH[:1]),
    ("open port", "ec2:AuthorizeSecurityGroupIngress", "rule", "public principal", BOTH),
]
CASES = [(place, *one) for *one, places in TECHNIQUES for place in places]


@pytest.mark.parametrize(("place", "technique", "action", "aspect", "mark"), CASES)
def test_every_technique_shows_with_its_mark(
    place: str, technique: str, action: str, aspect: str, mark: str
) -> None:
    """A change of the thing it was done to, marked for what it is."""
    rows = told(place).filter(
        pl.col("action") == action,
        pl.col("aspect").str.starts_with(aspect),
        pl.col("marks").list.contains(mark),
    )
    assert rows.height, technique


@pytest.mark.parametrize("place", BOTH)
def test_leaving_the_organization_was_only_tried(place: str) -> None:
    """The account was refused: an attempt, and no mark."""
    row = told(place).row(
        by_predicate=pl.col("action").str.ends_with("LeaveOrganization"), named=True
    )
    assert (row["change"], row["marks"]) == ("attempted", [])


@pytest.mark.parametrize("place", BOTH)
def test_no_background_noise_is_an_escalation(place: str) -> None:
    """Only AdministratorAccess, given to the attacks' own users and roles, is."""
    for row in escalated(place):
        assert row["aspect"] == "managed policy arn:aws:iam::aws:policy/AdministratorAccess"
        assert row["entity_name"].startswith(("malicious-iam", "stratus-red-team-"))
    assert escalated(place)
