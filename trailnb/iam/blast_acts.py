"""What was done with what was reached: the events, once each, and what they come to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from trailnb.questions.data_access import OBJECT, bytes_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from trailnb.iam.blast_reach import Reached

#: What is read of every event, beside what lineage reads.
READ = (
    "event_time", "event_id", "action", "access", "outcome", "target", "source_ip_address",
    "recipient_account_id", "event_category", "management_event", "shared_event_id",
    "additional_event_data", "user_type",
)  # fmt: skip
_CHANGES = ("write", "permission", "tagging")
_MOST_ACTIONS = 6


def acts(
    events: pl.LazyFrame, found: Iterable[Reached], accounts: Collection[str] = ()
) -> pl.DataFrame:
    """Which events did the reached things make, from when they were reached on?

    An event that two accounts recorded comes in both copies. `reached_by` is the session, user or
    opening, `of` the event id that stands for all copies: the caller's.

    Args:
        events: All events, with `session_id` and `user`.
        found: What was reached.
        accounts: Those whose events are here: everyone is anybody but them.
    """
    nodes = list(found)
    time, signs_in = pl.col("event_time"), pl.col("action").str.starts_with("signin:")
    own = _opened(events, nodes, accounts)
    for kind, column in (("credential", "session_id"), ("user", "user"), ("password", "user")):
        reached = pl.LazyFrame(
            [(one.node.name, one.since) for one in nodes if one.node.kind == kind],
            schema={column: pl.String(), f"_{kind}": pl.Datetime("us", "UTC")},
            orient="row",
        )
        own = own.join(reached, on=column, how="left")
    by = pl.coalesce(
        pl.when(time >= pl.col("_credential")).then("session_id"),
        pl.when(time >= pl.col("_user")).then("user"),
        pl.when(signs_in & (time >= pl.col("_password"))).then("user"),
        pl.when(time >= pl.col("_opening")).then("_opened"),
    )
    found_here = own.with_columns(reached_by=by).filter(pl.col("reached_by").is_not_null())
    made = found_here.select("reached_by", *READ).collect(engine="streaming")
    return pl.concat([made, _copies(events, made)]).pipe(_told)


def _opened(
    events: pl.LazyFrame, nodes: Iterable[Reached], accounts: Collection[str]
) -> pl.LazyFrame:
    """Say of another account's call on an opened resource by which opening it came, since when."""
    rows = [(*one.node.name.rpartition("|")[::2], one.node.name, one.since) for one in nodes
            if one.node.kind == "opening"]  # fmt: skip
    schema = {
        **dict.fromkeys(("_resource", "_other", "_opened"), pl.String()),
        "_opening": pl.Datetime("us", "UTC"),
    }
    is_other = pl.col("user_type") == "AWSAccount"
    is_own = pl.col("user_account_id").is_in(pl.Series(sorted(accounts), dtype=pl.String).implode())
    other = pl.when(is_other).then("user_account_id")
    told = events.with_columns(
        _resource=pl.coalesce(pl.col("target").str.extract(OBJECT, 1), "target"), _other=other
    )
    openings = pl.LazyFrame(rows, schema=schema, orient="row")
    public = openings.filter(pl.col("_other") == "*").drop("_other")
    return (
        told.join(openings, on=["_resource", "_other"], how="left")
        .join(public, on="_resource", how="left", suffix="_public")
        .with_columns(
            pl.coalesce(name, pl.when(is_other & ~is_own).then(f"{name}_public")).alias(name)
            for name in ("_opened", "_opening")
        )
        .drop("_resource", "_other", "_opened_public", "_opening_public")
    )


def _copies(events: pl.LazyFrame, own: pl.DataFrame) -> pl.DataFrame:
    """Find what other accounts recorded of the same calls."""
    partners = own.drop_nulls("shared_event_id").unique("shared_event_id", keep="any")
    partners = partners.select("shared_event_id", "reached_by")
    if partners.is_empty():
        return own.clear()
    same = ["event_id", "recipient_account_id"]
    ids = partners["shared_event_id"].implode()
    return (
        events.filter(pl.col("shared_event_id").is_in(ids))
        .select(READ)
        .join(own.lazy().select(same), on=same, how="anti")
        .join(partners.lazy(), on="shared_event_id")
        .select("reached_by", *READ)
        .collect()
    )


def _told(found: pl.DataFrame) -> pl.DataFrame:
    is_old = pl.col("event_category").is_null() & ~pl.col("management_event")
    is_data = ((pl.col("event_category") == "Data") | is_old).fill_null(value=False)
    once = found.unique(
        ["event_id", "recipient_account_id", "event_time", "action", "target"], maintain_order=True
    )
    is_copy = pl.col("user_type").eq_missing("AWSAccount")
    callers = pl.col("event_id").sort_by(is_copy, "event_id").first().over("shared_event_id")
    return once.with_columns(
        of=pl.when(pl.col("shared_event_id").is_null()).then("event_id").otherwise(callers),
        is_data=is_data,
        service=pl.col("action").str.split(":").list.first(),
        more=pl.when(is_data).then("additional_event_data"),
    ).with_columns(
        bytes_in=bytes_of("bytesTransferredIn"), bytes_out=bytes_of("bytesTransferredOut")
    )


def summed(found: pl.DataFrame, evidence: Collection[str]) -> pl.DataFrame:
    """What do these events come to: a row per thing read, written, hidden or attempted?

    Args:
        found: Events of `acts`.
        evidence: Ids of those that were against the evidence.
    """
    target, action = pl.col("target"), pl.col("action")
    resource = pl.coalesce(target.str.extract(OBJECT, 1), "target", "action")
    is_broad = (pl.col("access") == "list") | target.is_null()
    kind = (
        pl.when(pl.col("outcome") != "success")
        .then(pl.lit("attempt"))
        .when(pl.col("event_id").is_in(pl.Series(sorted(evidence), dtype=pl.String()).implode()))
        .then(pl.lit("evidence"))
        .when("is_data")
        .then(pl.lit("data"))
        .when(pl.col("access").is_in(_CHANGES))
        .then(pl.lit("write"))
        .otherwise(pl.lit("read"))
    )
    value = (
        pl.when(pl.col("kind") == "attempt")
        .then(action)
        .when((pl.col("kind") == "read") & is_broad)
        .then("service")
        .otherwise(resource)
    )
    placed = found.with_columns(kind=kind).with_columns(value=value)
    return placed.group_by("reached_by", "kind", "value").agg(
        *_COUNTS, _ACTIONS.alias("how"), _NAMES.alias("actions")
    )


def counted(found: pl.DataFrame) -> pl.DataFrame:
    """How much did each of the reached things do, in all?"""
    return found.group_by("reached_by").agg(*_COUNTS)


_NAMES = pl.col("action").unique().sort()
_ACTIONS = pl.concat_str(
    _NAMES.head(_MOST_ACTIONS).str.join(", "),
    pl.when(_NAMES.len() > _MOST_ACTIONS).then(pl.lit(" …")).otherwise(pl.lit("")),
)
_COUNTS = [
    pl.col("recipient_account_id").drop_nulls().mode().sort().first().alias("account"),
    pl.col("event_time").min().alias("first"),
    pl.col("event_time").max().alias("last"),
    pl.len().alias("events"),
    (pl.col("outcome") == "denied").sum().alias("denied"),
    *(
        pl.when(pl.col(name).count() > 0).then(pl.col(name).sum()).alias(name)
        for name in ("bytes_in", "bytes_out")
    ),
    pl.col("source_ip_address").drop_nulls().unique().sort().alias("origins"),
    pl.col("event_id")
    .sort_by("event_time", "event_id")
    .unique(maintain_order=True)
    .alias("event_ids"),
]
