"""What a change means: the documents behind it, compared."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from trailnb.iam.compare import compare
from trailnb.iam.documents import parse
from trailnb.iam.entities import Aspect, Entity
from trailnb.iam.state import ABSENT, UNKNOWN
from trailnb.iam.statements import EMPTY, Document, Known, Omitted, Unknown

if TYPE_CHECKING:
    from trailnb.iam.compare import Difference
    from trailnb.iam.state import Reading, Value

#: Aspects that are, or stand for, an IAM document.
DOCUMENTS = frozenset(
    {
        "inline policy", "managed policy", "default version", "version", "trust", "statement",
        "resource policy", "organization policy",
    }
)  # fmt: skip
_MOST_DOCUMENTS = 50
#: What a principal holds of it: a policy is attached, a group is joined.
_HELD = {"policy": "managed policy", "group": "group"}


def known(aspect: Aspect, value: Value) -> Known:
    """What does an aspect's value say, as a document?

    Example:
        >>> known(Aspect("trust"), ABSENT).statements
        ()
    """
    if value.kind == "absent":
        return EMPTY
    if value.kind == "text":
        return _parsed(value.text, aspect.kind == "statement")
    if value.kind == "omitted":
        return Omitted(int(value.text) if value.text.isdigit() else None)
    return Unknown() if value == UNKNOWN else Unknown(value.text or value.shown or "")


@lru_cache(maxsize=4096)
def _parsed(text: str, is_statement: bool) -> Known:  # noqa: FBT001
    return parse(f'{{"Statement":[{text}]}}' if is_statement else text)


def differences(
    state: Reading, entity: Entity, aspect: Aspect, pair: tuple[Value, Value]
) -> tuple[Difference, ...]:
    """How do the documents differ that stand behind the aspect, before and after?

    Behind a membership stand the documents of the group, behind an assignment those of the
    permission set, behind an attachment to a part of an organization the policy.
    """
    if aspect.kind == "organization policy" and not all(map(_is_iam, pair)):
        return ()
    if aspect.kind in DOCUMENTS:
        return (compare(known(aspect, pair[0]), known(aspect, pair[1])),)
    if pair[0] == pair[1]:
        return ()
    if aspect.kind == "attached to" and entity.kind == "organization policy":
        value = state.value(entity, Aspect("organization policy"))
        given = [known(aspect, value)] if _is_iam(value) else []
    elif aspect.kind in {"group", "assignment"}:
        group = Entity(entity.account, "group", aspect.name)
        given = merged(documents_of(state, group if aspect.kind == "group" else entity))
    else:
        return ()
    return tuple(compare(_if_there(pair[0], one), _if_there(pair[1], one)) for one in given)


def _is_iam(value: Value) -> bool:
    """Tell permission policies of an organization from those of tags, backups and the like."""
    return value.kind != "text" or '"Statement"' in value.text


def _if_there(value: Value, document: Known) -> Known:
    if value == ABSENT:
        return EMPTY
    return document if value.kind in {"text", "present"} else Unknown()


def merged(documents: list[Known]) -> list[Known]:
    """What do these documents say together: one of all that is known, and each that is not?

    Example:
        >>> [str(one) for one in merged([EMPTY, Unknown()])[1:]]
        ['unknown: nothing in the window says']
    """
    read = [one for one in documents if isinstance(one, Document)]
    whole = Document(tuple(each for one in read for each in one.statements))
    rest: list[Known] = [one for one in documents if not isinstance(one, Document)]
    return [whole, *rest] if read else rest


def documents_beside(state: Reading, entity: Entity, aspect: Aspect) -> list[tuple[Known, ...]]:
    """Which documents stand beside this one, for each principal it speaks for?

    A policy speaks for those it is attached to, a group's for its members as well. Only distinct
    sets of at most fifty principals are looked at; nobody's is the empty one.
    """
    found: dict[tuple[Known, ...], None] = {}
    for one in _holders(state, entity)[:_MOST_DOCUMENTS]:
        without = aspect if one == entity else None
        if entity.kind in _HELD:
            without = Aspect(_HELD[entity.kind], entity.name)
        found[tuple(documents_of(state, one, without, with_groups=True))] = None
    return list(found) or [()]


def _holders(state: Reading, entity: Entity) -> list[Entity]:
    """List whom an entity's documents speak for: itself, those who hold it, a group's members."""
    if entity.kind not in _HELD:
        return [entity]
    held = state.held_by(entity.account, Aspect(_HELD[entity.kind], entity.name))
    among = [one for each in held if each.kind == "group" for one in _holders(state, each)]
    own = [entity] if entity.kind == "group" else []
    return [*own, *(one for one in held if one.kind != "group"), *among]


def documents_of(
    state: Reading, entity: Entity, without: Aspect | None = None, *, with_groups: bool = False
) -> list[Known]:
    """Which documents does the entity hold, but for one aspect? At most fifty are looked at.

    Example:
        >>> from trailnb.iam.state import State
        >>> documents_of(State(), Entity("111122223333", "user", "alice"))
        []
    """
    held = state.aspects(entity, "inline policy", "managed policy")
    others = [name for name, _ in held if name != without]
    found = [known(name, state.content(entity, name)) for name in others[:_MOST_DOCUMENTS]]
    for name, _ in state.aspects(entity, "group") if with_groups else ():
        if name != without:
            found += documents_of(state, Entity(entity.account, "group", name.name))
    return found[:_MOST_DOCUMENTS]
