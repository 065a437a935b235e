"""What a call does to the state: small edits, each with what it proves about the time before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import msgspec

from trailnb.iam.entities import EXISTS, Aspect
from trailnb.iam.state import ABSENT, EVERYTHING, PRESENT, UNKNOWN, Held, Value, text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from trailnb.iam.entities import Entity
    from trailnb.iam.state import Draft

Verb: TypeAlias = Literal["create", "delete", "rename", "put", "add", "remove", "clear", "need"]
#: Stands where a call that names something has had the name left out.
UNNAMED = "(unknown)"


class Edit(msgspec.Struct, frozen=True, gc=False):
    """One change of one aspect.

    "create" and "delete" are of the entity itself; "rename" gives it the name `value`. "put" writes
    an aspect whatever it was; "add" succeeds only where there was none, "remove" only where there
    was one; "clear" takes every aspect of the kind away; "need" changes nothing, and tells that the
    aspect is there.
    """

    verb: Verb
    entity: Entity
    aspect: Aspect = EXISTS
    value: Value = PRESENT
    arn: str | None = None
    unique_id: str | None = None
    is_told: bool = True

    @property
    def before_and_after(self) -> tuple[Entity, Entity]:
        """Under which name the entity goes before and after it."""
        if self.verb != "rename":
            return self.entity, self.entity
        return self.entity, self.entity._replace(name=self.value.text)

    @property
    def wanted(self) -> Value:
        """What its aspect becomes by it."""
        return ABSENT if self.verb in {"remove", "delete", "clear"} else self.value


class Call(msgspec.Struct, frozen=True, gc=False):
    """One recorded call that can change permissions, and the edits it made or tried to make."""

    time: datetime
    action: str
    event_id: str
    account: str
    is_success: bool = True
    request: dict[str, Any] = {}
    response: dict[str, Any] = {}
    omitted_bytes: str = ""
    target: str | None = None
    user_name: str | None = None
    access_key_id: str | None = None
    edits: tuple[Edit, ...] = ()
    told: Mapping[str, Any] = {}


def apply(draft: Draft, edit: Edit) -> bool:
    """Write the edit into the draft. Does what was known agree with its success?

    Example:
        >>> from trailnb.iam.entities import Entity
        >>> from trailnb.iam.state import Draft, State
        >>> draft = Draft.of(State())
        >>> alice = Entity("111122223333", "user", "alice")
        >>> apply(draft, Edit("create", alice)), apply(draft, Edit("create", alice))
        (True, False)
    """
    if edit.verb in _WHOLE:
        return _WHOLE[edit.verb](draft, edit)
    agrees = _touch(draft, edit.entity)
    was = draft.value(edit.entity, edit.aspect)
    if UNNAMED in (edit.entity.name, edit.aspect.name):
        draft.blur(edit.entity, edit.aspect)
        return agrees
    if edit.verb == "clear":
        _clear(draft, edit)
    if edit.verb == "need":
        if was in (ABSENT, UNKNOWN):
            draft.write(edit.entity, edit.aspect, PRESENT)
        return agrees and was.may_be_there
    draft.write(edit.entity, edit.aspect, edit.wanted)
    if edit.verb == "add":
        return agrees and was.may_be_absent
    return agrees and (edit.verb in {"put", "clear"} or was.may_be_there)


def _create(draft: Draft, edit: Edit) -> bool:
    was = draft.value(edit.entity, EXISTS)
    held = Held(EVERYTHING, draft.count, edit.arn, edit.unique_id)
    held.aspects[EXISTS] = (edit.value, draft.count)
    draft.place(edit.entity, held)
    return was.may_be_absent


def _delete(draft: Draft, edit: Edit) -> bool:
    was = draft.value(edit.entity, EXISTS)
    held = Held(EVERYTHING, draft.count)
    held.aspects[EXISTS] = (ABSENT, draft.count)
    draft.place(edit.entity, held)
    return was.may_be_there


def _clear(draft: Draft, edit: Edit) -> None:
    held = draft.entities[edit.entity].copy()
    held.closed |= {edit.aspect.kind}
    draft.place(edit.entity, held)
    for aspect in [*held.aspects]:
        if aspect.kind == edit.aspect.kind:
            draft.write(edit.entity, aspect, ABSENT)


def _touch(draft: Draft, entity: Entity) -> bool:
    """Learn that the entity exists; one that was known not to has been made unseen."""
    was = draft.value(entity, EXISTS)
    if entity.name == UNNAMED:
        return True
    if was == ABSENT:
        draft.place(entity, Held(since=draft.count))
    if was in (ABSENT, UNKNOWN):
        draft.write(entity, EXISTS, PRESENT)
    return was != ABSENT


def _rename(draft: Draft, edit: Edit) -> bool:
    """Move what is held to the new name; ids, keys and memberships stay."""
    old, new = edit.before_and_after
    agrees = _touch(draft, old)
    if old == new or UNNAMED in (old.name, new.name):
        return agrees
    agrees = agrees and draft.value(new, EXISTS).may_be_absent
    held = draft.entities[old].copy()
    gone = Held(EVERYTHING, draft.count)
    gone.aspects[EXISTS] = (ABSENT, draft.count)
    draft.place(new, held)
    draft.place(old, gone)
    for aspect in held.aspects:
        if (old.account, aspect) in draft.holders:
            draft.holders[old.account, aspect][new] = None
    if old.kind != "group":
        return agrees
    was, now = Aspect("group", old.name), Aspect("group", new.name)
    for member in draft.held_by(old.account, was):
        draft.write(member, now, draft.value(member, was))
        draft.write(member, was, ABSENT)
    return agrees


#: What changes an entity as a whole.
_WHOLE = {"create": _create, "delete": _delete, "rename": _rename}


def identity(arn: str | None, unique_id: str | None) -> Value:
    """What is told of an entity that was made: its ARN and unique id, as text?

    Example:
        >>> identity(None, "AIDAEXAMPLE").shown
        'AIDAEXAMPLE'
    """
    said = " ".join(part for part in (arn, unique_id) if part)
    return text(said) if said else PRESENT
