"""Who read and wrote which data, and how much: objects in buckets, calls of functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from trailnb._frame import FrameT, HasEvents, QuestionClass, asked, in_polars
from trailnb.errors import RequestError
from trailnb.questions._kinds import value_of

if TYPE_CHECKING:
    import narwhals.stable.v2 as nw

CLASS: QuestionClass = "refined"
_TIME, _TEXT, _COUNT = pl.Datetime("us", "UTC"), pl.String(), pl.Int64()
SCHEMA = pl.Schema(
    {
        **dict.fromkeys(("actor", "service", "resource", "prefix"), _TEXT),
        **dict.fromkeys(("events", "reads", "writes", "denied", "objects"), _COUNT),
        **dict.fromkeys(("bytes_in", "bytes_out"), _COUNT),
        "origins": pl.List(_TEXT),
        **dict.fromkeys(("first_seen", "last_seen"), _TIME),
    }
)
SORT_KEY = ("bytes_out", "events", "actor", "service", "resource", "prefix")

_COLUMNS = {
    "time": "event_time",
    "actor": "actor",
    "access": "access",
    "outcome": "outcome",
    "target": "target",
    "origin": "source_ip_address",
    "more": "additional_event_data",
}
#: The bucket and the key of arn:aws:s3:::BUCKET/KEY, and of an object behind an access point.
OBJECT = r"^(arn:[^:]*:s3[^:]*:[^:]*:[^:]*:(?:accesspoint/)?[^/]+)(?:/(?:object/)?([\s\S]*))?$"
_BY = ("actor", "service", "resource", "prefix")


def data_access(events: HasEvents[FrameT] | FrameT, *, depth: int = 1) -> pl.LazyFrame:
    """Who read and wrote which data, how often and how many bytes?

    A refined question over data events, which trails record only where somebody asked for them:
    no row means nothing. One row per actor, resource and prefix.

    Args:
        events: A trail, its `events`, or a part of them.
        depth: How many folders of an object's key make its prefix; 0 for whole buckets.

    Returns:
        Sorted by `bytes_out` and `events` (most first), then `actor`, `service`, `resource` and
        `prefix`: `actor`, `service`, `resource` (ARN of the bucket, function …; null when
        unnamed), `prefix` (of objects' keys, `""` at the top; null for what has none), `events`,
        `reads`, `writes`, `denied`, `objects` (distinct targets), `bytes_in`, `bytes_out` (as the
        service tells them; null where it never does), `origins` (sorted), `first_seen`,
        `last_seen` (UTC).

    Raises:
        RequestError: `depth` is negative.

    Source: CloudTrail record contents, additionalEventData of S3 data events.

    Example:
        >>> import trailnb as tn
        >>> most = data_access(tn.open("data-samples/acme", since="2026-11-03")).collect()
        >>> most.select("actor", "resource", "bytes_out").row(0)
        ('role/log-operations/backup-sync', 'arn:aws:s3:::acme-backups-archive', 782014807)
    """
    import narwhals.stable.v2 as nw

    if depth < 0:
        raise RequestError(f"depth={depth} is negative. 0 counts whole buckets.")
    needed = [*_COLUMNS.values(), "action", "event_category", "management_event"]
    frame = asked(events, needed, "data_access")
    # Records older than version 1.07 name no category.
    is_old = nw.col("event_category").is_null() & ~nw.col("management_event")
    picked: dict[str, nw.Expr] = {name: nw.col(column) for name, column in _COLUMNS.items()}
    kept = frame.filter((nw.col("event_category") == "Data") | is_old).select(
        **picked, service=value_of("service", frame)
    )
    return _summed(in_polars(kept), depth)


def _summed(found: pl.LazyFrame, depth: int) -> pl.LazyFrame:
    access, key = pl.col("access"), pl.col("target").str.extract(OBJECT, 2).fill_null("")
    bucket = pl.col("target").str.extract(OBJECT, 1)
    told = found.with_columns(
        resource=pl.coalesce(bucket, "target"),
        prefix=pl.when(bucket.is_not_null()).then(key.str.extract(f"^((?:[^/]*/){{0,{depth}}})")),
        bytes_in=bytes_of("bytesTransferredIn"),
        bytes_out=bytes_of("bytesTransferredOut"),
    )
    counts = {
        "events": pl.len(),
        "reads": access.is_in(["read", "list"]).sum(),
        "writes": access.is_in(["write", "permission", "tagging"]).sum(),
        "denied": (pl.col("outcome") == "denied").sum(),
        "objects": pl.col("target").drop_nulls().n_unique(),
        "bytes_in": _total("bytes_in"),
        "bytes_out": _total("bytes_out"),
        "origins": pl.col("origin").drop_nulls().unique().sort(),
        "first_seen": pl.col("time").min(),
        "last_seen": pl.col("time").max(),
    }
    summed = told.group_by(_BY).agg(**counts)
    shown = summed.select(pl.col(name).cast(dtype) for name, dtype in SCHEMA.items())
    return shown.sort(*SORT_KEY, descending=[True, True, *(False for _ in _BY)], nulls_last=True)


def _total(column: str) -> pl.Expr:
    """Sum what is known; nothing known is not zero."""
    return pl.when(pl.col(column).count() > 0).then(pl.col(column).sum())


def bytes_of(name: str) -> pl.Expr:
    """How many bytes does a data event tell of, in its extras (column `more`)?

    Written 0, 0.0 or 1.5E7; the extras of data events hold no free text.

    Example:
        >>> frame = pl.DataFrame({"more": ['{"bytesTransferredOut":1.5E7}']})
        >>> frame.select(bytes_of("bytesTransferredOut")).item()
        15000000
    """
    number = pl.col("more").str.extract(rf'"{name}"\s*:\s*"?([0-9][0-9.eE+]*)')
    return number.cast(pl.Float64, strict=False).cast(pl.Int64, strict=False)
