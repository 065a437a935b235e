"""Which wrapping is this, and if it holds no CloudTrail events: what is it?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from trailnb.formats.log_lines import is_export, is_write_test

if TYPE_CHECKING:
    from collections.abc import Mapping

#: A delivered log file begins so; nothing else on the fast path needs to be known about it.
_RECORDS_HEAD = re.compile(rb'\s*\{\s*"Records"\s*:\s*\[')

#: Fields that only events carry together; two of them make a record where eventVersion is gone.
_EVENT_FIELDS = frozenset(
    {
        "eventVersion",
        "eventTime",
        "eventSource",
        "eventName",
        "eventID",
        "eventType",
        "eventCategory",
        "userIdentity",
        "awsRegion",
        "sourceIPAddress",
        "recipientAccountId",
        "timeWindow",
        "insightDetails",
    }
)

#: What a field betrays, first match wins. From the AWS pages of each format.
_TELLTALES: tuple[tuple[frozenset[str], str], ...] = (
    (frozenset({"digestSignatureAlgorithm"}), "a CloudTrail digest"),
    (frozenset({"digestS3Object"}), "a CloudTrail digest"),
    (frozenset({"PublicKeyList"}), "a list of digest keys"),
    (frozenset({"publicKeyList"}), "a list of digest keys"),
    (frozenset({"class_uid"}), "OCSF events (Security Lake)"),
    (frozenset({"configurationItems"}), "an AWS Config snapshot"),
    (frozenset({"configurationItem"}), "an AWS Config item"),
    (frozenset({"configRuleId"}), "an AWS Config rule invocation"),
    (frozenset({"receiptHandle", "messageId"}), "an SQS message"),
    (frozenset({"ReceiptHandle", "Body"}), "an SQS message"),
    (frozenset({"EventSubscriptionArn"}), "an SNS notification"),
    (frozenset({"TopicArn", "Message"}), "an SNS notification"),
    (frozenset({"s3ObjectKey", "s3Bucket"}), "a CloudTrail delivery notification"),
    (frozenset({"log-status", "srcaddr"}), "VPC flow logs"),
    (frozenset({"dynamodb", "eventSourceARN"}), "a DynamoDB stream"),
)

#: Text that is no JSON: the head line of a flow log, or the default fields of a line.
_FLOW_LOG = re.compile(
    r"\s*+(?:(?=[^\n]{0,900}\bsrcaddr\b)[a-z-]+ [a-z-]+ "
    r"|\d+ (?:\d{12}|unknown) (?:eni-[0-9a-f]+|-) )"
)


def is_records_file(head: bytes) -> bool:
    """Does the text begin like a delivered log file, `{"Records":[`?"""
    return _RECORDS_HEAD.match(head) is not None


def is_event(fields: Mapping[str, str]) -> bool:
    """Are these the fields (name to JSON text) of a CloudTrail record?

    Example:
        >>> is_event({"eventSource": '"iam.amazonaws.com"', "eventName": '"GetUser"'})
        True
        >>> is_event({"eventSource": '"aws:s3"', "eventName": '"ObjectCreated:Put"'})
        False
    """
    if fields.get("eventSource", "").startswith('"aws:'):
        return False
    if "eventVersion" in fields:
        return True
    return len(_EVENT_FIELDS.intersection(fields)) >= 2  # noqa: PLR2004 - see _EVENT_FIELDS


def other_kind(fields: Mapping[str, str]) -> str | None:
    """What is this object, when it is a well-known thing that is no event?

    Example:
        >>> other_kind({"class_uid": "6003"})
        'OCSF events (Security Lake)'
    """
    source = fields.get("eventSource") or fields.get("EventSource") or ""
    if source.startswith('"aws:'):
        return f"a notification from {source[1:-1][:40]}"
    for names, kind in _TELLTALES:
        if names.issubset(fields):
            return kind
    if "detail-type" in fields:
        return f"an EventBridge event {fields['detail-type'][:80]}"
    return None


def text_kind(text: str) -> str:
    """What is this text that is no JSON?

    Example:
        >>> text_kind("2 111122223333 eni-0a1b2c3d 198.51.100.7 192.0.2.1 443 49152 6 …")
        'VPC flow logs'
    """
    if is_write_test(text):
        return "the file by which a CloudWatch Logs export tests that it may write"
    if is_export(text):
        return "an export from CloudWatch Logs of other messages"
    return "VPC flow logs" if _FLOW_LOG.match(text) else "not JSON"
