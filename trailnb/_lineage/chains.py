"""From each session back to where it began, hop by hop, never in circles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from trailnb._lineage.issues import Issues

SEPARATOR = " → "
#: A service that takes a role acts for itself; the workload behind the role is the one that runs.
_SERVICE = "AWSService"


@dataclass(frozen=True, slots=True)
class Hop:
    """One issue: `session` was issued to `caller`, in the way `how`, by event `event_id`."""

    session: str
    how: str
    event_id: str
    event_time: object
    caller: str
    caller_actor: str
    caller_kind: str
    caller_type: str | None
    source_identity: str | None
    is_keyed: bool


def hops_of(issues: Issues) -> dict[str, Hop]:
    """Which hop issued each session?"""
    rows = issues.rows.select(Hop.__dataclass_fields__.keys()).iter_rows()
    return {row[0]: Hop(*row) for row in rows}


def path_to(session: str, hops: Mapping[str, Hop]) -> list[Hop]:
    """Which hops lead to this session, the first issue first? A circle is cut where it closes.

    Example:
        >>> path_to("AKIAEXAMPLE", {})
        []
    """
    return list(_back(session, hops))[::-1]


def _back(session: str, hops: Mapping[str, Hop]) -> Iterator[Hop]:
    seen: set[str] = set()
    hop = hops.get(session)
    while hop is not None and hop.session not in seen:
        seen.add(hop.session)
        yield hop
        if hop.caller_type == _SERVICE:
            return
        hop = hops.get(hop.caller)


def root_of(own_actor: str, own_kind: str, path: list[Hop]) -> tuple[str, str]:
    """Which person or workload began it: (actor, kind)?

    Example:
        >>> root_of("alice", "human", [])
        ('alice', 'human')
    """
    if not path or path[0].caller_type == _SERVICE:
        first = path[1] if len(path) > 1 else None
        return (first.caller_actor, first.caller_kind) if first else (own_actor, own_kind)
    return path[0].caller_actor, path[0].caller_kind


def steps_of(path: Iterable[Hop], *last: str) -> list[str]:
    """Which actors does the path lead over? A hop from an actor to itself is one step.

    Example:
        >>> steps_of([], "alice", "alice", "role/admin/work")
        ['alice', 'role/admin/work']
    """
    actors = [*(hop.caller_actor for hop in path), *last]
    return [
        actor
        for place, actor in enumerate(actors)
        if actor not in actors[max(place - 1, 0) : place]
    ]


def chain_frame(sessions: pl.DataFrame, hops: Mapping[str, Hop]) -> pl.DataFrame:
    """What is known of where each session came from?

    `sessions` has session, actor and actor_kind. Adds root_actor, root_kind, chain (list), how,
    issuing_event_id, depth (hops) and is_keyed.
    """
    rows = [_row(session, actor, kind, hops) for session, actor, kind in sessions.rows()]
    return pl.DataFrame(rows, schema=_CHAINS, orient="row")


_CHAINS = pl.Schema(
    {
        "session_id": pl.String(),
        "root_actor": pl.String(),
        "root_kind": pl.String(),
        "chain": pl.List(pl.String()),
        "chain_text": pl.String(),
        "how": pl.String(),
        "issuing_event_id": pl.String(),
        "parent_session": pl.String(),
        "depth": pl.UInt32(),
        "is_keyed": pl.Boolean(),
        "origin_type": pl.String(),
    }
)


def _row(session: str, actor: str, kind: str, hops: Mapping[str, Hop]) -> tuple[object, ...]:
    path = path_to(session, hops)
    root, root_kind = root_of(actor, kind, path)
    steps = steps_of(path, actor)
    last = path[-1] if path else None
    return (
        session,
        root,
        root_kind,
        steps,
        SEPARATOR.join(steps),
        last.how if last else None,
        last.event_id if last else None,
        last.caller if last else None,
        len(path),
        last.is_keyed if last else None,
        path[0].caller_type if path else None,
    )
