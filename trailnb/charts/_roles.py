"""Many sessions of one role as one thing: a job that runs each night is one actor to a reader."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

#: So many sessions of a role stand for themselves; more share a row.
_FEW = 3


def shared(actors: Iterable[str | None]) -> dict[str | None, str]:
    """Under which name does each actor stand, when many sessions of a role share one?

    Example:
        >>> runs = [f"role/release/run-{number}" for number in range(5)]
        >>> shared(["alice", *runs])[runs[0]]
        'role/release, 5 sessions'
    """
    sessions: dict[str, set[str]] = {}
    known = {actor for actor in actors if actor is not None}
    for actor in known:
        if role := _role(actor):
            sessions.setdefault(role, set()).add(actor)
    names: dict[str | None, str] = {None: "unknown"} | {actor: actor for actor in known}
    for role, among in sessions.items():
        if len(among) > _FEW:
            names.update(dict.fromkeys(among, f"{role}, {len(among):,} sessions"))
    return names


def _role(actor: str) -> str | None:
    """Name the role of a session that is called role/NAME/SESSION."""
    kind, _, rest = actor.partition("/")
    name, slash, _ = rest.partition("/")
    return f"{kind}/{name}" if kind == "role" and slash else None
