"""The corpus reaches every column, and made plain it steers nothing."""

from __future__ import annotations

import polars as pl
import pytest

from tests.hostile import PAYLOADS, STEERING, filled
from trailnb._plain import plain


def test_every_text_column_is_filled() -> None:
    """Each payload stands in each text column and list, beside plausible other values."""
    schema = {"time": pl.Datetime("us", "UTC"), "a": pl.String(), "b": pl.List(pl.String())}
    frame = filled(schema | {"status": pl.String(), "n": pl.Int64()}, status="seen")
    assert frame["a"].to_list() == list(PAYLOADS.values())
    assert frame["b"].list.first().to_list() == list(PAYLOADS.values())
    assert frame["status"].unique().to_list() == ["seen"]
    assert frame.null_count().row(0) == (0, 0, 0, 0, 0)


@pytest.mark.parametrize("name", PAYLOADS)
def test_plain_text_steers_nothing(name: str) -> None:
    """Made plain, no payload holds a character that a terminal or a label would obey."""
    assert STEERING.search(plain(PAYLOADS[name])) is None
