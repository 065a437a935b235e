"""Long lists as data: dated CSV files whose header names their source."""

from __future__ import annotations

import csv
from importlib.resources import files


def rows(name: str) -> list[dict[str, str]]:
    """What does the table say, row by row? Lines that begin with `#` are its header comment.

    Example:
        >>> rows("outcomes.csv")[0]["outcome"]
        'dry_run'
    """
    text = files(__name__).joinpath(name).read_text(encoding="utf-8")
    return list(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))
