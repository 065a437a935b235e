"""Every wrapping that events travel in."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json

import pytest

from tests.evidence import event
from tests.formats.reading import named, read, records
from trailnb.formats.gunzip import unpack
from trailnb.formats.unwrap import unwrap

#: Two records with spacing and escapes that no writer would choose again.
ONE = named("One").replace('": "', '"  :  "', 1)
TWO = named("Two", userAgent="aws-cli/2").replace("/", "\\/")
RECORDS = [ONE, TWO]
#: Bytes that no compression makes smaller.
NOISE = hashlib.shake_128(b"noise").digest(3_000)


def subscription(*messages: str) -> dict:
    """What does CloudWatch Logs send to a subscriber?"""
    return {
        "messageType": "DATA_MESSAGE",
        "owner": "111122223333",
        "logGroup": "CloudTrail/logs",
        "logStream": "111122223333_CloudTrail_eu-central-1",
        "subscriptionFilters": ["all"],
        "logEvents": [
            {"id": str(number), "timestamp": 1_793_610_000_000, "message": message}
            for number, message in enumerate(messages)
        ],
    }


def packed(document: object) -> str:
    """What is this document as base64 of gzip?"""
    return base64.b64encode(gzip.compress(json.dumps(document).encode(), mtime=0)).decode()


def streamed(record: str) -> dict:
    """What is a subscription's payload in a Kinesis event: its version is Kinesis's own."""
    payload = packed(subscription(record))
    return {
        "kinesis": {"kinesisSchemaVersion": "1.0", "partitionKey": "1", "data": payload},
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": "shardId-000000000000:1",
        "eventName": "aws:kinesis:record",
        "awsRegion": "eu-central-1",
    }


def envelope(record: str) -> str:
    """What does EventBridge make of this record?"""
    return (
        '{"version": "0", "id": "1", "detail-type": "AWS API Call via CloudTrail", '
        '"source": "aws.s3", "account": "111122223333", "region": "eu-central-1", '
        f'"resources": [], "detail": {record}}}'
    )


def looked_up(record: str, **more: object) -> dict:
    """What is this record in an answer of LookupEvents?"""
    return {
        "EventId": "11111111-1111-4111-8111-111111111111",
        "EventName": "ListBuckets",
        "ReadOnly": "true",
        "EventSource": "s3.amazonaws.com",
        "Username": "alice",
        "Resources": [{"ResourceType": "AWS::S3::Bucket", "ResourceName": "acme"}],
        "CloudTrailEvent": record,
    } | more


def logged(record: str) -> dict:
    """What is this record in an answer of FilterLogEvents or GetLogEvents?"""
    return {
        "logStreamName": "111122223333_CloudTrail_eu-central-1",
        "timestamp": 1_793_610_000_000,
        "message": record,
        "ingestionTime": 1_793_610_001_000,
        "eventId": "37950000000000000000000000000000000000000000000000000000",
    }


WRAPPINGS = {
    "delivered": records(*RECORDS),
    "delivered pretty": '{\n  "Records" : [\n    ' + ",\n    ".join(RECORDS) + "\n  ]\n}\n",
    "event history": '{"Records": [' + ", ".join(RECORDS) + '], "note": "event history"}',
    "lines": "\n".join(RECORDS) + "\n",
    "lines, CRLF and blank": "\r\n\r\n".join(RECORDS) + "\r\n",
    "array": "[" + ", ".join(RECORDS) + "]",
    "array of files": "[" + ", ".join(records(one) for one in RECORDS) + "]",
    "concatenated": "".join(RECORDS),
    "files concatenated": records(ONE) + records(TWO),
    "lines of arrays": "\n".join(f"[{one}]" for one in RECORDS),
    "EventBridge lines": "\n".join(envelope(one) for one in RECORDS),
    "EventBridge array": "[" + ",".join(envelope(one) for one in RECORDS) + "]",
    "LookupEvents, command line": json.dumps(
        {"Events": [looked_up(one, EventTime="2026-11-02T10:00:00+01:00") for one in RECORDS]}
    ),
    "LookupEvents, API": json.dumps(
        {
            "Events": [looked_up(one, EventTime=1_793_610_000.0) for one in RECORDS],
            "NextToken": "abc",
            "ResponseMetadata": {"HTTPStatusCode": 200},
        }
    ),
    "LookupEvents, lines": "\n".join(json.dumps(looked_up(one)) for one in RECORDS),
    "subscription": json.dumps(subscription(*RECORDS)),
    "subscriptions concatenated": "".join(json.dumps(subscription(one)) for one in RECORDS),
    "subscription for Lambda": json.dumps({"awslogs": {"data": packed(subscription(*RECORDS))}}),
    "subscription through Kinesis": json.dumps({"Records": [streamed(one) for one in RECORDS]}),
    "FilterLogEvents": json.dumps(
        {"events": [logged(one) for one in RECORDS], "searchedLogStreams": [], "nextToken": "a"}
    ),
    "GetLogEvents": json.dumps(
        {"events": [{"timestamp": 1, "message": one, "ingestionTime": 2} for one in RECORDS]}
    ),
    "_raw": "\n".join(json.dumps({"_time": 1, "_raw": one, "source": "x"}) for one in RECORDS),
    "_raw in results": json.dumps([{"result": {"_raw": one}} for one in RECORDS]),
    "one _raw of two": json.dumps({"_raw": "\n".join(RECORDS)}),
    "SQS, SNS, EventBridge": json.dumps(
        {
            "Records": [
                {"messageId": "1", "body": json.dumps({"Type": "x", "Message": envelope(one)})}
                for one in RECORDS
            ]
        }
    ),
    "test fixture": f'{{"Tests": [{{"Name": "n", "Log": {ONE}}}, {{"Name": "m", "Log": {TWO}}}]}}',
}


@pytest.mark.parametrize("wrapping", WRAPPINGS)
def test_records_come_out_byte_for_byte(wrapping: str) -> None:
    """Each wrapping gives the records in order, each with its own text."""
    reading = read(WRAPPINGS[wrapping])
    assert reading.names() == ["One", "Two"]
    assert reading.frame["record"].to_list() == RECORDS
    assert reading.problems == []


@pytest.mark.parametrize("wrapping", WRAPPINGS)
def test_wrapping_leaves_no_trace(wrapping: str) -> None:
    """Columns come from the record itself, never from what it was wrapped in."""
    frame = read(WRAPPINGS[wrapping]).frame
    assert frame["event_id"].to_list() == [event()["eventID"]] * 2
    assert frame["extra"].to_list() == [None, None]
    assert frame["aws_region"].unique().to_list() == ["eu-central-1"]


def are_values(text: str) -> bool:
    """Tell whether this is whole JSON values, one behind the other."""
    rest = text.strip()
    try:
        while rest:
            rest = rest[json.JSONDecoder().raw_decode(rest)[1] :].strip()
    except json.JSONDecodeError:
        return False
    return True


@pytest.mark.parametrize("wrapping", WRAPPINGS)
def test_cut_off_wrapping_reports_its_loss(wrapping: str) -> None:
    """Cut off anywhere, a wrapping gives the records before the cut and reports the loss."""
    text = WRAPPINGS[wrapping].rstrip()
    for cut in range(1, len(text), 23):
        reading = read(text[:cut], "event_name")
        assert reading.names() == ["One", "Two"][: len(reading.names())]
        assert reading.problems or len(reading.names()) == 2 or are_values(text[:cut])


def test_one_record_is_a_file() -> None:
    """One bare record is read, on a line or pretty-printed."""
    assert read(ONE).frame["record"].to_list() == [ONE]
    pretty = json.dumps(event(), indent=4)
    assert read(pretty).frame["record"].to_list() == [pretty]


@pytest.mark.parametrize("members", [[0, 20], [0, 700, 1_000]])
def test_delivered_gzip_of_several_members(members: list[int]) -> None:
    """A delivered file may be split into gzip members anywhere."""
    text = records(*RECORDS).encode()
    ends = [*members[1:], len(text)]
    stored = b"".join(gzip.compress(text[a:b]) for a, b in zip(members, ends, strict=True))
    assert read(unpack(stored, 1 << 20).data).names() == ["One", "Two"]


def test_torn_record_inside_text_is_an_error() -> None:
    """A record that is cut off inside its wrapping is lost, and said to be."""
    reading = read(json.dumps({"Events": [looked_up(ONE[:200])]}))
    [problem] = reading.problems
    assert reading.frame.is_empty()
    assert problem.reason.startswith("text inside that should be a record is no JSON")
    assert problem.severity == "error"


def test_text_behind_a_record_inside_is_said() -> None:
    """What stands behind a record in the same text is read or reported, never dropped."""
    reading = read(json.dumps({"_raw": f"{ONE} and more"}))
    assert reading.names() == ["One"]
    assert len(reading.problems) == 1


@pytest.mark.parametrize("payload", ["H4sI!!!!", "H4sIé", "H4sIA"])
def test_payload_that_is_no_base64_is_said(payload: str) -> None:
    """A compressed payload that cannot be decoded is an error, beside what is whole."""
    whole = {"awslogs": {"data": packed(subscription(ONE))}}
    reading = read(json.dumps([whole, {"awslogs": {"data": payload}}]))
    assert reading.names() == ["One"]
    assert any("no base64" in reason for reason in reading.reasons())


def test_payload_cut_off_keeps_what_precedes() -> None:
    """Of a payload whose compressed text ends too early the first records are kept."""
    stored = gzip.compress(json.dumps(subscription(*RECORDS)).encode(), compresslevel=0, mtime=0)
    payload = base64.b64encode(stored[:-120]).decode()
    reading = read(json.dumps({"awslogs": {"data": payload}}))
    assert reading.names() == ["One"]
    assert any("damaged" in reason for reason in reading.reasons())
    assert {problem.severity for problem in reading.problems} == {"error"}


def test_payload_in_payload_ends() -> None:
    """Payloads nested without end are given up, not followed for ever."""
    payload = packed(subscription(ONE))
    for _ in range(20):
        payload = base64.b64encode(gzip.compress(payload.encode(), mtime=0)).decode()
    reading = read(json.dumps({"awslogs": {"data": payload}}))
    assert reading.frame.is_empty()
    assert "too deep" in reading.reasons()[0]


def test_wrappings_may_nest_sixteen_deep() -> None:
    """Arrays around a file are undone to a depth that no carrier reaches, then refused."""
    assert read("[" * 10 + ONE + "]" * 10).names() == ["One"]
    assert "too deep" in read("[" * 20 + ONE + "]" * 20).reasons()[0]


def test_item_that_is_no_record_is_said() -> None:
    """Among Records an item that holds no event is reported at its place."""
    text = '{"Records":[' + f'{ONE},17,{{"a": "b"}},{TWO}' + "]}"
    reading = read(text)
    assert reading.names() == ["One", "Two"]
    assert [(one.reason, one.position_bytes) for one in reading.problems] == [
        ("an item that is no CloudTrail record", text.index("17")),
        ("an item that is no CloudTrail record", text.index('{"a"')),
    ]


def test_service_event_in_eventbridge_is_another_kind() -> None:
    """A service's own EventBridge event is not a CloudTrail record, beside one that is."""
    other = '{"version": "0", "detail-type": "Object Created", "source": "aws.s3", "detail": {}}'
    reading = read(f"{envelope(ONE)}\n{other}\n")
    assert reading.names() == ["One"]
    assert reading.reasons() == ['an EventBridge event "Object Created"']


def test_kinesis_record_is_no_event_however_long_its_payload() -> None:
    """A Kinesis event says what it is only behind its payload; the events inside are read."""
    record = named("One", requestParameters={"noise": base64.b64encode(NOISE).decode()})
    text = json.dumps({"Records": [streamed(record)]})
    assert text.index("aws:kinesis") > 2_000
    assert read(text, "event_name").names() == ["One"]


@pytest.mark.parametrize("item", ["{}", '{"EventId": "x"}', '{"CloudTrailEvent": "{oops"}', "null"])
def test_an_event_of_a_lookup_without_its_record_is_said(item: str) -> None:
    """LookupEvents answers with records; one that cannot be found is a problem with its place."""
    kept = json.dumps({"CloudTrailEvent": json.dumps(event())})
    text = f'{{"Events": [{item}, {kept}]}}'
    lost, found = unwrap(text)
    assert (lost.text, lost.fields) == ("an item that is no CloudTrail record", None)
    assert lost.start == text.index(item)
    assert found.fields
