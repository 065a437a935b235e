"""Log text made safe to print: what an attacker wrote must steer neither terminal nor reader."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl


def plain(text: str) -> str:
    r"""How does the text look with everything unprintable spelled out?

    Control characters (ANSI colours, carriage returns), bidirectional overrides and invisible
    characters become escapes, so they are seen and do nothing.

    Example:
        >>> plain("ops\x1b[2J\u202etxt.exe")
        'ops\\x1b[2J\\u202etxt.exe'
    """
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii")
        for char in text
    )


def shortened(text: str, width: int) -> str:
    """How does the text fit the width, its end kept: ARNs and sessions differ at the end?

    Example:
        >>> shortened("arn:aws:iam::111122223333:user/backdoor", 16)
        '…3:user/backdoor'
    """
    return text if len(text) <= width else "…" + text[len(text) - width + 1 :]


def text_table(frame: pl.DataFrame, columns: Sequence[str], width: int = 40) -> str:
    """How does the table read in a terminal: aligned, one line per row, nothing hostile in it?

    Example:
        >>> import polars as pl
        >>> print(
        ...     text_table(pl.DataFrame({"actor": ["alice"], "events": [1]}), ["actor", "events"])
        ... )
        actor  events
        alice  1
    """
    cells = [list(columns)] + [
        [shortened(plain("" if cell is None else str(cell)), width) for cell in row]
        for row in frame.select(columns).iter_rows()
    ]
    widths = [max(len(row[place]) for row in cells) for place in range(len(columns))]
    lines = (
        "  ".join(cell.ljust(size) for cell, size in zip(row, widths, strict=True)) for row in cells
    )
    return "\n".join(line.rstrip() for line in lines)
