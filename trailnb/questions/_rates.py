"""How many calls and errors had each action, minute by minute, on any engine?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from trailnb._frame import asked

if TYPE_CHECKING:
    from trailnb._frame import Narwhal

_TEXT = pl.String()
SERIES = ("account", "region", "event_source", "event_name", "error_code")
#: One row per series, minute and whether it counts as a call: CloudTrail counts calls that change
#: something, and data events of either kind.
RATES = pl.Schema(
    {
        **dict.fromkeys(SERIES, _TEXT),
        "is_call": pl.Boolean(),
        "time": pl.Datetime("us", "UTC"),
        "events": pl.Int64(),
    }
)
RATES_KEY = ("account", "region", "event_source", "event_name", "error_code", "is_call", "time")
NEEDS = (
    "event_time", "recipient_account_id", "aws_region", "event_source", "event_name", "error_code",
    "read_only", "event_category", "event_type",
)  # fmt: skip
#: Records about records, which would count calls twice, and what no caller did.
_NOT_CALLS = ("AwsCloudTrailInsight", "AwsAggregatedEvent", "AwsServiceEvent")


def calls(events: object, asked_by: str, *, reads: bool, also: tuple[str, ...] = ()) -> Narwhal:
    """Which calls are there, each with its series, and does it count for the rate of calls?"""
    import narwhals.stable.v2 as nw

    frame = asked(events, list(dict.fromkeys([*NEEDS, *also])), asked_by)
    is_about = nw.col("event_type").is_in(_NOT_CALLS)
    told = frame.filter(
        ~is_about | nw.col("event_type").is_null(),
        ~nw.col("event_time").is_null(),
        ~nw.col("event_name").is_null(),
    )
    category = nw.col("event_category")
    is_read = (nw.col("read_only") == nw.lit(value=True)) & (
        (category != "Data") | category.is_null()
    )
    # What an old record does not say counts as a change.
    is_call = nw.when(is_read).then(nw.lit(value=reads)).otherwise(nw.lit(value=True))
    return told.select(
        nw.col("event_time"),
        nw.col("event_source"),
        nw.col("event_name"),
        nw.col("error_code"),
        account=nw.col("recipient_account_id"),
        region=nw.col("aws_region"),
        is_call=is_call,
        **{name: nw.col(name) for name in also},
    )


def per_minute(events: object, asked_by: str, *, reads: bool) -> Narwhal:
    """How many events had each series in each minute? Minutes without any have no row."""
    import narwhals.stable.v2 as nw

    counted = (
        calls(events, asked_by, reads=reads)
        .with_columns(time=nw.col("event_time").dt.truncate("1m"))
        .group_by(*RATES_KEY)
        .agg(events=nw.len())
    )
    return counted.select(*RATES_KEY, nw.col("events").cast(nw.Int64)).select(*RATES)
