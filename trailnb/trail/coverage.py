"""Which hours the logs speak about, and why they are silent about the others.

An hour without events is no quiet hour: nothing may have happened, or nothing may have been
logged, or a file may be unreadable. Each reason that can be told is told.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import polars as pl

from trailnb.formats.gunzip import unpack
from trailnb.sources.source import Unread
from trailnb.trail.reading import MAX_TEXT_BYTES
from trailnb.trail.request import FOLDER_OF, STAMP_SLACK

if TYPE_CHECKING:
    from collections.abc import Iterator

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
_HOUR = timedelta(hours=1)
_TRAIL_CALLS = (
    "StopLogging", "DeleteTrail", "StartLogging", "CreateTrail", "UpdateTrail",
    "PutEventSelectors", "PutInsightSelectors",
)  # fmt: skip
_STOPS = ("StopLogging", "DeleteTrail")
_STARTS = ("StartLogging", "CreateTrail")
#: Records older than version 1.07 name no category: what is no management event is a data event.
_CATEGORY = (
    pl.col("event_category")
    .fill_null(pl.when(~pl.col("management_event")).then(pl.lit("Data")))
    .fill_null("Management")
)


def coverage_of(trail: Trail) -> pl.DataFrame:
    """Which account, region, category and hour is seen, and what is known of the rest?"""
    seen = _seen(trail)
    hours = _hours(trail, _places(trail, seen), seen)
    if not hours.height:
        return pl.DataFrame(schema=SCHEMA)
    told = (
        hours.join(seen, on=[*_PLACE, "hour"], how="left")
        .pipe(_with, _unreadable(trail), on=["account", "region", "hour"], name="unreadable")
        .pipe(
            _with, _undelivered(trail), on=["account", "region", "hour"], name="nothing delivered"
        )
    )
    stopped, changed = _logging_changes(trail, hours)
    told = told.pipe(_with, stopped, on=["account", "hour"], name="logging stopped")
    told = told.pipe(_with, changed, on=["account", "hour"], name="selectors changed")
    return _judged(told, trail).sort(*_PLACE, "hour", nulls_last=True)


def _seen(trail: Trail) -> pl.DataFrame:
    """Count the events of each place and hour."""
    return (
        trail.events.filter(pl.col("event_time").is_not_null())
        .group_by(
            pl.col("recipient_account_id").alias("account"),
            pl.col("aws_region").alias("region"),
            _CATEGORY.alias("category"),
            pl.col("event_time").dt.truncate("1h").alias("hour"),
        )
        .agg(pl.len().alias("events"))
        .collect(engine="streaming")
        .with_columns(pl.col("account", "region").fill_null("unknown"))
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


def _hours(trail: Trail, places: pl.DataFrame, seen: pl.DataFrame) -> pl.DataFrame:
    """Every hour from the beginning to the end of what was asked for, or else of what is there.

    Hours that only lookback or late files speak of are added as outside the request.
    """
    request = trail.scan.request
    stamps = [file.delivered for file in trail.scan.files if file.delivered]
    there = [*seen["hour"].to_list(), *stamps]
    if not there:
        return pl.DataFrame()
    start, end = (
        request.since or min(there),
        request.until or max(there) + timedelta(microseconds=1),
    )
    beside = [file.delivered for file in trail.lookback_files if file.delivered] + stamps
    first, last = min([start, *beside]), max([end, *beside])
    hours = pl.datetime_range(first, last, "1h", closed="left", time_zone="UTC", eager=True)
    grid = pl.DataFrame({"hour": hours.dt.truncate("1h").dt.cast_time_unit("us")}).unique()
    inside = (pl.col("hour") > start - _HOUR) & (pl.col("hour") < end)
    return places.join(grid.with_columns(is_inside=inside), how="cross")


def _with(told: pl.DataFrame, reasons: pl.DataFrame, *, on: list[str], name: str) -> pl.DataFrame:
    """Put one kind of reason beside the hours it explains."""
    first = reasons.group_by(on).agg(pl.col("because").min().alias(name))
    return told.join(first, on=on, how="left")


def _reasons(rows: list[tuple[object, ...]], *names: str) -> pl.DataFrame:
    schema = {name: SCHEMA[name] for name in (*names, "because")}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _unreadable(trail: Trail) -> pl.DataFrame:
    """Say which hours the damaged files should have spoken of: those just before their delivery."""
    broken = {
        problem.log_file: problem.reason
        for problem in trail.scan.ledger.problems
        if problem.severity == "error"
    }
    rows = [
        (
            file.account,
            file.region,
            (file.delivered - slack).replace(minute=0),
            f"{file.key}: {why}",
        )
        for file in trail.scan.files
        if (why := broken.get(file.key)) and file.delivered and file.account
        for slack in (STAMP_SLACK, timedelta())
    ]
    return _reasons(list(rows), "account", "region", "hour")


def _undelivered(trail: Trail) -> pl.DataFrame:
    """Say which hours an empty digest covers: it proves that nothing was delivered in them."""
    rows: list[tuple[object, ...]] = []
    for key, digest in _digests(trail):
        if digest.get("logFiles") != []:
            continue
        bounds = pl.Series(
            [digest.get("digestStartTime"), digest.get("digestEndTime")], dtype=pl.String
        )
        start, end = bounds.str.to_datetime("%Y-%m-%dT%H:%M:%SZ", time_zone="UTC", strict=False)
        if start is None or end is None:
            continue
        file = next(file for file in trail.evidence_files if file.key == key)
        rows.append((file.account, file.region, start.replace(minute=0, second=0), key))
    return _reasons(rows, "account", "region", "hour")


def _digests(trail: Trail) -> Iterator[tuple[str, dict[str, object]]]:
    for file, stored in trail.scan.source.read(trail.evidence_files):
        if isinstance(stored, Unread):
            continue
        try:
            digest = json.loads(unpack(stored, MAX_TEXT_BYTES).data)
        except (ValueError, RecursionError):  # a damaged digest proves nothing
            continue
        if isinstance(digest, dict):
            yield file.key, digest


def _logging_changes(trail: Trail, hours: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Say from when on an account's trail was stopped, and when its selectors were changed."""
    calls = (
        trail.events.filter(
            pl.col("event_name").is_in(_TRAIL_CALLS), pl.col("error_code").is_null()
        )
        .select("event_time", "event_id", "event_name", account="recipient_account_id")
        .drop_nulls(["event_time", "account"])
        .collect()
        .sort("event_time", "event_id")
    )
    stopped: list[tuple[object, ...]] = []
    changed: list[tuple[object, ...]] = []
    all_hours = hours["hour"].unique().sort().to_list()
    for (account,), part in calls.group_by("account", maintain_order=True):
        because: str | None = None
        starts = part.iter_rows(named=True)
        coming = next(starts, None)
        selectors: str | None = None
        for hour in all_hours:
            was = because
            while coming and coming["event_time"] < hour + _HOUR:
                said = f"{coming['event_name']} {coming['event_id']}"
                if coming["event_name"] in _STOPS:
                    because = was = said
                elif coming["event_name"] in _STARTS:
                    because = None
                else:
                    selectors = said
                coming = next(starts, None)
            if because or was:
                stopped.append((account, hour, because or was))
            if selectors:
                changed.append((account, hour, selectors))
    return _reasons(stopped, "account", "hour"), _reasons(changed, "account", "hour")


def _judged(told: pl.DataFrame, trail: Trail) -> pl.DataFrame:
    """Decide each hour's status, the most telling reason first."""
    is_seen = pl.col("events").is_not_null()
    is_logged = pl.col("category").is_in(["Management", "Data"])

    def because(name: str, when: pl.Expr) -> pl.Expr:
        return pl.when(when & pl.col(name).is_not_null()).then(pl.lit(name))

    status = pl.coalesce(
        pl.when(~pl.col("is_inside")).then(pl.lit("outside the request")),
        because("unreadable", is_logged),
        pl.when(is_seen).then(pl.lit("seen")),
        because("logging stopped", is_logged),
        because("nothing delivered", is_logged),
        because("selectors changed", is_logged),
        pl.lit("none seen"),
    )
    reasons = ("unreadable", "logging stopped", "nothing delivered", "selectors changed")
    reason = pl.coalesce(
        *(pl.when(pl.col("status") == name).then(pl.col(name)) for name in reasons),
        pl.when(pl.col("status") == "none seen").then(
            pl.lit("quiet or not logged: cannot be told")
        ),
    )
    judged = told.with_columns(status=status).with_columns(because=reason)
    rows = judged.select(pl.col(name).cast(dtype) for name, dtype in _filled(judged, trail))
    return pl.concat([rows.with_columns(pl.col("events").fill_null(0)), _left_out(trail)])


def _filled(_judged_rows: pl.DataFrame, _trail: Trail) -> list[tuple[str, pl.DataType]]:
    return list(SCHEMA.items())


def _left_out(trail: Trail) -> pl.DataFrame:
    """Say which places were not asked for: nothing is known of them."""
    request = trail.scan.request
    asked = (
        ("accounts", request.accounts), ("regions", request.regions),
        ("categories", request.categories),
    )  # fmt: skip
    rows = [
        (
            None,
            None,
            None,
            None,
            "outside the request",
            0,
            f"{what} other than {', '.join(sorted(names))}",
        )
        for what, names in asked
        if names is not None
    ]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")
