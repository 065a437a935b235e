"""Whom a change lets in that is no IAM document: shares, grants, access lists, rules, limits gone.

Sources: MITRE ATT&CK T1537, T1484.001; Amazon S3 User Guide, canned ACL and block public access;
the services' API references.
"""

from __future__ import annotations

import json
import re
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

from trailnb.iam.state import ABSENT
from trailnb.iam.trusted import Mark

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from trailnb.iam.replay_edits import Edit
    from trailnb.iam.state import Value

#: Aspects whose name is whom they let in, and those that say it inside.
_BY_NAME = frozenset({"shared with", "principal", "access entry", "access policy"})
_INSIDE = frozenset({"permission", "grant", "access grant"})
_ACCOUNT = re.compile(r"^(?:arn:[^:]*:[^:]*:[^:]*:)?(\d{12})(?:[:/]|$)")
_EVERYONE = re.compile(r"(?:global/AllUsers|AuthenticatedUsers|public-read|public-read-write)\b")
_BY_HEADER = re.compile(r'(?:\bid|emailAddress)="?([^"\s,]+)', re.IGNORECASE)
_MOST_NAMED = 3
_CLUSTER_ADMIN = "AmazonEKSClusterAdminPolicy"
# A sixteenth of the Internet has no single owner.
_WIDE_BITS = 4


def openings(edit: Edit, pair: tuple[Value, Value], accounts: Collection[str]) -> Iterator[Mark]:
    """Whom does the change let in, or which limit does it take away?

    Example:
        >>> from trailnb.iam.entities import Aspect, Entity
        >>> from trailnb.iam.state import PRESENT
        >>> snapshot = Entity("111122223333", "snapshot", "snap-1")
        >>> from trailnb.iam.replay_edits import Edit
        >>> edit = Edit("put", snapshot, Aspect("shared with", "999988887777"))
        >>> [str(mark) for mark in openings(edit, (ABSENT, PRESENT), ())]
        ['shares snap-1 with account 999988887777, foreign']
    """
    yield from _limits_gone(edit, pair)
    if pair[1] == ABSENT:
        return
    kind, name = edit.aspect
    text = pair[1].text
    if kind in _BY_NAME:
        yield from _shares(edit, [name], accounts)
    elif kind in _INSIDE:
        yield from _shares(edit, _principals(text) or [name], accounts)
    elif kind == "rule" and _is_wide(name):
        yield Mark("public principal", name, f"opens to everyone: {name}")
    elif kind == "URL" and text == "NONE":
        yield Mark("public principal", "*", "opens to everyone: a function URL without sign-in")
    elif kind == "ACL":
        yield from _access_list(edit, text)
    elif kind == "delegated administrator":
        text = f"makes account {edit.entity.name} administrator of {name} for the organization"
        yield Mark("cross-account trust", edit.entity.name, text)
    if kind == "access policy" and _CLUSTER_ADMIN in name:
        yield Mark("admin-equivalent", name, f"makes an administrator of {edit.entity.name}")


def _limits_gone(edit: Edit, pair: tuple[Value, Value]) -> Iterator[Mark]:
    """What kept something from happening, and does no longer?"""
    kind = edit.aspect.kind
    before, after = pair
    if kind.endswith("public access block"):
        if after == ABSENT or (after.kind == "text" and _is_open(after.text)):
            yield Mark("Deny removed", "public access", "no longer blocks all public access")
    elif after != ABSENT or before == ABSENT:
        return
    elif kind == "boundary":
        text = f"takes the permissions boundary of {edit.entity.name} away"
        yield Mark("Deny removed", "boundary", text)
    elif kind == "organization":
        text = "leaves the organization, whose policies no longer hold"
        yield Mark("Deny removed", "organization", text)
    elif kind == "policy type":
        text = f"policies of the type {edit.aspect.name} no longer hold in the organization"
        yield Mark("Deny removed", edit.aspect.name, text)


def _is_open(text: str) -> bool:
    """Tell whether any of the four blocks is off; what cannot be read is not guessed."""
    found = _loaded(text)
    return isinstance(found, dict) and any(
        str(value).lower() == "false" for value in found.values()
    )


def _is_wide(rule: str) -> bool:
    """Does the rule let in a large part of the Internet? `0.0.0.0/1` twice is everyone."""
    source = rule.rpartition(" ")[2]
    if rule.startswith("outbound") or "/" not in source:
        return False
    try:
        return ip_network(source, strict=False).prefixlen < _WIDE_BITS
    except ValueError:
        return False


def _shares(edit: Edit, names: list[str], accounts: Collection[str]) -> Iterator[Mark]:
    what = edit.entity.name
    for name in names:
        if name.lower() in {"all", "*"}:
            yield Mark("public principal", "*", f"shares {what} with everyone")
        found = _ACCOUNT.match(name)
        if found and found[1] != edit.entity.account:
            known = "known in this trail" if found[1] in accounts else "foreign"
            text = f"shares {what} with account {found[1]}, {known}"
            yield Mark("cross-account trust", found[1], text)


def _access_list(edit: Edit, text: str) -> Iterator[Mark]:
    if _EVERYONE.search(text):
        yield Mark("public principal", "*", "opens to everyone by its ACL")
    for who in _granted(text):
        said = f"shares {edit.entity.name} by its ACL with {who}, account unknown"
        yield Mark("cross-account trust", who, said, is_certain=False)


def _granted(text: str) -> list[str]:
    """Whom else than the owner does an ACL name: canonical user ids, mail addresses?"""
    found = _loaded(text)
    if not isinstance(found, dict):
        return []
    inside = found.get("AccessControlPolicy", found)
    inside = inside if isinstance(inside, dict) else {}
    owner, listed = (inside.get(name) for name in ("Owner", "AccessControlList"))
    grants = listed.get("Grant") if isinstance(listed, dict) else None
    named = {
        who
        for grant in (grants if isinstance(grants, list) else [grants])
        if isinstance(grant, dict) and isinstance(grantee := grant.get("Grantee"), dict)
        for who in (grantee.get("ID"), grantee.get("EmailAddress"))
        if isinstance(who, str)
    }
    headers = [str(value) for key, value in found.items() if key.lower().startswith("x-amz-grant")]
    named |= {who for value in headers for who in _BY_HEADER.findall(value)}
    return sorted(named - {owner.get("ID") if isinstance(owner, dict) else None})[:_MOST_NAMED]


def _principals(text: str) -> list[str]:
    """Whom does a request name: `granteePrincipal`, `aWSAccountIds`, `grantee`?"""
    found = _loaded(text)
    named: list[str] = []
    for key, value in found.items() if isinstance(found, dict) else ():
        if any(word in key.lower() for word in ("principal", "accountid", "grantee")):
            inside = value.values() if isinstance(value, dict) else [value]
            each = value if isinstance(value, list) else inside
            named += [one for one in each if isinstance(one, str)]
    return named


def _loaded(text: str) -> Any:  # noqa: ANN401 - whatever the log holds
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
