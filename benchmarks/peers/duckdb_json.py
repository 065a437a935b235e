"""DuckDB's `read_json` with an explicit schema, on one thread.

A delivered file is one line; told so, DuckDB is about 5 % faster than when it has to find out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

if TYPE_CHECKING:
    import polars as pl

_RECORDS = """STRUCT(eventTime TIMESTAMP, eventName VARCHAR, eventSource VARCHAR,
    sourceIPAddress VARCHAR, errorCode VARCHAR, eventID VARCHAR,
    userIdentity STRUCT(arn VARCHAR))[]"""
_QUERY = f"""
SELECT record.eventTime AS event_time, record.eventName AS event_name,
    record.eventSource AS event_source, record.sourceIPAddress AS source_ip_address,
    record.errorCode AS error_code, record.eventID AS event_id, record.userIdentity.arn AS user_arn
FROM (
    SELECT unnest(Records) AS record
    FROM read_json($files, columns = {{Records: '{_RECORDS}'}}, format = 'newline_delimited',
        compression = 'gzip')
)"""  # noqa: S608 - no part comes from outside


def run(folder: str) -> pl.DataFrame:
    """Which events lie here?"""
    with duckdb.connect(config={"threads": 1}) as connection:
        files = f"{folder}/**/*.json.gz"
        frame: pl.DataFrame = connection.sql(_QUERY, params={"files": files}).pl()
    return frame
