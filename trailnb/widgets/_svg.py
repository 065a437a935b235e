"""The lanes as a picture that needs no script: the same marks and colours as in the browser."""

from __future__ import annotations

import math
from collections import Counter
from datetime import UTC, datetime
from html import escape
from typing import TYPE_CHECKING

from trailnb._plain import shortened

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import polars as pl

    from trailnb.widgets._filters import Filters
    from trailnb.widgets.timeline_model import Span, Timeline

COLOURS = ("#e87006", "#ac3386", "#0f7855", "#238ed2", "#8b8c8f")
#: The shapes, 12 units wide and high; they say again what the colours say.
SHAPES = (
    "M2 3.6 3.6 2 6 4.4 8.4 2 10 3.6 7.6 6 10 8.4 8.4 10 6 7.6 3.6 10 2 8.4 4.4 6z",
    "M6 .5 11.5 6 6 11.5.5 6z",
    "M6 .8 11.5 10.8H.5z",
    "M1 1h10v10H1z",
    "M1 8h10v3H1z",
)
_ROLE, _WRITE, _READ = 2, 3, 4
# Whole pixels everywhere: half ones would make a PNG of grey shades, three times as large.
_WIDTH, _LABELS, _LANE, _TOP, _BOTTOM = 980, 260, 26, 30, 24
_BINS, _LANES, _FEW = 240, 12, 24
_TICK_PIXELS = 90
_DAY = 86_400
_STEPS = (1, 5, 15, 60, 300, 900, 3_600, 10_800, 21_600, _DAY, 2 * _DAY, 7 * _DAY, 28 * _DAY)
_FONT = "system-ui,DejaVu Sans,sans-serif"
INK, GREY, LINE = "#1b1f24", "#5b636e", "#e3e6ea"


def lanes_svg(model: Timeline, filters: Filters, span: Span) -> str:
    """How does this stretch of time look, the most unusual actors first?"""
    ordered = model.lanes(filters, span, _BINS)
    top = ordered.head(_LANES)
    marks = model.marks(filters, span, _BINS, top["actor"].to_list())
    height = _TOP + top.height * _LANE + _BOTTOM
    labels = [(model.name("actor", code), events) for code, events in top["actor", "events"].rows()]
    told = f"{ordered['events'].sum():,} events, {top.height} of {ordered.height:,} actors, UTC"
    body = [
        *_legend(model.kinds(filters, span, _BINS)),
        *_named(labels),
        *_ticks(span, height),
        *_drawn(marks),
        text(8, height - 8, told, GREY),
    ]
    return framed(_WIDTH, height, body)


def framed(width: int, height: int, body: Iterable[str]) -> str:
    """The picture of this size with these elements, on white: a page may be of any colour."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'font-family="{_FONT}" font-size="11"><rect width="100%" height="100%" fill="#fff"/>'
        f"{''.join(body)}</svg>"
    )


def text(x: float, y: float, text: str, colour: str, anchor: str = "start") -> str:
    """Write a text there, escaped."""
    where = f'x="{x:.1f}" y="{y:.1f}" fill="{colour}" text-anchor="{anchor}"'
    return f"<text {where}>{escape(text)}</text>"


def _shape(kind: int, x: float, y: float) -> str:
    where = f"translate({x - 5:.1f} {y - 5:.1f}) scale(.83)"
    return f'<path transform="{where}" d="{SHAPES[kind]}" fill="{COLOURS[kind]}"/>'


def _legend(kinds: dict[str, int]) -> Iterator[str]:
    x = 14.0
    for kind, (name, count) in enumerate(kinds.items()):
        told = f"{name} {count:,}"
        yield _shape(kind, x, 13) + text(x + 10, 17, told, INK)
        x += 34 + 6.4 * len(told)


def _named(lanes: list[tuple[str, int]]) -> Iterator[str]:
    for place, (name, events) in enumerate(lanes):
        y = _TOP + place * _LANE
        yield f'<path d="M0 {y + _LANE}H{_WIDTH}" stroke="{LINE}"/>'
        yield text(8, y + 17, shortened(name, 28), INK)
        yield text(_LABELS - 8, y + 17, f"{events:,}", GREY, "end")


def _ticks(span: Span, height: int) -> Iterator[str]:
    start, end = span
    room = _WIDTH - _LABELS
    step = next((s for s in _STEPS if (end - start) / s <= room / _TICK_PIXELS), _STEPS[-1])
    form = "%Y-%m-%d" if step >= _DAY else "%m-%d %H:%M"
    for at in range(-(-start // step) * step, end, step):
        x = _LABELS + (at - start) / max(1, end - start) * room
        yield f'<path d="M{x:.1f} {_TOP}V{height - _BOTTOM}" stroke="{LINE}"/>'
        yield text(x + 2, height - 8, datetime.fromtimestamp(at, UTC).strftime(form), GREY)


def _drawn(marks: pl.DataFrame) -> Iterator[str]:
    """Draw from bulk to rare, so that a refusal is never hidden by reads."""
    rows = marks.sort("kind", "lane", "bin", descending=[True, False, False]).rows()
    often = Counter((lane, kind) for lane, _, kind, _ in rows)
    most = math.log2(1 + max((count for *_, count in rows), default=1))
    width = (_WIDTH - _LABELS) / _BINS
    for lane, place, kind, count in rows:
        x, y = _LABELS + place * width, _TOP + lane * _LANE
        if kind < _WRITE and often[lane, kind] <= _FEW:
            yield _shape(kind, x + width / 2, y + (10 if kind == _ROLE else 6))
        else:
            yield _bar(kind, x, y, max(width, 1), math.log2(1 + count) / most)


def _bar(kind: int, x: float, y: float, width: float, share: float) -> str:
    """One mark: reads hang below the middle, writes stand on it, the rest has rows above."""
    if kind == _READ:
        y, high = y + 18, round(max(2.0, share * 6))
    elif kind == _ROLE:
        y, high = y + 10, 2
    else:
        high = round(max(2.0, share * 7))
        y += (17 if kind == _WRITE else 9) - high
    where = f'x="{x:.0f}" y="{y:.0f}" width="{width:.0f}" height="{high:.0f}"'
    return f'<rect {where} fill="{COLOURS[kind]}"/>'
