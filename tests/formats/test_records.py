"""Delivered log files straight to columns: what the documented types say."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from tests.evidence import event, role
from tests.formats.reading import ALL, named, read, records, with_field
from trailnb.facts.columns import BY_NAME, COLUMNS, KNOWN_FIELDS
from trailnb.formats.records import MAX_RECORD_BYTES, MisfitError, RecordReader, reader_of

FREE_FORM = [column.name for column in COLUMNS if column.kind == "json" and len(column.path) == 1]
SCALARS = [column for column in COLUMNS if column.kind == "text"]
IDENTITY = {
    "type": "AssumedRole",
    "principalId": "AROAEXAMPLE2222222222:alice",
    "arn": "arn:aws:sts::111122223333:assumed-role/Admin/alice",
    "accountId": "111122223333",
    "accessKeyId": "ASIAIOSFODNN7EXAMPLE",
    "userName": "alice",
    "invokedBy": "AWS Internal",
    "identityProvider": "accounts.example.com",
    "credentialId": "EXAMPLEVHULjJdTUdPJfofVa1sufHDoj7aYcOYcxFVllWR_Whr1fEXAMPLE",
    "invokedByDelegate": {"accountId": "444455556666"},
    "onBehalfOf": {"userId": "user-1", "identityStoreArn": "arn:aws:identitystore::1:x/d-1"},
    "inScopeOf": {
        "sourceArn": "arn:aws:lambda:eu-central-1:111122223333:function:f",
        "sourceAccount": "111122223333",
        "issuerType": "AWS::Lambda::Function",
        "credentialsIssuedTo": "arn:aws:lambda:eu-central-1:111122223333:function:f",
    },
    "sessionContext": {
        "sessionIssuer": {
            "type": "Role",
            "principalId": "AROAEXAMPLE2222222222",
            "arn": "arn:aws:iam::111122223333:role/path/Admin",
            "accountId": "111122223333",
            "userName": "Admin",
        },
        "webIdFederationData": {
            "federatedProvider": "accounts.example.com",
            "attributes": {"aud": "app"},
        },
        "attributes": {"creationDate": "2026-11-02T08:00:00Z", "mfaAuthenticated": "true"},
        "sourceIdentity": "alice@example.com",
        "ec2RoleDelivery": "2.0",
        "ec2IssuedInVpc": "vpc-0a1b",
        "assumedRoot": "true",
        "signInSessionArn": "arn:aws:signin:eu-central-1:111122223333:session/1",
    },
}


def fast(text: str, *columns: str) -> dict[str, list]:
    """Which cells does the fast path alone make of this text?"""
    reader = RecordReader(columns)
    cells = reader.cells()
    reader.read(text.encode(), cells)
    return {name: column.to_list() for name, column in cells.series().items()}


def at(path: tuple[str, ...], value: object) -> object:
    """What is the object that holds this value at this path?"""
    return {path[0]: at(path[1:], value)} if path else value


def test_ordinary_file_takes_the_fast_path() -> None:
    """A delivered file of ordinary events fits the documented types."""
    text = records(named("One"), named("Two", userIdentity=role("Admin", "alice")))
    assert fast(text, "event_name", "user_type") == {
        "event_name": ["One", "Two"],
        "user_type": ["IAMUser", "AssumedRole"],
    }


@pytest.mark.parametrize("column", SCALARS, ids=lambda column: column.name)
def test_text_stands_at_its_path(column: object) -> None:
    """Every text column shows the string at its place in the record, exactly."""
    value = ' "é" 😀 \\ / null 1.10 '
    text = json.dumps(event(**at(column.path, value)))
    assert read(text).cell(column.name) == value


def test_every_identity_field_has_a_column() -> None:
    """A full userIdentity leaves no identity or session column empty."""
    frame = read(json.dumps(event(userIdentity=IDENTITY))).frame
    empty = [
        column.name
        for column in COLUMNS
        if column.path[:1] == ("userIdentity",) and frame[column.name].item() is None
    ]
    assert empty == []
    assert json.loads(frame["user_identity"].item()) == IDENTITY


def test_table_types_hold() -> None:
    """Every column has the type that the event table declares."""
    frame = read(records(named("One")), *BY_NAME).frame
    assert {name: frame.schema[name] for name in BY_NAME} == {
        name: column.dtype for name, column in BY_NAME.items()
    }


@pytest.mark.parametrize("name", FREE_FORM)
@pytest.mark.parametrize(
    "value",
    [
        "null",
        '"null"',
        '""',
        "{}",
        '{ "b" :1.50,\t"a": [ ] }',
        '{"n":1E5,"m":-0.0}',
        '{"same":1,"same":2}',
        '{"\\u0041":"\\u00e9\\/\\ud83d\\ude00"}',
        '{"é":"한국어 😀"}',
        '"HIDDEN_DUE_TO_SECURITY_REASONS"',
        "[1, 2]",
        "12345678901234567890.1234567890123456789",
        '{"policyDocument":"{\\n  \\"Version\\": \\"2012-10-17\\"\\n}"}',
    ],
)
def test_free_form_part_is_byte_for_byte(name: str, value: str) -> None:
    """A free-form part keeps its JSON text as it was written: nothing is parsed and rebuilt."""
    path = BY_NAME[name].path[0]
    fields = {key: val for key, val in event().items() if key != path}
    text = json.dumps(fields)[:-1] + f', "{path}" : {value} }}'
    assert read(text, name, "event_name").cell(name) == value
    assert read(text).cell(name) == value


def test_null_and_absent_differ() -> None:
    """A JSON null is the text null; an absent part is null; the string "null" keeps its quotes."""
    absent, null, text = (
        named("A", requestParameters=None),
        named("B", requestParameters=None)[:-1] + ', "requestParameters": null}',
        named("C", requestParameters="null"),
    )
    found = read(records(absent, null, text)).frame["request_parameters"].to_list()
    assert found == [None, "null", '"null"']


def test_null_and_absent_text_are_null() -> None:
    """A text column shows null for both; the record's own text still tells them apart."""
    reading = read(records(named("A"), with_field('"errorCode": null'), named("C", errorCode="")))
    assert reading.frame["error_code"].to_list() == [None, None, ""]
    assert '"errorCode": null' in reading.frame["record"][1]


def test_record_is_byte_for_byte() -> None:
    """The whole record's text stays as it stands in the file, each with its own spacing."""
    texts = [named("One"), json.dumps(event(), indent=3), named("Two").replace(" ", "")]
    assert read(records(*texts)).frame["record"].to_list() == texts
    assert read("\n".join(texts[::2])).frame["record"].to_list() == texts[::2]


def test_unknown_fields_are_extra() -> None:
    """Fields that the table does not know are one JSON object, their values byte for byte."""
    text = with_field('"p_log_type": "AWS.CloudTrail", "eventVers|ion" : [ 1.50, null ]')
    assert (
        read(text).cell("extra") == '{"p_log_type":"AWS.CloudTrail","eventVers|ion":[ 1.50, null ]}'
    )
    assert read(named("GetUser")).cell("extra") is None


@pytest.mark.parametrize(
    "name", ["RequestParameters", "recipientAccountID", "sharedEventId", "userIdentitytype"]
)
def test_misspelt_field_is_extra(name: str) -> None:
    """A field whose name is misspelt fills no column and is not lost."""
    assert name not in KNOWN_FIELDS
    assert read(with_field(f'"{name}":"x"')).cell("extra") == f'{{"{name}":"x"}}'


@pytest.mark.parametrize("version", ["1.0", "1.01", "1.1", "1.10", "1.11"])
def test_version_is_text(version: str) -> None:
    """A version is text: 1.1 and 1.10 differ."""
    assert read(named("GetUser", eventVersion=version)).cell("event_version") == version


@pytest.mark.parametrize(
    ("written", "flag"), [("true", True), ("false", False), ("null", None), ('"true"', True),
                          ('"false"', False), ('"True"', True), ('"FALSE"', False)]
)  # fmt: skip
@pytest.mark.parametrize("name", [column.name for column in COLUMNS if column.kind == "flag"])
def test_flag_in_every_spelling(name: str, written: str, flag: bool | None) -> None:  # noqa: FBT001
    """A flag is true or false whether it is written as a boolean or as text."""
    path = BY_NAME[name].path
    text = json.dumps(event(**at(path, "@"))).replace('"@"', written)
    reading = read(text)
    assert reading.cell(name) is flag
    assert reading.problems == []


def test_addresses_that_are_none() -> None:
    """A sourceIPAddress is shown as it stands: names of services, wrong and masked addresses."""
    seen = ["cloudtrail.amazonaws.com", "AWS Internal", "253.252.51.07", "", "...", "30.*.0.210",
            "2001:db8::1", "192.0.2.0/24"]  # fmt: skip
    texts = [named("GetUser", sourceIPAddress=address) for address in seen]
    assert read(records(*texts)).frame["source_ip_address"].to_list() == seen


def test_service_event_has_no_type() -> None:
    """The identity of a service event has only the account and the service."""
    identity = {"accountId": "111122223333", "invokedBy": "AWS Internal"}
    reading = read(named("RotateKey", userIdentity=identity, eventType="AwsServiceEvent"))
    assert reading.cell("user_type") is None
    assert reading.cell("invoked_by") == "AWS Internal"


def test_empty_session_parts() -> None:
    """An IAM user's temporary key has an empty issuer and empty web-identity data."""
    session = {"sessionIssuer": {}, "webIdFederationData": {}, "attributes": {}}
    reading = read(named("GetUser", userIdentity={"type": "Root", "sessionContext": session}))
    assert reading.cell("session_issuer_arn") is None
    assert reading.cell("web_id_attributes") is None
    assert reading.problems == []


def test_thin_record_keeps_its_row() -> None:
    """Every field but the version may be missing; a missing time is a warning."""
    reading = read('{"Records":[{"eventVersion":"1.05"}]}')
    assert reading.frame.height == 1
    assert [(one.reason, one.severity) for one in reading.problems] == [
        ("event_time is missing", "warning")
    ]


INSIGHT = {
    "eventVersion": "1.08",
    "eventTime": "2026-11-02T09:00:00Z",
    "awsRegion": "eu-central-1",
    "eventID": "55555555-5555-4555-8555-555555555555",
    "eventType": "AwsCloudTrailInsight",
    "recipientAccountId": "111122223333",
    "sharedEventID": "66666666-6666-4666-8666-666666666666",
    "insightDetails": {
        "state": "Start",
        "eventSource": "ec2.amazonaws.com",
        "eventName": "RunInstances",
        "insightType": "ApiCallRateInsight",
        "insightContext": {"statistics": {"baseline": {"average": 9.82222e-5}}},
    },
    "eventCategory": "Insight",
}
NETWORK = {
    "eventVersion": "1.09",
    "userIdentity": {
        "type": "AWSAccount",
        "principalId": "AIDAEXAMPLE",
        "accountId": "444455556666",
    },
    "eventTime": "2026-11-02T09:00:00Z",
    "eventSource": "s3.amazonaws.com",
    "eventName": "ListBuckets",
    "awsRegion": "eu-central-1",
    "sourceIPAddress": "2001:db8::1",
    "errorCode": "VpceAccessDenied",
    "errorMessage": "The request was denied due to a VPC endpoint policy",
    "eventID": "77777777-7777-4777-8777-777777777777",
    "eventType": "AwsVpceEvent",
    "recipientAccountId": "111122223333",
    "sharedEventID": "88888888-8888-4888-8888-888888888888",
    "vpcEndpointId": "vpce-0a1b",
    "vpcEndpointAccountId": "111122223333",
    "eventCategory": "NetworkActivity",
}
AGGREGATED = {
    "eventVersion": "1.0",
    "accountId": "111122223333",
    "eventId": "99999999-9999-4999-8999-999999999999",
    "eventCategory": "Aggregated",
    "eventType": "AwsAggregatedEvent",
    "awsRegion": "eu-central-1",
    "eventSource": "s3.amazonaws.com",
    "timeWindow": {
        "windowStart": "2025-10-30 23:45:00",
        "windowEnd": "2025-10-30 23:50:00",
        "windowSize": "PT5M",
    },
    "summary": {"primaryDimension": {"dimension": "eventName", "aggregationType": "Count"}},
}


def test_insight_record_is_a_row() -> None:
    """An Insights record has no identity, source or name of its own, and is a row all the same."""
    reading = read(records(json.dumps(INSIGHT), named("GetUser")))
    assert reading.frame["event_category"].to_list() == ["Insight", "Management"]
    assert json.loads(reading.frame["insight_details"][0]) == INSIGHT["insightDetails"]
    assert reading.frame["user_type"].to_list() == [None, "IAMUser"]
    assert reading.problems == []


def test_network_activity_record_is_a_row() -> None:
    """A network activity record has its endpoint and its owner."""
    reading = read(records(json.dumps(NETWORK)))
    assert reading.cell("vpc_endpoint_account_id") == "111122223333"
    assert reading.cell("error_code") == "VpceAccessDenied"
    assert reading.problems == []


@pytest.mark.parametrize("columns", [(), ("event_time", "event_id", "recipient_account_id")])
def test_aggregated_record_is_a_row(columns: tuple[str, ...]) -> None:
    """An aggregated record's time is its window's start; its ids stand in their usual columns."""
    reading = read(records(json.dumps(AGGREGATED), named("GetUser")), *columns)
    assert reading.frame["event_time"][0] == datetime(2025, 10, 30, 23, 45, tzinfo=UTC)
    assert reading.frame["event_id"].to_list() == [AGGREGATED["eventId"], event()["eventID"]]
    assert reading.frame["recipient_account_id"].to_list() == ["111122223333"] * 2
    assert reading.problems == []


def test_late_and_extended_records() -> None:
    """Delivery addenda, context, edge devices and TLS have their columns."""
    reading = read(
        named(
            "GetObject",
            addendum={"reason": "UPDATED_DATA", "originalEventID": "1", "updatedFields": "x"},
            eventContext={"requestContext": {"aws:PrincipalTag/a": "b"}},
            edgeDeviceDetails={"type": "outposts"},
            tlsDetails={"tlsVersion": "TLSv1.3"},
        )
    )
    assert reading.cell("addendum_reason") == "UPDATED_DATA"
    assert reading.cell("addendum_original_event_id") == "1"
    assert reading.cell("tls_version") == "TLSv1.3"
    assert reading.cell("tls_client_provided_host_header") is None
    assert json.loads(reading.cell("event_context")) == {
        "requestContext": {"aws:PrincipalTag/a": "b"}
    }


@pytest.mark.parametrize(
    "text",
    [
        '{"Records":[{"eventName":"GetUser"}]}',
        '{"Records":[{"eventVersion":1.08}]}',
        '{"Records":[{"eventVersion":"1.08","userAgent":["a"]}]}',
        '{"Records":[{"eventVersion":"1.08","readOnly":"true"}]}',
        '{"Records":[{"eventVersion":"1.08","userIdentity":null}]}',
        '{"Records":[{"eventVersion":"2.1","eventSource":"aws:s3"}]}',
        '{"Records":[null]}',
        '{"Records":[{"eventVersion":"1.08"}',
        '{"Events":[]}',
        "\ufeff[]",
        "not JSON",
    ],
)
def test_what_does_not_fit_is_left_to_the_exact_path(text: str) -> None:
    """The fast path never guesses: what does not fit appends nothing and says so."""
    reader = RecordReader(ALL)
    cells = reader.cells()
    with pytest.raises(MisfitError):
        reader.read(text.encode(), cells)
    assert all(column.is_empty() for column in cells.series().values())


def test_bytes_that_are_no_utf8_do_not_fit() -> None:
    """Invalid UTF-8 does not fit, not even in a field that nobody asked for."""
    reader = RecordReader(("event_name",))
    with pytest.raises(MisfitError):
        reader.read(named("A").encode()[:-1] + b',"x":"\xff"}', reader.cells())


def test_reader_is_made_once_for_a_projection() -> None:
    """The same columns share one decoder."""
    assert reader_of(("event_name",)) is reader_of(("event_name",))


def test_no_columns_still_count() -> None:
    """Events are counted without any column."""
    reader = RecordReader(())
    assert reader.read(records(named("A"), named("B")).encode(), reader.cells()) == 2


@pytest.mark.parametrize("levels", [300, 100_000])
@pytest.mark.parametrize("columns", [ALL, ("event_name",), ("event_name", "request_parameters")])
def test_nesting_costs_no_record(levels: int, columns: tuple[str, ...]) -> None:
    """A record nested beyond reason keeps its row and text, and its neighbours theirs."""
    value = '{"a":' * levels + "1" + "}" * levels
    deep = named("Deep", requestParameters=None)[:-1] + f', "requestParameters": {value}}}'
    reading = read(records(named("One"), deep, named("Two")), *columns)
    assert reading.names() == ["One", "Deep", "Two"]
    if "request_parameters" in columns:
        assert reading.frame["request_parameters"][1] == value


@pytest.mark.parametrize("columns", [ALL, ("event_name",)])
@pytest.mark.parametrize("others", [["One", "Two"], []])
def test_giant_record_is_refused(columns: tuple[str, ...], others: list[str]) -> None:
    """A record larger than any real one is refused, and said where; the others are read."""
    giant = with_field('"requestParameters": "' + "x" * MAX_RECORD_BYTES + '"')
    texts = [named(name) for name in others]
    reading = read(records(*texts[:1], giant, *texts[1:]), *columns)
    assert reading.names() == others
    [problem] = reading.problems
    assert problem.reason == f"a record of more than {MAX_RECORD_BYTES} bytes was refused"
    assert problem.severity == "error"
    assert problem.position_bytes == len(records(*texts[:1])) - 2 + len(texts[:1])


def test_large_file_of_small_records_is_read() -> None:
    """Not the file's size counts, but the record's."""
    big = with_field('"requestParameters": "' + "x" * (MAX_RECORD_BYTES // 2) + '"')
    assert read(records(big, named("One"), big), "event_name").names() == [
        "GetUser",
        "One",
        "GetUser",
    ]
