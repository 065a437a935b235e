"""Cut JSON text into the exact text of its values, without recursion and without loss.

The fast path never comes here. Here every value keeps its own bytes: what a caller gets is a slice
of the text, so `record` and the free-form columns stay byte for byte what CloudTrail wrote.
"""

from __future__ import annotations

import re
from json import JSONDecodeError, JSONDecoder
from json.decoder import scanstring  # type: ignore[attr-defined]  # typeshed leaves it out
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Deeper nesting than this is kept as text but never descended into.
MAX_DEPTH = 512

_BLANK = re.compile(r"[ \t\r\n]*")
_SCALAR = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?|true|false|null|NaN|-?Infinity")
#: One token of interest inside an object or array: a whole string, or a bracket.
#: An unterminated string runs to the end, and nothing backtracks, so matching stays linear.
_TOKEN = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|[{}\[\]]', re.DOTALL)
#: Numbers stay text: a number of 5,000 digits is no reason to stop.
_CHECKER = JSONDecoder(strict=False, parse_int=str, parse_float=str)
_IS_STRICT = False
#: Characters to check at first. An error of the JSON module costs what stands before it in the text
#: it was given, so a file with a thousand torn records is checked in windows.
_WINDOW = 32_768
_WINDOW_GROWTH = 8
#: What a cut can tear besides strings and numbers: `-Infinity`, or a surrogate pair.
_LONGEST_TOKEN = 16
_CLOSES = {"{": "}", "[": "]"}


class TornError(ValueError):
    """The text stops being JSON at `position` (in characters)."""

    def __init__(self, reason: str, position: int) -> None:
        """Keep where it tore."""
        super().__init__(reason)
        self.reason = reason
        self.position = position


def skip_blank(text: str, start: int) -> int:
    """Where does the next thing that is not white space begin?"""
    match = _BLANK.match(text, start)
    return match.end() if match else start


def string_at(text: str, start: int) -> tuple[str, int]:
    """Which string begins at `start` (a quote), decoded, and where does it end?

    Control characters inside are accepted: real logs hold them.
    """
    try:
        decoded, end = scanstring(text, start + 1, _IS_STRICT)
    except JSONDecodeError as error:
        raise TornError(error.msg, error.pos) from None
    return decoded, end


def checked_end(text: str, start: int) -> int:
    """Where does the value at `start` end, every part of it being JSON?

    Raises:
        TornError: with the position of what is no JSON.
    """
    size = _WINDOW
    while True:
        window = text[start : start + size]
        is_cut = start + size < len(text)
        try:
            end = _CHECKER.raw_decode(window)[1]
        except JSONDecodeError as error:
            if not (is_cut and _may_be_the_cut(error, size)):
                raise TornError(error.msg, start + error.pos) from None
        except RecursionError:
            return value_end(text, start)  # too deep to check; its brackets still match
        else:
            if not is_cut or end < size:
                return start + end
        size *= _WINDOW_GROWTH


def _may_be_the_cut(error: JSONDecodeError, size: int) -> bool:
    """Tell whether the error may come from where the window ends, not from the text."""
    return error.pos >= size - _LONGEST_TOKEN or error.msg.startswith("Unterminated string")


def value_end(text: str, start: int) -> int:
    """Where does the JSON value that begins at `start` end?

    Brackets are matched with a list of open ones, never by recursion, so nesting has no limit here.

    Raises:
        TornError: the value does not end, or is none.

    Example:
        >>> value_end('{"a": [1, "]"]} , 2', 0)
        15
    """
    first = text[start : start + 1]
    if first == '"':
        return string_at(text, start)[1]
    if first in _CLOSES:
        return _bracket_end(text, start)
    match = _SCALAR.match(text, start)
    if match is None:
        raise TornError("a JSON value is missing", start)
    return match.end()


def _bracket_end(text: str, start: int) -> int:
    open_brackets: list[str] = []
    for token in _TOKEN.finditer(text, start):
        mark = token.group()
        if mark in _CLOSES:
            open_brackets.append(_CLOSES[mark])
        elif mark[0] != '"':
            if open_brackets.pop() != mark:
                raise TornError(f"{mark!r} closes what it did not open", token.start())
            if not open_brackets:
                return token.end()
    raise TornError("the text ends inside an object or array", len(text))


def fields_of(text: str) -> dict[str, str]:
    """Which fields has this JSON object, each with the exact text of its value?

    Of a repeated key the last one counts, as in every common reader.

    Raises:
        TornError: the text is no whole JSON object.

    Example:
        >>> fields_of('{"a": 1.50, "b": {"c": null}}')
        {'a': '1.50', 'b': '{"c": null}'}
    """
    fields: dict[str, str] = {}
    at = skip_blank(text, 1)
    if text[at : at + 1] == "}":
        return fields
    while True:
        if text[at : at + 1] != '"':
            raise TornError("a field name is missing", at)
        key, at = string_at(text, at)
        at = skip_blank(text, at)
        if text[at : at + 1] != ":":
            raise TornError("a colon is missing", at)
        start = skip_blank(text, at + 1)
        at = value_end(text, start)
        fields[key] = text[start:at]
        at = skip_blank(text, at)
        mark = text[at : at + 1]
        if mark == "}":
            return fields
        if mark != ",":
            raise TornError("a comma is missing", at)
        at = skip_blank(text, at + 1)


def items_of(text: str) -> Iterator[tuple[int, str]]:
    """Which items has this JSON array: each one's start and exact text?

    Example:
        >>> list(items_of('[1, {"a": []}]'))
        [(1, '1'), (4, '{"a": []}')]
    """
    at = skip_blank(text, 1)
    while text[at : at + 1] != "]":
        end = value_end(text, at)
        yield at, text[at:end]
        at = skip_blank(text, end)
        mark = text[at : at + 1]
        if mark == ",":
            at = skip_blank(text, at + 1)
        elif mark != "]":
            raise TornError("a comma is missing", at)


def text_of(value: str) -> str | None:
    r"""What does a cell of text show for this JSON value: the string, null, or the text as it is?

    Example:
        >>> text_of('"a\\u0062"'), text_of("null"), text_of('["x"]')
        ('ab', None, '["x"]')
    """
    if value.startswith('"'):
        return string_at(value, 0)[0]
    return None if value == "null" else value


def storable(text: str) -> str:
    r"""Make text that a UTF-8 column can hold: lone surrogates become their `\uXXXX` spelling.

    Example:
        >>> storable("a\ud800")
        'a\\ud800'
    """
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
