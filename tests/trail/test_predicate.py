"""Which filters let the reader skip something, and what does each let it skip?"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import polars as pl
import pytest
from polars.io.plugins import register_io_source

from trailnb.trail.predicate import NOTHING, Pruning, in_turns, pruning_of
from trailnb.trail.scan import schema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

GET, PUT = frozenset({"GetUser"}), frozenset({"PutUser"})
FIRST, LAST = datetime(2026, 11, 2, tzinfo=UTC), datetime(2026, 11, 3, tzinfo=UTC)
NEW_YORK_WINTER = timezone(timedelta(hours=-5))
when, name, key_id = pl.col("event_time"), pl.col("event_name"), pl.col("access_key_id")
account, region = pl.col("recipient_account_id"), pl.col("aws_region")


def is_palindrome(text: str) -> bool:
    """Something only Python can say of a text."""
    return list(text) == list(reversed(text))


@pytest.mark.parametrize(
    ("predicate", "earliest", "latest"),
    [
        (when >= FIRST, FIRST, None),
        (when > FIRST, FIRST, None),
        (when < LAST, None, LAST),
        (when <= LAST, None, LAST),
        (when == FIRST, FIRST, FIRST),
        (when.eq_missing(FIRST), FIRST, FIRST),
        (pl.lit(FIRST) <= when, FIRST, None),
        (pl.lit(LAST) > when, None, LAST),
        (when.is_between(FIRST, LAST), FIRST, LAST),
        (when.is_between(FIRST, LAST, closed="none"), FIRST, LAST),
        ((when >= FIRST) & (when < LAST), FIRST, LAST),
        ((when >= FIRST) & (when >= LAST), LAST, None),
        ((when < FIRST) & (when < LAST), None, FIRST),
        ((when == FIRST) | (when == LAST), FIRST, LAST),
        ((when >= FIRST) | (when >= LAST), FIRST, None),
    ],
)
def test_time_bounds(
    predicate: pl.Expr, earliest: datetime | None, latest: datetime | None
) -> None:
    """Comparisons of the event time bound it, on whichever side they stand."""
    assert pruning_of(predicate) == Pruning(earliest=earliest, latest=latest)


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_time_literal_of_any_unit(unit: str) -> None:
    """A moment counts the same in milliseconds, microseconds and nanoseconds."""
    moment = datetime(2026, 11, 2, 3, 4, 5, 678_000, UTC)
    literal = pl.Series([moment], dtype=pl.Datetime(unit, "UTC")).item()
    found = pruning_of(pl.lit(literal, pl.Datetime(unit, "UTC")) <= when)
    assert found in (NOTHING, Pruning(earliest=moment))


@pytest.mark.parametrize(
    ("predicate", "texts"),
    [
        (name == "GetUser", (GET,)),
        (pl.lit("GetUser") == name, (GET,)),
        (name.eq_missing("GetUser"), (GET,)),
        (name.is_in(["GetUser", "PutUser"]), (GET | PUT,)),
        (name.is_in({"GetUser"}), (GET,)),
        (name.is_in(("GetUser",)), (GET,)),
        ((name == "GetUser") | (name == "PutUser"), (GET | PUT,)),
        ((name == "GetUser") | (key_id == "PutUser"), (GET | PUT,)),
        ((name == "GetUser") & (key_id == "PutUser"), (GET, PUT)),
        ((name == "GetUser") & pl.col("read_only"), (GET,)),
        ((name == "GetUser") & ~pl.col("read_only"), (GET,)),
        ((name == "GetUser") & name.str.contains("x"), (GET,)),
        (pl.any_horizontal(name == "GetUser", name == "PutUser"), None),
    ],
)
def test_texts_to_search(predicate: pl.Expr, texts: tuple[frozenset[str], ...] | None) -> None:
    """Equality and `is_in` on a verbatim field name texts, one of which must be in the file."""
    assert pruning_of(predicate) == (NOTHING if texts is None else Pruning(texts=texts))


@pytest.mark.parametrize(
    "column",
    ["access_key_id", "source_ip_address", "user_name", "user_arn", "event_id", "error_code"],
)
def test_every_verbatim_field_is_searched(column: str) -> None:
    """Any field that the record spells out can be searched for."""
    assert pruning_of(pl.col(column) == "value").texts == (frozenset({"value"}),)


@pytest.mark.parametrize(
    ("predicate", "accounts"),
    [
        (account == "1", {"1"}),
        (account.is_in(["1", "2"]), {"1", "2"}),
        ((account == "1") | (account == "2"), {"1", "2"}),
        (account.is_in(["1", "2"]) & account.is_in(["2", "3"]), {"2"}),
        ((account == "1") & (account == "2"), set()),
        ((account == "1") | (region == "x"), None),
        ((account == "1") & (region == "x"), {"1"}),
        (account != "1", None),
    ],
)
def test_account_bounds(predicate: pl.Expr, accounts: set[str] | None) -> None:
    """Accounts are bounded where every matching row must belong to one of them."""
    assert pruning_of(predicate).accounts == accounts


def test_region_bounds() -> None:
    """Regions are bounded in the same way."""
    assert pruning_of(region.is_in(["eu-west-1"])).regions == {"eu-west-1"}
    assert pruning_of((region == "eu-west-1") | (region == "us-east-1")).regions == {
        "eu-west-1",
        "us-east-1",
    }
    assert pruning_of(region == "eu-west-1").accounts is None


def test_sides_of_or_keep_only_what_both_bound() -> None:
    """A side that bounds nothing takes away the other side's bound."""
    both = (when >= FIRST) & (name == "GetUser")
    assert pruning_of(both | (name == "PutUser")) == Pruning(texts=(GET | PUT,))
    assert pruning_of(both | pl.col("read_only")) == NOTHING


@pytest.mark.parametrize(
    "predicate",
    [
        name != "GetUser",
        name.ne_missing("GetUser"),
        name == key_id,
        name > "GetUser",
        name.is_between(pl.lit("A"), pl.lit("B")),
        name.is_null(),
        name.is_not_null(),
        name.eq_missing(None),
        ~(name == "GetUser"),
        ~name.is_in(["GetUser"]),
        name.is_in(["GetUser", None]),
        name.is_in(["GetUser"], nulls_equal=True),
        name.is_in(pl.col("user_name").implode()),
        name.str.to_lowercase() == "getuser",
        name.str.starts_with("Get"),
        name.str.contains("Get"),
        name.fill_null("GetUser") == "GetUser",
        name.cast(pl.Categorical) == "GetUser",
        (name == "GetUser") ^ (name == "PutUser"),
        pl.when(pl.col("read_only")).then(name == "GetUser").otherwise(other := pl.lit(value=True)),
        pl.coalesce(name == "GetUser", other),
        (name == "GetUser").fill_null(value=True),
        (name == "GetUser") == pl.col("read_only"),
        (name == "GetUser").is_null(),
        pl.col("actor") == "alice",
        pl.col("action") == "iam:GetUser",
        pl.col("log_file") == "a.json",
        pl.col("request_parameters") == "{}",
        pl.col("record") == "{}",
        pl.col("read_only"),
        pl.col("read_only") == True,  # noqa: E712 - the shape is what is tested
        pl.col("log_index") == 3,
        when != FIRST,
        when.is_in([FIRST, LAST]),
        when.dt.date() == date(2026, 11, 2),
        when.dt.hour() >= 3,
        when.dt.offset_by("1d") >= FIRST,
        when - timedelta(hours=1) > FIRST,
        when.cast(pl.Int64) > 0,
        pl.col("session_creation_date") >= FIRST,
        pl.lit(value=True),
        pl.lit(value=False),
        pl.lit(None, pl.Boolean),
        name.map_elements(is_palindrome, return_dtype=pl.Boolean),
        pl.col("no_such_column") == "x",
    ],
)
def test_every_other_shape_prunes_nothing(predicate: pl.Expr) -> None:
    """What is not known to bound the rows is not taken to."""
    assert pruning_of(predicate) == NOTHING


def test_no_filter_prunes_nothing() -> None:
    """Without a filter everything is read."""
    assert pruning_of(None) is NOTHING


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (lambda lf: lf.filter(when >= FIRST), Pruning(earliest=FIRST)),
        (lambda lf: lf.filter(when >= date(2026, 11, 2)), Pruning(earliest=FIRST)),
        (
            lambda lf: lf.filter(when >= datetime(2026, 11, 1, 19, tzinfo=NEW_YORK_WINTER)),
            Pruning(earliest=FIRST),
        ),
        (
            lambda lf: lf.filter(when >= pl.lit(FIRST).cast(pl.Datetime("ms", "UTC"))),
            Pruning(earliest=FIRST),
        ),
        (lambda lf: lf.filter(when > FIRST - timedelta(days=1)), Pruning(FIRST.replace(day=1))),
        (lambda lf: lf.filter(when.is_between(FIRST, LAST)), Pruning(FIRST, LAST)),
        (lambda lf: lf.filter(name.is_in(["GetUser"])), Pruning(texts=(GET,))),
        (lambda lf: lf.filter(event_name="GetUser"), Pruning(texts=(GET,))),
        (lambda lf: lf.filter(name == "GetUser", when < LAST), Pruning(latest=LAST, texts=(GET,))),
        (
            lambda lf: lf.filter(when < LAST).filter(name == "GetUser"),
            Pruning(latest=LAST, texts=(GET,)),
        ),
        (
            lambda lf: lf.filter((name == "GetUser") | (name == "PutUser")),
            Pruning(texts=(GET | PUT,)),
        ),
        (
            lambda lf: lf.filter(pl.all_horizontal(name == "GetUser", when < LAST)),
            Pruning(latest=LAST, texts=(GET,)),
        ),
        (
            lambda lf: lf.filter(pl.any_horizontal(name == "GetUser", name == "PutUser")),
            Pruning(texts=(GET | PUT,)),
        ),
        (
            lambda lf: lf.rename({"event_name": "name"}).filter(pl.col("name") == "GetUser"),
            Pruning(texts=(GET,)),
        ),
        (
            lambda lf: lf.select("event_name").filter(name == "GetUser"),
            Pruning(texts=(GET,)),
        ),
        (
            lambda lf: lf.with_columns(one=1).filter(name == "GetUser"),
            Pruning(texts=(GET,)),
        ),
        (
            lambda lf: lf.filter(name == "GetUser").group_by("actor").len(),
            Pruning(texts=(GET,)),
        ),
    ],
)
def test_filters_arrive_through_polars(
    query: Callable[[pl.LazyFrame], pl.LazyFrame], expected: Pruning
) -> None:
    """What a person writes reaches the reader in a shape that prunes."""
    assert arriving(query) == [expected]


def arriving(query: Callable[[pl.LazyFrame], pl.LazyFrame]) -> list[Pruning]:
    """Which prunings come out of the filters that Polars hands to a source?"""
    arrived: list[Pruning] = []

    def source(
        columns: list[str] | None, predicate: pl.Expr | None, *_: object
    ) -> Iterator[pl.DataFrame]:
        arrived.append(pruning_of(predicate))
        yield pl.DataFrame(schema=schema()).select(columns or list(schema()))

    query(register_io_source(source, schema=schema())).collect()
    return arrived


def test_columns_that_must_equal_one_text() -> None:
    """Both sides of an and; neither side of an or; no list."""
    name, source = pl.col("event_name") == "GetUser", pl.col("event_source") == "iam.amazonaws.com"
    assert pruning_of(name & source).equal == (
        ("event_name", "GetUser"),
        ("event_source", "iam.amazonaws.com"),
    )
    assert pruning_of(name | source).equal == ()
    assert pruning_of(pl.col("event_name").is_in(["GetUser", "PutUser"])).equal == ()
    assert pruning_of(pl.col("event_name") != "GetUser").equal == ()


@pytest.mark.parametrize(
    ("predicate", "early", "later"),
    [
        (name == "GetUser", {"event_name"}, None),
        (pl.col("outcome") == "denied", None, {"outcome"}),
        ((name == "GetUser") & (pl.col("outcome") == "denied"), {"event_name"}, {"outcome"}),
        ((name == "GetUser") | (pl.col("outcome") == "denied"), None, {"event_name", "outcome"}),
        (
            (when >= FIRST) & (pl.col("outcome") == name) & name.is_in(["GetUser", "PutUser"]),
            {"event_time", "event_name"},
            {"outcome", "event_name"},
        ),
        (
            name.map_elements(is_palindrome, return_dtype=pl.Boolean) & (pl.col("outcome") == "x"),
            {"event_name"},
            {"outcome"},
        ),
    ],
)
def test_what_needs_nothing_derived_is_filtered_first(
    predicate: pl.Expr, early: set[str] | None, later: set[str] | None
) -> None:
    """Parts that must all hold are taken in turns, in whatever way each is written."""
    parts = in_turns(predicate, {"outcome", "actor"})
    roots = [None if part is None else set(part.meta.root_names()) for part in parts]
    assert roots == [early, later]
