"""What a change means: the documents behind it, compared."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from trailnb.iam.compare import compare
from trailnb.iam.documents import parse
from trailnb.iam.entities import Aspect, Entity
from trailnb.iam.state import ABSENT, UNKNOWN
from trailnb.iam.statements import EMPTY, Known, Omitted, Unknown

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

    Behind a membership stand the documents of the group.
    """
    if aspect.kind in DOCUMENTS:
        return (compare(known(aspect, pair[0]), known(aspect, pair[1])),)
    if aspect.kind != "group" or pair[0] == pair[1]:
        return ()
    group = Entity(entity.account, "group", aspect.name)
    given = documents_of(state, group)
    if pair[1] == ABSENT:
        return tuple(compare(document, EMPTY) for document in given)
    return tuple(compare(EMPTY, document) for document in given)


def documents_of(state: Reading, entity: Entity, without: Aspect | None = None) -> list[Known]:
    """Which documents does the entity hold itself, but for one aspect? At most fifty are looked at.

    Example:
        >>> from trailnb.iam.state import State
        >>> documents_of(State(), Entity("111122223333", "user", "alice"))
        []
    """
    held = state.aspects(entity, "inline policy", "managed policy")
    others = [name for name, _ in held if name != without]
    return [known(name, state.content(entity, name)) for name in others[:_MOST_DOCUMENTS]]
