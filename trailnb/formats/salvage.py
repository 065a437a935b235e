"""Torn text to the values that are still whole, and what lies between them.

A file whose JSON breaks is not lost: each record that can be read is read, and each stretch that
cannot is reported with its position.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trailnb.facts.columns import KNOWN_FIELDS
from trailnb.formats.json_text import TornError, checked_end

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Between values: white space, commas, stray closers, record separators, a byte order mark.
_BETWEEN = re.compile("[ \t\r\n,\\]}\x00\x1e\ufeff]*")
#: A container that may hold whole values although it is torn itself.
_OPENING = re.compile(
    r'\{\s*"(?!(?:' + "|".join(sorted(KNOWN_FIELDS)) + r')")[^"\\]{0,64}"\s*:\s*\[|\['
)
#: A record begins with one of its known fields, in whatever order a tool wrote them; an object
#: that begins a line is one too, and so is a log event of a CloudWatch subscription.
_RECORD_START = re.compile(
    r'\{\s*"(?:' + "|".join(sorted(KNOWN_FIELDS)) + r'|detail|_raw|EventId|CloudTrailEvent)"\s*:'
    r'|(?<=\n)\{\s*"|\{\s*"id"\s*:\s*"\d+"\s*,\s*"timestamp"'
)
#: Trying to read from every possible start may cost this many times the text, never more.
_MAX_EFFORT = 16


@dataclass(frozen=True, slots=True)
class Piece:
    """A whole JSON value at `start`, or (`fault` set) a stretch that is none."""

    start: int
    text: str
    fault: str | None = None


def pieces(text: str) -> Iterator[Piece]:
    r"""Which values, one after another, are whole in this text, and what is not?

    One value, concatenated values, lines of values and torn containers all come out alike.

    Example:
        >>> [piece.text for piece in pieces('{"a": 1}\n{"a": 2}')]
        ['{"a": 1}', '{"a": 2}']
        >>> [(piece.start, piece.fault) for piece in pieces('{"Records":[{"eventTime":1},{"even')]
        [(12, None), (28, 'Unterminated string starting at')]
    """
    at = _after_blank(text, 0)
    effort = _MAX_EFFORT * len(text)
    open_brackets, is_torn = 0, False
    while at < len(text):
        try:
            end = checked_end(text, at)
        except TornError as torn:
            effort -= max(torn.position - at, 0)
            inside = _OPENING.match(text, at) if effort >= 0 else None
            if inside:
                open_brackets += 2 if text[at] == "{" else 1
                end = inside.end()
            else:
                following = _RECORD_START.search(text, at + 1) if effort >= 0 else None
                end = following.start() if following else len(text)
                yield Piece(at, text[at:end], torn.reason)
            is_torn = not inside
        else:
            yield Piece(at, text[at:end])
            is_torn = False
        at = _after_blank(text, end)
        open_brackets -= min(_closers(text, end, at), open_brackets)
    if open_brackets and not is_torn:  # cut off just between two records
        yield Piece(len(text), "", "the text ends inside an object or array")


def _closers(text: str, start: int, end: int) -> int:
    return text.count("]", start, end) + text.count("}", start, end)


def _after_blank(text: str, start: int) -> int:
    match = _BETWEEN.match(text, start)
    return match.end() if match else start
