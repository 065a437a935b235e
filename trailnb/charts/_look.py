"""How every chart looks: what happened has a colour and a shape; who did it never has.

The palette keeps 3:1 contrast on white and on near-black and stays apart under colour blindness;
shape and place say the same thing again.
"""

from __future__ import annotations

import altair as alt
import polars as pl

from trailnb._plain import plain, shortened
from trailnb.facts.actions import reads_only

#: What happened, in the order of the rows of a lane: what is rare and telling stands on top.
KINDS = ("denied or failed", "sign-in", "role assumed", "write", "read")
COLOURS = ("#e87006", "#ac3386", "#0f7855", "#238ed2", "#8b8c8f")
_CROSS = "M-.9-.55L-.55-.9L0-.35L.55-.9L.9-.55L.35 0L.9.55L.55.9L0 .35L-.55.9L-.9.55L-.35 0Z"
SHAPES = (_CROSS, "diamond", "triangle-up", "square", "M-1-.3H1V.3H-1Z")

#: Lanes are named on the left and parted by faint lines, one per edge of a lane.
LANE_AXIS = alt.Axis(labelLimit=300, grid=True, tickBand="extent")

_LABEL = 48


def kind() -> pl.Expr:
    """What happened, for the eye: one of `KINDS`, from an answer's action and outcome?

    A change that did not succeed is always "denied or failed"; a read that found nothing or was
    throttled is still a read.

    Example:
        >>> answer = pl.DataFrame({"action": ["s3:GetObject"], "outcome": ["denied"]})
        >>> answer.select(kind()).item()
        'denied or failed'
    """
    action, outcome = pl.col("action"), pl.col("outcome")
    reads = reads_only(action)
    refused = outcome.is_in(["denied", "failed"]) | (~reads & (outcome != "success"))
    return (
        pl.when(refused)
        .then(pl.lit(KINDS[0]))
        .when(action.str.starts_with("signin:"))
        .then(pl.lit(KINDS[1]))
        .when(action.str.starts_with("sts:AssumeRole"))
        .then(pl.lit(KINDS[2]))
        .when(reads)
        .then(pl.lit(KINDS[4]))
        .otherwise(pl.lit(KINDS[3]))
    )


def label(text: str) -> str:
    r"""How does log text stand on a chart: printable, and no longer than a label may be?

    Example:
        >>> label("ops\x1b[31m")
        'ops\\x1b[31m'
    """
    return shortened(plain(text), _LABEL)


def utc(field: str, title: str, *, days: float) -> alt.X:
    """How is time drawn: in UTC wherever the reader sits, with days or minutes as the span asks?

    Example:
        >>> utc("time", "time (UTC)", days=0.5).to_dict()["scale"]
        {'type': 'utc'}
    """
    # Vega reads times in the reader's zone unless the scale itself says UTC.
    return alt.X(
        f"{field}:T",
        scale=alt.Scale(type="utc"),
        title=title,
        axis=alt.Axis(
            format="%Y-%m-%d" if days > 10 else "%m-%d %H:%M",  # noqa: PLR2004 days fit in labels
            labelOverlap=True,
            tickCount=8,
        ),
    )


def config() -> alt.Config:
    """What is common to all charts: quiet axes, no frame, no fixed text colour?

    Example:
        >>> config().to_dict()["background"]
        'transparent'
    """
    return alt.Config(
        background="transparent",
        font="system-ui, DejaVu Sans, sans-serif",
        view=alt.ViewConfig(stroke=None),
        axis=alt.AxisConfig(
            domain=False,
            ticks=False,
            gridColor="#8b8c8f",  # faint on white and on near-black alike
            gridOpacity=0.2,
            labelFontSize=11,
            labelPadding=6,
            titleFontSize=11,
            titleFontWeight="normal",
        ),
        title=alt.TitleConfig(anchor="start", fontSize=13, fontWeight=600, offset=8),
        legend=alt.LegendConfig(orient="top", labelFontSize=11, symbolSize=80, title=None),
    )
