"""Internet addresses as EventBridge reads them: by value, whatever their spelling."""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import TypeAlias

#: Version and value: an IPv4 address never lies in an IPv6 network.
Address: TypeAlias = tuple[int, int]

_LONGEST_V4, _V4_PARTS = 15, 4
_LONGEST_V6, _V6_MARKS = 45, "0123456789abcdefABCDEF:"
_MASK = re.compile(r"\+?[0-9]{1,3}")
_BITS = {4: 32, 6: 128}


def address_of(text: str) -> Address | None:
    """Which address is this; None if it is none? Zeros before a decimal count for nothing.

    Example:
        >>> address_of("010.0.0.1") == address_of("10.0.0.1") == address_of("::ffff:a00:1")
        True
        >>> address_of("2001:db8::1") == address_of("2001:0db8:0:0:0:0:0:1")
        True
        >>> address_of("ec2.amazonaws.com")
    """
    if ":" in text:
        return _v6(text)
    parts = text.split(".") if len(text) <= _LONGEST_V4 and text.isascii() else ()
    if len(parts) != _V4_PARTS or not all(part.isdigit() for part in parts):
        return None
    value = 0
    for part in map(int, parts):
        if part > 0xFF:  # noqa: PLR2004 - a byte
            return None
        value = value << 8 | part
    return 4, value


def _v6(text: str) -> Address | None:
    if len(text) > _LONGEST_V6 or text.strip(_V6_MARKS):
        return None
    try:
        address = IPv6Address(text)
    except AddressValueError:
        return None
    mapped = address.ipv4_mapped
    return (4, int(mapped)) if mapped else (6, int(address))


def network_of(text: str, *, is_one_allowed: bool = False) -> tuple[Address, Address]:
    """Which are the first and the last address of this network?

    Raises:
        ValueError: it is none, with AWS's words.

    Example:
        >>> network_of("10.0.0.5/8") == (address_of("10.0.0.0"), address_of("10.255.255.255"))
        True
    """
    base, slash, mask = text.partition("/")
    if not slash or "/" in mask:
        raise ValueError("Malformed CIDR, one '/' required")
    if not _MASK.fullmatch(mask):
        raise ValueError("Malformed CIDR, mask bits must be an integer")
    address = address_of(base)
    if address is None:
        raise ValueError(f"Nonstandard IP address: {base}")
    version, value = address
    bits, kept = _BITS[version], int(mask)
    if kept > bits or (kept == bits and not is_one_allowed):
        raise ValueError(f"IPv{version} mask bits must be < {bits}")
    rest = (1 << (bits - kept)) - 1
    return (version, value & ~rest), (version, value | rest)


def network_text(network: tuple[Address, Address]) -> str:
    """How is the network written?

    Example:
        >>> network_text(network_of("10.1.2.3/8"))
        '10.0.0.0/8'
    """
    (version, low), (_, high) = network
    base = IPv4Address(low) if version == 4 else IPv6Address(low)  # noqa: PLR2004 - its name
    return f"{base}/{_BITS[version] - (high - low).bit_length()}"
