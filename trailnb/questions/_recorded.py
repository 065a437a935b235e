"""CloudTrail's own Insights records, a Start and an End each, read as windows.

Source: CloudTrail User Guide, "CloudTrail record contents for Insights events".
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import polars as pl

from trailnb._frame import asked, in_polars

if TYPE_CHECKING:
    from collections.abc import Mapping

_TIME, _TEXT, _RATE = pl.Datetime("us", "UTC"), pl.String(), pl.Float64()
SHARE = pl.List(
    pl.Struct({"value": pl.String(), "average": pl.Float64(), "baseline": pl.Float64()})
)
#: Column → the attribute that Insights names.
ATTRIBUTES = {
    "actors": "userIdentityArn",
    "agents": "userAgent",
    "error_codes": "errorCode",
    "resources": "resourceArn",
}
SCHEMA = pl.Schema(
    {
        "start": _TIME,
        "end": _TIME,
        "kind": _TEXT,
        **dict.fromkeys(("account", "region", "event_source", "event_name", "error_code"), _TEXT),
        **dict.fromkeys(("minutes", "average", "baseline", "baseline_minutes", "fold"), _RATE),
        "state": pl.Enum(["ended", "start only", "end only"]),
        **dict.fromkeys(ATTRIBUTES, SHARE),
        "shared_event_id": _TEXT,
        "event_ids": pl.List(_TEXT),
    }
)
SORT_KEY = ("start", "kind", "account", "region", "event_source", "event_name", "error_code")
_KINDS = {"ApiCallRateInsight": "call_rate", "ApiErrorRateInsight": "error_rate"}
_NEEDS = (
    "event_time", "event_id", "recipient_account_id", "aws_region", "shared_event_id",
    "insight_details",
)  # fmt: skip


def recorded(events: object, asked_by: str) -> pl.DataFrame:
    """Which windows do the Insights records among these events tell of, as `SCHEMA`?"""
    import narwhals.stable.v2 as nw

    frame = asked(events, _NEEDS, asked_by)
    found = frame.select(*_NEEDS).filter(~nw.col("insight_details").is_null())
    rows = in_polars(found).collect()
    windows: dict[tuple[str | None, ...], dict[str, dict[str, Any]]] = {}
    for row in rows.sort("event_time", "event_id", nulls_last=True).iter_rows(named=True):
        told = _read(row)
        if told is not None:
            key = (row["recipient_account_id"], row["shared_event_id"] or row["event_id"])
            windows.setdefault(key, {}).setdefault(told["state"], told)
    joined = [_joined(one) for one in windows.values()]
    told_rows = pl.DataFrame(joined, schema=SCHEMA, orient="row")
    return told_rows.sort(*SORT_KEY, nulls_last=True)


def _read(row: Mapping[str, Any]) -> dict[str, Any] | None:
    """Read one record; what is no object tells nothing, which `trail.problems()` says."""
    try:
        details = json.loads(row["insight_details"])
    except (ValueError, RecursionError):
        return None
    if not isinstance(details, dict):
        return None
    context = _object(details.get("insightContext"))
    statistics = _object(context.get("statistics"))
    listed = context.get("attributions")
    return {
        **{name: row[name] for name in ("event_time", "event_id", "shared_event_id")},
        "account": row["recipient_account_id"],
        "region": row["aws_region"],
        "state": "End" if details.get("state") == "End" else "Start",
        "kind": _KINDS.get(str(details.get("insightType")), details.get("insightType")),
        "event_source": details.get("eventSource"),
        "event_name": details.get("eventName"),
        "error_code": details.get("errorCode"),
        "average": _number(_object(statistics.get("insight")).get("average")),
        "baseline": _number(_object(statistics.get("baseline")).get("average")),
        "minutes": _number(statistics.get("insightDuration")),
        "baseline_minutes": _number(statistics.get("baselineDuration")),
        "attributions": listed if isinstance(listed, list) else [],
    }


def _joined(states: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """Put Start and End together: the End knows the whole, the Start the moment it began."""
    start, end = states.get("Start"), states.get("End")
    best: dict[str, Any] = end or start or {}
    begin = start["event_time"] if start else _before(best)
    average, baseline = best["average"], best["baseline"]
    minutes = best["minutes"]
    if start and end and isinstance(begin, datetime) and end["event_time"] is not None:
        minutes = minutes or (end["event_time"] - begin) / timedelta(minutes=1)
    ids = [one["event_id"] for one in (start, end) if one and one["event_id"]]
    told = {
        "start": begin,
        "end": end["event_time"] if end else None,
        "state": "ended" if start and end else "start only" if start else "end only",
        "minutes": minutes,
        "fold": average / baseline if average is not None and baseline else None,
        "event_ids": ids,
        **{column: _shares(best, name) for column, name in ATTRIBUTES.items()},
    }
    return {name: told.get(name, best.get(name)) for name in SCHEMA}


def _before(end: Mapping[str, Any]) -> datetime | None:
    """When did it begin, if only its end is known?"""
    moment, minutes = end["event_time"], end["minutes"]
    if not isinstance(moment, datetime) or minutes is None:
        return moment if isinstance(moment, datetime) else None
    return moment - timedelta(minutes=min(float(minutes), 525_600.0))


def _shares(told: Mapping[str, Any], attribute: str) -> list[dict[str, Any]]:
    """Which values did Insights hold responsible; the text `null` stands for no error code."""
    for one in told["attributions"]:
        if isinstance(one, dict) and one.get("attribute") == attribute:
            usual = {
                value["value"]: _number(value.get("average")) for value in _values(one, "baseline")
            }
            return [
                {
                    "value": None if value["value"] == "null" else value["value"],
                    "average": _number(value.get("average")),
                    "baseline": usual.get(value["value"], 0.0),
                }
                for value in _values(one, "insight")
            ]
    return []


def _values(one: Mapping[str, Any], side: str) -> list[dict[str, Any]]:
    listed = one.get(side)
    values = listed if isinstance(listed, list) else []
    return [one for one in values if isinstance(one, dict) and isinstance(one.get("value"), str)]


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _number(value: object) -> float | None:
    """Read a number, which may be written 9.82222E-5, or as text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None
