"""The graph of sessions as a picture that needs no script."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trailnb._plain import shortened
from trailnb.widgets._svg import COLOURS, GREY, INK, LINE, framed, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from trailnb.widgets.lineage_model import Node

_WIDE, _HIGH, _ACROSS, _DOWN, _TOP = 200, 46, 232, 58, 34
_SHOWN = 24


def lineage_svg(sentence: str, nodes: Sequence[Node]) -> str:
    """How does this graph look, from its beginnings on the left?"""
    shown = [node for node in nodes if node.row < _SHOWN]
    layers = max((node.layer for node in shown), default=0) + 1
    rows = max((node.row for node in shown), default=0) + 1
    places = {node.number: _at(node) for node in shown}
    body = [text(8, 18, sentence, INK)]
    for node in shown:
        body += _line(places[node.number], places.get(-1 if node.parent is None else node.parent))
        body += _box(node)
    return framed(layers * _ACROSS, int(_TOP + rows * _DOWN + 8), body)


def _at(node: Node) -> tuple[float, float]:
    return 8 + node.layer * _ACROSS, _TOP + node.row * _DOWN


def _line(here: tuple[float, float], above: tuple[float, float] | None) -> Iterator[str]:
    if above is not None:
        x, y, end_x, end_y = above[0] + _WIDE, above[1] + _HIGH / 2, here[0], here[1] + _HIGH / 2
        middle = (x + end_x) / 2
        bend = f"C{middle:.0f} {y:.1f} {middle:.0f} {end_y:.1f} {end_x:.0f} {end_y:.1f}"
        drawn = f'd="M{x:.0f} {y:.1f}{bend}" fill="none" stroke="{COLOURS[2]}"'
        yield f'<path {drawn} stroke-width="1.5"/>'


def _box(node: Node) -> Iterator[str]:
    x, y = _at(node)
    told = node.told()
    edge = COLOURS[0] if node.denied else LINE
    yield (
        f'<rect x="{x:.0f}" y="{y:.1f}" width="{_WIDE}" height="{_HIGH}" rx="4" '
        f'fill="#fff" stroke="{edge}"/>'
    )
    yield text(x + 8, y + 18, shortened(told["actor"], 28), INK)
    many = f"{told['sessions']:,} sessions, " if told["sessions"] > 1 else ""
    denied = f", {node.denied:,} denied" if node.denied else ""
    yield text(x + 8, y + 35, f"{many}{node.events:,} events{denied}", GREY)
    if node.how:
        yield text(x + _WIDE - 8, y + 35, shortened(told["how"], 14), GREY, "end")
