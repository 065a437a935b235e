"""Time on a chart: in UTC wherever the reader sits, in round steps, and told in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TypeAlias

import altair as alt
import polars as pl

Span: TypeAlias = tuple[datetime, datetime]

# Bins are round times: a mark's tooltip then says "02:10", not "02:08:37".
_STEPS = (1, 5, 15, 60, 300, 900, 3_600, 10_800, 21_600, 43_200, 86_400, 604_800)
_NEVER = datetime.fromtimestamp(0, UTC)


def span_of(frame: pl.DataFrame, first: str = "time", last: str | None = None) -> Span:
    """From when to when does the frame speak? Without any time, the epoch.

    Example:
        >>> span_of(pl.DataFrame({"time": [datetime(2026, 11, 2, tzinfo=UTC)]}))[0].day
        2
    """
    start, end = frame.select(pl.col(first).min(), pl.col(last or first).max().alias("_end")).row(0)
    return start or _NEVER, end or _NEVER


def step(span: Span, bins: int, *, least: int = 1) -> timedelta:
    """Which is the smallest round stretch of time that needs no more than so many bins?

    Example:
        >>> start = datetime(2026, 11, 2, tzinfo=UTC)
        >>> step((start, start + timedelta(days=2)), 100)
        datetime.timedelta(seconds=3600)
    """
    seconds = (span[1] - span[0]).total_seconds()
    fitting = (one for one in _STEPS if one >= least and seconds / one <= bins)
    return timedelta(seconds=next(fitting, int(seconds / bins) + 1))


def axis(field: str, span: Span, *, title: str = "time (UTC)", ticks: int = 8) -> alt.X:
    """How is time drawn: on a scale that says UTC, with days or minutes as the span asks?

    Example:
        >>> axis("time", (_NEVER, _NEVER)).to_dict()["scale"]
        {'type': 'utc'}
    """
    days = (span[1] - span[0]) / timedelta(days=1)
    # Vega reads times in the reader's zone unless the scale itself says UTC.
    return alt.X(
        f"{field}:T",
        scale=alt.Scale(type="utc"),
        title=title,
        axis=alt.Axis(
            format="%Y-%m-%d" if days > 10 else "%m-%d %H:%M",  # noqa: PLR2004 days fit in labels
            labelOverlap=True,
            tickCount=ticks,
        ),
    )


def stamp(moment: datetime) -> str:
    """How is a moment handed to Vega: with its zone, so that no browser guesses?

    Example:
        >>> stamp(datetime(2026, 11, 2, 2, 13, tzinfo=UTC))
        '2026-11-02T02:13:00Z'
    """
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def told(moment: datetime | None) -> str:
    """How is a moment read in a tooltip?

    Example:
        >>> told(datetime(2026, 11, 2, 2, 13, tzinfo=UTC))
        '2026-11-02 02:13:00 UTC'
    """
    return "unknown" if moment is None else f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def during(span: Span) -> str:
    """How is a span said in a sentence?

    Example:
        >>> start = datetime(2026, 11, 2, 2, 13, tzinfo=UTC)
        >>> during((start, start + timedelta(minutes=4)))
        '2026-11-02 02:13 to 02:17 UTC'
    """
    first, last = span
    until = f"{last:%H:%M}" if first.date() == last.date() else f"{last:%Y-%m-%d %H:%M}"
    return f"{first:%Y-%m-%d %H:%M} to {until} UTC"
