"""What every match must satisfy as far as plain columns tell: what a filter can skip by.

A condition is *necessary*, never sufficient: rows that lack it cannot match, and the matcher
decides on the rest by their records. It compares text of fields in which CloudTrail writes a plain
string, always, and it knows equality and what a text begins with, ends with or holds. What asks for
absence, null, numbers or anything-but sets no condition.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from trailnb.facts.columns import COLUMNS
from trailnb.rules.checks import And, Leaf

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import narwhals.stable.v2 as nw

    from trailnb.rules.checks import Check, Expression, Kind

#: Fields of records that were seen to hold lists: these set no condition.
_NOT_ALWAYS_TEXT = frozenset({"user_agent"})
#: The column of each field that is always a plain string.
COLUMN_OF = {
    column.path: column.name
    for column in COLUMNS
    if column.kind == "text" and column.name not in _NOT_ALWAYS_TEXT
}
#: Texts that may spell an address otherwise: IPv6, or zeros before a decimal.
_OTHER_SPELLING = r":|(?:^|\.)0[0-9]"


@dataclass(frozen=True, slots=True)
class Among:
    """The column is one of these texts."""

    column: str
    values: frozenset[str]


@dataclass(frozen=True, slots=True)
class Like:
    """The column begins or ends with this, holds it, or is spelled like this pattern."""

    column: str
    how: Literal["begins", "ends", "holds", "pattern"]
    text: str


@dataclass(frozen=True, slots=True)
class Both:
    """All of these hold; with none of them, anything does."""

    parts: frozenset[Condition]


@dataclass(frozen=True, slots=True)
class Either:
    """One of these holds; with none of them, nothing does."""

    parts: frozenset[Condition]


Condition: TypeAlias = Among | Like | Both | Either
ANYTHING = Both(frozenset())
NOTHING = Either(frozenset())


def both(conditions: Iterable[Condition]) -> Condition:
    """What must hold where all of these must?

    Example:
        >>> both([ANYTHING, Like("error_code", "ends", "Denied")])
        Like(column='error_code', how='ends', text='Denied')
    """
    parts: set[Condition] = set()
    for one in conditions:
        parts |= one.parts if isinstance(one, Both) else {one}
    return parts.pop() if len(parts) == 1 else Both(frozenset(parts))


def either(conditions: Iterable[Condition]) -> Condition:
    """What must hold where one of these must? What differs in one column's texts is joined.

    Example:
        >>> names = [Among("event_name", frozenset({name})) for name in ("GetUser", "GetRole")]
        >>> sorted(either(names).values)
        ['GetRole', 'GetUser']
    """
    joined: dict[tuple[str, frozenset[Condition]], frozenset[str]] = {}
    others: set[Condition] = set()
    for one in _flat(conditions):
        if one == ANYTHING:
            return ANYTHING
        if (split := _split(one)) is None:
            others.add(one)
        else:
            column, values, rest = split
            joined[column, rest] = joined.get((column, rest), frozenset()) | values
    parts = others | {
        both([Among(column, values), *rest]) for (column, rest), values in joined.items()
    }
    # What holds together with something that is enough alone adds nothing.
    parts = {one for one in parts if not (isinstance(one, Both) and one.parts & parts)}
    return parts.pop() if len(parts) == 1 else Either(frozenset(parts))


def _flat(conditions: Iterable[Condition]) -> Iterable[Condition]:
    for one in conditions:
        yield from one.parts if isinstance(one, Either) else (one,)


def _split(one: Condition) -> tuple[str, frozenset[str], frozenset[Condition]] | None:
    """Part a condition into its list of texts, of event names above all, and the rest."""
    parts = one.parts if isinstance(one, Both) else frozenset({one})
    lists = sorted(
        (part for part in parts if isinstance(part, Among)),
        key=lambda part: (part.column != "event_name", part.column),
    )
    if not lists:
        return None
    return lists[0].column, lists[0].values, parts - {lists[0]}


def of_expression(expression: Expression) -> Condition:
    """What must hold where the expression does?

    Example:
        >>> from trailnb.rules.checks import Check, Leaf
        >>> of_expression(Leaf(("eventName",), (Check("text", ("GetUser",)),)))
        Among(column='event_name', values=frozenset({'GetUser'}))
    """
    if isinstance(expression, Leaf):
        column = COLUMN_OF.get(tuple(map(str, expression.path)))
        return of_checks(column, expression.checks) if column else ANYTHING
    join = both if isinstance(expression, And) else either
    return join(map(of_expression, expression.parts))


def of_checks(column: str, checks: Sequence[Check]) -> Condition:
    """What must hold of the column where any of the checks does?

    Example:
        >>> from trailnb.rules.checks import Check
        >>> of_checks("event_name", [Check("text", ("GetUser",), but=True)]) == ANYTHING
        True
    """
    return either(_of_check(column, check) for check in checks)


def _of_check(column: str, check: Check) -> Condition:
    if check.but:
        return ANYTHING
    return either(_of_value(column, check.kind, value) for value in check.values or (None,))


def _of_value(column: str, kind: Kind, value: Any) -> Condition:  # noqa: ANN401 - a check's value
    if kind == "wildcard":
        if len(value) == 1:
            return Among(column, frozenset(value))
        edges = [_of_value(column, "prefix", value[0]), _of_value(column, "suffix", value[-1])]
        inside = [Like(column, "holds", piece) for piece in value[1:-1] if piece]
        return both([*edges, *inside])
    found: Condition = ANYTHING
    if kind in {"text", "address"}:
        found = Among(column, frozenset({value}))
    if kind == "address":
        found = either([found, Like(column, "pattern", _OTHER_SPELLING)])
    if kind == "prefix" and value:
        found = Like(column, "begins", value)
    if kind == "suffix" and value:
        found = Like(column, "ends", value)
    return found


def as_filter(condition: Condition) -> nw.Expr | None:
    """Which filter is it, on any engine; None if it lets everything pass? `NOTHING` has none.

    Example:
        >>> as_filter(ANYTHING) is None
        True
    """
    import narwhals.stable.v2 as nw

    if isinstance(condition, Among):
        return nw.col(condition.column).is_in(sorted(condition.values))
    if isinstance(condition, Like):
        text = nw.col(condition.column).str
        if condition.how == "holds":
            return text.contains(condition.text, literal=True)
        how = {"begins": text.starts_with, "ends": text.ends_with, "pattern": text.contains}
        return how[condition.how](condition.text)
    filters = [as_filter(part) for part in sorted(condition.parts, key=repr)]
    told = [one for one in filters if one is not None]
    if isinstance(condition, Either):
        if len(told) < len(filters):
            return None
        return reduce(lambda one, other: one | other, told)
    return reduce(lambda one, other: one & other, told) if told else None


def columns_of(condition: Condition) -> set[str]:
    """Which columns does it look at?

    Example:
        >>> columns_of(Among("event_name", frozenset({"GetUser"})))
        {'event_name'}
    """
    if isinstance(condition, Among | Like):
        return {condition.column}
    return {name for part in condition.parts for name in columns_of(part)}


def texts_of(condition: Condition, column: str) -> frozenset[str] | None:
    """Which texts may the column have; None if it may have others?

    Example:
        >>> texts_of(ANYTHING, "event_name") is None
        True
    """
    if isinstance(condition, Among):
        return condition.values if condition.column == column else None
    if isinstance(condition, Like):
        return None
    told = [texts_of(part, column) for part in condition.parts]
    known = [texts for texts in told if texts is not None]
    if isinstance(condition, Both):
        return min(known, key=len) if known else None
    return frozenset().union(*known) if len(known) == len(told) else None
