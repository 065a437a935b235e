"""Do our insights and CloudTrail's own agree, where a trail has both?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from trailnb._frame import FrameT, HasEvents, QuestionClass, refined
from trailnb.questions._detected import KINDS, Asked, detected
from trailnb.questions._rates import SERIES
from trailnb.questions._recorded import recorded
from trailnb.trail.request import duration

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import timedelta

CLASS: QuestionClass = "refined"
_TIME, _RATE = pl.Datetime("us", "UTC"), pl.Float64()
VERDICTS = ("both", "only here", "only AWS")
SCHEMA = pl.Schema(
    {
        "start": _TIME,
        "kind": pl.String(),
        **dict.fromkeys(SERIES, pl.String()),
        "verdict": pl.Enum(VERDICTS),
        "end": _TIME,
        "aws_start": _TIME,
        "aws_end": _TIME,
        **dict.fromkeys(("average", "aws_average", "baseline", "aws_baseline"), _RATE),
        "sentence": pl.String(),
    }
)
SORT_KEY = ("start", "kind", *SERIES, "aws_start")


def compare_insights(
    events: HasEvents[FrameT] | FrameT,
    *,
    kinds: Collection[str] = KINDS,
    baseline: str | timedelta = "7d",
    minimum: int = 20,
    fold: float = 2.5,
    per_year: float = 0.01,
    quiet: str | timedelta = "15m",
    reads: bool = False,
    within: str | timedelta = "30m",
) -> pl.LazyFrame:
    """Which unusual rates did CloudTrail Insights find, which did we, and which did both?

    A refined question: AWS's own records beside what `tn.insights` computes from the same events.
    AWS publishes no method, watches only from when it was switched on, and tells falls as well, so
    differences are expected.

    Args:
        events: A trail, its `events`, or a part of them.
        kinds: As of `tn.insights`, and so are `baseline`, `minimum`, `fold`, `per_year`, `quiet`
            and `reads`.
        baseline: How long before a day is compared.
        minimum: A window with fewer events is never unusual.
        fold: A window must have so many times what is expected.
        per_year: How many false alarms a series may have in a year.
        quiet: So long below the bar ends a spell.
        reads: Count management reads as calls, too.
        within: Two windows of one series that are no further apart are the same.

    Returns:
        One row per pair or single, sorted by `start`, `kind`, `account`, `region`, `event_source`,
        `event_name`, `error_code`, `aws_start`: `start`, `end` (ours, or AWS's where only AWS has
        one; UTC), `verdict` (both, only here, only AWS), `aws_start`, `aws_end`, `average`,
        `aws_average`, `baseline`, `aws_baseline` (events a minute), `sentence` (ours).

    Raises:
        RequestError: an argument cannot be meant.

    Example:
        >>> import trailnb as tn
        >>> trail = tn.open("data-samples/acme", accounts=["444455556666", "123456789012"])
        >>> both = compare_insights(trail).collect()
        >>> both.select("event_name", "verdict").rows()
        [('GetSecretValue', 'both'), ('GetObject', 'only here')]
    """
    asked = Asked.of(kinds, baseline, quiet, (minimum, fold, per_year), reads=reads)
    near = duration("within", within)
    return refined(
        SCHEMA,
        lambda: _beside(
            detected(events, asked).cast({"kind": pl.String}),
            recorded(events, "compare_insights").filter(pl.col("kind").is_in(sorted(kinds))),
            near,
        ),
    )


def _beside(ours: pl.DataFrame, aws: pl.DataFrame, near: timedelta) -> pl.DataFrame:
    """Pair windows of one series that overlap, or nearly do."""
    mine = ours.select("start", "end", "kind", *SERIES, "average", "baseline", "sentence")
    theirs = aws.select(
        "kind",
        *SERIES,
        aws_start="start",
        aws_end="end",
        aws_average="average",
        aws_baseline="baseline",
    )
    keys = ["kind", *SERIES]
    until = pl.col("aws_end").fill_null(pl.col("aws_start"))
    pairs = mine.join(theirs, on=keys, how="inner", nulls_equal=True).filter(
        pl.col("start") <= until + near, pl.col("aws_start") <= pl.col("end") + near
    )
    alone = mine.join(pairs, on=["start", *keys], how="anti", nulls_equal=True)
    missed = theirs.join(pairs, on=["aws_start", *keys], how="anti", nulls_equal=True)
    told = pl.concat(
        [
            pairs.with_columns(verdict=pl.lit("both")),
            alone.with_columns(verdict=pl.lit("only here")),
            missed.with_columns(verdict=pl.lit("only AWS"), start="aws_start", end="aws_end"),
        ],
        how="diagonal",
    )
    shown = told.select(pl.col(name).cast(dtype) for name, dtype in SCHEMA.items())
    return shown.sort(*SORT_KEY, nulls_last=True)
