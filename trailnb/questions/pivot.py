"""Everything seen together with an address, an actor, a key …: the pivot."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import polars as pl

from trailnb._frame import FrameT, HasEvents, QuestionClass, asked
from trailnb.errors import RequestError
from trailnb.questions._kinds import KINDS, by_kind, needed_for, value_of
from trailnb.questions._matching import ORIGIN_COLUMNS, Filter, comes_from, matches

if TYPE_CHECKING:
    import narwhals.stable.v2 as nw

    from trailnb._frame import Narwhal

CLASS: QuestionClass = "engine"
_TIME, _TEXT, _COUNT = pl.Datetime("us", "UTC"), pl.String(), pl.Int64()
SCHEMA = pl.Schema(
    {
        **dict.fromkeys(("kind", "value"), _TEXT),
        **dict.fromkeys(("events", "denied"), _COUNT),
        **dict.fromkeys(("first_seen", "last_seen"), _TIME),
        "is_exclusive": pl.Boolean(),
        "lift": pl.Float64(),
    }
)
SORT_KEY = ("kind", "events", "value")

#: What can be asked for, and what is looked for beside it.
NEIGHBOURS = (
    "account", "action", "actor", "agent", "key", "origin", "region", "session", "target",
)  # fmt: skip


def pivot(
    events: HasEvents[FrameT] | FrameT,
    *,
    origin: Filter | None = None,
    actor: Filter | None = None,
    key: Filter | None = None,
    session: Filter | None = None,
    agent: Filter | None = None,
    target: Filter | None = None,
    action: Filter | None = None,
    account: Filter | None = None,
    region: Filter | None = None,
) -> FrameT:
    """What was seen together with this value, and with nothing else?

    An engine question. Every row is ready for the next pivot: its `kind` is the keyword, its
    `value` the argument. The value asked for is among the rows, with all its events. After
    `tn.attribute` an actor is found by `root_actor` too, and sessions are those of lineage; ask
    all events and not a part, since `is_exclusive` and `lift` compare with the rest.

    Args:
        events: A trail, its `events`, or a part of them.
        origin: Addresses or networks: `"203.0.113.7"`, `"203.0.113.0/24"`.
        actor: Names as in the answers: `"alice"`, `"role/deploy/*"`.
        key: Access key ids.
        session: Sessions as in the answers.
        agent: User agents, whole or as patterns: `"*kali*"`.
        target: `"arn:aws:s3:::payroll/*"`.
        action: `"iam:*"`.
        account: Twelve digits: the account that recorded the event.
        region: `"eu-central-1"`.

    Returns:
        One row per neighbour, sorted by `kind`, `events` (most first) and `value`: `kind` (account,
        action, actor, agent, key, origin, region, session, target), `value`, `events` and `denied`
        (seen together; Int64), `first_seen`, `last_seen` (UTC, seen together), `is_exclusive` (it
        is never seen without), `lift` (Float64: how many times as often as chance it is seen
        together; 1.0 is chance).

    Raises:
        RequestError: not exactly one value to pivot on was given.

    Example:
        >>> import trailnb as tn
        >>> events = tn.open("data-samples/acme", since="2026-11-03").events
        >>> beside = pivot(events, origin="203.0.113.77").collect()
        >>> beside.filter(kind="actor").select("value", "events", "is_exclusive").rows()
        [('svc-backup-sync', 6, False)]
    """
    import narwhals.stable.v2 as nw

    wanted = {
        "origin": origin, "actor": actor, "key": key, "session": session, "agent": agent,
        "target": target, "action": action, "account": account, "region": region,
    }  # fmt: skip
    given = {kind: value for kind, value in wanted.items() if value is not None}
    if len(given) != 1:
        raise RequestError(
            f"pivot takes exactly one value, and {', '.join(given) or 'none'} was given. "
            f"Pass one of {', '.join(wanted)}, a list or a pattern of one."
        )
    ((asked_kind, value),) = given.items()
    frame = asked(events, _needed(events), "pivot")
    frame = frame.with_columns(_session=value_of("session", frame))
    flagged = frame.with_columns(_with=_is_met(frame, asked_kind, value))
    met = _met(flagged).filter(
        nw.col("events") > 0, ~nw.col("value").is_null(), nw.col("value") != ""
    )
    shown = met.with_columns(
        is_exclusive=nw.col("events") == nw.col("total"),
        # As a product of fractions: a product of counts could leave the integers.
        lift=(nw.col("events") / nw.col("total")) * (nw.col("all") / nw.col("together")),
    ).select(*SCHEMA)
    ordered = shown.sort("kind", "events", "value", descending=[False, True, False])
    return cast("FrameT", ordered.to_native())


def _needed(events: object) -> list[str]:
    return ["event_time", "outcome", ORIGIN_COLUMNS[1], *needed_for(NEIGHBOURS, events)]


def _is_met(frame: Narwhal, kind: str, value: Filter) -> nw.Expr:
    """Is it an event with the value?"""
    import narwhals.stable.v2 as nw

    if kind == "origin":
        found = comes_from(value)
    elif kind == "session":
        found = matches("_session", value)
    else:
        found = matches(KINDS[kind], value)
        if kind == "actor" and "root_actor" in frame.collect_schema().names():
            found = found | matches("root_actor", value)
    return nw.coalesce(found, nw.lit(value=False))


def _met(flagged: Narwhal) -> Narwhal:
    """Count per neighbour: events with the value, and all its events."""
    import narwhals.stable.v2 as nw

    is_with, is_denied = nw.col("_with"), nw.col("outcome") == "denied"
    beside = {
        "_together": is_with.cast(nw.Int64),
        "_denied": (is_with & is_denied).cast(nw.Int64),
        "_time": nw.when(is_with).then(nw.col("event_time")),
    }
    told = {
        "events": nw.col("_together").sum(),
        "denied": nw.col("_denied").sum(),
        "first_seen": nw.col("_time").min(),
        "last_seen": nw.col("_time").max(),
        "total": nw.len(),
    }
    counts = {name: nw.col(name).cast(nw.Int64) for name in ("events", "denied", "total")}
    counted = by_kind(flagged, NEIGHBOURS, beside, told).with_columns(**counts)
    return counted.with_columns(
        together=nw.col("events").sum().over("kind"), all=nw.col("total").sum().over("kind")
    )
