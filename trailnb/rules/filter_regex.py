r"""The regular expressions of CloudWatch Logs filters, for the linear-time engine of Polars.

Source: CloudWatch Logs User Guide, "Supported regular expressions": letters and digits, the signs
`: _ # = @ / ; , -`, the operators `^ $ ? [ ] { } | \ * + .`, the classes `\d \D \s \S \w \W` and
`\xhh`; no parentheses, nothing beyond ASCII.
"""

from __future__ import annotations

import re

import polars as pl

#: Both engines know these classes, and disagree on text beyond ASCII.
_CLASSES = {
    "d": "0-9", "D": "^0-9", "s": r" \t\n\r\f\x0B", "S": r"^ \t\n\r\f\x0B", "w": "A-Za-z0-9_",
    "W": "^A-Za-z0-9_",
}  # fmt: skip
_SIGNS = r":_#=@/;,\- "
_PLAIN = re.compile(rf"[A-Za-z0-9{_SIGNS}^$?{{}}|*+.\[\]]")
_ESCAPABLE = frozenset("^$?[]{}|\\*+.-/:_#=@;, ()\"'%&<>!~`")
_HEX = re.compile(r"x[0-9A-Fa-f]{2}")


def as_polars(regex: str) -> str:
    r"""How does Polars' engine say this?

    Raises:
        ValueError: it has something that CloudWatch Logs does not allow, or makes no sense.

    Example:
        >>> as_polars(r"^4\d[05]")
        '^4[0-9][05]'
    """
    said, at, is_inside = "", 0, False
    while at < len(regex):
        mark = regex[at]
        if mark == "\\":
            part, width = _escaped(regex, at + 1)
            said, at = said + part, at + 1 + width
            continue
        if not _PLAIN.match(mark):
            raise ValueError(f"{mark!r} is not allowed in a regex")
        if is_inside and mark == "[":
            mark = r"\["  # in Polars' engine a bracket in brackets opens a class of its own
        elif is_inside and mark == "-" and regex[at + 1 : at + 2] == "-":
            raise ValueError("'--' in brackets is ambiguous; write one as \\-")
        elif mark in "[]":
            is_inside = mark == "["
        said, at = said + mark, at + 1
    try:
        pl.Series([""]).str.contains(said)
    except pl.exceptions.ComputeError:
        raise ValueError("the regex makes no sense, or is too large") from None
    return said


def _escaped(regex: str, at: int) -> tuple[str, int]:
    """Read what follows a backslash: how it is said, and how long it was."""
    mark = regex[at : at + 1]
    if mark in _CLASSES and mark:
        return f"[{_CLASSES[mark]}]", 1
    if _HEX.match(regex, at):
        return rf"\{regex[at : at + 3]}", 3
    if mark in _ESCAPABLE and mark:
        return (mark if mark == " " else rf"\x{ord(mark):02X}"), 1
    raise ValueError(f"\\{mark} is not allowed in a regex")
