"""Responses: once per event, written down before and after, and honest after a crash."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

import trailnb as tn
from tests.evidence import event, events
from tests.rules.test_sets import ingress
from trailnb.errors import RequestError
from trailnb.rules.journal import opened, states_in
from trailnb.rules.respond import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[2]
STOP = tn.rules.Rule(name="stop", pattern="{ $.eventName = StopLogging }")
FRAME = events(*(event(eventName="StopLogging", eventID=one) for one in "abc"), event())


def statuses(answer: Any) -> list[str]:  # noqa: ANN401 - a frame
    """What became of each event?"""
    return answer["status"].to_list()  # type: ignore[no-any-return]


def test_dry_run_tells_and_does_nothing(tmp_path: Path) -> None:
    """By default nothing is called and nothing is written."""
    calls: list[Any] = []
    answer = tn.respond(FRAME, STOP, calls.append, journal=tmp_path / "j.jsonl")
    assert answer.schema == SCHEMA
    assert statuses(answer) == ["would run"] * 3
    assert answer["event_id"].to_list() == ["a", "b", "c"]
    assert calls == []
    assert list(tmp_path.iterdir()) == []


def test_each_event_once(tmp_path: Path) -> None:
    """The function gets each record; a second run finds them done, and says so."""
    seen: list[str] = []

    def act(record: dict[str, Any]) -> str:
        seen.append(record["eventID"])
        return f"did {record['eventID']}"

    place = tmp_path / "j.jsonl"
    first = tn.respond(FRAME, STOP, act, journal=place, dry_run=False)
    assert (statuses(first), first["result"][0]) == (["done"] * 3, "'did a'")
    again = tn.respond(FRAME, STOP, act, journal=place, dry_run=False)
    assert (statuses(again), again["result"][0]) == (["done before"] * 3, None)
    assert seen == ["a", "b", "c"]
    lines = [json.loads(line) for line in place.read_text("utf-8").splitlines()]
    assert [(line["event_id"], line["said"]) for line in lines[:3]] == [
        ("a", "intent"), ("a", "done"), ("b", "intent"),
    ]  # fmt: skip
    other = tn.rules.Rule(name="other", pattern=STOP.pattern)
    assert statuses(tn.respond(FRAME, other, act, journal=place)) == ["would run"] * 3


def test_error_is_told_and_the_next_event_taken(tmp_path: Path) -> None:
    """What an action raises is its result; it is tried again only when asked for."""
    broken = {"b"}

    def act(record: dict[str, Any]) -> None:
        if record["eventID"] in broken:
            raise ValueError("no such group")

    place = tmp_path / "j.jsonl"
    answer = tn.respond(FRAME, STOP, act, journal=place, dry_run=False)
    assert statuses(answer) == ["done", "failed", "done"]
    assert answer["result"][1] == "ValueError: no such group"
    again = tn.respond(FRAME, STOP, act, journal=place, dry_run=False)
    assert statuses(again) == ["done before", "failed before", "done before"]
    broken.clear()
    retried = tn.respond(FRAME, STOP, act, journal=place, dry_run=False, retry_failed=True)
    assert statuses(retried) == ["done before", "done", "done before"]


CRASH = """
import os, sys
import trailnb as tn
from tests.evidence import event, events
frame = events(*(event(eventName="StopLogging", eventID=one) for one in "abc"))
rule = tn.rules.Rule(name="stop", pattern="{ $.eventName = StopLogging }")
def act(record):
    if record["eventID"] == "b":
        os._exit(9)
tn.respond(frame, rule, act, journal=sys.argv[1], dry_run=False)
"""


def test_crash_leaves_what_may_have_run(tmp_path: Path) -> None:
    """Killed inside an action: it may have run, and is not repeated unless you say so."""
    place = tmp_path / "j.jsonl"
    died = subprocess.run([sys.executable, "-c", CRASH, str(place)], cwd=ROOT, check=False)
    assert died.returncode == 9
    seen: list[str] = []

    def act(record: dict[str, Any]) -> None:
        seen.append(record["eventID"])

    told = tn.respond(FRAME, STOP, act, journal=place)
    assert statuses(told) == ["done before", "may have run", "would run"]
    after = tn.respond(FRAME, STOP, act, journal=place, dry_run=False)
    assert (statuses(after), seen) == (["done before", "may have run", "done"], ["c"])
    retried = tn.respond(FRAME, STOP, act, journal=place, dry_run=False, retry_uncertain=True)
    assert (statuses(retried), seen) == (["done before", "done", "done before"], ["c", "b"])


def test_interrupted_action_may_have_run(tmp_path: Path) -> None:
    """Ctrl-C is no error of the action: it ends the run, and the journal tells the rest."""

    def act(_: dict[str, Any]) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tn.respond(FRAME, STOP, act, journal=tmp_path / "j.jsonl", dry_run=False)
    assert list(states_in(tmp_path / "j.jsonl").values()) == ["may have run"]


@pytest.mark.parametrize("torn", [b'{"key": "x", "sa', b'{"key":"x","said":"done"}'])
def test_torn_last_line_was_never_written(torn: bytes, tmp_path: Path) -> None:
    """Without its line end a line does not count, and the next one begins anew."""
    place = tmp_path / "j.jsonl"
    with opened(place) as journal:
        journal.write("x", "intent")
    place.write_bytes(place.read_bytes() + torn)
    assert states_in(place) == {"x": "may have run"}
    with opened(place) as journal:
        journal.write("y", "intent")
    assert states_in(place) == {"x": "may have run", "y": "may have run"}


@pytest.mark.parametrize("line", [b"no json\n", b"[]\n", b'{"key":"x","said":"maybe"}\n'])
def test_damaged_journal_is_refused(line: bytes, tmp_path: Path) -> None:
    """A line that cannot be read may tell of something done: nothing is done on top of it."""
    place = tmp_path / "j.jsonl"
    place.write_bytes(line)
    with pytest.raises(RequestError, match="is no journal: line 1"):
        tn.respond(FRAME, STOP, print, journal=place, dry_run=False)
    assert place.read_bytes() == line


def test_no_journal_no_action() -> None:
    """Acting without a memory would act twice."""
    with pytest.raises(RequestError, match="acting needs a journal"):
        tn.respond(FRAME, STOP, print, dry_run=False)


def test_journal_is_for_one_at_a_time(tmp_path: Path) -> None:
    """A second process is refused while the first is at it."""
    with opened(tmp_path / "j.jsonl"), pytest.raises(RequestError, match="another process"):
        tn.respond(FRAME, STOP, print, journal=tmp_path / "j.jsonl", dry_run=False)


def test_followed_frames_are_taken_as_they_come(tmp_path: Path) -> None:
    """An iterator of frames is read to its end, and an event seen twice is acted on once."""
    seen: list[str] = []

    def act(record: dict[str, Any]) -> None:
        seen.append(record["eventID"])

    frames = iter([FRAME.head(2), FRAME.slice(1), FRAME.clear()])
    answer = tn.respond(frames, STOP, act, journal=tmp_path / "j.jsonl", dry_run=False)
    assert statuses(answer) == ["done", "done", "done before", "done"]
    assert seen == ["a", "b", "c"]


def test_event_without_an_id_is_known_by_its_record(tmp_path: Path) -> None:
    """Two events without an id are two, and each is acted on once."""
    nameless = [event(eventName="StopLogging", eventID=None, requestID=one) for one in "xy"]
    frame, place = events(*nameless), tmp_path / "j.jsonl"
    assert statuses(tn.respond(frame, STOP, len, journal=place, dry_run=False)) == ["done"] * 2
    assert statuses(tn.respond(frame, STOP, len, journal=place)) == ["done before"] * 2


@pytest.fixture
def ec2(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """An EC2 that is none."""
    for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY"):
        monkeypatch.setenv(f"AWS_{name}", "testing")
    server = ThreadedMotoServer(port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield boto3.client("ec2", endpoint_url=f"http://{host}:{port}", region_name="eu-central-1")
    server.stop()


def revoking(ec2: Any) -> Callable[[dict[str, Any]], str]:  # noqa: ANN401 - a client of boto3
    """An action that takes an opening to the world back."""

    def revoke(record: dict[str, Any]) -> str:
        asked = record["requestParameters"]
        opened_up = [
            {
                "IpProtocol": one["ipProtocol"],
                "FromPort": one["fromPort"],
                "ToPort": one["toPort"],
                "IpRanges": [
                    {"CidrIp": each["cidrIp"]}
                    for each in one["ipRanges"]["items"]
                    if each["cidrIp"] == "0.0.0.0/0"
                ],
            }
            for one in asked["ipPermissions"]["items"]
        ]
        ec2.revoke_security_group_ingress(GroupId=asked["groupId"], IpPermissions=opened_up)
        return f"closed {asked['groupId']}"

    return revoke


def test_opening_of_a_security_group_is_revoked(ec2: Any, tmp_path: Path) -> None:  # noqa: ANN401
    """From the event that opened it to the group without the opening; the office stays."""
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    group = ec2.create_security_group(GroupName="web", Description="web", VpcId=vpc)["GroupId"]
    wanted = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22}
    ranges = [{"CidrIp": "10.0.0.0/8"}, {"CidrIp": "0.0.0.0/0"}]
    ec2.authorize_security_group_ingress(
        GroupId=group, IpPermissions=[wanted | {"IpRanges": ranges}]
    )
    asked = ingress("0.0.0.0/0")
    asked["ipPermissions"]["items"][0] |= {"ipProtocol": "tcp", "toPort": 22}
    frame = events(
        event(
            eventSource="ec2.amazonaws.com",
            eventName="AuthorizeSecurityGroupIngress",
            requestParameters={"groupId": group, **asked},
        )
    )
    (rule,) = (one for one in tn.rules.wider() if one.name == "wider-open-to-the-world")
    answer = tn.respond(frame, rule, revoking(ec2), journal=tmp_path / "j.jsonl", dry_run=False)
    assert answer.select("status", "result").rows() == [("done", f"'closed {group}'")]
    (left,) = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"]
    assert [one["CidrIp"] for one in left["IpPermissions"][0]["IpRanges"]] == ["10.0.0.0/8"]
