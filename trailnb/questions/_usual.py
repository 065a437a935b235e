"""What is usual for a series of counts: its rate at each kind of hour, and how much it varies.

Hours of workdays and of weekends are kinds of their own, 48 in all, numbered from the weekend's
midnight; a series without a rhythm, or with less than a week of history, has the same rate in all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Sequence

#: How far apart windows of each length begin, in minutes.
STEPS = {1: 1, 5: 5, 15: 5, 60: 15, 240: 60}
LENGTHS = tuple(STEPS)
DAY, HOUR, WEEK_DAYS = 1440, 60, 7
_WORKDAYS = 5
#: Hours of a day; those of a workday are counted on from there.
DAY_HOURS = 24
_KINDS = 2 * DAY_HOURS
#: How much of the series' overall rate stands in for what an hour of the week has not shown yet.
_PRIOR_MINUTES = 10.0
#: A series without events counts as half an event in its baseline.
_LEAST_EVENTS = 0.5
#: Events of others that the dispersion of a series rests on besides its own.
_PRIOR_EVENTS = 20.0
#: Where among the others a series with few events is put: calls that are rare come in clumps.
_USUAL = 0.75
#: How clearly a rhythm must show; 48 kinds of hours in 168 explain some of what is mere chance.
_CLEARLY, _FREEDOM = 1.3, 1 - 48 / 168
#: How little a rhythm's quarters of an hour vary: so much, or that part of the whole.
_QUARTER, _SPREAD, _MOSTLY = 15, 3.0, 4.0


def is_workday(day: int) -> bool:
    """Is this day (since 1970, which began on a Thursday) one from Monday to Friday?"""
    return (day + 3) % WEEK_DAYS < _WORKDAYS


def kind_of(minute: pl.Expr) -> pl.Expr:
    """Which hour of the day is it, of a workday (24 and up) or of a weekend?"""
    is_workday = (minute // DAY + 3) % WEEK_DAYS < _WORKDAYS
    return (minute % DAY // HOUR + DAY_HOURS * is_workday.cast(pl.Int64)).alias("kind")


def with_rhythm(day: int, known: Sequence[pl.DataFrame], series: pl.DataFrame) -> pl.DataFrame:
    """Which series have a rhythm of days and weeks? Adds `has_rhythm`; a week shows it.

    Hours of the week must explain clearly more than one rate for all: kinds of hours that are no
    different would only be known worse. A job at a fixed time is a clump, no rhythm: within its
    hour it varies as before.
    """
    hours, quarters = (known[LENGTHS.index(length)] for length in (HOUR, _QUARTER))
    plain = series.with_columns(has_rhythm=pl.lit(False))  # noqa: FBT003
    shaped = series.with_columns(has_rhythm=pl.lit(True))  # noqa: FBT003
    kinds = classes_of(day, hours, shaped)
    told = (
        pearson(hours, HOUR, plain, classes_of(day, hours, plain))
        .select("series", flat="own")
        .join(pearson(hours, HOUR, shaped, kinds).select("series", hour="own"), on="series")
        .join(pearson(quarters, _QUARTER, shaped, kinds).select("series", "own"), on="series")
    )
    is_clear = pl.col("flat") > _CLEARLY * pl.max_horizontal("hour", 1.0) / _FREEDOM
    is_spread = pl.col("own") < pl.max_horizontal(_SPREAD, pl.col("flat") / _MOSTLY)
    return (
        series.join(told.select("series", is_rhythm=is_clear & is_spread), on="series")
        .with_columns(
            has_rhythm=(pl.col("days") >= WEEK_DAYS) & pl.col("is_rhythm").fill_null(value=False)
        )
        .drop("is_rhythm")
    )


def classes_of(day: int, hours: pl.DataFrame, series: pl.DataFrame) -> pl.DataFrame:
    """How often was each series seen in each kind of hour: series, kind, off, minutes, span?

    `off` events in `minutes` give the rate; `span` minutes of this kind lie in the baseline.

    Without enough history all hours are of one kind: the same is written under each.
    """
    kinds = pl.DataFrame({"kind": pl.int_range(_KINDS, eager=True)})
    counted = hours.group_by("series", kind_of(pl.col("window") * HOUR)).agg(
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
            span=pl.col("span"),
        )
    )


def _spans(day: int, series: pl.DataFrame) -> pl.DataFrame:
    """How many minutes of each kind of hour has a baseline of so many days?"""
    rows = [
        (days, kind, float(HOUR * sum(is_workday(one) == (kind >= DAY_HOURS) for one in before)))
        for days in series["days"].unique().to_list()
        for before in [range(day - days, day)]
        for kind in range(_KINDS)
    ]
    return pl.DataFrame(
        rows, schema={"days": pl.Int64(), "kind": pl.Int64(), "span": pl.Float64()}, orient="row"
    )


def near(classes: pl.DataFrame) -> pl.DataFrame:
    """Take the busier of an hour and its neighbours: people come early, and clocks change.

    A neighbour counts with what it surely has: the largest of three guesses would be too large.
    """
    hour, half = pl.col("kind") % DAY_HOURS, pl.col("kind") // DAY_HOURS * DAY_HOURS
    surely = (pl.col("off") - 2 * pl.col("off").sqrt()).clip(0)
    beside = [
        classes.with_columns(kind=half + (hour + by) % DAY_HOURS, off=surely)
        for by in (DAY_HOURS - 1, 1)
    ]
    rate = pl.col("off") / pl.col("minutes")
    return (
        pl.concat([classes, *beside])
        .sort("series", "kind", rate, descending=[False, False, True])
        .unique(["series", "kind"], keep="first", maintain_order=True)
    )


def likely(classes: pl.DataFrame, length: int) -> pl.DataFrame:
    """How often was each series seen in windows that begin in each kind of hour?

    A long window takes in several hours, whose events and minutes add up.
    """
    hours = max(1, length // HOUR)
    if hours == 1:
        return classes
    hour, half = pl.col("kind") % DAY_HOURS, pl.col("kind") // DAY_HOURS * DAY_HOURS
    shifted = [
        classes.with_columns(kind=half + (hour - by + DAY_HOURS) % DAY_HOURS) for by in range(hours)
    ]
    return pl.concat(shifted).group_by("series", "kind").agg(pl.col("off", "minutes", "span").sum())


def pearson(
    before: pl.DataFrame, length: int, totals: pl.DataFrame, classes: pl.DataFrame
) -> pl.DataFrame:
    """How far do windows of this length vary, beside Poisson's: adds `own` and `largest`?

    The squares of what differs from the expected, over the expected; windows without events add
    only the square of what was expected in them.
    """
    expected = pl.col("off") / pl.col("minutes") * length
    told = likely(classes, length)
    # Windows begin with every hour, or with every fourth: their minutes are those of the baseline.
    begins = pl.col("kind") % max(1, length // HOUR) == 0
    empty = (
        told.filter(begins)
        .group_by("series")
        .agg(empty=(expected**2 * pl.col("span") / length).sum())
    )
    terms = (
        before.with_columns(kind_of(pl.col("window") * length))
        .join(told, on=["series", "kind"])
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


def dispersion(told: pl.DataFrame, clumps: pl.DataFrame) -> pl.DataFrame:
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
