"""Whom a resource policy lets in: everybody, or CloudTrail on anybody's behalf."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any

SERVICE = "cloudtrail.amazonaws.com"
#: Conditions that confine a statement: Amazon S3 User Guide, "The meaning of public".
_CONFINING = frozenset(
    {"aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths"}
    | {"aws:sourceip", "aws:sourcevpc", "aws:sourcevpce", "aws:sourceowner", "aws:userid"}
    | {"aws:principalarn", "aws:principalaccount", "aws:principalorgid", "aws:principalorgpaths"}
    | {
        "kms:calleraccount",
        "aws:principalserviceslist",
        "s3:dataaccesspointarn",
        "s3:dataaccesspointaccount",
    }
)
#: What keeps a service from being used on a stranger's behalf: the confused deputy.
_ON_WHOSE_BEHALF = frozenset({"aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid"})
_POSITIVE = frozenset(
    {"stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike", "ipaddress"}
)
#: A wider network has more than one owner, by the version of its addresses.
_NARROW = {4: 8, 6: 32}
_ACCOUNT = re.compile(r"(?<!\d)\d{12}(?!\d)")


def statements(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Which statements does the document have?"""
    found = document.get("Statement", ())
    yield from (found,) if isinstance(found, Mapping) else found


def of_everybody(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Which statements let everybody in?

    Example:
        >>> anyone = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}
        >>> ours = {**anyone, "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}}
        >>> of_everybody({"Statement": [anyone, ours]}) == [anyone]
        True
    """
    return [
        one
        for one in statements(document)
        if one.get("Effect") == "Allow"
        and (is_everybody(one.get("Principal")) or "NotPrincipal" in one)
        and not _is_confined(one, _CONFINING)
    ]


def of_any_trail(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Which statements let CloudTrail in, whoever's trail it is?

    Example:
        >>> statement = {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}}
        >>> len(of_any_trail({"Statement": statement}))
        1
    """
    return [one for one in of_cloudtrail(document) if not _is_confined(one, _ON_WHOSE_BEHALF)]


def of_cloudtrail(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Which statements let CloudTrail in?"""
    return [
        one
        for one in statements(document)
        if one.get("Effect") == "Allow"
        and isinstance(principal := one.get("Principal"), Mapping)
        and SERVICE in values(principal.get("Service"))
    ]


def allows(statement: Mapping[str, Any], action: str) -> bool:
    """Whether the statement's actions hold this one; what it leaves out by NotAction is not read.

    Example:
        >>> allows({"Action": ["s3:Put*"]}, "s3:PutObject")
        True
    """
    given = [one.lower() for one in values(statement.get("Action"))]
    return "NotAction" in statement or any(fnmatchcase(action.lower(), one) for one in given)


def is_everybody(principal: object) -> bool:
    """Whether the principal is anybody at all."""
    if isinstance(principal, Mapping):
        return "*" in values(principal.get("AWS"))
    return principal == "*"


def named(statement: Mapping[str, Any]) -> str:
    """How is the statement called: by its Sid, or by what it allows?"""
    return str(statement.get("Sid") or ", ".join(values(statement.get("Action"))) or "a statement")


def values(one: object) -> list[str]:
    """Give a policy's value, or list of them, as a list."""
    if one is None:
        return []
    return [str(value) for value in one] if isinstance(one, (list, tuple)) else [str(one)]


def _is_confined(statement: Mapping[str, Any], keys: frozenset[str]) -> bool:
    conditions = statement.get("Condition")
    if not isinstance(conditions, Mapping):
        return False
    return any(
        key.lower() in keys and values(given) and all(map(_is_fixed, values(given)))
        for operator, tests in conditions.items()
        if operator.lower().removeprefix("foranyvalue:") in _POSITIVE and isinstance(tests, Mapping)
        for key, given in tests.items()
    )


def _is_fixed(value: str) -> bool:
    """Whether the value names somebody: patterns do where the account stands in them."""
    if "/" in value and (network := _network(value)):
        return network.prefixlen >= _NARROW[network.version]
    return "*" not in value or _ACCOUNT.search(value) is not None


def _network(value: str) -> IPv4Network | IPv6Network | None:
    try:
        return ip_network(value, strict=False)
    except ValueError:
        return None
