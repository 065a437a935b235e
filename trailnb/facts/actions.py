"""The action of an event: `service:Name`, as IAM policies and people write it.

Source: CloudTrail record contents (eventSource, eventName); Lambda and CloudFront append a date
to the name: CreateFunction20150331, UpdateFunctionCode20150331v2, CreateFunction2020_05_31.
"""

from __future__ import annotations

import polars as pl

from trailnb.facts._text import present

_API_DATE = r"20\d\d_?\d\d_?\d\d(v\d+)?$"
_UNKNOWN = "unknown"
_READING = (
    r":(BatchGet|Check|Count|Decrypt|Describe|Detect|Discover|Download|Estimate|Get|Head|List|Lookup|"
    r"Preview|Query|Read|Scan|Search|Select|Simulate|Test|Validate|Verify|View)"
)


def event_service() -> pl.Expr:
    """Which service answered: the first label of eventSource?

    Example:
        >>> pl.DataFrame({"event_source": ["iam.amazonaws.com"]}).select(event_service()).item()
        'iam'
    """
    return present("event_source").str.extract(r"^([^.]*)")


def action() -> pl.Expr:
    """What was called: `service:Name`, never null?

    Insights are named for their kind (`cloudtrail:ApiCallRateInsight`): an unusual rate of a call
    is not that call. Aggregated events are `service:Aggregated`: they count many calls.

    Example:
        >>> from trailnb.facts.columns import base_schema
        >>> empty = pl.DataFrame(schema=base_schema()).clear(1)
        >>> empty.with_columns(
        ...     event_source=pl.lit("lambda.amazonaws.com"),
        ...     event_name=pl.lit("UpdateFunctionCode20150331v2"),
        ... ).select(action()).item()
        'lambda:UpdateFunctionCode'
    """
    name = present("event_name")
    # Few services date their names: the others' need no search.
    dated = pl.when(event_service().is_in(["lambda", "cloudfront"])).then(name)
    plain = pl.coalesce(dated.str.replace(_API_DATE, ""), name)
    insight = pl.col("insight_details").str.json_path_match("$.insightType")
    aggregated = pl.when(pl.col("event_category") == "Aggregated").then(pl.lit("Aggregated"))
    service = pl.coalesce(
        event_service(),
        pl.when(pl.col("insight_details").is_not_null()).then(pl.lit("cloudtrail")),
    )
    called = pl.coalesce(plain, insight, aggregated)
    both = pl.concat_str(service.fill_null(_UNKNOWN), pl.lit(":"), called.fill_null(_UNKNOWN))
    return both.replace(f"{_UNKNOWN}:{_UNKNOWN}", _UNKNOWN)


def reads_only(action: pl.Expr) -> pl.Expr:
    """Does the action's name say that it only reads?

    The names are `service:Name`. CloudTrail's own `readOnly` is missing from some records and from
    answers; a name that says nothing counts as a change, the safer reading.

    Example:
        >>> pl.DataFrame({"action": ["s3:GetObject", "s3:PutObject"]}).select(
        ...     reads_only(pl.col("action"))
        ... ).to_series().to_list()
        [True, False]
    """
    return action.str.contains(_READING)
