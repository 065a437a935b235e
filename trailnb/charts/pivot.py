"""A pivot drawn: what was seen together with a value, and what with nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from trailnb._frame import needs, table
from trailnb.charts import _look, _moments, _words
from trailnb.charts._ranked import ranked

if TYPE_CHECKING:
    from narwhals.stable.v2.typing import IntoFrame

    from trailnb.charts._offline import Chart, Layers

_KINDS = _look.Kinds(
    ("refused more than half", "seen only together", "seen elsewhere, too"),
    (_look.ORANGE, _look.MAGENTA, _look.GREY),
    (_look.CROSS, "diamond", _look.DOT),
)
_NEEDED = (
    "kind", "value", "events", "denied", "first_seen", "last_seen", "is_exclusive", "lift",
)  # fmt: skip
#: Of each kind; the heading counts the others.
_EACH, _ALL = 8, 100


def pivot(answer: IntoFrame, *, title: str = "Seen together") -> Chart | Layers:
    """What was seen together with the value asked for, and what with nothing else?

    A row per neighbour, grouped by kind: first what was never seen without it, then what is most
    beyond chance. Of each kind the eight most telling are drawn.

    Args:
        answer: What `trailnb.pivot` answered, any kind of frame.
        title: Heading of the chart: best says what was asked for.

    Returns:
        An Altair chart, not yet displayed, that shows itself without the network.

    Example:
        >>> import trailnb as tn
        >>> answer = tn.pivot(tn.open("data-samples/quiet"), actor="ida.berg@example.com")
        >>> pivot(answer).to_dict()["description"][:33]
        'Pivot: 2 accounts, 27 actions, 1 '
    """
    shown = table(answer)
    needs(shown.columns, _NEEDED, "charts.pivot")
    if shown.is_empty():
        return _look.nothing(title, "Pivot: nothing was seen together in this answer.")
    telling = shown.sort(
        "kind", "is_exclusive", "lift", "events", "value",
        descending=[False, True, True, True, False], nulls_last=True,
    )  # fmt: skip
    rows = telling.group_by("kind", maintain_order=True).head(_EACH).head(_ALL)
    told = _words.counted(shown.group_by("kind").len().sort("kind").iter_rows())
    alone = int(shown["is_exclusive"].fill_null(value=False).sum())
    left = shown.height - rows.height
    return ranked(
        pl.DataFrame([_row(row) for row in rows.iter_rows(named=True)]),
        _KINDS,
        title=title,
        notes=[f"The most telling of each kind; {left:,} more are in the answer"] if left else [],
        description=f"Pivot: {told}; {alone:,} seen only together.",
        amount="events seen together",
        told={"times": "times chance", "denied": "denied", "from": "first", "until": "last"},
        scale="log",
        form=",d",
    )


def _row(row: dict[str, Any]) -> dict[str, Any]:
    is_refused = row["denied"] * 2 > row["events"]
    name = _KINDS.names[0 if is_refused else 1 if row["is_exclusive"] else 2]
    times = f"{row['lift']:,.1f}" if row["lift"] is not None else "unknown"
    note = "only together" if row["is_exclusive"] else f"{times} times chance"
    return {
        "row": f"{_words.label(row['kind'])}  {_words.label(row['value'], 40)}",
        "amount": row["events"],
        "kind": name,
        "note": f"{_words.many(row['events'], 'event')} · {note}",
        "times": times,
        "denied": f"{row['denied']:,}",
        "from": _moments.told(row["first_seen"]),
        "until": _moments.told(row["last_seen"]),
    }
