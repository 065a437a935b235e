"""Spells of unusual rates in per-minute counts, named, attributed and told in a sentence."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import polars as pl

from trailnb._frame import in_polars
from trailnb.errors import NothingFoundWarning, RequestError, caller_level
from trailnb.questions._attribution import ATTRIBUTES, SHARE, attributed
from trailnb.questions._rates import RATES, SERIES, per_minute
from trailnb.questions._spells import spells
from trailnb.questions._unusual import Terms, unusual
from trailnb.questions._usual import DAY
from trailnb.trail.request import duration

if TYPE_CHECKING:
    from collections.abc import Collection

KINDS = ("call_rate", "error_rate")
_TIME, _TEXT, _COUNT, _RATE = pl.Datetime("us", "UTC"), pl.String(), pl.Int64(), pl.Float64()
SCHEMA = pl.Schema(
    {
        "start": _TIME,
        "end": _TIME,
        "kind": pl.Enum(KINDS),
        **dict.fromkeys(SERIES, _TEXT),
        **dict.fromkeys(("minutes", "events"), _COUNT),
        **dict.fromkeys(("average", "expected", "baseline", "fold", "score"), _RATE),
        "baseline_days": _COUNT,
        "rhythm": _TEXT,
        **dict.fromkeys(ATTRIBUTES, SHARE),
        "event_ids": pl.List(_TEXT),
        "sentence": _TEXT,
    }
)
SORT_KEY = ("start", "kind", *SERIES)
_WEEK_DAYS = 7
_WIDTH = 60


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question about unusual rates was asked for."""

    kinds: Collection[str]
    terms: Terms
    quiet_minutes: int
    reads: bool

    @classmethod
    def of(
        cls,
        kinds: Collection[str],
        baseline: str | timedelta,
        quiet: str | timedelta,
        terms: tuple[int, float, float],
        *,
        reads: bool,
    ) -> Asked:
        """What do these arguments mean? `terms` are minimum, fold and per_year.

        Raises:
            RequestError: an argument cannot be meant.
        """
        days = duration("baseline", baseline) // timedelta(days=1)
        if isinstance(kinds, str) or not kinds or not set(kinds) <= set(KINDS):
            raise RequestError(f"kinds={kinds!r} must be a list of {', '.join(KINDS)}.")
        if days < 1:
            raise RequestError(f"baseline={baseline!r} is less than a day. Write it like '7d'.")
        minimum, fold, per_year = terms
        if minimum < 1 or fold < 1 or not per_year > 0:
            raise RequestError("minimum and fold are at least 1, and per_year is above 0.")
        pause = duration("quiet", quiet) // timedelta(minutes=1)
        return cls(kinds, Terms(days, minimum, fold, per_year), pause, reads)


def detected(events: object, asked: Asked) -> pl.DataFrame:
    """Which spells are there, as `SCHEMA`? Reads the events, and once more for what it found."""
    rates = per_minute(events, "insights", reads=asked.reads)
    counts = in_polars(rates).collect(engine="streaming").cast(RATES)
    found = [
        _found(counts, kind, asked.terms, asked.quiet_minutes)
        for kind in KINDS
        if kind in asked.kinds
    ]
    told = pl.concat(found)
    if told.is_empty():
        _warn(counts)
        return pl.DataFrame(schema=SCHEMA)
    return _sentences(attributed(events, told, reads=asked.reads))


def _found(rates: pl.DataFrame, kind: str, terms: Terms, quiet: int) -> pl.DataFrame:
    """Which spells has this kind of series?"""
    is_error = kind == "error_rate"
    wanted = pl.col("error_code").is_not_null() if is_error else pl.col("is_call")
    code = pl.col("error_code") if is_error else pl.lit(None, _TEXT).alias("error_code")
    minute = (pl.col("time").dt.epoch("s") // 60).alias("minute")
    counted = (
        rates.filter(wanted)
        .group_by(*SERIES[:-1], code, minute)
        .agg(pl.col("events").sum())
        .sort(*SERIES, "minute")
        .with_columns(series=pl.struct(*SERIES).rank("dense").cast(pl.UInt32))
    )
    named = counted.select("series", *SERIES).unique("series")
    first = _first_days(rates)
    counts = counted.select("series", "minute", "events")
    days = named.join(first, on=["account", "region"], nulls_equal=True).select("series", "first")
    found = spells(unusual(counts, days, terms), counts, quiet)
    start, end = (_moment(pl.col(name)) for name in ("start", "stop"))
    first_day = (pl.col("start") // DAY - pl.col("days")) * DAY
    return (
        found.join(named, on="series")
        .with_columns(
            kind=pl.lit(kind, pl.Enum(KINDS)),
            minutes=pl.col("stop") - pl.col("start"),
            since=_moment(first_day),
        )
        .with_columns(start=start, end=end, average=pl.col("events") / pl.col("minutes"))
        .with_columns(fold=pl.col("average") / pl.col("expected"), rhythm=_rhythm())
        .rename({"days": "baseline_days"})
    )


def _moment(minute: pl.Expr) -> pl.Expr:
    return pl.from_epoch(minute * 60, "s").cast(pl.Datetime("us")).dt.replace_time_zone("UTC")


def _first_days(rates: pl.DataFrame) -> pl.DataFrame:
    """With which day (since 1970) do the logs of each account and region begin, whole days only?"""
    begin = (pl.col("time").min().dt.epoch("s") // 60).alias("begin")
    # A day whose first hour is there counts as whole: nothing may have happened at midnight.
    first = pl.col("begin") // DAY + (pl.col("begin") % DAY > DAY // 24).cast(pl.Int64)
    return rates.group_by("account", "region").agg(begin).select("account", "region", first=first)


def _rhythm() -> pl.Expr:
    return (
        pl.when("has_rhythm")
        .then(pl.lit("hours of workdays and weekends"))
        .when(pl.col("days") < _WEEK_DAYS)
        .then(pl.format("not known: {} days of history", "days"))
        .otherwise(pl.lit("none: all hours alike"))
    )


def _sentences(found: pl.DataFrame) -> pl.DataFrame:
    """Say each row in a sentence."""
    told = found.with_columns(
        sentence=pl.Series([_sentence(row) for row in found.iter_rows(named=True)], dtype=_TEXT)
    )
    shown = told.select(pl.col(name).cast(dtype) for name, dtype in SCHEMA.items())
    return shown.sort(*SORT_KEY, nulls_last=True)


def _sentence(row: dict[str, Any]) -> str:
    service = (row["event_source"] or "?").partition(".")[0]
    did = f"failed with {row['error_code']}" if row["kind"] == "error_rate" else "was called"
    length = f"{row['minutes']:,} minute" + ("s" if row["minutes"] != 1 else "")
    told = (
        f"{service}:{row['event_name']} {did} {row['events']:,} times in {length}, "
        f"{row['average']:.3g} a minute, {row['fold']:,.0f} times what is expected "
        f"({row['expected']:.2g} a minute, from {_days(row['baseline_days'])})"
    )
    named = (("mostly by", "actors"), ("from", "origins"), ("with", "agents"))
    behind = [_behind(word, row[name][0], row["average"]) for word, name in named if row[name]]
    return "; ".join(part for part in (told, ", ".join(behind)) if part)


def _behind(word: str, top: dict[str, Any], average: float) -> str:
    """Name the most frequent value, its part, and whether the baseline knows it."""
    value = top["value"] or "none named"
    value = value if len(value) <= _WIDTH else f"{value[: _WIDTH - 1]}…"
    return f"{word} {value} ({top['average'] / average:.0%}{'' if top['baseline'] else ', new'})"


def _days(count: int) -> str:
    return f"{count} day" + ("s" if count != 1 else "")


def _warn(rates: pl.DataFrame) -> None:
    """Say so when the logs are too short to tell anything."""
    first, last = rates.select(pl.col("time").min(), pl.col("time").max().alias("last")).row(0)
    if first is None or last - first < timedelta(days=1):
        warnings.warn(
            "These logs span less than a day, so no rate can be called unusual. Open more of them.",
            NothingFoundWarning,
            stacklevel=caller_level(),
        )
