"""The same questions by hand: plain Polars over the same Parquet, counting the same things."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Callable

#: A small office: one event in fifty.
ORIGIN = "198.51.100.140"
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


def _session() -> pl.Expr:
    """Name an event's session: a long-term key; who and since when; and so on."""
    key = pl.col("access_key_id")
    began = pl.col("session_creation_date").dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    return pl.coalesce(
        pl.when(key.str.starts_with("AKIA")).then(key),
        pl.concat_str("user_principal_id", pl.lit("@"), began),
        pl.when(key != "").then(key),
        "user_principal_id",
        "user_arn",
        pl.lit("service:") + pl.col("invoked_by"),
        pl.lit("account:") + pl.col("user_account_id"),
        pl.lit("unknown caller"),
    )


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
    by = ("actor", _session().alias("session"), "action", "denied_by")
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
        "outcome", "recipient_account_id", "event_id",
    )  # fmt: skip
    return (
        rows.filter(pl.col("event_name") == "CreateUser")
        .select(columns)
        .sort("event_time", "event_id", descending=True)
    )


def _origins(rows: pl.LazyFrame) -> pl.LazyFrame:
    told = _distinct(
        "actor", "session", "user_agent", "action", "recipient_account_id", "aws_region"
    )
    key = pl.col("source_address_key")
    version = pl.when(key.str.starts_with("00000000000000000000ffff")).then(4).when(
        key.is_not_null()
    ).then(6)  # fmt: skip
    by = ("source_ip_address", "source_kind", version.alias("version"))
    each = rows.with_columns(session=_session())
    return each.group_by(by).agg(**_SUMS, **told).sort("first")


def _pivot(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Count what came with the busiest address, of nine kinds, and how often it came at all."""
    each = rows.with_columns(session=_session())
    met = each.filter(pl.col("source_ip_address") == ORIGIN)
    kinds = (
        "recipient_account_id", "action", "actor", "user_agent", "access_key_id",
        "source_ip_address", "aws_region", "session", "target",
    )  # fmt: skip
    denied = (pl.col("outcome") == "denied").sum()
    sizes = each.select(all=pl.len()).join(met.select(together=pl.len()), how="cross")
    counts = []
    for kind in kinds:
        value = pl.col(kind).alias("value")
        beside = met.drop_nulls(kind).group_by(value).agg(**_SPAN, denied=denied)
        total = each.group_by(value).agg(total=pl.len())
        counts.append(beside.join(total, on="value").with_columns(kind=pl.lit(kind)))
    lift = pl.col("events") / pl.col("total") * pl.col("all") / pl.col("together")
    return (
        pl.concat(counts)
        .join(sizes, how="cross")
        .with_columns(lift=lift, is_exclusive=pl.col("events") == pl.col("total"))
        .sort("kind", "events")
    )


def _root_use(rows: pl.LazyFrame) -> pl.LazyFrame:
    is_issue = pl.col("action") == "sts:AssumeRoot"
    is_root = (pl.col("user_type") == "Root") | is_issue
    is_own = (pl.col("event_type") != "AwsServiceEvent").fill_null(value=True)
    columns = (
        "event_time", "recipient_account_id", "action", "access", "outcome", "target",
        "source_ip_address", "aws_region", "user_agent", "access_key_id", "is_console",
        "mfa_authenticated", "invoked_by", "event_id",
    )  # fmt: skip
    assumed = pl.col("assumed_root").fill_null(value=False) | is_issue
    found = rows.filter(is_root & is_own).select(*columns, assumed=assumed)
    return found.sort("event_time", "event_id")


def _compare(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Count two halves by the six kinds that are compared unless said otherwise."""
    middle = datetime.fromisoformat("2026-11-03T00:00:00+00:00")
    first = _TIME.is_between(middle - timedelta(days=1), middle, closed="left")
    second = _TIME.is_between(middle, middle + timedelta(days=1), closed="left")
    names = (
        "recipient_account_id", "action", "actor", "user_agent", "source_ip_address", "aws_region",
    )  # fmt: skip
    both = rows.filter(first | second)
    counts = [
        both.group_by(pl.col(name).alias("value"))
        .agg(a=first.sum(), b=second.sum())
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
    "pivot": _pivot,
    "root_use": _root_use,
    "timeline": _timeline,
}
