"""Labelled networks: whose address is it?"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trailnb.enrich.networks import Labelled, aws_ranges, labelled, networks
from trailnb.errors import RequestError, SourceError
from trailnb.facts.origins import key_range

if TYPE_CHECKING:
    from pathlib import Path

RANGES = {
    "prefixes": [
        {"ip_prefix": "198.51.100.0/24", "region": "eu-west-1", "service": "AMAZON"},
        {"ip_prefix": "198.51.100.0/25", "region": "eu-west-1", "service": "AMAZON"},
        {"ip_prefix": "198.51.100.0/25", "region": "eu-west-1", "service": "EC2"},
    ],
    "ipv6_prefixes": [
        {"ipv6_prefix": "2001:db8:30::/48", "region": "us-east-1", "service": "EC2"},
    ],
}


def label(address: str, lists: Labelled) -> str | None:
    """Which label has the address?"""
    found: str | None = labelled(lists).labels(pl.Series([key_range(address)[0]])).item()
    return found


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("203.0.113.1", "office"),
        ("203.0.113.9", "vpn"),
        ("203.0.113.16", "office"),
        ("203.0.114.0", None),
        ("2001:db8::1", "home"),
        ("::cb00:7109", None),
    ],
)
def test_the_narrowest_network_counts(address: str, expected: str | None) -> None:
    """Nested networks are told apart, and IPv4 is never taken for IPv6."""
    given = {"office": "203.0.113.0/24", "vpn": ["203.0.113.8/29"], "home": "2001:db8::/32"}
    assert label(address, given) == expected


def test_labels_keep_the_order_of_the_keys() -> None:
    """Answers stand in the order asked, null for what is no address."""
    keys = [key_range(text)[0] for text in ("203.0.113.9", "192.0.2.1", "203.0.113.1")]
    found = networks({"a": "203.0.113.0/24"}).labels(pl.Series([None, *keys]))
    assert found.to_list() == [None, "a", None, "a"]
    assert networks({}).labels(pl.Series([], dtype=pl.String)).to_list() == []


def test_files_list_networks(tmp_path: Path) -> None:
    """One network a line; comments and blanks are passed over."""
    path = tmp_path / "tor.txt"
    path.write_text("# exits\n\n203.0.113.7 # one\n192.0.2.0/24\n", "utf-8")
    assert label("203.0.113.7", {"Tor": path}) == "Tor"
    assert label("192.0.2.200", {"Tor": str(path)}) == "Tor"


def test_two_labels_of_one_network_are_both_told() -> None:
    """The same network twice has both labels."""
    assert label("203.0.113.7", [{"b": "203.0.113.0/24"}, {"a": "203.0.113.0/24"}]) == "a, b"


def test_aws_ranges(tmp_path: Path) -> None:
    """A service's name counts more than AWS's general one; the file reads as the mapping does."""
    path = tmp_path / "ip-ranges.json"
    path.write_text(json.dumps(RANGES), "utf-8")
    for ranges in (aws_ranges(RANGES), aws_ranges(path)):
        assert label("198.51.100.1", ranges) == "AWS EC2 eu-west-1"
        assert label("198.51.100.200", ranges) == "AWS eu-west-1"
        assert label("2001:db8:30:8::1", ranges) == "AWS EC2 us-east-1"


def test_errors_say_what_to_do(tmp_path: Path) -> None:
    """What is no network, no file, or no list of AWS's is named."""
    with pytest.raises(RequestError, match="'head office' is neither a network nor a file"):
        networks({"office": "head office"})
    odd = tmp_path / "odd.txt"
    odd.write_text("203.0.113.0/24\nnonsense\n", "utf-8")
    with pytest.raises(SourceError, match="no network: 'nonsense'"):
        networks({"office": odd})
    with pytest.raises(SourceError, match="could not be read"):
        networks({"office": tmp_path / "none.txt"})
    with pytest.raises(SourceError, match="not AWS's list"):
        aws_ranges({"prefixes": [{"ip_prefix": "x"}]})
    with pytest.raises(SourceError, match="ranges could not be read"):
        aws_ranges(odd)


@given(
    st.lists(st.tuples(st.integers(0, 255), st.integers(24, 32)), max_size=12),
    st.integers(0, 255),
)
def test_labels_are_those_of_the_narrowest(nets: list[tuple[int, int]], last: int) -> None:
    """For any nest of networks the label is that of a narrowest one holding the address."""
    from ipaddress import ip_address, ip_network

    listed = {ip_network(f"203.0.113.{host}/{size}", strict=False) for host, size in nets}
    address = f"203.0.113.{last}"
    holding = [net for net in listed if ip_address(address) in net]
    expected = str(max(holding, key=lambda net: net.prefixlen)) if holding else None
    assert label(address, {str(net): str(net) for net in listed}) == expected
