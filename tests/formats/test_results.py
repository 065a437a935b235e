"""Query results, search answers and shipped documents: each event once, none dropped."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.evidence import event
from tests.formats.reading import Reading, named, read

ONE, TWO = named("One"), named("Two", eventID="2")
LAKE_NOTE = "records were rebuilt from columns; they are not CloudTrail's own text"
INSIGHTS_NOTE = "records were rebuilt from selected fields; they are not CloudTrail's own text"


def lake(*rows: dict[str, object]) -> str:
    """What does CloudTrail Lake answer with these rows?"""
    listed = [[{name: value} for name, value in row.items()] for row in rows]
    return json.dumps({"QueryStatus": "FINISHED", "QueryResultRows": listed, "NextToken": "x"})


def insights(*rows: dict[str, object]) -> str:
    """What does Logs Insights answer with these rows?"""
    listed = [[{"field": name, "value": value} for name, value in row.items()] for row in rows]
    return json.dumps({"results": listed, "statistics": {"bytesScanned": 1.0}, "status": "x"})


def elastic(*documents: dict[str, object]) -> str:
    """What does a search answer with these documents?"""
    hits = [{"_index": "logs", "_id": str(n), "_source": one} for n, one in enumerate(documents)]
    return json.dumps({"took": 1, "hits": {"total": {"value": len(hits)}, "hits": hits}})


def lowered(record: dict[str, object]) -> dict[str, object]:
    """What does Athena make of this record, as JSON?"""
    return {name.lower(): value for name, value in record.items()}


def ecs(original: object, *, is_dotted: bool = False) -> dict[str, object]:
    """What does Elastic keep of this record, its own fields around it?"""
    around = {
        "@timestamp": "2026-11-02T09:00:00.000Z",
        "message": original,
        "aws": {"cloudtrail": {"event_version": "1.11", "user_identity": {"type": "IAMUser"}}},
        "source": {"ip": "198.51.100.7"},
    }
    if is_dotted:
        return around | {"event.action": "One", "event.original": original}
    return around | {"event": {"action": "One", "original": original, "outcome": "success"}}


WRAPPED = {
    "Elastic search": elastic(ecs(ONE), ecs(TWO)),
    "Elastic search, dotted": elastic(ecs(ONE, is_dotted=True), ecs(TWO, is_dotted=True)),
    "Elastic hits, lines": "\n".join(json.dumps({"_source": ecs(one)}) for one in (ONE, TWO)),
    "Elastic documents, lines": "\n".join(json.dumps(ecs(one)) for one in (ONE, TWO)),
    "Elastic fields": json.dumps(
        {"hits": {"hits": [{"fields": {"event.original": [one]}} for one in (ONE, TWO)]}}
    ),
    "Insights with messages": insights(
        {"@timestamp": "2026-11-02 09:00:00.000", "@message": ONE, "eventName": "One"},
        {"@message": TWO, "@ptr": "CpE"},
    ),
    "Insights rows alone": json.dumps(
        [[{"value": one, "field": "@message"}] for one in (ONE, TWO)]
    ),
    "Lake with eventjson": lake(
        {"eventjson": ONE, "eventjsonchecksum": "00"}, {"eventJson": TWO, "eventname": "Two"}
    ),
    "lowered with eventjson": "\n".join(
        json.dumps({"eventname": "x", "eventid": "1", "awsregion": "x", "eventjson": one})
        for one in (ONE, TWO)
    ),
    "Filebeat": "\n".join(
        json.dumps({"@timestamp": "x", "@metadata": {"beat": "filebeat"}, "message": one})
        for one in (ONE, TWO)
    ),
    "Logstash": json.dumps([{"@version": "1", "message": one, "type": "x"} for one in (ONE, TWO)]),
}  # fmt: skip


def wazuh(record: dict[str, object], **more: object) -> dict[str, object]:
    """What does Wazuh make of this record?"""
    extras = {"log_info": {"log_file": "AWSLogs/x"}, "source": "cloudtrail", "aws_account_id": "1"}
    return {
        "timestamp": "2026-11-02T09:00:00.000+0000",
        "rule": {"id": "80202", "groups": ["amazon", "aws"]},
        "decoder": {"name": "json"},
        "data": {"integration": "aws", "aws": record | extras},
        "location": "Wazuh-AWS",
    } | more


def reasons(reading: Reading, severity: str) -> list[str]:
    """What was reported with this severity?"""
    return [problem.reason for problem in reading.problems if problem.severity == severity]


@pytest.mark.parametrize("shape", WRAPPED)
def test_own_text_comes_out_once_and_whole(shape: str) -> None:
    """Where the record's own text is kept, it alone counts, however often it is told."""
    reading = read(WRAPPED[shape])
    assert reading.frame["record"].to_list() == [ONE, TWO]
    assert reading.problems == []


def test_lake_rows_without_own_text() -> None:
    """Lake's columns, structs and times become a record, and it is said that it is none of AWS."""
    reading = read(
        lake(
            {
                "eventversion": "1.11",
                "eventTime": "2023-01-22 16:53:53.000",
                "eventname": "PutUserPolicy",
                "eventsource": "iam.amazonaws.com",
                "useridentity": "{type=IAMUser, arn=arn:aws:iam::1:user/bob, username=bob}",
                "requestparameters": "{userName=eve, policyName=p}",
                "readonly": "false",
                "_col0": "7",
            }
        )
    )
    assert str(reading.cell("event_time")) == "2023-01-22 16:53:53+00:00"
    assert reading.cell("user_arn") == "arn:aws:iam::1:user/bob"
    assert reading.cell("request_parameters") == '{"userName":"eve","policyName":"p"}'
    assert reading.cell("read_only") is False
    assert reading.cell("extra") == '{"_col0":"7"}'
    [note] = reading.reasons()
    assert note.startswith("records were rebuilt from columns and maps without quotes")


def test_torn_own_text_is_rebuilt_and_said() -> None:
    """A cut record beside whole columns is rebuilt from them."""
    row = {"eventjson": ONE[:300], "eventname": "One", "eventid": "1", "awsregion": "x"}
    reading = read(lake(row))
    assert reading.names() == ["One"]
    assert reasons(reading, "note") == [LAKE_NOTE]
    [warning, missing] = reasons(reading, "warning")
    assert warning.startswith("rebuilt from columns: text inside that should be a record is no")
    assert missing == "event_time is missing"


def test_rejected_rows_have_their_place() -> None:
    """A row that holds no event is reported where it stands, once for each."""
    text = lake({"eventjson": ONE}, {"_col0": "17"}, {"eventjson": TWO[:90]}, {"eventjson": TWO})
    reading = read(text)
    assert reading.names() == ["One", "Two"]
    assert [(one.severity, one.position_bytes) for one in reading.problems] == [
        ("error", text.index('[{"_col0"')),
        ("error", text.index('[{"eventjson"', text.index("_col0"))),
    ]


def test_rows_that_are_no_lists() -> None:
    """A tool may join a row's fields; what is no row at all is said."""
    joined = {"eventName": "One", "eventTime": "2026-11-02T09:00:00Z", "awsRegion": "x"}
    reading = read(json.dumps({"QueryResultRows": [joined, 17]}))
    assert reading.names() == ["One"]
    assert reasons(reading, "error") == ["a row that is no list of fields"]


def test_insights_rows_of_selected_fields() -> None:
    """Dotted names become an identity again; the log's own time is not the event's."""
    row = {
        "@timestamp": "2026-11-02 09:05:00.000",
        "eventTime": "2026-11-02T09:00:00Z",
        "eventName": "One",
        "userIdentity.arn": "arn:aws:iam::1:user/bob",
        "userIdentity.sessionContext.attributes.mfaAuthenticated": "false",
        "requestParameters.bucketName": "acme",
        "readOnly": "1",
        "@ptr": "CpE",
    }
    reading = read(insights(row, row | {"eventName": "Two"}))
    assert reading.names() == ["One", "Two"]
    assert reading.frame["user_arn"].to_list() == ["arn:aws:iam::1:user/bob"] * 2
    assert reading.frame["mfa_authenticated"].to_list() == [False, False]
    assert reading.frame["request_parameters"][0] == '{"bucketName":"acme"}'
    assert reading.frame["read_only"].to_list() == [True, True]
    assert reading.reasons() == [INSIGHTS_NOTE]


def test_flat_objects_of_selected_fields() -> None:
    """The same result as one object a row, as the console downloads it."""
    row = {"eventTime": "2026-11-02T09:00:00Z", "eventName": "One", "userIdentity.userName": "bob"}
    reading = read(json.dumps([row]))
    assert reading.cell("user_name") == "bob"
    assert reading.reasons() == [INSIGHTS_NOTE]


@pytest.mark.parametrize(
    "text",
    [
        insights({"eventName": "GetUser", "count(*)": "17"}),
        lake({"eventname": "GetUser", "_col1": "17"}),
        lake({"_col0": "17"}),
    ],
)
def test_summary_is_no_event(text: str) -> None:
    """Counts by event name are not events: one note says so."""
    reading = read(text)
    assert reading.frame.is_empty()
    assert reading.reasons() == ["not CloudTrail events: a row of results that is no event"]
    assert reasons(reading, "note")


@pytest.mark.parametrize("text", [lake(), insights(), elastic()])
def test_empty_answer_is_no_problem(text: str) -> None:
    """A page without rows hides nothing."""
    assert read(text).problems == []


@pytest.mark.parametrize("indent", [None, 2])
def test_athena_lines_in_lower_case(indent: int | None) -> None:
    """A record in lower case throughout gets its names back; partitions go to extra."""
    athena = lowered(event()) | {"region": "eu-central-1", "day": "02"}
    athena["requestparameters"] = '{"bucketName": "acme"}'
    reading = read("\n".join(json.dumps(athena, indent=indent) for _ in range(2)))
    assert reading.frame["user_name"].to_list() == ["alice", "alice"]
    assert reading.frame["request_parameters"][0] == '{"bucketName": "acme"}'
    assert reading.frame["extra"][0] == '{"region":"eu-central-1","day":"02"}'
    assert reading.reasons() == [LAKE_NOTE]


def test_record_of_mixed_spelling_is_not_respelt() -> None:
    """Only what is lowered throughout is respelt: elsewhere a lowered name is a stranger."""
    reading = read(json.dumps(event() | {"useragent": "other"}))
    assert reading.cell("user_agent") == "aws-cli/2.31.0"
    assert reading.cell("extra") == '{"useragent":"other"}'
    assert reading.problems == []


def test_search_hit_without_record_is_said() -> None:
    """A hit that holds no event is reported at its place."""
    text = elastic(ecs(ONE), {"event": {"action": "login"}}, ecs(TWO))
    reading = read(text)
    assert reading.names() == ["One", "Two"]
    assert [(one.reason, one.position_bytes) for one in reading.problems] == [
        ("an item that is no CloudTrail record", text.index('{"_index"', text.rindex("login") - 80))
    ]


def test_wazuh_alert() -> None:
    """The record lies in data.aws, with Wazuh's own fields in extra."""
    reading = read(json.dumps(wazuh(event(requestParameters={"maxItems": "100.000000"}))))
    assert reading.names() == ["ListBuckets"]
    assert reading.cell("request_parameters") == '{"maxItems": "100.000000"}'
    assert '"aws_account_id":"1"' in str(reading.cell("extra"))
    assert reading.problems == []


def test_wazuh_line_decoded_and_kept() -> None:
    """Of an archived line and its decoded copy the line counts, once."""
    line = json.dumps({"integration": "aws", "aws": json.loads(ONE)})
    reading = read(json.dumps(wazuh(event(), full_log=line)))
    assert reading.frame["record"].to_list() == [ONE]


def test_original_that_is_no_record_gives_way() -> None:
    """Where the original is something else, the rest of the document still counts."""
    reading = read(json.dumps(ecs("plain text") | {"message": ONE}))
    assert reading.names() == ["One"]


def test_shipped_and_enriched_records() -> None:
    """What shippers add at top level is kept in extra."""
    record = event(source_ip_address="198.51.100.7", p_row_id="1", **{"@version": "1"})
    reading = read(json.dumps(record))
    assert reading.names() == ["ListBuckets"]
    assert json.loads(str(reading.cell("extra"))) == {
        "source_ip_address": "198.51.100.7", "p_row_id": "1", "@version": "1"
    }  # fmt: skip


def test_documents_in_documents_end() -> None:
    """Originals nested without end cost no more than the text is long."""
    text = ONE
    for _ in range(14):
        text = json.dumps({"_source": {"event": {"original": text[:2_000_000]}}})
    reading = read(text)
    assert reading.frame.is_empty()
    assert reading.problems


def test_filter_beside_events_is_no_row() -> None:
    """A list of fields and values elsewhere is no answer of a query."""
    text = json.dumps({"filters": [{"field": "eventName", "value": "One"}], "Records": [event()]})
    reading = read("\n" + text)
    assert reading.names() == ["ListBuckets"]
    assert reading.problems == []


NAMES = st.sampled_from(
    [
        "results", "QueryResultRows", "hits", "_source", "event", "original", "event.original",
        "field", "value", "eventname", "eventid", "eventsource", "useridentity", "resources",
        "userIdentity.arn", "eventTime", "full_log", "eventjson", "@message", "data", "Records",
    ]
)  # fmt: skip
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | NAMES | st.sampled_from([ONE, "{a=b}", "[{", ""]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=20,
)


@given(DOCUMENTS)
def test_any_document_is_read_or_reported(document: object) -> None:
    """Whatever lies where rows and hits are due, nothing raises and no file passes in silence."""
    reading = read(json.dumps(document))
    texts = [text for text in reading.frame["record"].to_list() if text is not None]
    assert all(isinstance(json.loads(text), dict) for text in texts)
    assert reading.problems or texts or _is_empty(document)


def _is_empty(document: object) -> bool:
    """Tell whether this is nothing, or a page of nothing."""
    if isinstance(document, dict):
        return not document or any(map(_is_empty, document.values()))
    return isinstance(document, list) and not document
