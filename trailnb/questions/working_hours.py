"""When in the day and the week each actor works, and when it never did."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import polars as pl

from trailnb._frame import FrameT, HasEvents, QuestionClass, asked
from trailnb.questions._counting import COUNTED, counted
from trailnb.questions._matching import Filter, matches

CLASS: QuestionClass = "engine"
_TEXT, _COUNT = pl.String(), pl.Int64()
SCHEMA = pl.Schema(
    {
        "actor": _TEXT,
        **dict.fromkeys(("weekday", "hour", "events", "denied", "writes", "days"), _COUNT),
        **dict.fromkeys(("first_seen", "last_seen"), pl.Datetime("us", "UTC")),
    }
)
SORT_KEY = ("actor", "weekday", "hour")

if TYPE_CHECKING:
    import narwhals.stable.v2 as nw


def working_hours(events: HasEvents[FrameT] | FrameT, *, actor: Filter | None = None) -> FrameT:
    """At which hours of which weekdays does each actor work?

    An engine question: one row per actor, weekday and hour with any event. A person keeps hours, a
    workload keeps a schedule; what falls out of both is worth a look. Hours are UTC: where somebody
    sits, these are other hours, and weekdays begin at midnight UTC.

    Args:
        events: A trail, its `events`, or a part of them.
        actor: Names as in the answer: `"alice"`, `"role/deploy/*"`.

    Returns:
        Sorted by `actor`, `weekday` and `hour`: `actor`, `weekday` (1 is Monday), `hour` (0 to 23,
        UTC), `events`, `denied`, `writes` (changes), `days` (distinct, on which so; Int64),
        `first_seen`, `last_seen` (UTC).

    Example:
        >>> import trailnb as tn
        >>> trail = tn.open("data-samples/acme", since="2026-11-03")
        >>> night = working_hours(trail, actor="svc-backup-sync")
        >>> night.select("weekday", "hour", "events", "denied").collect().row(0)
        (2, 3, 14, 1)
    """
    import narwhals.stable.v2 as nw

    frame = asked(events, [*COUNTED, "actor"], "working_hours")
    frame = frame.filter(~nw.col("event_time").is_null())
    if actor is not None:
        frame = frame.filter(matches("actor", actor))
    time = nw.col("event_time")
    weekday = time.dt.weekday().cast(nw.Int64)
    by: dict[str, nw.Expr] = {
        "actor": nw.col("actor"),
        "weekday": nw.when(weekday == 0).then(nw.lit(7)).otherwise(weekday),  # Spark's Sunday
        "hour": time.dt.hour().cast(nw.Int64),
    }
    count = counted(frame, by, {"days": time.dt.truncate("1d")})
    return cast("FrameT", count.select(*SCHEMA).sort(*SORT_KEY).to_native())
