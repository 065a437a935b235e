"""pandas `json_normalize`, as notebooks on the subject do it."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pandas as pd

_FIELDS = {
    "eventTime": "event_time",
    "eventName": "event_name",
    "eventSource": "event_source",
    "sourceIPAddress": "source_ip_address",
    "errorCode": "error_code",
    "eventID": "event_id",
    "userIdentity.arn": "user_arn",
}


def run(folder: str, every: int = 1) -> pd.DataFrame:
    """Which events lie here, in each `every`-th file?"""
    records: list[dict[str, Any]] = []
    for path in sorted(Path(folder).rglob("*.json.gz"))[::every]:
        with gzip.open(path) as file:
            records += json.load(file)["Records"]
    frame = pd.json_normalize(records)
    frame = frame.reindex(columns=list(_FIELDS)).rename(columns=_FIELDS)
    frame["event_time"] = pd.to_datetime(frame["event_time"], utc=True)
    return frame
