"""What a spreadsheet does to a table that was opened in it and saved again.

A number of 12 digits becomes 5.28758E+11, a leading zero goes, a text that looks like a formula
becomes an error. Nothing of that can be undone, so it is said and never guessed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trailnb.facts.columns import Path

_ROUNDED = re.compile(r"[+-]?\d(?:[.,]\d{1,20})?E\+\d{1,3}")
_FAULTS = frozenset(
    {"#NAME?", "#VALUE!", "#REF!", "#N/A", "#DIV/0!", "#NUM!", "#NULL!", "#SPILL!", "#FIELD!"}
)
_TOO_NARROW = re.compile(r"#{3,}")
#: Excel's way to keep a text as text; what stands in the quotes is certain.
_QUOTED = re.compile(r'="([^"]*)"')
_ACCOUNT_DIGITS = 12
_MAX_SHOWN = 60


def mended(path: Path, cell: str) -> tuple[str | None, str | None]:
    """What does this cell hold, and what did a spreadsheet do to it? None where it is lost.

    Example:
        >>> mended(("eventName",), "GetUser")
        ('GetUser', None)
        >>> mended(("recipientAccountId",), "5.28758E+11")
        (None, 'a spreadsheet rounded recipientAccountId to 5.28758E+11; what it was is lost')
        >>> mended(("recipientAccountId",), '="012345678901"')
        ('012345678901', None)
    """
    place = ".".join(path)
    text = cell.strip()
    quoted = _QUOTED.fullmatch(text)
    if quoted:
        return quoted[1], None
    if text in _FAULTS or _TOO_NARROW.fullmatch(text):
        return None, f"a spreadsheet put {text[:_MAX_SHOWN]} in place of {place}"
    if path[-1].lower().endswith("id"):
        if _ROUNDED.fullmatch(text):
            said = f"a spreadsheet rounded {place} to {text}; what it was is lost"
            return None, said
        if _is_short_account(path, text):
            return cell, f"{place} has {len(text)} digits, not 12: leading zeros may be lost"
    if text.startswith("="):
        return cell, f"{place} begins like a formula and was kept as text: {text[:_MAX_SHOWN]}"
    return cell, None


def _is_short_account(path: Path, text: str) -> bool:
    is_account = path[-1].lower().endswith("accountid")
    return is_account and text.isdecimal() and len(text) < _ACCOUNT_DIGITS
