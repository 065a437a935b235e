"""The EventBridge event that CloudTrail would have sent for a record.

Source: Amazon EventBridge User Guide, "AWS service events delivered via AWS CloudTrail".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection

#: What only the envelope has at its top; `resources` stands at the top of a record, too.
ENVELOPE_FIELDS = frozenset(
    {
        "version", "id", "detail-type", "source", "account", "time", "region", "detail",
        "replay-name",
    }
)  # fmt: skip
_SHARED = frozenset({"resources"})
#: EventBridge's pages write it in both ways; patterns are read as if they wrote it in this one.
SIGN_IN = "AWS Console Signin via CloudTrail"
#: By the record's eventType, in small letters: its spelling varied over the years.
DETAIL_TYPES = {
    "awsapicall": "AWS API Call via CloudTrail",
    "awsconsolesignin": SIGN_IN,
    "awsconsoleaction": "AWS Console Action via CloudTrail",
    "awsserviceevent": "AWS Service Event via CloudTrail",
    "awscloudtrailinsight": "AWS Insight via CloudTrail",
    "awsvpceevent": "AWS Network Activity Event via CloudTrail",
}
#: Insights name the service they are about, and are sent by CloudTrail itself.
_INSIGHT = "awscloudtrailinsight"
#: The fields of a record that the envelope is made of.
SENT_FROM = frozenset(
    {
        "eventType", "eventSource", "eventID", "recipientAccountId", "eventTime", "awsRegion",
        "eventContext",
    }
)  # fmt: skip
#: CloudTrail does not send this part.
_NOT_SENT = "eventContext"


def is_over_envelope(top: Collection[str]) -> bool | None:
    """Is a pattern with these names at its top meant for the envelope; None if for both at once?

    Example:
        >>> is_over_envelope({"source", "detail"}), is_over_envelope({"eventName", "resources"})
        (True, False)
        >>> is_over_envelope({"source", "eventName"})
    """
    names = set(top) - _SHARED
    if not names & ENVELOPE_FIELDS:
        return False
    return True if names <= ENVELOPE_FIELDS else None


def enveloped(record: Any) -> dict[str, Any]:  # noqa: ANN401 - decoded JSON
    """What would EventBridge have received?

    What is not in the record is not in the envelope; its `id` is EventBridge's own, and the event's
    id stands for it. Not every event is sent: none of more than 256 KB is, and reads only reach
    rules that ask for them. That is not looked at here.

    Example:
        >>> enveloped({"eventSource": "iam.amazonaws.com", "eventType": "AwsApiCall"})["source"]
        'aws.iam'
    """
    if not isinstance(record, dict):
        return {"version": "0", "resources": [], "detail": record}
    kind = record.get("eventType")
    kind = kind.lower() if isinstance(kind, str) else ""
    source = "cloudtrail" if kind == _INSIGHT else record.get("eventSource")
    sent = record
    if _NOT_SENT in record:
        sent = {name: value for name, value in record.items() if name != _NOT_SENT}
    named = {
        "version": "0",
        "id": record.get("eventID"),
        "detail-type": DETAIL_TYPES.get(kind),
        "source": f"aws.{source.partition('.')[0]}" if isinstance(source, str) else None,
        "account": record.get("recipientAccountId"),
        "time": record.get("eventTime"),
        "region": record.get("awsRegion"),
    }
    present = {name: value for name, value in named.items() if value is not None}
    return present | {"resources": [], "detail": sent}
