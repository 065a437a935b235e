"""Failures drawn: which errors, for whom, how many of all calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from trailnb._frame import needs, table
from trailnb.charts import _look, _moments, _words
from trailnb.charts._ranked import ROWS, ranked
from trailnb.charts._roles import shared

if TYPE_CHECKING:
    from narwhals.stable.v2.typing import IntoFrame

    from trailnb.charts._offline import Chart, Layers

_KINDS = _look.Kinds(
    ("denied", "failed", "throttled", "invalid", "not found"),
    (_look.ORANGE, _look.ORANGE, _look.MAGENTA, _look.BLUE, _look.GREY),
    (_look.CROSS, "square", "triangle-up", "diamond", _look.DOT),
)
_OTHER = _KINDS.names[1]
_NEEDED = (
    "actor", "service", "outcome", "error", "events", "calls", "share", "first_seen", "last_seen",
)  # fmt: skip


def failures(answer: IntoFrame, *, title: str = "What went wrong") -> Chart | Layers:
    """Which calls failed, for whom, with which code, and what part of all calls is that?

    A row per actor, service, outcome and code, the most frequent first, with its share of the
    actor's calls to that service: what fails always is broken, what fails at times is busy. More
    than three sessions of one role share a row. Beyond 30 rows the heading counts the rest.

    Args:
        answer: What `trailnb.failures` answered, any kind of frame.
        title: Heading of the chart.

    Returns:
        An Altair chart, not yet displayed, that shows itself without the network.

    Example:
        >>> import trailnb as tn
        >>> answer = tn.failures(tn.open("data-samples/quiet"))
        >>> failures(answer).to_dict()["description"]
        'Failures: 63 events of 23 actors: 32 failed, 21 not found, 6 denied, 4 throttled.'
    """
    shown = table(answer)
    needs(shown.columns, _NEEDED, "charts.failures")
    if shown.is_empty():
        return _look.nothing(title, "Failures: none in this answer.")
    counts = shown.group_by("outcome").agg(pl.col("events").sum()).sort("events", descending=True)
    told = ", ".join(f"{number:,} {_said(name)}" for name, number in counts.head(6).iter_rows())
    ordered = _shared(shown)
    left = ordered.height - ROWS
    return ranked(
        pl.DataFrame([_row(row) for row in ordered.head(ROWS).iter_rows(named=True)]),
        _KINDS,
        title=title,
        notes=[f"{left:,} rarer ones are in the answer"] if left > 0 else [],
        description=(
            f"Failures: {_words.many(int(shown['events'].sum()), 'event')} of "
            f"{_words.many(shown['actor'].n_unique(), 'actor')}: {told}."
        ),
        amount="events",
        told={"actor": "actor", "share": "share", "from": "first", "until": "last"},
        form=",d",
    )


def _shared(shown: pl.DataFrame) -> pl.DataFrame:
    """Let many sessions of a role share a row, with all their calls."""
    names = shared(shown["actor"])
    by = ["actor", "service", "outcome", "error"]
    return (
        shown.with_columns(pl.col("actor").replace_strict(names, return_dtype=pl.String()))
        .group_by(by)
        .agg(
            pl.col("events", "calls").sum(),
            pl.col("first_seen").min(),
            pl.col("last_seen").max(),
        )
        .with_columns(share=pl.col("events") / pl.col("calls"))
        .sort("events", *by, descending=[True, False, False, False, False])
    )


def _row(row: dict[str, Any]) -> dict[str, Any]:
    part, calls = row["events"], row["calls"]
    share = f"{part:,} of {_words.many(calls, 'call')}, {row['share']:.0%}"
    if part == calls:
        share = f"all {calls:,} calls" if calls > 1 else "its only call"
    kind = _said(row["outcome"])
    actor = _words.label(row["actor"])
    error = "no code" if row["error"] is None else _words.label(row["error"])
    return {
        "row": f"{_words.label(row['service'])}  {error}",
        "amount": row["events"],
        "kind": kind if kind in _KINDS.names else _OTHER,
        "note": f"{share} · {actor}",
        "actor": actor,
        "share": share,
        "from": _moments.told(row["first_seen"]),
        "until": _moments.told(row["last_seen"]),
    }


def _said(outcome: str | None) -> str:
    return _words.label(outcome).replace("_", " ")
