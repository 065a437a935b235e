"""The msgspec types that decode just the fields a projection names, and skip the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from trailnb.facts.columns import KNOWN_FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from trailnb.facts.columns import Column, Path

#: Field name to its type, or to the fields inside it.
Tree = dict[str, Any]

#: CloudTrail writes these two as JSON booleans, the other flags as text.
BOOLEANS = frozenset({"read_only", "management_event"})
#: Without an eventVersion a record may be anything: the lenient path decides.
REQUIRED = {"eventVersion": object()}


def tree_of(columns: Iterable[Column], as_text: Iterable[str]) -> Tree:
    """Which fields do these columns need? What is taken apart later stays text."""
    tree: Tree = dict.fromkeys(as_text, msgspec.Raw)
    for column in columns:
        plant(tree, column.path, leaf(column))
        if column.otherwise and column.otherwise[0] not in as_text:
            plant(tree, column.otherwise, str | None)
    return tree | REQUIRED


def closed(tree: Tree) -> Tree:
    """Name every known field besides, so that an unknown one is noticed."""
    return dict.fromkeys(KNOWN_FIELDS, msgspec.Raw) | tree


def plant(tree: Tree, path: Path, leaf: Any) -> None:  # noqa: ANN401 - a type
    """Put a type at the end of this path."""
    for name in path[:-1]:
        tree = tree.setdefault(name, {})
    tree[path[-1]] = leaf


def leaf(column: Column) -> Any:  # noqa: ANN401 - a type
    """Which type has this column's value in the record?"""
    if column.kind == "json":
        return msgspec.Raw
    return bool | None if column.name in BOOLEANS else str | None


def structure(name: str, tree: Tree, *, is_closed: bool = False) -> type[msgspec.Struct]:
    """Make the type; what is absent is None, and an absent object has absent fields.

    Example:
        >>> decoder = msgspec.json.Decoder(structure("Record", {"a": str | None, "b": {"c": int}}))
        >>> decoder.decode(b'{"x": [1, 2], "b": {"c": 7}}')
        Record(a=None, b=B(c=7))
    """
    fields: list[tuple[str, Any] | tuple[str, Any, Any]] = []
    for field, branch in tree.items():
        if branch is REQUIRED["eventVersion"]:
            fields.insert(0, (field, str))
        elif isinstance(branch, dict):
            inner = structure(field.title(), branch)
            fields.append((field, inner, inner()))
        else:
            fields.append((field, branch, None))
    return msgspec.defstruct(name, fields, gc=False, frozen=True, forbid_unknown_fields=is_closed)


def document(records: Any) -> type[msgspec.Struct]:  # noqa: ANN401 - a type
    """Make the type of a delivered file that holds `records`."""
    return msgspec.defstruct("LogFile", [("Records", records)], gc=False)
