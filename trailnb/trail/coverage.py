"""Which hours the logs speak about, and why they are silent about the others.

An hour without events is no quiet hour: nothing may have happened, or nothing may have been
logged, or a file may be unreadable. Each reason that can be told is told.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import polars as pl

from trailnb.errors import RequestError
from trailnb.trail.request import FOLDER_OF
from trailnb.trail.silence import (
    HOUR,
    logging_changes,
    undelivered,
    unreadable,
    unreadable_anywhere,
)

if TYPE_CHECKING:
    from trailnb.trail.trail import Trail

STATUSES = (
    "seen",
    "none seen",
    "nothing delivered",
    "logging stopped",
    "selectors changed",
    "unreadable",
    "outside the request",
)
SCHEMA = pl.Schema(
    {
        "account": pl.String(),
        "region": pl.String(),
        "category": pl.String(),
        "hour": pl.Datetime("us", "UTC"),
        "status": pl.Enum(STATUSES),
        "events": pl.UInt32(),
        "because": pl.String(),
    }
)
_PLACE = ["account", "region", "category"]
_SPOT = ["account", "region", "hour"]
#: A frame of more rows tells nobody anything and fills the memory.
_MOST_ROWS = 5_000_000
#: Digests, and stops of a trail, speak of what the CloudTrail folder holds.
_IS_LOGGED = pl.col("category").is_in(["Management", "Data"])
_CANNOT_TELL = "quiet or not logged: cannot be told"
#: Records older than version 1.07 name no category: what is no management event is a data event.
_CATEGORY = (
    pl.col("event_category")
    .fill_null(pl.when(~pl.col("management_event")).then(pl.lit("Data")))
    .fill_null("Management")
)


def coverage_of(trail: Trail) -> pl.DataFrame:
    """Which account, region, category and hour is seen, and what is known of the rest?

    Raises:
        RequestError: the window has more hours and places than a frame should hold.
    """
    seen = _seen(trail)
    hours = _hours(trail, seen)
    places = _places(trail, seen)
    if hours.height * places.height > _MOST_ROWS:
        raise RequestError(
            f"{places.height:,} places x {hours.height:,} hours are too many to list. "
            "Open a shorter window: tn.open(…, since=…, until=…)."
        )
    lost = unreadable_anywhere(trail)
    if places.is_empty() and not lost.is_empty():
        places = pl.DataFrame({name: ["unknown"] for name in _PLACE})
    stopped, changed = logging_changes(trail, hours["hour"].to_list())
    told = (
        places.join(hours, how="cross")
        .join(seen, on=[*_PLACE, "hour"], how="left")
        .pipe(_beside, unreadable(trail), on=[*_PLACE, "hour"], name="unreadable")
        .pipe(_beside, lost, on=["hour"], name="unreadable anywhere")
        .with_columns(pl.coalesce("unreadable", "unreadable anywhere"))
        .pipe(_beside, undelivered(trail), on=_SPOT, name="nothing delivered")
        .pipe(_beside, stopped, on=["account", "hour"], name="logging stopped")
        .pipe(_beside, changed, on=["account", "hour"], name="selectors changed")
        .pipe(_beside, stopped, on=["hour"], name="stopped elsewhere")
        .with_columns(_forgotten(trail).alias("before its place begins"))
    )
    rows = [_judged(told), _left_out(trail)]
    return pl.concat(rows).sort(*_PLACE, "hour", nulls_last=True)


def _seen(trail: Trail) -> pl.DataFrame:
    """Count the events of each place and hour."""
    return (
        trail.events.filter(pl.col("event_time").is_not_null())
        .group_by(
            pl.col("recipient_account_id").fill_null("unknown").alias("account"),
            pl.col("aws_region").fill_null("unknown").alias("region"),
            _CATEGORY.alias("category"),
            pl.col("event_time").dt.truncate("1h").alias("hour"),
        )
        .agg(pl.len().alias("events"))
        .collect(engine="streaming")
    )


def _places(trail: Trail, seen: pl.DataFrame) -> pl.DataFrame:
    """Name every place that events or file names speak of."""
    categories = {folder: name for name, folder in reversed(FOLDER_OF.items())}
    rows = [
        (file.account, file.region, categories[file.folder])
        for file in trail.scan.files
        if file.is_placed and file.folder in categories
    ]
    named = pl.DataFrame(rows, schema=dict.fromkeys(_PLACE, pl.String()), orient="row")
    return pl.concat([seen.select(_PLACE), named]).unique()


def _hours(trail: Trail, seen: pl.DataFrame) -> pl.DataFrame:
    """List the hours of what was asked for, or else of what is there.

    Hours that only lookback or late files speak of are added as outside the request.
    """
    request = trail.scan.request
    stamps = [file.delivered for file in trail.scan.files if file.delivered]
    there = [*seen["hour"].to_list(), *stamps]
    if not there:
        return pl.DataFrame(schema={"hour": SCHEMA["hour"], "is_inside": pl.Boolean()})
    start = request.since or min(there)
    end = request.until or max(there) + timedelta(microseconds=1)
    beside = [*stamps, *(file.delivered for file in trail.lookback_files if file.delivered)]
    first = min([start, *beside]).replace(minute=0, second=0, microsecond=0)
    hours = pl.datetime_range(first, max([end, *beside]), "1h", closed="left", eager=True)
    inside = (pl.col("hour") > start - HOUR) & (pl.col("hour") < end)
    return pl.DataFrame({"hour": hours.cast(SCHEMA["hour"])}).with_columns(is_inside=inside)


def _forgotten(trail: Trail) -> pl.Expr:
    """Say of the hours that the place keeps nothing of, why it does not."""
    ends = [limit for limit in trail.limits if limit.before is not None]
    return pl.coalesce(
        *(pl.when(pl.col("hour") + HOUR <= end.before).then(pl.lit(end.because)) for end in ends),
        pl.lit(None, pl.String()),
    )


def _beside(told: pl.DataFrame, reasons: pl.DataFrame, *, on: list[str], name: str) -> pl.DataFrame:
    """Put one kind of reason beside the hours it explains."""
    first = reasons.group_by(on).agg(pl.col("because").min().alias(name))
    return told.join(first, on=on, how="left")


def _judged(told: pl.DataFrame) -> pl.DataFrame:
    """Decide each hour's status, the most telling reason first."""
    is_seen = pl.col("events").is_not_null()
    reasons = ("unreadable", "logging stopped", "nothing delivered", "selectors changed")
    explained = {
        name: pl.when(
            (_IS_LOGGED if name != "unreadable" else True) & pl.col(name).is_not_null()
        ).then(pl.lit(name))
        for name in reasons
    }
    before = pl.when(pl.col("is_inside") & ~is_seen).then(pl.col("before its place begins"))
    status = pl.coalesce(
        pl.when(~pl.col("is_inside") | before.is_not_null()).then(pl.lit("outside the request")),
        explained.pop("unreadable"),
        pl.when(is_seen).then(pl.lit("seen")),
        *explained.values(),
        pl.lit("none seen"),
    )
    # A stop in another account may be the organization's own trail: said, not concluded.
    elsewhere = pl.format(
        "{}; {} in another account may explain it", pl.lit(_CANNOT_TELL), "stopped elsewhere"
    )
    silent = pl.when(pl.col("status") == "none seen").then(
        pl.coalesce(elsewhere, pl.lit(_CANNOT_TELL))
    )
    because = pl.coalesce(
        *(pl.when(pl.col("status") == name).then(pl.col(name)) for name in reasons), before, silent
    )
    judged = told.with_columns(status=status).with_columns(
        because=because, events=pl.col("events").fill_null(0)
    )
    return judged.select(pl.col(name).cast(dtype) for name, dtype in SCHEMA.items())


def _left_out(trail: Trail) -> pl.DataFrame:
    """Say which places were not asked for: nothing is known of them."""
    request = trail.scan.request
    asked = {
        "accounts": request.accounts,
        "regions": request.regions,
        "categories": request.categories,
    }
    said = [
        f"{what} other than {', '.join(sorted(names))} were not asked for"
        for what, names in asked.items()
        if names is not None
    ]
    said += [limit.because for limit in trail.limits]
    said += trail.spent
    rows = [(None, None, None, None, "outside the request", 0, because) for because in said]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")
