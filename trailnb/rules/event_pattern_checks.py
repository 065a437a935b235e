"""One alternative of an event pattern: a literal, or an object that names how to compare.

Source: Amazon EventBridge User Guide, "Comparison operators"; what it leaves open, and the words of
a refusal, are those of AWS's own matcher (aws/event-ruler).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trailnb.rules.addresses import address_of, network_of
from trailnb.rules.checks import Check, Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from trailnb.rules.corners import Corners

_ONE_KEY = "Only one key allowed in match expression"
_MIXED = (
    "Inside anything but list, either all values are number or string, mixed type is not supported"
)
_ANYTHING = "Value of anything-but must be an array or single string/number value."
_LOWER, _UPPER = (">", ">="), ("<", "<=")
_RANGE_LENGTH = 4
_IGNORE_CASE = "equals-ignore-case"
#: A backslash may stand before these two in a wildcard.
_ESCAPABLE = ("*", "\\")


def check_of(value: object, corners: Corners) -> Check:
    """What does one alternative of a field ask?

    Raises:
        ValueError: it is none, with AWS's reason.

    Example:
        >>> from trailnb.rules.corners import USUAL
        >>> check_of({"prefix": "Create"}, USUAL)
        Check(kind='prefix', values=('Create',), but=False)
    """
    if isinstance(value, dict):
        return _named(value, corners)
    if isinstance(value, str):
        return Check("address" if address_of(value) else "text", (value,))
    if value is None:
        return Check("null")
    if isinstance(value, bool):
        return Check("true" if value else "false")
    if _is_number(value):
        return Check("number", (_number(value),))
    raise ValueError("Match value must be String, number, true, false, or null")


def _named(named: dict[str, Any], corners: Corners) -> Check:
    if not named:
        raise ValueError("Match expression name not found")
    name, value = next(iter(named.items()))
    if name == "cidr":
        check = Check("cidr", (_network(value, corners),))
    elif name in _READERS:
        check = _READERS[name](value)
    else:
        raise ValueError(f"Unrecognized match type {name}")
    if len(named) > 1:
        raise ValueError(_ONE_KEY)
    return check


def _exactly(value: object) -> Check:
    return Check("text", (_text(value, "exact match"),))


def _edge(name: Kind) -> Callable[[object], Check]:
    """Read a prefix or a suffix, which may ignore case."""

    def read(value: object) -> Check:
        if isinstance(value, dict) and list(value) == [_IGNORE_CASE]:
            text = _text(value[_IGNORE_CASE], _IGNORE_CASE)
            folded: Kind = "prefix ignore case" if name == "prefix" else "suffix ignore case"
            return Check(folded, (text,))
        return Check(name, (_text(value, name),))

    return read


def _ignoring_case(value: object) -> Check:
    return Check("ignore case", (_text(value, _IGNORE_CASE),))


def _wildcard(value: object) -> Check:
    return Check("wildcard", (pieces_of(_text(value, "wildcard")),))


def pieces_of(pattern: str) -> tuple[str, ...]:
    r"""Which texts stand between the stars of a wildcard?

    Raises:
        ValueError: two stars follow each other, or a backslash stands before anything else.

    Example:
        >>> pieces_of(r"arn:*:user/\*")
        ('arn:', ':user/*')
    """
    pieces, piece, at = [], "", 0
    while at < len(pattern):
        mark = pattern[at]
        # AWS counts bytes, and the quote before the text.
        place = len(pattern[:at].encode("utf-8", "replace")) + 1
        following = pattern[at + 1 : at + 2]
        if mark == "\\":
            if following not in _ESCAPABLE:
                raise ValueError(f"Invalid escape character at pos {place}")
            piece += following
            at += 1
        elif mark == "*":
            if following == "*":
                raise ValueError(f"Consecutive wildcard characters at pos {place}")
            pieces.append(piece)
            piece = ""
        else:
            piece += mark
        at += 1
    return (*pieces, piece)


def _numeric(value: object) -> Check:
    if not isinstance(value, list):
        raise ValueError("Value of numeric must be an array.")  # noqa: TRY004 - a refusal, as all
    operator = value[0] if value else None
    if not isinstance(operator, str):
        raise ValueError(f"Invalid member in numeric match: {operator}")  # noqa: TRY004 - likewise
    if operator not in ("=", *_LOWER, *_UPPER):
        raise ValueError(f"Unrecognized numeric range operator: {operator}")
    bounds = [(operator, _operand(value, 1, operator))]
    if len(value) > 2:  # noqa: PLR2004 - an operator and its number
        bounds.append(_upper(value, bounds[0][1]))
    return Check("numeric", (tuple(bounds),))


def _upper(value: list[Any], bottom: float) -> tuple[str, float]:
    """Read the second half of a range, whose first half is its lower bound."""
    operator = value[2]
    if value[0] not in _LOWER:
        raise ValueError("Too many elements in numeric expression")
    if operator not in _UPPER:
        raise ValueError(f"Bad numeric range operator: {operator}")
    top = _operand(value, 3, operator)
    if len(value) > _RANGE_LENGTH:
        raise ValueError("Too many terms in numeric range expression")
    if bottom >= top:
        raise ValueError("Bottom must be less than top")
    return operator, top


def _operand(value: list[Any], place: int, operator: str) -> float:
    number = value[place] if len(value) > place else None
    if not _is_number(number):
        said = "equals" if operator == "=" else operator
        raise ValueError(f"Value of {said} must be numeric")
    return _number(number)


def _exists(value: object) -> Check:
    if not isinstance(value, bool):
        raise ValueError("exists match pattern must be either true or false.")  # noqa: TRY004
    return Check("present" if value else "absent")


def _anything_but(value: object) -> Check:
    if isinstance(value, dict):
        return _anything_but_named(value)
    many = value if isinstance(value, list) else [value]
    if not isinstance(value, str | list) and not _is_number(value):
        raise ValueError(_ANYTHING)
    if any(not isinstance(one, str) and not _is_number(one) for one in many):
        raise ValueError("Inside anything but list, start|null|boolean is not supported.")
    texts = [one for one in many if isinstance(one, str)]
    if not many or len(texts) not in {0, len(many)}:
        raise ValueError(_MIXED)
    if texts:
        return Check("text", tuple(texts), but=True)
    return Check("number", tuple(_number(one) for one in many), but=True)


def _anything_but_named(named: dict[str, Any]) -> Check:
    if not named:
        raise ValueError("Anything-But expression name not found")
    name, value = next(iter(named.items()))
    if name not in _ANYTHING_BUT:
        raise ValueError(f"Unsupported anything-but pattern: {name}")
    if len(named) > 1:
        raise ValueError(_ONE_KEY)
    many = value if isinstance(value, list) else [value]
    if not many:
        raise ValueError(f"anything-but {name} list must not be empty")
    texts = [_text(one, name) for one in many]
    if name in {"prefix", "suffix"} and "" in texts:
        raise ValueError("Null prefix/suffix not allowed")
    values = tuple(pieces_of(text) for text in texts) if name == "wildcard" else tuple(texts)
    return Check(_ANYTHING_BUT[name], values, but=True)


def _network(value: object, corners: Corners) -> object:
    # The wrong name is AWS's own.
    text = _text(value, "prefix")
    return network_of(text, is_one_allowed=corners.one_address_networks)


def _text(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{name} match pattern must be a string")  # noqa: TRY004 - a refusal
    return value


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number(value: Any) -> float:  # noqa: ANN401 - an int or a float
    """Numbers are compared as IEEE doubles, as in the matcher; beyond them lies infinity."""
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


_ANYTHING_BUT: dict[str, Kind] = {
    "prefix": "prefix", "suffix": "suffix", "wildcard": "wildcard", _IGNORE_CASE: "ignore case",
}  # fmt: skip
_READERS: dict[str, Callable[[object], Check]] = {
    "exactly": _exactly,
    "prefix": _edge("prefix"),
    "suffix": _edge("suffix"),
    _IGNORE_CASE: _ignoring_case,
    "wildcard": _wildcard,
    "numeric": _numeric,
    "exists": _exists,
    "anything-but": _anything_but,
}
