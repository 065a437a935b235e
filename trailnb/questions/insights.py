"""Which calls or errors came at an unusual rate: CloudTrail Insights over history, without AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, cast, overload

from trailnb._frame import FrameT, HasEvents, QuestionClass, refined
from trailnb.questions import _detected
from trailnb.questions._detected import KINDS, Asked, detected
from trailnb.questions._rates import RATES, RATES_KEY, per_minute

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import timedelta

    import polars as pl

CLASS: QuestionClass = "refined"
SCHEMA, SORT_KEY = _detected.SCHEMA, _detected.SORT_KEY
ENGINE_SCHEMA = RATES
ENGINE_SORT_KEY = RATES_KEY
#: What makes it an engine question.
ENGINE_FORM = {"windows": False}


@overload
def insights(
    events: HasEvents[FrameT] | FrameT,
    *,
    kinds: Collection[str] = KINDS,
    baseline: str | timedelta = "7d",
    minimum: int = 20,
    fold: float = 2.5,
    per_year: float = 0.01,
    quiet: str | timedelta = "15m",
    reads: bool = False,
    windows: Literal[True] = True,
) -> pl.LazyFrame: ...
@overload
def insights(
    events: HasEvents[FrameT] | FrameT,
    *,
    kinds: Collection[str] = KINDS,
    baseline: str | timedelta = "7d",
    minimum: int = 20,
    fold: float = 2.5,
    per_year: float = 0.01,
    quiet: str | timedelta = "15m",
    reads: bool = False,
    windows: Literal[False],
) -> FrameT: ...
def insights(
    events: HasEvents[FrameT] | FrameT,
    *,
    kinds: Collection[str] = KINDS,
    baseline: str | timedelta = "7d",
    minimum: int = 20,
    fold: float = 2.5,
    per_year: float = 0.01,
    quiet: str | timedelta = "15m",
    reads: bool = False,
    windows: bool = True,
) -> pl.LazyFrame | FrameT:
    """Which calls, or which errors, came at an unusual rate, when, and who was behind it?

    A refined question; with `windows=False` an engine question that only counts, minute by minute.
    What CloudTrail Insights would have found had it been on, by a method of our own, since AWS does
    not publish its: each account, region, action (and error code) is a series, and windows of one
    minute to four hours are compared with the days before.

    The statistic is that of an exact test of two Poisson rates, bounded as by Chernoff and divided
    by the series' dispersion; the bar is Bonferroni's (see `trailnb.questions._unusual` for the
    formula and Przyborowski and Wilenski 1940, Li and Ma 1983, Noufaily et al. 2013). Where a week
    is known and shows a rhythm, hours of workdays and of weekends are compared apart. Only rises
    are told: a fall to nothing is for `trail.coverage()`. Ask all events, not a part.

    Args:
        events: A trail, its `events`, or a part of them.
        kinds: call_rate (calls that change something, and data events, as Insights counts them),
            error_rate (calls, reads too, that ended in an error code; one series per code).
        baseline: How long before a day is compared, in whole days.
        minimum: A window with fewer events is never unusual.
        fold: A window must have so many times what is expected.
        per_year: How many false alarms a series may have in a year.
        quiet: So long below the bar ends a spell.
        reads: Count management reads as calls, too.
        windows: False for the counts alone.

    Returns:
        One row per spell, sorted by `start`, `kind`, `account`, `region`, `event_source`,
        `event_name`, `error_code`: `start`, `end` (UTC, whole minutes), `kind`, the series (null
        error code for call rates), `minutes`, `events` (Int64), and per minute `average`,
        `expected` (at this hour), `baseline` (over all of it); `fold` (average over expected),
        `score` (natural logarithm of how rare it is), `baseline_days`, `rhythm` (whether hours were
        compared apart, or why not), `actors`, `agents`, `origins`, `error_codes` (the five most
        frequent, each with `average` and `baseline` a minute), up to five `event_ids`, `sentence`.
        With `windows=False` one row per series and minute: `is_call`, `time`, `events`.

    Raises:
        RequestError: an argument cannot be meant.

    Source: CloudTrail User Guide, "Working with CloudTrail Insights" (what is counted).

    Example:
        >>> import trailnb as tn
        >>> trail = tn.open("data-samples/acme", accounts=["444455556666", "123456789012"])
        >>> found = insights(trail).collect()
        >>> found.select("kind", "event_name", "events").rows()
        [('error_rate', 'GetSecretValue', 24), ('call_rate', 'GetObject', 36)]
    """
    asked = Asked.of(kinds, baseline, quiet, (minimum, fold, per_year), reads=reads)
    if windows:
        return refined(SCHEMA, lambda: detected(events, asked))
    rates = per_minute(events, "insights", reads=reads)
    return cast("FrameT", rates.sort(*RATES_KEY).to_native())
