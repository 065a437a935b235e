"""Who was refused what, and who tried many things at once."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

import trailnb as tn
from tests.evidence import event, events, user
from trailnb.errors import RequestError
from trailnb.questions.denied import BURSTS, SCHEMA, denied, denied_bursts

ROOT = Path(__file__).parents[2]
INVICTUS = ROOT.parent / "shared" / "data" / "invictus-aws-dataset" / "CloudTrail"
RECON = tomllib.loads((ROOT / "data-samples" / "MANIFEST.toml").read_text("utf-8"))["acme"][
    "attack"
]["reconnaissance"]
WHY = "… because no identity-based policy allows the action"


def refused(name: str, minute: int, **fields: object) -> dict[str, object]:
    """A refusal at a minute of an hour."""
    return event(
        eventName=name,
        eventSource="iam.amazonaws.com",
        eventTime=f"2026-11-02T09:{minute:02}:00Z",
        eventID=f"{name}-{minute}",
        errorCode="AccessDenied",
        errorMessage=WHY,
        **fields,
    )


def keyed(number: int) -> dict[str, object]:
    """A user with a key of their own."""
    return user("u") | {"accessKeyId": f"AKIA{number}"}


def test_who_was_refused_what_by_what() -> None:
    """One row per actor, session, action and policy; successes are not told."""
    answer = denied(events(refused("GetUser", 1), refused("GetUser", 2), event())).collect()
    assert answer.schema == SCHEMA
    (row,) = answer.to_dicts()
    assert (row["actor"], row["action"], row["denied_by"]) == (
        "alice", "iam:GetUser", "identity policy",
    )  # fmt: skip
    assert (row["events"], row["session"]) == (2, "AKIAIOSFODNN7EXAMPLE")


def test_burst_is_many_actions_in_a_short_time() -> None:
    """Five different refusals in a quarter of an hour, and what else lies within its reach."""
    tried = [refused(f"Get{n}", n) for n in range(5)]
    answer = denied_bursts(events(*tried, refused("Get4", 5), refused("Late", 50))).collect()
    assert answer.schema == BURSTS
    (row,) = answer.to_dicts()
    assert (row["events"], row["action_count"]) == (6, 5)
    assert row["event_ids"] == [*(f"Get{n}-{n}" for n in range(5)), "Get4-5"]
    assert str(row["last_seen"] - row["first_seen"]) == "0:05:00"


@pytest.mark.parametrize(
    ("tried", "bursts"),
    [
        ([refused("GetUser", n) for n in range(30)], 0),
        ([refused(f"Get{n}", n * 5) for n in range(5)], 0),
        ([refused(f"Get{n}", 0, userIdentity=keyed(n)) for n in range(9)], 0),
        ([refused("GetUser", n, requestParameters={"userName": f"u{n}"}) for n in range(10)], 1),
        ([refused(f"Get{n % 5}", n + 30 * (n // 5)) for n in range(10)], 2),
    ],
)  # fmt: skip
def test_what_is_a_burst(tried: list[dict[str, object]], bursts: int) -> None:
    """Repeats, slow trials and many people are none; guessing names is; a pause ends it."""
    assert denied_bursts(events(*tried)).collect().height == bursts


def test_bursts_of_nothing() -> None:
    """No refusal, no burst; a wrong duration is refused at once."""
    assert denied_bursts(events(event())).collect().is_empty()
    with pytest.raises(RequestError, match="within='soon'"):
        denied_bursts(events(event()), within="soon")


def test_reconnaissance_of_the_sample() -> None:
    """The leaked key's trials are one burst: all its refusals of that half hour."""
    trail = tn.open(ROOT / "data-samples" / "acme", progress=lambda _: None)
    with pytest.warns(tn.errors.ProblemWarning):
        (row,) = denied_bursts(trail).collect().to_dicts()
    assert row["actor"] == "ci-deploy"
    assert len(set(row["event_ids"]) & set(RECON["event_ids"])) == RECON["failed"]


def test_quiet_sample_has_no_burst() -> None:
    """People who lack a permission now and then explore nothing."""
    trail = tn.open(ROOT / "data-samples" / "quiet", progress=lambda _: None)
    assert denied_bursts(trail).collect().is_empty()
    assert denied(trail).collect()["events"].sum() > 0


@pytest.mark.skipif(not INVICTUS.exists(), reason="the set is not here")
def test_guessing_in_real_logs() -> None:
    """Two tools tried one action on many instances."""
    found = denied_bursts(tn.open(INVICTUS, progress=lambda _: None)).collect()
    tried = dict(zip(found["actions"].list.first(), found["events"], strict=True))
    assert tried == {"ec2:GetPasswordData": 29, "ec2:DescribeInstanceAttribute": 15}
