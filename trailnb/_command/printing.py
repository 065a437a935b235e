"""An answer on stdout: a table for people, JSON or CSV for programs."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import msgspec

from trailnb._plain import text_table
from trailnb._report.escaping import cell, text_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

FORMATS = ("table", "json", "csv")
_WIDTH = 160


def printed(answer: pl.DataFrame, form: str, columns: Sequence[str], limit: int | None) -> str:
    """How does the answer read in this form?

    Example:
        >>> import polars as pl
        >>> answer = pl.DataFrame({"actor": ["alice"], "events": [1]})
        >>> print(printed(answer, "csv", ["actor"], None), end="")
        actor,events
        alice,1
    """
    rows = answer if limit is None else answer.head(limit)
    rest = answer.height - rows.height
    if form == "json":
        lines = [msgspec.json.encode(row).decode() for row in rows.iter_rows(named=True)]
        return "[" + ",\n ".join(lines) + "]\n"
    if form == "csv":
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(rows.columns)
        writer.writerows([cell(value) for value in row] for row in rows.iter_rows())
        return text.getvalue()
    if not answer.height:
        return "nothing found\n"
    shown = text_table(_texts(rows, columns), columns, width=_WIDTH)
    return f"{shown}\n" + (f"and {rest:,} more rows (--limit)\n" if rest else "")


def _texts(rows: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    import polars as pl

    told = [[text_of(value) for value in row] for row in rows.select(columns).iter_rows()]
    return pl.DataFrame(told, schema=dict.fromkeys(columns, pl.String()), orient="row")
