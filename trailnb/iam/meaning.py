"""Marks that documents alone cannot tell: who gave it to whom, what lets someone come back, shares.

Sources: MITRE ATT&CK T1098.001, T1136.003, T1537, T1556.006; Amazon S3 User Guide, canned ACL.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from trailnb.iam.behind import differences, documents_of
from trailnb.iam.entities import Aspect, caller
from trailnb.iam.expand import LEVELS
from trailnb.iam.marks import gained_access, marks, named_policy_marks
from trailnb.iam.state import ABSENT
from trailnb.iam.trusted import KINDS, Mark

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
}
_DOORS = {
    "user": "makes the user {name}",
    "SAML provider": "lets in whom {name} vouches for",
    "OIDC provider": "lets in whom {name} vouches for",
    "trust anchor": "lets in certificates of the trust anchor {name}",
    "Roles Anywhere profile": "lets certificates take roles by the profile {name}",
    "directory user": "makes the directory user {name}",
}
_ALLOWING = frozenset(
    {"inline policy", "managed policy", "default version", "group", "trust", "statement"}
)
_SHARED = {"shared with", "principal"}
_ACCOUNT = re.compile(r"^(?:arn:[^:]*:[^:]*:[^:]*:)?(\d{12})(?::|$)")
_EVERYONE = re.compile(r"(?:global/AllUsers|AuthenticatedUsers|public-read|public-read-write)\b")


def meaning(
    state: Reading,
    edit: Edit,
    pair: tuple[Value, Value],
    who: tuple[str | None, Collection[str]],
) -> dict[str, Any]:
    """What does a change give and take, and what should one look at: columns of an answer?

    `who` is the ARN of the actor, and the accounts this trail knows.
    """
    found = differences(state, edit.entity, edit.aspect, pair)
    marked = list(told_marks(state, edit, pair, found, who))
    beside = documents_of(state, edit.entity, edit.aspect)
    for one in found if edit.aspect.kind != "version" else ():
        marked += marks(
            one,
            account=edit.entity.account,
            known_accounts=who[1],
            beside=beside,
            is_limit=edit.aspect.kind == "organization policy",
        )
    if edit.aspect.kind == "managed policy" and pair[1].kind not in {"absent", "text"}:
        marked += named_policy_marks(edit.aspect.name)
    marked = sorted(dict.fromkeys(marked), key=lambda mark: KINDS.index(mark.kind))
    levels = [level for one in found if (level := gained_access(one))]
    return {
        "gained": [str(grant) for one in found for grant in one.gained],
        "lost": [str(grant) for one in found for grant in one.lost],
        "gained_access": max(levels, key=LEVELS.index, default=None),
        "marks": [*dict.fromkeys(mark.kind for mark in marked)],
        "reasons": [str(mark) if mark.is_certain else f"perhaps {mark}" for mark in marked],
    }


def told_marks(
    state: Reading,
    edit: Edit,
    pair: tuple[Value, Value],
    differences: Collection[Difference],
    who: tuple[str | None, Collection[str]],
) -> Iterator[Mark]:
    """What does the replay add to what the documents tell?"""
    actor, accounts = who
    if pair[1] == ABSENT:
        if edit.aspect.kind == "MFA device":
            yield Mark("persistence", "MFA", f"takes the MFA device of {edit.entity.name} away")
        if edit.aspect.kind.endswith("public access block"):
            yield Mark("Deny removed", "public access", "no longer blocks public access")
        return
    if actor and edit.aspect.kind in _ALLOWING and _is_own(state, edit, actor, differences):
        yield Mark("self-granted", actor, f"given by {actor} to itself")
    yield from _comes_back(edit, pair[1])
    yield from _opens(edit, pair[1], accounts)


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


def _role_arn(arn: str) -> str:
    return re.sub(r":sts:(.*):assumed-role/([^/]*)/.*", r":iam:\1:role/\2", arn)


def _comes_back(edit: Edit, after: Value) -> Iterator[Mark]:
    told = _CREDENTIALS.get(edit.aspect.kind)
    if edit.verb == "create":
        told = _DOORS.get(edit.entity.kind)
    if told is None or after.text == "Inactive":
        return
    text = told.format(name=edit.entity.name, aspect=edit.aspect.name)
    yield Mark("persistence", edit.aspect.name or edit.entity.name, text)


def _opens(edit: Edit, after: Value, accounts: Collection[str]) -> Iterator[Mark]:
    kind, name = edit.aspect
    if kind in _SHARED:
        yield from _shares(edit, name, accounts)
    elif kind == "grant" and edit.entity.kind == "KMS key":
        yield from _shares(edit, _grantee(after.text), accounts)
    elif kind == "rule" and name.startswith("inbound") and name.endswith("/0"):
        yield Mark("public principal", name, f"opens to everyone: {name}")
    elif kind == "URL" and after.text == "NONE":
        yield Mark("public principal", "*", "opens to everyone: a function URL without sign-in")
    elif kind == "ACL" and _EVERYONE.search(after.text):
        yield Mark("public principal", "*", "opens to everyone by its ACL")


def _shares(edit: Edit, name: str, accounts: Collection[str]) -> Iterator[Mark]:
    if name == "all":
        yield Mark("public principal", "*", f"shares {edit.entity.name} with everyone")
        return
    found = _ACCOUNT.match(name)
    other = found[1] if found else ""
    if other and other != edit.entity.account:
        known = "known in this trail" if other in accounts else "foreign"
        text = f"shares {edit.entity.name} with account {other}, {known}"
        yield Mark("cross-account trust", other, text)


def _grantee(request: str) -> str:
    try:
        return str(json.loads(request).get("granteePrincipal"))
    except (ValueError, AttributeError, RecursionError):
        return ""
