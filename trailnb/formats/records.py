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

from trailnb.facts.columns import BY_NAME, KNOWN_FIELDS
from trailnb.formats.cells import Cells
from trailnb.formats.parts import parts_of
from trailnb.formats.picking import cells_of, fields_of, values_at
from trailnb.formats.sniff import is_records_file
from trailnb.formats.structs import closed, document, structure, tree_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from trailnb.facts.columns import Column
    from trailnb.formats.parts import Look
    from trailnb.formats.picking import Records

#: Above this a record is refused: AWS's own limit is 1 MB.
MAX_RECORD_BYTES = 16 << 20
_NOTIFICATION = re.compile(rb'"eventVersion"\s*:\s*"[02-9]|"[eE]ventSource"\s*:\s*"aws:')


class MisfitError(ValueError):
    """The file does not fit the documented types; the lenient path must read it."""


class RecordReader:
    """Reads delivered log files, arrays and lines of records into cells of the named columns."""

    def __init__(self, names: tuple[str, ...]) -> None:
        """Make the decoders for this projection."""
        self._names = names
        columns = [BY_NAME[name] for name in names if BY_NAME[name].path]
        self._parts = {part.node: part for part in parts_of(columns)}
        whole = [column for column in columns if column.path[0] not in self._parts]
        self._has_record, self._has_extra = "record" in names, "extra" in names
        tree = tree_of(whole, set(self._parts))
        record = structure("Record", tree)
        known = closed(tree)
        self._record = msgspec.json.Decoder(record)
        self._file = msgspec.json.Decoder(document(list[record]))  # type: ignore[valid-type]
        self._list = msgspec.json.Decoder(list[record])  # type: ignore[valid-type]
        loose = structure("Loose", known)
        self._loose = msgspec.json.Decoder(loose)
        self._strict = msgspec.json.Decoder(structure("Strict", known, is_closed=True))
        order = (loose if self._has_extra else record).__struct_fields__
        self._places = {name: order.index(name) for name in self._parts}
        self._getters = [
            (column, order.index(column.path[0]), values_at(column.path[1:])) for column in whole
        ]

    def cells(self) -> Cells:
        """Where the cells of many files gather."""
        return Cells(self._names, {node: part.cells() for node, part in self._parts.items()})

    def read(self, data: bytes, cells: Cells) -> int:
        """Add the cells of every record in `data`; returns how many records there are.

        Raises:
            MisfitError: nothing was added; the lenient path must read the file.
        """
        first_source = data.find(b'"eventSource"')  # a Kinesis record has its payload before it
        if _NOTIFICATION.search(data, 0, 1024) or _NOTIFICATION.match(data, first_source):
            raise MisfitError
        try:
            if not data.isascii():
                data.decode()  # what is skipped must be UTF-8 too, or cells could not hold it
            columns: dict[str, Sequence[Any]] = {}
            records = self._decode(data, columns)
            looks = self._picked(records, columns, cells) if records else {}
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, KeyError):
            raise MisfitError from None
        for node, look in looks.items():
            cells.parts[node].extend(look.texts, look.fresh, look.inside)
        cells.extend(columns, len(records))
        return len(records)

    def _decode(self, data: bytes, columns: dict[str, Sequence[Any]]) -> Records:
        """Decode the records; where a column needs each one's own text, one by one."""
        if self._has_record or self._has_extra or len(data) > MAX_RECORD_BYTES:
            return self._decode_texts(_texts(data), columns)
        if is_records_file(data):
            return _records_of(self._file.decode(data))
        if data[:64].lstrip()[:1] == b"[":
            return self._list.decode(data)
        return self._record.decode_lines(data)

    def _decode_texts(
        self, texts: Sequence[msgspec.Raw], columns: dict[str, Sequence[Any]]
    ) -> Records:
        own = list(map(bytes, texts))
        if max(map(len, own), default=0) > MAX_RECORD_BYTES:
            raise MisfitError
        if self._has_record:
            columns["record"] = own
        if not self._has_extra:
            return [self._record.decode(text) for text in own]
        return self._decode_strictly(own, columns)

    def _decode_strictly(self, own: list[bytes], columns: dict[str, Sequence[Any]]) -> Records:
        """Decode records that hardly ever have a field this table does not know."""
        extras: list[bytes | None] = []
        records: Records = []
        for text in own:
            try:
                records.append(self._strict.decode(text))
                extras.append(None)
            except msgspec.ValidationError:
                records.append(self._loose.decode(text))
                extras.append(_extra_of(text))
        columns["extra"] = extras
        return records

    def _picked(
        self, records: Records, columns: dict[str, Sequence[Any]], cells: Cells
    ) -> dict[str, Look]:
        """Put every column of the records into `columns`; returns what the parts say."""
        fields = fields_of(records)
        looks = {
            node: part.look(fields[self._places[node]], cells.parts[node])
            for node, part in self._parts.items()
        }
        for column, place, inner in self._getters:
            columns[column.name] = cells_of(column, inner(fields[place]))
            if column.otherwise and not all(columns[column.name]):
                columns[column.name] = self._filled(column, columns, records, looks)
        return looks

    def _filled(
        self,
        column: Column,
        columns: dict[str, Sequence[Any]],
        records: Records,
        looks: dict[str, Look],
    ) -> Sequence[Any]:
        """Put in what aggregated records keep elsewhere."""
        node, *rest = column.otherwise
        there: Callable[[int], Any]
        if node in looks:
            part, texts = self._parts[node], looks[node].texts
            there = lambda index: part.value(texts[index], tuple(rest))  # noqa: E731
        else:
            get = attrgetter(".".join(column.otherwise))
            there = lambda index: get(records[index])  # noqa: E731
        return [
            there(index) if value is None else value
            for index, value in enumerate(columns[column.name])
        ]


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


def _extra_of(text: bytes) -> bytes | None:
    fields = _RAW_FIELDS.decode(text)
    unknown = {name: value for name, value in fields.items() if name not in KNOWN_FIELDS}
    return msgspec.json.encode(unknown) if unknown else None


def _records_of(document: Any) -> Records:  # noqa: ANN401 - a Struct made for its projection
    records: Records = document.Records
    return records


_RAW_FILE: msgspec.json.Decoder[Any] = msgspec.json.Decoder(document(list[msgspec.Raw]))
_RAW_LIST: msgspec.json.Decoder[list[msgspec.Raw]] = msgspec.json.Decoder(list[msgspec.Raw])
_RAW_LINE: msgspec.json.Decoder[msgspec.Raw] = msgspec.json.Decoder(msgspec.Raw)
_RAW_FIELDS: msgspec.json.Decoder[dict[str, msgspec.Raw]] = msgspec.json.Decoder(
    dict[str, msgspec.Raw]
)
