"""The same questions by hand: plain Polars over the same Parquet, counting the same things."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Callable

_TIME = pl.col("event_time")
_CHANGES = ("write", "permission", "tagging")
_SPAN = {"first": _TIME.min(), "last": _TIME.max(), "events": pl.len()}
_SUMS = {
    **_SPAN,
    "denied": (pl.col("outcome") == "denied").sum(),
    "writes": pl.col("access").is_in(_CHANGES).sum(),
}


def ask(store: str, question: str) -> int:
    """Answer one of the questions below, and count its rows."""
    rows = pl.scan_parquet(f"{store}/date=*/*.parquet", hive_partitioning=False)
    return ASKED[question](rows.filter(~pl.col("is_copy"))).collect().height


def attributed_columns(uri: str) -> int:
    """Read the columns that attribution rests on, and no more."""
    from trailnb._lineage.issues import SESSION_COLUMNS

    rows = pl.scan_parquet(f"{uri}/date=*/*.parquet", hive_partitioning=False)
    kept = rows.filter(~pl.col("is_copy")).select(*SESSION_COLUMNS, "event_id", "actor")
    return kept.collect().height


def _distinct(*names: str) -> dict[str, pl.Expr]:
    return {f"n_{name}": pl.col(name).drop_nulls().n_unique() for name in names}


def _activity(rows: pl.LazyFrame) -> pl.LazyFrame:
    hour = _TIME.dt.truncate("1h")
    return (
        rows.group_by(hour.alias("hour"), "access").agg(**_SUMS, **_distinct("actor")).sort("hour")
    )


def _actors(rows: pl.LazyFrame) -> pl.LazyFrame:
    told = _distinct(
        "actor_source", "recipient_account_id", "access_key_id", "source_ip_address", "actor_kind",
        "actor_confidence",
    )  # fmt: skip
    return rows.group_by("actor").agg(**_SUMS, **told).sort("events", "actor", descending=True)


def _denied(rows: pl.LazyFrame) -> pl.LazyFrame:
    refused = rows.filter(pl.col("outcome") == "denied")
    by = ("actor", "access_key_id", "user_principal_id", "action", "denied_by")
    return (
        refused.group_by(by).agg(**_SPAN, **_distinct("target", "source_ip_address")).sort("first")
    )


def _failures(rows: pl.LazyFrame) -> pl.LazyFrame:
    service = pl.col("action").str.extract("^([^:]*)").alias("service")
    told = _distinct("action", "target")
    each = rows.group_by("actor", service, "outcome", "error_code").agg(**_SPAN, **told)
    calls = each.with_columns(calls=pl.col("events").sum().over("actor", "service"))
    return calls.filter(~pl.col("outcome").is_in(["success", "dry_run"])).sort("events", "actor")


def _first_seen(rows: pl.LazyFrame) -> pl.LazyFrame:
    denied = (pl.col("outcome") == "denied").sum()
    return rows.group_by("source_ip_address").agg(**_SPAN, denied=denied).sort("first")


def _history(rows: pl.LazyFrame) -> pl.LazyFrame:
    columns = (
        "event_time", "user_name", "user_principal_id", "user_type", "event_name", "event_source",
        "target", "access_key_id", "source_ip_address", "aws_region", "error_code", "read_only",
        "event_id",
    )  # fmt: skip
    return (
        rows.filter(pl.col("event_name") == "CreateUser")
        .select(columns)
        .sort("event_time", "event_id", descending=True)
    )


def _origins(rows: pl.LazyFrame) -> pl.LazyFrame:
    told = _distinct(
        "actor", "access_key_id", "user_agent", "action", "recipient_account_id", "aws_region"
    )
    by = ("source_ip_address", "source_kind")
    return rows.group_by(by).agg(**_SUMS, **told).sort("first")


def _root_use(rows: pl.LazyFrame) -> pl.LazyFrame:
    is_root = (pl.col("user_type") == "Root") | (pl.col("action") == "sts:AssumeRoot")
    columns = (
        "event_time", "recipient_account_id", "action", "access", "outcome", "target",
        "source_ip_address", "aws_region", "user_agent", "access_key_id", "event_id",
    )  # fmt: skip
    return rows.filter(is_root).select(columns).sort("event_time", "event_id")


def _compare(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Count two halves by the six kinds that are compared unless said otherwise."""
    middle = datetime.fromisoformat("2026-11-03T00:00:00+00:00")
    first = _TIME.is_between(middle - timedelta(days=1), middle, closed="left").sum()
    second = _TIME.is_between(middle, middle + timedelta(days=1), closed="left").sum()
    names = (
        "recipient_account_id", "action", "actor", "user_agent", "source_ip_address", "aws_region",
    )  # fmt: skip
    counts = [
        rows.group_by(pl.col(name).alias("value"))
        .agg(a=first, b=second)
        .with_columns(kind=pl.lit(name))
        for name in names
    ]
    return pl.concat(counts).sort("kind", "value")


def _timeline(rows: pl.LazyFrame) -> pl.LazyFrame:
    columns = (
        "event_time", "actor", "action", "access", "target", "outcome", "source_ip_address",
        "aws_region", "recipient_account_id", "event_id",
    )  # fmt: skip
    return (
        rows.filter(pl.col("access") == "permission").select(columns).sort("event_time", "event_id")
    )


ASKED: dict[str, Callable[[pl.LazyFrame], pl.LazyFrame]] = {
    "activity": _activity,
    "actors": _actors,
    "compare": _compare,
    "denied": _denied,
    "failures": _failures,
    "first_seen": _first_seen,
    "history": _history,
    "origins": _origins,
    "root_use": _root_use,
    "timeline": _timeline,
}
