"""Does a check of the store find every part that is not what its ledger says?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
import pytest

from tests.store.stores import ledger_of, opened, parts_in, saved, three_days
from tests.trail.deliveries import WatchedSource, key
from trailnb.errors import RequestError
from trailnb.formats.problem import PROBLEM_SCHEMA
from trailnb.store.writing import part_bytes

if TYPE_CHECKING:
    from pathlib import Path


def test_whole_store(tmp_path: Path) -> None:
    """Nothing is said of a store that is whole."""
    found = saved(three_days(), tmp_path).verify_store()
    assert found.schema == PROBLEM_SCHEMA
    assert found.height == 0


def test_missing_and_foreign_rows(tmp_path: Path) -> None:
    """Rows that are gone, and rows of log files the ledger does not list, are found."""
    saved(three_days(), tmp_path)
    part = ledger_of(tmp_path).parts[0]
    path = tmp_path / part.name
    rows = pl.read_parquet(path, hive_partitioning=False)
    foreign = rows[1:2].with_columns(log_file=pl.lit("foreign.json"))
    path.write_bytes(part_bytes(pl.concat([rows[1:], foreign]), part.footer))
    found = opened(tmp_path).verify_store()
    assert found["log_file"].to_list() == [key("2026-11-01T09:05"), "foreign.json"]
    assert "holds 1 of its 2 events" in found["reason"][0]
    assert "lacks" in found["reason"][1]


@pytest.mark.parametrize("at", [0.1, 0.5, 0.9, 1.0])
def test_damage_in_the_middle(tmp_path: Path, at: float) -> None:
    """Bytes that rotted are found, wherever they are; removing the part and saving repairs."""
    saved(three_days(), tmp_path)
    path = parts_in(tmp_path)[1]
    content = bytearray(path.read_bytes())
    start = int(at * (len(content) - 64))
    content[start : start + 64] = bytes(64)
    path.write_bytes(content)
    found = opened(tmp_path).verify_store()
    if at < 1.0 and not found.height:
        pytest.skip("the damage hit nothing that Parquet checks")
    assert found["log_file"].to_list() == [path.relative_to(tmp_path).as_posix()]
    path.unlink()
    assert saved(three_days(), tmp_path).verify_store().height == 0


def test_only_stores_are_verified() -> None:
    """Raw logs have no parts to check."""
    with pytest.raises(RequestError, match="not a saved one"):
        opened(WatchedSource(three_days())).verify_store()
