"""What a principal can do after a span of time that it could not before, all its policies together.

A permission that moved from an inline policy to a managed one, or from a user to its group, is no
change for who has it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from trailnb.iam.behind import known, merged
from trailnb.iam.compare import compare
from trailnb.iam.entities import Aspect, Entity
from trailnb.iam.state import ABSENT, text
from trailnb.iam.statements import EMPTY, Document, Known, Unknown

if TYPE_CHECKING:
    from trailnb.iam.compare import Difference
    from trailnb.iam.span import Span
    from trailnb.iam.state import Value

#: Who holds policies, and what they hold them by.
PRINCIPALS = frozenset({"user", "group", "role", "permission set"})
HOLDING = frozenset({"inline policy", "managed policy", "group"})


@dataclass(slots=True)
class Net:
    """A principal's documents at two moments, and through which changes they differ."""

    before: list[Known] = field(default_factory=list)
    after: list[Known] = field(default_factory=list)
    through: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)

    @property
    def difference(self) -> Difference:
        """What is gained and lost, all together?"""
        (old, unread), (new, unread_after) = map(_parted, (self.before, self.after))
        found = compare(old, new)
        gone = Counter(unread) - Counter(unread_after)
        come = Counter(unread_after) - Counter(unread)
        doubts = [f"a document before is {one}" for one in gone]
        doubts += [f"a document after is {one}" for one in come]
        after = next(reversed(come), new)
        return replace(found, after=after, doubts=(*found.doubts, *self.doubts, *doubts))

    def shown(self) -> tuple[Value, Value]:
        """How do both sides stand in an answer: one document, or the word for what is unknown?"""
        return _written(self.before), _written(self.after)


def _parted(documents: list[Known]) -> tuple[Document, list[Known]]:
    found = merged(documents)
    if found and isinstance(found[0], Document):
        return found[0], found[1:]
    return EMPTY, found


def _written(documents: list[Known]) -> Value:
    whole, unread = _parted(documents)
    if whole.statements:
        return text(whole.text)
    return text(str(unread[0])) if unread else ABSENT


def net(span: Span, entity: Entity) -> Net:
    """What do the policies of a principal, and of its groups, say at both moments?"""
    found = Net()
    for aspect in _held(span, entity):
        is_change = span.is_change(entity, aspect)
        before, after = span.pair(entity, aspect)
        before = before if is_change else after
        if is_change:
            found.through.append(f"{aspect}: {_verb(before, after)}")
        if aspect.kind == "group":
            _join(found, net(span, entity._replace(kind="group", name=aspect.name)), before, after)
            continue
        found.before += [known(aspect, before)] if before != ABSENT else []
        found.after += [known(aspect, after)] if after != ABSENT else []
    if not _was_whole(span, entity):
        found.doubts.append(f"other policies of {entity.kind}/{entity.name} are not known")
    return found


def _join(found: Net, group: Net, before: Value, after: Value) -> None:
    """Count in what a group gives to its member."""
    if before.kind == "unknown":
        found.before.append(Unknown("whether it was in the group is not known"))
    elif before != ABSENT:
        found.before += group.before
    if after != ABSENT:
        found.after += group.after
        found.through += [f"group: {each}" for each in group.through]


def _held(span: Span, entity: Entity) -> list[Aspect]:
    """List what holds policies at either moment, under its last name."""
    old = span.was.get(entity, entity)
    named = {new.name: was.name for new, was in span.was.items() if new.kind == "group"}
    now = {was: new for new, was in named.items()}
    held = {aspect for aspect, _ in span.last.aspects(entity, *HOLDING)}
    for aspect, _ in span.first.aspects(old, *HOLDING) if entity not in span.made else ():
        is_group = aspect.kind == "group"
        held.add(Aspect("group", now.get(aspect.name, aspect.name)) if is_group else aspect)
    return sorted(held)


def _was_whole(span: Span, entity: Entity) -> bool:
    kinds = HOLDING if entity.kind == "user" else HOLDING - {"group"}
    return entity in span.made or all(
        span.first.value(span.was.get(entity, entity), Aspect(kind, "\0")) == ABSENT
        for kind in kinds
    )


def _verb(before: Value, after: Value) -> str:
    if before == ABSENT:
        return "made"
    return "removed" if after == ABSENT else "changed"


def is_held(entity: Entity, aspect: Aspect) -> bool:
    """Does the aspect speak through what its principal can do, and not for itself?

    Example:
        >>> is_held(Entity("111122223333", "user", "alice"), Aspect("login profile"))
        False
    """
    return entity.kind in PRINCIPALS and aspect.kind in HOLDING
