"""What a check of an event pattern accepts, as a function of one JSON value."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, TypeAlias

from trailnb.rules.addresses import address_of
from trailnb.rules.checks import fits_wildcard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from trailnb.rules.checks import Check

#: A text, number, boolean or null, as decoded from JSON.
Value: TypeAlias = Any
#: Whether a value passes.
Accepts: TypeAlias = "Callable[[Value], bool]"

_COMPARED = {
    "=": operator.eq, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


def accepting(checks: Iterable[Check]) -> Accepts:
    """Which values pass any of these checks? Texts are looked up all at once.

    Example:
        >>> from trailnb.rules.checks import Check
        >>> accepts = accepting([Check("text", ("a",)), Check("numeric", ((("<", 5.0),),))])
        >>> [value for value in ("a", "b", 4, 5, True, None) if accepts(value)]
        ['a', 4]
    """
    texts: set[str] = set()
    others: list[Accepts] = []
    for check in checks:
        if check.kind == "text" and not check.but:
            texts.update(check.values)
        elif check.kind != "absent":  # whether a field is absent, no value of it can tell
            others.append(_accepting(check))
    exact = frozenset(texts)
    if not others:
        return lambda value: type(value) is str and value in exact
    alone = others[0]
    if not exact and len(others) == 1:
        return alone
    return lambda value: (
        (type(value) is str and value in exact) or any(accepts(value) for accepts in others)
    )


def _accepting(check: Check) -> Accepts:
    if check.but:
        return _anything_but(check)
    if check.kind in _LITERALS:
        literal = _LITERALS[check.kind]
        return lambda value: value is literal
    if check.kind == "present":
        return lambda _: True
    if check.kind in {"number", "numeric"}:
        bounds = check.values[0] if check.kind == "numeric" else (("=", check.values[0]),)
        tests = tuple((_COMPARED[name], bound) for name, bound in bounds)
        return lambda value: (
            is_number(value) and all(test(as_double(value), bound) for test, bound in tests)
        )
    if check.kind in {"address", "cidr"}:
        return _within(check)
    fits = any_text(check)
    return lambda value: type(value) is str and fits(value)


def _anything_but(check: Check) -> Accepts:
    """Everything passes but the values named: null, booleans and the other JSON type as well."""
    if check.kind == "number":
        numbers = frozenset(check.values)
        return lambda value: not (is_number(value) and as_double(value) in numbers)
    fits = any_text(check)
    return lambda value: not (type(value) is str and fits(value))


def _within(check: Check) -> Accepts:
    if check.kind == "cidr":
        ((low, high),) = check.values
    else:
        low = high = address_of(check.values[0])

    def accepts(value: Value) -> bool:
        if type(value) is not str:
            return False
        address = address_of(value)
        # Tuples sort by version first, so an IPv4 address lies in no IPv6 network.
        return address is not None and low <= address <= high

    return accepts


def any_text(check: Check) -> Callable[[str], bool]:
    """Which texts are like any of the check's values?

    Example:
        >>> from trailnb.rules.checks import Check
        >>> any_text(Check("ignore case", ("ConsoleLogin",)))("consolelogin")
        True
    """
    values = check.values
    if check.kind == "text":
        exact = frozenset(values)
        return lambda text: text in exact
    if check.kind == "prefix":
        return lambda text: text.startswith(values)
    if check.kind == "suffix":
        return lambda text: text.endswith(values)
    if check.kind == "wildcard":
        return lambda text: any(fits_wildcard(text, pieces) for pieces in values)
    return _ignoring_case(check)


def _ignoring_case(check: Check) -> Callable[[str], bool]:
    spelled = [[(mark.lower(), mark.upper()) for mark in value] for value in check.values]
    if check.kind == "ignore case":
        return lambda text: any(_spells(text, marks) == len(text) for marks in spelled)
    if check.kind == "prefix ignore case":
        return lambda text: any(_spells(text, marks) is not None for marks in spelled)
    backwards = [[(low[::-1], up[::-1]) for low, up in reversed(marks)] for marks in spelled]
    return lambda text: any(_spells(text[::-1], marks) is not None for marks in backwards)


def _spells(text: str, marks: list[tuple[str, str]]) -> int | None:
    """Where does the text end to spell these letters, each small or capital; None if it never does?

    AWS's matcher goes letter by letter, too: one that grows when it is capitalized is both.
    """
    at = 0
    for spellings in marks:
        found = next((one for one in spellings if text.startswith(one, at)), None)
        if found is None:
            return None
        at += len(found)
    return at


def is_number(value: Value) -> bool:
    """Is it a JSON number? To Python, booleans are numbers as well.

    Example:
        >>> is_number(5), is_number(True), is_number("5")
        (True, False, False)
    """
    return type(value) is int or type(value) is float


def as_double(value: Value) -> float:
    """Which double is nearest, as AWS's matcher compares?

    Example:
        >>> as_double(10**400)
        inf
    """
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


_LITERALS: dict[str, Value] = {"null": None, "true": True, "false": False}
