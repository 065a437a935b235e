"""Notifications: every form that tells of an object, and nothing taken for one that is none."""

from __future__ import annotations

import json
from typing import Any

import pytest

from trailnb.sources.notifications import Told, told_by


def sns(message: object) -> str:
    """What does SNS put into a queue for this message?"""
    text = message if isinstance(message, str) else json.dumps(message)
    return json.dumps({"Type": "Notification", "MessageId": "1", "Message": text})


def s3_event(name: str, *keys: str) -> dict[str, Any]:
    """What does S3 say of these keys, which are encoded as in a form?"""
    return {
        "Records": [
            {
                "eventVersion": "2.1",
                "eventSource": "aws:s3",
                "eventName": name,
                "s3": {"bucket": {"name": "acme"}, "object": {"key": key, "size": 1}},
            }
            for key in keys
        ]
    }


def bridge(kind: str, key: str) -> dict[str, Any]:
    """What does EventBridge say of this key, as it is?"""
    detail = {"bucket": {"name": "acme"}, "object": {"key": key, "size": 1}}
    return {"version": "0", "source": "aws.s3", "detail-type": kind, "detail": detail}


CLOUDTRAIL = {"s3Bucket": "acme", "s3ObjectKey": ["a+b.json.gz", "c%20d.json.gz"]}
AS_THEY_ARE = (("acme", "a+b.json.gz"), ("acme", "c%20d.json.gz"))


@pytest.mark.parametrize("wrapped", [json.dumps, sns])
def test_every_form_plain_or_within_sns(wrapped: Any) -> None:  # noqa: ANN401 # a function
    """CloudTrail's keys and EventBridge's are plain, S3's are encoded; several fit one message."""
    assert told_by(wrapped(CLOUDTRAIL)).came == AS_THEY_ARE
    told = told_by(wrapped(s3_event("ObjectCreated:Put", "a%2Bb.json.gz", "c+d.json.gz")))
    assert told.came == (("acme", "a+b.json.gz"), ("acme", "c d.json.gz"))
    assert told_by(wrapped(bridge("Object Created", "a+b.gz"))).came == (("acme", "a+b.gz"),)


def test_removals_are_told_apart() -> None:
    """What was removed did not come; other news of an object is neither."""
    gone = Told(gone=(("acme", "a.gz"),))
    assert told_by(json.dumps(s3_event("ObjectRemoved:Delete", "a.gz"))) == gone
    assert told_by(json.dumps(bridge("Object Deleted", "a.gz"))) == gone
    assert told_by(json.dumps(s3_event("ObjectTagging:Put", "a.gz"))) == Told()


def test_greetings_tell_nothing() -> None:
    """What S3 and CloudTrail write to see whether they may is understood."""
    assert told_by(sns("CloudTrail validation message.")) == Told()
    assert told_by('{"Service":"Amazon S3","Event":"s3:TestEvent"}') == Told()


@pytest.mark.parametrize(
    "body",
    [
        "",
        "hello",
        "[]",
        "7",
        "[" * 100_000,
        '{"Records":[]}',
        '{"Records":[{"eventSource":"iam.amazonaws.com","eventVersion":"1.11"}]}',
        '{"Records":[{"eventSource":"aws:s3"}]}',
        '{"Records":[7]}',
        '{"s3Bucket":"acme"}',
        '{"s3Bucket":"acme","s3ObjectKey":[7]}',
        '{"s3Bucket":"acme","s3ObjectKey":[""]}',
        '{"s3Bucket":"acme","s3ObjectKey":["\\ud800"]}',
        '{"s3Bucket":{},"s3ObjectKey":["a"]}',
        '{"s3Bucket":"acme","s3ObjectKey":7}',
        '{"Type":"SubscriptionConfirmation","SubscribeURL":"https://example.com"}',
        '{"source":"aws.s3"}',
        json.dumps(s3_event("ObjectCreated:Put", "%ff")),
        sns(json.dumps(CLOUDTRAIL) + "x"),
        json.dumps(CLOUDTRAIL | {"filler": "x" * (1 << 20)}),
    ],
)
def test_anything_else_is_refused(body: str) -> None:
    """Whatever a stranger writes is a sentence, never another exception."""
    with pytest.raises(ValueError, match="it "):
        told_by(body)
