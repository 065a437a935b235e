"""What the console's Event history would show: its eight lookup attributes, combined at will."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast

import polars as pl

from trailnb._frame import FrameT, HasEvents, QuestionClass, asked
from trailnb.questions._matching import MENTIONING, Filter, any_of, listed, matches, mentions
from trailnb.questions._moments import instant

if TYPE_CHECKING:
    import narwhals.stable.v2 as nw

    from trailnb._typing import Moment

CLASS: QuestionClass = "engine"
#: Columns of the answer, and where the event table has them.
_SHOWN = {
    "time": "event_time",
    "event_name": "event_name",
    "event_source": "event_source",
    "user_name": "user_name",
    "target": "target",
    "read_only": "read_only",
    "outcome": "outcome",
    "error_code": "error_code",
    "access_key_id": "access_key_id",
    "origin": "source_ip_address",
    "region": "aws_region",
    "account": "recipient_account_id",
    "event_id": "event_id",
}
SCHEMA = pl.Schema(
    dict.fromkeys(_SHOWN, pl.String())
    | {"time": pl.Datetime("us", "UTC"), "read_only": pl.Boolean()}
)
#: The newest come first, as in the console.
SORT_KEY = ("time", "event_id")

# Of these, the ARN has no word for the kind: arn:aws:s3:::BUCKET, arn:aws:sqs:…:QUEUE.
_BARE = {
    "AWS::S3::Bucket": r"^arn:[^:]*:s3:::[^/]+$",
    "AWS::S3::Object": r"^arn:[^:]*:s3:::[^/]+/",
    "AWS::SNS::Topic": r"^arn:[^:]*:sns:",
    "AWS::SQS::Queue": r"^arn:[^:]*:sqs:",
}


def history(
    events: HasEvents[FrameT] | FrameT,
    *,
    access_key_id: Filter | None = None,
    event_id: Filter | None = None,
    event_name: Filter | None = None,
    event_source: Filter | None = None,
    read_only: bool | None = None,
    resource_name: Filter | None = None,
    resource_type: Filter | None = None,
    user_name: Filter | None = None,
    since: Moment | None = None,
    until: Moment | None = None,
) -> FrameT:
    """Which events would Event history show for these attributes: all eight at once if need be?

    An engine question. Unlike the console: any number of attributes together, values as `*`
    patterns and lists, every region and account of the trail, data events, no end at 90 days.
    Values are case-sensitive, as there.

    Args:
        events: A trail, its `events`, or a part of them.
        access_key_id: `"AKIA…"`, the key that signed the request.
        event_id: The event's id.
        event_name: `"CreateUser"`, `"Delete*"`.
        event_source: `"iam.amazonaws.com"`.
        read_only: Whether CloudTrail calls the event read-only.
        resource_name: A name or ARN: that of the target, or one that the event names in its
            resources, request or response.
        resource_type: `"AWS::IAM::User"`: as the event's resources say, or the target's ARN.
        user_name: Name of the user, or of the role's session; `"root"`.
        since: First moment (UTC) of the window.
        until: First moment after the window.

    Returns:
        One row per event, sorted by `time` (UTC; the newest first) and `event_id`: `time`,
        `event_name`, `event_source`, `user_name` (the user's, or the role session's), `target`,
        `read_only`, `outcome`, `error_code`, `access_key_id`, `origin`, `region`, `account`,
        `event_id`.

    Source: LookupEvents in the CloudTrail API reference; "Working with CloudTrail Event history".

    Example:
        >>> import trailnb as tn
        >>> trail = tn.open("data-samples/quiet", progress=lambda _: None)
        >>> found = history(trail, event_name="PutRolePolicy", resource_name="thumbnailer-role")
        >>> found.select("user_name").unique().collect().item()
        'ida.berg@example.com'
    """
    import narwhals.stable.v2 as nw

    frame = asked(
        events, [*_SHOWN.values(), *MENTIONING, "user_type", "user_principal_id"], "history"
    )
    frame = frame.with_columns(user_name=_name())
    texts = {
        "access_key_id": access_key_id,
        "event_id": event_id,
        "event_name": event_name,
        "event_source": event_source,
        "user_name": user_name,
    }
    wanted = [matches(name, values) for name, values in texts.items() if values is not None]
    if read_only is not None:
        wanted.append(nw.col("read_only") == read_only)
    if resource_name is not None:
        wanted.append(mentions(resource_name))
    if resource_type is not None:
        kinds = [_is_of(kind) for kind in listed(resource_type)]
        wanted.append(any_of(kinds or [matches("target", [])]))
    if since is not None:
        wanted.append(nw.col("event_time") >= instant("since", since))
    if until is not None:
        wanted.append(nw.col("event_time") < instant("until", until))
    kept = frame.filter(*wanted) if wanted else frame
    shown = kept.select(**{name: nw.col(column) for name, column in _SHOWN.items()})
    return cast("FrameT", shown.sort(*SORT_KEY, descending=[True, False]).to_native())


def _name() -> nw.Expr:
    """Name the user, or the session of a role: what follows the role's id in the principal id."""
    import narwhals.stable.v2 as nw

    named, principal = nw.col("user_name"), nw.col("user_principal_id")
    is_role = nw.col("user_type") == "AssumedRole"
    return nw.coalesce(
        nw.when(named != "").then(named),
        nw.when(nw.col("user_type") == "Root").then(nw.lit("root")),
        nw.when(is_role).then(principal.str.replace_all("^[^:]*:", "")),
    )


def _is_of(kind: str) -> nw.Expr:
    """Is a resource of this type named, or does the target's ARN have the type's word?"""
    import narwhals.stable.v2 as nw

    listed_type = rf'"{re.escape(kind)}"\s*[,}}\]]'
    service, _, name = kind.removeprefix("AWS::").partition("::")
    word = "-?".join(re.findall(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z0-9]+|[A-Z]+", name)).lower()
    arn = _BARE.get(kind) or f"^arn:[^:]*:{re.escape(service.lower())}:[^:]*:[^:]*:{word}[:/]"
    return any_of(
        [nw.col("resources").str.contains(listed_type), nw.col("target").str.contains(arn)]
    )
