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
    return _hops(issues.rows)


def hops_to(one: pl.DataFrame, more: pl.DataFrame) -> dict[str, Hop]:
    """Which hops lead to the sessions of `more`: their own, and the first ones among `one`?"""
    first = one.filter(pl.col("session").is_in(more["caller"].implode()))
    return _hops(pl.concat([first, more]))


def _hops(rows: pl.DataFrame) -> dict[str, Hop]:
    told = rows.select(Hop.__dataclass_fields__.keys()).iter_rows()
    return {row[0]: Hop(*row) for row in told}


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


def is_of_service() -> pl.Expr:
    """Was the session issued to an AWS service?"""
    return (pl.col("caller_type") == _SERVICE).fill_null(value=False)


def nearby(issues: Issues) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Which issues are one hop from where they began, and which have more hops?

    Example:
        >>> from trailnb.facts.columns import base_schema
        >>> from trailnb.facts.derived import DERIVED, with_derived
        >>> from trailnb._lineage.issues import issues_of
        >>> nobody = with_derived(
        ...     pl.DataFrame(schema=base_schema()), [column.name for column in DERIVED]
        ... )
        >>> [part.height for part in nearby(issues_of(nobody))]
        [0, 0]
    """
    rows = issues.rows
    is_first = is_of_service() | ~pl.col("caller").is_in(rows["session"].implode())
    return rows.filter(is_first), rows.filter(~is_first)


def chain_frame(sessions: pl.DataFrame, issues: Issues) -> pl.DataFrame:
    """What is known of where each session came from?

    `sessions` has session_id, actor and actor_kind. Adds root_actor, root_kind, chain (list), how,
    issuing_event_id, depth (hops) and is_keyed. Only ways of several hops are walked.
    """
    one, more = nearby(issues)
    hops = hops_to(one, more)
    is_far = pl.col("session_id").is_in(more["session"].implode())
    near = sessions.filter(~is_far).join(one, left_on="session_id", right_on="session", how="left")
    rows = [
        _row(session, actor, kind, hops) for session, actor, kind in sessions.filter(is_far).rows()
    ]
    return pl.concat([_direct(near), pl.DataFrame(rows, schema=_CHAINS, orient="row")])


def _direct(near: pl.DataFrame) -> pl.DataFrame:
    """Tell sessions that nothing issued, and those of one hop."""
    caller, actor = pl.col("caller_actor"), pl.col("actor")
    is_begun = caller.is_not_null() & ~is_of_service()
    is_step = (caller != actor).fill_null(value=False)
    chain = pl.when(is_step).then(pl.concat_list(caller, actor)).otherwise(pl.concat_list(actor))
    told = near.with_columns(
        root_actor=pl.when(is_begun).then(caller).otherwise(actor),
        root_kind=pl.when(is_begun).then("caller_kind").otherwise("actor_kind"),
        chain=chain,
        chain_text=chain.list.join(SEPARATOR),
        issuing_event_id="event_id",
        parent_session="caller",
        depth=caller.is_not_null().cast(pl.UInt32),
        origin_type="caller_type",
    )
    return told.select(pl.col(name).cast(dtype) for name, dtype in _CHAINS.items())


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
