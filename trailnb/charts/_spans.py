"""From when until when: a lane per thing, with where it begins, how long it lasts, and a note."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import altair as alt

from trailnb.charts import _look, _moments, _words
from trailnb.charts._offline import Chart, Layers

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

    from trailnb.charts._look import Kinds

#: So many things have a lane; the others are counted in the heading.
LANES = 30
_WIDTH, _STEP, _GAP = 520, 18, 14


def spans(
    rows: pl.DataFrame,
    kinds: Kinds,
    *,
    title: str,
    notes: Sequence[str],
    description: str,
    lane: str,
) -> Layers:
    """How do things stand that were first and last seen at a time?

    Args:
        rows: In the order of the lanes: `lane`, `first_seen`, `last_seen`, `events`, `kind`, `note`
            (shown beside), `more` (shown in the tooltip only), and `denied` where it counts.
        kinds: What `kind` may be.
        title: Heading.
        notes: What stands under it.
        description: The chart in a sentence.
        lane: What a lane is: "origin".

    Example:
        >>> from datetime import UTC, datetime
        >>> import polars as pl
        >>> row = {"lane": "192.0.2.1", "first_seen": datetime(2026, 11, 2, tzinfo=UTC)}
        >>> row |= {"last_seen": row["first_seen"], "events": 1, "denied": 0}
        >>> rows = pl.DataFrame(row | {"kind": "read", "note": "", "more": ""})
        >>> words = {"title": "Origins", "notes": [], "description": "One.", "lane": "origin"}
        >>> spans(rows, _look.HAPPENED, **words).to_dict()["description"]
        'One.'
    """
    span = _moments.span_of(rows, "first_seen", "last_seen")
    values = [_value(place, row) for place, row in enumerate(rows.iter_rows(named=True))]
    kind = _look.picked()
    present = kinds.present(rows["kind"])
    lanes, time = (
        _look.rows(value["key"] for value in values),
        _moments.axis("first", span, ticks=5),
    )
    lit, colour = _look.lit(kind), present.colour()
    tooltip = [
        alt.Tooltip("lane:N", title=lane),
        alt.Tooltip("from:N", title="first seen"),
        alt.Tooltip("until:N", title="last seen"),
        alt.Tooltip("events:Q", title="events", format=","),
        *(
            [alt.Tooltip("denied:Q", title="denied", format=",")]
            if "denied" in rows.columns
            else []
        ),
        alt.Tooltip("kind:N", title="kind"),
        alt.Tooltip("note:N", title="note"),
        alt.Tooltip("more:N", title="more"),
    ]
    base = Chart(width=_WIDTH, height=alt.Step(_STEP))
    lasting = base.mark_rule(strokeWidth=4, strokeCap="butt").encode(
        x=time, x2="last", y=lanes, color=colour, opacity=lit, tooltip=tooltip
    )
    begin = (
        base.properties(name="begin")
        .mark_point(filled=True, strokeWidth=0)
        .encode(
            x=time, y=lanes, color=colour, shape=present.shape(), opacity=lit, tooltip=tooltip,
            size=alt.Size("events:Q", scale=alt.Scale(type="log", range=[50, 160]), legend=None),
        )
        .add_params(kind)
    )  # fmt: skip
    beside = base.mark_text(**_look.THEMED).encode(
        x=alt.value(_WIDTH + _GAP), y=lanes, text="note:N"
    )
    drawn: Layers = Layers(
        layer=[lasting, begin, beside],
        data=alt.InlineData(values=values),
        title=_look.heading(title, *notes),
        description=description,
    ).properties(config=_look.config())
    return drawn


def _value(place: int, row: dict[str, Any]) -> dict[str, Any]:
    return {
        "lane": (label := _words.label(row["lane"])),
        "key": _look.key(place, label),
        "first": _moments.stamp(row["first_seen"]),
        "last": _moments.stamp(row["last_seen"]),
        "from": _moments.told(row["first_seen"]),
        "until": _moments.told(row["last_seen"]),
        "events": row["events"],
        "kind": row["kind"],
        "note": row["note"],
        "more": row["more"],
        **({"denied": row["denied"]} if "denied" in row else {}),
    }
