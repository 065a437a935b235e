"""The trails of an account as a table: one row each, null where AWS did not tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from trailnb.configuration import selectors
from trailnb.configuration.snapshot import Unknown, told
from trailnb.configuration.verdict import STATUSES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trailnb.configuration.snapshot import Snapshot, TrailState

_TEXT, _FLAG, _LIST = pl.String(), pl.Boolean(), pl.List(pl.String())
_COUNTS = {name.replace(" ", "_"): pl.UInt32() for name in STATUSES}
SCHEMA = pl.Schema(
    {
        **dict.fromkeys(("trail", "trail_arn", "account", "home_region"), _TEXT),
        **dict.fromkeys(("is_multi_region", "is_organization", "is_logging"), _FLAG),
        "latest_delivery": pl.Datetime("us", "UTC"),
        **dict.fromkeys(("bucket", "bucket_region", "uri", "management"), _TEXT),
        **dict.fromkeys(("excluded_services", "data_events", "network_events", "insights"), _LIST),
        "is_validated": _FLAG,
        **dict.fromkeys(("kms_key", "log_group"), _TEXT),
        "log_group_days": pl.Int64(),
        "topic": _TEXT,
        **_COUNTS,
    }
)


def table_of(account: Snapshot, findings: pl.DataFrame) -> pl.DataFrame:
    """Which trails are there, and how many checks went which way?

    Example:
        >>> from datetime import UTC, datetime
        >>> from trailnb.configuration.checks import findings
        >>> from trailnb.configuration.snapshot import Snapshot
        >>> none = Snapshot("111122223333", datetime(2026, 11, 25, tzinfo=UTC), ("eu-west-1",))
        >>> table_of(none, findings(none)).height
        0
    """
    counts = {
        (arn, status): count
        for arn, status, count in findings.group_by("trail_arn", "status").len().iter_rows()
    }
    rows = [
        {
            **_row(trail),
            **{name.replace(" ", "_"): counts.get((trail.arn, name), 0) for name in STATUSES},
        }
        for trail in account.trails
    ]
    return pl.DataFrame(rows, schema=SCHEMA)


def _row(trail: TrailState) -> dict[str, Any]:
    described = trail.described
    status, group = told(trail.status), told(trail.log_group or {})
    return {
        "trail": trail.name,
        "trail_arn": trail.arn,
        "account": trail.account or None,
        "home_region": trail.home or None,
        "is_multi_region": described.get("IsMultiRegionTrail"),
        "is_organization": described.get("IsOrganizationTrail"),
        "is_logging": status.get("IsLogging"),
        "latest_delivery": status.get("LatestDeliveryTime"),
        "bucket": trail.bucket.name or None,
        "bucket_region": _bucket_region(trail),
        "uri": trail.uri,
        "is_validated": described.get("LogFileValidationEnabled"),
        "kms_key": described.get("KmsKeyId"),
        "log_group": described.get("CloudWatchLogsLogGroupArn"),
        "log_group_days": group.get("retentionInDays"),
        "topic": described.get("SnsTopicARN"),
        **_recorded(trail),
    }


def _bucket_region(trail: TrailState) -> str | None:
    """S3 calls its first region nothing, and Ireland `EU`."""
    location = trail.bucket.location
    if isinstance(location, Unknown) or trail.bucket.is_missing or not location:
        return None
    named = location.get("LocationConstraint")
    return {None: "us-east-1", "EU": "eu-west-1"}.get(named, named)


def _recorded(trail: TrailState) -> Mapping[str, Any]:
    insights = None
    if not isinstance(trail.insights, Unknown):
        kinds = trail.insights.get("InsightSelectors") or ()
        insights = sorted(str(one.get("InsightType")) for one in kinds)
    if isinstance(trail.selectors, Unknown):
        return {"insights": insights}
    found = selectors.recorded(trail.selectors)
    management = {
        (True, True): "all",
        (True, False): "reads",
        (False, True): "writes",
        (False, False): "none",
    }
    return {
        "management": management[found.reads, found.writes],
        "excluded_services": list(found.excluded),
        "data_events": list(found.data),
        "network_events": list(found.network),
        "insights": insights,
    }
