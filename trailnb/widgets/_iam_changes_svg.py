"""The list of permission changes as a picture that needs no script."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trailnb._plain import shortened
from trailnb.widgets._svg import COLOURS, GREY, INK, LINE, framed, text

if TYPE_CHECKING:
    from collections.abc import Sequence

_WIDTH, _LINE_HIGH, _TOP = 1080, 24, 56
#: Heading, where it begins, and how many letters fit.
_COLUMNS = (("time (UTC)", 8, 20), ("actor", 140, 24), ("action", 300, 28), ("on", 490, 26),
            ("aspect", 660, 21), ("change", 820, 10), ("marks", 890, 30))  # fmt: skip


def changes_svg(sentence: str, rows: Sequence[Sequence[Any]]) -> str:
    """How do these changes look in a list?"""
    body = [text(8, 18, sentence, INK)]
    body += [text(x, 44, name, GREY) for name, x, _ in _COLUMNS]
    for place, (_, *cells, marks) in enumerate(rows):
        y = _TOP + place * _LINE_HIGH
        body.append(f'<path d="M0 {y - 2.5}H{_WIDTH}" stroke="{LINE}"/>')
        # The weightiest mark comes first, and stays.
        told = f"{marks[0]}{f' and {len(marks) - 1} more' * (len(marks) > 1)}" if marks else ""
        for (_, x, most), cell in zip(_COLUMNS, [*cells, told], strict=True):
            body.append(text(x, y + 13, shortened(cell, most), INK))
        if marks:
            body.append(f'<rect x="0" y="{y - 2}" width="3" height="23" fill="{COLOURS[0]}"/>')
    return framed(_WIDTH, _TOP + len(rows) * _LINE_HIGH + 8, body)
