"""What a message in a queue says of objects in S3, however it came there. No I/O.

CloudTrail's own ("Configuring Amazon SNS notifications for CloudTrail"), S3's event notifications
("Event message structure"), and S3's events by EventBridge ("EventBridge event message structure"),
each plain or within SNS's envelope. Whoever may write to the queue may have written it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

if TYPE_CHECKING:
    from collections.abc import Iterable

#: SQS takes no larger ones.
_MOST_CHARACTERS = 1 << 20
#: What CloudTrail and S3 write to see whether they may.
_GREETING = "CloudTrail validation message"
_TEST = "s3:TestEvent"


@dataclass(frozen=True, slots=True)
class Told:
    """Which objects came, and which were removed: pairs of bucket and key, as they are in S3."""

    came: tuple[tuple[str, str], ...] = ()
    gone: tuple[tuple[str, str], ...] = ()


def told_by(body: str) -> Told:
    """Of which objects does this message tell?

    Raises:
        ValueError: it is no message of a known form; says why.

    Example:
        >>> told_by('{"s3Bucket":"acme","s3ObjectKey":["a.json.gz"]}').came
        (('acme', 'a.json.gz'),)
        >>> told_by('{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"acme"}')
        Told(came=(), gone=())
    """
    if len(body) > _MOST_CHARACTERS:
        raise ValueError("it is larger than any message can be")
    message = _object(body)
    if message.get("Type") == "Notification" and isinstance(message.get("Message"), str):
        if message["Message"].startswith(_GREETING):
            return Told()
        message = _object(message["Message"])
    try:
        told = _told(message)
    except UnicodeError:
        raise ValueError("it names an object in characters that no key can have") from None
    except (KeyError, TypeError, AttributeError):
        told = None
    if told is None:
        raise ValueError("it is no notification of CloudTrail, S3 or EventBridge")
    return told


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("it is no JSON") from None
    if not isinstance(found, dict):
        raise ValueError("it is no JSON object")  # noqa: TRY004 - content, not a type of ours
    return found


def _told(message: dict[str, Any]) -> Told | None:
    """Read one of the known forms; None when it is another."""
    if "s3ObjectKey" in message:
        keys = message["s3ObjectKey"]
        keys = [keys] if isinstance(keys, str) else keys
        return Told(_pairs((message["s3Bucket"], key) for key in keys))
    if message.get("Event") == _TEST:
        return Told()
    records = message.get("Records")
    if isinstance(records, list) and records:
        return _of_s3(records)
    if message.get("source") == "aws.s3":
        detail = message["detail"]
        pair = _pairs([(detail["bucket"]["name"], detail["object"]["key"])])
        kind = message["detail-type"]
        return Told(pair if kind == "Object Created" else (), pair if "Deleted" in kind else ())
    return None


def _of_s3(records: list[Any]) -> Told | None:
    if any(record["eventSource"] != "aws:s3" for record in records):
        return None
    came, gone = [], []
    for record in records:
        # Here keys are encoded as in a form; CloudTrail and EventBridge write them plainly.
        key = unquote_plus(record["s3"]["object"]["key"], errors="strict")
        pair = (record["s3"]["bucket"]["name"], key)
        if record["eventName"].startswith("ObjectCreated:"):
            came.append(pair)
        elif record["eventName"].startswith(("ObjectRemoved:", "LifecycleExpiration:")):
            gone.append(pair)
    return Told(_pairs(came), _pairs(gone))


def _pairs(found: Iterable[tuple[Any, Any]]) -> tuple[tuple[str, str], ...]:
    """Check that buckets and keys are text that S3 could hold."""
    pairs = tuple(dict.fromkeys(found))
    for pair in pairs:
        for text in pair:
            if not text or not text.encode():  # lone surrogates have no encoding
                raise ValueError("it names no object")
    return pairs
