"""Origins drawn: a lane per address, since when, until when, and what is odd about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from trailnb._frame import needs, table
from trailnb.charts import _look, _moments, _words
from trailnb.charts._spans import LANES, spans

if TYPE_CHECKING:
    from narwhals.stable.v2.typing import IntoFrame

    from trailnb.charts._offline import Chart, Layers

_KINDS = _look.Kinds(
    ("refused more than half", "refused at times", "changed something", "only read"),
    (_look.ORANGE, _look.ORANGE, _look.BLUE, _look.GREY),
    (_look.CROSS, "triangle-down", "square", _look.BAR),
)
_NEEDED = ("origin", "kind", "first_seen", "last_seen", "events", "denied", "writes")
_LISTED = ("actors", "agents")
#: Where a person or a workload may be; a service calls for everybody.
_FROM_OUTSIDE = ("public", "private", "malformed")


def origins(answer: IntoFrame, *, title: str = "Where calls came from") -> Chart | Layers:
    """From where did calls come, since when, and which addresses are odd?

    A lane per origin: what has the most marks first, then what was seen last of all. A line leads
    from the first call to the last, its start has the shape of what happened there, and what is
    odd stands beside it. Beyond 30 origins the heading counts the rest.

    Args:
        answer: What `trailnb.origins` answered, with marks or without, any kind of frame.
        title: Heading of the chart.

    Returns:
        An Altair chart, not yet displayed, that shows itself without the network.

    Example:
        >>> import trailnb as tn
        >>> answer = tn.origins(tn.open("data-samples/quiet"))
        >>> origins(answer).to_dict()["description"]
        'Origins: 29 in 1,442 events, 2026-11-02 03:48 to 2026-11-04 20:10 UTC; none is marked odd.'
    """
    shown = table(answer)
    needs(shown.columns, _NEEDED, "charts.origins")
    known = shown.drop_nulls("first_seen")
    undated = _words.without(shown.height - known.height)
    if known.is_empty():
        return _look.nothing(title, f"Origins: no call in this answer{undated}.")
    ordered = _ordered(known)
    odd = int((ordered["oddities"] > 0).sum())
    span = _moments.span_of(known, "first_seen", "last_seen")
    said = f"{odd:,} marked odd" if odd else "none is marked odd"
    sentence = (
        f"Origins: {known.height:,} in {_words.many(int(known['events'].sum()), 'event')}, "
        f"{_moments.during(span)}; {said}{undated}."
    )
    left = known.height - LANES
    return spans(
        _rows(ordered.head(LANES)),
        _KINDS,
        title=title,
        notes=[f"{left:,} more origins are in the answer, none of them odder"] if left > 0 else [],
        description=sentence,
        lane="origin",
    )


def _ordered(known: pl.DataFrame) -> pl.DataFrame:
    """Put the odd and the new first."""
    events, denied = pl.col("events"), pl.col("denied")
    kind = (
        pl.when(denied * 2 > events)
        .then(pl.lit(_KINDS.names[0]))
        .when(denied > 0)
        .then(pl.lit(_KINDS.names[1]))
        .when(pl.col("writes") > 0)
        .then(pl.lit(_KINDS.names[2]))
        .otherwise(pl.lit(_KINDS.names[3]))
    )
    marks = pl.col("marks").list.len() if "marks" in known.columns else pl.lit(0)
    return known.with_columns(oddities=marks.cast(pl.Int64), what=kind).sort(
        "oddities", "first_seen", "origin", descending=[True, True, False], nulls_last=True
    )


def _rows(ordered: pl.DataFrame) -> pl.DataFrame:
    """Give each its note."""
    notes = [_note(row) for row in ordered.iter_rows(named=True)]
    told = [_told(row) for row in ordered.iter_rows(named=True)]
    return ordered.select(
        "first_seen", "last_seen", "events", "denied",
        lane="origin", kind="what",
        note=pl.Series(notes, dtype=pl.String), more=pl.Series(told, dtype=pl.String),
    )  # fmt: skip


def _note(row: dict[str, Any]) -> str:
    """Say what is odd, what label or kind of place it is, and who came from there."""
    kind = {"public": "", "none": "no address was logged"}.get(row["kind"], row["kind"])
    place = row.get("network") or kind
    marks = _words.listed(row.get("marks") or [])
    actors = row.get("actors") or []
    who = ""
    if isinstance(actors, list) and actors and row["kind"] in _FROM_OUTSIDE:
        who = _words.listed([_words.label(actors[0], 32)], others=len(actors) - 1)
    return " · ".join(filter(None, [marks, _words.label(place) if place else "", who]))


def _told(row: dict[str, Any]) -> str:
    """Name whom and what was used there; counts, where the answer has only counts."""
    lists = {name: row[name] for name in _LISTED if name in row}
    return "; ".join(
        f"{name}: {_words.listed(of[:3], others=len(of) - 3)}"
        if isinstance(of, list)
        else f"{of:,} {name}"
        for name, of in lists.items()
        if of
    )
