"""A year of calls, minute by minute, in which nothing happens: and one with bursts put into it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from pathlib import Path

DAY, YEAR_DAYS = 1440, 365
#: A large table is made in so many parts, so that making it needs little memory.
_PARTS = 20
#: 2026-01-01, in minutes since 1970.
START = 20_454 * DAY
KINDS = ("steady", "office hours", "clustered", "nightly job", "hourly job", "weekly job", "rare")


@dataclass(frozen=True)
class Planted:
    """A burst: `fold` times the rate of that time, from `start` for `minutes`."""

    series: int
    start: int
    minutes: int
    events: int


def rates(kind: str, random: np.random.Generator, days: int) -> np.ndarray:
    """How many calls a minute are expected of a series of this kind, over all days?"""
    minute = np.arange(days * DAY)
    hour, day = minute % DAY // 60, minute // DAY + START // DAY
    level = 10 ** random.uniform(-2.5, 0.7)
    if kind == "office hours":
        is_office = (hour >= 8) & (hour < 18) & ((day + 3) % 7 < 5)
        return level * np.where(is_office, 1.0, 0.05)
    if kind == "rare":
        return np.full(minute.size, 10 ** random.uniform(-4.5, -3))
    return np.full(minute.size, level)


def quiet(kind: str, random: np.random.Generator, days: int = YEAR_DAYS) -> np.ndarray:
    """How many calls has each minute of a year in which nothing happens?"""
    size = days * DAY
    expected = rates(kind, random, days)
    if kind == "clustered":  # calls come in clumps: a script makes several at once
        clumps = random.poisson(expected / 6)
        return np.where(clumps, random.negative_binomial(np.maximum(clumps, 1) * 2, 0.25), 0)
    if not kind.endswith("job"):
        return random.poisson(expected)
    counts = random.poisson(expected / 50)
    every = {"nightly job": DAY, "hourly job": 60, "weekly job": 7 * DAY}[kind]
    volume, spread = random.uniform(20, 400), random.uniform(0.05, 0.3)
    for begin in range(int(random.integers(min(every, DAY))), size, every):
        at = begin + int(random.integers(4))  # a scheduler is a little late
        calls = random.poisson(volume * random.lognormal(0, spread))
        lasts = int(random.integers(3, 8))
        spots = at + random.integers(0, lasts, calls)
        np.add.at(counts, spots[spots < size], 1)
    return counts


def year(series: int, seed: int, days: int = YEAR_DAYS) -> tuple[pl.DataFrame, list[np.ndarray]]:
    """Counts of so many quiet series, of every kind in turn: series, minute, events."""
    random = np.random.default_rng(seed)
    counts = [quiet(KINDS[one % len(KINDS)], random, days) for one in range(series)]
    return frame(counts), counts


def frame(counts: list[np.ndarray]) -> pl.DataFrame:
    """The minutes that have any events, as the detector takes them."""
    parts = []
    for one, values in enumerate(counts):
        seen = np.flatnonzero(values)
        parts.append(
            pl.DataFrame(
                {
                    "series": np.full(seen.size, one, dtype=np.uint32),
                    "minute": seen.astype(np.int64) + START,
                    "events": values[seen].astype(np.int64),
                }
            )
        )
    return pl.concat(parts).sort("series", "minute")


def with_bursts(
    series: int, seed: int, days: int, *, fold: float = 5.0, least: int = 50
) -> tuple[pl.DataFrame, list[Planted]]:
    """Quiet series, each with a burst of `fold` times its rate at that moment, after two weeks.

    A burst lasts from ten minutes to four hours; it is put where it makes at least `least` calls,
    since fewer are no burst to anybody.
    """
    random = np.random.default_rng(seed)
    counts, planted = [], []
    kinds = ("steady", "office hours")
    while len(counts) < series:
        kind = kinds[len(counts) % len(kinds)]
        expected = rates(kind, random, days)
        values = random.poisson(expected)
        minutes = int(random.choice([10, 15, 20, 30, 45, 60, 90, 120, 240]))
        start = int(random.integers(14 * DAY, (days - 1) * DAY))
        usual = expected[start : start + minutes]
        if fold * usual.sum() < least:
            continue
        values[start : start + minutes] = random.poisson(fold * usual)
        planted.append(
            Planted(len(counts), START + start, minutes, int(values[start : start + minutes].sum()))
        )
        counts.append(values)
    return frame(counts), planted


def table(path: Path, events: int, *, actions: int = 300, days: int = 30) -> Path:
    """A Parquet file of so many events, by part: scalar columns of the event table, two bursts."""
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    making = path.with_suffix(".making")
    pl.concat([_part(one, events, actions, days) for one in range(_PARTS)]).sink_parquet(making)
    making.rename(path)
    return path


def _part(number: int, events: int, actions: int, days: int) -> pl.LazyFrame:
    """One of the parts of the table: its share of the days."""

    def make() -> pl.DataFrame:
        random = np.random.default_rng(number)
        size = events // _PARTS
        span = days * DAY * 60_000_000 // _PARTS
        begin = START * 60_000_000 + number * span
        times = begin + np.sort(random.integers(0, span, size))
        action = np.minimum(random.zipf(1.5, size) - 1, actions - 1)
        if number >= _PARTS - 2:  # a burst of a rare action by one actor
            times[:600] = begin + span // 2 + np.arange(600) * 1_000_000
            action[:600] = actions - 2
        actor = random.integers(0, 200, size)
        return pl.DataFrame(
            {"t": times, "a": action, "u": actor, "r": action % 3 == 0, "n": np.arange(size)}
        ).select(
            event_time=pl.col("t").cast(pl.Datetime("us")).dt.replace_time_zone("UTC"),
            event_id=pl.format("{}-{}", pl.lit(number), "n"),
            recipient_account_id=pl.format("11112222333{}", pl.col("u") % 4),
            aws_region=pl.lit("us-east-1"),
            event_source=pl.format("service{}.amazonaws.com", pl.col("a") % 40),
            event_name=pl.format("Action{}", "a"),
            error_code=pl.when(pl.col("n") % 31 == 0).then(pl.lit("AccessDenied")),
            read_only=pl.col("r"),
            event_category=pl.lit("Management"),
            event_type=pl.lit("AwsApiCall"),
            actor=pl.format("role/app-{}", "u"),
            user_agent=pl.format("aws-sdk/{}", pl.col("u") % 20),
            source_ip_address=pl.format("198.51.100.{}", pl.col("u") % 250),
        )

    return pl.defer(make, schema=make_schema())


def make_schema() -> pl.Schema:
    """The columns of the table."""
    texts = (
        "event_id",
        "recipient_account_id",
        "aws_region",
        "event_source",
        "event_name",
        "error_code",
    )
    later = ("event_category", "event_type", "actor", "user_agent", "source_ip_address")
    return pl.Schema(
        {
            "event_time": pl.Datetime("us", "UTC"),
            **dict.fromkeys(texts, pl.String()),
            "read_only": pl.Boolean(),
            **dict.fromkeys(later, pl.String()),
        }
    )
