"""What went wrong, for whom: errors by actor, service and code."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import polars as pl

from trailnb._frame import FrameT, HasEvents, QuestionClass, asked
from trailnb.questions._counting import COUNTED, counted
from trailnb.questions._kinds import value_of
from trailnb.questions._matching import Filter, matches

if TYPE_CHECKING:
    import narwhals.stable.v2 as nw

CLASS: QuestionClass = "engine"
_TIME, _TEXT, _COUNT = pl.Datetime("us", "UTC"), pl.String(), pl.Int64()
SCHEMA = pl.Schema(
    {
        **dict.fromkeys(("actor", "service", "outcome", "error"), _TEXT),
        **dict.fromkeys(("events", "actions", "targets", "calls"), _COUNT),
        "share": pl.Float64(),
        "is_throttling": pl.Boolean(),
        **dict.fromkeys(("first_seen", "last_seen"), _TIME),
    }
)
SORT_KEY = ("events", "actor", "service", "outcome", "error")


def failures(
    events: HasEvents[FrameT] | FrameT,
    *,
    actor: Filter | None = None,
    service: Filter | None = None,
    outcome: Filter | None = None,
) -> FrameT:
    """Which calls failed, for whom, with which code, and how often: what broke the deployment?

    An engine question: one row per actor, service, outcome and code. A dry run is no error.

    Args:
        events: A trail, its `events`, or a part of them.
        actor: Names as in the answer: `"alice"`, `"role/deploy/*"`.
        service: `"ec2"`, `"s3"`.
        outcome: `"throttled"`, `["failed", "invalid"]`.

    Returns:
        Sorted by `events` (most first), `actor`, `service`, `outcome` and `error`: `actor`,
        `service`, `outcome` (denied, failed, invalid, not_found, throttled), `error` (the code;
        null where a service gives none), `events`, `actions`, `targets` (distinct; Int64), `calls`
        (all the actor's calls to the service), `share` (of these that ended so, Float64 0 to 1),
        `is_throttling`, `first_seen`, `last_seen` (UTC).

    Example:
        >>> import trailnb as tn
        >>> answer = failures(tn.open("data-samples/quiet"))
        >>> answer.filter(outcome="throttled").select("actor", "error", "events").collect().row(0)
        ('service:trustedadvisor', 'ThrottlingException', 4)
    """
    import narwhals.stable.v2 as nw

    needed = [*COUNTED, "actor", "action", "error_code", "target"]
    frame = asked(events, needed, "failures")
    if actor is not None:
        frame = frame.filter(matches("actor", actor))
    by = {
        "actor": nw.col("actor"),
        "service": value_of("service", frame),
        "outcome": nw.col("outcome"),
        "error": nw.col("error_code"),
    }
    distinct = {"actions": nw.col("action"), "targets": nw.col("target")}
    ended = counted(frame, by, distinct).with_columns(
        calls=nw.col("events").sum().over("actor", "service").cast(nw.Int64)
    )
    wrong = ended.filter(*_asked_for(service, outcome)).with_columns(
        share=nw.col("events") / nw.col("calls"), is_throttling=nw.col("outcome") == "throttled"
    )
    shown = wrong.select(*SCHEMA)
    shown = shown.sort(*SORT_KEY, descending=[True, False, False, False, False])
    return cast("FrameT", shown.to_native())


def _asked_for(service: Filter | None, outcome: Filter | None) -> list[nw.Expr]:
    import narwhals.stable.v2 as nw

    wanted = [nw.col("outcome") != "success", nw.col("outcome") != "dry_run"]
    if service is not None:
        wanted.append(matches("service", service))
    if outcome is not None:
        wanted.append(matches("outcome", outcome))
    return wanted
