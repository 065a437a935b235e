"""How every chart looks: what happened has a colour and a shape; who did it never has.

The palette keeps 3:1 contrast on white and on near-black and stays apart under colour blindness;
shape and place say the same thing again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import altair as alt
import polars as pl

from trailnb._plain import plain
from trailnb.charts._offline import Chart
from trailnb.facts import kinds
from trailnb.facts.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable

#: More are gathered before drawing: a browser stays quick, and nobody counts further.
MARKS = 5_000
#: Text in the colour of the reader's theme, as that of axes: a mark's own would be black on black.
#: Only a mark that fills nothing itself takes its fill from the style.
THEMED: dict[str, Any] = {
    "style": "guide-label",
    "filled": False,
    "strokeWidth": 0,
    "fontSize": 11,
    "align": "left",
}

ORANGE, MAGENTA, GREEN, BLUE, GREY = "#e87006", "#ac3386", "#0f7855", "#238ed2", "#8b8c8f"
CROSS = "M-.9-.55L-.55-.9L0-.35L.55-.9L.9-.55L.35 0L.9.55L.55.9L0 .35L-.55.9L-.9.55L-.35 0Z"
#: As large to the eye as the other shapes.
DOT = "M0-.75A.75.75 0 1 1 0 .75A.75.75 0 1 1 0-.75Z"
BAR = "M-1-.3H1V.3H-1Z"

#: Digits of a row's place in its key.
_PLACE = 4


@dataclass(frozen=True, slots=True)
class Kinds:
    """What can happen on a chart: names in the order of the legend, with colours and shapes."""

    names: tuple[str, ...]
    colours: tuple[str, ...]
    shapes: tuple[str, ...]

    def colour(self) -> alt.Color:
        """Which colour has each kind?"""
        return alt.Color(
            "kind:N", scale=alt.Scale(domain=list(self.names), range=list(self.colours))
        )

    def shape(self) -> alt.Shape:
        """Which shape has each kind? With the colour it makes one legend."""
        return alt.Shape(
            "kind:N", scale=alt.Scale(domain=list(self.names), range=list(self.shapes))
        )

    def present(self, among: Iterable[str]) -> Kinds:
        """Which of them are there, so that the legend names nothing else?

        Example:
            >>> HAPPENED.present(["read"]).names
            ('read',)
        """
        found = set(among)
        kept = [place for place, name in enumerate(self.names) if name in found]
        return Kinds(
            *(tuple(of[place] for place in kept) for of in (self.names, self.colours, self.shapes))
        )


#: What happened, in the order of the rows of a lane.
HAPPENED = Kinds(
    KINDS,
    (ORANGE, MAGENTA, GREEN, BLUE, GREY),
    (CROSS, "diamond", "triangle-up", "square", BAR),
)

#: Lanes are named on the left and parted by faint lines, one per edge of a lane.
LANE_AXIS = alt.Axis(labelLimit=300, grid=True, tickBand="extent")


def kind() -> pl.Expr:
    """What happened, for the eye: one of `KINDS`, from an answer's action and outcome?

    Example:
        >>> answer = pl.DataFrame({"action": ["s3:GetObject"], "outcome": ["denied"]})
        >>> answer.select(kind()).item()
        'denied or failed'
    """
    return kinds.kind(pl.col("action"), pl.col("outcome"))


def picked() -> alt.Parameter:
    """Which kind did the reader pick in the legend? The selection is named "kind".

    Example:
        >>> picked().name
        'kind'
    """
    return alt.selection_point(name="kind", fields=["kind"], bind="legend")


def brushed() -> alt.Parameter:
    """Which stretch of time did the reader brush? The selection is named "brush".

    Example:
        >>> brushed().name
        'brush'
    """
    return alt.selection_interval(name="brush", encodings=["x"])


def lit(*choices: alt.Parameter, full: float = 1) -> Any:  # noqa: ANN401 - Altair types it so
    """How strong is a mark: full while all selections hold it, faint otherwise?

    Example:
        >>> lit(picked())["value"]
        0.12
    """
    predicate = choices[0] if len(choices) == 1 else choices[0] & choices[1]
    return alt.condition(predicate, alt.value(full), alt.value(0.12))


def lanes(order: Iterable[str], title: str | None = None) -> alt.Y:
    """How do lanes stand: named on the left, in this order, from the top?

    Example:
        >>> lanes(["alice"]).to_dict()["sort"]
        ['alice']
    """
    return alt.Y("lane:N", sort=list(order), title=title, axis=LANE_AXIS)


def rows(keys: Iterable[str]) -> alt.Y:
    """How do rows stand that may read alike: by their key, of which only the label is seen?

    Example:
        >>> rows([key(0, "alice"), key(1, "alice")]).to_dict()["sort"]
        ['0000alice', '0001alice']
    """
    axis = alt.Axis(
        labelLimit=360, grid=True, tickBand="extent", labelExpr=f"slice(datum.label, {_PLACE})"
    )
    return alt.Y("key:N", sort=list(keys), title=None, axis=axis)


def columns(keys: Iterable[str], *, angle: int) -> alt.X:
    """How do columns stand that may read alike: by their key, with slanted labels?

    Example:
        >>> columns([key(0, "iam:GetUser")], angle=-50).to_dict()["sort"]
        ['0000iam:GetUser']
    """
    axis = alt.Axis(
        labelLimit=260, labelAngle=angle, labelExpr=f"slice(datum.label, {_PLACE})", grid=True
    )
    return alt.X("column:N", sort=list(keys), title=None, axis=axis)


def key(place: int, text: str) -> str:
    """What tells a row from every other: its place, and then its label?

    Example:
        >>> key(7, "alice")
        '0007alice'
    """
    return f"{place:0{_PLACE}}{text}"


def heading(title: str, *notes: str) -> alt.TitleParams | str:
    """What stands over the chart: a title, and under it what the chart leaves out?

    Example:
        >>> heading("Sign-ins")
        'Sign-ins'
    """
    told = [note for note in notes if note]
    return alt.TitleParams(plain(title), subtitle=told) if told else plain(title)


def nothing(title: str, sentence: str) -> Chart:
    """How is an answer without rows drawn: as a sentence where the marks would be?

    Example:
        >>> nothing("Sign-ins", "Nobody signed in.").to_dict()["description"]
        'Nobody signed in.'
    """
    chart = Chart(
        alt.InlineData(values=[{"told": sentence}]),
        title=heading(title),
        description=sentence,
        width=400,
        height=40,
    ).mark_text(**THEMED)
    drawn: Chart = chart.encode(text="told:N", x=alt.value(0)).properties(config=config())
    return drawn


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
        # The chart's own sentence is read aloud; marks would be by the thousand, in local time.
        mark=alt.MarkConfig(aria=False),
        axis=alt.AxisConfig(
            domain=False,
            ticks=False,
            gridColor=GREY,  # faint on white and on near-black alike
            gridOpacity=0.2,
            labelFontSize=11,
            labelPadding=6,
            titleFontSize=11,
            titleFontWeight="normal",
        ),
        title=alt.TitleConfig(
            anchor="start", fontSize=13, fontWeight=600, offset=8, subtitleFontSize=11,
            subtitleColor=GREY,
        ),
        legend=alt.LegendConfig(orient="top", labelFontSize=11, symbolSize=80, title=None),
    )  # fmt: skip
