"""Who did what, to what, from where, with what outcome: the timeline."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from trailnb._frame import FrameT, HasEvents, asked
from trailnb.questions._matching import Filter, comes_from, matches

if TYPE_CHECKING:
    import narwhals.stable.v2 as nw

#: Columns of the answer and of the event table, in the order they are shown.
COLUMNS = {
    "time": "event_time",
    "actor": "actor",
    "action": "action",
    "target": "target",
    "outcome": "outcome",
    "origin": "source_ip_address",
    "region": "aws_region",
    "account": "recipient_account_id",
    "event_id": "event_id",
}


def timeline(
    events: HasEvents[FrameT] | FrameT,
    *,
    actor: Filter | None = None,
    origin: Filter | None = None,
    action: Filter | None = None,
    outcome: Filter | None = None,
    target: Filter | None = None,
    account: Filter | None = None,
    region: Filter | None = None,
) -> FrameT:
    """Who did what, to what, from where, and how did it end?

    An engine question: the answer is the same kind of frame as `events` (a lazy one stays lazy),
    one row per event, sorted by `time` and then `event_id`. CloudTrail times are whole seconds, so
    the order inside a second means nothing.

    Args:
        events: A trail, its `events`, or a part of them.
        actor: Names as in the answer: `"alice"`, `"role/deploy/*"`, `["alice", "bob"]`.
        origin: Addresses or networks: `"203.0.113.7"`, `"203.0.113.0/24"`, `"2001:db8::/32"`.
        action: `"iam:CreateUser"`, `"iam:*"`.
        outcome: `"denied"`, `["denied", "failed"]`.
        target: `"arn:aws:s3:::payroll/*"`.
        account: Twelve digits: the account that recorded the event.
        region: `"eu-central-1"`.

    Returns:
        The columns `time` (Datetime, microseconds, UTC: when the request completed), `actor`,
        `action` (`service:Name`), `target` (null when unnamed), `outcome`, `origin` (an address or
        an AWS service's name), `region`, `account` and `event_id`, all text but the time.

    Example:
        >>> import polars as pl
        >>> from trailnb.facts.columns import base_schema
        >>> record = {
        ...     "event_source": "iam.amazonaws.com",
        ...     "event_name": "CreateUser",
        ...     "user_type": "IAMUser",
        ...     "user_name": "alice",
        ...     "source_ip_address": "203.0.113.7",
        ... }
        >>> events = pl.LazyFrame([record], schema=base_schema())
        >>> answer = timeline(events, actor="alice", origin="203.0.113.0/24")
        >>> answer.select("actor", "action", "outcome").collect().row(0)
        ('alice', 'iam:CreateUser', 'success')
    """
    import narwhals.stable.v2 as nw

    frame = asked(events, list(COLUMNS.values()), "timeline")
    filters: dict[str, Filter | None] = {
        "actor": actor,
        "action": action,
        "outcome": outcome,
        "target": target,
        "recipient_account_id": account,
        "aws_region": region,
    }
    wanted: list[nw.Expr] = [
        matches(column, value) for column, value in filters.items() if value is not None
    ]
    if origin is not None:
        wanted.append(comes_from(frame, "source_ip_address", origin))
    kept = frame.filter(*wanted) if wanted else frame
    shown = kept.select(**{name: nw.col(column) for name, column in COLUMNS.items()})
    return cast("FrameT", shown.sort("time", "event_id").to_native())
