"""The loop a careful person writes by hand for these seven fields: isal, msgspec, one thread."""

from __future__ import annotations

from pathlib import Path

import msgspec
import polars as pl
from isal import isal_zlib

_GZIP = 31


class _Identity(msgspec.Struct, gc=False, frozen=True):
    arn: str | None = None


_NOBODY = _Identity()


class _Record(msgspec.Struct, gc=False):
    eventTime: str | None = None  # noqa: N815 - CloudTrail's names
    eventName: str | None = None  # noqa: N815
    eventSource: str | None = None  # noqa: N815
    sourceIPAddress: str | None = None  # noqa: N815
    errorCode: str | None = None  # noqa: N815
    eventID: str | None = None  # noqa: N815
    userIdentity: _Identity = _NOBODY  # noqa: N815


class _File(msgspec.Struct, gc=False):
    Records: list[_Record]


def run(folder: str) -> pl.DataFrame:
    """Which events lie here? No check of any kind: a fault anywhere stops it."""
    decoder = msgspec.json.Decoder(_File)
    times: list[str | None] = []
    names: list[str | None] = []
    sources: list[str | None] = []
    addresses: list[str | None] = []
    errors: list[str | None] = []
    ids: list[str | None] = []
    arns: list[str | None] = []
    for path in sorted(Path(folder).rglob("*.json.gz")):
        records = decoder.decode(isal_zlib.decompress(path.read_bytes(), _GZIP)).Records
        times += [record.eventTime for record in records]
        names += [record.eventName for record in records]
        sources += [record.eventSource for record in records]
        addresses += [record.sourceIPAddress for record in records]
        errors += [record.errorCode for record in records]
        ids += [record.eventID for record in records]
        arns += [record.userIdentity.arn for record in records]
    frame = pl.DataFrame(
        {
            "event_time": times,
            "event_name": names,
            "event_source": sources,
            "source_ip_address": addresses,
            "error_code": errors,
            "event_id": ids,
            "user_arn": arns,
        },
        schema=dict.fromkeys(_COLUMNS, pl.String()),
    )
    moment = pl.col("event_time").str.to_datetime("%Y-%m-%dT%H:%M:%SZ", time_zone="UTC")
    return frame.with_columns(moment)


_COLUMNS = (
    "event_time", "event_name", "event_source", "source_ip_address", "error_code", "event_id",
    "user_arn",
)  # fmt: skip
