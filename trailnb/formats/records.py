"""The fast path: a delivered log file straight to columns, decoding only what is asked for.

A decoder is made for each projection: msgspec skips every field it does not name. Whatever does not
fit the documented types sends the whole file to the lenient path, which gives the same rows for
good records; so this module never has to guess.
"""

from __future__ import annotations

import re
from functools import lru_cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import msgspec

from trailnb.facts.columns import BY_NAME, KNOWN_FIELDS, Column
from trailnb.formats.sniff import is_records_file

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from trailnb.facts.columns import Path

Cells = dict[str, list[Any]]
Records = list[Any]

#: Above this a record is refused: AWS's own limit is 1 MB.
MAX_RECORD_BYTES = 16 << 20
_ABSENT = msgspec.Raw(b"")
_FLAGS = {"true": True, "false": False, None: None}
#: CloudTrail writes these two as JSON booleans, the other flags as text.
_BOOLEANS = frozenset({"read_only", "management_event"})
_NOTIFICATION = re.compile(rb'"eventVersion"\s*:\s*"[02-9]|"[eE]ventSource"\s*:\s*"aws:')


class MisfitError(ValueError):
    """The file does not fit the documented types; the lenient path must read it."""


class RecordReader:
    """Reads delivered log files, arrays and lines of records into cells of the named columns."""

    def __init__(self, names: tuple[str, ...]) -> None:
        """Make the decoders for this projection."""
        columns = [BY_NAME[name] for name in names]
        self._names = names
        second = [column for column in columns if _is_second_pass(column, columns)]
        first = [column for column in columns if column.path and column not in second]
        record = _structure(first, required=True)
        self._record = msgspec.json.Decoder(record)
        self._file = msgspec.json.Decoder(_document(list[record]))  # type: ignore[valid-type]
        self._list = msgspec.json.Decoder(list[record])  # type: ignore[valid-type]
        self._needs_text = bool(second) or "record" in names or "extra" in names
        self._second = msgspec.json.Decoder(_structure(second, required=False)) if second else None
        self._getters = [(column, _values_at(column.path)) for column in first]
        self._second_getters = [(column, _values_at(column.path)) for column in second]

    def read(self, data: bytes, cells: Cells) -> int:
        """Append the cells of every record in `data`; returns how many records there are.

        Raises:
            MisfitError: nothing was appended; the lenient path must read the file.
        """
        first_source = data.find(b'"eventSource"')  # a Kinesis record has its payload before it
        if _NOTIFICATION.search(data, 0, 1024) or _NOTIFICATION.match(data, first_source):
            raise MisfitError
        try:
            records, texts = self._decode(data)
            values = self._values(records, texts)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, KeyError, AttributeError):
            raise MisfitError from None
        for name, column in values.items():
            cells[name] += column
        return len(records)

    def _decode(self, data: bytes) -> tuple[Records, Sequence[msgspec.Raw]]:
        """Decode the records, and each one's own text where a column needs it."""
        if not data.isascii():
            data.decode()  # what is skipped must be UTF-8 too, or cells could not hold it
        if self._needs_text or len(data) > MAX_RECORD_BYTES:
            texts = _texts(data)
            if any(len(bytes(text)) > MAX_RECORD_BYTES for text in texts):
                raise MisfitError
            return [self._record.decode(text) for text in texts], texts
        if is_records_file(data):
            return _records_of(self._file.decode(data)), ()
        if data[:64].lstrip()[:1] == b"[":
            return self._list.decode(data), ()
        return self._record_lines(data), ()

    def _record_lines(self, data: bytes) -> Records:
        return self._record.decode_lines(data)

    def _values(self, records: Records, texts: Sequence[msgspec.Raw]) -> Cells:
        values: Cells = {}
        for column, get in self._getters:
            values[column.name] = _cells_of(column, get(records))
            if column.otherwise and None in values[column.name]:
                _fill(values[column.name], records, column.otherwise)
        if self._second:
            again = [self._second.decode(text) for text in texts]
            for column, get in self._second_getters:
                values[column.name] = _cells_of(column, get(again))
        if "record" in self._names:
            values["record"] = [bytes(text) for text in texts]
        if "extra" in self._names:
            values["extra"] = [_extra_of(text) for text in texts]
        return values


@lru_cache(maxsize=64)
def reader_of(names: tuple[str, ...]) -> RecordReader:
    """Which reader serves this projection? Made once per process."""
    return RecordReader(names)


def _texts(data: bytes) -> Sequence[msgspec.Raw]:
    """Cut the file into its records' own text."""
    if is_records_file(data):
        return _records_of(_RAW_FILE.decode(data))
    if data[:64].lstrip()[:1] == b"[":
        return _RAW_LIST.decode(data)
    return _RAW_LINE.decode_lines(data)


def _cells_of(column: Column, values: list[Any]) -> list[Any]:
    """Turn decoded values into cells: flags from their text, JSON from its bytes."""
    if column.kind == "flag" and column.name not in _BOOLEANS:
        return [_FLAGS[value] for value in values]
    if column.kind == "json":
        return [None if value is _ABSENT else bytes(value) for value in values]
    return values


def _values_at(path: Path) -> Callable[[Records], list[Any]]:
    """Make the function that picks one field out of every record.

    A comprehension over plain attributes is twice as fast as `map(attrgetter(…))` and is what half
    of a scan's own time goes to, so it is written for each path. Paths come from the event table
    alone, never from a log.
    """
    place = ".".join(path)
    if not all(name.isidentifier() for name in path):
        raise ValueError(place)
    return eval(f"lambda records: [record.{place} for record in records]", {})  # type: ignore[no-any-return]  # noqa: S307


def _fill(values: list[Any], records: Records, path: Path) -> None:
    """Put in what aggregated records keep elsewhere."""
    get = attrgetter(".".join(path))
    for index, value in enumerate(values):
        if value is None:
            values[index] = get(records[index])


def _extra_of(text: msgspec.Raw) -> bytes | None:
    fields = _RAW_FIELDS.decode(text)
    unknown = {name: value for name, value in fields.items() if name not in KNOWN_FIELDS}
    return msgspec.json.encode(unknown) if unknown else None


def _is_second_pass(column: Column, columns: list[Column]) -> bool:
    """Tell whether this JSON column's value is also taken apart by another column."""
    return column.kind == "json" and any(
        path[: len(column.path)] == column.path
        for other in columns
        if other is not column
        for path in (other.path, other.otherwise)
    )


def _structure(columns: list[Column], *, required: bool) -> type[msgspec.Struct]:
    """Build the Struct that names just the fields of these columns."""
    tree: dict[str, Any] = {}
    for column in columns:
        _plant(tree, column.path, _leaf(column))
        if column.otherwise:
            _plant(tree, column.otherwise, str | None)
    if required:  # without an eventVersion a record may be anything: the lenient path decides
        tree["eventVersion"] = _REQUIRED
    return _grow("Record", tree)


def _plant(tree: dict[str, Any], path: Path, leaf: Any) -> None:  # noqa: ANN401 - a type
    for name in path[:-1]:
        tree = tree.setdefault(name, {})
    tree[path[-1]] = leaf


def _leaf(column: Column) -> Any:  # noqa: ANN401 - a type
    if column.kind == "json":
        return msgspec.Raw
    return bool | None if column.name in _BOOLEANS else str | None


_REQUIRED = object()


def _grow(name: str, tree: dict[str, Any]) -> type[msgspec.Struct]:
    fields: list[tuple[str, Any] | tuple[str, Any, Any]] = []
    for field, branch in tree.items():
        if branch is _REQUIRED:
            fields.insert(0, (field, str))
        elif isinstance(branch, dict):
            inner = _grow(field.title(), branch)
            fields.append((field, inner, inner()))
        else:
            fields.append((field, branch, _ABSENT if branch is msgspec.Raw else None))
    return msgspec.defstruct(name, fields, gc=False, frozen=True)


def _records_of(document: Any) -> Records:  # noqa: ANN401 - a Struct made for its projection
    records: Records = document.Records
    return records


def _document(records: Any) -> type[msgspec.Struct]:  # noqa: ANN401 - a type
    return msgspec.defstruct("LogFile", [("Records", records)], gc=False)


_RAW_FILE: msgspec.json.Decoder[Any] = msgspec.json.Decoder(_document(list[msgspec.Raw]))
_RAW_LIST: msgspec.json.Decoder[list[msgspec.Raw]] = msgspec.json.Decoder(list[msgspec.Raw])
_RAW_LINE: msgspec.json.Decoder[msgspec.Raw] = msgspec.json.Decoder(msgspec.Raw)
_RAW_FIELDS: msgspec.json.Decoder[dict[str, msgspec.Raw]] = msgspec.json.Decoder(
    dict[str, msgspec.Raw]
)
