"""What is known about permissions at a moment: entities, their aspects, and what is not known.

An entity (a user, a policy, a bucket) holds aspects (its trust, one inline policy, one key). What
no event and no seed has told is unknown, which is a value like any other and never "none".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import msgspec

from trailnb.iam.entities import Aspect, Entity, entity_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

#: Closed over every kind of aspect: what is not held is known to be absent.
EVERYTHING = frozenset({"*"})
#: Kinds of aspects that name another entity of the account, found from there too.
REFERRING = frozenset({"group", "managed policy", "boundary"})
#: Kinds of aspects whose value names a document that lies elsewhere.
_MEANING = frozenset({"managed policy", "default version"})
_MOST_SHOWN = 4


class Value(msgspec.Struct, frozen=True, gc=False):
    """What one aspect is, as far as known.

    "text" is known content; "absent" known to be nothing; "present" there, of unknown content;
    "omitted" content that CloudTrail left out; "either" one of `options`, by the order of calls
    inside one second, which nothing tells.
    """

    kind: Literal["text", "absent", "unknown", "omitted", "present", "either"]
    text: str = ""
    options: tuple[Value, ...] = ()

    @property
    def may_be_absent(self) -> bool:
        """Could it be that there is nothing?"""
        return self.kind in {"unknown", "absent"} or ABSENT in self.options

    @property
    def may_be_there(self) -> bool:
        """Could it be that there is something?"""
        return self.kind != "absent"

    @property
    def shown(self) -> str | None:
        """How an answer says it: the text, nothing, or a word for what is not known.

        Example:
            >>> omitted("131977").shown
            'omitted, 131977 bytes'
        """
        if self.kind == "text":
            return self.text
        if self.kind == "absent":
            return None
        if self.kind == "omitted":
            return f"omitted, {self.text} bytes"
        if self.kind == "either":
            said = [option.shown or "nothing" for option in self.options[:_MOST_SHOWN]]
            return f"unknown order within the second: {' | '.join(said)}"
        return f"{self.kind}, {self.text}" if self.text else self.kind


ABSENT, UNKNOWN, PRESENT = Value("absent"), Value("unknown"), Value("present")


def text(content: str) -> Value:
    """Which value is this known content?"""
    return Value("text", content)


def omitted(size: str) -> Value:
    """Which value is content that CloudTrail left out, of this many bytes?"""
    return Value("omitted", size)


def either(values: list[Value]) -> Value:
    """Which value is one of these: itself when they agree?

    Example:
        >>> either([ABSENT, ABSENT]) == ABSENT
        True
    """
    flat = [option for value in values for option in (value.options or (value,))]
    distinct = sorted(set(flat), key=lambda value: (value.kind, value.text))
    return distinct[0] if len(distinct) == 1 else Value("either", options=tuple(distinct))


_Slot: TypeAlias = tuple[Value, int]


@dataclass(slots=True)
class Held:
    """What is held of one entity. `closed` names the kinds of aspects that are known in full."""

    closed: frozenset[str] = frozenset()
    since: int = 0
    arn: str | None = None
    unique_id: str | None = None
    aspects: dict[Aspect, _Slot] = field(default_factory=dict)

    def copy(self) -> Held:
        """Give a copy that can change apart from this one."""
        return Held(self.closed, self.since, self.arn, self.unique_id, dict(self.aspects))


class Reading:
    """What can be asked of a state, while it is written and after."""

    __slots__ = ()
    entities: Mapping[Entity, Held]
    closed: frozenset[tuple[str, str]]
    blurred: Mapping[tuple[str, str, str], int]
    holders: Mapping[tuple[str, Aspect], Mapping[Entity, None]]

    def value(self, entity: Entity, aspect: Aspect) -> Value:
        """What is this aspect of the entity, as far as known?"""
        held = self.entities.get(entity)
        if held is None:
            is_closed = (entity.account, entity.kind) in self.closed
            return ABSENT if is_closed else UNKNOWN
        blurred = -1
        if self.blurred:  # seldom
            blurred = self.blurred.get((entity.account, entity.kind, aspect.kind), -1)
        found = held.aspects.get(aspect)
        if found is not None:
            return found[0] if found[1] > blurred else UNKNOWN
        is_closed = aspect.kind in held.closed or "*" in held.closed
        return ABSENT if is_closed and held.since > blurred else UNKNOWN

    def content(self, entity: Entity, aspect: Aspect) -> Value:
        """What does the aspect mean: behind an attachment or a version's number, the document?"""
        value = self.value(entity, aspect)
        return self.meant(entity, aspect, value) if aspect.kind in _MEANING else value

    def meant(self, entity: Entity, aspect: Aspect, value: Value) -> Value:
        """What would the aspect mean if this were its value?"""
        if aspect.kind not in _MEANING:
            return value
        if value.kind == "either":
            return either([self._behind(entity, aspect, option) for option in value.options])
        return self._behind(entity, aspect, value)

    def _behind(self, entity: Entity, aspect: Aspect, value: Value) -> Value:
        if value.kind not in {"text", "present"}:
            return value
        if aspect.kind == "managed policy":
            policy = entity_of("policy", aspect.name, entity.account)
            found = self.content(policy, Aspect("default version"))
            return (
                found if found.kind != "unknown" else Value("unknown", f"the text of {policy.name}")
            )
        return self.value(entity, Aspect("version", value.text))

    def aspects(self, entity: Entity, *kinds: str) -> list[tuple[Aspect, Value]]:
        """Which aspects of these kinds are held and not known to be absent, by name?"""
        held = self.entities.get(entity)
        names = sorted(held.aspects) if held else ()
        told = [(name, self.value(entity, name)) for name in names if name.kind in kinds]
        return [(name, value) for name, value in told if value != ABSENT]

    def held_by(self, account: str, aspect: Aspect) -> list[Entity]:
        """Who holds it: the members of a group, the principals a policy is attached to?"""
        among = self.holders.get((account, aspect), {})
        return sorted(entity for entity in among if self.value(entity, aspect) != ABSENT)

    def said(self) -> dict[tuple[Entity, Aspect], Value]:
        """Say all that is held, aspect by aspect: two states that say the same are equal."""
        return {
            (entity, aspect): self.value(entity, aspect)
            for entity, held in self.entities.items()
            for aspect in held.aspects
        }


@dataclass(frozen=True, slots=True)
class State(Reading):
    """Everything known at one moment. Nothing changes it: `Draft.of(state)` goes on from it.

    Example:
        >>> State().value(Entity("111122223333", "user", "alice"), Aspect("boundary")).shown
        'unknown'
    """

    entities: Mapping[Entity, Held] = field(default_factory=dict)
    closed: frozenset[tuple[str, str]] = frozenset()
    blurred: Mapping[tuple[str, str, str], int] = field(default_factory=dict)
    holders: Mapping[tuple[str, Aspect], Mapping[Entity, None]] = field(default_factory=dict)
    count: int = 0


@dataclass(slots=True)
class Draft(Reading):
    """A state being written: the working copy of one replay, with a way back."""

    entities: dict[Entity, Held]
    closed: frozenset[tuple[str, str]]
    blurred: dict[tuple[str, str, str], int]
    holders: dict[tuple[str, Aspect], dict[Entity, None]]
    count: int
    undo: list[Callable[[], object]] | None = None
    _owned: set[int] = field(default_factory=set)

    @classmethod
    def of(cls, state: State) -> Draft:
        """Begin where a state ends, which stays as it is."""
        holders = {name: dict(among) for name, among in state.holders.items()}
        return cls(dict(state.entities), state.closed, dict(state.blurred), holders, state.count)

    def frozen(self) -> State:
        """End the writing: what is the state now?"""
        return State(self.entities, self.closed, self.blurred, self.holders, self.count)

    def own(self, entity: Entity) -> Held:
        """Give what is held of an entity, to be written."""
        held = self.entities.get(entity)
        if held is None:
            held = Held(since=self.count)
            self.place(entity, held)
        elif id(held) not in self._owned:
            held = held.copy()
            self.place(entity, held)
        return held

    def place(self, entity: Entity, held: Held | None) -> None:
        """Put what is held under the entity's name, or take it away."""
        was = self.entities.get(entity)
        if held is None:
            self.entities.pop(entity, None)
        else:
            self.entities[entity] = held
            self._owned.add(id(held))
        if self.undo is not None:
            self.undo.append(lambda: _restore(self.entities, entity, was))

    def write(self, entity: Entity, aspect: Aspect, value: Value) -> None:
        """Write one aspect."""
        aspects = self.own(entity).aspects
        was = aspects.get(aspect)
        aspects[aspect] = (value, self.count)
        if self.undo is not None:
            self.undo.append(lambda: _restore(aspects, aspect, was))
        if aspect.kind in REFERRING:
            self.holders.setdefault((entity.account, aspect), {})[entity] = None

    def blur(self, entity: Entity, aspect: Aspect) -> None:
        """Know no longer any aspect of this kind, of any entity of that kind in the account."""
        key = (entity.account, entity.kind, aspect.kind)
        was = self.blurred.get(key)
        self.blurred[key] = self.count
        if self.undo is not None:
            self.undo.append(lambda: _restore(self.blurred, key, was))


def _restore(mapping: dict[Any, Any], key: object, was: object) -> None:
    if was is None:
        mapping.pop(key, None)
    else:
        mapping[key] = was
