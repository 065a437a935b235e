"""Which conditions are stricter than which: key by key, operator by operator, value by value.

Source: IAM User Guide, "IAM JSON policy elements: Condition operators". Several values of one key
are alternatives, except under a negated operator, where none may hold; several keys and operators
must all hold.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal, InvalidOperation
from ipaddress import ip_network
from typing import TYPE_CHECKING

from trailnb.iam.patterns import covers

if TYPE_CHECKING:
    from collections.abc import Iterable

    from trailnb.iam.statements import Condition

_SAME = {"ArnEquals": "ArnLike", "ArnNotEquals": "ArnNotLike", "StringEquals": "StringLike"}
_NO_CASE = {"Bool", "Null", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"}


def negated(operator: str) -> bool:
    """Does the operator ask that none of its values holds?

    Example:
        >>> negated("StringNotEquals"), negated("ForAllValues:StringLike"), negated("NotIpAddress")
        (True, False, True)
    """
    return "Not" in operator.rpartition(":")[2]


def imply(narrow: Iterable[Condition], wide: Iterable[Condition]) -> bool:
    """Does every request under the first conditions also meet the second ones?

    True is certain; where values are beyond comparing, it is False.
    """
    narrow = tuple(narrow)
    return all(any(stricter(one, than) for one in narrow) for than in wide)


def stricter(one: Condition, than: Condition) -> bool:
    """Does a request that meets the one condition always meet the other?

    Example:
        >>> from trailnb.iam.statements import Condition
        >>> office = Condition("IpAddress", "aws:sourceip", ("203.0.113.0/25",))
        >>> wider = Condition("IpAddress", "aws:sourceip", ("198.51.100.0/24", "203.0.113.0/24"))
        >>> stricter(office, wider), stricter(wider, office)
        (True, False)
    """
    if one.key != than.key or not _comparable(one.operator, than.operator):
        return False
    if negated(one.operator):
        return all(any(_within(than, value, by) for by in one.values) for value in than.values)
    return all(any(_within(than, value, by) for by in than.values) for value in one.values)


def left_over(one: Condition, than: Condition) -> Condition | None:
    """Which part of the one condition does the other not cover, when values can tell them apart?

    None where they cannot: another key or operator, a negated one, or one over sets of values.

    Example:
        >>> from trailnb.iam.statements import Condition
        >>> now = Condition("IpAddress", "aws:sourceip", ("198.51.100.0/24", "203.0.113.0/24"))
        >>> before = Condition("IpAddress", "aws:sourceip", ("203.0.113.0/24",))
        >>> left_over(now, before).values
        ('198.51.100.0/24',)
    """
    if one.key != than.key or one.operator != than.operator:
        return None
    if negated(one.operator) or ":" in one.operator:
        return None
    left = (v for v in one.values if not any(_within(than, v, by) for by in than.values))
    return replace(one, values=tuple(left))


def _comparable(one: str, than: str) -> bool:
    """Tell whether what holds under the one operator holds under the other, on the same values."""
    if one == than:
        return True
    quantifier, _, bare = one.rpartition(":")
    than_quantifier, _, than_bare = than.rpartition(":")
    if quantifier != than_quantifier:
        return False
    # `X` is stricter than `XIfExists`: it also asks that the key is there.
    if than_bare.endswith("IfExists"):
        bare, than_bare = bare.removesuffix("IfExists"), than_bare.removesuffix("IfExists")
    return than_bare in {bare, _SAME.get(bare)} or bare == _SAME.get(than_bare) == "ArnLike"


def _within(under: Condition, value: str, by: str) -> bool:
    """Tell whether `by`, under the operator, lets through whatever `value` does."""
    bare = under.operator.rpartition(":")[2].removesuffix("IfExists")
    if value == by:
        return True
    if bare in _NO_CASE:
        return value.casefold() == by.casefold()
    if bare.endswith("Like") or bare.startswith("Arn"):
        return covers(by, value)
    if bare.endswith("IpAddress"):
        return _in_network(value, by)
    if "LessThan" in bare or "GreaterThan" in bare:
        return _bounded(value, by, below="LessThan" in bare)
    return False


def _in_network(value: str, by: str) -> bool:
    try:
        inner, outer = ip_network(value, strict=False), ip_network(by, strict=False)
    except ValueError:
        return False
    return inner.version == outer.version and (
        outer.network_address <= inner.network_address  # type: ignore[operator] # one version
        and inner.broadcast_address <= outer.broadcast_address  # type: ignore[operator]
    )


def _bounded(value: str, by: str, *, below: bool) -> bool:
    """Compare bounds: numbers, or ISO dates, which sort as text when spelled alike."""
    try:
        one, than = Decimal(value), Decimal(by)
    except InvalidOperation:
        spelled_alike = len(value) == len(by) and value[-1:] == by[-1:] == "Z"
        return spelled_alike and (value <= by if below else value >= by)
    if not (one.is_finite() and than.is_finite()):
        return False
    return one <= than if below else one >= than
