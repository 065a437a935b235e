"""Who was refused what, by which policy; and who tried many things at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import polars as pl

from trailnb._frame import FrameT, HasEvents, QuestionClass, asked
from trailnb.questions._counting import COUNTED, counted
from trailnb.questions._kinds import needed_for, value_of
from trailnb.questions._refining import finished
from trailnb.trail.request import duration

if TYPE_CHECKING:
    from datetime import timedelta

    import narwhals.stable.v2 as nw

CLASS: QuestionClass = "engine"
_TIME, _TEXT, _COUNT = pl.Datetime("us", "UTC"), pl.String(), pl.Int64()
SCHEMA = pl.Schema(
    {
        **dict.fromkeys(("actor", "session", "action", "denied_by"), _TEXT),
        **dict.fromkeys(("events", "targets", "origins"), _COUNT),
        **dict.fromkeys(("first_seen", "last_seen"), _TIME),
    }
)
SORT_KEY = ("first_seen", "actor", "session", "action", "denied_by")

_TEXTS = pl.List(_TEXT)
BURSTS = pl.Schema(
    {
        "first_seen": _TIME,
        "last_seen": _TIME,
        "actor": pl.String(),
        "session": pl.String(),
        "events": _COUNT,
        "action_count": _COUNT,
        "actions": _TEXTS,
        "targets": _TEXTS,
        "origins": _TEXTS,
        "agents": _TEXTS,
        "denied_by": _TEXTS,
        "event_ids": _TEXTS,
    }
)


def denied(events: HasEvents[FrameT] | FrameT) -> FrameT:
    """Who was refused what, and by which kind of policy?

    An engine question: one row per actor, session, action and refusing policy.

    Args:
        events: A trail, its `events`, or a part of them.

    Returns:
        Sorted by `first_seen`, `actor`, `session`, `action` and `denied_by`: `actor`, `session`,
        `action`, `denied_by` (identity policy, resource policy, service control policy …; null
        where the error text does not say), `events`, `targets`, `origins` (distinct; Int64),
        `first_seen`, `last_seen` (UTC).

    Source: IAM User Guide, "Troubleshoot access denied error messages".

    Example:
        >>> import trailnb as tn
        >>> refused = denied(tn.open("data-samples/acme", since="2026-11-03")).collect()
        >>> refused.filter(actor="svc-backup-sync").select("action", "denied_by").row(0)
        ('sts:AssumeRole', 'identity policy')
    """
    import narwhals.stable.v2 as nw

    needed = ["actor", "action", "denied_by", "target", "source_ip_address"]
    names = dict.fromkeys([*COUNTED, *needed, *needed_for(["session"], events)])
    frame = asked(events, list(names), "denied")
    frame = frame.filter(nw.col("outcome") == "denied")
    by = {
        "actor": nw.col("actor"),
        "session": value_of("session", frame),
        "action": nw.col("action"),
        "denied_by": nw.col("denied_by"),
    }
    distinct = {"targets": nw.col("target"), "origins": nw.col("source_ip_address")}
    shown = counted(frame, by, distinct).select(*SCHEMA)
    return cast("FrameT", shown.sort(*SORT_KEY).to_native())


def denied_bursts(
    events: HasEvents[FrameT] | FrameT, *, within: str = "15m", actions: int = 5, targets: int = 10
) -> pl.LazyFrame:
    """Who tried many different things in a short time and was refused: reconnaissance?

    A refined question: one row per burst. A burst is a run of refusals of one session in which
    every stretch of `within` shows at least `actions` different refused actions, or one of
    `targets` different targets; a broken workload repeats one or two, someone who explores stolen
    credentials tries everything.

    Args:
        events: A trail, its `events`, or a part of them.
        within: The stretch of time: `"15m"`.
        actions: How many different refused actions in it make a burst.
        targets: How many different targets do.

    Returns:
        Sorted by `first_seen` and `session`: `first_seen`, `last_seen` (UTC), `actor`, `session`,
        `events` (refusals; Int64), `action_count`, and as sorted lists `actions`, `targets`,
        `origins`, `agents`, `denied_by`, `event_ids`.

    Raises:
        RequestError: `within` names no duration.

    Example:
        >>> import trailnb as tn
        >>> bursts = denied_bursts(tn.open("data-samples/acme", since="2026-11-03"))
        >>> bursts.select("actor", "events", "action_count").collect().rows()
        [('ci-deploy', 45, 14)]
    """
    import narwhals.stable.v2 as nw

    length = duration("within", within)
    shown = {
        "actor": "actor", "action": "action", "target": "target", "origin": "source_ip_address",
        "agent": "user_agent", "denied_by": "denied_by", "event_id": "event_id",
    }  # fmt: skip
    names = ["event_time", "outcome", *shown.values(), *needed_for(["session"], events)]
    frame = asked(events, list(dict.fromkeys(names)), "denied_bursts")
    picked: dict[str, nw.Expr] = {name: nw.col(column) for name, column in shown.items()}
    refused = frame.filter(nw.col("outcome") == "denied", ~nw.col("event_time").is_null()).select(
        time=nw.col("event_time"), session=value_of("session", frame), **picked
    )
    return finished(refused, lambda rows: _bursts(rows, length, actions, targets), BURSTS)


def _bursts(rows: pl.DataFrame, within: timedelta, actions: int, targets: int) -> pl.DataFrame:
    ordered = rows.sort("session", "time", "event_id")
    # How many different things does the stretch see that ends with this refusal?
    many = (pl.col("action").n_unique() >= actions) | (pl.col("target").n_unique() >= targets)
    seen = ordered.rolling("time", period=within, group_by="session", closed="both")
    full = seen.agg(many.alias("_is_full")).unique(["session", "time"])
    # Every refusal within reach of a full stretch's end belongs to it.
    ends = pl.when("_is_full").then("time").backward_fill().over("session")
    ended = ordered.join(full, on=["session", "time"], maintain_order="left").with_columns(
        _ends=ends
    )
    inside = ended.filter(pl.col("_ends") - pl.col("time") <= within)
    gap = pl.col("time").diff().over("session") > within
    numbered = inside.with_columns(_burst=gap.fill_null(value=False).cum_sum().over("session"))
    texts = {
        "actions": "action", "targets": "target", "origins": "origin", "agents": "agent",
        "denied_by": "denied_by", "event_ids": "event_id",
    }  # fmt: skip
    return (
        numbered.group_by("session", "_burst")
        .agg(
            pl.col("time").min().alias("first_seen"),
            pl.col("time").max().alias("last_seen"),
            pl.col("actor").sort().first(),
            pl.len().alias("events"),
            pl.col("action").n_unique().alias("action_count"),
            *(
                pl.col(column).drop_nulls().unique().sort().alias(name)
                for name, column in texts.items()
            ),
        )
        .sort("first_seen", "session")
    )
