"""The standard library alone, up to the frame: gzip and json, record by record."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import polars as pl

_FIELDS = {
    "eventTime": "event_time",
    "eventName": "event_name",
    "eventSource": "event_source",
    "sourceIPAddress": "source_ip_address",
    "errorCode": "error_code",
    "eventID": "event_id",
}


def run(folder: str) -> pl.DataFrame:
    """Which events lie here?"""
    rows: list[tuple[str | None, ...]] = []
    for path in sorted(Path(folder).rglob("*.json.gz")):
        with gzip.open(path) as file:
            for record in json.load(file)["Records"]:
                cells = [record.get(name) for name in _FIELDS]
                rows.append((*cells, record.get("userIdentity", {}).get("arn")))
    names = [*_FIELDS.values(), "user_arn"]
    frame = pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String()), orient="row")
    moment = pl.col("event_time").str.to_datetime("%Y-%m-%dT%H:%M:%SZ", time_zone="UTC")
    return frame.with_columns(moment)
