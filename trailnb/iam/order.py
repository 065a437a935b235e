"""In which order the calls of one second happened, as far as anything tells.

eventTime has whole seconds and event ids are random. Create comes before use and use before delete;
a key is made before it signs; version numbers grow; and a call that succeeded proves what was there
before it. Where several orders stay possible, all of them are tried, and what they differ in is
unknown.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from trailnb.iam.entities import EXISTS, caller
from trailnb.iam.replay_edits import apply
from trailnb.iam.state import ABSENT, PRESENT, UNKNOWN, either

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from trailnb.iam.entities import Aspect, Entity
    from trailnb.iam.replay_edits import Call, Edit
    from trailnb.iam.state import Draft, Value

# Six calls on one thing in one second have 720 orders, five 120.
_MOST_PERMUTED = 5
_WRITING = {"put", "add", "remove", "clear"}
_RANKS = {
    "create": 0,
    "add": 1,
    "need": 2,
    "put": 2,
    "rename": 2,
    "clear": 3,
    "remove": 3,
    "delete": 4,
}


@dataclass(slots=True)
class Happened:
    """One call in its place, with what each edit's aspect was before and became."""

    call: Call
    before: list[Value] = field(default_factory=list)
    after: list[Value] = field(default_factory=list)
    agrees: bool = True


@dataclass(frozen=True, slots=True)
class _Way:
    """One possible order, and what it leaves in each aspect that was touched."""

    told: list[Happened]
    left: list[Value]


def in_seconds(calls: Iterable[Call]) -> Iterator[list[Call]]:
    """Which calls share a second, second by second, in an order of their own contents?

    Example:
        >>> list(in_seconds([]))
        []
    """
    ordered = sorted(calls, key=_canonical)
    start = 0
    for place in range(1, len(ordered) + 1):
        if place == len(ordered) or ordered[place].time != ordered[start].time:
            yield ordered[start:place]
            start = place


def _canonical(call: Call) -> tuple[object, ...]:
    ranks = [_RANKS[edit.verb] for edit in call.edits if edit.verb != "need"]
    names = [(_version(edit.aspect.name), edit.aspect, edit.entity) for edit in call.edits]
    return (call.time, min(ranks, default=2), names, call.action, call.event_id, call.account)


def _version(name: str) -> int:
    """Number policy versions as numbers: v10 comes after v9."""
    digits = name.removeprefix("v")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 9 else 0  # noqa: PLR2004


def settle(draft: Draft, second: list[Call]) -> list[Happened]:
    """Write the calls of one second into the draft: what was before and after each edit?"""
    return [told for together in _components(second) for told in _settled(draft, together)]


def _settled(draft: Draft, together: list[Call]) -> list[Happened]:
    """Settle calls that have to do with each other; attempts see what was before or after them."""
    made = [call for call in together if call.is_success]
    attempts = [Happened(call) for call in together if not call.is_success]
    seen = [[_seen(draft, edit, 0) for edit in told.call.edits] for told in attempts]
    told = _succeeded(draft, made)
    for attempt, first in zip(attempts, seen, strict=True):
        last = [_seen(draft, edit, 0) for edit in attempt.call.edits]
        attempt.before = [either(list(pair)) for pair in zip(first, last, strict=True)]
        attempt.after = [
            draft.meant(edit.entity, edit.aspect, edit.wanted) for edit in attempt.call.edits
        ]
    return [*told, *attempts]


def _succeeded(draft: Draft, made: list[Call]) -> list[Happened]:
    if len(made) < 2 or not _is_open(made):  # noqa: PLR2004 - one call has one order
        return [_write(draft, call) for call in made]
    if len(made) > _MOST_PERMUTED:
        return _given_up(draft, made)
    # No order agrees with what is known where the log lacks a call: the usual one is as good.
    ways = _ways(draft, made)
    return _agreed(draft, ways) if ways else [_write(draft, call) for call in made]


def _write(draft: Draft, call: Call) -> Happened:
    happened = Happened(call)
    draft.count += 1
    for edit in call.edits:
        happened.before.append(_proven(edit, _seen(draft, edit, 0)))
        happened.agrees &= apply(draft, edit)
    happened.after = [_seen(draft, edit, 1) for edit in call.edits]
    return happened


def _seen(draft: Draft, edit: Edit, moment: int) -> Value:
    entity = edit.before_and_after[moment] if edit.verb == "rename" else edit.entity
    return draft.content(entity, edit.aspect)


def _proven(edit: Edit, was: Value) -> Value:
    """Say what was unknown before, where the success of the call proves it."""
    if was != UNKNOWN or edit.verb in {"put", "need", "rename"}:
        return was
    return ABSENT if edit.verb in {"create", "add"} else PRESENT


def _components(second: list[Call]) -> list[list[Call]]:
    """Part the calls that have nothing to do with each other: no entity and no key in common."""
    if len(second) == 1:
        return [second]
    roots = list(range(len(second)))

    def root(place: int) -> int:
        while roots[place] != place:
            roots[place] = roots[roots[place]]
            place = roots[place]
        return place

    owners: dict[object, int] = {}
    made = {thing for call in second for thing in _made(call)}
    for place, call in enumerate(second):
        for thing in _things(call, made):
            roots[root(place)] = root(owners.setdefault(thing, place))
    parts: dict[int, list[Call]] = {}
    for place, call in enumerate(second):
        parts.setdefault(root(place), []).append(call)
    return sorted(parts.values(), key=lambda part: _canonical(part[0]))


def _things(call: Call, made: set[object]) -> set[object]:
    named: set[object] = {name for edit in call.edits for name in edit.before_and_after}
    return named | _made(call) | (_signed(call) & made)


def _made(call: Call) -> set[object]:
    """Give the keys and roles that the call makes: what they sign comes after it."""
    made: set[object] = set()
    for edit in call.edits if call.is_success else ():
        if edit.verb == "add" and edit.aspect.kind == "access key":
            made.add(edit.aspect.name)
        elif edit.verb == "create" and edit.entity.kind == "role":
            made.add(edit.entity)
    return made


def _signed(call: Call) -> set[object]:
    """Give the key that signed the call, and the role whose session it was."""
    role = caller(call.told.get("actor_arn") or "")
    return {thing for thing in (call.access_key_id, role) if thing is not None}


def _is_open(made: list[Call]) -> bool:
    """Could the order matter: an aspect written twice, a thing made and ended, a key that signs?"""
    created: set[Entity] = set()
    ended: set[Entity] = set()
    written: set[tuple[Entity, Aspect]] = set()
    signing = {thing for call in made for thing in _made(call)}
    for call in made:
        verbs = {edit.verb for edit in call.edits}
        if "rename" in verbs or (signing and not signing.isdisjoint(_signed(call))):
            return True
        named = {edit.entity for edit in call.edits if edit.verb in {"create", "delete"}}
        slots = {(edit.entity, edit.aspect) for edit in call.edits if edit.verb in _WRITING}
        if "create" in verbs:  # what a creation writes comes first in any case
            created |= named
        elif not written.isdisjoint(slots):
            return True
        else:
            ended |= named
            written |= slots
    return not created.isdisjoint(ended)


def _ways(draft: Draft, made: list[Call]) -> list[_Way]:
    """Try every order: which agree with what was known, and what does each leave?"""
    found: list[_Way] = []
    undo: list[Callable[[], object]] = []
    slots = _touched(made)
    things = [_made(call) for call in made]
    follows = [
        {place for place, thing in enumerate(things) if not thing.isdisjoint(_signed(call))}
        for call in made
    ]

    def walk(rest: list[int], done: list[Happened]) -> None:
        if not rest:
            found.append(_Way(done, [draft.value(*slot) for slot in slots]))
            return
        for place in rest:
            others = [other for other in rest if other != place]
            if not follows[place].isdisjoint(others):
                continue  # what signed it is not made yet
            mark, count = len(undo), draft.count
            happened = _write(draft, made[place])
            if happened.agrees:
                walk(others, [*done, happened])
            while len(undo) > mark:
                undo.pop()()
            draft.count = count

    draft.undo = undo
    walk([*range(len(made))], [])
    draft.undo = None
    return found


def _touched(made: list[Call]) -> list[tuple[Entity, Aspect]]:
    edits = [edit for call in made for edit in call.edits]
    return sorted({(name, edit.aspect) for edit in edits for name in edit.before_and_after})


def _agreed(draft: Draft, ways: list[_Way]) -> list[Happened]:
    """Write the first order, and where others differ from it, that it could be either."""
    told = [_write(draft, happened.call) for happened in ways[0].told]
    for happened in told:
        same = [other for way in ways for other in way.told if other.call is happened.call]
        for place in range(len(happened.call.edits)):
            happened.before[place] = either([other.before[place] for other in same])
            happened.after[place] = either([other.after[place] for other in same])
    for place, slot in enumerate(_touched([happened.call for happened in told])):
        _leave(draft, slot, either([way.left[place] for way in ways]))
    return told


def _leave(draft: Draft, slot: tuple[Entity, Aspect], left: Value) -> None:
    if left == draft.value(*slot):
        return
    entity, aspect = slot
    if aspect == EXISTS:  # what it holds is no more certain than itself
        held = draft.entities[entity].copy()
        held.closed = frozenset()
        draft.place(entity, held)
    draft.write(entity, aspect, left)


def _given_up(draft: Draft, made: list[Call]) -> list[Happened]:
    """Too many to try: write them in their usual order; what several wrote could be any of it."""
    slots = _touched(made)
    values = {slot: [draft.value(*slot)] for slot in slots}
    told = [_write(draft, call) for call in made]
    for happened in told:
        for edit, after in zip(happened.call.edits, happened.after, strict=True):
            if edit.verb in _WRITING:
                values[edit.entity, edit.aspect].append(after)
    for happened in told:
        for place, edit in enumerate(happened.call.edits):
            among = values[edit.entity, edit.aspect]
            if len(among) > 2:  # noqa: PLR2004 - what it was, and what several made of it
                happened.before[place] = either(among)
    for slot, among in values.items():
        if len(among) > 2:  # noqa: PLR2004
            _leave(draft, slot, either(among[1:]))
    return told
