"""When did what is unusual begin, and when did it end? Windows that belong together are one spell.

A spell begins on a high bar and ends on a low one, so that it does not flicker: it is the stretch
in which there are more events, in sum, than twice what is expected.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

import polars as pl

from trailnb.questions._unusual import WINDOWS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: Times the expected rate: below it, a spell ends.
_EXIT = 2.0
#: A pause of so large a part of the window that tells it ends a spell.
_PARTS = 4
_Window = dict[str, int | float | bool]


def spells(windows: pl.DataFrame, counts: pl.DataFrame, quiet: int) -> pl.DataFrame:
    """Which spells do these windows make? One row each, as `WINDOWS`, with start and end exact.

    Args:
        windows: what was unusual, as `WINDOWS`.
        counts: series, minute, events: one row per minute that has any.
        quiet: so many minutes without anything unusual end a spell.

    Example:
        >>> row = {"series": 1, "start": 100, "stop": 115, "events": 60, "expected": 0.1}
        >>> row |= {"baseline": 0.1, "score": 90.0, "days": 7, "has_rhythm": False}
        >>> counts = {"series": [1, 1, 1], "minute": [50, 103, 104], "events": [1, 30, 30]}
        >>> counts = pl.DataFrame(counts, schema_overrides={"series": pl.UInt32})
        >>> spells(pl.DataFrame([row], schema=WINDOWS), counts, 15).row(0)[1:4]
        (103, 105, 60)
    """
    minutes = counts.join(windows.select("series").unique(), on="series").sort("series", "minute")
    by_series = minutes.partition_by("series", as_dict=True, include_key=False)
    rows: list[_Window] = []
    for (key,), found in windows.partition_by("series", as_dict=True).items():
        strongest_first = found.sort("score", "start", "stop", descending=[True, False, False])
        rows += _told(strongest_first.to_dicts(), by_series[key,].rows(), quiet)
    return pl.DataFrame(rows, schema=WINDOWS, orient="row").sort("start", "series")


def _told(
    windows: Sequence[_Window], minutes: Sequence[tuple[int, int]], quiet: int
) -> Iterator[_Window]:
    """Tell the strongest window's spell, then that of the strongest outside of it, and so on."""
    left = list(windows)
    while left:
        strongest = left[0]
        pause = max(quiet, (int(strongest["stop"]) - int(strongest["start"])) // _PARTS)
        runs = [_exact(strongest, run) for run in _runs(strongest, minutes, pause)]
        # A long window may hold several: the others have shorter windows of their own.
        spell = max(runs, key=lambda run: (run["events"], -run["start"]))
        yield spell
        start, stop = int(spell["start"]) - quiet, int(spell["stop"]) + quiet
        left = [one for one in left[1:] if int(one["start"]) >= stop or int(one["stop"]) <= start]


def _runs(
    window: _Window, minutes: Sequence[tuple[int, int]], pause: int
) -> Iterator[Sequence[tuple[int, int]]]:
    """Which runs of minutes without a pause begin in the window, or reach into it?"""
    first = bisect_left(minutes, int(window["start"]), key=_minute)
    last = bisect_left(minutes, int(window["stop"]), key=_minute)
    while first and minutes[first][0] - minutes[first - 1][0] <= pause:
        first -= 1
    while last < len(minutes) and minutes[last][0] - minutes[last - 1][0] <= pause:
        last += 1
    begin = first
    for at in range(first + 1, last):
        if minutes[at][0] - minutes[at - 1][0] > pause:
            yield minutes[begin:at]
            begin = at
    yield minutes[begin:last]


def _minute(row: tuple[int, int]) -> int:
    return row[0]


def _exact(window: _Window, minutes: Sequence[tuple[int, int]]) -> _Window:
    """Find the stretch with the most events beyond what ends a spell."""
    cost = _EXIT * float(window["expected"])
    best = gain = 0.0
    begin = before = minutes[0][0]
    start, stop = begin, minutes[-1][0] + 1
    for minute, events in minutes:
        gain -= cost * (minute - before)
        if gain <= 0:
            gain, begin = 0.0, minute
        gain += events - cost
        before = minute + 1
        if gain > best:
            best, start, stop = gain, begin, before
    events = sum(count for minute, count in minutes if start <= minute < stop)
    return {**window, "start": start, "stop": stop, "events": events}
