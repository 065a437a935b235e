"""Words on a chart: what a log says made short, printable and seen, and counts said aloud."""

from __future__ import annotations

from typing import TYPE_CHECKING
from unicodedata import combining

from trailnb._plain import plain, shortened

if TYPE_CHECKING:
    from collections.abc import Iterable

_LABEL = 48
#: So many kinds are named in a sentence.
_KINDS = 12


def label(text: str | None, width: int = _LABEL) -> str:
    r"""How does log text stand on a chart: printable, seen, and no wider than a label may be?

    Example:
        >>> label("ops\x1b[31m"), label(None), label(" ")
        ('ops\\x1b[31m', 'unknown', '" "')
    """
    if text is None:
        return "unknown"
    short = shortened(plain(text), width) if text.strip() else f'"{plain(text[:width])}"'
    return _unstacked(short)


def _unstacked(text: str) -> str:
    """Let at most two accents stand on a letter: a tower of them covers the rows above."""
    if text.isascii():
        return text
    kept: list[str] = []
    for char in text:
        if not (combining(char) and len(kept) > 1 and all(map(combining, kept[-2:]))):
            kept.append(char)
    return "".join(kept)


def labels(values: Iterable[str | None]) -> dict[str | None, str]:
    """How is each of several values labelled, so that no two that differ read alike?

    Example:
        >>> list(labels(["a" + "x" * 60, "b" + "x" * 60]).values())[1][-7:]
        'xxx (2)'
    """
    told: dict[str | None, str] = {}
    taken: dict[str, int] = {}
    for value in values:
        if value in told:
            continue
        text = label(value)
        taken[text] = taken.get(text, 0) + 1
        told[value] = text if taken[text] == 1 else f"{text} ({taken[text]})"
    return told


def listed(texts: Iterable[str | None], *, others: int = 0) -> str:
    """How do a few values of many stand in a tooltip?

    Example:
        >>> listed(["a", "b"], others=3)
        'a, b and 3 more'
    """
    shown = ", ".join(label(text) for text in texts)
    return f"{shown} and {others:,} more" if others > 0 else shown


def many(number: int, noun: str) -> str:
    """How is a count said: "1 event", "2,000 events"?

    Example:
        >>> many(1, "event"), many(2_000, "event")
        ('1 event', '2,000 events')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def counted(counts: Iterable[tuple[str | None, int]]) -> str:
    """How are counts of several kinds said: "1 account, 26 actions"?

    Example:
        >>> counted([("account", 1), ("action", 26)])
        '1 account, 26 actions'
    """
    told = [many(number, label(kind)) for kind, number in counts]
    return listed(told[:_KINDS], others=len(told) - _KINDS)


def without(number: int) -> str:
    """How does a sentence end that leaves out what has no time?

    Example:
        >>> without(0), without(2)
        ('', '; 2 without a time are not drawn')
    """
    return f"; {number:,} without a time {'is' if number == 1 else 'are'} not drawn" * (number > 0)
