"""What the tests of explorers share: a page to show them on, and the sample story."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import trailnb as tn
from tests.ui.mounting import Stage, stage

if TYPE_CHECKING:
    from collections.abc import Iterator

    import polars as pl


@pytest.fixture(name="on", scope="module")
def _stage() -> Iterator[Stage]:
    """Show one explorer after the other on one page."""
    with stage() as one:
        yield one


@pytest.fixture(name="story", scope="session")
def _story() -> pl.LazyFrame:
    """Read the incident of the samples once; one of its files is torn."""
    with pytest.warns(UserWarning, match="2 problems in 1 log file"):
        return tn.open("data-samples/acme", progress=lambda _: None).events.collect().lazy()
