"""Every use of an account's root user."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import polars as pl

from trailnb._frame import FrameT, HasEvents, QuestionClass, asked

if TYPE_CHECKING:
    import narwhals.stable.v2 as nw

CLASS: QuestionClass = "engine"
_TEXT = pl.String()
SCHEMA = pl.Schema(
    {
        "time": pl.Datetime("us", "UTC"),
        **dict.fromkeys(("account", "action", "access", "outcome", "target", "origin"), _TEXT),
        **dict.fromkeys(("region", "agent", "key"), _TEXT),
        **dict.fromkeys(("is_console", "is_mfa", "is_assumed"), pl.Boolean()),
        **dict.fromkeys(("invoked_by", "event_id"), _TEXT),
    }
)
SORT_KEY = ("time", "event_id")

_NEEDED = (
    "event_time", "event_id", "event_type", "recipient_account_id", "user_type", "action", "access",
    "outcome", "target", "source_ip_address", "user_agent", "access_key_id", "invoked_by",
    "assumed_root", "mfa_authenticated", "is_console", "aws_region",
)  # fmt: skip


def root_use(events: HasEvents[FrameT] | FrameT) -> FrameT:
    """When was a root user used, from where, for what, and with MFA?

    An engine question: one row per event of a root user, failed sign-ins included, and per
    `sts:AssumeRoot`, which hands out a root session. What AWS does by itself (service events) is
    left out; calls that a service made with root's session are marked by `invoked_by`.

    Args:
        events: A trail, its `events`, or a part of them.

    Returns:
        Sorted by `time` and `event_id`: `time` (UTC), `account`, `action`, `access`, `outcome`,
        `target`, `origin`, `region`, `agent`, `key` (an `AKIA…` is a root access key, which should
        not exist), `is_console`, `is_mfa` (null when not told), `is_assumed` (a session of
        AssumeRoot, or the call that began one), `invoked_by`, `event_id`.

    Source: CIS AWS Foundations Benchmark, monitoring of root user usage.

    Example:
        >>> import trailnb as tn
        >>> root_use(tn.open("data-samples/quiet")).collect().height
        0
    """
    import narwhals.stable.v2 as nw

    frame = asked(events, _NEEDED, "root_use")
    is_root = nw.col("user_type") == "Root"
    is_issue = nw.col("action") == "sts:AssumeRoot"
    is_own = nw.coalesce(nw.col("event_type") != "AwsServiceEvent", nw.lit(value=True))
    assumed = nw.coalesce(nw.col("assumed_root"), nw.lit(value=False)) | is_issue
    shown: dict[str, nw.Expr] = {
        "time": nw.col("event_time"),
        "account": nw.col("recipient_account_id"),
        "action": nw.col("action"),
        "access": nw.col("access"),
        "outcome": nw.col("outcome"),
        "target": nw.col("target"),
        "origin": nw.col("source_ip_address"),
        "region": nw.col("aws_region"),
        "agent": nw.col("user_agent"),
        "key": nw.col("access_key_id"),
        "is_console": nw.col("is_console"),
        "is_mfa": nw.col("mfa_authenticated"),
        "is_assumed": assumed,
        "invoked_by": nw.col("invoked_by"),
        "event_id": nw.col("event_id"),
    }
    kept = frame.filter((is_root | is_issue) & is_own).select(**shown)
    return cast("FrameT", kept.sort(*SORT_KEY).to_native())
