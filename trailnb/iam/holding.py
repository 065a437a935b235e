"""Does a condition hold for the values a request carries?

Source: IAM User Guide, "IAM JSON policy elements: Condition operators" and "Multivalued context
keys": a key that is absent fails every operator but the negated ones, `IfExists` and `Null`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from fnmatch import translate
from ipaddress import ip_address, ip_network
from operator import eq, ge, gt, le, lt
from re import match
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from trailnb.iam.statements import Condition, Values

_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "Equals": eq,
    "LessThan": lt,
    "LessThanEquals": le,
    "GreaterThan": gt,
    "GreaterThanEquals": ge,
}


def holds(condition: Condition, values: Values) -> bool:
    """Does the condition hold for these values of its key, `()` when the request has no such key?

    Example:
        >>> from trailnb.iam.statements import Condition
        >>> mfa = Condition("Bool", "aws:multifactorauthpresent", ("true",))
        >>> holds(mfa, ("true",)), holds(mfa, ())
        (True, False)
    """
    quantifier, _, name = condition.operator.rpartition(":")
    if name == "Null":
        return str(not values).lower() in {value.lower() for value in condition.values}
    if not values and (name.endswith("IfExists") or quantifier == "ForAllValues"):
        return True
    name = name.removesuffix("IfExists")
    is_negated = "Not" in name
    if not values:
        return is_negated and not quantifier
    bare = name.replace("Not", "")
    each = [
        any(_one_holds(bare, wanted, value) for wanted in condition.values) != is_negated
        for value in values
    ]
    return any(each) if quantifier == "ForAnyValue" else all(each)


def _one_holds(operator: str, wanted: str, value: str) -> bool:
    if operator in {"StringEqualsIgnoreCase", "Bool"}:
        return wanted.lower() == value.lower()
    if operator in {"StringLike", "ArnEquals", "ArnLike"}:
        return match(_shell(wanted), value) is not None
    if operator == "IpAddress":
        return _in_network(wanted, value)
    order = _ORDERS.get(operator.removeprefix("Numeric").removeprefix("Date"), eq)
    if operator.startswith("Numeric"):
        return _ordered(order, _number(value), _number(wanted))
    if operator.startswith("Date"):
        return _ordered(order, _moment(value), _moment(wanted))
    return wanted == value


def _ordered(order: Callable[[Any, Any], bool], left: object, right: object) -> bool:
    return left is not None and right is not None and order(left, right)


def _shell(pattern: str) -> str:
    """Translate a pattern; brackets mean themselves in IAM."""
    return translate(pattern.replace("[", "[[]"))


def _in_network(network: str, address: str) -> bool:
    try:
        return ip_address(address) in ip_network(network, strict=False)
    except ValueError:
        return False


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _moment(text: str) -> datetime | None:
    """Read an ISO date, or seconds since 1970."""
    try:
        if text.isdecimal():
            return datetime.fromtimestamp(int(text), UTC)
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
