"""Saving and asking by hand: what a careful person writes with msgspec and Polars alone."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
from isal import isal_zlib

from trailnb.facts.columns import COLUMNS, Column, base_schema
from trailnb.facts.derived import DERIVED, with_derived

_GZIP = 31
_ABSENT = msgspec.Raw(b"")


class _File(msgspec.Struct, gc=False):
    Records: list[msgspec.Raw]


def save(folder: str, dest: str) -> int:
    """Decode every field, derive, keep the record, sink one file: no check of any kind."""
    shutil.rmtree(dest, ignore_errors=True)
    Path(dest).mkdir(parents=True)
    cut, decode = msgspec.json.Decoder(_File), msgspec.json.Decoder(dict[str, msgspec.Raw])
    cells: dict[str, list[Any]] = {column.name: [] for column in COLUMNS}
    for path in sorted(Path(folder).rglob("*.json.gz")):
        records = cut.decode(isal_zlib.decompress(path.read_bytes(), _GZIP)).Records
        for index, record in enumerate(records):
            fields = decode.decode(record)
            identity = _inside(fields.get("userIdentity", _ABSENT))
            for column in COLUMNS:
                cells[column.name].append(_cell(column, record, fields, identity))
            cells["log_file"][-1], cells["log_index"][-1] = str(path), index
    frame = _frame(cells)
    derived = with_derived(frame, [one.name for one in DERIVED])
    derived.lazy().sort("event_time").sink_parquet(Path(dest, "all.parquet"), compression="zstd")
    return derived.height


def _inside(raw: msgspec.Raw) -> dict[str, Any]:
    return msgspec.json.decode(raw) if raw else {}


def _cell(
    column: Column, record: msgspec.Raw, fields: dict[str, msgspec.Raw], identity: dict[str, Any]
) -> Any:  # noqa: ANN401 - a cell
    if column.kind == "record":
        return bytes(record)
    if not column.path:
        return None
    if column.kind == "json":
        raw = fields.get(column.path[0]) if len(column.path) == 1 else None
        return bytes(raw) if raw else None
    if column.path[0] == "userIdentity":
        value: Any = identity
        for step in column.path[1:]:
            value = value.get(step) if isinstance(value, dict) else None
        return value
    raw = fields.get(column.path[0])
    value = msgspec.json.decode(raw) if raw else None
    for step in column.path[1:]:
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _frame(cells: dict[str, list[Any]]) -> pl.DataFrame:
    series = []
    for column in COLUMNS:
        values = cells[column.name]
        if column.kind in {"json", "record"}:
            series.append(pl.Series(column.name, values, dtype=pl.Binary).cast(pl.String))
        elif column.kind == "time":
            text = pl.Series(column.name, values, dtype=pl.String)
            series.append(text.str.to_datetime("%Y-%m-%dT%H:%M:%SZ", time_zone="UTC"))
        elif column.kind == "flag":
            flags = [{"true": True, "false": False}.get(str(value).lower()) for value in values]
            series.append(pl.Series(column.name, flags, dtype=pl.Boolean))
        else:
            series.append(pl.Series(column.name, values, dtype=base_schema()[column.name]))
    return pl.DataFrame(series)


def _rows(store: str) -> pl.LazyFrame:
    return pl.scan_parquet(f"{store}/date=*/*.parquet", hive_partitioning=False).filter(
        ~pl.col("is_copy")
    )


def actor_day(store: str, actor: str, day: str) -> int:
    """One actor's day, as a timeline."""
    start = datetime.fromisoformat(day).replace(tzinfo=UTC)
    within = pl.col("event_time").is_between(start, start + timedelta(days=1), closed="left")
    return timeline_of(_rows(store).filter(within), actor)


def timeline_of(rows: pl.LazyFrame, actor: str) -> int:
    """What one actor did, in order."""
    columns = (
        "event_time", "actor", "action", "target", "outcome", "source_ip_address", "aws_region",
        "recipient_account_id", "event_id",
    )  # fmt: skip
    found = rows.filter(pl.col("actor") == actor).select(columns)
    return found.sort("event_time", "event_id").collect().height


def address(store: str, origin: str) -> int:
    """Everything seen together with one address."""
    return neighbours_of(_rows(store), origin)


def neighbours_of(rows: pl.LazyFrame, origin: str) -> int:
    """Count four kinds of neighbours of an address."""
    met = rows.filter(pl.col("source_ip_address") == origin)
    names = ("actor", "action", "access_key_id", "user_agent")
    sums = [
        met.group_by(name).agg(
            pl.len(), pl.col("event_time").min().alias("first"), pl.col("event_time").max()
        )
        for name in names
    ]
    return sum(frame.height for frame in pl.collect_all(sums))


def by_action(store: str) -> int:
    """How often was each action called?"""
    return counts_of(_rows(store))


def counts_of(rows: pl.LazyFrame) -> int:
    """Count calls by action."""
    return rows.group_by("action").agg(pl.len()).collect().height
