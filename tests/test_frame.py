"""The caller's frame in, the same kind out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import duckdb
import polars as pl
import pytest

from tests.evidence import event, events, user
from trailnb._frame import asked, needs, refined, table
from trailnb.errors import ColumnError
from trailnb.facts.columns import base_schema
from trailnb.facts.derived import with_derived

if TYPE_CHECKING:
    from collections.abc import Callable


def test_polars_frame_with_base_columns_is_derived() -> None:
    """A Polars frame that carries the record's columns needs no derived ones."""
    base = events(event()).select(base_schema().names())
    assert (
        asked(base, ["actor"], "timeline").to_native().select("actor").collect().item() == "alice"
    )


def test_missing_column_is_named_with_a_hint() -> None:
    """The error says who asks, what is missing and what to pass instead."""
    with pytest.raises(
        ColumnError, match=r"timeline needs the columns action, target.*trail\.events"
    ):
        needs(["actor"], ["actor", "action", "target"], "timeline")


def test_table_collects_every_kind_of_frame() -> None:
    """Any answer can be shown: the rows are the same whatever the engine."""
    rows = pl.DataFrame({"actor": ["alice", "bob"]})
    pandas, relation = rows.to_pandas(), duckdb.from_arrow(rows.to_arrow())
    for answer in (rows, rows.lazy(), pandas, relation, rows.to_arrow()):
        assert table(answer).to_dicts() == rows.to_dicts()


@pytest.mark.parametrize("convert", [pl.DataFrame.to_pandas, pl.DataFrame.to_arrow])
def test_pandas_and_arrow_are_derived_and_stay_what_they_are(
    convert: Callable[[pl.DataFrame], Any],
) -> None:
    """Base columns are enough; the derived ones are what Polars would have said."""
    base = events(event(), event(eventID="b", readOnly=None)).select(base_schema().names())
    names = ["actor", "target_count", "is_console", "source_address_key"]
    native = convert(base.collect())
    answer = asked(native, names, "timeline").to_native()
    assert type(answer) is type(native)
    expected = with_derived(base, names).select(names).collect()
    assert table(answer).select(names).to_dicts() == expected.to_dicts()


def test_pandas_rows_keep_their_labels() -> None:
    """Derived columns are laid beside the rows by place, not by label."""
    frame = events(event(), event(eventID="b", userIdentity=user("bob"))).collect().to_pandas()
    shuffled = frame[base_schema().names()].iloc[::-1]
    answer = asked(shuffled, ["actor"], "timeline").to_native()
    assert answer["actor"].to_dict() == {1: "bob", 0: "alice"}


def test_engine_table_without_derived_columns_is_sent_to_save() -> None:
    """DuckDB's rows stay where they are: the error names the way to the columns."""
    relation = duckdb.from_arrow(pl.DataFrame({"event_time": [1]}).to_arrow())
    with pytest.raises(ColumnError, match=r"needs the column actor.*trail\.save"):
        asked(relation, ["actor"], "actors")


def test_column_named_events_does_not_hide_the_frame() -> None:
    """An answer that counts events is a frame, not a trail."""
    frame = pl.DataFrame({"actor": ["alice"], "events": [3]}).to_pandas()
    assert asked(frame, ["actor"], "actors").columns == ["actor", "events"]


def test_refined_answer_waits_until_it_is_collected() -> None:
    """Nothing is computed for an answer that nobody looks at."""
    looked = []

    def answer() -> pl.DataFrame:
        looked.append("once")
        return pl.DataFrame({"events": [1]})

    waiting = refined(pl.Schema({"events": pl.Int64()}), answer)
    assert (looked, waiting.collect_schema().names()) == ([], ["events"])
    assert (waiting.collect().item(), looked) == (1, ["once"])
