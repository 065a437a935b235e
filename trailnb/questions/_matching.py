"""What a filter of a question means: an exact value, a `*` pattern, a network, or a list of these.

All of it is said in regular expressions and equality, which every engine has.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

    import narwhals.stable.v2 as nw

    from trailnb._frame import Narwhal

#: One value, a pattern such as `"role/*"`, or several of them.
Filter: TypeAlias = "str | Iterable[str]"


def matches(column: str, wanted: Filter) -> nw.Expr:
    """Does the column hold one of the wanted values or patterns?

    Example:
        >>> import polars as pl
        >>> import narwhals.stable.v2 as nw
        >>> frame = nw.from_native(pl.DataFrame({"action": ["iam:CreateUser", "s3:GetObject"]}))
        >>> frame.filter(matches("action", "iam:*")).rows()
        [('iam:CreateUser',)]
    """
    values = _listed(wanted)
    patterns = [value for value in values if "*" in value]
    return _any_of(column, [value for value in values if "*" not in value], map(_globbed, patterns))


def comes_from(frame: Narwhal, column: str, wanted: Filter) -> nw.Expr:
    """Is the address one of the wanted addresses, patterns or networks (`203.0.113.0/24`)?

    An IPv6 network is matched against the frame's distinct addresses, which are read for it: one
    address has many spellings.

    Example:
        >>> import polars as pl
        >>> import narwhals.stable.v2 as nw
        >>> frame = nw.from_native(pl.DataFrame({"ip": ["203.0.113.7", "198.51.100.7"]}))
        >>> frame.filter(comes_from(frame, "ip", "203.0.113.0/24")).rows()
        [('203.0.113.7',)]
    """
    exact: list[str] = []
    patterns: list[str] = []
    for value in _listed(wanted):
        network = _network(value)
        if isinstance(network, IPv4Network):
            patterns.append(_octets(network))
        elif isinstance(network, IPv6Network):
            exact.extend(_within(frame, column, network))
        elif "*" in value:
            patterns.append(_globbed(value))
        else:
            exact.append(value)
    return _any_of(column, exact, patterns)


def _listed(wanted: Filter) -> list[str]:
    return [wanted] if isinstance(wanted, str) else list(wanted)


def _any_of(column: str, exact: list[str], patterns: Iterable[str]) -> nw.Expr:
    import narwhals.stable.v2 as nw

    held = nw.col(column)
    found = held.is_in(exact)
    spelt = "|".join(patterns)
    return found | held.str.contains(f"^(?:{spelt})$") if spelt else found


def _globbed(pattern: str) -> str:
    """Spell a `*` pattern as a regular expression; a log value may hold a line break."""
    return r"[\s\S]*".join(re.escape(part) for part in pattern.split("*"))


def _network(value: str) -> IPv4Network | IPv6Network | None:
    """Read a network; one IPv6 address is a network of one, so every spelling of it is found."""
    try:
        network = ip_network(value, strict=False)
    except ValueError:
        return None
    return network if "/" in value or network.version == 6 else None  # noqa: PLR2004 the version


def _octets(network: IPv4Network) -> str:
    """Spell an IPv4 network as a regular expression: each octet's range, one number or any."""
    spelt = []
    for low, high in zip(
        network.network_address.packed, network.broadcast_address.packed, strict=True
    ):
        numbers = "|".join(map(str, range(low, high + 1)))
        spelt.append(r"\d{1,3}" if (low, high) == (0, 255) else f"(?:{numbers})")
    return r"\.".join(spelt)


def _within(frame: Narwhal, column: str, network: IPv6Network) -> list[str]:
    """List the frame's addresses that lie in the network."""
    import narwhals.stable.v2 as nw

    spelt = frame.lazy().select(column).filter(nw.col(column).str.contains(":", literal=True))
    return [
        text
        for text in spelt.unique().collect("polars")[column].to_list()
        if _is_address(text) and ip_address(text) in network
    ]


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
