"""Does a record pass a metric filter: selectors followed, values compared?

Source: CloudWatch Logs User Guide, "Filter pattern syntax"; where it is silent, `Corners` says.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, TypeAlias

from trailnb.rules.checks import And, Leaf, fits_wildcard
from trailnb.rules.values import as_double, is_number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from trailnb.rules.checks import Check, Expression, Path
    from trailnb.rules.corners import Corners
    from trailnb.rules.values import Value

#: Which texts each regex was found in: regexes are run for many records at once.
Found: TypeAlias = "Mapping[str, frozenset[str]]"
#: Whether a record passes.
Passes: TypeAlias = "Callable[[Value, Found], bool]"

#: Stands where a selector leads nowhere.
_NOTHING: Any = object()
_ORDERED = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
_DIGITS = "0123456789+-.eE"
_LITERALS: dict[str, Value] = {"null": None, "true": True, "false": False}


def passing(expression: Expression, corners: Corners) -> Passes:
    """Which records pass the filter?

    Example:
        >>> from trailnb.rules.corners import USUAL
        >>> from trailnb.rules.metric_filter import expression_of
        >>> passes = passing(expression_of("{ $.a = 1 || $.b NOT EXISTS }", USUAL), USUAL)
        >>> [passes(record, {}) for record in ({"a": 1, "b": 0}, {}, {"b": None})]
        [True, True, False]
    """
    if isinstance(expression, Leaf):
        return _leaf(expression.path, expression.checks[0], corners)
    parts = [passing(part, corners) for part in expression.parts]
    if isinstance(expression, And):
        return lambda record, found: all(part(record, found) for part in parts)
    return lambda record, found: any(part(record, found) for part in parts)


def regexes_in(expression: Expression) -> list[tuple[Path, str]]:
    """Which fields does the filter search, each with which regex?

    Example:
        >>> from trailnb.rules.corners import USUAL
        >>> from trailnb.rules.metric_filter import expression_of
        >>> regexes_in(expression_of("{ $.a = %^x% }", USUAL))
        [(('a',), '^x')]
    """
    if isinstance(expression, Leaf):
        check = expression.checks[0]
        return [(expression.path, check.values[0])] if check.kind == "regex" else []
    return [one for part in expression.parts for one in regexes_in(part)]


def paths_in(expression: Expression) -> set[Path]:
    """Which selectors does the filter have?

    Example:
        >>> paths_in(Leaf(("a", 0), ()))
        {('a', 0)}
    """
    if isinstance(expression, Leaf):
        return {expression.path}
    return {path for part in expression.parts for path in paths_in(part)}


def texts_at(record: Value, path: Path) -> list[str]:
    """Which texts does a selector lead to, numbers and booleans as they are written?

    Example:
        >>> texts_at({"a": ["x", 5, {}, None]}, ("a", None))
        ['x', '5']
    """
    spelled = (_spelled(value, are_booleans_text=True) for value in _reached(record, path))
    return [text for text in spelled if text is not None]


def _leaf(path: Path, check: Check, corners: Corners) -> Passes:
    if check.kind == "absent":
        return lambda record, _: all(value is _NOTHING for value in _reached(record, path))
    if check.kind in _LITERALS:
        literal = _LITERALS[check.kind]
        return lambda record, _: any(value is literal for value in _reached(record, path))
    test = _test(check, corners)
    is_but, of_nothing = check.but, check.but and corners.absent_differs

    def passes(record: Value, found: Found) -> bool:
        for value in _reached(record, path):
            if value is _NOTHING:
                if of_nothing:
                    return True
            elif type(value) not in {dict, list} and test(value, found) is not is_but:
                return True  # an object or a list neither equals nor differs
        return False

    return passes


def _reached(record: Value, path: Path) -> Iterator[Value]:
    """Follow a selector; without a wildcard it leads to one value, or to nothing."""
    value = record
    for place, step in enumerate(path):
        if step is None or step is ...:
            inside: list[Value] = value if type(value) is list and step is None else []
            if type(value) is dict and step is ...:
                inside = list(value.values())
            rest = path[place + 1 :]
            for one in inside:
                yield from _reached(one, rest)
            if not inside:
                yield _NOTHING
            return
        if type(step) is int:
            value = value[step] if type(value) is list and step < len(value) else _NOTHING
        else:
            value = value.get(step, _NOTHING) if type(value) is dict else _NOTHING
    yield value


def _test(check: Check, corners: Corners) -> Callable[[Value, Found], bool]:
    """Tell how one value is compared, `!=` aside."""
    if check.kind == "present":
        return lambda value, _: value is not None
    if check.kind == "numeric":
        ((name, bound),) = check.values[0]
        compare = _ORDERED[name]

        def is_ordered(value: Value, _found: Found) -> bool:
            if corners.digits_compare and type(value) is str:
                value = _number_in(value)
            return is_number(value) and compare(as_double(value), bound)

        return is_ordered
    if check.kind == "digits":
        text, number = check.values[0], float(check.values[0])
        return lambda value, _: value == text or (is_number(value) and as_double(value) == number)
    are_booleans_text = corners.booleans_are_text
    if check.kind == "regex":
        regex = check.values[0]
        return lambda value, found: _spelled(value, are_booleans_text) in found[regex]
    if check.kind == "text":
        wanted = check.values[0]
        return lambda value, _: _spelled(value, are_booleans_text) == wanted
    pieces = check.values[0]

    def is_like(value: Value, _found: Found) -> bool:
        text = _spelled(value, are_booleans_text)
        return text is not None and fits_wildcard(text, pieces)

    return is_like


def _number_in(text: str) -> float | None:
    """Read a text of digits as the number it spells."""
    if text.strip(_DIGITS):
        return None
    try:
        return float(text)
    except ValueError:
        return None


def _spelled(value: Value, are_booleans_text: bool) -> str | None:  # noqa: FBT001 - called per value
    """Write a value as text, as far as a filter can compare it with one."""
    if type(value) is str:
        return value
    if type(value) is bool:
        return str(value).lower() if are_booleans_text else None
    if is_number(value):
        return f"{value:.17g}" if type(value) is float else _digits(value)
    return None


def _digits(value: int) -> str:
    try:
        return str(value)
    except ValueError:  # Python writes no number of more than 4,300 digits
        return hex(value)
