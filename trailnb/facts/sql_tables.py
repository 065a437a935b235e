"""Columns of the event table that a table of Athena or CloudTrail Lake holds as the same text."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Literal

from trailnb.facts.columns import COLUMNS
from trailnb.facts.tables import rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trailnb.facts.columns import Path


@cache
def text_columns(table: Literal["athena", "lake"]) -> Mapping[str, Path]:
    """Which columns of text are the same there, and on which path of small names do they lie?

    Example:
        >>> text_columns("lake")["access_key_id"]
        ('useridentity', 'accesskeyid')
        >>> "request_parameters" in text_columns("athena")
        False
    """
    texts = {
        field for row in rows(f"{table}.csv") if row["holds"] == "text"
        for field in row["fields"].split()
    }  # fmt: skip
    return {
        column.name: tuple(name.lower() for name in column.path)
        for column in COLUMNS
        if column.kind == "text" and ".".join(column.path) in texts
    }
