"""The pivot as a picture that needs no script: values, sparklines, counts, times."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from trailnb._plain import shortened
from trailnb.widgets._svg import COLOURS, GREY, INK, LINE, framed, text
from trailnb.widgets.pivot_model import BINS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_WIDTH, _LINE_HIGH, _TOP = 980, 24, 56
_SPARK_X, _SPARK_WIDE, _SPARK_HIGH = 330, 190, 18
_COUNTS = (("events", 610), ("refused", 690), ("writes", 760))
_FIRST, _LAST = 790, 890


def pivot_svg(sentence: str, dimension: str, rows: Sequence[dict[str, Any]]) -> str:
    """How do these values look?"""
    heads = [(8, dimension, "start"), (_SPARK_X, "activity", "start")]
    heads += [(x, name, "end") for name, x in _COUNTS]
    heads += [(_FIRST, "first (UTC)", "start"), (_LAST, "last (UTC)", "start")]
    body = [text(8, 18, shortened(sentence, 150), INK)]
    body += [text(x, 44, name, GREY, anchor) for x, name, anchor in heads]
    for place, row in enumerate(rows):
        body += _row(row, _TOP + place * _LINE_HIGH)
    return framed(_WIDTH, _TOP + len(rows) * _LINE_HIGH + 8, body)


def _row(row: dict[str, Any], y: int) -> Iterator[str]:
    yield f'<path d="M0 {y - 2.5}H{_WIDTH}" stroke="{LINE}"/>'
    yield text(8, y + 13, shortened(row["label"], 46), INK)
    for name, x in _COUNTS:
        is_grave = name == "refused" and row[name]
        yield text(x, y + 13, f"{row[name]:,}", COLOURS[0] if is_grave else INK, "end")
    for name, x in (("first", _FIRST), ("last", _LAST)):
        yield text(x, y + 13, f"{datetime.fromtimestamp(row[name], UTC):%m-%d %H:%M}", GREY)
    yield from _spark(row["spark"], y)


def _spark(bars: list[list[int]], y: int) -> Iterator[str]:
    most = math.log2(1 + max(events for _, events, _ in bars))
    wide = _SPARK_WIDE / BINS
    for part, events, refused in bars:
        high = max(2.0, math.log2(1 + events) / most * _SPARK_HIGH)
        bad = max(2.0, high * refused / events) if refused else 0.0
        x, foot = _SPARK_X + part * wide, y + _SPARK_HIGH
        for top, tall, colour in ((foot - high, high, COLOURS[-1]), (foot - bad, bad, COLOURS[0])):
            if tall:
                yield (
                    f'<rect x="{x:.1f}" y="{top:.1f}" width="{wide - 0.4:.1f}" '
                    f'height="{tall:.1f}" fill="{colour}"/>'
                )
