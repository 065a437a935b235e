"""The events that a case cites, where each lies, and the hashes of the file it lies in."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import polars as pl

from trailnb._lineage.attribute import attribute
from trailnb.formats.gunzip import unpack
from trailnb.reading.chunks import MAX_TEXT_BYTES
from trailnb.trail.stored import StoredScan

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from trailnb.trail.trail import Trail

_TEXT = pl.String()
#: `sha256_stored` is of the object as it lies in the bucket (mostly gzip); `sha256_text` of its
#: decompressed bytes, which CloudTrail's digests sum up. Null where the file cannot be read whole.
SCHEMA = pl.Schema(
    {
        "time": pl.Datetime("us", "UTC"),
        **dict.fromkeys(
            (
                "actor", "root_actor", "action", "access", "target", "outcome", "origin", "region",
                "account", "event_id", "log_file",
            ),
            _TEXT,
        ),
        "log_index": pl.UInt32(),
        **dict.fromkeys(("sha256_stored", "sha256_text", "record"), _TEXT),
    }
)  # fmt: skip
_COLUMNS = {
    "time": "event_time", "origin": "source_ip_address", "region": "aws_region",
    "account": "recipient_account_id",
}  # fmt: skip


def cited(trail: Trail, event_ids: Collection[str]) -> pl.DataFrame:
    """Which of these events does the trail hold, and where?

    Returns:
        One row per event, sorted by time and event_id: the columns of `SCHEMA`. Copies that differ
        are rows of their own.

    Example:
        >>> import trailnb as tn
        >>> cited(tn.open("data-samples/quiet", progress=lambda _: None), []).height
        0
    """
    if not event_ids:
        return pl.DataFrame(schema=SCHEMA)
    hashed = ("sha256_stored", "sha256_text")
    names = [name for name in SCHEMA if name not in hashed]
    found = (
        attribute(trail)
        .filter(pl.col("event_id").is_in(list(event_ids)))
        .select(pl.col(_COLUMNS.get(name, name)).alias(name) for name in names)
        .collect()
    )
    rows = found.join(hashes(trail, set(found["log_file"].drop_nulls())), on="log_file", how="left")
    return rows.select(pl.col(name).cast(dtype) for name, dtype in SCHEMA.items()).sort(
        "time", "event_id", "log_file"
    )


def hashes(trail: Trail, log_files: Collection[str]) -> pl.DataFrame:
    """Which SHA-256 has each log file, as stored and decompressed?

    Example:
        >>> import trailnb as tn
        >>> hashes(tn.open({"a.json": "[]"}), {"a.json"})["sha256_text"].str.head(8).to_list()
        ['4f53cda1']
    """
    schema = dict.fromkeys(("log_file", "sha256_stored", "sha256_text"), _TEXT)
    return pl.DataFrame(list(_hashed(trail, log_files)), schema=schema, orient="row")


def _hashed(
    trail: Trail, log_files: Collection[str]
) -> Iterator[tuple[str, str | None, str | None]]:
    scan = trail.scan
    if isinstance(scan, StoredScan):
        for key in log_files:
            if held := scan.held.held.get(key):
                yield key, held.sha256_stored or None, held.sha256_text or None
        return
    files = [file for file in scan.files if file.key in log_files]
    for file, stored in scan.source.read(files):
        if isinstance(stored, bytes):
            text = unpack(stored, MAX_TEXT_BYTES)
            whole = None if text.fault else hashlib.sha256(text.data).hexdigest()
            yield file.key, hashlib.sha256(stored).hexdigest(), whole
