"""Which edits a call makes: the rows of the replay tables, applied to its request and response."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import islice
from typing import TYPE_CHECKING, cast

from msgspec.structs import replace

from trailnb.iam.entities import EXISTS, Aspect, entity_of
from trailnb.iam.replay_edits import UNNAMED, Edit, identity
from trailnb.iam.replay_groups import RULES, rule_edits
from trailnb.iam.replay_paths import content, names, spoken
from trailnb.iam.state import ABSENT, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trailnb.iam.entities import Entity
    from trailnb.iam.replay_edits import Call, Verb

_TABLES = ("replay_iam.csv", "replay_resources.csv")
# One call may name any number of things.
_MOST_EDITS = 10_000


@dataclass(frozen=True, slots=True)
class Row:
    """One edit that an action makes, and where its parts stand in the call."""

    verb: Verb
    kind: str
    name: str
    aspect: str
    aspect_name: str
    value: str
    when: str
    is_told: bool
    is_optional: bool


@cache
def table() -> dict[str, tuple[Row, ...]]:
    """What does each action do: the rows of the tables by action?

    Example:
        >>> [row.verb for row in table()["iam:AttachUserPolicy"]]
        ['put', 'need']
    """
    found: dict[str, list[Row]] = {}
    for name in _TABLES:
        file = files("trailnb.iam").joinpath("tables", name).read_text(encoding="utf-8")
        for said in csv.DictReader(ln for ln in file.splitlines() if not ln.startswith("#")):
            row = _row(said)
            for action in said["action"].split():
                found.setdefault(action, []).append(row)
    return {action: tuple(rows) for action, rows in found.items()}


def _row(said: dict[str, str]) -> Row:
    verb = said["verb"]
    return Row(
        verb=cast("Verb", verb.rstrip("?-")),
        kind=said["kind"],
        name=said["name"],
        aspect=said["aspect"],
        aspect_name=said["aspect_name"],
        value=said["value"],
        when=said["when"],
        is_told="-" not in verb and verb != "need",
        is_optional="?" in verb or verb == "need",
    )


@cache
def actions() -> tuple[str, ...]:
    """Which actions can change permissions?

    Example:
        >>> "iam:PutUserPolicy" in actions(), "iam:GetUser" in actions()
        (True, False)
    """
    return tuple(sorted({*table(), *RULES}))


def compiled(call: Call) -> Call:
    """Which edits does the call make, as its request and response tell?

    Example:
        >>> from datetime import UTC, datetime
        >>> from trailnb.iam.replay_edits import Call
        >>> asked = {"userName": "alice", "groupName": "admins"}
        >>> call = Call(datetime(2026, 11, 1, tzinfo=UTC), "iam:AddUserToGroup", "e", "1")
        >>> str(compiled(replace(call, request=asked)).edits[0].aspect)
        'group admins'
    """
    found = rule_edits(call) if call.action in RULES else _edits(call)
    return replace(call, edits=tuple(islice(found, _MOST_EDITS)))


def _edits(call: Call) -> Iterator[Edit]:
    for row in table().get(call.action, ()):
        if not row.when or _holds(call, row.when):
            yield from _edits_of(call, row)


def _holds(call: Call, when: str) -> bool:
    wanted = [alternative.partition("=") for alternative in when.removeprefix("!").split("|")]
    said = any(
        not equals or str(found).lower() == value.lower()
        for path, equals, value in wanted
        for found in spoken(call, path)
    )
    return said != when.startswith("!")


def _edits_of(call: Call, row: Row) -> Iterator[Edit]:
    named = names(call, row.name)
    if not named and row.is_optional:
        return
    for name in named or [UNNAMED]:
        yield from _edits_on(call, row, entity_of(row.kind, name, call.account))


def _edits_on(call: Call, row: Row, entity: Entity) -> Iterator[Edit]:
    if row.verb == "create":
        arn, unique = (next(iter(names(call, spec)), None) for spec in (row.value, row.aspect_name))
        arn = arn if arn and arn.startswith("arn:") else None
        yield Edit("create", entity, EXISTS, identity(arn, unique), arn, unique)
        return
    value = content(call, row.value)
    if value is None and row.is_optional:
        return
    parts = names(call, row.aspect_name) if row.aspect_name else [""]
    if not parts and row.is_optional:
        return
    for part in parts or [UNNAMED]:
        aspect = Aspect(row.aspect, part) if row.aspect else EXISTS
        verb: Verb = "remove" if row.verb == "put" and value == ABSENT else row.verb
        yield Edit(verb, entity, aspect, value or UNKNOWN, is_told=row.is_told)
