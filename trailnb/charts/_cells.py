"""A grid: a row per actor or place, a column per hour or thing, a shape where they meet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import altair as alt

from trailnb.charts import _look
from trailnb.charts._offline import Chart

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from trailnb.charts._look import Kinds


def cells(
    values: Sequence[Mapping[str, Any]],
    kinds: Kinds,
    *,
    across: alt.X,
    lanes: Iterable[str],
    size: alt.Size,
    width: int,
    step: int,
    heading: Sequence[str],
    description: str,
    told: Mapping[str, str],
) -> Chart:
    """How do things stand that meet in a grid?

    Args:
        values: Marks: `key` (which row), `kind`, what `across` and `size` name, and the tooltip's.
        kinds: What `kind` may be.
        across: How columns stand.
        lanes: The keys of the rows, from the top.
        size: What a mark's size says.
        width: Of all columns, in pixels.
        step: Of a row, in pixels.
        heading: Title, and what stands under it.
        description: The chart in a sentence.
        told: Fields of the tooltip, with their titles.

    Example:
        >>> value = {"key": "0000a", "kind": "read", "hour": 9, "events": 1}
        >>> across, size = alt.X("hour:Q"), alt.Size("events:Q")
        >>> words = {"heading": ["Hours"], "description": "One.", "told": {}}
        >>> grid = {"across": across, "size": size, "lanes": ["0000a"], "width": 90, "step": 9}
        >>> cells([value], _look.HAPPENED, **grid, **words).to_dict()["description"]
        'One.'
    """
    kind = _look.picked()
    present = kinds.present(value["kind"] for value in values)
    chart = Chart(
        alt.InlineData(values=[dict(value) for value in values]),
        title=_look.heading(*heading),
        description=description,
        name="cells",
    ).mark_point(filled=True, strokeWidth=0)
    drawn: Chart = (
        chart.encode(
            x=across,
            y=_look.rows(lanes),
            color=present.colour(),
            shape=present.shape(),
            size=size,
            opacity=_look.lit(kind),
            tooltip=[alt.Tooltip(f"{field}:N", title=name) for field, name in told.items()],
        )
        .add_params(kind)
        .properties(width=width, height=alt.Step(step), config=_look.config())
    )
    return drawn
