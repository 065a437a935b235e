"""The caller's frame in, the same kind out."""

from __future__ import annotations

import duckdb
import polars as pl
import pytest

from tests.evidence import event, events
from trailnb._frame import asked, needs, table
from trailnb.errors import ColumnError
from trailnb.facts.columns import base_schema


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
