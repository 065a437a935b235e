"""Why may someone do something: the statements that allow or deny it, and what is not known.

The rule: IAM User Guide, "Policy evaluation logic", inside one account. Session and organization
policies are not looked at, and said to be open.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from trailnb._plain import plain
from trailnb.iam.behind import documents_of, known
from trailnb.iam.entities import Aspect, Entity
from trailnb.iam.evaluate import Answer, Decision, Request, decide
from trailnb.iam.state import ABSENT
from trailnb.iam.statements import Unknown

if TYPE_CHECKING:
    from trailnb.iam.evaluate import Context
    from trailnb.iam.state import Reading
    from trailnb.iam.statements import Known

# Nothing is allowed there by the caller's policies alone (KMS Developer Guide, "Key policies").
_ASKS_BOTH = ("sts:assumerole", "kms:")
_TRUST = Aspect("trust")
_NOT_LOOKED_AT = "session policies and organization policies are not looked at"


@dataclass(frozen=True, slots=True)
class Explanation:
    """The answer, each kind of policy's own decision, and what would have to be known."""

    answer: Answer
    identity: Decision
    resource: Decision | None
    boundary: Decision | None
    unknowns: tuple[str, ...]

    def __str__(self) -> str:
        """Say it in lines: the answer, the statements, the unknowns."""
        lines = [f"{self.answer}"]
        for one in (self.identity, self.resource, self.boundary):
            if one is not None:
                lines += [f"allowed by: {statement}" for statement in one.allowed_by]
                lines += [f"denied by: {statement}" for statement in one.denied_by]
        lines += [f"unknown: {each}" for each in self.unknowns]
        return "\n".join(map(plain, lines))


def explained(
    state: Reading, principal: Entity, action: str, resource: str | None, context: Context
) -> Explanation:
    """May the principal do it, and why?"""
    held = state.entities[principal]
    arn = held.arn or f"arn:aws:iam::{principal.account}:{principal.kind}/{principal.name}"
    asked = Request(action, resource, f"AWS:{arn}", context)
    identity = decide(identity_documents(state, principal), asked)
    limit = _boundary(state, principal)
    boundary = None if limit is None else decide([limit], asked)
    account, given = _resource_documents(state, principal.account, action.lower(), resource)
    is_other = account != principal.account
    asks_both = is_other or action.lower().startswith(_ASKS_BOTH)
    if asks_both and not given:
        given = [Unknown(f"the policy of {resource or 'the resource'} is not known")]
    own = decide(given, asked) if given else None
    found = [one for one in (identity, own, boundary) if one is not None]
    unknowns = [each for one in found for each in one.unknowns]
    if resource is not None and own is None:
        unknowns.append(f"whether a policy of {resource} denies it is not known")
    named = own is not None and any(
        {f"AWS:{arn}", "*"} & set(one.principals or ()) for one in own.allowed_by
    )
    answer = _answer(identity, own, boundary, is_enough=named and not is_other, asks_both=asks_both)
    return Explanation(
        answer, identity, own, boundary, (*dict.fromkeys([*unknowns, _NOT_LOOKED_AT]),)
    )


def identity_documents(state: Reading, principal: Entity) -> list[Known]:
    """Which documents speak for the principal: its own, its groups', and those nobody knows?

    Example:
        >>> from trailnb.iam.state import State
        >>> found = identity_documents(State(), Entity("111122223333", "group", "ops"))
        >>> print(*found, sep="; ")
        unknown: other policies of group/ops are not known
    """
    groups = [Entity(principal.account, "group", aspect.name)
              for aspect, _ in state.aspects(principal, "group")]  # fmt: skip
    found = [one for each in (principal, *groups) for one in documents_of(state, each)]
    found += [
        Unknown(f"other policies of {each.kind}/{each.name} are not known")
        for each in (principal, *groups)
        if not _is_whole(state, each, "inline policy", "managed policy")
    ]
    if principal.kind == "user" and not _is_whole(state, principal, "group"):
        found.append(Unknown(f"other groups of user/{principal.name} are not known"))
    return found


def _is_whole(state: Reading, entity: Entity, *kinds: str) -> bool:
    """Tell whether an aspect of that kind with any other name is known not to be there."""
    return all(state.value(entity, Aspect(kind, "\0")) == ABSENT for kind in kinds)


def _boundary(state: Reading, principal: Entity) -> Known | None:
    value = state.value(principal, Aspect("boundary"))
    if principal.kind == "group" or value == ABSENT:
        return None
    if value.kind != "text":
        return Unknown(f"whether {principal.kind}/{principal.name} has a boundary is not known")
    attached = Aspect("managed policy", value.text)
    return known(attached, state.meant(principal, attached, value))


def _resource_documents(
    state: Reading, account: str, action: str, resource: str | None
) -> tuple[str, list[Known]]:
    """Look for the policy of the resource, of the bucket of an object, a role's trust: whose?"""
    parts = (resource or "").split(":", 5)
    account = parts[4] if len(parts) > 5 and parts[4] else account  # noqa: PLR2004 - of an ARN
    if action.startswith("sts:assumerole") and resource:
        value = state.value(Entity(account, "role", resource.rpartition("/")[2]), _TRUST)
        is_told = value.kind != "unknown"
        unseen = Unknown(f"the trust policy of {resource} is not known")
        return account, [known(_TRUST, value) if is_told else unseen]
    names = {resource, resource.partition("/")[0]} if resource else set()
    found: list[Known] = []
    for entity in sorted(state.entities) if names else ():
        if entity.name in names:
            account = entity.account
            for aspect, value in state.aspects(entity, "resource policy", "statement"):
                found.append(known(aspect, value))
    return account, found


def _answer(
    identity: Decision,
    resource: Decision | None,
    boundary: Decision | None,
    *,
    is_enough: bool,
    asks_both: bool,
) -> Answer:
    """Put the decisions together; `is_enough`: what allows it at the resource names the caller."""
    answers = [one.answer for one in (identity, resource, boundary) if one is not None]
    if "denied" in answers:
        return "denied"
    by_resource = resource.answer if resource else "not allowed"
    if asks_both and "not allowed" in {by_resource, "" if is_enough else identity.answer}:
        return "not allowed"
    if "unknown" in answers:
        return "unknown"
    allowed = identity.answer == "allowed" or (is_enough and by_resource == "allowed")
    limited = boundary is not None and boundary.answer != "allowed"
    return "allowed" if allowed and not limited else "not allowed"
