r"""Which files can hold a value at all? A search in the text before any JSON is parsed.

A file is skipped only when that is certain. JSON may spell a character as `\uXXXX`, so an escape
that could spell a letter of the needle makes the file worth reading; ordinary escapes such as
`\"`, `\/` or `\u0026` do not.
"""

from __future__ import annotations

import re

import polars as pl

#: Any of these texts must occur, or no row of the file can match.
Clause = frozenset[str]

#: What JSON never has to escape: printable ASCII but for the quote and the backslash.
_PLAIN_RUN = re.compile(r"[ !#-\[\]-~]+")
#: base64 of gzip: a compressed payload inside, whose text this search cannot see.
_PAYLOAD = "H4sI"
#: JSON in a JSON string may spell even the backslash and digits of an escape by an escape.
_ESCAPE_LETTERS = "\\u0123456789abcdefABCDEF"
#: How a cell shows a lone surrogate; the text may write its digits in upper case.
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_MAX_TEXTS = 256
_MIN_RUN = 3


def pattern_of(clause: Clause) -> str | None:
    r"""Which regular expression finds every file that may hold one of these texts?

    None when no search can exclude anything. The pattern runs in Polars' linear-time engine.

    Example:
        >>> pattern_of(frozenset({"AWS_2"}))[:11]
        'AWS_2|H4sI|'
        >>> pattern_of(frozenset({"é"})) is None
        True
    """
    if not clause or len(clause) > _MAX_TEXTS or any(map(_SURROGATE.search, clause)):
        return None
    runs = {max(_PLAIN_RUN.findall(text), key=len, default="") for text in clause}
    if min(map(len, runs)) < _MIN_RUN:
        return None
    spellable = set(_PAYLOAD + _ESCAPE_LETTERS).union(*runs)
    letters = sorted(f"{ord(letter):02x}" for letter in spellable)
    spelt = rf"\\u00(?i:{'|'.join(letters)})"
    return "|".join([*map(_spelled, sorted(runs)), _PAYLOAD, spelt])


def _spelled(run: str) -> str:
    """Allow the one short escape that a run may be written with: a slash behind backslashes."""
    return re.escape(run).replace("/", r"\\*/")


def may_hold(texts: list[bytes], patterns: tuple[str, ...]) -> list[bool]:
    r"""Which of these texts may hold a match for every pattern?

    Text that is no UTF-8 is always worth reading.

    Example:
        >>> may_hold(
        ...     [b'{"k": "AB1"}', b'{"k": "\\u0041B1"}', b'{"k": "x\\u0026"}'],
        ...     (pattern_of(frozenset({"AB1"})),),
        ... )
        [True, True, False]
    """
    if not patterns:
        return [True] * len(texts)
    series = _searchable(texts)
    found = (series.str.contains(pattern).to_list() for pattern in patterns)
    return [False not in held for held in zip(*found, strict=True)]


def _searchable(texts: list[bytes]) -> pl.Series:
    """Make the texts a column to search; null where a text is no UTF-8."""
    try:
        return pl.Series(texts, dtype=pl.Binary).cast(pl.String)
    except pl.exceptions.ComputeError:  # one of them, which the cast does not tell
        return pl.Series([_decoded(text) for text in texts], dtype=pl.String)


def _decoded(text: bytes) -> str | None:
    try:
        return text.decode()
    except UnicodeDecodeError:
        return None
