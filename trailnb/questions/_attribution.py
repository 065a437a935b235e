"""Who and what stands behind an unusual rate, beside who and what usually does?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from trailnb._frame import in_polars
from trailnb.questions._rates import SERIES, calls

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

#: Column of the answer → column of the event table.
ATTRIBUTES = {
    "actors": "actor",
    "agents": "user_agent",
    "origins": "source_ip_address",
    "error_codes": "error_code",
}
SHARE = pl.List(
    pl.Struct({"value": pl.String(), "average": pl.Float64(), "baseline": pl.Float64()})
)
_ALSO = ("actor", "user_agent", "source_ip_address", "event_id")
_TOP, _SAMPLES = 5, 5
#: More stretches than this are joined before an engine is asked about them.
_MOST_SPANS = 64
_DAY_MINUTES = 1440


def attributed(events: object, spells: pl.DataFrame, *, reads: bool) -> pl.DataFrame:
    """Who is behind each spell? Adds `actors`, `agents`, `origins`, `error_codes`, `event_ids`.

    The engine is asked once more, for these actions alone: minute by minute inside the spells, day
    by day in their baselines.

    Args:
        events: the frame that the question was asked about.
        spells: `kind`, the series' columns, `start`, `end` and `since` (of the baseline), UTC.
        reads: whether reads count as calls.
    """
    rows = _asked(events, spells, reads=reads)
    known = spells.with_row_index("spell")
    keys = [pl.col(name).eq_missing(pl.col(f"{name}_spell")) for name in SERIES[:-1]]
    error = pl.col("error_code_spell")
    beside = known.select(
        "spell", "kind", "start", "end", "since", *(pl.col(n).alias(f"{n}_spell") for n in SERIES)
    )
    same = rows.join_where(
        beside,
        pl.col("event_name") == pl.col("event_name_spell"),
        pl.col("time") >= pl.col("since"),
        pl.col("time") < pl.col("end"),
    ).filter(
        *keys,
        pl.when(pl.col("kind") == "error_rate")
        .then(pl.col("error_code") == error)
        .otherwise(pl.col("is_call")),
    )
    inside = same.filter(pl.col("time") >= pl.col("start"))
    before = same.filter(pl.col("time") < pl.col("start").dt.truncate("1d"))
    told = known
    for name, column in ATTRIBUTES.items():
        told = told.join(_shares(inside, before, column, name), on="spell", how="left")
    ids = (
        inside.sort("spell", "time", "event_id")
        .group_by("spell")
        .agg(event_ids=pl.col("event_id").drop_nulls().head(_SAMPLES))
    )
    return told.join(ids, on="spell", how="left").sort("spell").drop("spell")


def _asked(events: object, spells: pl.DataFrame, *, reads: bool) -> pl.DataFrame:
    """Count these actions by all that may stand behind them."""
    import narwhals.stable.v2 as nw

    frame = calls(events, "insights", reads=reads, also=_ALSO)
    names = spells["event_name"].unique().sort().to_list()
    first, last = spells.select(pl.col("since").min(), pl.col("end").max()).row(0)
    time = nw.col("event_time")
    spans = _joined(spells.select("start", "end").sort("start").rows())
    is_inside = nw.any_horizontal(
        *((time >= start) & (time < end) for start, end in spans), ignore_nulls=True
    )
    picked = frame.filter(
        nw.col("event_name").is_in(names), time >= first, time < last
    ).with_columns(
        time=nw.when(is_inside).then(time.dt.truncate("1m")).otherwise(time.dt.truncate("1d"))
    )
    by = [*SERIES, "is_call", "time", *_ALSO[:-1]]
    counted = picked.group_by(*by).agg(events=nw.len(), event_id=nw.col("event_id").min())
    rows = in_polars(counted).collect(engine="streaming")
    return rows.cast({"time": spells.schema["start"]})


def _joined(spans: Sequence[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """Join stretches that overlap, and the nearest ones until there are few."""
    joined: list[tuple[datetime, datetime]] = []
    for start, end in spans:
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    while len(joined) > _MOST_SPANS:
        near = min(range(len(joined) - 1), key=lambda at: joined[at + 1][0] - joined[at][1])
        joined[near : near + 2] = [(joined[near][0], joined[near + 1][1])]
    return joined


def _shares(inside: pl.DataFrame, before: pl.DataFrame, column: str, name: str) -> pl.DataFrame:
    """Which values come most often, a minute, in each spell and in its baseline?"""
    lasts = (pl.col("end") - pl.col("start")).dt.total_minutes().first()
    days = (pl.col("start").dt.truncate("1d") - pl.col("since")).dt.total_minutes().first()
    value = pl.col(column).alias("value")
    now = inside.group_by("spell", value).agg(average=pl.col("events").sum() / lasts)
    usual = before.group_by("spell", value).agg(baseline=pl.col("events").sum() / days)
    return (
        now.join(usual, on=["spell", "value"], how="left", nulls_equal=True)
        .with_columns(pl.col("baseline").fill_null(0.0))
        .sort("spell", "average", "value", descending=[False, True, False])
        .group_by("spell", maintain_order=True)
        .agg(pl.struct("value", "average", "baseline").head(_TOP).alias(name))
    )
