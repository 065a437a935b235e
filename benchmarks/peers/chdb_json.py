"""chDB (ClickHouse in the process) with an explicit schema, on one thread."""

from __future__ import annotations

import io

import chdb  # type: ignore[import-not-found]
import polars as pl

_RECORDS = (
    "Records Array(Tuple(eventTime Nullable(String), eventName Nullable(String),"
    " eventSource Nullable(String), sourceIPAddress Nullable(String), errorCode Nullable(String),"
    " eventID Nullable(String), userIdentity Tuple(arn Nullable(String))))"
)
_QUERY = """
SELECT toDateTime64(parseDateTimeBestEffortOrNull(record.eventTime, 'UTC'), 6) AS event_time,
    record.eventName AS event_name, record.eventSource AS event_source,
    record.sourceIPAddress AS source_ip_address, record.errorCode AS error_code,
    record.eventID AS event_id, record.userIdentity.arn AS user_arn
FROM file('{folder}/**/*.json.gz', 'JSONEachRow', '{records}') ARRAY JOIN Records AS record
SETTINGS max_threads = 1, max_parsing_threads = 1, input_format_parallel_parsing = 0,
    input_format_json_ignore_unknown_keys_in_named_tuple = 1, input_format_skip_unknown_fields = 1,
    output_format_arrow_string_as_string = 1
"""


def run(folder: str) -> pl.DataFrame:
    """Which events lie here?"""
    query = _QUERY.format(folder=folder, records=_RECORDS)
    return pl.read_ipc_stream(io.BytesIO(chdb.query(query, "ArrowStream").bytes()))
