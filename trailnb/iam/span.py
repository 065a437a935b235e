"""Two moments of a replay, and what the calls between them prove of the first one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from trailnb.iam.entities import EXISTS, Aspect, Entity, entity_of
from trailnb.iam.state import ABSENT, UNKNOWN, Draft
from trailnb.iam.walk import walked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from trailnb.iam.order import Happened
    from trailnb.iam.replay_edits import Call
    from trailnb.iam.seed import Seed
    from trailnb.iam.state import Reading, Value


@dataclass(slots=True)
class Span:
    """What was known at the first moment, what at the last, and what was written on the way.

    `proven` holds what the first write of a thing proves to have been before it, `made` what was
    made on the way, and `was` under which name a thing went at the first moment.
    """

    first: Reading
    last: Draft
    proven: dict[tuple[Entity, Aspect], Value] = field(default_factory=dict)
    made: set[Entity] = field(default_factory=set)
    was: dict[Entity, Entity] = field(default_factory=dict)

    def pair(self, entity: Entity, aspect: Aspect) -> tuple[Value, Value]:
        """What did the aspect mean at the first moment, and what at the last?"""
        after = self.last.content(entity, aspect)
        if entity in self.made:
            return ABSENT, after
        before = self.first.content(*self._before(entity, aspect))
        return self.proven.get((entity, aspect), UNKNOWN) if before == UNKNOWN else before, after

    def is_change(self, entity: Entity, aspect: Aspect) -> bool:
        """Did it change? Better knowledge of what was unknown is none, unless a call wrote it."""
        before, after = self.pair(entity, aspect)
        if before == after or (after.kind == "present" and before != ABSENT):
            return False
        if before.kind != "unknown":
            return True
        policy = entity_of("policy", aspect.name, entity.account)
        behind = (policy, Aspect("default version"))
        return (entity, aspect) in self.proven or (
            aspect.kind == "managed policy" and behind in self.proven
        )

    def slots(self) -> Iterator[tuple[Entity, Aspect]]:
        """Which aspects of which things were held at either moment, under their last names?"""
        gone = {old for new, old in self.was.items() if new != old}
        named = {new: old for new, old in self.was.items() if new != old}
        now = {old: new for new, old in named.items()}
        held = {*self.last.said()}
        for entity, aspect in self.first.said():
            held.add((now.get(entity, entity), self._renamed(entity, aspect, now)))
        for entity, aspect in sorted(held):
            if entity not in gone or entity in self.made:
                yield entity, aspect

    def _before(self, entity: Entity, aspect: Aspect) -> tuple[Entity, Aspect]:
        return self.was.get(entity, entity), self._renamed(entity, aspect, self.was)

    @staticmethod
    def _renamed(entity: Entity, aspect: Aspect, names: dict[Entity, Entity]) -> Aspect:
        """Name a membership as its group was, or is, named."""
        if aspect.kind != "group":
            return aspect
        group = Entity(entity.account, "group", aspect.name)
        return Aspect("group", names.get(group, group).name)


def spanned(
    calls: Iterable[Call],
    first: Draft,
    seeds: list[Seed],
    window: tuple[datetime, datetime | None],
) -> Span:
    """What lies between two moments? The draft is written up to the first one.

    Example:
        >>> from datetime import UTC, datetime
        >>> from trailnb.iam.walk import begun
        >>> len(spanned([], begun(), [], (datetime(2026, 11, 1, tzinfo=UTC), None)).proven)
        0
    """
    start, end = window
    listed = list(calls)
    for _ in walked(listed, first, seeds, start):
        pass
    span = Span(first, Draft.of(first.frozen()))
    rest = [call for call in listed if call.time >= start]
    for happened in walked(rest, span.last, [one for one in seeds if one.at > start], end):
        if happened.call.is_success:
            _learn(span, happened)
    return span


def _learn(span: Span, happened: Happened) -> None:
    for edit, before in zip(happened.call.edits, happened.before, strict=True):
        old, new = edit.before_and_after
        if edit.verb == "create" and (old, EXISTS) not in span.proven:
            span.made.add(old)
        if old != new:
            span.was[new] = span.was.pop(old, old)
            if old in span.made:
                span.made.add(new)
        elif edit.verb != "need":
            span.proven.setdefault((old, edit.aspect), before)
