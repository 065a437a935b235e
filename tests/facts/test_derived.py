"""The derived columns as the reader uses them."""

from __future__ import annotations

import polars as pl

from tests.evidence import event, events
from trailnb.facts.columns import BY_NAME, base_schema
from trailnb.facts.derived import DERIVED, with_derived


def test_needs_are_base_columns() -> None:
    """A derived column says which base columns it reads, and reads no other."""
    for column in DERIVED:
        assert column.needs
        assert set(column.needs) <= set(BY_NAME)
        alone = pl.DataFrame(schema=base_schema()).select(column.needs)
        assert (
            alone.with_columns(column.expr.alias(column.name)).schema[column.name] == column.dtype
        )


def test_batches_agree_with_the_whole() -> None:
    """Computed batch by batch or at once, a derived column is the same."""
    whole = events(event(), event(eventName="DeleteBucket", errorCode="AccessDenied"))
    base = whole.select(base_schema().names()).collect()
    names = [column.name for column in DERIVED]
    parts = pl.concat(with_derived(base[i : i + 1], names) for i in range(base.height))
    assert parts.select(names).equals(whole.select(names).collect())


def test_meant_to_be_null_only_in_target() -> None:
    """Every derived column but the target is never null, even for an empty record."""
    empty = pl.DataFrame(schema=base_schema()).clear(1)
    seen = with_derived(empty, [column.name for column in DERIVED]).row(0, named=True)
    assert [c.name for c in DERIVED if seen[c.name] is None] == ["target"]
