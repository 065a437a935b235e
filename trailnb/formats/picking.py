"""Decoded records to columns: fields are taken out of all records at once, not one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import astuple

from trailnb.formats.structs import BOOLEANS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from trailnb.facts.columns import Column, Path

Records = list[Any]

#: As many records at a time as stay in the processor's cache.
_BLOCK = 256
_FLAGS = {"true": True, "false": False, None: None}


def fields_of(records: Records) -> list[Sequence[Any]]:
    """Which values has each field, in the order of the records' fields?

    Half as dear as one comprehension a field, which was what half of a scan's own time went to.
    """
    if len(records) <= _BLOCK:
        return list(zip(*map(astuple, records), strict=True))
    columns: list[list[Any]] = [[] for _ in records[0].__struct_fields__]
    for start in range(0, len(records), _BLOCK):
        block = zip(*map(astuple, records[start : start + _BLOCK]), strict=True)
        for column, values in zip(columns, block, strict=True):
            column.extend(values)
    return list(columns)


def values_at(path: Path) -> Callable[[Sequence[Any]], Sequence[Any]]:
    """Make the function that picks what lies at this path inside every one of some objects.

    A comprehension over plain attributes is twice as fast as `map(attrgetter(…))`, so it is written
    for each path. Paths come from the event table alone, never from a log.

    Example:
        >>> values_at(("real",))([1j, 2.0])
        [0.0, 2.0]
    """
    if not path:
        return lambda values: values
    if not all(name.isidentifier() for name in path):
        raise ValueError(path)
    code = f"lambda objects: [object_.{'.'.join(path)} for object_ in objects]"
    return eval(code, {})  # type: ignore[no-any-return]  # noqa: S307


def cells_of(column: Column, values: Sequence[Any]) -> Sequence[Any]:
    """Turn decoded values into cells: flags from their text, JSON from its bytes.

    Raises:
        KeyError: a flag is neither true nor false.
    """
    if column.kind == "flag" and column.name not in BOOLEANS:
        return [_FLAGS[value] for value in values]
    if column.kind == "json":
        return texts_of(values)
    return values


def texts_of(raws: Sequence[Any]) -> Sequence[bytes | None]:
    """Which exact JSON text has each value? None where it is absent."""
    there = list(filter(None, raws))
    if not there:
        return raws
    # Joined and split again they cost a third of being copied one by one; JSON holds no NUL, and
    # what is no JSON after all is noticed by the count.
    texts = b"\0".join(there).split(b"\0")
    if len(texts) != len(there):
        texts = list(map(bytes, there))
    if len(texts) == len(raws):
        return texts
    following = iter(texts).__next__
    return [None if raw is None else following() for raw in raws]
