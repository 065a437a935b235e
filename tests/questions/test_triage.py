"""What to look at first: the leads, their order, and that quiet logs give none."""

from __future__ import annotations

import json
import time
import tomllib
import warnings
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import trailnb as tn
from tests.evidence import event, events, role, user
from trailnb.questions._leads import LEVELS, MOST_IDS
from trailnb.questions.triage import SCHEMA, triage

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "data-samples"
INVICTUS = ROOT.parent / "shared" / "data" / "invictus-aws-dataset"
ATTACK = tomllib.loads((SAMPLES / "MANIFEST.toml").read_text("utf-8"))["acme"]["attack"]
STEPS = {(step["name"], step["outcome"]): step for step in ATTACK["step"]}


@cache
def acme(since: str | None = None) -> pl.DataFrame:
    """What are the leads of the sample organization?"""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", tn.errors.ProblemWarning)
        return triage(tn.open(SAMPLES / "acme", progress=lambda _: None), since=since).collect()


def leads(*records: dict[str, Any], since: str | None = None) -> list[tuple[str, str, str]]:
    """Which leads do these records give: level, what, actor?"""
    told = triage(events(*numbered(records)), since=since).collect()
    return told.select("level", "what", "actor").rows()


def numbered(records: tuple[dict[str, Any], ...]) -> list[dict[str, Any]]:
    """Give every record its own id."""
    return [record | {"eventID": f"{place:08d}"} for place, record in enumerate(records)]


def call(service: str, name: str, **fields: Any) -> dict[str, Any]:
    """A call that changes something."""
    return event(
        eventSource=f"{service}.amazonaws.com", eventName=name, **({"readOnly": False} | fields)
    )


def refusals(actions: int, **fields: Any) -> list[dict[str, Any]]:
    """Different calls in a minute, all denied."""
    return [
        event(eventName=f"List{place}", errorCode="AccessDenied", **fields)
        for place in range(actions)
    ]


def ids_of(what: str, told: pl.DataFrame) -> set[str]:
    """Which events do alerts of this kind name?"""
    return set(told.filter(what=what, level="alert")["event_ids"].explode().drop_nulls())


@pytest.mark.parametrize(
    ("what", "event_ids"),
    [
        ("denied burst", ATTACK["reconnaissance"]["event_ids"]),
        ("permissions changed", [STEPS["PutUserPolicy", "success"]["event_id"]]),
        ("permissions changed", [STEPS["CreatePolicyVersion", "success"]["event_id"]]),
        ("permissions changed", [STEPS["AttachUserPolicy", "denied"]["event_id"]]),
        ("credential for another", [STEPS["CreateUser", "success"]["event_id"]]),
        ("credential for another", [STEPS["CreateAccessKey", "success"]["event_id"]]),
        ("credential for another", [STEPS["CreateLoginProfile", "success"]["event_id"]]),
        ("sign-in without MFA", [STEPS["ConsoleLogin", "success"]["event_id"]]),
        ("long chain", [ATTACK["hop"][0]["caller_event_id"], ATTACK["hop"][0]["role_event_id"]]),
        ("long chain", [ATTACK["hop"][1]["caller_event_id"], ATTACK["hop"][1]["role_event_id"]]),
        ("content withheld", [ATTACK["omitted_policy"]["event_id"]]),
        ("data leaving", ATTACK["reads"]["event_ids"]),
    ],
)
def test_steps_of_the_attack_are_alerts(what: str, event_ids: list[str]) -> None:
    """The manifest's truth stands among the alerts, with its event ids."""
    assert ids_of(what, acme()) & set(event_ids)


def test_both_stops_of_logging_come_first() -> None:
    """What is no longer logged decides what all else is worth; its hours are counted."""
    first = acme().head(2)
    assert first["what"].to_list() == ["logging stopped"] * 2
    stopped = [stop["event_id"] for stop in ATTACK["stop_logging"]]
    assert first["event_ids"].to_list() == [[stop] for stop in stopped]
    assert first["why"].str.contains(r"\d+ hours of coverage cannot be known").all()


def test_alerts_of_the_samples_are_all_the_attacker() -> None:
    """No colleague's everyday work is an alert, nor what the responder did the morning after."""
    alerts = acme().filter(level="alert")
    found = set(alerts["event_ids"].explode())
    seen_by_roles = {hop["role_event_id"] for hop in ATTACK["hop"]}
    assert found <= {*ATTACK["event_ids"], *seen_by_roles}
    assert set(alerts["root_actor"]) == {"ci-deploy", "svc-backup-sync"}
    assert alerts["key"].is_in([ATTACK["leaked_key"]]).any()


def test_leads_say_where_from_with_what_key_and_what_to_do_next() -> None:
    """The leaked key's lead is ready for the pivot."""
    row = acme().row(by_predicate=pl.col("what") == "denied burst", named=True)
    assert (row["origin"], row["key"]) == (ATTACK["addresses"][0], ATTACK["leaked_key"])
    assert row["next"] == f'tn.pivot(trail, key="{ATTACK["leaked_key"]}")'
    assert row["events"] == 45
    assert len(row["event_ids"]) == MOST_IDS


def test_bytes_out_are_told_against_what_is_usual() -> None:
    """The reads of the backups stand beside what others read on a day."""
    why = acme().filter(what="data leaving")["why"].item()
    assert "782.0 MB from acme-backups-archive" in why
    assert "usual day of others" in why


def test_damage_and_silence_are_leads() -> None:
    """A torn file, a gap between digests and hours without events: each is told, no events."""
    told = acme().filter(pl.col("event_ids").list.len() == 0)
    assert set(told["what"]) == {"unreadable", "digest gap", "cannot be known"}
    assert told["root_actor"].null_count() == told.height


def test_since_makes_a_baseline() -> None:
    """Addresses and users first seen afterwards are new; what ended before is no lead."""
    told = acme("2026-11-03").filter(pl.col("what").str.starts_with("new"), level="alert")
    new = told["why"].str.extract(r"^(\S+) was never seen").to_list()
    assert set(new) == {*ATTACK["addresses"], "svc-backup-sync"}
    later = triage(tn.open(SAMPLES / "quiet"), since="2026-11-05").collect()
    assert later.height == 0


@pytest.mark.parametrize("since", [None, "2026-11-03"])
def test_quiet_logs_give_notes_only(since: str | None) -> None:
    """Where nothing happened nobody is woken."""
    told = triage(tn.open(SAMPLES / "quiet", progress=lambda _: None), since=since).collect()
    assert set(told["level"]) == {"note"}


def test_schema_and_order_hold() -> None:
    """Ranks count from one, levels descend, and every lead has its reason in one sentence."""
    told = acme()
    assert told.schema == SCHEMA
    assert told["rank"].to_list() == list(range(1, told.height + 1))
    levels = [LEVELS.index(level) for level in told["level"]]
    assert levels == sorted(levels)
    assert told["why"].str.ends_with(".").all()
    assert told["next"].str.contains(r"^(tn|trail)\.").all()
    assert told["event_ids"].list.len().max() == MOST_IDS


def test_a_saved_trail_gives_the_same_leads(tmp_path: Path) -> None:
    """A store is asked column by column, and says the same."""
    trail = tn.open(SAMPLES / "quiet", progress=lambda _: None)
    assert triage(trail.save(tmp_path / "kept")).collect().equals(triage(trail).collect())


def test_events_of_a_trail_give_the_leads_about_events() -> None:
    """A frame knows no coverage and no damage; all else is the same, in any order of rows."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", tn.errors.ProblemWarning)
        found = tn.open(SAMPLES / "acme", progress=lambda _: None).events.collect()
    shown = ("level", "what", "actor", "root_actor", "events", "event_ids", "next")
    told = triage(found.sample(fraction=1, shuffle=True, seed=4)).collect()
    of_events = acme().filter(pl.col("event_ids").list.len() > 0)
    assert told.select(shown).rows() == of_events.select(shown).rows()


def test_attributed_events_are_asked_as_they_are() -> None:
    """A part of attributed events keeps its root actors, though its issuers are gone."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", tn.errors.ProblemWarning)
        found = tn.attribute(tn.open(SAMPLES / "acme", progress=lambda _: None)).collect()
    part = found.filter(pl.col("source_ip_address") == ATTACK["addresses"][2])
    told = triage(part).collect().filter(what="data leaving")
    assert told["root_actor"].to_list() == ["ci-deploy"]


def test_no_events_give_no_leads() -> None:
    """An empty frame is answered with an empty table."""
    assert triage(events(event()).filter(pl.col("actor") == "nobody")).collect().height == 0


def test_a_burst_of_many_actions_is_an_alert_and_of_few_a_warning() -> None:
    """Somebody exploring tries many things; a broken workload one, on many targets."""
    assert leads(*refusals(5)) == [("alert", "denied burst", "alice")]
    buckets = [
        event(
            eventName="GetBucketAcl",
            errorCode="AccessDenied",
            requestParameters={"bucketName": f"b{place}"},
        )
        for place in range(10)
    ]
    assert leads(*buckets) == [("warning", "denied burst", "alice")]


@pytest.mark.parametrize(
    ("hour", "level"),
    [(1, "note"), (7, "alert"), (10, "alert")],
    ids=["long ago", "before", "after"],
)
def test_suspicion_raises_what_follows_and_what_came_shortly_before(hour: int, level: str) -> None:
    """A changed permission is a note, and an alert near the hour its actor was seen exploring."""
    put = call(
        "iam",
        "PutRolePolicy",
        eventTime=f"2026-11-02T{hour:02d}:00:00Z",
        requestParameters={"roleName": "app", "policyName": "p"},
    )
    assert leads(put) == [("note", "permissions changed", "alice")]
    assert leads(put, *refusals(5))[-1] == (level, "permissions changed", "alice")


def test_a_stop_of_logging_throws_its_light_back() -> None:
    """Whoever hides traces does it last: opened late in the night, a trail still alerts."""
    window = {"since": "2026-11-03T03:10Z", "until": "2026-11-03T05:00Z"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", tn.errors.ProblemWarning)
        told = triage(tn.open(SAMPLES / "acme", progress=lambda _: None, **window)).collect()
    assert ids_of("data leaving", told) & set(ATTACK["reads"]["event_ids"])
    assert set(told.filter(what="data leaving")["root_actor"]) == {"ci-deploy"}


def test_suspicion_goes_on_to_whoever_got_access() -> None:
    """The user to whom a suspect gave a password signs in: that is an alert, too."""
    given = call(
        "iam",
        "CreateLoginProfile",
        eventTime="2026-11-02T10:00:00Z",
        requestParameters={"userName": "mallory"},
    )
    signed = call(
        "signin",
        "ConsoleLogin",
        eventTime="2026-11-02T11:00:00Z",
        eventType="AwsConsoleSignIn",
        userIdentity=user("mallory"),
        additionalEventData={"MFAUsed": "No"},
        responseElements={"ConsoleLogin": "Success"},
    )
    assert leads(given, signed) == [
        ("warning", "credential for another", "alice"),
        ("warning", "sign-in without MFA", "mallory"),
    ]
    assert {level for level, *_ in leads(*refusals(5), given, signed)} == {"alert"}


def test_a_key_for_oneself_is_rotation() -> None:
    """Only a credential made for somebody else is a lead of its own."""
    own = call("iam", "CreateAccessKey", requestParameters={"userName": "alice"})
    other = call("iam", "CreateAccessKey", requestParameters={"userName": "bob"})
    assert leads(own)[0][1] == "permissions changed"
    assert leads(other) == [("warning", "credential for another", "alice")]


def test_mfa_taken_away_is_a_warning() -> None:
    """Also one's own: whoever holds stolen credentials removes what asks for more."""
    removed = call("iam", "DeactivateMFADevice", requestParameters={"userName": "alice"})
    assert leads(removed) == [("warning", "MFA removed", "alice")]


def test_failures_before_a_sign_in_are_a_warning() -> None:
    """Three failures are more than a slip of the finger."""
    signed = call(
        "signin",
        "ConsoleLogin",
        eventType="AwsConsoleSignIn",
        additionalEventData={"MFAUsed": "Yes"},
        responseElements={"ConsoleLogin": "Success"},
    )
    failed = signed | {
        "errorMessage": "Failed authentication",
        "eventTime": "2026-11-02T08:50:00Z",
        "responseElements": {"ConsoleLogin": "Failure"},
    }
    assert leads(failed, failed, signed) == []
    assert leads(failed, failed, failed, signed) == [("warning", "sign-in after failures", "alice")]


@pytest.mark.parametrize(("key", "level"), [("AKIAIOSFODNN7EXAMPLE", "alert"), (None, "warning")])
def test_root_use_is_a_warning_and_with_a_key_an_alert(key: str | None, level: str) -> None:
    """A root user should rest, and should have no key at all."""
    root = {"type": "Root", "accountId": "111122223333", "arn": "arn:aws:iam::111122223333:root"}
    identity = root | ({"accessKeyId": key} if key else {})
    found = leads(call("s3", "CreateBucket", userIdentity=identity))
    assert found == [(level, "root use", "root/111122223333")]


def test_stopping_logging_is_an_alert_and_trying_a_warning() -> None:
    """What was refused has not happened; who tried is still worth a look."""
    stop = call("cloudtrail", "StopLogging", requestParameters={"name": "main"})
    assert leads(stop) == [("alert", "logging stopped", "alice")]
    assert leads(stop | {"errorCode": "AccessDenied"}) == [("warning", "logging stopped", "alice")]


def test_usual_reading_is_no_lead() -> None:
    """Much is read every day by whoever reads much every day; far more than that is told."""

    def read(day: int, size: float) -> dict[str, Any]:
        return event(
            eventName="GetObject",
            eventTime=f"2026-11-{day:02d}T09:00:00Z",
            eventCategory="Data",
            managementEvent=False,
            requestParameters={"bucketName": "media", "key": "film"},
            additionalEventData={"bytesTransferredOut": size},
            userIdentity=role("player", "session"),
        )

    usual = [read(day, 300e6) for day in range(1, 4)]
    assert leads(*usual) == []
    assert leads(*usual, read(5, 9e9)) == [("warning", "data leaving", "role/player/session")]


def test_log_text_cannot_break_the_next_call() -> None:
    """Names are quoted, whatever they hold."""
    told = triage(events(*numbered(tuple(refusals(5, userIdentity=role("r", 'a"b'))))))
    assert told.collect()["next"].item() == 'tn.timeline(trail, actor="role/r/a\\"b")'


@pytest.mark.skipif(not INVICTUS.is_dir(), reason="the real data set is not beside this copy")
def test_real_logs_name_the_instance_credential_in_seconds() -> None:
    """The stolen instance credentials are an alert, with exactly their two events."""
    began = time.monotonic()
    told = triage(tn.open(INVICTUS / "CloudTrail", progress=lambda _: None)).collect()
    took = time.monotonic() - began
    truth = json.loads((INVICTUS / "ground_truth.json").read_text("utf-8"))
    lead = told.row(by_predicate=pl.col("what") == "instance credential outside", named=True)
    assert lead["level"] == "alert"
    stolen = truth["stolen_instance_credentials_used_off_instance"]
    assert sorted(lead["event_ids"]) == sorted(stolen)
    assert took < 30, "a few seconds on a quiet machine"
