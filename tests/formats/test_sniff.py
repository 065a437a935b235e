"""Which wrapping this is, and what it is when it holds no events."""

from __future__ import annotations

import gzip
import json

import pytest

from tests.evidence import event
from tests.formats.reading import Reading, named, read, records
from trailnb.formats.gunzip import unpack
from trailnb.formats.sniff import is_event, is_records_file, other_kind

S3_NOTIFICATION = {
    "eventVersion": "2.1",
    "eventSource": "aws:s3",
    "awsRegion": "eu-central-1",
    "eventTime": "2026-11-02T09:00:00.000Z",
    "eventName": "ObjectCreated:Put",
    "userIdentity": {"principalId": "AWS:AIDAEXAMPLE"},
    "s3": {"bucket": {"name": "acme-trails"}, "object": {"key": "AWSLogs/x.json.gz"}},
}
SNS_ENVELOPE = {
    "Type": "Notification",
    "MessageId": "22222222-2222-4222-8222-222222222222",
    "TopicArn": "arn:aws:sns:eu-central-1:111122223333:trail",
    "Message": '{"s3Bucket": "acme-trails", "s3ObjectKey": ["AWSLogs/x.json.gz"]}',
}

OTHER_KINDS = {
    "a CloudTrail digest": {
        "awsAccountId": "111122223333",
        "digestStartTime": "2026-11-02T08:00:00Z",
        "digestS3Object": "AWSLogs/x.json.gz",
        "digestSignatureAlgorithm": "SHA256withRSA",
        "newestEventTime": "2026-11-02T08:59:00Z",
        "logFiles": [{"s3Bucket": "acme-trails", "hashValue": "00", "newestEventTime": None}],
    },
    "a list of digest keys": {"PublicKeyList": [{"Value": "MIIB", "Fingerprint": "00"}]},
    "OCSF events (Security Lake)": {
        "class_uid": 6003,
        "api": {"operation": "GetUser"},
        "unmapped": {"eventType": "AwsApiCall", "recipientAccountId": "111122223333"},
    },
    "an AWS Config snapshot": {
        "fileVersion": "1.0",
        "configSnapshotId": "33333333-3333-4333-8333-333333333333",
        "configurationItems": [{"awsRegion": "eu-central-1", "resourceType": "AWS::S3::Bucket"}],
    },
    "a notification from aws:s3": {"Records": [S3_NOTIFICATION, S3_NOTIFICATION]},
    "a notification from aws:sqs": {
        "Records": [{"messageId": "1", "eventSource": "aws:sqs", "body": "{}"}]
    },
    "an SNS notification; a notification from aws:sns": {
        "Records": [{"EventSource": "aws:sns", "EventVersion": "1.0", "Sns": SNS_ENVELOPE}]
    },
    "an SNS notification": SNS_ENVELOPE,
    "an SQS message": {
        "Messages": [{"MessageId": "1", "ReceiptHandle": "x", "Body": json.dumps(SNS_ENVELOPE)}]
    },
    "a CloudTrail delivery notification": {
        "s3Bucket": "acme-trails",
        "s3ObjectKey": ["AWSLogs/x.json.gz"],
    },
    "a DynamoDB stream": {
        "Records": [{"eventSourceARN": "arn:aws:dynamodb:x", "dynamodb": {"Keys": {}}}]
    },
    'an EventBridge event "EC2 Instance State-change Notification"': {
        "version": "0",
        "detail-type": "EC2 Instance State-change Notification",
        "source": "aws.ec2",
        "detail": {"instance-id": "i-0a1b", "state": "running"},
    },
}

FLOW_LINE = "2 111122223333 eni-0a1b2c3d 198.51.100.7 192.0.2.1 443 49152 6 20 4249 1 2 ACCEPT OK\n"
OTHER_TEXTS = {
    "VPC flow logs": [
        f"version account-id interface-id srcaddr dstaddr action log-status\n{FLOW_LINE}",
        "vpc-id srcaddr dstaddr\nvpc-0a1b 198.51.100.7 192.0.2.1\n",
        FLOW_LINE * 3,
        "2 unknown - - - - - - - - - 1 2 - NODATA\n",
    ],
    "not JSON": [
        "MIT License\n\nCopyright (c) the authors\n",
        "\x00\x00\x00\x01Bud1\x00\x00",
        "<html></html>",
    ],
}
OTHER_BYTES = {
    "a PNG image": b"\x89PNG\r\n\x1a\n\x00\x00",
    "a JPEG image": b"\xff\xd8\xff\xe0\x00\x10JFIF",
    "a PDF document": b"%PDF-1.7",
}

#: What may hold log files and is not looked into where it lies among others.
PACKED = {
    "zip": b"PK\x03\x04\x14\x00",
    "tar": b"a.json.gz".ljust(257, b"\0") + b"ustar\x0000",
    "bzip2": b"BZh91AY&SY",
    "xz": b"\xfd7zXZ\x00",
    "zstd": b"\x28\xb5\x2f\xfd\x24",
}


#: What may be a table of events.
TABLES = {"Parquet": b"PAR1\x15\x04\x15", "Avro": b"Obj\x01\x04\x16", "ORC": b"ORC\x0a\x0b"}


def said(reading: Reading) -> list[tuple[str, str]]:
    """What was said of a file without events?"""
    assert reading.frame.is_empty()
    return [(problem.reason, problem.severity) for problem in reading.problems]


@pytest.mark.parametrize("kind", OTHER_KINDS)
@pytest.mark.parametrize("indent", [None, 2])
def test_json_of_another_kind_is_named(kind: str, indent: int | None) -> None:
    """A file of a well-known kind that holds no events is named, in one note."""
    text = json.dumps(OTHER_KINDS[kind], indent=indent)
    assert said(read(text)) == [(f"not CloudTrail events: {kind}", "note")]


@pytest.mark.parametrize("kind", OTHER_TEXTS)
def test_text_of_another_kind_is_named(kind: str) -> None:
    """A file that is no JSON at all is named, in one note."""
    for text in OTHER_TEXTS[kind]:
        assert said(read(text)) == [(f"not CloudTrail events: {kind}", "note")]


@pytest.mark.parametrize("kind", PACKED)
def test_archive_among_log_files_is_an_error(kind: str) -> None:
    """What may hold log files is never passed over with a note: nobody has looked into it."""
    expected = (
        f"packed as {kind}, and not looked into: unpack it, or open an archive by its own name"
    )
    assert said(read(PACKED[kind])) == [(expected, "error")]


@pytest.mark.parametrize("kind", TABLES)
def test_table_among_log_files_is_an_error(kind: str) -> None:
    """A columnar file may hold events of other days: it is not passed over with a note either."""
    expected = f"a {kind} table was not looked into: if it holds events, open it by its own name"
    assert said(read(TABLES[kind])) == [(expected, "error")]


@pytest.mark.parametrize("kind", OTHER_BYTES)
def test_binary_of_another_kind_is_named(kind: str) -> None:
    """Images and documents are known by how they begin."""
    assert said(read(OTHER_BYTES[kind])) == [(f"not CloudTrail events: {kind}", "note")]


def test_odd_bytes_of_another_kind_are_one_note() -> None:
    """A file that is neither JSON nor UTF-8, as .DS_Store, is one note and no warning."""
    text = b"\x00\x00\x00\x01Bud1\xff\xfe\x80"
    assert said(read(text)) == [("not CloudTrail events: not JSON", "note")]


def test_gzip_of_another_kind_is_named() -> None:
    """What the kind is shows behind the compression too."""
    stored = gzip.compress(json.dumps(OTHER_KINDS["a CloudTrail digest"]).encode())
    reading = read(unpack(stored, 1 << 20).data)
    assert said(reading) == [("not CloudTrail events: a CloudTrail digest", "note")]


@pytest.mark.parametrize("text", ["[1, 2]", '{"a": {"b": "c"}}', '"text"', "17", "null"])
def test_any_other_json_is_reported(text: str) -> None:
    """JSON of no known kind is reported: no file without events passes in silence."""
    [(reason, severity)] = said(read(text))
    assert reason.startswith("not CloudTrail events: ")
    assert severity == "note"


@pytest.mark.parametrize(
    "text",
    [
        '{"Records":[]}',
        '{"Records" : [ ] }\n',
        "[]",
        "[ ]",
        "{}",
        '{"Events": []}',
        '{"events": [], "searchedLogStreams": [], "nextToken": "Bxkq6kVGFt"}',
        "",
        "\n",
    ],
)
def test_empty_delivery_is_no_problem(text: str) -> None:
    """An empty delivery, and an empty page of an API, hold nothing and hide nothing."""
    assert said(read(text)) == []


def test_digest_among_lines_of_events_is_an_error() -> None:
    """Between events, what is none stands where an event may have been."""
    digest = json.dumps(OTHER_KINDS["a CloudTrail digest"])
    reading = read(f"{named('One')}\n{digest}\n{named('Two')}\n")
    assert reading.names() == ["One", "Two"]
    assert [(one.reason, one.severity) for one in reading.problems] == [
        ("a CloudTrail digest", "error")
    ]


def test_notifications_among_records_on_the_exact_path() -> None:
    """Where the exact path reads, S3 notifications are told from events one by one."""
    odd = named("Odd", userAgent=["a", "b"])
    reading = read(records(odd, json.dumps(S3_NOTIFICATION), named("Two")))
    assert reading.names() == ["Odd", "Two"]
    assert "a notification from aws:s3" in reading.reasons()


@pytest.mark.parametrize("head", ['{"Records":[', ' \n{ "Records" : [', '{\t"Records":\n[{}'])
def test_delivered_file_is_known_by_its_head(head: str) -> None:
    """A delivered log file begins with its Records, however it is spaced."""
    assert is_records_file(head.encode())
    assert not is_records_file(head.replace("Records", "Events").encode())


def test_record_without_version_needs_two_event_fields() -> None:
    """EventVersion makes a record; without it two fields that only events carry do."""
    assert is_event({"eventVersion": '"1.11"'})
    assert is_event({"eventName": '"GetUser"', "awsRegion": '"eu-central-1"'})
    assert not is_event({"awsRegion": '"eu-central-1"', "resources": "[]"})


def test_version_of_a_notification_makes_no_event() -> None:
    """An eventSource that begins with aws: is never CloudTrail's, whatever the version."""
    fields = {name: json.dumps(value) for name, value in S3_NOTIFICATION.items()}
    assert not is_event(fields)
    assert other_kind(fields) == "a notification from aws:s3"


def test_event_is_no_other_kind() -> None:
    """An ordinary event betrays no other kind."""
    fields = {name: json.dumps(value) for name, value in event().items()}
    assert is_event(fields)
    assert other_kind(fields) is None
