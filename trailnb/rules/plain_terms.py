"""A CloudWatch Logs filter in plain text: terms that stand in a record's own text.

Source: CloudWatch Logs User Guide, "Filter pattern syntax", unstructured log events.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import lark
import polars as pl

from trailnb.rules.filter_regex import as_polars
from trailnb.rules.metric_filter import MAX_CHARACTERS, refused

_GRAMMAR = r"""
start: term*
term: (MARK)? (QUOTED | REGEX | WORD)
MARK: "-" | "?"
QUOTED: /"(?:[^"\\]|\\.)*"/
REGEX: /%[^%]*%/
WORD: /[^\s"%?-][^\s"%]*/
%import common.WS
%ignore WS
"""


@dataclass(frozen=True, slots=True)
class Term:
    """A text or a regex, and whether it must be there, must not, or is one of several."""

    mark: Literal["", "-", "?"]
    text: str
    is_regex: bool = False


def terms_of(text: str) -> tuple[Term, ...]:
    """Which terms does the filter name? None means every record.

    Raises:
        RequestError: it is no filter, with the place and the reason.

    Example:
        >>> [(term.mark, term.text) for term in terms_of('AccessDenied -"s3.amazonaws.com"')]
        [('', 'AccessDenied'), ('-', 's3.amazonaws.com')]
    """
    if len(text) > MAX_CHARACTERS:
        said = f"it has {len(text):,} characters, and {MAX_CHARACTERS:,} are allowed"
        raise refused(text, MAX_CHARACTERS, said)
    if text.lstrip().startswith("["):
        said = "CloudTrail's records are JSON, and `[...]` reads columns parted by spaces"
        raise refused(text, 0, said)
    try:
        tree = _parser().parse(text)
    except lark.exceptions.UnexpectedToken as error:
        end = len(text) if error.token.type == "$END" else error.token.start_pos or 0
        raise refused(text, end, "a term should stand here") from None
    except lark.exceptions.UnexpectedCharacters as error:
        place: int = error.pos_in_stream  # type: ignore[assignment]
        raise refused(text, place, "a quote or % is not closed") from None
    terms = [node for node in tree.children if isinstance(node, lark.Tree)]
    return tuple(_term(text, term.children) for term in terms)


@cache
def _parser() -> lark.Lark:
    return lark.Lark(_GRAMMAR, parser="lalr", lexer="contextual")


def _term(text: str, parts: list[Any]) -> Term:
    value = parts[-1]
    mark: Literal["", "-", "?"] = "" if len(parts) == 1 or parts[0] is None else parts[0].value
    if value.type == "REGEX":
        try:
            return Term(mark, as_polars(value[1:-1]), is_regex=True)
        except ValueError as error:
            raise refused(text, value.start_pos or 0, str(error)) from None
    said = re.sub(r"\\(.)", r"\1", value[1:-1]) if value.type == "QUOTED" else str(value)
    return Term(mark, said)


def standing_in(column: str, terms: tuple[Term, ...]) -> pl.Expr:
    """Which texts have the terms in them? Terms marked `?` count only among their like.

    Example:
        >>> texts = pl.DataFrame({"record": ["GetUser AccessDenied", "GetUser"]})
        >>> texts.filter(standing_in("record", terms_of("GetUser -AccessDenied"))).rows()
        [('GetUser',)]
    """
    text = pl.col(column)
    has = [
        (
            term.mark,
            # A text of blanks, or of nothing, stands in every record.
            text.is_not_null()
            if not term.text.strip()
            else text.str.contains(term.text, literal=not term.is_regex),
        )
        for term in terms
    ]
    must = [one if mark == "" else ~one for mark, one in has if mark != "?"]
    if not must and has:
        return pl.any_horizontal(one for _, one in has)
    return pl.all_horizontal(must) if must else text.is_not_null()
