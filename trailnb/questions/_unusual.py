"""Which minutes are unusual for a series of counts that are mostly zero?

A window of one minute to four hours is compared with the days before it: `on` events in the
window, `off` events in the minutes of the baseline that are like it. If both come at one rate, then
of `on + off` events each falls into the window with probability q, its share of the minutes, and

    P(at least `on`) <= exp(-D),  D = on ln(on / N q) + off ln(off / N (1 - q)),  N = on + off

which is Chernoff's bound of the exact conditional test of two Poisson rates (Przyborowski and
Wilenski, "Homogeneity of results in testing samples from Poisson series", Biometrika 31, 1940), and
half the square of Li and Ma's significance for bursts over a mostly empty background ("Analysis
methods for results in gamma-ray astronomy", ApJ 272, 1983). It needs no variance, holds at zero and
is exact enough far out, where it is used. Calls come in clumps, so D is divided by the dispersion
(Pearson's, as in McCullagh and Nelder, Generalized Linear Models, 1989, 6.2.3) of the series, for
each window length by itself; windows found unusual are left out of later baselines, as Noufaily
et al. do ("An improved algorithm for outbreak detection", Statistics in Medicine 32, 2013).

The bar is Bonferroni's: D must reach ln(windows a year / false alarms a year that are allowed).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from trailnb.questions._usual import (
    DAY,
    DAY_HOURS,
    HOUR,
    LENGTHS,
    STEPS,
    WEEK_DAYS,
    classes_of,
    dispersion,
    is_workday,
    kind_of,
    likely,
    near,
    pearson,
    with_rhythm,
)  # fmt: skip

if TYPE_CHECKING:
    from collections.abc import Sequence

_YEAR_MINUTES = 365.25 * DAY
#: From this dispersion on, a window must exceed the expected so many times as far as any did.
_CLUMPY, _BEYOND = 1.5, 4.0


@dataclass(frozen=True, slots=True)
class Terms:
    """What makes a window unusual.

    `baseline_days` before it are compared; it must have `minimum` events, `fold` times what is
    expected, and be rarer than `per_year` times a year in each series.
    """

    baseline_days: int
    minimum: int
    fold: float
    per_year: float

    @property
    def reach(self) -> int:
        """How many days are looked at? One more: what comes weekly may cross midnight."""
        return self.baseline_days + 1

    @property
    def bar(self) -> float:
        """How large must D be?"""
        windows = sum(_YEAR_MINUTES / step for step in STEPS.values())
        return math.log(windows / self.per_year)


#: One row per unusual window: `series`, `start` and `stop` (minutes since 1970), `events`,
#: `expected` (a minute), `baseline` (a minute, over all of it), `score` (D), `days`, `has_rhythm`.
WINDOWS = pl.Schema(
    {
        "series": pl.UInt32(),
        "start": pl.Int64(),
        "stop": pl.Int64(),
        "events": pl.Int64(),
        "expected": pl.Float64(),
        "baseline": pl.Float64(),
        "score": pl.Float64(),
        "days": pl.Int64(),
        "has_rhythm": pl.Boolean(),
    }
)


def unusual(counts: pl.DataFrame, first_days: pl.DataFrame, terms: Terms) -> pl.DataFrame:
    """Which windows are unusual for their series? One row each, as `WINDOWS`.

    Args:
        counts: series, minute (since 1970), events: one row per minute that has any.
        first_days: series, first (day since 1970): the first day that is whole in the logs.
        terms: what makes a window unusual.
    """
    days = counts.with_columns(day=pl.col("minute") // DAY).partition_by("day", as_dict=True)
    past: dict[int, list[pl.DataFrame]] = {}
    whole: dict[int, list[pl.DataFrame]] = {}
    empty = [_windows(counts.clear(), length) for length in LENGTHS]
    flagged: dict[int, int] = {}
    found: list[pl.DataFrame] = [pl.DataFrame(schema=WINDOWS)]
    for (key,), minutes in sorted(days.items()):
        day = int(key)
        lengths = [_windows(minutes, length) for length in LENGTHS]
        # What was unusual a week ago counts: it may come every week.
        before = [
            (whole if day - one >= WEEK_DAYS else past).get(one, empty)
            for one in range(day - terms.reach, day)
        ]
        known = [pl.concat(windows) for windows in zip(*before, strict=True)]
        rows = _judged(day, minutes, known, first_days, terms)
        found.append(rows)
        repeated = [one for one, last in flagged.items() if day - last <= terms.baseline_days]
        flagged |= dict.fromkeys(rows["series"].unique().to_list(), day)
        # What is unusual again and again is how this series is.
        clean = _without(minutes, rows.filter(~pl.col("series").is_in(repeated)))
        past[day] = [_windows(clean, length) for length in LENGTHS] if rows.height else lengths
        whole[day] = lengths
        past.pop(day - terms.reach, None)
        whole.pop(day - terms.reach, None)
    return pl.concat(found).sort("series", "start", "stop")


def _windows(minutes: pl.DataFrame, length: int) -> pl.DataFrame:
    """Count by windows of this length: series, window, events."""
    window = (pl.col("minute") // length).alias("window")
    return minutes.group_by("series", window).agg(pl.col("events").sum())


def _judged(
    day: int,
    minutes: pl.DataFrame,
    known: Sequence[pl.DataFrame],
    first_days: pl.DataFrame,
    terms: Terms,
) -> pl.DataFrame:
    """Which windows of this day are unusual, given those of the days before?"""
    history = (pl.lit(day) - pl.col("first")).clip(0, terms.reach)
    hours = known[LENGTHS.index(HOUR)]
    counted = hours.group_by("series").agg(total=pl.col("events").sum())
    series = (
        minutes.select("series")
        .unique()
        .join(first_days, on="series")
        .select("series", days=history.cast(pl.Int64))
        .filter(pl.col("days") >= 1)
        .join(counted, on="series", how="left")
        .with_columns(pl.col("total").fill_null(0))
    )
    if series.is_empty():
        return pl.DataFrame(schema=WINDOWS)
    totals = with_rhythm(day, known, series)
    classes = classes_of(day, hours, totals)
    beside = near(classes).filter(pl.col("kind") // DAY_HOURS == int(is_workday(day)))
    rows = []
    clumps = totals.select("series", least=pl.lit(1.0), clump=pl.lit(0.0))
    for length, before in reversed([*zip(LENGTHS, known, strict=True)]):
        varies = dispersion(pearson(before, length, totals, classes), clumps)
        # What comes in one clump within the hour is a clump in every shorter window, too.
        if length <= HOUR:
            clumps = varies.select("series", least="dispersion", clump="largest")
        expected = likely(beside, length).join(totals, on="series").join(varies, on="series")
        rows.append(_scored(_sliding(minutes, length), length, expected, terms))
    return pl.concat(rows)


def _sliding(minutes: pl.DataFrame, length: int) -> pl.DataFrame:
    """Count by overlapping windows of this length, all within the day: series, start, events."""
    step = STEPS[length]
    cells = minutes.group_by("series", cell=pl.col("minute") // step * step).agg(
        pl.col("events").sum()
    )
    if step == length:
        return cells.rename({"cell": "start"})
    starts = pl.int_ranges(pl.col("cell") - length + step, pl.col("cell") + 1, step)
    whole = pl.col("start") % DAY <= DAY - length
    same = pl.col("start") // DAY == pl.col("cell") // DAY
    return (
        cells.with_columns(start=starts)
        .explode("start")
        .filter(whole & same)
        .group_by("series", "start")
        .agg(pl.col("events").sum())
    )


def _scored(windows: pl.DataFrame, length: int, known: pl.DataFrame, terms: Terms) -> pl.DataFrame:
    """Which windows of this length pass the bar? `known` is what is expected of each series."""
    on, off = pl.col("events").cast(pl.Float64), pl.col("off")
    share = length / (pl.col("minutes") + length)
    both = on + off
    score = on * (on / (both * share)).log() + off * (off / (both * (1 - share))).log()
    rate = off / pl.col("minutes")
    return (
        windows.filter(pl.col("events") >= terms.minimum)
        .with_columns(kind_of(pl.col("start")))
        .join(known, on=["series", "kind"])
        .filter(on >= terms.fold * rate * length)
        # Clumps have long tails, which no statistic of few of them tells.
        .filter(
            (pl.col("dispersion") < _CLUMPY) | (on - rate * length >= _BEYOND * pl.col("largest"))
        )
        .with_columns(score=score / pl.col("dispersion"))
        .filter(pl.col("score") >= terms.bar)
        .select(
            "series",
            "start",
            (pl.col("start") + length).alias("stop"),
            "events",
            rate.alias("expected"),
            (pl.col("total") / (pl.col("days") * DAY)).alias("baseline"),
            "score",
            "days",
            "has_rhythm",
        )
        .cast(WINDOWS)
    )


def _without(minutes: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """Leave out what was found unusual, so that the next days do not take it for normal."""
    if found.is_empty():
        return minutes
    spoilt = (
        found.select("series", minute=pl.int_ranges("start", "stop")).explode("minute").unique()
    )
    return minutes.join(spoilt, on=["series", "minute"], how="anti")
