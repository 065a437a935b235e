"""A second matcher of event patterns, plain and slow: what the fast one is held to.

It does what AWS's matcher does: flatten the whole event into fields, each with the elements of the
lists it stands in, and try every choice of one field per path that agrees on these elements.
"""

from __future__ import annotations

import ipaddress
import re
from itertools import product
from typing import Any, TypeAlias

#: What JSON decodes to.
Json: TypeAlias = Any
#: The elements a field stands in: list number to place in it.
Places = dict[int, int]
Flat = list[tuple[str, Any, Places]]


def flattened(event: Json) -> Flat:
    """Every leaf of the event: dotted path, value, and the elements it stands in."""
    fields: Flat = []
    lists = iter(range(10_000))

    def walk(value: Json, path: str, places: Places) -> None:
        if isinstance(value, dict):
            for name, inner in value.items():
                walk(inner, f"{path}.{name}" if path else name, places)
        elif isinstance(value, list):
            number = next(lists)
            for place, inner in enumerate(value):
                # A plain value in a list is not tied to its place.
                here = {**places, number: place} if isinstance(inner, dict | list) else places
                walk(inner, path, here)
        else:
            fields.append((path, value, places))

    walk(event, "", {})
    return fields


def branches(pattern: dict[str, Any], path: str = "") -> list[dict[str, list[Any]]]:
    """The pattern as its `$or` branches: dotted path to alternatives."""
    known: list[dict[str, list[Any]]] = [{}]
    for name, value in pattern.items():
        inside = f"{path}.{name}" if path else name
        if name == "$or":
            known = [old | new for one in value for old in known for new in branches(one, path)]
        elif isinstance(value, dict):
            known = [old | new for old in known for new in branches(value, inside)]
        else:
            known = [old | {inside: value} for old in known]
    return known


def plainly_matches(pattern: dict[str, Any], event: Json) -> bool:
    """Does the event match, by trying every choice?"""
    fields = flattened(event)
    return any(_branch(branch, fields) for branch in branches(pattern))


def _branch(branch: dict[str, list[Any]], fields: Flat) -> bool:
    choices: list[list[Places]] = []
    for path, alternatives in branch.items():
        here = [(value, places) for name, value, places in fields if name == path]
        if not here and {"exists": False} in alternatives:
            continue
        fitting = [places for value, places in here if any(_fits(value, a) for a in alternatives)]
        choices.append(fitting)
    return any(_agree(choice) for choice in product(*choices))


def _agree(choice: tuple[Places, ...]) -> bool:
    seen: Places = {}
    for places in choice:
        for number, place in places.items():
            if seen.setdefault(number, place) != place:
                return False
    return True


def _fits(value: Json, alternative: Json) -> bool:
    if not isinstance(alternative, dict):
        if isinstance(alternative, str) and (address := _address(alternative)):
            return isinstance(value, str) and _address(value) == address
        return _same(value, alternative)
    ((name, wanted),) = alternative.items()
    if name == "exists":
        return bool(wanted)
    if name == "anything-but":
        if isinstance(wanted, dict):
            ((inner, texts),) = wanted.items()
            many = texts if isinstance(texts, list) else [texts]
            return not any(_like(value, inner, text) for text in many)
        many = wanted if isinstance(wanted, list) else [wanted]
        return not any(_same(value, one) for one in many)
    return _like(value, name, wanted)


def _same(value: Json, literal: Json) -> bool:
    is_number = [isinstance(x, int | float) and not isinstance(x, bool) for x in (value, literal)]
    if all(is_number):
        return float(value) == float(literal)
    return type(value) is type(literal) and bool(value == literal)


def _like(value: Json, name: str, wanted: Json) -> bool:
    if name == "numeric":
        return _in_range(value, wanted)
    if not isinstance(value, str):
        return False
    if isinstance(wanted, dict):
        return _like(value.lower(), name, wanted["equals-ignore-case"].lower())
    if name == "cidr":
        address = _address(value)
        network = ipaddress.ip_network(wanted, strict=False)
        return address is not None and address.version == network.version and address in network
    if name == "wildcard":
        parts = (re.escape(part) for part in re.split(r"(?<!\\)\*", wanted))
        return re.fullmatch(".*".join(parts), value, re.DOTALL) is not None
    return {
        "prefix": value.startswith(wanted), "suffix": value.endswith(wanted),
        "equals-ignore-case": value.lower() == wanted.lower(), "exactly": value == wanted,
    }[name]  # fmt: skip


def _in_range(value: Json, wanted: list[Json]) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    pairs = zip(wanted[::2], wanted[1::2], strict=True)
    return all(
        {"=": value == n, "<": value < n, "<=": value <= n, ">": value > n, ">=": value >= n}[o]
        for o, n in pairs
    )


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address, zeros before a decimal taken off."""
    try:
        return ipaddress.ip_address(re.sub(r"(^|\.)0+(?=\d)", r"\1", text))
    except ValueError:
        return None
