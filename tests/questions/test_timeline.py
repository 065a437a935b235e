"""Who did what, when, to what, from where, and how it ended."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import duckdb
import polars as pl
import pytest

from tests.evidence import event, events, role, user
from tests.lineage.credentials import ROLE_ID, assume_role, iam_user, role_session, used
from trailnb import charts
from trailnb._frame import table
from trailnb._lineage.attribute import attribute
from trailnb.errors import ColumnError, NothingFoundWarning
from trailnb.questions.timeline import ENGINE_SCHEMA, SCHEMA, timeline

if TYPE_CHECKING:
    from collections.abc import Callable

FIRST = event(eventTime="2026-11-02T02:13:00Z", eventID="a", userIdentity=user("bob"))
SECOND = event(
    eventTime="2026-11-02T02:14:00Z",
    eventID="b",
    eventSource="iam.amazonaws.com",
    eventName="CreateUser",
    requestParameters={"userName": "backdoor"},
    sourceIPAddress="203.0.113.77",
    errorCode="AccessDenied",
)
THIRD = event(
    eventTime="2026-11-02T02:14:00Z",
    eventID="c",
    sourceIPAddress="2001:db8::7",
    awsRegion="us-east-1",
    recipientAccountId="444455556666",
)


def ids(**filters: Any) -> str:
    """Which of the three events does the timeline keep, in its order?"""
    answer = timeline(events(THIRD, SECOND, FIRST), collapse=False, **filters)
    return "".join(table(answer)["event_id"])


def test_one_row_per_event_in_order() -> None:
    """Rows are sorted by time and then event id, with the documented columns."""
    answer = timeline(events(THIRD, SECOND, FIRST), collapse=False)
    assert isinstance(answer, pl.LazyFrame)
    assert answer.collect_schema() == ENGINE_SCHEMA
    assert ids() == "abc"


def test_row_tells_the_event() -> None:
    """Actor, action, target, outcome, origin, region and account stand beside the time."""
    row = table(timeline(events(SECOND), collapse=False)).row(0, named=True)
    assert str(row.pop("time")) == "2026-11-02 02:14:00+00:00"
    assert row == {
        "actor": "alice",
        "action": "iam:CreateUser",
        "access": "permission",
        "target": "arn:aws:iam::111122223333:user/backdoor",
        "outcome": "denied",
        "origin": "203.0.113.77",
        "region": "eu-central-1",
        "account": "111122223333",
        "event_id": "b",
    }


@pytest.mark.parametrize(
    ("filters", "kept"),
    [
        ({"actor": "bob"}, "a"),
        ({"actor": ["bob", "alice"]}, "abc"),
        ({"actor": "al*"}, "bc"),
        ({"actor": "a.*"}, ""),
        ({"action": "iam:*"}, "b"),
        ({"outcome": "denied"}, "b"),
        ({"outcome": ("denied", "success")}, "abc"),
        ({"target": "*:user/backdoor"}, "b"),
        ({"account": "444455556666"}, "c"),
        ({"region": "eu-*"}, "ab"),
        ({"origin": "203.0.113.77"}, "b"),
        ({"origin": "203.0.113.64/26"}, "b"),
        ({"origin": "203.0.113.0/26"}, ""),
        ({"origin": "0.0.0.0/0"}, "ab"),
        ({"origin": "203.0.*"}, "b"),
        ({"origin": ["2001:db8::/32", "203.0.113.77"]}, "bc"),
        ({"origin": "2001:0DB8::0007"}, "c"),
        ({"origin": "2001:db8:1::/48"}, ""),
        ({"actor": "alice", "origin": "203.0.113.0/24"}, "b"),
        ({"actor": []}, ""),
        ({"key": "AKIAIOSFODNN7EXAMPLE"}, "abc"),
        ({"session": "AKIAIOSFODNN7EXAMPLE"}, "abc"),
        ({"access": ["permission", "write"]}, "b"),
    ],
)
def test_filters(filters: dict[str, Any], kept: str) -> None:
    """A filter takes a value, a `*` pattern or a list; an origin also a network."""
    assert ids(**filters) == kept


def test_every_engine_gives_the_same_rows() -> None:
    """Polars, pandas and DuckDB answer alike, each with its own kind of frame."""
    frame = events(THIRD, SECOND, FIRST).collect()
    wanted: Any = {"actor": "al*", "origin": ["203.0.113.0/24", "2001:db8::/32"]}
    expected = table(timeline(frame, collapse=False, **wanted)).drop("time")
    for other in (frame.to_pandas(), duckdb.from_arrow(frame.to_arrow())):
        answer = timeline(other, collapse=False, **wanted)
        assert type(answer) is type(other)
        assert table(answer).drop("time").to_dicts() == expected.to_dicts()


def test_no_value_is_matched_by_nothing() -> None:
    """An empty list wants nothing, on any engine."""
    frame = events(FIRST).collect()
    for other in (frame, frame.to_pandas(), duckdb.from_arrow(frame.to_arrow())):
        for wanted in ({"actor": []}, {"origin": []}):
            assert table(timeline(other, collapse=False, **wanted)).is_empty()


def test_trail_stands_for_its_events() -> None:
    """Anything with `.events` can be asked."""

    class Opened:
        """What a trail looks like from here."""

        events = events(FIRST)

    assert table(timeline(Opened())).height == 1
    assert table(timeline(Opened(), collapse=False)).height == 1


def test_frame_without_the_columns_is_refused() -> None:
    """A frame that is no event table is named so."""
    with pytest.raises(ColumnError, match="timeline needs the columns event_time"):
        timeline(pl.DataFrame({"actor": ["alice"]}))


def test_collapsed_rows_have_the_documented_columns() -> None:
    """Events that share nothing stay rows of their own, and each is told in a sentence."""
    rows = timeline(events(THIRD, SECOND, FIRST)).collect()
    assert rows.schema == SCHEMA
    assert rows["event_ids"].to_list() == [["a"], ["b"], ["c"]]
    assert rows["summary"].to_list() == [
        "bob from 198.51.100.7 listed buckets: allowed",
        "alice from 203.0.113.77 created user/backdoor: denied",
        "alice from 2001:db8::7 listed buckets: allowed",
    ]


def assumed(key: str, caller: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """The event in which the caller takes the role `ops`, and is handed a key."""
    return event(
        eventSource="sts.amazonaws.com",
        eventName="AssumeRole",
        eventTime="2026-11-02T09:00:00Z",
        userIdentity=caller,
        responseElements={
            "credentials": {"accessKeyId": key},
            "assumedRoleUser": {"assumedRoleId": "AROAEXAMPLE2222222222:s"},
        },
        **fields,
    )


ISSUE = assumed("ASIAIOSFODNN7EXAMPLE", user("alice"), eventID="issue")
USE = event(
    eventTime="2026-11-02T10:00:00Z",
    eventID="use",
    eventName="GetBucketPolicy",
    requestParameters={"bucketName": "payroll"},
    userIdentity=role("ops", "s"),
)


@pytest.mark.parametrize("collapse", [True, False])
def test_actor_finds_what_was_done_with_credentials_they_were_issued(
    collapse: bool,  # noqa: FBT001 - the parameter under test
) -> None:
    """`actor` matches who acted and who began the chain, whatever the role's session is called."""
    found = timeline(events(USE, ISSUE), actor="alice", collapse=collapse)
    assert table(found)["actor"].to_list() == ["alice", "role/ops/s"]


def test_way_and_sentence_name_who_is_behind_a_role() -> None:
    """`via` holds the chain before the actor; the sentence begins with the person."""
    rows = timeline(events(USE, ISSUE)).collect()
    assert rows["via"].to_list() == [None, "alice"]
    told = "alice, as role/ops from 198.51.100.7, read bucket policy on payroll: allowed"
    assert rows["summary"][1] == told


def test_other_filters_leave_lineage_whole() -> None:
    """The issuing event may fail the other filters: lineage is told from all events."""
    for collapse in (True, False):
        found: Any = timeline(events(USE, ISSUE), actor="alice", action="s3:*", collapse=collapse)
        assert table(found)["actor"].to_list() == ["role/ops/s"]


@pytest.mark.parametrize("convert", [pl.DataFrame.to_pandas, pl.DataFrame.to_arrow])
def test_lineage_counts_on_every_engine(convert: Callable[[pl.DataFrame], Any]) -> None:
    """Another engine's events are attributed alike, one row per event and collapsed."""
    frame = convert(events(USE, ISSUE).collect())
    for collapse in (True, False):
        found: Any = timeline(frame, actor="alice", collapse=collapse)
        assert table(found)["action"].to_list() == ["sts:AssumeRole", "s3:GetBucketPolicy"]


def test_duckdb_needs_no_attributed_frame() -> None:
    """The issuing events are read from DuckDB; the answer is a relation again."""
    relation = duckdb.from_arrow(events(USE, ISSUE).collect().to_arrow())
    answer = timeline(relation, actor="alice", collapse=False)
    assert isinstance(answer, duckdb.DuckDBPyRelation)
    assert table(answer)["event_id"].to_list() == ["issue", "use"]
    assert timeline(relation, actor="alice").collect()["count"].sum() == 2


def test_files_from_before_the_window_tell_who_is_behind() -> None:
    """A trail's lookback files are read for what they issued, and for nothing else."""
    opened: Any = SimpleNamespace(events=events(USE), lookback_events=events(ISSUE))
    for collapse in (True, False):
        found: Any = timeline(opened, actor="alice", collapse=collapse)
        assert table(found)["actor"].to_list() == ["role/ops/s"]


def test_long_way_is_told_by_its_ends() -> None:
    """`via` stays short however long the chain is."""
    told = attribute(events(USE)).with_columns(chain_text=pl.lit("a → b → c → d → role/ops/s"))
    assert timeline(told).collect()["via"].item() == "a → … → d"


def test_chart_counts_the_events_of_folded_rows() -> None:
    """A row of two events is drawn as two."""
    again = FIRST | {"eventID": "again"}
    drawn = charts.timeline(timeline(events(FIRST, again))).to_dict()
    assert drawn["description"].startswith("Timeline of 2 events by 1 actor")


def test_session_is_found_by_the_key_that_began_it() -> None:
    """`session` takes what lineage calls the session; DuckDB wants it told beforehand."""
    for collapse in (True, False):
        found: Any = timeline(events(USE, ISSUE), session="ASIAIOSFODNN7EXAMPLE", collapse=collapse)
        assert table(found)["actor"].to_list() == ["role/ops/s"]
    relation = duckdb.from_arrow(events(USE).collect().to_arrow())
    with pytest.raises(ColumnError, match="session_id"):
        timeline(relation, session="ASIAIOSFODNN7EXAMPLE", collapse=False)


def test_frame_that_tells_its_lineage_is_believed() -> None:
    """A frame with `root_actor` needs no issuing events any more."""
    told = attribute(events(USE, ISSUE)).filter(pl.col("event_id") == "use")
    for collapse in (True, False):
        found: Any = timeline(told, actor="alice", collapse=collapse)
        assert table(found).height == 1


@pytest.mark.parametrize(
    ("filters", "said"),
    [
        ({"actor": "alcie"}, "no event has the actor 'alcie'. Did you mean 'alice'?"),
        ({"action": "iam:createuser"}, "Did you mean 'iam:CreateUser'?"),
        ({"target": "backdoor"}, "Did you mean 'arn:aws:iam::111122223333:user/backdoor'?"),
        ({"region": "mars"}, "no event has the region 'mars'.$"),
        ({"actor": "bob", "action": "iam:CreateUser"}, "no event meets all filters at once"),
        ({"origin": "10.0.0.0/8"}, "no event meets all filters at once"),
    ],
)
def test_nothing_found_says_what_was_likely_meant(filters: dict[str, Any], said: str) -> None:
    """An empty answer warns, when it is collected, with the values that are nearly the wanted."""
    answer = timeline(events(THIRD, SECOND, FIRST), **filters)
    with pytest.warns(NothingFoundWarning, match=said):
        assert answer.collect().is_empty()


def test_frame_that_tells_its_lineage_gets_hints_too() -> None:
    """Every filter can be hinted at, whatever frame is asked."""
    told = attribute(events(FIRST, SECOND, THIRD))
    for name in ("actor", "session", "key", "origin", "target", "access"):
        with pytest.warns(NothingFoundWarning, match=f"no event has the {name} 'x'"):
            timeline(told, **{name: "x"}).collect()


def test_nothing_is_read_before_it_is_collected() -> None:
    """Asking plans; a source that fails is met only by who looks."""

    def torn() -> pl.DataFrame:
        raise OSError("torn")

    base = events(FIRST)
    answer = timeline(pl.defer(torn, schema=base.collect_schema()), actor="alice")
    with pytest.raises(OSError, match="torn"):
        answer.collect()


def test_an_actor_filter_finds_inferred_sessions_on_every_engine() -> None:
    """A session tied by its time alone is found by who is behind it, folded or not."""
    alice = iam_user("alice", "AKIAALICE")
    named = {"assumedRoleUser": {"assumedRoleId": f"{ROLE_ID}:work", "arn": "arn:aws:sts::x"}}
    begun = assume_role(alice, "2026-11-03T02:00:00Z", "ASIA1", responseElements=named)
    work = role_session("admin", "work", None, "2026-11-03T02:00:00Z")
    undated = {name: work[name] for name in ("type", "principalId", "arn", "accountId")}
    frame = events(begun, used(undated, "2026-11-03T02:10:00Z", "e1"))
    folded = timeline(frame, actor="alice").collect()
    assert "e1" in folded["event_ids"].explode().to_list()
    plain = timeline(frame, actor="alice", collapse=False).lazy().collect()
    assert "e1" in plain["event_id"].to_list()
