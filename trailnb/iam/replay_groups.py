"""What calls do to the rules of security groups, one aspect per rule.

Sources: EC2 API reference (AuthorizeSecurityGroupIngress, IpPermission, SecurityGroupRule); lists
in records stand under `items`, older calls have the rule's parts at the top.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trailnb.iam.entities import Aspect, Entity
from trailnb.iam.replay_edits import UNNAMED, Edit
from trailnb.iam.state import text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trailnb.iam.replay_edits import Call

#: The calls, and which way the rules lead that they add or take away.
RULES = {
    "ec2:AuthorizeSecurityGroupIngress": ("put", "inbound"),
    "ec2:AuthorizeSecurityGroupEgress": ("put", "outbound"),
    "ec2:RevokeSecurityGroupIngress": ("remove", "inbound"),
    "ec2:RevokeSecurityGroupEgress": ("remove", "outbound"),
    "ec2:ModifySecurityGroupRules": ("put", "modified"),
}
_SOURCES = {
    "ipRanges": ("cidrIp",),
    "ipv6Ranges": ("cidrIpv6",),
    "prefixListIds": ("prefixListId",),
    "groups": ("groupId", "groupName"),
}
_ALL = "-1"


def rule_edits(call: Call) -> Iterator[Edit]:
    """Which rules does the call add to a security group, or take away?

    Example:
        >>> from datetime import UTC, datetime
        >>> from trailnb.iam.replay_edits import Call
        >>> asked = {"groupId": "sg-1", "ipProtocol": "tcp", "fromPort": 22, "toPort": 22}
        >>> asked |= {"cidrIp": "0.0.0.0/0"}
        >>> name = "ec2:AuthorizeSecurityGroupIngress"
        >>> call = Call(datetime(2026, 11, 1, tzinfo=UTC), name, "e", "1", request=asked)
        >>> str(next(rule_edits(call)).aspect)
        'rule inbound tcp 22 from 0.0.0.0/0'
    """
    verb, way = RULES[call.action]
    asked = call.request.get("ModifySecurityGroupRulesRequest")
    request = asked if isinstance(asked, dict) else call.request
    named = _first(request, "groupId", "GroupId", "groupName")
    entity = Entity(call.account, "security group", str(named or UNNAMED))
    found = _modified(request) if way == "modified" else _named(request, way)
    for name in dict.fromkeys(found) or [UNNAMED]:
        aspect = Aspect("rule", name)
        if verb == "put":
            yield Edit("put", entity, aspect, text("open"))
        else:
            yield Edit("remove", entity, aspect)


def _named(request: dict[str, Any], way: str) -> Iterator[str]:
    for permission in [request, *_items(request.get("ipPermissions"))]:
        ports = _ports(permission)
        joint = "from" if way == "inbound" else "to"
        for source in _sources(permission):
            yield f"{way} {ports} {joint} {source}"


def _modified(request: dict[str, Any]) -> Iterator[str]:
    """Name rules by their ids: the call tells not which way they lead, nor what they were."""
    rules = _first(request, "SecurityGroupRule", "securityGroupRule", "securityGroupRules")
    for rule in [rules] if isinstance(rules, dict) and "items" not in rules else _items(rules):
        new = _first(rule, "SecurityGroupRule", "securityGroupRule")
        if isinstance(new, dict):
            lowered = {key[:1].lower() + key[1:]: value for key, value in new.items()}
            ports = _ports(lowered)
            fields = ("cidrIpv4", "cidrIpv6", "prefixListId", "referencedGroupId")
            source = _first(lowered, *fields) or "unknown"
            which = _first(rule, "SecurityGroupRuleId", "securityGroupRuleId") or UNNAMED
            yield f"modified {which} {ports} with {source}"


def _first(said: dict[str, Any], *names: str) -> Any:  # noqa: ANN401 - whatever the log holds
    return next((said[name] for name in names if said.get(name)), None)


def _sources(permission: dict[str, Any]) -> Iterator[str]:
    if isinstance(one := permission.get("cidrIp"), str):
        yield one
    for key, fields in _SOURCES.items():
        for item in _items(permission.get(key)):
            found = [item[field] for field in fields if isinstance(item.get(field), str)]
            yield from found[:1]


def _ports(permission: dict[str, Any]) -> str:
    protocol = str(permission.get("ipProtocol", _ALL))
    if protocol == _ALL:
        return "all traffic"
    low, high = permission.get("fromPort", ""), permission.get("toPort", "")
    return f"{protocol} {low}" if low == high else f"{protocol} {low}-{high}"


def _items(wrapped: object) -> list[dict[str, Any]]:
    held = wrapped.get("items") if isinstance(wrapped, dict) else wrapped
    return [item for item in held if isinstance(item, dict)] if isinstance(held, list) else []
