"""What rules ask, in whichever language: checks of fields, joined by and and or."""

from __future__ import annotations

from dataclasses import dataclass
from types import EllipsisType
from typing import Any, Literal, TypeAlias

#: How a value is compared. "digits" is a bare number that text may equal as well.
Kind: TypeAlias = Literal[
    "text", "address", "number", "digits", "null", "true", "false", "prefix", "suffix",
    "ignore case", "prefix ignore case", "suffix ignore case", "wildcard", "numeric", "cidr",
    "regex", "present", "absent",
]  # fmt: skip

#: A field name, a place in a list, None for every element of a list, `...` for every field.
Step: TypeAlias = str | int | EllipsisType | None
Path: TypeAlias = tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Check:
    """One comparison: the value is like any of `values`; with `but`, it is like none of them.

    A wildcard's value is the tuple of texts between its stars; that of "numeric" is a tuple of
    pairs such as `(">=", 5.0)`, all of which must hold.
    """

    kind: Kind
    values: tuple[Any, ...] = ()
    but: bool = False


@dataclass(frozen=True, slots=True)
class Leaf:
    """A field that must pass any of these checks."""

    path: Path
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class And:
    """Every part must hold; with no part it holds always."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any part must hold."""

    parts: tuple[Expression, ...]


Expression: TypeAlias = Leaf | And | Or


def fits_wildcard(text: str, pieces: tuple[str, ...]) -> bool:
    """Do these texts stand in this one in their order, the first at its start, the last at its end?

    Example:
        >>> fits_wildcard("arn:aws:iam::1:user/bob", ("arn:", ":iam::", ":user/", ""))
        True
        >>> fits_wildcard("ab", ("ab", "b"))
        False
    """
    first, *middle, last = pieces if len(pieces) > 1 else (*pieces, "")
    if len(pieces) == 1:
        return text == first
    if len(text) < len(first) + len(last):
        return False
    if not (text.startswith(first) and text.endswith(last)):
        return False
    at, end = len(first), len(text) - len(last)
    for piece in middle:
        found = text.find(piece, at, end)
        if found < 0:
            return False
        at = found + len(piece)
    return True
