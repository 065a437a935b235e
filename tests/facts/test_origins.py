"""Where it came from."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.evidence import event, events, role, user
from trailnb.facts.origins import SOURCE_KINDS, key_range, source_address_key

V4 = "00000000000000000000ffff"
FROM = [
    ("203.0.113.7", V4 + "cb007107", "public"),
    ("10.1.2.3", V4 + "0a010203", "private"),
    ("100.64.0.9", V4 + "64400009", "private"),
    ("2001:db8::1", "20010db8000000000000000000000001", "public"),
    ("::ffff:203.0.113.7", V4 + "cb007107", "public"),
    ("fe80::1", "fe800000000000000000000000000001", "private"),
    ("253.252.51.07", None, "malformed"),
    ("77.88.999.69", None, "malformed"),
    ("192.0.2.0/24", None, "malformed"),
    ("...", None, "malformed"),
    ("<Attacker source IP>", None, "malformed"),
    ("cloudtrail.amazonaws.com", None, "AWS service"),
    ("ec2.amazonaws.com.cn", None, "AWS service"),
    ("AWS Internal", None, "AWS internal"),
    ("", None, "none"),
    (None, None, "none"),
]


@pytest.mark.parametrize(("address", "key", "kind"), FROM)
def test_address_has_key_and_kind(address: str | None, key: str | None, kind: str) -> None:
    """An address becomes 32 hex digits; what is none has no key, but a kind."""
    seen = events(event(sourceIPAddress=address)).select("source_address_key", "source_kind")
    assert seen.collect().row(0) == (key, kind)
    assert kind in SOURCE_KINDS


@given(st.ip_addresses(v=4), st.ip_addresses(v=4))
def test_network_is_a_range_of_keys(one: IPv4Address, other: IPv4Address) -> None:
    """Keys compare as text just as addresses compare: a network is what lies between two."""
    texts = pl.DataFrame({"source_ip_address": [str(one), str(other)]})
    first, second = texts.select(source_address_key()).to_series().to_list()
    assert (first < second) == (one < other)
    low, high = key_range(f"{one}/12")
    assert (low <= second <= high) == (other in ip_network(f"{one}/12", strict=False))


@given(st.ip_addresses(v=6))
def test_network_of_ipv6_is_a_range_of_keys(address: IPv6Address) -> None:
    """Each address lies in its own network, by key as well."""
    key = pl.DataFrame({"source_ip_address": [str(address)]}).select(source_address_key()).item()
    low, high = key_range(f"{address}/64")
    assert low <= key <= high
    assert int(key, 16) == int(address)


def test_range_of_one_address() -> None:
    """An address alone is a range of one."""
    assert key_range("2001:db8::1") == (f"{int(ip_address('2001:db8::1')):032x}",) * 2


CONSOLE = [
    ({"sessionCredentialFromConsole": "true"}, True),
    ({"eventType": "AwsConsoleSignIn"}, True),
    ({"userAgent": "[S3Console/0.4, aws-internal/3]"}, True),
    ({"userAgent": "console.ec2.amazonaws.com"}, True),
    ({"userAgent": "aws-cli/2.31.0"}, False),
    ({"userAgent": None}, False),
]


@pytest.mark.parametrize(("fields", "expected"), CONSOLE)
def test_console_is_told(fields: dict[str, Any], *, expected: bool) -> None:
    """The flag, the kind of event or the agent say that it was the console."""
    assert events(event(**fields)).select("is_console").collect().item() is expected


LINKED = {"sessionIssuer": {"arn": "arn:aws:iam::1:role/aws-service-role/rds.amazonaws.com/R"}}
ACTED = [
    (user("alice") | {"invokedBy": "cloudformation.amazonaws.com"}, True),
    (role("ops", "s", invokedBy="AWS Internal"), True),
    (user("alice"), False),
    ({"type": "AWSService", "invokedBy": "ec2.amazonaws.com"}, False),
    ({"accountId": "111122223333", "invokedBy": "secretsmanager.amazonaws.com"}, False),
    (role("R", "s", invokedBy="rds.amazonaws.com", sessionContext=LINKED), False),
]


@pytest.mark.parametrize(("identity", "expected"), ACTED)
def test_service_on_behalf_of_someone(identity: dict[str, Any], *, expected: bool) -> None:
    """A service with a user's session acts on behalf; one with its own identity does not."""
    assert events(event(userIdentity=identity)).select("is_on_behalf").collect().item() is expected
