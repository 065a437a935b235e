"""Does an event match an event pattern: fields found, lists entered, and kept consistent?

The semantics are those of AWS's own matcher (aws/event-ruler), measured by running it: a field in a
list has many values and any of them may match; two fields in the same list must match in the same
element; whether a field is absent is a matter of the whole event. One difference in the work, none
in the answer: the matcher flattens every event into a table of its fields, and here only the fields
that the pattern names are looked up.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import islice, product
from typing import TYPE_CHECKING, Any

from trailnb.rules.values import accepting

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from trailnb.rules.event_pattern import Alternative
    from trailnb.rules.values import Accepts, Value

#: Where a field goes on: a value on its path, and how many names of the path led there.
_Reached = tuple[Any, int]
#: Ways through lists that are tried where keys with dots give a field several.
_MAX_WAYS = 4096


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """A field that must pass: its path, and names that stand for several steps at once.

    `dotted[i]` holds, for each name made of two or more steps from the i-th on, how many they are.
    """

    path: tuple[str, ...]
    dotted: tuple[tuple[tuple[str, int], ...], ...]
    accepts: Accepts
    may_be_absent: bool

    @classmethod
    def of(cls, path: tuple[str, ...], checks: Iterable[Any]) -> Field:
        """Prepare the field of a pattern."""
        checks = tuple(checks)
        steps = range(len(path))
        dotted = tuple(
            tuple((".".join(path[at:end]), end - at) for end in range(at + 2, len(path) + 1))
            for at in steps
        )
        may_be_absent = any(check.kind == "absent" for check in checks)
        return cls(path, dotted, accepting(checks), may_be_absent)


#: The fields of one alternative.
Fields = tuple[Field, ...]


def prepared(alternatives: Iterable[Alternative]) -> tuple[Fields, ...]:
    """Which fields must pass, in each way to match? Short paths come first: they fail fastest.

    Example:
        >>> from trailnb.rules.checks import Check
        >>> [[field.path for field in one] for one in prepared([{("a", "b"): (), ("c",): ()}])]
        [[('c',), ('a', 'b')]]
    """
    return tuple(
        tuple(Field.of(*item) for item in sorted(one.items(), key=lambda item: len(item[0])))
        for one in alternatives
    )


def matches(event: Value, alternatives: Sequence[Fields]) -> bool:
    """Does the event match in any of these ways?

    Example:
        >>> from trailnb.rules.checks import Check
        >>> both = prepared([{("a", "b"): (Check("number", (1,)),), ("a", "c"): (Check("null"),)}])
        >>> matches({"a": [{"b": 1}, {"c": None}]}, both)
        False
        >>> matches({"a": [{"b": 2}, {"b": 1, "c": None}]}, both)
        True
    """
    return any(_passes([(field, event, 0) for field in fields]) for fields in alternatives)


def _passes(pending: list[tuple[Field, Value, int]]) -> bool:
    """Tell whether all fields pass together, each from where it has come to."""
    inside: list[tuple[Field, list[_Reached]]] = []
    for field, start, at in pending:
        ends: list[_Reached] = []
        _follow(field, start, at, ends)
        if any(type(value) is not list and field.accepts(value) for value, _ in ends):
            continue
        lists = [end for end in ends if type(end[0]) is list and end[0]]
        # A list's own values bind no other field: only its objects and lists do.
        if any(_holds_value(field, value) for value, at in lists if at == len(field.path)):
            continue
        if at == 0 and field.may_be_absent and not any(map(_is_leaf, ends, [field] * len(ends))):
            continue
        if not lists:
            return False
        inside.append((field, lists))
    return not inside or _within_lists(inside)


def _follow(field: Field, value: Value, at: int, ends: list[_Reached]) -> None:
    """Walk the path through objects, to values and lists; a name with dots is several steps."""
    path = field.path
    while at < len(path):
        if type(value) is dict:
            for name, width in field.dotted[at]:
                if name in value:
                    _follow(field, value[name], at + width, ends)
            if path[at] not in value:
                return
            value = value[path[at]]
            at += 1
        else:
            if type(value) is list:
                ends.append((value, at))
            return
    if type(value) is not dict:
        ends.append((value, at))


def _holds_value(field: Field, values: list[Value]) -> bool:
    return any(type(value) not in {dict, list} and field.accepts(value) for value in values)


def _is_leaf(reached: _Reached, field: Field) -> bool:
    """Tell whether any value stands at the field's path from here on, in whatever element."""
    value, at = reached
    if type(value) is not list:
        return at == len(field.path)
    ends: list[_Reached] = []
    for element in value:
        if type(element) is list:
            ends.append((element, at))
        else:
            _follow(field, element, at, ends)
    return any(_is_leaf(end, field) for end in ends)


def _within_lists(inside: list[tuple[Field, list[_Reached]]]) -> bool:
    """Tell whether the fields pass inside of lists, those in the same list in the same element."""
    ways = islice(product(*(lists for _, lists in inside)), _MAX_WAYS)
    return any(_together([field for field, _ in inside], way) for way in ways)


def _together(fields: list[Field], way: tuple[_Reached, ...]) -> bool:
    entered: dict[int, list[tuple[Field, list[Value], int]]] = defaultdict(list)
    for field, (values, at) in zip(fields, way, strict=True):
        entered[id(values)].append((field, values, at))
    return all(
        any(
            type(element) in {dict, list}
            and _passes([(field, element, at) for field, _, at in group])
            for element in group[0][1]
        )
        for group in entered.values()
    )
