"""What appeared for the first time, and when: origins, actors, keys, agents, actions and more."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, cast

import polars as pl

from trailnb._frame import FrameT, HasEvents, QuestionClass, asked
from trailnb.questions._kinds import by_kind, kinds_of, needed_for
from trailnb.questions._moments import instant

if TYPE_CHECKING:
    from collections.abc import Iterable

    from trailnb._frame import Narwhal
    from trailnb._typing import Moment

CLASS: QuestionClass = "engine"
_TIME, _TEXT, _COUNT = pl.Datetime("us", "UTC"), pl.String(), pl.Int64()
SCHEMA = pl.Schema(
    {
        **dict.fromkeys(("kind", "value"), _TEXT),
        **dict.fromkeys(("first_seen", "last_seen"), _TIME),
        **dict.fromkeys(("events", "denied"), _COUNT),
    }
)
SORT_KEY = ("first_seen", "kind", "value")


def first_seen(
    events: HasEvents[FrameT] | FrameT,
    *,
    what: str | Iterable[str] = "origin",
    baseline: Moment | HasEvents[FrameT] | FrameT | None = None,
) -> FrameT:
    """Since when is each origin, actor or agent seen, and which are new?

    An engine question. With a baseline only what is new is answered: what the baseline does not
    hold.

    Args:
        events: A trail, its `events`, or a part of them.
        what: One kind or several: origin, actor, key, session, agent, action, target, service,
            region, account, error, access, outcome.
        baseline: A moment, before which the events are the baseline; or earlier events, of the
            same kind of frame.

    Returns:
        One row per kind and value, sorted by `first_seen`, `kind` and `value`: `kind`, `value`,
        `first_seen`, `last_seen` (UTC), `events`, `denied` (Int64).

    Raises:
        RequestError: no such kind, or the baseline names no moment.

    Example:
        >>> import trailnb as tn
        >>> events = tn.open("data-samples/acme", accounts="444455556666").events
        >>> new = first_seen(events, what=["origin", "agent"], baseline="2026-11-03T02:00Z")
        >>> new.select("kind", "value").collect().row(1)
        ('origin', '198.51.100.23')
    """
    import narwhals.stable.v2 as nw

    kinds = kinds_of(what, "what")
    names = ["event_time", "outcome", *needed_for(kinds, events)]
    frame = asked(events, names, "first_seen")
    seen = _seen(frame, kinds)
    if isinstance(baseline, str | date | datetime):
        moment = instant("baseline", baseline)
        seen = seen.filter(nw.col("first_seen") >= moment)
    elif baseline is not None:
        before = asked(baseline, names, "first_seen")
        known = by_kind(before, kinds, {}, {"known": nw.len()})
        seen = seen.join(known, on=["kind", "value"], how="anti")  # type: ignore[arg-type]
    return cast("FrameT", seen.sort("first_seen", "kind", "value").to_native())


def _seen(frame: Narwhal, kinds: list[str]) -> Narwhal:
    import narwhals.stable.v2 as nw

    beside = {
        "_time": nw.col("event_time"),
        "_denied": (nw.col("outcome") == "denied").cast(nw.Int64),
    }
    told = {
        "first_seen": nw.col("_time").min(),
        "last_seen": nw.col("_time").max(),
        "events": nw.len(),
        "denied": nw.col("_denied").sum(),
    }
    is_named = ~nw.col("value").is_null() & (nw.col("value") != "")
    # By its count: a filter on the value alone would have each kind read the events anew.
    named = nw.when(is_named).then(nw.col("events"))
    found = by_kind(frame, kinds, beside, told).filter(~named.is_null())
    counts = {name: nw.col(name).cast(nw.Int64) for name in ("events", "denied")}
    return found.select("kind", "value", "first_seen", "last_seen", **counts)
