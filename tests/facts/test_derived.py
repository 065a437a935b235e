"""The derived columns as the reader uses them."""

from __future__ import annotations

import json

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

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


ODD = st.one_of(
    st.none(),
    st.text(max_size=30),
    st.sampled_from(["AssumedRole", "iam.amazonaws.com", "DeleteUser", "arn:aws:iam::1:user/x"]),
    st.recursive(
        st.none() | st.text(max_size=8),
        lambda x: (
            st.lists(x) | st.dictionaries(st.sampled_from(["userName", "ARN", "arn", "items"]), x)
        ),
    ).map(json.dumps),
)


@settings(deadline=None)  # the first plan of an expression is slow
@given(st.data())
def test_no_record_is_too_odd(data: st.DataObject) -> None:
    """Whatever stands in the text columns, every derived column has a value or null."""
    texts = [name for name, dtype in base_schema().items() if dtype == pl.String]
    needed = sorted({name for column in DERIVED for name in column.needs} & set(texts))
    cells = {name: data.draw(ODD) for name in needed}
    odd = pl.DataFrame(schema=base_schema()).clear(1)
    odd = odd.with_columns(
        pl.lit(cell, dtype=pl.String).alias(name) for name, cell in cells.items()
    )
    names = [column.name for column in DERIVED]
    row = with_derived(odd, names).select(names).row(0, named=True)
    assert [name for name, cell in row.items() if cell is None] in ([], ["target"])
