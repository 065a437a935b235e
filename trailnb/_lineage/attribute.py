"""Every event with the session it belongs to and the person or workload behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from trailnb._lineage.chains import (
    SEPARATOR,
    Hop,
    hops_to,
    is_of_service,
    nearby,
    path_to,
    steps_of,
)
from trailnb._lineage.issues import LONGEST, TOLERANCE, Issues, begun, issues_of, raw_session

if TYPE_CHECKING:
    from trailnb._typing import Events

#: What is known of the way to a session: who began it, the chain before it, and its last step.
_PARTS = ("_root", "_before", "_last")
ADDED = ("root_actor", "session_id", "chain_text")


def attribute(trail_or_events: object) -> pl.LazyFrame:
    """Whose work is each event really? Adds `root_actor`, `session_id` and `chain_text`.

    A refined question: the few events that issue credentials are collected once, the frame itself
    stays lazy. Attribute *all* events and filter afterwards: a frame already filtered to one
    address or one hour has lost the events that issued its credentials.

    Args:
        trail_or_events: a Trail, or its events as a Polars frame.

    Returns:
        The frame with three more columns (String, never null): `root_actor`, the person or
        workload that began the chain of credentials, or the actor where nothing issued them here;
        `session_id`, one credential session; `chain_text`, the actors from root to here.

    Example:
        >>> import trailnb as tn
        >>> events = tn.attribute(tn.open("data-samples/quiet"))
        >>> reader = events.filter(pl.col("actor") == "role/inventory-reader/inventory")
        >>> reader.select("root_actor").unique().collect().item()
        'role/platform-tooling/i-0b4b50cfbe5e8355c'
    """
    events = events_of(trail_or_events).lazy()
    return attributed(events, issues_of(lookback_and(trail_or_events, events)))


def attributed(events: pl.LazyFrame, issues: Issues) -> pl.LazyFrame:
    """Whose work is each event, given what was issued?

    What an event carries decides, the strongest first: its key, its principal and beginning, and
    last the only session that was issued under that principal, not long before. Each finds the
    session's number, and the number its names. All of it is looked up row by row: joins would carry
    every other column along, four times over.
    """
    sessions = chains_by_session(issues).with_row_index("_number")
    numbers = sessions.select("_number", session="session_id")
    keyed = issues.by_key.join(numbers, on="session")
    started = issues.by_start.select("session", _begun=begun()).join(numbers, on="session")
    only = issues.by_window.join(numbers, on="session")
    number = pl.coalesce(
        _looked_up("access_key_id", keyed, "_number"),
        _looked_up("_begun", started, "_number"),
        pl.when(_fits(only)).then(_looked_up("user_principal_id", only, "_number")),
    )
    return (
        events.with_columns(_begun=begun())
        .with_columns(_number=number)
        .with_columns(_looked_up("_number", sessions, name) for name in ("session_id", *_PARTS))
        .with_columns(
            session_id=pl.coalesce("session_id", raw_session(pl.col("_begun"))),
            root_actor=pl.coalesce("_root", "actor"),
            chain_text=_chain_text(),
        )
        .drop("_begun", "_number", *_PARTS)
    )


def _looked_up(by: str, found: pl.DataFrame, name: str) -> pl.Expr:
    """What does `found` name for the value in column `by`? Null where it knows none."""
    dtype = found.schema[name]
    if found.is_empty():
        return pl.lit(None, dtype).alias(name)
    values = pl.col(by).replace_strict(found[by], found[name], default=None, return_dtype=dtype)
    return values.alias(name)


def _fits(only: pl.DataFrame) -> pl.Expr:
    """Can it be the session that was issued then: no other beginning, within its longest life?"""
    issued = _looked_up("user_principal_id", only, "issued_at")
    began = pl.col("session_creation_date")
    near = (began - issued).abs() <= TOLERANCE
    time = pl.col("event_time")
    return (began.is_null() | near) & (time >= issued) & (time <= issued + LONGEST)


def _chain_text() -> pl.Expr:
    """Write the chain; a hop from an actor to itself is one step to read."""
    actor = pl.col("actor")
    is_new = pl.col("_last") != actor
    further = pl.concat_str("_before", pl.lit(SEPARATOR), actor)
    return pl.when(is_new).then(further).otherwise(pl.coalesce("_before", actor))


def chains_by_session(issues: Issues) -> pl.DataFrame:
    """Where does each issued session come from: `session_id`, `_root`, `_before` and its `_last`?

    A session that a service took for its own workload keeps its own actor as root. Most sessions
    are one hop from their root; only longer ways are walked.
    """
    one, more = nearby(issues)
    caller = pl.col("caller_actor")
    direct = one.select(
        session_id="session",
        _root=pl.when(~is_of_service()).then(caller),
        _before=caller,
        _last=caller,
    )
    hops = hops_to(one, more)
    rows = [_chain_row(session, path_to(session, hops)) for session in more["session"]]
    return pl.concat([direct, pl.DataFrame(rows, schema=direct.schema, orient="row")])


def _chain_row(session: str, path: list[Hop]) -> tuple[str, str | None, str, str]:
    is_service = path[0].caller_type == "AWSService"
    first = path[1] if is_service and len(path) > 1 else None
    root = (first.caller_actor if first else None) if is_service else path[0].caller_actor
    steps = steps_of(path)
    return session, root, SEPARATOR.join(steps), steps[-1]


def events_of(trail_or_events: object) -> Events:
    """Take a Trail's events, or the frame itself."""
    frame = getattr(trail_or_events, "events", trail_or_events)
    if not isinstance(frame, pl.DataFrame | pl.LazyFrame):
        return pl.DataFrame(frame)  # type: ignore[arg-type]
    return frame


def lookback_and(trail_or_events: object, events: pl.LazyFrame) -> pl.LazyFrame:
    """Put the lookback files of a Trail before its events: they may hold the issuers."""
    before = getattr(trail_or_events, "lookback_events", None)
    return events if before is None else pl.concat([before, events])
