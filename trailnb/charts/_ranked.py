"""What there is most of: a row per thing, a length for how much, a shape for what it was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import altair as alt

from trailnb.charts import _look
from trailnb.charts._offline import Chart, Layers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import polars as pl

    from trailnb.charts._look import Kinds

#: So many things have a row; the others are counted in the heading.
ROWS = 30
_WIDTH, _STEP, _GAP = 360, 18, 14


def ranked(
    rows: pl.DataFrame,
    kinds: Kinds,
    *,
    title: str,
    notes: Sequence[str],
    description: str,
    amount: str,
    told: Mapping[str, str],
    scale: Literal["linear", "log"] = "linear",
    form: str = "~s",
) -> Layers:
    """How do things stand of which there is more or less?

    Args:
        rows: In the order they are drawn: `row` (label), `amount` (null is drawn as none), `kind`,
            `note` (shown beside), and whatever the tooltip tells besides.
        kinds: What `kind` may be.
        title: Heading.
        notes: What stands under it.
        description: The chart in a sentence.
        amount: What the length means, with its unit.
        told: Columns of the tooltip, with their titles.
        scale: "log" where one thing outweighs all others and each counts.
        form: How d3 writes the numbers of the axis.

    Example:
        >>> import polars as pl
        >>> rows = pl.DataFrame({"row": "a", "amount": 2, "kind": "read", "note": "2"})
        >>> words = {"title": "Most", "notes": [], "description": "One.", "amount": "events"}
        >>> ranked(rows, _look.HAPPENED, told={}, **words).to_dict()["description"]
        'One.'
    """
    values = [
        row | {"key": _look.key(place, row["row"])}
        for place, row in enumerate(rows.iter_rows(named=True))
    ]
    kind = _look.picked()
    present = kinds.present(rows["kind"])
    down = _look.rows(value["key"] for value in values)
    axis = alt.Axis(format=form, tickCount=5, tickMinStep=1)
    if scale == "log":
        axis.values = [10**power for power in range(16)]  # the scale shows those that it holds
    across = alt.X("amount:Q", title=amount, scale=_scale(scale), axis=axis)
    lit, colour = _look.lit(kind), present.colour()
    tooltip = [
        alt.Tooltip("row:N", title="row"),
        alt.Tooltip("kind:N", title="kind"),
        alt.Tooltip("amount:Q", title=amount, format=","),
        *(alt.Tooltip(f"{column}:N", title=name) for column, name in told.items()),
    ]
    base = Chart(width=_WIDTH, height=alt.Step(_STEP))
    stem = base.mark_rule(strokeWidth=3).encode(
        x=across, x2=alt.value(0), y=down, color=colour, opacity=lit, tooltip=tooltip
    )
    head = (
        base.properties(name="head")
        .mark_point(filled=True, strokeWidth=0, size=90)
        .encode(x=across, y=down, color=colour, shape=present.shape(), opacity=lit, tooltip=tooltip)
        .add_params(kind)
    )
    beside = base.mark_text(**_look.THEMED).encode(
        x=alt.value(_WIDTH + _GAP), y=down, text="note:N"
    )
    drawn: Layers = Layers(
        layer=[stem, head, beside],
        data=alt.InlineData(values=values),
        title=_look.heading(title, *notes),
        description=description,
    ).properties(config=_look.config())
    return drawn


def _scale(kind: str) -> alt.Scale:
    """Begin at nothing; a scale of powers begins below one, so that one is a length."""
    return alt.Scale(zero=True) if kind == "linear" else alt.Scale(type="log", domainMin=0.5)
