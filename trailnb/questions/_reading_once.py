"""The events a question of many questions reads once, narrowed to what those ask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from trailnb.trail.scan import EventScan

if TYPE_CHECKING:
    from trailnb.trail.trail import Trail

#: Everything the questions and lineage read.
NEEDED = (
    "event_time", "event_id", "event_name", "event_source", "event_type", "event_category",
    "management_event", "recipient_account_id", "aws_region", "shared_event_id", "actor",
    "actor_kind", "action", "access", "outcome", "denied_by", "target", "source_ip_address",
    "source_kind", "source_address_key", "user_agent", "tls_version", "is_console", "is_on_behalf",
    "ec2_role_delivery", "access_key_id", "user_type", "user_principal_id", "user_arn",
    "user_account_id", "user_name", "session_creation_date", "invoked_by", "identity_provider",
    "source_identity", "sign_in_session_arn", "mfa_authenticated", "assumed_root", "issued_key",
    "issued_session", "error_message", "request_parameters", "additional_event_data",
)  # fmt: skip


@dataclass(frozen=True)
class Hand:
    """The events at hand, and those before the window that may have issued their credentials."""

    events: pl.LazyFrame
    lookback_events: pl.LazyFrame | None = None


def at_hand(trail: Trail | None, frame: pl.LazyFrame) -> Hand:
    """Read logs once; a store answers column by column, and is left where it is.

    Example:
        >>> types = dict.fromkeys(NEEDED, pl.String) | {"management_event": pl.Boolean}
        >>> at_hand(None, pl.LazyFrame(schema=types)).events.collect().height
        0
    """
    if trail is not None and not isinstance(trail.scan, EventScan):
        before = trail.lookback_events
        return Hand(frame, None if before is None else before.select(NEEDED))
    # The texts are what fills the memory: only some actions' are ever looked into.
    extras = pl.col("event_category").is_in(["Data"]) | ~pl.col("management_event").fill_null(
        value=True
    )
    is_sign_in = pl.col("event_source").str.contains("^(signin|sso|sts)")
    narrow = {
        "request_parameters": ~pl.col("access").is_in(["read", "list"]) | is_sign_in,
        "additional_event_data": extras | is_sign_in,
        "error_message": is_sign_in,
    }
    kept = frame.with_columns(pl.when(when).then(name).alias(name) for name, when in narrow.items())
    before = None if trail is None else trail.lookback_events
    parts = [kept] if before is None else [kept, before.select(NEEDED)]
    read = [part.lazy() for part in pl.collect_all(parts, engine="streaming")]
    return Hand(*read)
