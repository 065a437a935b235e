"""An EventBridge event pattern as a table of its alternatives: each a set of fields to check.

Source: Amazon EventBridge User Guide, "Event patterns"; the meaning of `$or`, of dotted names and
of a field named twice is that of AWS's own matcher (aws/event-ruler).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeAlias, TypeGuard

from trailnb.errors import RequestError
from trailnb.rules.event_pattern_checks import check_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from trailnb.rules.checks import Check
    from trailnb.rules.corners import Corners

#: One way to match: every field, by its path, must pass one of its checks.
Alternative: TypeAlias = dict[tuple[str, ...], tuple["Check", ...]]

#: EventBridge refuses patterns whose `$or`s multiply to more.
MAX_ALTERNATIVES = 1000
#: No event is nested so deeply.
_MAX_DEPTH = 100
_OR = "$or"
#: Names of comparisons: an `$or` with one of these for a field is no `$or` but a field's name.
_RESERVED = frozenset(
    {
        "exactly", "equals-ignore-case", "prefix", "suffix", "anything-but", "exists", "wildcard",
        "numeric", "cidr", "=", "<", "<=", ">", ">=", "regex", "not-wildcard",
        "not-equals-ignore-case", "date-after", "date-on-or-after", "date-before",
        "date-on-or-before", "in-date-range", "ip-address-in-range", "ip-address-not-in-range",
    }
)  # fmt: skip


class _Fields(list[tuple[str, Any]]):
    """A JSON object with every field in its order, those named twice included."""


def alternatives_of(
    pattern: Mapping[str, Any] | str, corners: Corners
) -> tuple[list[Alternative], frozenset[str]]:
    """In which ways can an event match, and which names stand at the pattern's top?

    Raises:
        RequestError: the pattern is refused, with the place and the reason.

    Example:
        >>> from trailnb.rules.corners import USUAL
        >>> alternatives, top = alternatives_of({"detail": {"eventName": ["StopLogging"]}}, USUAL)
        >>> alternatives
        [{('detail', 'eventName'): (Check(kind='text', values=('StopLogging',), but=False),)}]
        >>> sorted(top)
        ['detail']
    """
    fields = _parsed(pattern) if isinstance(pattern, str) else pattern
    if not isinstance(fields, dict | _Fields):
        raise _refused("its top", "Filter is not an object")
    alternatives = _objects([], (), fields, "", corners)
    return alternatives, frozenset(path[0] for one in alternatives for path in one)


def _parsed(text: str) -> object:
    try:
        return json.loads(text, object_pairs_hook=_Fields, parse_constant=_no_number)
    except RecursionError:
        raise _refused("its text", "it is nested too deeply") from None
    except ValueError as error:
        raise _refused("its text", f"it is no JSON: {error}") from None


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no JSON number")


def _objects(
    known: list[Alternative], path: tuple[str, ...], fields: object, place: str, corners: Corners
) -> list[Alternative]:
    """Extend every alternative by the fields of an object."""
    if len(path) > _MAX_DEPTH:
        raise _refused(place, "it is nested too deeply")
    pairs = _pairs(fields, place)
    if not pairs:
        raise _refused(place, "Empty objects are not allowed")
    for name, value in pairs:
        inside = f"{place}.{name}" if place else name
        if name == _OR and _is_or(value):
            known = _branches(known, path, value, inside, corners)
        elif isinstance(value, dict | _Fields):
            known = _objects(known, (*path, *name.split(".")), value, inside, corners)
        elif isinstance(value, list):
            checks = _checks(value, inside, corners)
            # A field that is named again takes the place of the first.
            known = [one | {(*path, *name.split(".")): checks} for one in known or [{}]]
        else:
            raise _refused(inside, f'"{name}" must be an object or an array')
    return known


def _branches(
    known: list[Alternative],
    path: tuple[str, ...],
    branches: list[object],
    place: str,
    corners: Corners,
) -> list[Alternative]:
    forked: list[Alternative] = []
    for number, branch in enumerate(branches):
        forked += _objects(known or [{}], path, branch, f"{place}[{number}]", corners)
        if len(forked) > MAX_ALTERNATIVES:
            said = f"its $or make more than {MAX_ALTERNATIVES:,} combinations"
            raise _refused(place, said)
    return forked


def _is_or(value: object) -> TypeGuard[list[object]]:
    """Tell whether this is the list of an `$or`: two objects or more, named by fields."""
    if not isinstance(value, list) or len(value) < 2:  # noqa: PLR2004 - as AWS counts
        return False
    if not all(isinstance(one, dict | _Fields) for one in value):
        return False
    return not any(_RESERVED & set(_names(one)) for one in value)


def _names(fields: object) -> Iterator[str]:
    """Name every field of an object, and of the objects in it, down to the lists."""
    waiting = [fields]
    while waiting:
        for name, value in _pairs(waiting.pop(), ""):
            yield name
            if isinstance(value, dict | _Fields):
                waiting.append(value)


def _checks(values: list[Any], place: str, corners: Corners) -> tuple[Check, ...]:
    if not values:
        raise _refused(place, "Empty arrays are not allowed")
    checks = []
    for number, value in enumerate(values):
        try:
            checks.append(check_of(_plain(value), corners))
        except ValueError as error:
            raise _refused(f"{place}[{number}]", str(error)) from None
    return tuple(checks)


def _plain(value: object) -> object:
    """Turn the objects of an alternative into dicts; one field twice is two keys, and refused."""
    if isinstance(value, _Fields):
        named = {name: _plain(inner) for name, inner in value}
        return named if len(named) == len(value) else named | {"the same again": None}
    return value


def _pairs(fields: Any, place: str) -> list[tuple[str, Any]]:  # noqa: ANN401 - an object of either kind
    pairs = fields if isinstance(fields, _Fields) else list(fields.items())
    if odd := next((name for name, _ in pairs if not isinstance(name, str)), None):
        raise _refused(place, f"{odd!r} is no field name")
    return pairs


def _refused(place: str, reason: str) -> RequestError:
    return RequestError(
        f"the event pattern is refused at {place or 'its top'}: {reason.rstrip('.')}. "
        "Compare it with the EventBridge User Guide, 'Comparison operators'."
    )
