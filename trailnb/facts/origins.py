"""The origin of an event: from which address, through the console, by a service for someone?

Source: CloudTrail record contents (sourceIPAddress, sessionCredentialFromConsole), userIdentity
element (invokedBy).
"""

from __future__ import annotations

from ipaddress import IPv4Address, ip_address, ip_network
from typing import TYPE_CHECKING

import polars as pl

from trailnb.facts._text import present
from trailnb.facts.tables import rows

if TYPE_CHECKING:
    from trailnb.facts.steps import Steps

SOURCE_KINDS = ("public", "private", "AWS service", "AWS internal", "malformed", "none")

# Where the 32 digits of an IPv4 address begin: ::ffff:0:0/96.
_MAPPED = 0xFFFF << 32
# Console pages call with the browser's agent, S3's with its own; brackets are S3's, too.
_CONSOLE_AGENT = (
    r"^\[?(?:Mozilla/|S3Console/|signin\.amazonaws\.com|console\.(?:[\w-]+\.)?amazonaws\.com)"
)
# Under these types a service acts as itself, and no user's session is behind the call.
_NO_CALLER = ("AWSService", "AWSAccount", "Unknown")


def source_address_key() -> pl.Expr:
    """Which address is it, as 32 hex digits that sort as addresses do; null for anything else?

    IPv4 addresses are mapped into IPv6 (::ffff:0:0/96), so their keys begin with
    `00000000000000000000ffff`, and no other address's does. A network is a range of keys: see
    `key_range`. Malformed addresses, such as 253.252.51.07, have none.

    Example:
        >>> pl.DataFrame({"source_ip_address": ["203.0.113.7", "AWS Internal"]}).select(
        ...     source_address_key()
        ... ).to_series().to_list()
        ['00000000000000000000ffffcb007107', None]
    """
    address = pl.col("source_ip_address")
    return address.map_batches(_keys, return_dtype=pl.String(), is_elementwise=True)


def origin() -> Steps:
    """Where did it come from: the steps to `source_address_key` and `source_kind`?

    The kind is one of `SOURCE_KINDS`, never null; whether a public or private address is IPv4 or
    IPv6, the key tells.

    Example:
        >>> from trailnb.facts.steps import taken
        >>> seen = pl.DataFrame({"source_ip_address": ["10.0.0.1", "ec2.amazonaws.com", "..."]})
        >>> taken(seen, origin())["source_kind"].to_list()
        ['private', 'AWS service', 'malformed']
    """
    key, text = pl.col("source_address_key"), present("source_ip_address")
    ranges = (map(pl.lit, key_range(row["network"])) for row in rows("private_networks.csv"))
    is_private = pl.any_horizontal(key.is_between(low, high) for low, high in ranges)
    kind = (
        pl.when(text.is_null())
        .then(pl.lit("none"))
        .when(is_private)
        .then(pl.lit("private"))
        .when(key.is_not_null())
        .then(pl.lit("public"))
        .when(text.str.contains(r"^[\w.-]+\.(amazonaws\.(com(\.cn)?|eu)|aws)$"))
        .then(pl.lit("AWS service"))
        .when(text.str.contains(r"(?i)^aws[ .]internal"))
        .then(pl.lit("AWS internal"))
        .otherwise(pl.lit("malformed"))
    )
    return (
        (source_address_key().alias("source_address_key"),),
        (kind.alias("source_kind"),),
    )


def key_range(network: str) -> tuple[str, str]:
    """Which are the first and the last key of a network, or of one address?

    Raises:
        ValueError: it is neither.

    Example:
        >>> key_range("203.0.113.0/24")
        ('00000000000000000000ffffcb007100', '00000000000000000000ffffcb0071ff')
    """
    whole = ip_network(network, strict=False)
    offset = _MAPPED if whole.version == 4 else 0  # noqa: PLR2004  # the version is its name
    first, last = int(whole.network_address), int(whole.broadcast_address)
    return f"{first + offset:032x}", f"{last + offset:032x}"


def is_console() -> pl.Expr:
    """Was it done in the AWS console, or with a console session's credentials; never null?

    CloudTrail's own flag says so since 2022, though not for every service; sign-in and console
    events and the console's own agents say so besides. An agent is what the caller claims.

    Example:
        >>> from trailnb.facts.columns import base_schema
        >>> empty = pl.DataFrame(schema=base_schema()).clear(1)
        >>> empty.with_columns(event_type=pl.lit("AwsConsoleSignIn")).select(is_console()).item()
        True
    """
    return pl.any_horizontal(
        pl.col("session_credential_from_console").fill_null(value=False),
        pl.col("event_type").str.starts_with("AwsConsole").fill_null(value=False),
        pl.col("user_agent").str.contains(_CONSOLE_AGENT).fill_null(value=False),
    )


def is_on_behalf() -> pl.Expr:
    """Did a service make the call with someone else's session (forward access), never null?

    `invokedBy` names a service, and the identity is neither a service nor a service-linked role.

    Example:
        >>> from trailnb.facts.columns import base_schema
        >>> empty = pl.DataFrame(schema=base_schema()).clear(1)
        >>> empty.with_columns(
        ...     user_type=pl.lit("IAMUser"), invoked_by=pl.lit("cloudformation.amazonaws.com")
        ... ).select(is_on_behalf()).item()
        True
    """
    linked = pl.col("session_issuer_arn").str.contains(":role/aws-service-role/", literal=True)
    return (
        present("invoked_by").is_not_null()
        & pl.col("user_type").is_in(_NO_CALLER).not_().fill_null(value=False)
        & linked.not_().fill_null(value=True)
    )


def _keys(addresses: pl.Series) -> pl.Series:
    """Read each distinct address once."""
    distinct = addresses.drop_nulls().unique()
    keys = pl.Series([_key(text) for text in distinct], dtype=pl.String)
    return addresses.replace_strict(distinct, keys, default=None, return_dtype=pl.String())


def _key(text: str) -> str | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    offset = _MAPPED if isinstance(address, IPv4Address) else 0
    return f"{int(address) + offset:032x}"
