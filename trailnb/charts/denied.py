"""Refusals drawn: who was refused what; one row full of crosses is somebody who tries doors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import altair as alt
import polars as pl

from trailnb._frame import needs, table
from trailnb.charts import _look, _moments, _words
from trailnb.charts._cells import cells

if TYPE_CHECKING:
    from narwhals.stable.v2.typing import IntoFrame

    from trailnb.charts._offline import Chart

_KINDS = _look.Kinds(
    (
        "identity policy", "resource policy", "service control policy", "permissions boundary",
        "other policies", "the error does not say",
    ),
    (_look.ORANGE, _look.MAGENTA, _look.BLUE, _look.GREEN, _look.ORANGE, _look.GREY),
    (_look.CROSS, "square", "triangle-up", "diamond", "triangle-down", _look.DOT),
)  # fmt: skip
_OTHER, _UNSAID = _KINDS.names[-2:]
_NEEDED = ("actor", "action", "denied_by", "events", "first_seen", "last_seen")
_ACTORS, _ACTIONS = 20, 40
_CELL, _STEP, _ANGLE = 15, 18, -50


def denied(answer: IntoFrame, *, title: str = "Who was refused what") -> Chart:
    """Who was refused what, and by which kind of policy?

    A row per actor, those with the most different refused actions first, and a column per action. A
    broken workload shows as one big mark; who explores a stolen credential shows as a row of many.
    Beyond 20 actors and 40 actions the heading counts the rest.

    Args:
        answer: What `trailnb.denied` answered, any kind of frame.
        title: Heading of the chart.

    Returns:
        An Altair chart, not yet displayed, that shows itself without the network.

    Example:
        >>> import trailnb as tn
        >>> answer = tn.denied(tn.open("data-samples/acme", since="2026-11-03"))
        >>> denied(answer).to_dict()["description"].partition("; ")[2]
        'ci-deploy was refused the most different actions, 14.'
    """
    shown = table(answer)
    needs(shown.columns, _NEEDED, "charts.denied")
    if shown.is_empty():
        return _look.nothing(title, "Refusals: none in this answer.")
    shown = shown.with_columns(pl.col("actor", "action").fill_null("unknown"))
    actors = _ranked(shown, "actor", "action")
    actions = _ranked(shown, "action", "actor")
    drawn = shown.filter(
        pl.col("actor").is_in(actors[:_ACTORS]), pl.col("action").is_in(actions[:_ACTIONS])
    )
    left = int(shown["events"].sum()) - int(drawn["events"].sum())
    keys = {actor: _look.key(place, _words.label(actor)) for place, actor in enumerate(actors)}
    columns = {
        action: _look.key(place, _words.label(action, 40))
        for place, action in enumerate(sorted(drawn["action"].unique()))
    }
    values = [_value(row, keys, columns) for row in _met(drawn).iter_rows(named=True)]
    return cells(
        values,
        _KINDS,
        across=_look.columns(columns.values(), angle=_ANGLE),
        lanes=[keys[actor] for actor in actors[:_ACTORS]],
        size=alt.Size("events:Q", scale=alt.Scale(type="log", range=[45, 170]), legend=None),
        width=_CELL * len(columns),
        step=_STEP,
        heading=[title, f"{_words.many(left, 'more refusal')} in the answer" if left else ""],
        description=_sentence(shown, actors[0]),
        told={
            "actor": "actor", "action": "action", "by": "refused by", "events": "refusals",
            "from": "first", "until": "last",
        },
    )  # fmt: skip


def _ranked(shown: pl.DataFrame, of: str, by: str) -> list[str]:
    """Put those first that met with the most different refusals."""
    counts = shown.group_by(of).agg(pl.col(by).n_unique().alias("_many"), pl.col("events").sum())
    ordered = counts.sort("_many", "events", of, descending=[True, True, False])
    return ordered[of].to_list()


def _met(drawn: pl.DataFrame) -> pl.DataFrame:
    """Sum up each cell; where several policies refused, the one that did so most gives the kind."""
    most = pl.col("denied_by").sort_by("events", descending=True, maintain_order=True)
    return (
        drawn.sort("denied_by", nulls_last=True)
        .group_by("actor", "action", maintain_order=True)
        .agg(
            pl.col("events").sum(),
            pl.col("first_seen").min(),
            pl.col("last_seen").max(),
            by=most.unique(maintain_order=True),
        )
    )


def _value(row: dict[str, Any], keys: dict[str, str], columns: dict[str, str]) -> dict[str, Any]:
    first = row["by"][0]
    kind = _UNSAID if first is None else first if first in _KINDS.names else _OTHER
    return {
        "key": keys[row["actor"]],
        "column": columns[row["action"]],
        "kind": kind,
        "actor": _words.label(row["actor"]),
        "action": _words.label(row["action"]),
        "by": ", ".join(_UNSAID if by is None else _words.label(by) for by in row["by"]),
        "events": row["events"],
        "from": _moments.told(row["first_seen"]),
        "until": _moments.told(row["last_seen"]),
    }


def _sentence(shown: pl.DataFrame, first: str) -> str:
    span = _moments.span_of(shown, "first_seen", "last_seen")
    tried = shown.filter(pl.col("actor") == first)["action"].n_unique()
    return (
        f"Refusals: {_words.many(int(shown['events'].sum()), 'event')} of "
        f"{_words.many(shown['actor'].n_unique(), 'actor')}, {_moments.during(span)}; "
        f"{_words.label(first)} was refused the most different actions, {tried:,}."
    )
