"""How much happened when: counts over time by kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import polars as pl

from trailnb._frame import FrameT, HasEvents, QuestionClass, asked
from trailnb.errors import RequestError
from trailnb.questions._counting import COUNTED, counted
from trailnb.questions._kinds import kinds_of, needed_for, value_of

if TYPE_CHECKING:
    import narwhals.stable.v2 as nw

CLASS: QuestionClass = "engine"
_TIME, _TEXT, _COUNT = pl.Datetime("us", "UTC"), pl.String(), pl.Int64()
SCHEMA = pl.Schema(
    {
        "time": _TIME,
        **dict.fromkeys(("kind", "value"), _TEXT),
        **dict.fromkeys(("events", "denied", "writes", "actors"), _COUNT),
    }
)
SORT_KEY = ("time", "value")

#: Every engine can cut time so.
EVERY = ("1m", "1h", "1d")


def activity(
    events: HasEvents[FrameT] | FrameT, *, every: str = "1h", by: str | None = "access"
) -> FrameT:
    """How many events per hour, and of which kind?

    An engine question. Hours without events have no row: whether they were quiet or unlogged is
    for `trail.coverage()` to say.

    Args:
        events: A trail, its `events`, or a part of them.
        every: `"1m"`, `"1h"` or `"1d"` (UTC).
        by: What to count apart: access, outcome, service, actor, origin, region, account, action,
            agent, key, session, error, target. None counts all events together.

    Returns:
        One row per time and value, sorted by `time` and `value`: `time` (Datetime, UTC: when the
        hour begins; null for events without a time), `kind`, `value` (null when unnamed), `events`,
        `denied`, `writes` (of these, changes), `actors` (distinct; Int64).

    Raises:
        RequestError: no such kind or length.

    Example:
        >>> import trailnb as tn
        >>> days = activity(tn.open("data-samples/quiet"), every="1d").collect()
        >>> days.filter(value="permission")["events"].to_list()
        [3, 1]
    """
    import narwhals.stable.v2 as nw

    if every not in EVERY:
        raise RequestError(f"every={every!r} is none of {', '.join(EVERY)}.")
    kinds = [] if by is None else kinds_of(by, "by")
    needed = dict.fromkeys([*COUNTED, "actor", *needed_for(kinds, events)])
    frame = asked(events, list(needed), "activity")
    value: nw.Expr = value_of(kinds[0], frame) if kinds else nw.lit("events")
    groups = {"time": nw.col("event_time").dt.truncate(every), "value": value}
    count = counted(frame, groups, {"actors": nw.col("actor")})
    kind = nw.lit(kinds[0] if kinds else "all")
    shown = count.with_columns(kind=kind).select(*SCHEMA)
    return cast("FrameT", shown.sort(*SORT_KEY).to_native())
