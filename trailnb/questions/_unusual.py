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

if TYPE_CHECKING:
    from collections.abc import Sequence

#: How far apart windows of each length begin, in minutes.
STEPS = {1: 1, 5: 5, 15: 5, 60: 15, 240: 60}
LENGTHS = tuple(STEPS)
DAY, _HOUR, _WEEK_DAYS, _WORKDAYS = 1440, 60, 7, 5
#: Hours of a day; those of a workday are counted on from there.
_DAY_HOURS = 24
_KINDS = 2 * _DAY_HOURS
_YEAR_MINUTES = 365.25 * DAY
#: How much of the series' overall rate stands in for what an hour of the week has not shown yet.
_PRIOR_MINUTES = 10.0
#: A series without events counts as half an event in its baseline.
_LEAST_EVENTS = 0.5
#: Events of others that the dispersion of a series rests on besides its own.
_PRIOR_EVENTS = 20.0
#: Where among the others a series with few events is put: calls that are rare come in clumps.
_USUAL = 0.75
#: From this dispersion on, a window must exceed the expected so many times as far as any did.
_CLUMPY, _BEYOND = 1.5, 3.0
#: How clearly a rhythm must show; 48 kinds of hours in 168 explain some of what is mere chance.
_CLEARLY, _FREEDOM = 1.3, 1 - 48 / 168
#: How little a rhythm's quarters of an hour vary: so much, or that part of the whole.
_QUARTER, _SPREAD, _MOSTLY = 15, 3.0, 4.0


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
            (whole if day - one >= _WEEK_DAYS else past).get(one, empty)
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
    hours = known[LENGTHS.index(_HOUR)]
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
    totals = _with_rhythm(day, known, series)
    classes = _classes(day, hours, totals)
    near = _near(classes).filter(pl.col("kind") // _DAY_HOURS == int(_is_workday(day)))
    rows = []
    clumps = totals.select("series", least=pl.lit(1.0), clump=pl.lit(0.0))
    for length, before in reversed([*zip(LENGTHS, known, strict=True)]):
        varies = _dispersion(_pearson(before, length, totals, classes), clumps)
        # What comes in one clump within the hour is a clump in every shorter window, too.
        if length <= _HOUR:
            clumps = varies.select("series", least="dispersion", clump="largest")
        expected = _likely(near, length).join(totals, on="series").join(varies, on="series")
        rows.append(_scored(_sliding(minutes, length), length, expected, terms))
    return pl.concat(rows)


def _is_workday(day: int) -> bool:
    """Is this day (since 1970, which began on a Thursday) one from Monday to Friday?"""
    return (day + 3) % _WEEK_DAYS < _WORKDAYS


def _kind(minute: pl.Expr) -> pl.Expr:
    """Which hour of the day is it, of a workday (24 and up) or of a weekend?"""
    is_workday = (minute // DAY + 3) % _WEEK_DAYS < _WORKDAYS
    return (minute % DAY // _HOUR + _DAY_HOURS * is_workday.cast(pl.Int64)).alias("kind")


def _with_rhythm(day: int, known: Sequence[pl.DataFrame], series: pl.DataFrame) -> pl.DataFrame:
    """Which series have a rhythm of days and weeks? Adds `has_rhythm`; a week shows it.

    Hours of the week must explain clearly more than one rate for all: kinds of hours that are no
    different would only be known worse. A job at a fixed time is a clump, no rhythm: within its
    hour it varies as before.
    """
    hours, quarters = (known[LENGTHS.index(length)] for length in (_HOUR, _QUARTER))
    plain = series.with_columns(has_rhythm=pl.lit(False))  # noqa: FBT003
    shaped = series.with_columns(has_rhythm=pl.lit(True))  # noqa: FBT003
    kinds = _classes(day, hours, shaped)
    told = (
        _pearson(hours, _HOUR, plain, _classes(day, hours, plain))
        .select("series", flat="own")
        .join(_pearson(hours, _HOUR, shaped, kinds).select("series", hour="own"), on="series")
        .join(_pearson(quarters, _QUARTER, shaped, kinds).select("series", "own"), on="series")
    )
    is_clear = pl.col("flat") > _CLEARLY * pl.max_horizontal("hour", 1.0) / _FREEDOM
    is_spread = pl.col("own") < pl.max_horizontal(_SPREAD, pl.col("flat") / _MOSTLY)
    return (
        series.join(told.select("series", is_rhythm=is_clear & is_spread), on="series")
        .with_columns(
            has_rhythm=(pl.col("days") >= _WEEK_DAYS) & pl.col("is_rhythm").fill_null(value=False)
        )
        .drop("is_rhythm")
    )


def _classes(day: int, hours: pl.DataFrame, series: pl.DataFrame) -> pl.DataFrame:
    """How often was each series seen in each kind of hour: series, kind, off, minutes?

    Without enough history all hours are of one kind: the same is written under each.
    """
    kinds = pl.DataFrame({"kind": pl.int_range(_KINDS, eager=True)})
    counted = hours.group_by("series", _kind(pl.col("window") * _HOUR)).agg(
        own=pl.col("events").sum().cast(pl.Float64)
    )
    total = pl.col("own").sum().over("series")
    rate = pl.max_horizontal(total, _LEAST_EVENTS) / (pl.col("days") * DAY)
    return (
        series.join(kinds, how="cross")
        .join(counted, on=["series", "kind"], how="left")
        .with_columns(pl.col("own").fill_null(0.0))
        .with_columns(rate=rate)
        .join(_spans(day, series), on=["days", "kind"], how="left")
        .select(
            "series",
            "kind",
            off=pl.when("has_rhythm")
            .then(pl.col("own") + pl.col("rate") * _PRIOR_MINUTES)
            .otherwise(pl.col("rate") * pl.col("days") * DAY),
            minutes=pl.when("has_rhythm")
            .then(pl.col("span") + _PRIOR_MINUTES)
            .otherwise(pl.col("days") * float(DAY)),
        )
    )


def _spans(day: int, series: pl.DataFrame) -> pl.DataFrame:
    """How many minutes of each kind of hour has a baseline of so many days?"""
    rows = [
        (days, kind, float(_HOUR * sum(_is_workday(one) == (kind >= _DAY_HOURS) for one in before)))
        for days in series["days"].unique().to_list()
        for before in [range(day - days, day)]
        for kind in range(_KINDS)
    ]
    return pl.DataFrame(
        rows, schema={"days": pl.Int64(), "kind": pl.Int64(), "span": pl.Float64()}, orient="row"
    )


def _near(classes: pl.DataFrame) -> pl.DataFrame:
    """Take the busier of an hour and its neighbours: people come early, and clocks change.

    A neighbour counts with what it surely has: the largest of three guesses would be too large.
    """
    hour, half = pl.col("kind") % _DAY_HOURS, pl.col("kind") // _DAY_HOURS * _DAY_HOURS
    surely = (pl.col("off") - 2 * pl.col("off").sqrt()).clip(0)
    beside = [
        classes.with_columns(kind=half + (hour + by) % _DAY_HOURS, off=surely)
        for by in (_DAY_HOURS - 1, 1)
    ]
    rate = pl.col("off") / pl.col("minutes")
    return (
        pl.concat([classes, *beside])
        .sort("series", "kind", rate, descending=[False, False, True])
        .unique(["series", "kind"], keep="first", maintain_order=True)
    )


def _likely(classes: pl.DataFrame, length: int) -> pl.DataFrame:
    """How often was each series seen in windows that begin in each kind of hour?

    A long window takes in several hours, whose events and minutes add up.
    """
    hours = max(1, length // _HOUR)
    if hours == 1:
        return classes
    hour, half = pl.col("kind") % _DAY_HOURS, pl.col("kind") // _DAY_HOURS * _DAY_HOURS
    shifted = [
        classes.with_columns(kind=half + (hour - by + _DAY_HOURS) % _DAY_HOURS)
        for by in range(hours)
    ]
    return pl.concat(shifted).group_by("series", "kind").agg(pl.col("off", "minutes").sum())


def _pearson(
    before: pl.DataFrame, length: int, totals: pl.DataFrame, classes: pl.DataFrame
) -> pl.DataFrame:
    """How far do windows of this length vary, beside Poisson's: adds `own` and `largest`?

    The squares of what differs from the expected, over the expected; windows without events add
    only the square of what was expected in them.
    """
    expected = pl.col("off") / pl.col("minutes") * length
    likely = _likely(classes, length)
    # Each kind of hour is written for its own minutes, but all of them where there is no rhythm.
    empty = (
        likely.join(totals.select("series", "days"), on="series")
        .group_by("series")
        .agg(empty=(expected**2).sum() * (pl.col("days").first() * DAY / length / _KINDS))
    )
    terms = (
        before.with_columns(_kind(pl.col("window") * length))
        .join(likely, on=["series", "kind"])
        .group_by("series")
        .agg(
            seen=(pl.col("events") ** 2 - 2 * pl.col("events") * expected).sum(),
            largest=(pl.col("events") - expected).max(),
        )
    )
    return (
        totals.join(terms, on="series", how="left")
        .join(empty, on="series", how="left")
        .with_columns(own=(pl.col("seen").fill_null(0.0) + pl.col("empty")) / pl.col("total"))
        .with_columns(pl.col("largest").fill_null(0.0))
    )


def _dispersion(told: pl.DataFrame, clumps: pl.DataFrame) -> pl.DataFrame:
    """How much more than Poisson's does each series vary: series, dispersion, largest?

    A series with few events leans on the others, and none varies less than in longer windows.
    """
    others = told.filter(pl.col("total") >= _PRIOR_EVENTS)["own"].quantile(_USUAL)
    usual = max(1.0, float(others) if isinstance(others, float) else 1.0)
    own = pl.when(pl.col("total") > 0).then(pl.col("own")).otherwise(0.0)
    weighed = (own * pl.col("total") + usual * _PRIOR_EVENTS) / (pl.col("total") + _PRIOR_EVENTS)
    least = told.join(clumps, on="series")
    return least.select(
        "series",
        largest=pl.max_horizontal("largest", "clump"),
        dispersion=pl.max_horizontal("least", weighed),
    )


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
        .with_columns(_kind(pl.col("start")))
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
