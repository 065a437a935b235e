"""Two windows side by side: what is new, gone, more, less."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import polars as pl

from trailnb._frame import FrameT, HasEvents, QuestionClass, asked
from trailnb.errors import RequestError
from trailnb.questions._kinds import by_kind, kinds_of, needed_for
from trailnb.questions._moments import instant

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    import narwhals.stable.v2 as nw

    from trailnb._frame import Narwhal
    from trailnb._typing import Moment

CLASS: QuestionClass = "engine"
SCHEMA = pl.Schema(
    {
        **dict.fromkeys(("kind", "value", "change"), pl.String()),
        **dict.fromkeys(("events_a", "events_b"), pl.Int64()),
        **dict.fromkeys(("per_hour_a", "per_hour_b"), pl.Float64()),
    }
)
SORT_KEY = ("kind", "change", "events_b", "events_a", "value")

#: A rate that differs by chance seldom differs by more than this many standard deviations.
_UNLIKELY = 3.0
KINDS = ("account", "action", "actor", "agent", "origin", "region")


def compare(
    events: HasEvents[FrameT] | FrameT,
    *,
    since_a: Moment,
    until_a: Moment,
    since_b: Moment,
    until_b: Moment,
    what: str | Iterable[str] = KINDS,
    factor: float = 2.0,
) -> FrameT:
    """What is new, gone, more or less in window b, compared with window a?

    An engine question. Windows are half-open and may differ in length: what is compared is events
    per hour. Only what changed is answered: by at least `factor`, and by more than chance explains
    (three standard deviations of a count).

    Args:
        events: A trail, its `events`, or a part of them that holds both windows.
        since_a: When window a begins (UTC).
        until_a: When it ends, itself not included.
        since_b: When window b begins.
        until_b: When it ends.
        what: Kinds to compare: account, action, actor, agent, origin, region; also key, session,
            target, service, error, access, outcome.
        factor: How many times as often counts as more, and the reverse as less.

    Returns:
        One row per kind and value that changed, sorted by `kind`, `change`, `events_b` and
        `events_a` (most first) and `value`: `kind`, `value`, `change` (gone, less, more, new),
        `events_a`, `events_b` (Int64), `per_hour_a`, `per_hour_b` (Float64).

    Raises:
        RequestError: a window is empty, or there is no such kind.

    Example:
        >>> import trailnb as tn
        >>> night = compare(
        ...     tn.open("data-samples/acme", accounts="444455556666"),
        ...     since_a="2026-11-02T02:00Z",
        ...     until_a="2026-11-02T05:00Z",
        ...     since_b="2026-11-03T02:00Z",
        ...     until_b="2026-11-03T05:00Z",
        ...     what="origin",
        ... )
        >>> night.filter(change="new").select("value", "events_b").collect().row(0)
        ('198.51.100.23', 55)
    """
    import narwhals.stable.v2 as nw

    kinds = kinds_of(what, "what")
    a = _window("a", since_a, until_a)
    b = _window("b", since_b, until_b)
    names = ["event_time", *needed_for(kinds, events)]
    seen = _seen(asked(events, names, "compare"), kinds, a, b)
    hours_a, hours_b = _hours(a), _hours(b)
    rated = seen.with_columns(
        per_hour_a=nw.col("events_a") / hours_a, per_hour_b=nw.col("events_b") / hours_b
    )
    # As a part of the change: a filter on the value alone would have each kind read its own rows.
    is_named = ~nw.col("value").is_null() & (nw.col("value") != "")
    change = nw.when(is_named).then(_change(factor, hours_b / hours_a))
    rated = rated.with_columns(change=change)
    shown = rated.filter(~nw.col("change").is_null()).select(*SCHEMA)
    ordered = shown.sort(*SORT_KEY, descending=[False, False, True, True, False])
    return cast("FrameT", ordered.to_native())


def _window(name: str, since: Moment, until: Moment) -> tuple[datetime, datetime]:
    start, end = instant(f"since_{name}", since), instant(f"until_{name}", until)
    if start >= end:
        raise RequestError(
            f"since_{name} {start:%Y-%m-%dT%H:%M:%SZ} is not before "
            f"until_{name} {end:%Y-%m-%dT%H:%M:%SZ}."
        )
    return start, end


def _hours(window: tuple[datetime, datetime]) -> float:
    return (window[1] - window[0]).total_seconds() / 3600


def _seen(
    frame: Narwhal, kinds: list[str], a: tuple[datetime, datetime], b: tuple[datetime, datetime]
) -> Narwhal:
    import narwhals.stable.v2 as nw

    time = nw.col("event_time")
    in_a, in_b = (time >= a[0]) & (time < a[1]), (time >= b[0]) & (time < b[1])
    beside = {"_a": in_a.cast(nw.Int64), "_b": in_b.cast(nw.Int64)}
    told = {"events_a": nw.col("_a").sum(), "events_b": nw.col("_b").sum()}
    counts = {name: nw.col(name).cast(nw.Int64) for name in told}
    return by_kind(frame.filter(in_a | in_b), kinds, beside, told).with_columns(**counts)


def _change(factor: float, longer: float) -> nw.Expr:
    """Name the change; null when it is small or may be chance.

    `longer` says how many times as long as a window b is: so often a's count is expected in it.
    """
    import narwhals.stable.v2 as nw

    expected, found = nw.col("events_a") * longer, nw.col("events_b")
    spread = ((nw.col("events_a") * longer * longer) + found).sqrt() * _UNLIKELY
    return (
        nw.when(nw.col("events_a") == 0)
        .then(nw.lit("new"))
        .when(found == 0)
        .then(nw.lit("gone"))
        .when((found >= expected * factor) & (found - expected > spread))
        .then(nw.lit("more"))
        .when((found * factor <= expected) & (expected - found > spread))
        .then(nw.lit("less"))
    )
