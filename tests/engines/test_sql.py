"""SQL over the events: AWS's tables and queries, one SELECT, and only what is named is read."""

# ruff: noqa: S608 - a test writes its own SQL

from __future__ import annotations

import json
import sys
import tomllib
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import trailnb as tn
from tests.evidence import event, role, user
from tests.evidence import events as evidence
from tests.rules.test_sets import CASES
from trailnb.engines.sql_tables import ATHENA, Tables
from trailnb.errors import MissingExtraError, RequestError

if TYPE_CHECKING:
    from collections.abc import Callable

SAMPLES = Path(__file__).parents[2] / "data-samples"
MANIFEST = tomllib.loads((SAMPLES / "MANIFEST.toml").read_text("utf-8"))["acme"]
ATTACK = MANIFEST["attack"]
c = pl.col


def call(number: int, source: str, name: str, **more: Any) -> dict[str, Any]:
    """A write that the samples have none of."""
    fields = {
        "eventID": f"rare-{number}", "eventSource": f"{source}.amazonaws.com", "eventName": name,
        "readOnly": False,
    }  # fmt: skip
    return event(**(fields | more))


ADMIN = role("admin", "alice")
ISSUER = "arn:aws:iam::111122223333:role/admin"
RARE = [
    call(1, "sts", "AssumeRole", userIdentity=ADMIN, resources=[{"ARN": ISSUER}], readOnly=True),
    call(2, "iam", "AddUserToGroup", requestParameters={"groupName": "Admins", "userName": "eve"}),
    call(3, "s3", "PutObject", tlsDetails={"tlsVersion": "TLSv1.1", "cipherSuite": "old"}),
    call(4, "sso", "Federate", serviceEventDetails={"account_id": "1", "role_name": "admin"}),
    call(5, "s3", "GetObject", errorCode="VpceAccessDenied", eventType="AwsVpceEvent",
         eventCategory="NetworkActivity"),
    call(6, "ec2", "RunInstances",
         responseElements={"instancesSet": {"items": [{"instanceId": "i-0abc"}]}}),
    call(7, "ec2", "CreateTags", requestParameters={"resourcesSet": {"items": ["i-0abc"]}}),
    call(8, "support", "DescribeCases", userIdentity=user("o'neil; DROP TABLE lake")),
    call(9, "ec2", "AuthorizeSecurityGroupIngress",
         requestParameters={"ipPermissions": {"items": [{"cidrIp": "0.0.0.0/0"}]}}),
    call(10, "ec2", "CreateVpc", sessionCredentialFromConsole="true"),
    call(11, "s3", "GetObject", userIdentity={"type": "AWSAccount", "accountId": "anonymous"}),
    call(12, "s3", "DeleteBucket", requestParameters={"bucketName": "b"},
         resources=[{"ARN": "arn:aws:s3:::b", "accountId": "111122223333"}]),
    call(13, "signin", "ConsoleLogin", additionalEventData={"MFAUsed": "No"}),
]  # fmt: skip


@pytest.fixture(scope="module")
def events() -> pl.DataFrame:
    """The samples' events, and the rare ones."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", tn.errors.ProblemWarning)
        trail = tn.open(SAMPLES / "acme", progress=lambda _: None)
        return pl.concat([trail.events, evidence(*RARE)]).collect()


def has(column: str, text: str) -> pl.Expr:
    """Whether the JSON text has this in it."""
    return c(column).str.contains(text, literal=True)


def called(*names: str) -> pl.Expr:
    """Whether it is one of these calls."""
    return c("event_name").is_in(names)


KEY = ATTACK["leaked_key"]
#: Which question of Lake's samples, its condition, and the same in Polars.
LAKE: dict[str, tuple[str, pl.Expr]] = {
    "by address": ("sourceIPAddress = '198.51.100.23'",
                   c("source_ip_address") == "198.51.100.23"),
    "by key": (f"userIdentity.accessKeyId = '{KEY}'", c("access_key_id") == KEY),
    "successes of a key": (f"userIdentity.accessKeyId = '{KEY}' AND errorCode IS NULL",
                           (c("access_key_id") == KEY) & c("error_code").is_null()),
    "role": (f"userIdentity.sessionContext.sessionIssuer.arn = '{ISSUER}'",
             c("session_issuer_arn") == ISSUER),
    "roles assumed by a key": (
        f"eventName = 'AssumeRole' AND userIdentity.accessKeyId = '{ATTACK['new_key']}'",
        called("AssumeRole") & (c("access_key_id") == ATTACK["new_key"])),
    "roles assuming themselves": (
        ("eventName = 'AssumeRole' AND userIdentity.type = 'AssumedRole' "
        "AND userIdentity.sessionContext.sessionIssuer.arn = resources[1].arn"),
        called("AssumeRole") & (c("user_type") == "AssumedRole")
        & (c("resources").str.json_path_match("$[0].ARN") == c("session_issuer_arn"))),
    "sign-ins without MFA": (
        "eventName = 'ConsoleLogin' AND element_at(additionalEventData, 'MFAUsed') = 'No'",
        called("ConsoleLogin") & has("additional_event_data", '"MFAUsed":"No"').or_(
            has("additional_event_data", '"MFAUsed": "No"'))),
    "across accounts": ("userIdentity.accountId != recipientAccountId",
                        c("user_account_id") != c("recipient_account_id")),
    "writes from the console": ("sessionCredentialFromConsole = true AND readOnly = false",
                                c("session_credential_from_console") & ~c("read_only")),
    "changes of trails": (
        ("eventName IN ('StopLogging', 'UpdateTrail', 'DeleteTrail', 'StartLogging') AND "
        "eventSource = 'cloudtrail.amazonaws.com'"),
        called("StopLogging", "UpdateTrail", "DeleteTrail", "StartLogging")),
    "added to an admin group": (
        ("eventName = 'AddUserToGroup' AND "
        "lower(element_at(requestParameters, 'groupName')) LIKE '%admin%'"),
        called("AddUserToGroup") & c("request_parameters").str.contains("(?i)admin")),
    "old TLS": ("tlsDetails.tlsVersion IN ('TLSv1', 'TLSv1.1')",
                c("tls_version").is_in(["TLSv1", "TLSv1.1"])),
    "other regions": ("awsRegion NOT IN ('us-east-1', 'eu-west-1')",
                      ~c("aws_region").is_in(["us-east-1", "eu-west-1"])),
    "made by hand": (
        "eventName LIKE 'Create%' AND readOnly = false AND sessionCredentialFromConsole = true",
        c("event_name").str.starts_with("Create") & ~c("read_only")
        & c("session_credential_from_console")),
    "who launched it": (
        ("eventName = 'RunInstances' AND "
        "element_at(responseElements, 'instancesSet') LIKE '%i-0abc%'"),
        called("RunInstances") & has("response_elements", "i-0abc")),
    "federations": (
        ("eventSource = 'sso.amazonaws.com' AND eventName = 'Federate' AND "
        "element_at(serviceEventDetails, 'role_name') IS NOT NULL"),
        called("Federate") & has("service_event_details", "role_name")),
    "denied at an endpoint": ("errorCode = 'VpceAccessDenied'",
                              c("error_code") == "VpceAccessDenied"),
    "tags of a resource": (
        ("eventName IN ('CreateTags', 'DeleteTags') AND "
        "element_at(requestParameters, 'resourcesSet') LIKE '%i-0abc%'"),
        called("CreateTags", "DeleteTags") & has("request_parameters", "i-0abc")),
    "support": ("eventSource = 'support.amazonaws.com'",
                c("event_source") == "support.amazonaws.com"),
    "open groups": (
        ("eventName = 'AuthorizeSecurityGroupIngress' AND "
        "element_at(requestParameters, 'ipPermissions') LIKE '%0.0.0.0/0%'"),
        called("AuthorizeSecurityGroupIngress") & has("request_parameters", "0.0.0.0/0")),
    "any resource": ("any_match(resources, r -> r.arn = 'arn:aws:s3:::b')",
                     has("resources", '"arn:aws:s3:::b"')),
}  # fmt: skip
STORE = "0233062b-51a8-4e10-8e19-EXAMPLE"


@pytest.mark.parametrize("question", LAKE)
def test_lakes_sample_questions(question: str, events: pl.DataFrame) -> None:
    """Each finds the events that a Polars filter finds, and there are some."""
    condition, same = LAKE[question]
    told = tn.sql(
        events,
        f"SELECT eventID FROM {STORE} WHERE {condition}",
        dialect="lake",
    ).collect()
    wanted = events.filter(same)["event_id"].to_list()
    assert wanted
    assert sorted(told["eventid"]) == sorted(wanted)


def test_lakes_counting_questions(events: pl.DataFrame) -> None:
    """Top errors, and top actions of a role, are counted as in Polars."""
    errors = "SELECT errorCode, count(*) AS n FROM $EDS_ID WHERE errorCode IS NOT NULL GROUP BY 1"
    told = tn.sql(events, errors, dialect="lake").collect()
    wanted = events.drop_nulls("error_code")["error_code"].value_counts(name="n")
    assert sorted(told.rows()) == sorted(wanted.rows())
    actions = (
        "SELECT userIdentity.sessionContext.sessionIssuer.arn, eventName, count(*) AS n "
        "FROM $EDS_ID WHERE userIdentity.sessionContext.sessionIssuer.arn IS NOT NULL "
        "GROUP BY 1, 2 ORDER BY n DESC, 1, 2 LIMIT 5"
    )
    top = tn.sql(events, actions, dialect="lake").collect()
    by = ["session_issuer_arn", "event_name"]
    counted = events.drop_nulls("session_issuer_arn").group_by(by).agg(n=pl.len())
    assert top.rows() == counted.sort("n", *by, descending=[True, False, False]).head(5).rows()


def test_athena_who_did_what(events: pl.DataFrame) -> None:
    """Who did what from where, within a time, as AWS prints it."""
    told = tn.sql(
        events,
        "SELECT useridentity.arn, eventname, sourceipaddress, eventtime FROM cloudtrail_logs "
        "WHERE eventtime BETWEEN '2026-11-03T02:00:00Z' AND '2026-11-03T05:00:00Z' "
        f"AND useridentity.accesskeyid = '{KEY}' LIMIT 100;",
        dialect="athena",
    ).collect()
    assert told.columns == ["arn", "eventname", "sourceipaddress", "eventtime"]
    assert set(told["arn"]) == {ATTACK["leaked_key_owner"]}
    assert told["eventtime"].min() == ATTACK["first_event"]


@pytest.mark.parametrize(
    ("condition", "same"),
    [
        ("useridentity.accountid = 'anonymous' AND useridentity.arn IS NULL",
         (c("user_account_id") == "anonymous") & c("user_arn").is_null()),
        ("useridentity.sessioncontext.sessionissuer.arn LIKE '%role/admin' AND readonly = 'true'",
         c("session_issuer_arn").str.ends_with("role/admin") & c("read_only")),
        ("json_extract_scalar(requestparameters, '$.groupName') = 'Admins'",
         has("request_parameters", '"Admins"')),
        (("CAST(json_extract(requestparameters, '$.resourcesSet.items') AS array(varchar))[1] "
         "= 'i-0abc'"), called("CreateTags") & has("request_parameters", "i-0abc")),
        ("from_iso8601_timestamp(eventtime) >= timestamp '2026-11-04 00:00:00'",
         c("event_time").dt.strftime("%F") >= "2026-11-04"),
        ("date_trunc('day', date_parse(eventtime, '%Y-%m-%dT%H:%i:%sZ')) = date '2026-11-03'",
         c("event_time").dt.strftime("%F") == "2026-11-03"),
        ("regexp_like(eventname, '^(Stop|Start)Logging$')", called("StopLogging", "StartLogging")),
        ("element_at(resources, 1).accountid = '111122223333' AND eventname = 'DeleteBucket'",
         called("DeleteBucket") & has("resources", "111122223333")),
        ("cardinality(resources) = 1 AND eventname = 'DeleteBucket'", called("DeleteBucket")),
    ],
)  # fmt: skip
def test_athena_conditions(condition: str, same: pl.Expr, events: pl.DataFrame) -> None:
    """The functions that AWS's queries for Athena use find what a Polars filter finds."""
    asked = f"SELECT eventid FROM cloudtrail_logs WHERE {condition}"
    wanted = events.filter(same)["event_id"].to_list()
    assert wanted
    assert sorted(tn.sql(events, asked, dialect="athena").collect()["eventid"]) == sorted(wanted)


def test_athena_unnests_resources(events: pl.DataFrame) -> None:
    """Deleted buckets with their owner's account, and issuers with the day of their session."""
    told = tn.sql(
        events,
        "SELECT res.arn, res.accountid FROM cloudtrail_logs CROSS JOIN UNNEST(resources) AS t(res) "
        "WHERE eventname = 'DeleteBucket' AND res.arn LIKE '%:b'",
        dialect="athena",
    ).collect()
    assert told.rows() == [("arn:aws:s3:::b", "111122223333")]
    issued = tn.sql(
        events,
        "SELECT useridentity.sessioncontext.sessionissuer.username, "
        "useridentity.sessioncontext.attributes.creationdate FROM cloudtrail_logs "
        "WHERE useridentity.sessioncontext.attributes.creationdate IS NOT NULL",
        dialect="athena",
    ).collect()
    assert issued.height == events["session_creation_date"].is_not_null().sum()


def test_partitions_tell_where_the_log_file_lies() -> None:
    """The partition columns come from the key, whatever the event says; else from the event."""
    key = "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/11/03/111122223333_CloudTrail_x.json"
    log = json.dumps({"Records": [event()]}).encode()
    events = tn.open({key: log}).events
    asked = 'SELECT "timestamp", account, region, year, month, day FROM cloudtrail_logs'
    expected = ("2026/11/03", "111122223333", "eu-west-1", "2026", "11", "03")
    assert tn.sql(events, asked, dialect="athena").collect().row(0) == expected
    assert tn.sql(events, asked).collect().row(0) == expected
    plain = tn.sql(evidence(event()), asked).collect().row(0)
    assert plain == ("2026/11/02", "111122223333", "eu-central-1", "2026", "11", "02")


CIS = {rule.name: rule for rule in tn.rules.cis()}


@pytest.mark.parametrize("name", CIS)
def test_a_rules_own_sql_finds_what_the_rule_finds(name: str, events: pl.DataFrame) -> None:
    """Each rule of the CIS set, said for Athena, finds the same events as the rule."""
    cases = [one for fires, misses in CASES.values() for one in [*fires, *misses]]
    numbered = [one | {"eventID": f"case-{n}"} for n, one in enumerate(cases)]
    every = pl.concat([events.lazy(), evidence(*numbered)]).collect()
    said = CIS[name].to_athena().replace("SELECT *", "SELECT eventid")
    told = tn.sql(every, said, dialect="athena").collect()["eventid"].to_list()
    wanted = tn.matches(every, CIS[name].pattern).collect()["event_id"].to_list()
    assert wanted
    assert sorted(told) == sorted(wanted)


@pytest.mark.parametrize(
    "asked",
    [
        "DROP TABLE events", "SELECT 1; SELECT 2", "INSERT INTO events VALUES (1)",
        "PRAGMA version",
        "COPY (SELECT 1) TO 'x'", "ATTACH 'x'", "INSTALL httpfs", "LOAD httpfs", "SET threads = 1",
        "SELECT * FROM read_csv('/etc/passwd')", "SELECT * FROM 'a.parquet'", "EXPLAIN SELECT 1",
        'SELECT * FROM "read_csv"(\'/etc/passwd\')', "SELECT * FROM duckdb_settings()",
        "SELECT * FROM events, read_text('/etc/passwd')", "SELECT * FROM glob('/*')", "",
    ],
)  # fmt: skip
@pytest.mark.parametrize("way", [{}, {"engine": "duckdb"}, {"dialect": "athena"}])
def test_only_a_select_over_the_events_runs(asked: str, way: Any) -> None:  # noqa: ANN401
    """Whatever changes something or reads something else is refused with a sentence."""
    with pytest.raises(
        RequestError, match=r"^(tn\.sql runs one|There is no table|The query's syntax|Polars)"
    ):
        tn.sql(evidence(event()), asked, **way)


@pytest.mark.parametrize(
    ("asked", "way", "said"),
    [
        ("SELECT eventnam FROM cloudtrail_logs", {}, "no column eventnam.*eventname"),
        ("SELECT eventnam FROM cloudtrail_logs", {"dialect": "athena"}, "eventnam.*eventname"),
        ("SELECT a FROM trail", {}, "no table trail. There are events"),
        ("SELECT a FROM trail", {"dialect": "athena"}, "no table trail. There are events"),
        ("SELECT a FROM x JOIN y ON true", {"dialect": "lake"}, "no table"),
        ("SELECT a FRM events b c", {}, "Line: 1, Column: 14"),
        ("SELECT a FRM events b c", {"engine": "duckdb"}, "line 1, column"),
        ("SELECT geometric_distance(eventname) FROM cloudtrail_logs", {"dialect": "athena"},
         "Athena's function geometric_distance is not known to DuckDB"),
        ("SELECT TRY_CAST(sourceipaddress AS IPADDRESS) FROM cloudtrail_logs",
         {"dialect": "athena"}, "Athena's type IPADDRESS"),
        ("SELECT INTERVAL '1' DAY FROM lake", {"dialect": "lake"}, "CAST it AS VARCHAR"),
        ("SELECT 1", {"engine": "spark"}, "neither polars nor duckdb"),
        ("SELECT 1", {"engine": "polars", "dialect": "lake"}, "needs engine='duckdb'"),
        ("SELECT 1", {"dialect": "hive"}, "none of athena"),
    ],
)  # fmt: skip
def test_what_cannot_run_is_a_sentence(asked: str, way: Any, said: str) -> None:  # noqa: ANN401
    """Unknown names are told with those that are like them, wrong syntax with its place."""
    with pytest.raises(RequestError, match=said):
        tn.sql(evidence(event()), asked, **way)


def test_only_what_is_named_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """A query over three columns decodes these, and of a struct the part that it names."""
    plans: list[str] = []
    build: Callable[..., pl.LazyFrame] = Tables.table

    def spied(self: Tables, name: str, *wanted: Any) -> pl.LazyFrame:
        told = build(self, name, *wanted)
        if wanted:
            plans.append(told.explain())
        return told

    monkeypatch.setattr(Tables, "table", spied)
    trail = tn.open({"x.json": json.dumps({"Records": [event()]}).encode()})
    asked = (
        "SELECT eventname, useridentity.sessioncontext.sessionissuer.arn, awsregion "
        f"FROM {ATHENA} WHERE eventname = 'ListBuckets'"
    )
    assert tn.sql(trail, asked, dialect="athena").collect().row(0)[0] == "ListBuckets"
    assert [line for line in plans[0].splitlines() if "PROJECT 3/" in line]
    assert "PROJECT 3/" in tn.sql(trail, asked.replace("useridentity.sessioncontext.", "").replace(
        "sessionissuer.arn", "errorcode")).explain()  # fmt: skip


def test_nothing_is_read_before_somebody_looks() -> None:
    """The query is checked and typed at once; a broken log file is met at the collect."""
    for way in ({}, {"engine": "duckdb"}):
        told = tn.sql(
            tn.open({"x.json": b'{"Records": [{"a'}), "SELECT event_id FROM events", **way
        )  # type: ignore[arg-type]
        assert told.collect_schema() == {"event_id": pl.String()}
        with pytest.warns(tn.errors.ProblemWarning):
            told.collect()


def test_a_trail_without_events_has_the_tables_and_their_types() -> None:
    """Nothing logged is an empty answer of the right types, on both engines."""
    trail = tn.open({"x.json": b'{"Records": []}'})
    for name in ("events", ATHENA):
        for engine in ("polars", "duckdb"):
            told = tn.sql(trail, f"SELECT * FROM {name}", engine=engine).collect()  # type: ignore[arg-type]
            assert (told.height, told.width > 30) == (0, True)
    lake = tn.sql(trail, "SELECT eventtime, readonly FROM lake", engine="duckdb").collect()
    assert lake.schema == {"eventtime": pl.Datetime("us"), "readonly": pl.Boolean()}


def test_saved_raw_and_frames_answer_alike(tmp_path: Path) -> None:
    """A trail, the trail saved, its lazy events and a collected frame give the same rows."""
    log = json.dumps({"Records": [event(), event(eventID="2", eventName="GetUser")]}).encode()
    trail = tn.open({"x.json": log})
    saved = trail.save(tmp_path / "case")
    asked = f"SELECT eventname, useridentity.arn, requestparameters FROM {ATHENA} ORDER BY 1"
    answers = [
        tn.sql(one, asked, engine=engine).collect().rows()  # type: ignore[call-overload]
        for one in (trail, saved, trail.events, trail.events.collect())
        for engine in ("polars", "duckdb")
    ]
    assert [row[0] for row in answers[0]] == ["GetUser", "ListBuckets"]
    assert all(one == answers[0] for one in answers)


@settings(max_examples=15)
@given(st.text(max_size=20), st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3))
def test_log_text_never_changes_a_query(text: str, request_: dict[str, str]) -> None:
    """Quotes, semicolons and braces in a record are values, whatever they spell."""
    hostile = f"'; DROP TABLE events; --{text}"
    frame = evidence(
        event(userAgent=hostile, requestParameters={"a": hostile} | request_)
    ).collect()
    told = tn.sql(
        frame,
        "SELECT useragent, element_at(requestparameters, 'a'), cardinality(requestparameters) "
        "FROM x",
        dialect="lake",
    ).collect()
    assert told.row(0)[0] == frame["user_agent"][0]
    assert told.row(0)[1:] == (request_.get("a", hostile), len({"a": 1} | request_))


def test_odd_json_is_null_and_never_an_error() -> None:
    """A key twice, a list for an object, and a text that is no JSON stop no query."""
    frame = evidence(event(), event(eventID="2"), event(eventID="3")).collect()
    odd = frame.with_columns(
        request_parameters=pl.Series(['{"a":1,"a":"2"}', "[1]", "no JSON"]),
        resources=pl.Series(["{}", "[1]", '[{"ARN": {"b": 1}}]']),
    )
    lake = "SELECT element_at(requestparameters, 'a'), resources[1].arn FROM x ORDER BY eventid"
    assert tn.sql(odd, lake.replace(" ORDER BY eventid", ""), dialect="lake").collect().rows() == [
        ("2", None), (None, None), (None, '{"b":1}'),
    ]  # fmt: skip
    athena = f"SELECT json_extract_scalar(requestparameters, '$.a') FROM {ATHENA}"
    told = tn.sql(odd, athena, dialect="athena").collect()
    assert (told.columns, told.height) == (["_col0"], 3)


def test_without_duckdb_polars_still_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing DuckDB or sqlglot is told with the line that installs it."""
    for name in ("duckdb", "sqlglot"):
        with monkeypatch.context() as patch:
            patch.setitem(sys.modules, name, None)
            assert tn.sql(evidence(event()), "SELECT count(*) FROM events").collect().item() == 1
            with pytest.raises(MissingExtraError, match=r"pip install 'trailnb\[duckdb\]'"):
                tn.sql(evidence(event()), "SELECT 1 FROM events", engine="duckdb")


IDIOMS = {
    "CAST(json_extract(requestparameters, '$.userName') AS varchar) = 'o''neill'": ["1"],
    "CAST(json_extract(requestparameters, '$.n') AS varchar) = '7'": ["2"],
    "regexp_extract(useragent, 'aws-cli/(\\d+)', 1) IS NOT NULL": ["1"],
    "regexp_extract(useragent, 'Boto3') IS NULL": ["1"],
    "split_part(useragent, '/', 3) IS NULL": ["1", "2"],
    "substr(useragent, 0, 3) = ''": ["1", "2"],
    "substr(useragent, 1, 3) = 'aws'": ["1"],
}


@pytest.mark.parametrize("condition", IDIOMS)
def test_functions_answer_as_athenas_do(condition: str) -> None:
    """Where DuckDB's function of the same name answers otherwise, Athena's answer counts."""
    held = evidence(
        event(eventID="1", userAgent="aws-cli/2", requestParameters={"userName": "o'neill"}),
        event(eventID="2", userAgent="Boto3/1", requestParameters={"n": 7}),
    )
    asked = f"SELECT eventid FROM cloudtrail_logs WHERE {condition} ORDER BY 1"
    assert tn.sql(held, asked, dialect="athena").collect()["eventid"].to_list() == IDIOMS[condition]


def test_whole_numbers_are_divided_into_whole_ones() -> None:
    """Three events in two halves are one and a rest, in Athena."""
    held = evidence(*(event(eventID=str(number)) for number in range(3)))
    asked = "SELECT count(*) / 2 AS half FROM cloudtrail_logs"
    assert tn.sql(held, asked, dialect="athena").collect()["half"].to_list() == [1]


@pytest.mark.parametrize("dialect", [None, "athena"])
def test_a_whole_row_is_a_value(dialect: Any) -> None:  # noqa: ANN401
    """Who names a table where a value stands wants all of its columns."""
    held = evidence(*(event(eventID=str(number)) for number in range(3)))
    asked = "SELECT count(DISTINCT e) AS n FROM events e"
    assert tn.sql(held, asked, engine="duckdb", dialect=dialect).collect()["n"].to_list() == [3]


@pytest.mark.parametrize(
    "asked",
    [
        """SELECT 1 AS "'", a FROM read_csv('x.csv') -- '""",
        """SELECT 1 AS "--x", a FROM read_csv('x.csv')""",
        """SELECT 1 AS "/*", a FROM "read_csv"('x.csv') /* */""",
    ],
)
def test_a_name_hides_no_call(asked: str) -> None:
    """Quotes and comment signs inside of a name are letters of it."""
    with pytest.raises(RequestError, match="read_csv"):
        tn.sql(evidence(event()), asked)
