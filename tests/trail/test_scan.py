"""Does the lazy event table answer as the whole table would, whatever is asked of it?"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import reduce
from operator import and_, or_
from typing import TYPE_CHECKING, Any, Literal

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

import trailnb as tn
from tests.evidence import event, role, user
from tests.trail.deliveries import ALICE_ACCOUNT, OTHER_ACCOUNT, key, log, numbered
from trailnb.errors import ProblemWarning
from trailnb.trail.scan import Query, schema

if TYPE_CHECKING:
    from collections.abc import Callable

Engine = Literal["in-memory", "streaming"]
START = datetime(2026, 11, 2, 9, tzinfo=UTC)
ACCOUNTS, REGIONS = (ALICE_ACCOUNT, OTHER_ACCOUNT), ("eu-central-1", "us-east-1")
NAMES = ("GetUser", "PutUserPolicy", "ListBuckets", "AssumeRole", "é", 'a"b', "a/b")
SHOWN = (
    "event_time", "event_name", "event_id", "aws_region", "recipient_account_id", "read_only",
    "error_code", "user_arn", "access_key_id", "request_parameters", "extra", "record",
    "actor", "actor_kind", "action",
    "outcome", "target", "log_file", "log_index",
)  # fmt: skip


def spread(count: int = 20) -> dict[str, bytes]:
    """Events one minute apart, five to a file, by turns alice's and a role's, some denied."""
    records = [
        numbered(
            number,
            eventTime=f"2026-11-02T09:{number:02}:00Z",
            eventName=NAMES[number % 4],
            userIdentity=role("deployer", "alice") if number % 2 else user("alice"),
            errorCode="AccessDenied" if number % 3 == 0 else None,
            readOnly=number % 4 != 1,
        )
        for number in range(count)
    ]
    return {
        key(f"2026-11-02T09:{first + 5:02}"): log(*records[first : first + 5])
        for first in range(0, count, 5)
    }


def opened(contents: dict[str, bytes] | None = None, **how: Any) -> pl.LazyFrame:
    """The events of these deliveries."""
    return tn.open(spread() if contents is None else contents, **how).events


QUERIES: dict[str, Callable[[pl.LazyFrame], pl.LazyFrame]] = {
    "all": lambda lf: lf,
    "count": lambda lf: lf.select(pl.len()),
    "filtered count": lambda lf: lf.filter(pl.col("error_code").is_not_null()).select(pl.len()),
    "filter on derived": lambda lf: lf.filter(pl.col("actor").str.contains("alice")),
    "filter on what is not selected": lambda lf: lf.filter(action="s3:GetUser").select("event_id"),
    "filter on log file": lambda lf: lf.filter(pl.col("log_file").str.contains("T0910Z")),
    "filter on position": lambda lf: lf.filter(pl.col("log_index") == 2),
    "head": lambda lf: lf.head(7),
    "head of one": lambda lf: lf.head(1),
    "head of none": lambda lf: lf.head(0),
    "head of more": lambda lf: lf.head(99),
    "head, counted": lambda lf: lf.head(7).select(pl.len()),
    "head of head": lambda lf: lf.head(9).head(4),
    "filter, then head": lambda lf: lf.filter(pl.col("read_only")).head(6),
    "slice": lambda lf: lf.slice(3, 8),
    "slice of the filtered": lambda lf: lf.filter(pl.col("read_only")).slice(2, 5),
    "tail": lambda lf: lf.tail(3),
    "reverse": lambda lf: lf.reverse().head(3),
    "every third": lambda lf: lf.gather_every(3),
    "unique": lambda lf: lf.select("event_name").unique(maintain_order=True),
    "group": lambda lf: (
        lf.group_by("action").agg(pl.len(), pl.col("event_time").max()).sort("action")
    ),
    "self-join": lambda lf: lf.select("event_id", "actor").join(
        lf.filter(pl.col("read_only")).select("event_id", "event_name"), on="event_id"
    ),
    "semi-join": lambda lf: lf.join(lf.filter(outcome="denied"), on="event_id", how="semi"),
    "concat": lambda lf: pl.concat([lf.head(3), lf.filter(outcome="denied")]),
    "with_columns, then filter": lambda lf: lf.with_columns(
        who=pl.col("actor").str.to_uppercase()
    ).filter(pl.col("who").str.ends_with("ALICE")),
    "overwritten, then filtered": lambda lf: lf.with_columns(event_name=pl.lit("GetUser")).filter(
        event_name="GetUser"
    ),
    "renamed, then filtered": lambda lf: lf.rename({"event_name": "n"}).filter(n="GetUser"),
    "row index, then filtered": lambda lf: lf.with_row_index().filter(event_name="GetUser"),
    "window function": lambda lf: lf.filter(pl.len().over("event_name") == 5),
    "latest": lambda lf: lf.filter(pl.col("event_time") == pl.col("event_time").max()),
    "first of each": lambda lf: lf.filter(pl.col("event_name").is_first_distinct()),
    "shifted": lambda lf: lf.filter(pl.col("event_name") == pl.col("event_name").shift(4)),
    "running count": lambda lf: lf.filter(pl.col("event_id").cum_count() > 4),
    "python function": lambda lf: lf.filter(
        pl.col("event_name").map_elements(is_long, return_dtype=pl.Boolean)
    ),
    "closure": lambda lf: lf.filter(
        pl.col("event_name").map_batches(lambda s: s.str.len_bytes() > 7, return_dtype=pl.Boolean)
    ),
    "sorted": lambda lf: lf.sort("event_time", descending=True).head(2),
    "nothing passes": lambda lf: lf.filter(event_name="NoSuchCall"),
    "always": lambda lf: lf.filter(pl.lit(value=True)),
    "never": lambda lf: lf.filter(pl.lit(value=False)),
}


def is_long(name: str) -> bool:
    """Something that only Python is asked."""
    return sum(map(len, [name])) > 7


@pytest.mark.parametrize("dedupe", [True, False])
@pytest.mark.parametrize("engine", ["in-memory", "streaming"])
@pytest.mark.parametrize("name", QUERIES)
def test_query_answers_as_on_the_whole_table(name: str, engine: Engine, *, dedupe: bool) -> None:
    """Any query on the lazy table answers what it answers on the table collected before."""
    events = opened(dedupe=dedupe)
    whole = events.collect()
    ask = QUERIES[name]
    assert_frame_equal(
        ask(events).collect(engine=engine),
        ask(whole.lazy()).collect(),
        check_row_order=name not in {"self-join", "semi-join"},
    )


@pytest.mark.parametrize("engine", ["in-memory", "streaming"])
def test_head_then_filter(engine: Engine) -> None:
    """A filter on the first rows looks at those rows only."""
    events = opened()
    asked = events.head(8).filter(event_name="GetUser").collect(engine=engine)
    assert_frame_equal(asked, events.collect().head(8).filter(event_name="GetUser"))


def test_head_reads_no_further_than_needed() -> None:
    """`head` hands over exactly so many rows, whatever the engine does with them."""
    scan = tn.open(spread()).scan
    for wanted in (0, 1, 5, 6, 20, 21):
        parts = list(scan.read(("event_id",), n_rows=wanted))
        assert sum(part.height for part in parts) == min(wanted, 20)
        assert all(part.columns == ["event_id"] for part in parts)


def test_collect_twice() -> None:
    """A lazy frame can be collected again and answers the same."""
    events = opened()
    assert_frame_equal(events.collect(), events.collect())


def test_collected_together() -> None:
    """Several queries on one trail run at once."""
    events = opened()
    counts = pl.collect_all([events.select(pl.len()), events.filter(outcome="denied")])
    assert counts[0].item() == 20
    assert counts[1].height == 7


def test_order_is_delivery_order() -> None:
    """Rows come file after file as delivered, and within a file as they stand."""
    contents = dict(reversed(spread().items()))
    rows = opened(contents).select("log_file", "log_index").collect()
    assert rows.equals(rows.sort("log_file", "log_index"))


@pytest.mark.parametrize("name", schema().names())
def test_schema_is_honest(name: str) -> None:
    """Each column alone has the type that the schema says, filled or empty."""
    events = opened()
    promised = events.collect_schema()[name]
    assert events.select(name).collect().schema == {name: promised}
    assert events.select(name).head(0).collect().schema == {name: promised}
    assert opened({}).select(name).collect().schema == {name: promised}


def test_schema_of_all_columns() -> None:
    """All columns together have the promised types and order."""
    assert opened().collect().schema == schema()
    assert opened({}).collect().schema == schema()


def test_schema_costs_no_reading() -> None:
    """Asking for the schema touches no file."""
    assert opened({"a.json": b"torn"}).collect_schema() == schema()


def test_unknown_column_is_named() -> None:
    """A column that is none is refused by name before anything is read."""
    with pytest.raises(pl.exceptions.ColumnNotFoundError, match="eventName"):
        opened().filter(pl.col("eventName") == "GetUser").collect()


@pytest.mark.parametrize(
    "predicate",
    [
        pl.col("event_time") < datetime(9999, 12, 31, tzinfo=UTC),
        pl.col("event_time") > datetime(1, 1, 1, tzinfo=UTC),
    ],
)
def test_bounds_at_the_ends_of_the_calendar(predicate: pl.Expr) -> None:
    """A bound that bounds nothing is a bound like any other."""
    assert opened().filter(predicate).collect().height == 20


def test_bounds_outside_the_calendar() -> None:
    """A literal that no Python datetime can be bounds nothing and raises nothing."""
    far = pl.lit(2**62).cast(pl.Datetime("us", "UTC"))
    assert opened().filter(pl.col("event_time") < far).collect().height == 20


def test_time_that_cannot_be_read_stays_in_the_window() -> None:
    """An event without a readable time cannot be shown to lie outside, so it stays."""
    odd = {"a.json": log(numbered(1, eventTime="soon"), numbered(2), numbered(3, eventTime=None))}
    with pytest.warns(ProblemWarning, match="2 problems"):
        found = opened(odd, since="2026-11-03").select("event_id", "event_time").collect()
    assert found["event_id"].str.slice(-1).to_list() == ["1", "3"]


# Random filters over random records: what the reader skips must never change an answer.


@dataclass(frozen=True)
class Body:
    """A body of logs as hypothesis makes it."""

    contents: dict[str, bytes]
    is_deduped: bool


@st.composite
def bodies(draw: st.DrawFn) -> Body:
    """Up to a dozen records, each in a file of the true layout or a flat one, some twice."""
    contents: dict[str, list[dict[str, Any]]] = {}
    for number in range(draw(st.integers(0, 12))):
        account, region = draw(st.sampled_from(ACCOUNTS)), draw(st.sampled_from(REGIONS))
        minute = draw(st.integers(0, 300))
        happened = START + timedelta(minutes=minute)
        record = event(
            eventID=draw(st.sampled_from([f"id-{number}", f"id-{number}", "id-0", None])),
            eventTime=draw(st.sampled_from([f"{happened:%Y-%m-%dT%H:%M:%SZ}"] * 5 + ["soon"])),
            eventName=draw(st.sampled_from(NAMES)),
            eventSource=draw(st.sampled_from(["iam.amazonaws.com", "s3.amazonaws.com"])),
            awsRegion=region,
            recipientAccountId=account,
            readOnly=draw(st.sampled_from([True, False, None, "odd"])),
            errorCode=draw(st.sampled_from([None, "AccessDenied", "Throttling"])),
            userIdentity=draw(st.sampled_from([user("alice"), role("r", "bob"), None, "HIDDEN"])),
            requestParameters=draw(st.sampled_from([None, {"userName": "x"}, {"a": 'é"/\\'}])),
            somethingNew=draw(st.sampled_from([None, 1])),
        )
        for delay in draw(st.sampled_from([(5,), (5,), (10, 40)])):
            stamp = happened + timedelta(minutes=delay - minute % 5)
            name = draw(
                st.sampled_from(
                    [key(f"{stamp:%Y-%m-%dT%H:%M}", account=account, region=region), "flat.json"]
                )
            )
            contents.setdefault(name, []).append(record)
    escape = draw(st.booleans())
    files = {name: _text(records, escape=escape) for name, records in contents.items()}
    return Body(files, draw(st.booleans()))


def _text(records: list[dict[str, Any]], *, escape: bool) -> bytes:
    text = json.dumps({"Records": records}, ensure_ascii=escape)
    return text.replace("/", "\\/").encode() if escape else text.encode()


TEXTS = (
    "event_name", "event_id", "aws_region", "recipient_account_id", "user_arn", "error_code",
    "access_key_id", "actor", "action", "outcome", "target", "log_file", "request_parameters",
)  # fmt: skip
VALUES = (
    *NAMES, *REGIONS, *ACCOUNTS, "id-0", "id-1", "AccessDenied", "success", "denied",
    "AKIAIOSFODNN7EXAMPLE", "arn:aws:iam::111122223333:user/alice", "iam:GetUser", "flat.json",
    "HIDDEN", "", "{}",
)  # fmt: skip


def column(name: str) -> pl.Expr:
    """The column of this name; `pl.col` itself is too clever to be printed by hypothesis."""
    return pl.col(name)


texts, values = st.sampled_from(TEXTS).map(column), st.sampled_from(VALUES)
moments = st.integers(-30, 330).map(lambda minute: START + timedelta(minutes=minute))
leaves = st.one_of(
    st.builds(lambda c, v: c == v, texts, values),
    st.builds(lambda c, v: c != v, texts, values),
    st.builds(lambda c, v: c.eq_missing(v), texts, values),
    st.builds(lambda c, v: pl.lit(v) == c, texts, values),
    st.builds(lambda c, v: c.is_in(v), texts, st.lists(values, min_size=1, max_size=3)),
    st.builds(lambda c, v: c.is_in([*v, None]), texts, st.lists(values, min_size=1, max_size=2)),
    st.builds(lambda c: c.is_null(), texts),
    st.builds(lambda c: c.is_not_null(), texts),
    st.builds(lambda c, v: c.str.starts_with(v[:3]), texts, values),
    st.builds(lambda c, v: c.str.contains(v[:4], literal=True), texts, values),
    st.builds(lambda c, v: c.str.to_lowercase() == v.lower(), texts, values),
    st.builds(lambda c, v: c < v, texts, values),
    st.builds(lambda v: pl.col("event_time") >= v, moments),
    st.builds(lambda v: pl.col("event_time") < v, moments),
    st.builds(lambda v: pl.col("event_time") == v, moments),
    st.builds(lambda v, w: pl.col("event_time").is_between(v, w), moments, moments),
    st.sampled_from([
        pl.col("read_only"), ~pl.col("read_only"), pl.col("read_only").is_null(),
        pl.col("event_time").is_null(), pl.col("log_index") > 0, pl.col("extra").is_null(),
        pl.col("event_name") == pl.col("error_code"), pl.lit(value=True),
    ]),
)  # fmt: skip
predicates = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: reduce(and_, parts)),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: reduce(or_, parts)),
        inner.map(lambda part: ~part),
    ),
    max_leaves=5,
)


@pytest.mark.filterwarnings("ignore::trailnb.errors.ProblemWarning")
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(bodies(), st.lists(predicates, min_size=1, max_size=6))
def test_filter_then_collect_is_collect_then_filter(body: Body, asked: list[pl.Expr]) -> None:
    """Whatever the filter and whatever the records, skipping changes no answer."""
    events = tn.open(body.contents, dedupe=body.is_deduped).events.select(SHOWN)
    whole = events.collect()
    for predicate in asked:
        assert_frame_equal(events.filter(predicate).collect(), whole.filter(predicate))


@pytest.mark.filterwarnings("ignore::trailnb.errors.ProblemWarning")
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(bodies(), predicates, st.sets(st.sampled_from(SHOWN), min_size=1, max_size=4))
def test_projection_changes_no_row(body: Body, predicate: pl.Expr, names: set[str]) -> None:
    """The rows that pass do not depend on the columns asked for."""
    events = tn.open(body.contents, dedupe=body.is_deduped).events
    columns = sorted(names)
    whole = events.select(SHOWN).filter(predicate).select(columns).collect()
    assert_frame_equal(events.filter(predicate).select(columns).collect(), whole)


def test_only_needed_fields_are_decoded() -> None:
    """A query's plan names the columns it shows, filters on and tells copies by; nothing more."""
    scan = tn.open(spread()).scan
    plan = Query.of(scan, ("event_name",), pl.col("error_code").is_null()).plan
    needed = {"event_name", "error_code", "event_id", "recipient_account_id", "event_time"}
    assert set(plan.base_names) == needed


def test_rows_are_filtered_before_anything_is_derived() -> None:
    """What a filter says of fields alone is settled first; both turns keep the same rows."""
    trail = tn.open(spread())
    asked = (pl.col("event_name") == "PutUserPolicy") & (pl.col("outcome") == "denied")
    plan = Query.of(trail.scan, ("event_id",), asked).plan
    assert plan.early is not None
    assert plan.predicate is not None
    assert pl.Expr.deserialize(plan.early).meta.root_names() == ["event_name"]
    assert pl.Expr.deserialize(plan.predicate).meta.root_names() == ["outcome"]
    rows = trail.events.filter(asked).select("event_id").collect()
    whole = trail.events.collect().filter(asked).select("event_id")
    assert rows.height
    assert_frame_equal(rows, whole)
