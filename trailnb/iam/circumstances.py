"""Marks that documents alone cannot tell: who gave it to whom, what lets someone come back.

Sources: MITRE ATT&CK T1098, T1136.003, T1484.002, T1546, T1556.006.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from trailnb.iam.behind import known
from trailnb.iam.compare import compare
from trailnb.iam.entities import EXISTS, Aspect, caller
from trailnb.iam.openings import openings
from trailnb.iam.state import ABSENT
from trailnb.iam.trusted import Mark

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from trailnb.iam.compare import Difference
    from trailnb.iam.replay_edits import Edit
    from trailnb.iam.state import Reading, Value

#: Aspects that are credentials: whoever makes one can come back with it.
_CREDENTIALS = {
    "access key": "gives {name} the access key {aspect}",
    "login profile": "sets a console password for {name}",
    "service credential": "gives {name} the service credential {aspect}",
    "SSH key": "gives {name} the SSH key {aspect}",
    "signing certificate": "gives {name} the signing certificate {aspect}",
    "layers": "lets code of layers run in {name}",
}
#: Entities that let someone in once they are made.
_DOORS = {
    "user": "makes the user {name}",
    "SAML provider": "lets in whom {name} vouches for",
    "OIDC provider": "lets in whom {name} vouches for",
    "trust anchor": "lets in certificates of the trust anchor {name}",
    "Roles Anywhere profile": "lets certificates take roles by the profile {name}",
    "directory user": "makes the directory user {name}",
}
#: What decides whom such an entity lets in, when it is changed later.
_HINGES = frozenset({"metadata", "client", "thumbprints", "certificate source", "roles"})
_ALLOWING = frozenset(
    {"inline policy", "managed policy", "default version", "group", "trust", "statement"}
)


def told_marks(
    state: Reading,
    edit: Edit,
    pair: tuple[Value, Value],
    differences: Collection[Difference],
    who: tuple[str | None, Collection[str]],
) -> Iterator[Mark]:
    """What does the replay add to what the documents tell?

    `who` is the ARN of the actor, and the accounts this trail knows.
    """
    actor, accounts = who
    if pair[1] != ABSENT:
        if actor and edit.aspect.kind in _ALLOWING and _is_own(state, edit, actor, differences):
            yield Mark("self-granted", actor, f"given by {actor} to itself")
        yield from _comes_back(edit, pair, actor)
    elif edit.aspect.kind == "MFA device":
        yield Mark("persistence", "MFA", f"takes the MFA device of {edit.entity.name} away")
    yield from openings(edit, pair, accounts)
    if edit.aspect.kind == "boundary" and ABSENT not in pair:
        yield from _widened(state, edit, pair)


def _is_own(state: Reading, edit: Edit, arn: str, differences: Collection[Difference]) -> bool:
    own = caller(arn)
    if own is None or not any(one.gained or one.doubts for one in differences):
        return False
    if edit.aspect.kind in {"trust", "statement"}:
        named = {f"AWS:{arn}", f"AWS:{_role_arn(arn)}"}
        grants = [grant for one in differences for grant in one.gained]
        return any(named & set(grant.principals or ()) for grant in grants)
    if edit.entity == own:
        return True
    aspect = Aspect("managed policy" if edit.entity.kind == "policy" else "group", edit.entity.name)
    return own in state.held_by(own.account, aspect)


def _widened(state: Reading, edit: Edit, pair: tuple[Value, Value]) -> Iterator[Mark]:
    """Does another boundary let through what the one before did not?"""
    meant = (Aspect("managed policy", value.text) for value in pair)
    old, new = (
        known(one, state.meant(edit.entity, one, value))
        for one, value in zip(meant, pair, strict=True)
    )
    found = compare(old, new)
    if found.gained or found.doubts:
        text = f"puts another permissions boundary on {edit.entity.name}"
        allowed = [grant for grant in found.gained if grant.effect == "Allow"]
        text += "".join(f", which lets through {grant}" for grant in allowed[:3])
        yield Mark("Deny removed", "boundary", text, not found.doubts)


def _role_arn(arn: str) -> str:
    return re.sub(r":sts:(.*):assumed-role/([^/]*)/.*", r":iam:\1:role/\2", arn)


def _comes_back(edit: Edit, pair: tuple[Value, Value], actor: str | None) -> Iterator[Mark]:
    kind, name = edit.aspect
    told = _CREDENTIALS.get(kind)
    if (edit.verb == "create" and edit.aspect == EXISTS) or (kind in _HINGES and pair[0] != ABSENT):
        told = _DOORS.get(edit.entity.kind)
    elif kind == "MFA device" and actor and caller(actor) != edit.entity:
        told = "gives {name} the MFA device {aspect}"
    if told is None or pair[1].text == "Inactive":
        return
    text = told.format(name=edit.entity.name, aspect=name)
    yield Mark("persistence", name or edit.entity.name, text)
