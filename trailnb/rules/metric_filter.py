r"""A CloudWatch Logs metric filter, read into checks: `{ ($.eventName = "StopLogging") }`.

Source: CloudWatch Logs User Guide, "Filter pattern syntax for metric filters, subscription filters,
filter log events, and Live Tail", and its edition of 2018-2022 for `*`.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

import lark

from trailnb.errors import RequestError
from trailnb.rules.checks import And, Check, Expression, Leaf, Or
from trailnb.rules.filter_regex import as_polars

if TYPE_CHECKING:
    from trailnb.rules.checks import Path, Step
    from trailnb.rules.corners import Corners

MAX_CHARACTERS = 1024
_MAX_STARS, _MAX_REGEXES = 3, 2
NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")

_GRAMMAR = r"""
start: "{" either "}"
?either: every ("||" every)*
?every: unit ("&&" unit)*
?unit: "(" either ")" | condition
?condition: selector EQUALITY (WORD | QUOTED | REGEX) -> compared
    | selector ORDER (WORD | QUOTED) -> ordered
    | selector "IS" CONSTANT -> constant
    | selector "NOT" "EXISTS" -> absent
selector: "$" step+
?step: "." NAME -> name
    | "." "[" KEY "]" -> key
    | "[" KEY "]" -> key
    | "[" INDEX "]" -> index
    | "[" "*" "]" -> every_one
    | "." "*" -> every_field

EQUALITY: "=" | "!="
ORDER: "<=" | ">=" | "<" | ">"
CONSTANT: "NULL" | "TRUE" | "FALSE"
NAME: /[A-Za-z0-9_-]+/
KEY: /'[^']*'/
INDEX: /[0-9]{1,9}/
QUOTED: /"(?:[^"\\]|\\.)*"/
REGEX: /%[^%]*%/
WORD: /[A-Za-z0-9_.*:\/@+-]+/
%import common.WS
%ignore WS
"""
#: What a token is to people.
_CALLED = {
    "EQUALITY": "= or !=", "ORDER": "<, <=, > or >=", "CONSTANT": "NULL, TRUE or FALSE",
    "NAME": "a field's name", "KEY": "a key in single quotes", "INDEX": "a number",
    "QUOTED": "a text in double quotes", "REGEX": "a regex between %", "WORD": "a word or number",
    "LBRACE": "{", "RBRACE": "}", "LPAR": "(", "RPAR": ")", "DOLLAR": "$", "DOT": ".", "LSQB": "[",
    "RSQB": "]", "STAR": "*", "IS": "IS", "NOT": "NOT", "EXISTS": "EXISTS", "$END": "the end",
    "__ANON_0": "||", "__ANON_1": "&&", "WS": "a space",
}  # fmt: skip


def expression_of(text: str, corners: Corners) -> Expression:
    """What does the filter ask?

    Raises:
        RequestError: it is none, with the place and the reason.

    Example:
        >>> from trailnb.rules.corners import USUAL
        >>> expression_of("{ $.errorCode NOT EXISTS }", USUAL)
        Leaf(path=('errorCode',), checks=(Check(kind='absent', values=(), but=False),))
    """
    if len(text) > MAX_CHARACTERS:
        said = f"it has {len(text):,} characters, and {MAX_CHARACTERS:,} are allowed"
        raise refused(text, MAX_CHARACTERS, said)
    reading = _Reading(text, corners)
    try:
        tree = _parser().parse(text)
        # Every node is read by its own method and nothing is recursive but the tree.
        return _built(tree, reading)
    except lark.exceptions.UnexpectedToken as error:
        raise refused(text, _place(error, text), _unexpected(error)) from None
    except lark.exceptions.UnexpectedCharacters as error:
        place: int = error.pos_in_stream  # type: ignore[assignment]
        wanted = ", ".join(sorted(_CALLED.get(name, name) for name in error.allowed or ()))
        said = f"{text[place : place + 1]!r} where {wanted} can stand"
        raise refused(text, place, said) from None


def refused(text: str, place: int, reason: str) -> RequestError:
    """Say where and why the filter is refused."""
    near = text[max(place - 12, 0) : place + 12]
    return RequestError(
        f"the filter pattern is refused at character {place + 1} (near {near!r}): "
        f"{reason}. Compare it with the CloudWatch Logs User Guide, 'Filter pattern syntax'."
    )


@cache
def _parser() -> lark.Lark:
    return lark.Lark(_GRAMMAR, parser="lalr", lexer="contextual", propagate_positions=True)


class _Reading:
    """Reads the nodes of a filter's tree, and counts what is limited."""

    def __init__(self, text: str, corners: Corners) -> None:
        self.text = text
        self.corners = corners
        self.stars = 0
        self.regexes = 0

    def start(self, parts: list[Any], _place: int) -> Expression:
        return parts[0]  # type: ignore[no-any-return]

    def either(self, parts: list[Any], _place: int) -> Expression:
        return Or(tuple(parts))

    def every(self, parts: list[Any], _place: int) -> Expression:
        return And(tuple(parts))

    def selector(self, steps: list[Step], place: int) -> Path:
        stars = steps.count(None) + steps.count(...)
        self.stars += stars
        if stars > 1:
            raise refused(self.text, place, "a selector has at most one wildcard")
        if self.stars > _MAX_STARS:
            raise refused(self.text, place, f"a filter has at most {_MAX_STARS} wildcard selectors")
        return tuple(steps)

    def name(self, parts: list[str], _place: int) -> Step:
        return str(parts[0])

    def key(self, parts: list[str], _place: int) -> Step:
        return str(parts[0][1:-1])

    def index(self, parts: list[str], _place: int) -> Step:
        return int(parts[0])

    def every_one(self, _parts: list[str], _place: int) -> Step:
        return None

    def every_field(self, _parts: list[str], _place: int) -> Step:
        return ...

    def absent(self, parts: list[Any], _place: int) -> Leaf:
        return Leaf(parts[0], (Check("absent"),))

    def constant(self, parts: list[Any], _place: int) -> Leaf:
        kinds = {"NULL": "null", "TRUE": "true", "FALSE": "false"}
        return Leaf(parts[0], (Check(kinds[str(parts[1])]),))  # type: ignore[arg-type]

    def compared(self, parts: list[Any], _place: int) -> Leaf:
        path, operator, value = parts
        return Leaf(path, (self._like(value, but=operator == "!="),))

    def ordered(self, parts: list[Any], _place: int) -> Leaf:
        path, operator, value = parts
        number = value[1:-1] if value.type == "QUOTED" else str(value)
        if not NUMBER.fullmatch(number):
            raise refused(self.text, value.start_pos, f"{operator} compares numbers only")
        return Leaf(path, (Check("numeric", (((str(operator), float(number)),),)),))

    def _like(self, value: lark.Token, *, but: bool) -> Check:
        if value.type == "REGEX":
            self.regexes += 1
            if self.regexes > _MAX_REGEXES:
                said = f"a filter has at most {_MAX_REGEXES} regexes"
                raise refused(self.text, value.start_pos or 0, said)
            try:
                return Check("regex", (as_polars(value[1:-1]),), but)
            except ValueError as error:
                raise refused(self.text, value.start_pos or 0, str(error)) from None
        if value.type == "WORD" and NUMBER.fullmatch(value):
            return Check("digits", (str(value),), but)
        text = str(value)
        if value.type == "QUOTED":
            text = re.sub(r"\\(.)", r"\1", text[1:-1])
        return self._starred(text, but=but)

    def _starred(self, text: str, *, but: bool) -> Check:
        """Read `*` where it stands for anything: at the ends, or wherever it is."""
        if text.strip("*") == "" and text:
            return Check("present", (), but)
        if self.corners.inner_star:
            pieces = tuple(re.split(r"\*+", text))
        else:
            bare = text.removeprefix("*").removesuffix("*")
            pieces = ("",) * text.startswith("*") + (bare,) + ("",) * text.endswith("*")
        if len(pieces) == 1:
            return Check("text", pieces, but)
        return Check("wildcard", (pieces,), but)


def _built(tree: lark.Tree[Any], reading: _Reading) -> Expression:
    """Build the tree from its leaves up; a filter of 1,024 characters is no deep tree."""
    built: dict[int, Any] = {}
    for node in tree.iter_subtrees():
        parts = [built[id(one)] if isinstance(one, lark.Tree) else one for one in node.children]
        place = 0 if node.meta.empty else node.meta.start_pos
        built[id(node)] = getattr(reading, node.data)(parts, place)
    return built[id(tree)]  # type: ignore[no-any-return]


def _place(error: lark.exceptions.UnexpectedToken, text: str) -> int:
    is_end = error.token.type == "$END"
    return len(text) if is_end else error.token.start_pos or 0


def _unexpected(error: lark.exceptions.UnexpectedToken) -> str:
    token = str(error.token)
    if error.token.type == "$END":
        return f"it ends where {_wanted(error)} should follow"
    if token in {"NOT", "EXISTS"}:
        return "IS NOT and EXISTS are not supported; NOT EXISTS and IS NULL are"
    return f"{token!r} where {_wanted(error)} can stand"


def _wanted(error: lark.exceptions.UnexpectedInput) -> str:
    names: set[str] = getattr(error, "accepts", None) or getattr(error, "expected", None) or set()
    return ", ".join(sorted(_CALLED.get(name, name) for name in names))
