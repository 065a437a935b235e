"""Named values to the text of a record, where the record's own text was not kept.

What is known of a place decides how a value is written there: flags as true and false, objects as
objects, the rest as the text it is. What no place is known for keeps its name and ends in `extra`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from trailnb.facts.columns import COLUMNS, KNOWN_FIELDS
from trailnb.formats.json_text import TornError, checked_end, text_of
from trailnb.formats.presto import UnclearError, node_of
from trailnb.formats.spelling import (
    describes_events,
    is_struct,
    opened,
    path_of,
    respelt,
    strangers,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trailnb.facts.columns import Path
    from trailnb.formats.spelling import Node

_KINDS = {path: column.kind for column in COLUMNS for path in (column.path, column.otherwise)}
#: Insights prints booleans as numbers, spreadsheets in capitals.
_FLAGS = {"true": "true", "false": "false", "1": "true", "0": "false"}
_MAX_TEXT_SHOWN = 60
#: One of these must be filled, or the row is none of an event.
_TELLING = frozenset({"eventName", "eventSource", "eventTime", "eventID"})


@dataclass(slots=True)
class _Odd:
    """What is odd about the values met so far."""

    said: list[str] = field(default_factory=list)
    has_maps: bool = False


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """The JSON text of a record, and what was odd about the values it was made of.

    `has_maps`: free-form parts were printed without quotes and had to be taken apart.
    """

    text: str
    said: tuple[str, ...]
    has_maps: bool


def rebuild(fields: Mapping[str, str]) -> Rebuilt | None:
    """Which record do these values (name to JSON text) make? None when they describe no event.

    A value without text is absent; its name still tells what kind of row this is.

    Example:
        >>> row = {"eventname": '"GetUser"', "eventid": '"1"', "useridentity.arn": '"x"'}
        >>> rebuild(row).text
        '{"eventName":"GetUser","eventID":"1","userIdentity":{"arn":"x"}}'
        >>> rebuild({"eventname": '"GetUser"', "_col1": '"17"'}) is None
        True
    """
    if not describes_events(fields):
        return None
    record: dict[str, Node] = {}
    odd = _Odd()
    loose: dict[str, str] = {}
    for name, value in fields.items():
        path = path_of(name)
        if not value:
            continue
        if path is None or not _plant(record, path, _leaf(path, value, odd)):
            loose[name] = value
    if not any(record.get(name, "null") != "null" for name in _TELLING):
        return None
    for name, value in loose.items():
        own = name.lower() if name in KNOWN_FIELDS else name
        while own in record:
            own += "_"
        record[own] = value
    return Rebuilt(written(_with_lists(record)), tuple(odd.said), odd.has_maps)


def written(node: Node) -> str:
    """Which JSON text is this?

    Example:
        >>> written({"a": ["1", {}], "b": '"x"'})
        '{"a":[1,{}],"b":"x"}'
    """
    if isinstance(node, dict):
        parts = (f"{_quoted(name)}:{written(value)}" for name, value in node.items())
        return "{" + ",".join(parts) + "}"
    if isinstance(node, list):
        return "[" + ",".join(map(written, node)) + "]"
    return node


@lru_cache(maxsize=4096)
def _quoted(name: str) -> str:
    return json.dumps(name, ensure_ascii=False)


def _plant(record: dict[str, Node], path: Path, value: Node) -> bool:
    """Put the value in its place; False when another value stands there or on the way."""
    for step in path[:-1]:
        inner = record.setdefault(step, {})
        if not isinstance(inner, dict):
            return False
        record = inner
    if path[-1] in record:
        return False
    record[path[-1]] = value
    return True


def _leaf(path: Path, value: str, odd: _Odd) -> Node:
    """Write a value as it belongs at this place."""
    kind = _KINDS.get(path)
    if kind == "flag":
        return _FLAGS.get((text_of(value) or "").strip().lower(), value)
    if kind != "json" and not is_struct(path):
        return value
    if not value.startswith('"'):
        return opened(value, path)
    text = (text_of(value) or "").strip()
    if text == "null" or _is_json(text):
        return opened(text, path)
    node = _taken_apart(path, text, odd)
    return value if node is None else node


def _taken_apart(path: Path, text: str, odd: _Odd) -> Node | None:
    """Read Presto's text of an object or list; None, and said, where it cannot be told."""
    if not text.startswith(("{", "[")):
        return None
    place = ".".join(path)
    try:
        node = respelt(node_of(text), path)
    except UnclearError:
        shown = text[:_MAX_TEXT_SHOWN]
        odd.said.append(f"{place} cannot be taken apart and was kept as text: {shown}")
        return None
    odd.has_maps |= not is_struct(path)
    odd.said += [
        f"{place} seems to have a field {name[:_MAX_TEXT_SHOWN]}; the value before may end there"
        for name in strangers(node, path)
    ]
    return node


def _is_json(text: str) -> bool:
    """Tell whether this is one whole JSON object or array."""
    try:
        return text.startswith(("{", "[")) and checked_end(text, 0) == len(text)
    except TornError:
        return False


def _with_lists(node: Node) -> Node:
    """Make lists of objects whose names count from 0, as Insights names a list's items."""
    if not isinstance(node, dict):
        return node
    values = [_with_lists(value) for value in node.values()]
    if values and list(node) == [str(place) for place in range(len(node))]:
        return list(values)
    return dict(zip(node, values, strict=True))
