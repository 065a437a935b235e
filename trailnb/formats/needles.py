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

#: What JSON never has to escape and never escapes shortly: printable ASCII but for " / \\.
_PLAIN_RUN = re.compile(r"[ !#-.0-\[\]-~]+")
#: base64 of gzip: a compressed payload inside, whose text this search cannot see.
_PAYLOAD = "H4sI"
_MAX_TEXTS = 256
_MIN_RUN = 3


def pattern_of(clause: Clause) -> str | None:
    r"""Which regular expression finds every file that may hold one of these texts?

    None when no search can exclude anything. The pattern runs in Polars' linear-time engine.

    Example:
        >>> pattern_of(frozenset({"AB1"}))
        'AB1|H4sI|\\\\u00(?i:31|41|42)'
        >>> pattern_of(frozenset({"é"})) is None
        True
    """
    if not clause or len(clause) > _MAX_TEXTS:
        return None
    runs = {max(_PLAIN_RUN.findall(text), key=len, default="") for text in clause}
    if min(map(len, runs)) < _MIN_RUN:
        return None
    letters = sorted({f"{ord(letter):02x}" for run in runs for letter in run})
    spelt = rf"\\u00(?i:{'|'.join(letters)})"
    return "|".join([*(re.escape(run) for run in sorted(runs)), _PAYLOAD, spelt])


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
    series = pl.Series(texts, dtype=pl.Binary).cast(pl.String, strict=False)
    keep = pl.repeat(value=True, n=len(texts), eager=True)
    for pattern in patterns:
        keep &= series.str.contains(pattern).fill_null(value=True)
    return keep.to_list()
