"""The role that the attack on the samples opened is named with each account it now trusts."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import polars as pl
import pytest

import trailnb as tn

SAMPLES = Path(__file__).parents[2] / "data-samples"
ATTACK = tomllib.loads((SAMPLES / "MANIFEST.toml").read_text("utf-8"))["acme"]["attack"]
TRUTH = ATTACK["cross_account_trust"]
OUTER = [let_in for let_in in TRUTH["trusted"] if let_in["standing"] != "own"]
STANDING = {"known": "known in this trail", "foreign": "foreign"}

pytestmark = pytest.mark.filterwarnings("ignore::trailnb.errors.ProblemWarning")


@pytest.fixture(name="trail", scope="module")
def _trail() -> tn.Trail:
    return tn.open(SAMPLES / "acme", progress=lambda _: None)


@pytest.fixture(name="changes", scope="module")
def _changes(trail: tn.Trail) -> pl.DataFrame:
    return tn.iam_changes(trail).collect()


def test_the_manifest_opens_the_role_both_ways() -> None:
    """To an account whose events are here, and to one that appears nowhere else."""
    assert sorted(let_in["standing"] for let_in in OUTER) == ["foreign", "known"]


def test_one_change_and_no_other_trusts_across_accounts(changes: pl.DataFrame) -> None:
    """Exactly the event of the manifest carries the mark, by whom and on what it says."""
    rows = changes.filter(pl.col("marks").list.contains("cross-account trust"))
    [row] = rows.to_dicts()
    assert row["event_id"] == TRUTH["event_id"]
    assert row["entity_arn"] == TRUTH["role"]
    assert (row["aspect"], row["outcome"], row["change"]) == ("trust", "success", "changed")
    assert TRUTH["by"].endswith(f":user/{row['actor']}")
    assert ATTACK["leaked_key_owner"].endswith(f":user/{row['root_actor']}")


def test_each_account_is_named_as_known_or_foreign(changes: pl.DataFrame) -> None:
    """The reasons name the accounts of the manifest, and how far each is known."""
    [reasons] = changes.filter(event_id=TRUTH["event_id"])["reasons"].to_list()
    said = [reason for reason in reasons if reason.startswith("trusts account")]
    assert said == [
        f"trusts account {let_in['account']}, {STANDING[let_in['standing']]}: sts:AssumeRole"
        for let_in in OUTER
    ]


def test_the_change_tells_before_and_after(changes: pl.DataFrame) -> None:
    """Before, only EC2 might take the role; after, so may everyone the manifest lists."""
    row = changes.filter(event_id=TRUTH["event_id"]).row(0, named=True)
    service = {"Service": "ec2.amazonaws.com"}
    before, after = (json.loads(row[when])["Statement"] for when in ("before", "after"))
    assert [statement["Principal"] for statement in before] == [service]
    let_in = sorted(each["principal"] for each in TRUTH["trusted"])
    assert [statement["Principal"] for statement in after] == [{"AWS": let_in, **service}]
    assert row["lost"] == []
    text = str(tn.iam_view(changes.filter(event_id=TRUTH["event_id"])))
    assert all(f"+   Principal AWS:{principal}" in text for principal in let_in)


def test_the_radius_of_the_leaked_key_reaches_the_opened_role(trail: tn.Trail) -> None:
    """The trust is persistence that the key's chain made; what outsiders do with it is unseen."""
    radius = tn.blast_radius(trail, start=ATTACK["leaked_key"]).collect()
    row = radius.filter(kind="trust").row(0, named=True)
    assert TRUTH["event_id"] in row["event_ids"]
    assert row["reached_by"] == ATTACK["new_key"]
    assert all(f"AWS:{let_in['principal']}" in row["how"] for let_in in TRUTH["trusted"])
    [foreign] = [let_in["account"] for let_in in OUTER if let_in["standing"] == "foreign"]
    assert row["unknown"] == f"what {foreign} does is in its own trail"


def test_triage_rests_an_alert_on_the_event(trail: tn.Trail) -> None:
    """Among the new user's changes of permissions, with the leaked key's owner behind it."""
    rows = tn.triage(trail).filter(pl.col("event_ids").list.contains(TRUTH["event_id"])).collect()
    row = rows.filter(what="permissions changed").row(0, named=True)
    assert row["level"] == "alert"
    assert f"UpdateAssumeRolePolicy on role/{TRUTH['role'].rpartition('/')[2]}" in row["why"]
    assert ATTACK["leaked_key_owner"].endswith(f":user/{row['root_actor']}")


def test_the_quiet_organization_trusts_nobody_outside() -> None:
    """Where nothing happened, nothing carries the mark."""
    quiet = tn.iam_changes(tn.open(SAMPLES / "quiet", progress=lambda _: None)).collect()
    assert not quiet["marks"].explode().drop_nulls().is_in(["cross-account trust"]).any()
