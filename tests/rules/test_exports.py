"""A rule said in other languages finds the same events, or says what cannot be said."""

from __future__ import annotations

import json
from functools import cache
from typing import Any, TypeAlias

import duckdb
import polars as pl
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import trailnb as tn
from tests.evidence import event, events
from tests.rules.test_sets import CASES, RULES
from trailnb.errors import RequestError
from trailnb.rules import Rule
from trailnb.rules.batch import Batch
from trailnb.rules.languages import compiled

Record: TypeAlias = dict[str, Any]
EVERY: list[Record] = [one for fires, misses in CASES.values() for one in [*fires, *misses]]
NUMBERED = [one | {"eventID": str(number)} for number, one in enumerate(EVERY)]
TABLE = events(*NUMBERED).collect()

COLUMNS = (
    "eventid", "eventname", "eventsource", "eventtype", "errorcode", "errormessage", "readonly",
    "sourceipaddress", "recipientaccountid", "awsregion", "requestparameters", "responseelements",
    "additionaleventdata",
)  # fmt: skip
IN_REQUEST = "TRY_CAST(json_extract_scalar(requestparameters, '$[\"a b\"]') AS DOUBLE)"
#: A text "false" is a boolean to SQL.
LOOSE = {"wider-logging": 1}
#: Rules that are too long for a filter, or ask for a list in a list.
NO_FILTER = {"wider-logging", "wider-open-to-the-world"}

#: What Trino has, in terms of DuckDB.
MACROS = """
CREATE MACRO json_extract_scalar(j, p) AS json_extract_string(j, p);
CREATE MACRO regexp_like(t, r) AS regexp_matches(t, r);
"""


def found(rule: Rule) -> set[str]:
    """Which events does the rule match?"""
    return set(tn.matches(TABLE, rule.pattern).collect()["event_id"])


def small(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Field names in small letters, as Athena has them."""
    if isinstance(value, dict):
        return {name.lower(): small(inner) for name, inner in value.items()}
    return value


def athena(*records: Record) -> pl.DataFrame:
    """The table of Athena's documentation, as far as the rules ask."""
    identity = pl.Struct(dict.fromkeys(["type", "arn", "invokedby", "accountid"], pl.String))
    columns: dict[str, Any] = {"useridentity": identity}
    for column in COLUMNS:
        columns[column] = pl.String()
    rows = []
    for record in records:
        row = {
            name.lower(): json.dumps(value) if isinstance(value, dict | bool) else value
            for name, value in record.items()
        }
        row["useridentity"] = small(record.get("userIdentity", {}))
        rows.append({name: row.get(name) for name in columns})
    return pl.DataFrame(rows, schema=columns)


@cache
def trino() -> duckdb.DuckDBPyConnection:
    """A database that knows Trino's functions."""
    base = duckdb.connect()
    base.execute(MACROS)
    return base


def queried(sql: str, table: pl.DataFrame) -> set[str]:
    """Which events does the query find?"""
    base = trino()
    base.register("cloudtrail_logs", table.to_arrow(compat_level=pl.CompatLevel.oldest()))
    return {row[0] for row in base.execute(sql.replace("SELECT *", "SELECT eventid")).fetchall()}


@pytest.mark.parametrize("name", RULES)
def test_as_an_event_pattern(name: str) -> None:
    """Every shipped rule can be an EventBridge rule, and finds the same among all cases."""
    pattern = json.loads(RULES[name].to_eventbridge())
    assert "detail" in pattern
    assert set(tn.matches(TABLE, pattern).collect()["event_id"]) == found(RULES[name])


@pytest.mark.parametrize("name", sorted(RULES.keys() - NO_FILTER))
def test_as_a_metric_filter(name: str) -> None:
    """Most can be metric filters."""
    text = RULES[name].to_metric_filter()
    assert set(tn.matches(TABLE, text).collect()["event_id"]) == found(RULES[name])
    if name.startswith("cis"):
        assert text == RULES[name].pattern


@pytest.mark.parametrize("name", sorted(RULES.keys() - {"wider-open-to-the-world"}))
def test_as_sql_of_athena(name: str) -> None:
    """The query, run over the documented table, finds the same."""
    said = RULES[name].to_athena()
    told, wanted = queried(said, athena(*NUMBERED)), found(RULES[name])
    assert wanted <= told
    assert len(told - wanted) == LOOSE.get(name, 0)


@pytest.mark.parametrize("using", ["alarm", "event"])
def test_as_a_template(using: Any) -> None:  # noqa: ANN401 - a literal
    """The template holds the very pattern, its alarm or rule, and who may publish."""
    rule = Rule(
        name="stop: it\n- now", title="'#\x1b[2J", pattern="{ $.eventName = StopLogging }",
        threshold=3, period="10m",
    )  # fmt: skip
    text = rule.to_cloudformation(using)
    assert "\x1b" not in text
    assert text.splitlines()[0].startswith(r"# Rule stop: it\n- now, written by trailnb")
    made = yaml.safe_load(text)
    assert made["Description"] == rule.title
    properties = {name: one["Properties"] for name, one in made["Resources"].items()}
    if using == "alarm":
        assert properties["Filter"]["FilterPattern"] == rule.pattern
        metric = properties["Filter"]["MetricTransformations"][0]["MetricName"]
        assert metric == properties["Alarm"]["MetricName"] == "stop--it---now"
        assert (properties["Alarm"]["Threshold"], properties["Alarm"]["Period"]) == (3, 600)
    else:
        assert properties["Rule"]["EventPattern"] == json.loads(rule.to_eventbridge())
        assert properties["TopicPolicy"]["Topics"] == [{"Ref": "Topic"}]
    own = "AWS::Logs::MetricFilter"
    assert own in rule.to_cloudformation()
    assert "AWS::Events::Rule" in Rule(name="x", pattern={"a": ["b"]}).to_cloudformation()


@pytest.mark.parametrize(
    ("pattern", "to", "part"),
    [
        ("{ $.a = %x% }", "to_eventbridge", "a regular expression"),
        ("{ $.a[0] = 1 }", "to_eventbridge", "a place in a list"),
        ("{ $.a.* = 1 }", "to_eventbridge", "every field of an object"),
        ("{ $.a = x && $.a = y }", "to_eventbridge", "two conditions on the one field a"),
        ("{ $.a != 5 }", "to_eventbridge", "neither a number nor the text"),
        ("{ $.a != * }", "to_eventbridge", "no value at all"),
        ("StopLogging", "to_eventbridge", "terms anywhere"),
        ('{"a":["x"],"a":["y"]}', "to_eventbridge", "a field that is named twice"),
        ("StopLogging", "to_athena", "terms anywhere"),
        ({"a": [{"cidr": "10.0.0.0/9"}]}, "to_metric_filter", "the network 10.0.0.0/9"),
        ({"a": [{"cidr": "2001:db8::/32"}]}, "to_metric_filter", "the network 2001:db8::/32"),
        ({"a": [{"wildcard": "x*y"}]}, "to_metric_filter", "a star inside a text"),
        ({"a": [{"equals-ignore-case": "x"}]}, "to_metric_filter", "ignore the case"),
        ({"a": ["*x"]}, "to_metric_filter", "begins or ends with a star"),
        ({"a'b": ["x"]}, "to_metric_filter", "the name a'b"),
        ({"detail": {"a": ["x"]}, "version": ["0"]}, "to_metric_filter", "version of the envelope"),
        ({"a": {"items": {"items": ["x"]}}}, "to_metric_filter", "a list in a list"),
        ({"eventName": [f"Name{n}" for n in range(99)]}, "to_metric_filter", "1,024 characters"),
        ({"managementEvent": [True]}, "to_athena", "the field managementEvent"),
        ({"requestParameters": {'a"b': ["x"]}}, "to_athena", 'the key a"b'),
        ({"requestParameters": {"items": ["x"]}}, "to_athena", "the elements of a list"),
        ("{ $.requestParameters.a[*] = 1 }", "to_athena", "every element of a list"),
        ({"resources": {"ARN": [{"exists": False}]}}, "to_athena", "this of resources.ARN"),
    ],
)
def test_what_cannot_be_said_is_named(pattern: Any, to: str, part: str) -> None:  # noqa: ANN401 - a pattern
    """No export loses a condition silently."""
    with pytest.raises(RequestError) as refused:
        getattr(Rule(name="x", pattern=pattern), to)()
    assert "rule 'x' cannot be said as" in str(refused.value)
    assert part in str(refused.value)


@pytest.mark.parametrize(
    ("pattern", "condition"),
    [
        ({"sourceIPAddress": ["10.0.0.1"]},
         "TRY_CAST(sourceipaddress AS IPADDRESS) = IPADDRESS '10.0.0.1'"),
        ({"sourceIPAddress": [{"cidr": "10.1.2.3/8"}]},
         "contains('10.0.0.0/8', TRY_CAST(sourceipaddress AS IPADDRESS))"),
        ({"resources": {"ARN": [{"prefix": "arn:"}]}},
         "any_match(resources, r -> starts_with(r.arn, 'arn:'))"),
        ({"eventName": ["it's", "a\x1bb"]},
         "(eventname = 'it''s' OR eventname = json_extract_scalar('[\"a\\u001bb\"]', '$[0]'))"),
        ({"requestParameters": {"a b": [{"numeric": [">", 1, "<=", 2.5]}]}},
         f"{IN_REQUEST} > 1.0 AND {IN_REQUEST} <= 2.5"),
        ("{ $.errorCode = %^x% }", "regexp_like(errorcode, '^x')"),
    ],
)  # fmt: skip
def test_sql_that_only_trino_runs(pattern: Any, condition: str) -> None:  # noqa: ANN401 - a pattern
    """Addresses, lists and hostile texts are written as Trino reads them."""
    assert Rule(name="x", pattern=pattern).to_athena().endswith(f"WHERE {condition}")


@pytest.mark.parametrize("table", ["logs; DROP TABLE x", "a.b.c.d", "", "a--"])
def test_table_must_be_a_name(table: str) -> None:
    """What is written into the query is a name, or refused."""
    with pytest.raises(RequestError, match="is no name of a table"):
        RULES["cis-4.5"].to_athena(table)
    assert "FROM logs.cloudtrail" in RULES["cis-4.5"].to_athena("logs.cloudtrail")


def test_period_must_be_one_of_cloudwatch() -> None:
    """A rule may count by ninety seconds here, and CloudWatch cannot."""
    rule = Rule(name="x", pattern="{ $.a = 1 }", period="90s")
    with pytest.raises(RequestError, match="CloudWatch has no period of 90 seconds"):
        rule.to_cloudformation()
    with pytest.raises(RequestError, match="using='sms'"):
        rule.to_cloudformation("sms")  # type: ignore[arg-type]


def passes(pattern: Any, record: Record) -> bool:  # noqa: ANN401 - a pattern
    """Does the record match?"""
    batch = Batch(pl.Series([json.dumps(record)]))
    return compiled(pattern).matching(batch, [0]) == [0]


names = st.sampled_from(["eventName", "errorCode", "awsRegion"])
values = st.sampled_from(["x", "xy", "yx", "zz"])
conditions = st.one_of(
    st.builds('$.{} = "{}"'.format, names, values),
    st.builds('$.{} = "{}*"'.format, names, values),
    st.builds('$.{} = "*{}"'.format, names, values),
    st.builds('$.{} = "*{}*"'.format, names, values),
    st.builds('$.{} != "{}"'.format, names, values),
    st.builds('$.{} != "{}*"'.format, names, values),
    st.builds("$.{} NOT EXISTS".format, names),
    st.builds("$.{} IS NULL".format, names),
    st.builds("$.{} = *".format, names),
)
filters = st.recursive(
    conditions,
    lambda inner: (
        st.builds("({} && {})".format, inner, inner) | st.builds("({} || {})".format, inner, inner)
    ),
    max_leaves=5,
)
flat_records = st.dictionaries(names, values | st.just("x*y"), max_size=3)


@settings(max_examples=50)
@given(filters, st.lists(flat_records, min_size=1, max_size=5))
def test_languages_agree(text: str, records: list[Record]) -> None:
    """What a filter says is said by its event pattern, by that one's filter, and by its SQL."""
    rule = Rule(name="x", pattern=f"{{ {text} }}")
    held = [record | {"eventID": str(number)} for number, record in enumerate(records)]
    wanted = {record["eventID"] for record in held if passes(rule.pattern, record)}
    if "IS NULL" not in text:
        assert queried(rule.to_athena(), athena(*held)) == wanted
    try:
        pattern = json.loads(rule.to_eventbridge())
    except RequestError as refused:
        assert "two conditions on the one field" in str(refused)  # noqa: PT017 - it may be refused
        return
    assert {one["eventID"] for one in held if passes(pattern, one)} == wanted
    again = Rule(name="y", pattern=pattern).to_metric_filter()
    assert {one["eventID"] for one in held if passes(again, one)} == wanted


def test_every_case_is_an_event() -> None:
    """The table that rules are compared on holds all cases."""
    assert TABLE.height == len(EVERY) > 80
    assert event()["eventID"]
