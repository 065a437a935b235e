"""Two windows side by side."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import trailnb as tn
from tests.evidence import event, events
from trailnb.errors import RequestError
from trailnb.questions.compare import SCHEMA, compare

ROOT = Path(__file__).parents[2]
ATTACK = tomllib.loads((ROOT / "data-samples" / "MANIFEST.toml").read_text("utf-8"))["acme"][
    "attack"
]
WINDOWS = {
    "since_a": "2026-11-01", "until_a": "2026-11-02",
    "since_b": "2026-11-02", "until_b": "2026-11-03",
}  # fmt: skip


def on(day: int, address: str, times: int = 1) -> list[dict[str, Any]]:
    """Events of a day from an address."""
    return [event(eventTime=f"2026-11-0{day}T09:00:00Z", sourceIPAddress=address)] * times


def changes(*records: dict[str, Any], **how: Any) -> dict[str, str]:
    """Which origins changed, and how?"""
    answer = compare(events(*records), **(WINDOWS | {"what": "origin"} | how)).collect()
    return dict(answer.select("value", "change").iter_rows())


def test_the_events_are_read_once_for_all_kinds(tmp_path: Path) -> None:
    """Two kinds are counted from one reading of the file."""
    file = tmp_path / "events.parquet"
    events(*on(1, "gone"), *on(2, "new")).collect().write_parquet(file)
    plan = compare(pl.scan_parquet(file), **WINDOWS, what=["origin", "region"]).explain()
    assert plan.count("Parquet SCAN") == 1


def test_new_gone_more_less() -> None:
    """Each change has its name; what stays has no row."""
    records = [
        *on(2, "new"), *on(1, "gone"), *on(1, "more", 10), *on(2, "more", 40),
        *on(1, "less", 40), *on(2, "less", 10), *on(1, "same", 30), *on(2, "same", 35),
    ]  # fmt: skip
    found = changes(*records)
    assert found == {"new": "new", "gone": "gone", "more": "more", "less": "less"}
    assert compare(events(*records), **WINDOWS).collect().schema == SCHEMA


def test_chance_is_no_change() -> None:
    """Three events instead of one may be chance."""
    assert changes(*on(1, "few"), *on(2, "few", 3)) == {}


def test_windows_of_other_lengths_compare_rates() -> None:
    """Half the events in half the time is the same."""
    records = [*on(1, "a", 20), *on(2, "a", 10)]
    assert changes(*records, until_b="2026-11-02T12:00Z") == {}


def test_what_lies_outside_the_windows_does_not_count() -> None:
    """Windows are half-open."""
    assert changes(*on(3, "later"), *on(1, "a", 2), *on(2, "a", 2)) == {}


def test_empty_window() -> None:
    """A window that ends before it begins is refused."""
    with pytest.raises(RequestError, match="since_b 2026-11-02T00:00:00Z is not before until_b"):
        compare(events(event()), **(WINDOWS | {"until_b": "2026-11-01"}))


def test_night_of_the_attack() -> None:
    """Against the night before, the attack's addresses are what is new."""
    trail = tn.open(ROOT / "data-samples" / "acme", progress=lambda _: None)
    with pytest.warns(tn.errors.ProblemWarning):
        answer = compare(
            trail, since_a="2026-11-02T02:00Z", until_a="2026-11-02T04:30Z",
            since_b="2026-11-03T02:00Z", until_b="2026-11-03T04:30Z", what="origin",
        ).collect()  # fmt: skip
    assert set(ATTACK["addresses"]) <= set(answer.filter(change="new")["value"])
