"""Which events a pattern matches: the fast way and the plain one, over record and envelope."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

import trailnb as tn
from tests.evidence import event, events
from tests.rules.plain_matcher import plainly_matches
from trailnb.errors import ColumnError, ProblemWarning, RequestError
from trailnb.rules.batch import Batch
from trailnb.rules.envelope import enveloped
from trailnb.rules.languages import compiled
from trailnb.trail.predicate import Pruning, pruning_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from trailnb.rules.languages import Pattern

SAMPLES = Path(__file__).parents[2] / "data-samples"
ROOT_USE = "{ $.userIdentity.type = Root && $.userIdentity.invokedBy NOT EXISTS }"


def ids(frame: pl.LazyFrame) -> list[str]:
    """Which events are these?"""
    return frame.select("event_id").collect()["event_id"].to_list()


def matched(pattern: Pattern, *records: dict[str, Any], **how: Any) -> list[int]:
    """Which of these records match, by number?"""
    numbered = [record | {"eventID": str(number)} for number, record in enumerate(records)]
    return [int(one) for one in ids(tn.matches(events(*numbered), pattern, **how))]


def test_events_come_as_they_are() -> None:
    """Same columns, same order; nothing else."""
    frame = events(event(), event(eventName="StopLogging", errorCode="AccessDenied"), event())
    answer = tn.matches(frame, {"eventName": ["StopLogging"], "errorCode": [{"exists": True}]})
    assert_frame_equal(answer.collect(), frame.filter(event_name="StopLogging").collect())


def test_an_arrays_elements_must_agree() -> None:
    """Typed columns know nothing of lists in a request; the record does."""
    rules = [{"port": 22, "cidr": "10.0.0.0/8"}, {"port": 443, "cidr": "0.0.0.0/0"}]
    pattern = {"requestParameters": {"rules": {"port": [22], "cidr": ["0.0.0.0/0"]}}}
    opened = [{"port": 22, "cidr": "0.0.0.0/0"}]
    records = [event(requestParameters={"rules": one}) for one in (rules, opened)]
    assert matched(pattern, *records) == [1]


@pytest.mark.parametrize(
    ("pattern", "hits"),
    [
        ({"source": ["aws.s3"]}, [0, 3]),
        ({"source": ["aws.s3"], "detail": {"eventName": ["PutObject"]}}, [3]),
        ({"detail-type": ["AWS Console Sign In via CloudTrail"]}, [1]),
        ({"detail-type": ["AWS Console Signin via CloudTrail"]}, [1]),
        ({"detail-type": [{"prefix": "AWS Console Sign In"}]}, [1]),
        ({"detail-type": [{"wildcard": "*Sign In*"}]}, [1]),
        ({"detail-type": [{"anything-but": "AWS Console Sign In via CloudTrail"}]}, [0, 2, 3]),
        ({"detail-type": ["AWS Insight via CloudTrail"], "source": ["aws.cloudtrail"]}, [2]),
        ({"account": ["111122223333"], "region": ["eu-central-1"]}, [0, 1, 2, 3]),
        ({"account": ["999999999999"]}, []),
        ({"time": [{"prefix": "2026-11-02T09"}], "version": ["0"]}, [0, 1, 2, 3]),
        ({"id": [{"exists": True}], "resources": [{"exists": False}]}, [0, 1, 2, 3]),
        ({"resources": {"ARN": [{"suffix": ":x"}]}}, [3]),
        ({"detail": {"eventContext": [{"exists": False}]}}, [0, 1, 2, 3]),
        ({"detail": {"eventContext": {"a": [1]}}}, []),
        ({"eventContext": {"a": [1]}}, [3]),
    ],
)
def test_envelope_is_what_cloudtrail_would_have_sent(pattern: Pattern, hits: list[int]) -> None:
    """Names at the top tell envelope from record; sign-ins are spelled in two ways."""
    records = [
        event(),
        event(eventSource="signin.amazonaws.com", eventType="AwsConsoleSignin"),
        event(eventSource=None, eventName=None, eventType="AwsCloudTrailInsight"),
        event(eventName="PutObject", resources=[{"ARN": "a:x"}], eventContext={"a": 1}),
    ]
    assert matched(pattern, *records) == hits


def test_pattern_over_both_at_once_is_refused_unless_you_say() -> None:
    """`source` stands in the envelope, `eventName` in the record."""
    both = {"source": ["aws.s3"], "eventName": [{"exists": False}]}
    with pytest.raises(RequestError, match="eventName, source at its top"):
        tn.matches(events(event()), both)
    assert matched(both, event(), over="envelope") == [0]
    assert matched(both, event(), over="record") == []
    with pytest.raises(RequestError, match="a filter looks at the record"):
        tn.matches(events(event()), ROOT_USE, over="envelope")


def test_address_is_compared_by_value() -> None:
    """A pattern's address finds every spelling, so equality of text is no condition."""
    seen = ["203.0.113.7", "203.000.113.007", "2001:0db8::1", "ec2.amazonaws.com"]
    records = [event(sourceIPAddress=one) for one in seen]
    assert matched({"sourceIPAddress": ["203.0.113.7"]}, *records) == [0, 1]
    assert matched({"sourceIPAddress": ["2001:db8:0::1"]}, *records) == [2]
    assert matched({"sourceIPAddress": [{"cidr": "203.0.113.0/24"}]}, *records) == [0, 1]


def test_list_of_agents_is_no_hindrance() -> None:
    """Real records hold lists of agents, so that field sets no condition."""
    assert matched({"userAgent": ["b"]}, event(userAgent=["a", "b"])) == [0]


def test_list_where_a_plain_string_belongs_is_told_of() -> None:
    """No service writes two event names; where somebody did, the trail's problems say so."""
    log = json.dumps({"Records": [event(eventName=["StopLogging", "x"])]}).encode()
    trail = tn.open({"l.json": log}, progress=lambda _: None)
    assert tn.matches(trail, {"eventName": ["StopLogging"]}).collect().is_empty()
    assert "eventName is no text" in trail.problems()["reason"].item()
    assert tn.matches(trail, {"eventID": [{"exists": True}]}).collect().height == 1


def test_what_a_user_asks_further_is_asked_further_down() -> None:
    """Columns and filters after `matches` reach the reader, and the first rows are the first."""
    trail = tn.open(SAMPLES / "acme", since="2026-11-03", until="2026-11-04")
    found = tn.matches(trail, {"eventSource": ["iam.amazonaws.com"]})
    whole = found.collect()
    some = found.filter(pl.col("actor") == "ci-deploy").select("action", "event_id")
    assert_frame_equal(some.collect(), whole.filter(actor="ci-deploy").select("action", "event_id"))
    assert_frame_equal(found.head(3).collect(), whole.head(3))
    first = found.head(5).filter(pl.col("outcome") == "denied").select("event_id").collect()
    assert_frame_equal(first, whole.head(5).filter(outcome="denied").select("event_id"))
    assert found.select(pl.len()).collect().item() == whole.height


def test_what_a_match_needs_skips_files_and_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """The names, the account and the region of a pattern reach the reader of the log files."""
    asked: list[Pruning] = []

    def spied(predicate: pl.Expr | None) -> Pruning:
        asked.append(pruning_of(predicate))
        return asked[-1]

    monkeypatch.setattr("trailnb.trail.scan.pruning_of", spied)
    trail = tn.open(SAMPLES / "quiet", progress=lambda _: None)
    detail = {"eventName": ["StopLogging", "DeleteTrail"], "readOnly": [False]}
    pattern = {"source": ["aws.cloudtrail"], "account": ["222233334444"], "detail": detail}
    assert tn.matches(trail, pattern).collect().is_empty()
    assert asked[-1].accounts == {"222233334444"}
    assert {"StopLogging", "DeleteTrail"} in asked[-1].texts


@pytest.mark.parametrize("kind", ["eager", "pandas", "duckdb"])
def test_any_frame_is_taken(kind: str) -> None:
    """The condition is asked of the engine, the matcher decides in Polars."""
    frame = events(event(eventID="1"), event(eventID="2", userIdentity={"type": "Root"})).collect()
    base = frame.select("event_id", "event_name", "user_type", "record")
    asked: dict[str, Callable[[], Any]] = {
        "eager": lambda: base,
        "pandas": base.to_pandas,
        "duckdb": lambda: duckdb.from_arrow(base.to_arrow()),
    }
    assert ids(tn.matches(asked[kind](), ROOT_USE)) == ["2"]


def test_frame_without_records_is_refused() -> None:
    """A rule decides on the record, so there must be one."""
    with pytest.raises(ColumnError, match="record"):
        tn.matches(events(event()).select("event_id", "event_name"), ROOT_USE)
    bare = events(event(eventID="1")).select("event_id", "record")
    assert ids(tn.matches(bare, {"readOnly": [True]})) == ["1"]


def test_odd_records_are_decided_or_told_of() -> None:
    """What only the lenient reader understood is decided on; what nobody can decide is said."""
    deep = '{"eventName":"Odd","x":' + "[" * 9000 + "]" * 9000 + "}"
    texts = ['{"eventName":"Odd","t":"a\x01b"}', '{"eventName":"Odd","n":1e999}', deep]
    odd = pl.LazyFrame({"event_name": ["Odd"] * 5, "record": [*texts, None, "{torn"]})
    with pytest.warns(ProblemWarning, match="2 records could not be decoded"):
        assert tn.matches(odd, {"eventName": ["Odd"]}).collect()["record"].to_list() == texts
    nested = {"eventName": "Odd", "a": json.loads("[" * 400 + '{"b":1}' + "]" * 400)}
    frame = pl.LazyFrame({"event_name": ["Odd"], "record": [json.dumps(nested)]})
    with pytest.warns(ProblemWarning, match="1 record could not be decoded, or hold lists"):
        assert tn.matches(frame, {"a": {"b": [1], "c": [2]}}).collect().is_empty()


texts = st.sampled_from(["GetUser", "GetRole", "PutUser", "", "iam.amazonaws.com", "10.0.0.1"])
scalars = texts | st.sampled_from([None, True, 5, 12.5])
lists = st.lists(scalars | st.dictionaries(st.sampled_from("ab"), scalars, max_size=2), max_size=3)
inside = st.dictionaries(st.sampled_from("ab"), scalars | lists, max_size=2)
records = st.fixed_dictionaries(
    {"eventName": texts},
    optional={
        "eventSource": texts | st.none(),
        "eventType": st.sampled_from(["AwsApiCall", "AwsConsoleSignIn", "New"]),
        "errorCode": texts | st.just(5),
        "sourceIPAddress": st.sampled_from(["10.0.0.1", "010.0.0.1", "::1", "AWS Internal"]),
        "recipientAccountId": st.sampled_from(["111122223333", 111122223333]),
        "userAgent": texts | lists,
        "requestParameters": inside | st.none(),
        "requestParameters.a": texts | lists,
        "resources.b.a": texts,
        "resources": st.lists(inside, max_size=2),
        "userIdentity": st.fixed_dictionaries({}, optional={"type": texts, "arn": texts}),
    },
)
comparisons = st.one_of(
    texts, scalars,
    st.builds(lambda text: {"prefix": text}, texts),
    st.builds(lambda text: {"suffix": text}, texts),
    st.builds(lambda text: {"wildcard": f"{text[:3]}*{text[-2:]}"}, texts),
    st.builds(lambda text: {"wildcard": f"*{text}*"}, st.sampled_from(["User", "etR", "."])),
    st.builds(lambda text: {"anything-but": text}, texts),
    st.builds(lambda text: {"equals-ignore-case": text.lower()}, texts),
    st.builds(lambda flag: {"exists": flag}, st.booleans()),
    st.just({"cidr": "10.0.0.0/24"}),
)  # fmt: skip
alternatives = st.lists(comparisons, min_size=1, max_size=3)
nested = st.dictionaries(st.sampled_from("ab"), alternatives, min_size=1, max_size=2)
field_names = ["eventName", "eventSource", "errorCode", "sourceIPAddress", "recipientAccountId"]
flat = st.dictionaries(st.sampled_from([*field_names, "userAgent"]), alternatives, max_size=3)
identities = st.dictionaries(st.sampled_from(["type", "arn"]), alternatives, min_size=1)
over_records = st.builds(
    lambda one, two: one | two,
    flat,
    st.fixed_dictionaries({"userIdentity": identities})
    | st.fixed_dictionaries({"requestParameters": nested})
    | st.fixed_dictionaries({"resources": nested})
    | st.fixed_dictionaries({"$or": st.lists(flat.filter(bool), min_size=2, max_size=3)}),
)
tops = st.dictionaries(
    st.sampled_from(["account", "region", "detail-type", "id"]), alternatives, max_size=2
)
sources = st.sampled_from([{}, {"source": ["aws.iam"]}, {"source": [{"anything-but": "aws.s3"}]}])
over_envelopes = st.builds(
    lambda top, source, detail: top | source | {"detail": detail}, tops, sources, over_records
)


def table(many: list[dict[str, Any]]) -> pl.LazyFrame:
    """The event table of these records, read by the library's own fast path or, else, the slow."""
    return tn.open({"l.json": json.dumps({"Records": many}).encode()}, dedupe=False).events


@pytest.mark.filterwarnings("ignore::trailnb.errors.ProblemWarning")
@given(over_records | over_envelopes, st.lists(records, min_size=1, max_size=6))
def test_fast_path_agrees_with_a_plain_matcher(
    pattern: dict[str, Any], many: list[dict[str, Any]]
) -> None:
    """What plain columns rule out never matched, and what is left is decided as AWS does."""
    held = [record | {"eventVersion": "1.11", "eventID": str(n)} for n, record in enumerate(many)]
    is_whole = "detail" in pattern
    plain = [
        record["eventID"]
        for record in held
        if plainly_matches(pattern, enveloped(record) if is_whole else record)
    ]
    assert ids(tn.matches(table(held), pattern)) == plain


conditions = st.one_of(
    st.builds('$.{} = "{}"'.format, st.sampled_from(field_names), st.sampled_from(["GetUser", ""])),
    st.builds('$.{} = "{}"'.format, st.sampled_from(field_names), st.sampled_from(["Get*", "*R*"])),
    st.builds('$.{} != "{}"'.format, st.sampled_from(field_names), st.just("GetUser")),
    st.builds("$.{} NOT EXISTS".format, st.sampled_from(field_names)),
    st.builds("$.{} = %[GP]et*U%".format, st.sampled_from(["eventName", "errorCode"])),
    st.just("$.recipientAccountId = 111122223333"),
    st.just('$.requestParameters.a = "GetUser"'),
    st.just('$.resources[*].a = "GetUser"'),
    st.just('$.* = "GetUser"'),
)
filters = st.recursive(
    conditions,
    lambda inner: (
        st.builds("({} && {})".format, inner, inner) | st.builds("({} || {})".format, inner, inner)
    ),
    max_leaves=4,
).filter(lambda text: text.count("%") <= 4 and text.count("*]") + text.count(".*") <= 3)


@pytest.mark.filterwarnings("ignore::trailnb.errors.ProblemWarning")
@given(filters, st.lists(records, min_size=1, max_size=6))
def test_filter_decides_on_records_alone(text: str, many: list[dict[str, Any]]) -> None:
    """What plain columns rule out, and fields stepped over, would not have passed either."""
    held = [record | {"eventVersion": "1.11", "eventID": str(n)} for n, record in enumerate(many)]
    batch = Batch(pl.Series([json.dumps(record) for record in held]))
    passing = compiled(f"{{ {text} }}").matching(batch, range(len(held)))
    assert ids(tn.matches(table(held), f"{{ {text} }}")) == [str(row) for row in passing]
