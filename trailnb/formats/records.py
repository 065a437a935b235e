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
        columns = [BY_NAME[name] for name in names if BY_NAME[name].path]
        self._parts = [Part(node, columns) for node in _twice_wanted(columns)]
        inside = {part.node for part in self._parts}
        self._whole = [column for column in columns if column.path[0] not in inside]
        self._getters = [(column, _values_at(column.path)) for column in self._whole]
        self._has_record, self._has_extra = "record" in names, "extra" in names
        tree = _tree(self._whole, inside)
        record = _grow("Record", tree)
        self._record = msgspec.json.Decoder(record)
        self._file = msgspec.json.Decoder(_document(list[record]))  # type: ignore[valid-type]
        self._list = msgspec.json.Decoder(list[record])  # type: ignore[valid-type]
        self._strict = msgspec.json.Decoder(_grow("Strict", _closed(tree), is_closed=True))

    def read(self, data: bytes, cells: Cells) -> int:
        """Append the cells of every record in `data`; returns how many records there are.

        Raises:
            MisfitError: nothing was appended; the lenient path must read the file.
        """
        first_source = data.find(b'"eventSource"')  # a Kinesis record has its payload before it
        if _NOTIFICATION.search(data, 0, 1024) or _NOTIFICATION.match(data, first_source):
            raise MisfitError
        try:
            if not data.isascii():
                data.decode()  # what is skipped must be UTF-8 too, or cells could not hold it
            values: Cells = {}
            records = self._decode(data, values)
            self._pick(records, values)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, KeyError, AttributeError):
            raise MisfitError from None
        for name, column in values.items():
            cells[name] += column
        return len(records)

    def _decode(self, data: bytes, values: Cells) -> Records:
        """Decode the records; where a column needs each one's own text, one by one."""
        if self._has_record or self._has_extra or len(data) > MAX_RECORD_BYTES:
            return self._decode_texts(_texts(data), values)
        if is_records_file(data):
            return _records_of(self._file.decode(data))
        if data[:64].lstrip()[:1] == b"[":
            return self._list.decode(data)
        return self._record.decode_lines(data)

    def _decode_texts(self, texts: Sequence[msgspec.Raw], values: Cells) -> Records:
        own = [bytes(text) for text in texts]
        if any(len(text) > MAX_RECORD_BYTES for text in own):
            raise MisfitError
        if self._has_record:
            values["record"] = own
        if not self._has_extra:
            return [self._record.decode(text) for text in own]
        records: Records = []
        extras: list[bytes | None] = []
        for text in own:
            try:  # hardly any record has a field this table does not know
                records.append(self._strict.decode(text))
                extras.append(None)
            except msgspec.ValidationError:
                records.append(self._record.decode(text))
                extras.append(_extra_of(text))
        values["extra"] = extras
        return records

    def _pick(self, records: Records, values: Cells) -> None:
        """Pick every column out of the records, and out of the parts that are also kept as text."""
        inner = {part.node: part.decode(records, values) for part in self._parts}
        for column, get in self._getters:
            values[column.name] = _cells_of(column, get(records))
            if column.otherwise and None in values[column.name]:
                node, *rest = column.otherwise
                there = inner.get(node, records)
                _fill(
                    values[column.name], there, tuple(rest) if node in inner else column.otherwise
                )


class Part:
    """A top-level object that is wanted as JSON text and taken apart as well.

    It is decoded from its own text, once for each distinct one in a file: identities repeat.
    """

    def __init__(self, node: str, columns: list[Column]) -> None:
        """Make the decoder for what lies inside."""
        self.node = node
        self._json = next(one for one in columns if one.path == (node,))
        inside = [one for one in columns if one.path[0] == node and len(one.path) > 1]
        tree: dict[str, Any] = {}
        for column in inside:
            _plant(tree, column.path[1:], _leaf(column))
        for column in columns:
            if column.otherwise[:1] == (node,):
                _plant(tree, column.otherwise[1:], str | None)
        structure = _grow("Part", tree)
        self._decoder = msgspec.json.Decoder(structure)
        self._nothing = structure()
        self._raw = _values_at((node,))
        self._getters = [(one, _values_at(one.path[1:])) for one in inside]

    def decode(self, records: Records, values: Cells) -> Records:
        """Put the columns inside, and the text itself, into `values`; returns the decoded parts."""
        texts = [None if raw is _ABSENT else bytes(raw) for raw in self._raw(records)]
        decode = self._decoder.decode
        seen = {text: decode(text) for text in set(texts) if text is not None}
        seen[None] = self._nothing  # type: ignore[index]
        parts = [seen[text] for text in texts]  # type: ignore[index]
        values[self._json.name] = texts
        for column, get in self._getters:
            values[column.name] = _cells_of(column, get(parts))
        return parts


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


def _extra_of(text: bytes) -> bytes | None:
    fields = _RAW_FIELDS.decode(text)
    unknown = {name: value for name, value in fields.items() if name not in KNOWN_FIELDS}
    return msgspec.json.encode(unknown) if unknown else None


def _twice_wanted(columns: list[Column]) -> list[str]:
    """Which top-level objects are wanted as JSON text and taken apart by another column?"""
    texts = [one.path[0] for one in columns if one.kind == "json" and len(one.path) == 1]
    paths = [path for one in columns for path in (one.path, one.otherwise)]
    return [node for node in texts if any(len(path) > 1 and path[0] == node for path in paths)]


def _tree(columns: list[Column], as_text: set[str]) -> dict[str, Any]:
    """Name just the fields of these columns; what is taken apart later stays text."""
    tree: dict[str, Any] = dict.fromkeys(as_text, msgspec.Raw)
    for column in columns:
        _plant(tree, column.path, _leaf(column))
        if column.otherwise and column.otherwise[0] not in as_text:
            _plant(tree, column.otherwise, str | None)
    # Without an eventVersion a record may be anything: the lenient path decides.
    return tree | {"eventVersion": _REQUIRED}


def _closed(tree: dict[str, Any]) -> dict[str, Any]:
    """Name every known field besides, so that an unknown one is noticed."""
    return dict.fromkeys(KNOWN_FIELDS, msgspec.Raw) | tree


def _plant(tree: dict[str, Any], path: Path, leaf: Any) -> None:  # noqa: ANN401 - a type
    for name in path[:-1]:
        tree = tree.setdefault(name, {})
    tree[path[-1]] = leaf


def _leaf(column: Column) -> Any:  # noqa: ANN401 - a type
    if column.kind == "json":
        return msgspec.Raw
    return bool | None if column.name in _BOOLEANS else str | None


_REQUIRED = object()


def _grow(name: str, tree: dict[str, Any], *, is_closed: bool = False) -> type[msgspec.Struct]:
    fields: list[tuple[str, Any] | tuple[str, Any, Any]] = []
    for field, branch in tree.items():
        if branch is _REQUIRED:
            fields.insert(0, (field, str))
        elif isinstance(branch, dict):
            inner = _grow(field.title(), branch)
            fields.append((field, inner, inner()))
        else:
            fields.append((field, branch, _ABSENT if branch is msgspec.Raw else None))
    return msgspec.defstruct(name, fields, gc=False, frozen=True, forbid_unknown_fields=is_closed)


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
