"""Following for tests: a clock that nobody waits for, and what each step brings."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import polars as pl

from tests.store.stores import opened
from tests.trail.deliveries import at
from trailnb.trail import following

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from os import PathLike

    from trailnb.trail.arrival import Arrival
    from trailnb.trail.trail import Trail


@dataclass
class Hands:
    """A clock that moves only when somebody sleeps; `then` is done before each step but the first.

    Its steps are called with their number from 2 on.
    """

    time: datetime = field(default_factory=lambda: at("2026-11-02T09:00"))
    then: Callable[[int], object] = lambda _: None
    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        """Move on."""
        self.slept.append(seconds)
        self.time += timedelta(seconds=seconds)
        self.then(len(self.slept) + 1)

    @property
    def clock(self) -> following.Clock:
        """The clock that these hands move."""
        return following.Clock(lambda: self.time, self.sleep)


def followed(
    source: object,
    dest: str | PathLike[str],
    hands: Hands | None = None,
    *,
    how: dict[str, Any] | None = None,
    **asked: Any,
) -> Iterator[Arrival]:
    """Follow with these hands; `how` goes to `open`."""
    given: dict[str, Any] = {
        "every": "1m", "queue": None, "rounds": 1, "reader": "follow",
        "storage_options": None,
    }  # fmt: skip
    clock = (hands or Hands()).clock
    return following.follow(opened(source, **(how or {})), dest, **given | asked, clock=clock)


def numbers(arrival: Arrival | Trail) -> list[str]:
    """Which events came, by the end of their ids?"""
    found = arrival.events.select(pl.col("event_id").str.slice(24)).collect()["event_id"]
    return sorted(one.lstrip("0") or "0" for one in found)
