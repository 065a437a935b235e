"""Stores for tests: what a trail answers, saved and raw, and how a test saves."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl
from polars.testing import assert_frame_equal

import trailnb as tn
from tests.trail.deliveries import WatchedSource, key, log, numbered
from trailnb.errors import ProblemWarning
from trailnb.store import ledger as ledgers
from trailnb.store.place import place_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from os import PathLike
    from pathlib import Path

    from trailnb.store.ledger import Ledger
    from trailnb.trail.trail import Trail

SORT = ["event_time", "event_id", "log_file", "log_index"]


def quiet(_: object) -> None:
    """Show no progress."""


def opened(uri: object, **how: Any) -> Trail:
    """Open without a progress line."""
    return tn.open(uri, progress=quiet, **how)


def saved(contents: Mapping[str, bytes], dest: str | PathLike[str], **how: Any) -> Trail:
    """Save logs in memory, and open what was saved."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ProblemWarning)
        return opened(WatchedSource(dict(contents)), **how).save(dest)


def ledger_of(dest: str | PathLike[str]) -> Ledger:
    """Read the ledger of a store."""
    return ledgers.load(place_of(dest, None))


def parts_in(dest: Path) -> list[Path]:
    """Which parts lie in this store?"""
    return sorted(dest.glob("date=*/*.parquet"))


def ids(trail: Trail) -> list[str]:
    """Which events does it bring, by the end of their ids? Sorted, as often as they come."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ProblemWarning)
        found = trail.events.select(pl.col("event_id").str.slice(24)).collect()
    return sorted(one.lstrip("0") or "0" for one in found["event_id"])


@dataclass(frozen=True)
class Answers:
    """Everything that a trail answers."""

    frames: dict[str, pl.DataFrame | None]


def answers(trail: Trail) -> Answers:
    """Events with all columns, files, and what is said of them; worth keeping of a raw trail."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ProblemWarning)
        before = trail.lookback_events
        frames = {
            "events": trail.events.collect().sort(SORT, nulls_last=True),
            "before": None if before is None else before.collect().sort(SORT, nulls_last=True),
            "problems": trail.problems(),
            "duplicates": trail.duplicates(),
            "coverage": trail.coverage(),
            "files": trail.files(),
        }
    return Answers(frames)


def assert_same(one: Trail, other: Trail | Answers) -> None:
    """Every answer of both trails is the same."""
    found = answers(one).frames
    wanted = (other if isinstance(other, Answers) else answers(other)).frames
    for name, frame in wanted.items():
        same = found[name]
        if frame is None or same is None:
            assert frame is same, name
        else:
            assert_frame_equal(same, frame)


def three_days() -> dict[str, bytes]:
    """Five files over three days; one of them brings again what was delivered the day before."""
    return {
        key("2026-11-01T09:05"): log(
            numbered(1, eventTime="2026-11-01T09:00:00Z"),
            numbered(2, eventTime="2026-11-01T09:01:00Z"),
        ),
        key("2026-11-01T23:55"): log(numbered(3, eventTime="2026-11-01T23:50:00Z")),
        key("2026-11-02T00:05"): log(
            numbered(3, eventTime="2026-11-01T23:50:00Z"),
            numbered(4, eventTime="2026-11-02T00:01:00Z"),
        ),
        key("2026-11-02T09:05"): log(numbered(5, eventTime="2026-11-02T09:00:00Z")),
        key("2026-11-03T09:05"): log(numbered(6, eventTime="2026-11-03T09:00:00Z")),
    }
