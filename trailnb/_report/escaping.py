"""Log text made safe for each form of report: a page, Markdown, a spreadsheet."""

from __future__ import annotations

import html
import re
from datetime import datetime
from typing import TYPE_CHECKING

from trailnb._plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterable

#: More of one value helps nobody on paper; the cited record is kept whole beside it.
_MOST_CHARACTERS = 400
_MOST_LISTED = 12
_MARKED = re.compile(r"([\\`*_{}\[\]()#+\-.!|~$])")
#: What makes a spreadsheet take a cell for a formula (OWASP, CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001


def text_of(value: object, most: int = _MOST_CHARACTERS) -> str:
    r"""How does one value of an answer read: times in UTC, lists joined, nothing unprintable?

    Example:
        >>> text_of(["alice", "bob\x1b[31m"])
        'alice, bob\\x1b[31m'
        >>> text_of(None)
        ''
    """
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.2f}"
    if isinstance(value, list):
        return _cut(_joined(value), most)
    return _cut(plain(str(value)), most)


def markup(value: object, most: int = _MOST_CHARACTERS) -> str:
    """How does the value stand in HTML, text or attribute?

    Example:
        >>> markup("<img src=x onerror=alert(1)>")
        '&lt;img src=x onerror=alert(1)&gt;'
    """
    return html.escape(text_of(value, most), quote=True)


def markdown(value: object, most: int = _MOST_CHARACTERS) -> str:
    r"""How does the value stand in Markdown, in a table's cell too?

    Example:
        >>> markdown("[click](javascript:alert(1)) | *x*")
        '\\[click\\]\\(javascript:alert\\(1\\)\\) \\| \\*x\\*'
    """
    # A link that some renderers make of a bare address is broken up by an invisible joiner.
    text = html.escape(_MARKED.sub(r"\\\1", text_of(value, most)), quote=False)
    return text.replace("://", ":&#8203;//").replace("www\\.", "www&#8203;\\.")


def cell(value: object) -> str:
    r"""How does the value stand in a CSV cell: whole, and never as a formula?

    Example:
        >>> cell('=HYPERLINK("http://203.0.113.7")')
        '\'=HYPERLINK("http://203.0.113.7")'
    """
    text = value if isinstance(value, str) else text_of(value, most=1 << 20)
    text = plain(text)
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def _joined(values: Iterable[object]) -> str:
    told = [text_of(value) for value in values]
    shown = ", ".join(told[:_MOST_LISTED])
    return shown if len(told) <= _MOST_LISTED else f"{shown} and {len(told) - _MOST_LISTED:,} more"


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}… ({len(text):,} characters)"
