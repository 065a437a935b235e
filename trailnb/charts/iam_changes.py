"""Permission changes drawn: who was given more, who less, and what was only tried."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from trailnb._frame import needs, table
from trailnb.charts import _look, _moments, _words
from trailnb.charts._lanes import drawn, laned

if TYPE_CHECKING:
    from narwhals.stable.v2.typing import IntoFrame

    from trailnb.charts._offline import Chart, Layers

_KINDS = _look.Kinds(
    ("attempted", "gained", "made", "gained and lost", "lost", "other change"),
    (_look.ORANGE, _look.BLUE, _look.BLUE, _look.MAGENTA, _look.GREEN, _look.GREY),
    (_look.CROSS, "triangle-up", "square", "diamond", "triangle-down", _look.DOT),
)
_MARKS = 2
_WEIGHTS = {"gained": 4, "gained and lost": 3, "made": 2, "attempted": 2}
_NEEDED = (
    "time", "actor", "action", "change", "entity_kind", "entity_name", "aspect", "gained", "lost",
    "marks", "account", "event_id",
)  # fmt: skip


def iam_changes(answer: IntoFrame, *, title: str = "Whose permissions changed") -> Chart | Layers:
    """Whose permissions changed when, and for more or for less?

    A lane per user, role, group or policy that was changed, those that gained in bursts first;
    beside it the weightiest marks. What changed nothing is left out and counted; what was attempted
    and refused is drawn. Beyond 16 things the calmest share one lane.

    Args:
        answer: What `trailnb.iam_changes` answered, any kind of frame.
        title: Heading of the chart.

    Returns:
        An Altair chart, not yet displayed, that shows itself without the network.

    Example:
        >>> import trailnb as tn
        >>> answer = tn.iam_changes(tn.open("data-samples/quiet"))
        >>> iam_changes(answer).to_dict()["description"][:54]
        'Permission changes: 2 to 1 thing, 2026-11-02 17:13 to '
    """
    shown = table(answer)
    needs(shown.columns, _NEEDED, "charts.iam_changes")
    is_same = pl.col("change") == "unchanged"
    same = shown.filter(is_same).height
    events = (
        shown.filter(~is_same)
        .select("time", lane=_lane(shown), told=_told(), kind=_kind(), count=pl.lit(1, pl.Int64))
        .drop_nulls("time")
    )
    said = f"; {same:,} calls changed nothing" if same else ""
    said += _words.without(shown.height - same - events.height)
    if events.is_empty():
        return _look.nothing(title, f"Permission changes: none in this answer{said}.")
    found = laned(events, _WEIGHTS, "calmer ones")
    counts = dict(events.group_by("kind").len().iter_rows())
    told = ", ".join(f"{counts[kind]:,} {kind}" for kind in _KINDS.names if kind in counts)
    sentence = (
        f"Permission changes: {events.height:,} to "
        f"{_words.many(events['lane'].n_unique(), 'thing')}, {_moments.during(found.span)}: "
        f"{told}{said}."
    )
    return drawn(
        found,
        _KINDS,
        title=title,
        description=sentence,
        lane="changed",
        told="what, and its marks",
        notes=_notes(shown.with_columns(lane=_lane(shown))),
    )


def _lane(shown: pl.DataFrame) -> pl.Expr:
    """Name what was changed; with its account only where there are several."""
    # A policy is called by its ARN, and the account stands before it already.
    name = pl.col("entity_name").str.replace(r"^arn:[^/]*/", "").fill_null("unknown")
    name = pl.concat_str(pl.col("entity_kind").fill_null("unknown"), name, separator="/")
    if shown["account"].n_unique() < 2:  # noqa: PLR2004 - one account needs no name
        return name
    return pl.concat_str(pl.col("account").fill_null("unknown"), name, separator=" ")


def _kind() -> pl.Expr:
    gained, lost = (pl.col(name).list.len().fill_null(0) > 0 for name in ("gained", "lost"))
    return (
        pl.when(pl.col("change") == "attempted")
        .then(pl.lit(_KINDS.names[0]))
        .when(gained & lost)
        .then(pl.lit(_KINDS.names[3]))
        .when(gained)
        .then(pl.lit(_KINDS.names[1]))
        .when(lost)
        .then(pl.lit(_KINDS.names[4]))
        .when(pl.col("change") == "made")
        .then(pl.lit(_KINDS.names[2]))
        .otherwise(pl.lit(_KINDS.names[5]))
    )


def _told() -> pl.Expr:
    """Say what was called by whom, and what makes it weighty."""
    marks = pl.col("marks").list.head(2).list.join(", ", ignore_nulls=True).fill_null("")
    by = pl.concat_str(
        pl.col("action").fill_null("unknown"), pl.lit(" by "), pl.col("actor").fill_null("unknown")
    )
    return pl.when(marks == "").then(by).otherwise(pl.concat_str(by, pl.lit(": "), marks))


def _notes(shown: pl.DataFrame) -> dict[str, str]:
    """Name each lane's marks, the weightiest first, as each change has them."""
    marks = (
        shown.explode("marks")
        .drop_nulls("marks")
        .with_columns(place=pl.int_range(pl.len()).over("event_id", "lane", "aspect"))
        .group_by("lane", "marks")
        .agg(pl.col("place").min())
        .sort("place", "marks")
        .group_by("lane", maintain_order=True)
        .agg(pl.col("marks"))
    )
    return {
        lane: _words.listed(names[:_MARKS], others=len(names) - _MARKS)
        for lane, names in marks.iter_rows()
    }
