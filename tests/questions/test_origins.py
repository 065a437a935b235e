"""Where calls came from, and what is odd about an origin."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import trailnb as tn
from tests.evidence import event, events, role, user
from trailnb.enrich.networks import aws_ranges
from trailnb.questions._origin_marks import MARKS
from trailnb.questions.origins import ENGINE_SCHEMA, SCHEMA, origins

ROOT = Path(__file__).parents[2]
INVICTUS = ROOT.parent / "shared" / "data" / "invictus-aws-dataset"
MANIFEST = tomllib.loads((ROOT / "data-samples" / "MANIFEST.toml").read_text("utf-8"))
CREATED = "2026-11-02T08:00:00Z"


def session(name: str, key: str = "ASIAIOSFODNN7EXAMPLE", **more: Any) -> dict[str, Any]:
    """A role's session that began at eight."""
    identity = role("app", name, accessKeyId=key)
    identity["sessionContext"]["attributes"] = {"creationDate": CREATED}
    identity["sessionContext"] |= more
    return identity


def call(address: str, at: str = "09:00:00", **fields: Any) -> dict[str, Any]:
    """An event from an address, at a time of one day."""
    return event(sourceIPAddress=address, eventTime=f"2026-11-02T{at}Z", **fields)


def marks(*records: dict[str, Any], **how: Any) -> dict[str, list[str]]:
    """Which origins are marked, and how?"""
    found = origins(events(*records), **how).filter(pl.col("marks").list.len() > 0).collect()
    return dict(found.select("origin", "marks").iter_rows())


def test_row_tells_what_an_address_touched() -> None:
    """One row per address, with its kind, sorted lists, span and counts."""
    first = call("203.0.113.7", eventName="CreateBucket", readOnly=False, userIdentity=user("bob"))
    refused = call("203.0.113.7", "10:00:00", errorCode="AccessDenied", awsRegion="us-east-1")
    found = origins(events(refused, first)).collect()
    assert found.schema == SCHEMA
    (row,) = found.to_dicts()
    assert (row["kind"], row["ip_version"], row["actors"]) == ("public", "v4", ["alice", "bob"])
    assert row["actions"] == ["s3:CreateBucket", "s3:ListBuckets"]
    assert row["regions"] == ["eu-central-1", "us-east-1"]
    assert row["credentials"] == ["AKIAIOSFODNN7EXAMPLE"]
    assert (row["events"], row["denied"], row["writes"]) == (2, 1, 1)
    assert str(row["last_seen"] - row["first_seen"]) == "1:00:00"
    assert (row["marks"], row["why"], row["speed_kmh"]) == ([], [], None)


@pytest.mark.parametrize(
    ("address", "kind", "version"),
    [
        ("2001:db8::1", "public", "v6"),
        ("10.0.0.1", "private", "v4"),
        ("ec2.amazonaws.com", "AWS service", None),
        ("AWS Internal", "AWS internal", None),
        ("253.252.51.07", "malformed", None),
        (None, "none", None),
    ],
)
def test_every_kind_has_its_row(address: str, kind: str, version: str | None) -> None:
    """Names, malformed addresses and none at all are shown, not dropped."""
    (row,) = origins(events(event(sourceIPAddress=address))).collect().to_dicts()
    assert (row["origin"], row["kind"], row["ip_version"]) == (address, kind, version)


def test_counts_without_marks() -> None:
    """With marks=False the answer counts, and stays the kind of frame that was asked."""
    frame = events(call("203.0.113.7"), call("203.0.113.7", userIdentity=user("bob"))).collect()
    found = origins(frame, marks=False)
    assert isinstance(found, pl.DataFrame)
    assert found.schema == ENGINE_SCHEMA
    assert found.select("actors", "credentials", "events").row(0) == (2, 1, 2)


def test_new_is_what_is_first_seen_since() -> None:
    """Events before `since` are the baseline."""
    records = [call("192.0.2.1", "08:00:00"), call("192.0.2.1"), call("192.0.2.2")]
    assert marks(*records, since="2026-11-02T09:00Z") == {"192.0.2.2": ["new"]}


def test_one_credential_from_several_networks() -> None:
    """The network where it was used first is home; addresses of one network are one place."""
    records = [call("203.0.113.7"), call("203.0.113.9", "10:00:00")]
    assert marks(*records) == {}
    moved = {"198.51.100.7": ["credential from several networks"]}
    assert marks(*records, call("198.51.100.7", "11:00:00")) == moved


def test_labelled_networks_are_places() -> None:
    """Two networks of one label are one place."""
    records = [call("203.0.113.7"), call("198.51.100.7", "10:00:00")]
    office = {"office": ["203.0.113.0/24", "198.51.100.0/24"]}
    assert marks(*records, networks=office) == {}
    found = origins(events(*records), networks=office).collect()
    assert found["network"].to_list() == ["office", "office"]


def test_instance_credential_outside() -> None:
    """Of two places, the one where other people are is not the instance's."""
    mine, taken = session("i-0dbc91f429e48eeed"), session("i-0dbc91f429e48eeed", "ASIA2")
    records = [
        call("198.51.100.7", "08:30:00"),
        call("192.0.2.10", "09:00:00", userIdentity=mine),
        call("198.51.100.7", "09:00:05", userIdentity=taken),
    ]
    assert marks(*records) == {"198.51.100.7": ["instance credential outside"]}


def test_instances_share_addresses_without_a_mark() -> None:
    """Behind one gateway, with and without IPv6, instances are where they belong."""
    gateway, sixth = "192.0.2.10", "2001:db8:30:1::1"
    pairs = [(name, place) for name in ("i-11111111", "i-22222222") for place in (gateway, sixth)]
    assert marks(*(call(place, userIdentity=session(name)) for name, place in pairs)) == {}


def test_known_ranges_tell_outside_exactly() -> None:
    """With AWS's ranges, a single use from elsewhere is enough; one's own networks are inside."""
    ec2 = {"ip_prefix": "192.0.2.0/24", "region": "eu-west-1", "service": "EC2"}
    ranges = aws_ranges({"prefixes": [ec2], "ipv6_prefixes": []})
    inside = call("192.0.2.10", userIdentity=session("i-11111111"))
    outside = call("203.0.113.7", userIdentity=session("i-22222222"))
    odd = {"203.0.113.7": ["instance credential outside"]}
    assert marks(inside, outside, networks=ranges) == odd
    own = [ranges, {"data centre": "203.0.113.0/24"}]
    assert marks(inside, outside, networks=own) == odd
    assert marks(inside, outside, networks=own, own=["data centre"]) == {}


def test_agent_change() -> None:
    """Inside a session, another system; another command of one program is no change."""
    linux = "aws-cli/2.15.30 md/x ua/2.0 os/linux#6.1 command/s3.ls"
    records = [
        call("203.0.113.7", userAgent=linux, userIdentity=session("ann")),
        call("203.0.113.7", "10:00:00", userAgent=f"[{linux}2]", userIdentity=session("ann")),
    ]
    assert marks(*records) == {}
    windows = {"userAgent": "aws-cli/2.9 os/windows#10", "userIdentity": session("ann")}
    assert marks(*records, call("203.0.113.8", "11:00:00", **windows)) == {
        "203.0.113.8": ["agent change"]
    }


def test_tls_change() -> None:
    """Inside a session, to one service; two services may differ."""
    old, new = {"tlsVersion": "TLSv1.2"}, {"tlsVersion": "TLSv1.3"}
    ann = {"userIdentity": session("ann")}
    first = call("203.0.113.7", tlsDetails=new, **ann)
    other = call("203.0.113.8", tlsDetails=old, eventSource="ec2.amazonaws.com", **ann)
    assert marks(first, other) == {}
    same = call("203.0.113.8", "10:00:00", tlsDetails=old, **ann)
    assert marks(first, same) == {"203.0.113.8": ["TLS change"]}


def test_console_and_api_apart() -> None:
    """A person's two ways from two places; the later one is marked."""
    console = call("203.0.113.7", userAgent="Mozilla/5.0", userIdentity=user("ann"))
    bare = {**user("ann"), "accessKeyId": "AKIAI44QH8DHBEXAMPLE"}
    apart = call("192.0.2.1", "10:00:00", userIdentity=bare)
    found = marks(console, apart)
    assert "console and API apart" in found["192.0.2.1"]
    together = call("203.0.113.7", "10:00:00", userIdentity=bare)
    assert marks(console, together) == {}


def test_fast_travel() -> None:
    """Frankfurt to New York in an hour is too fast, in ten hours it is not."""
    places = pl.DataFrame(
        {
            "address": ["203.0.113.7", "192.0.2.1"],
            "latitude": [50.1, 40.7],
            "longitude": [8.7, -74.0],
        }
    )
    frankfurt = call("203.0.113.7", "09:00:00")
    for at, is_fast in (("10:00:00", True), ("19:30:00", False)):
        found = origins(events(frankfurt, call("192.0.2.1", at)), locations=places).collect()
        row = found.row(by_predicate=pl.col("origin") == "192.0.2.1", named=True)
        assert ("fast travel" in row["marks"]) is is_fast
        assert (row["speed_kmh"] is not None) is is_fast


def test_hostile_text_stays_text() -> None:
    """What a caller writes is carried, and steers nothing."""
    agent = "aws-cli/2 (?P<x>[*+ os/linux#1 {} <script>"
    records = [
        call(place, at, userAgent=f"{agent}{at}", userIdentity=session("x:@{}"))
        for place, at in (("203.0.113.7", "09:00:00"), ("192.0.2.1", "10:00:00"))
    ]
    assert marks(*records) == {"192.0.2.1": ["credential from several networks"]}


def test_attack_of_the_sample_is_marked() -> None:
    """The leaked key and the new user's API use stand out, and nothing else that is older."""
    trail = tn.open(ROOT / "data-samples" / "acme", progress=lambda _: None)
    with pytest.warns(tn.errors.ProblemWarning):
        found = origins(trail, since="2026-11-03T02:00Z").collect()
    odd = found.filter(pl.col("marks").list.set_difference(["new"]).list.len() > 0)
    addresses = MANIFEST["acme"]["attack"]["addresses"]
    assert set(odd["origin"]) < set(addresses)
    leaked = odd.row(by_predicate=pl.col("origin") == addresses[0], named=True)
    assert any(MANIFEST["acme"]["attack"]["leaked_key"] in why for why in leaked["why"])
    new = found.filter(pl.col("marks").list.contains("new"))
    assert set(addresses) <= set(new["origin"])
    assert found["events"].sum() == MANIFEST["acme"]["counts"]["distinct_events"]


def test_quiet_sample_has_no_marks() -> None:
    """Ordinary work is not odd."""
    trail = tn.open(ROOT / "data-samples" / "quiet", progress=lambda _: None)
    assert origins(trail).filter(pl.col("marks").list.len() > 0).collect().is_empty()


@pytest.mark.skipif(not INVICTUS.exists(), reason="the set is not here")
def test_stolen_instance_credentials_are_found_in_real_logs() -> None:
    """The general question names the address, and the instance's session leads to both events."""
    truth = json.loads((INVICTUS / "ground_truth.json").read_text("utf-8"))
    table = tn.open(INVICTUS / "CloudTrail", progress=lambda _: None).events.collect()
    found = origins(table).filter(pl.col("marks").list.len() > 0).collect()
    assert found["marks"].to_list() == [["instance credential outside"]]
    (why,) = found["why"].item()
    principal = why.partition("@")[0]
    away = table.filter(
        pl.col("source_ip_address") == found["origin"].item(),
        pl.col("user_principal_id") == principal,
    )
    assert set(away["event_id"]) == set(truth["stolen_instance_credentials_used_off_instance"])


def test_every_mark_is_explained() -> None:
    """No mark without its meaning."""
    assert all(MARKS.values())
