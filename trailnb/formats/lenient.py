"""The exact slow path: any text to rows, losing no record and hiding no damage.

It gives the same cells as the fast path for good records. What has an unexpected type is kept as
its own JSON text; what cannot be read is a problem with its position.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from trailnb.facts.columns import BY_NAME, KNOWN_FIELDS, Column
from trailnb.formats.found import Found
from trailnb.formats.gunzip import CONTAINERS, TABLES, is_tar, other_packing
from trailnb.formats.json_text import MAX_DEPTH, TornError, fields_of, storable, text_of
from trailnb.formats.log_lines import messages
from trailnb.formats.problem import Problem
from trailnb.formats.records import MAX_RECORD_BYTES
from trailnb.formats.results import record_list
from trailnb.formats.salvage import pieces
from trailnb.formats.sniff import text_kind
from trailnb.formats.tables import table_found, table_of
from trailnb.formats.unwrap import unwrap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trailnb.facts.columns import Path
    from trailnb.formats.cells import Lists

_FLAGS = {"true": True, "false": False}
#: A byte order mark stays in the text, where it counts as a blank, so that positions hold.
_BYTE_ORDER_MARKS = ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
#: Where the wrappings keep their records; a page without any is as empty as a log file.
_CONTAINERS = ("Records", "Events", "events", "logEvents", "QueryResultRows", "results")


class LenientReader:
    """Reads any text into cells of the named columns, with the problems it met."""

    def __init__(self, names: tuple[str, ...]) -> None:
        """Keep which columns are wanted."""
        self._columns = [BY_NAME[name] for name in names if BY_NAME[name].kind != "provenance"]

    def read(self, log_file: str, data: bytes, cells: Lists) -> tuple[int, list[Problem]]:
        """Append the cells of every record in `data`; returns how many, and the problems."""
        packing = other_packing(data)
        if packing:
            return 0, [_packed(log_file, packing)]
        encoding, text, problems = _decoded(log_file, data)
        places = _Places(text, encoding)
        count = 0
        faults: list[Found] = []
        rebuilt: dict[str, Problem] = {}
        for found in _found(text):
            if found.fields is None:
                faults.append(found)
                continue
            if found.rebuilt_from and found.rebuilt_from not in rebuilt:
                rebuilt[found.rebuilt_from] = _rebuilt(log_file, found, places)
            problems += self._append(log_file, found, count, places, cells)
            count += 1
        if count == 0 and is_tar(data):
            return 0, [_packed(log_file, "tar")]
        said = _faults(log_file, text, faults, places, count)
        if count == 0 and all(problem.severity == "note" for problem in said):
            problems = []  # in a file that holds no events, odd bytes are nothing to report
        return count, [*rebuilt.values(), *problems, *said]

    def _append(
        self, log_file: str, found: Found, index: int, places: _Places, cells: Lists
    ) -> list[Problem]:
        """Append one record's cells; returns what was odd about it."""
        odd: list[str] = []
        row = [self._cell(column, found, odd) for column in self._columns]
        for column, value in zip(self._columns, row, strict=True):
            cells[column.name].append(value)
        position = places.bytes_before(found.start) if odd or found.said else None
        damaged = [Problem(log_file, said, "warning", position, index) for said in found.said]
        return damaged + [Problem(log_file, reason, "note", position, index) for reason in odd]

    def _cell(self, column: Column, found: Found, odd: list[str]) -> Any:  # noqa: ANN401 - a cell
        fields = found.fields or {}
        if column.kind == "record":
            return storable(found.text).encode()
        if column.kind == "extra":
            return _extra(fields)
        value = _lookup(fields, column.path)
        if value in (None, "null") and column.otherwise:
            value = _lookup(fields, column.otherwise)
        if value is None:
            return None
        if column.kind == "json":
            return storable(value).encode()
        if column.kind == "flag":
            return _flag(column, value, odd)
        if not value.startswith('"') and value != "null":
            odd.append(f"{'.'.join(column.path)} is no text; its JSON text was kept")
        shown = text_of(value)
        return None if shown is None else storable(shown)


class _Places:
    """Where characters of the text stand in its bytes; cheap when asked in order."""

    def __init__(self, text: str, encoding: str) -> None:
        self._text = text
        self._encoding = encoding
        self._at = self._bytes = 0

    def bytes_before(self, start: int) -> int:
        if self._encoding == "utf-8" and self._text.isascii():
            return start
        if start < self._at:
            self._at = self._bytes = 0
        self._bytes += len(self._text[self._at : start].encode(self._encoding))
        self._at = start
        return self._bytes


def _decoded(log_file: str, data: bytes) -> tuple[str, str, list[Problem]]:
    """Turn bytes into text; bytes that are no UTF-8 are replaced and said."""
    encoding = next((name for mark, name in _BYTE_ORDER_MARKS if data.startswith(mark)), "utf-8")
    try:
        return encoding, data.decode(encoding), []
    except UnicodeDecodeError as error:
        reason = f"bytes that are no {encoding.upper()} text were replaced by U+FFFD"
        problem = Problem(log_file, reason, "warning", error.start)
        return encoding, data.decode(encoding, "replace"), [problem]


def _packed(log_file: str, packing: str) -> Problem:
    """Say what this file is; one that may hold log files is nothing to pass over."""
    if packing in TABLES:
        said = f"a {packing} table was not looked into: if it holds events, open it by its own name"
        return Problem(log_file, said, "error", 0)
    if packing not in CONTAINERS:
        return Problem(log_file, f"not CloudTrail events: {packing}", "note", 0)
    said = (
        f"packed as {packing}, and not looked into: unpack it, or open an archive by its own name"
    )
    return Problem(log_file, said, "error", 0)


def _rebuilt(log_file: str, found: Found, places: _Places) -> Problem:
    """Say once of a file that its records have no text of CloudTrail's own."""
    said = f"records were rebuilt from {found.rebuilt_from}; they are not CloudTrail's own text"
    return Problem(log_file, said, "note", places.bytes_before(found.start))


def _found(text: str) -> Iterator[Found]:
    """Read a table by its rows, any other text message by message and piece by piece."""
    table = table_of(text)
    if table:
        yield from map(_bounded, table_found(text, table))
        return
    for start, message in messages(text):
        if start and not message.strip():
            yield Found("a log event without a message", None, start)
        yield from map(_bounded, _found_in(message, start))


def _found_in(text: str, offset: int) -> Iterator[Found]:
    """Walk every piece of the text; a piece that is torn or holds nothing is said."""
    for piece in pieces(text):
        start = offset + piece.start
        if piece.fault:
            yield Found(f"torn JSON: {piece.fault}", None, start)
            continue
        found: list[Found] = []
        try:
            found += unwrap(piece.text, start)
        except TornError as torn:
            found.append(Found(f"torn JSON: {torn.reason}", None, start))
        except RecursionError:
            found.append(Found(f"nested deeper than {MAX_DEPTH} wrappings", None, start))
        yield from found
        if not found and not _is_empty(piece.text):
            yield Found("JSON that holds no CloudTrail record", None, start)


def _bounded(found: Found) -> Found:
    """Refuse a record that is larger than any real one."""
    if found.fields is None or len(found.text) <= MAX_RECORD_BYTES:
        return found
    reason = f"a record of more than {MAX_RECORD_BYTES} bytes was refused"
    return Found(reason, None, found.start, is_lost=True)


def _is_empty(text: str) -> bool:
    """Tell whether this is an empty delivery: an empty list, object, or page of records."""
    if text.startswith("{"):
        fields = fields_of(text)
        held = [fields.get(name, "") for name in _CONTAINERS]
        held.append(record_list("hits", fields.get("hits", "")) or "")
        return not fields or any(_is_empty(value) for value in held if value.startswith("["))
    return text.startswith("[") and not text[1:-1].strip()


def _faults(
    log_file: str, text: str, faults: list[Found], places: _Places, count: int
) -> list[Problem]:
    """Say what was no record: once for a file that holds no event at all, else each place."""
    if not faults:
        return []
    if count == 0 and not any(fault.is_lost for fault in faults):
        position = places.bytes_before(faults[0].start)
        if not any(fault.text.startswith("torn") for fault in faults):
            kinds = "; ".join(dict.fromkeys(storable(fault.text)[:120] for fault in faults[:3]))
            return [Problem(log_file, f"not CloudTrail events: {kinds}", "note", position)]
        if not _may_be_log(log_file, text):
            return [Problem(log_file, f"not CloudTrail events: {text_kind(text)}", "note", 0)]
    return [
        Problem(log_file, storable(fault.text)[:200], "error", places.bytes_before(fault.start))
        for fault in faults
    ]


def _may_be_log(log_file: str, text: str) -> bool:
    return "CloudTrail" in log_file or '"event' in text or '"Records"' in text


def _lookup(fields: dict[str, str], path: Path) -> str | None:
    """Follow the path through exact text; anything on the way that is no object ends it."""
    value = fields.get(path[0])
    for name in path[1:]:
        if value is None or not value.startswith("{"):
            return None
        value = fields_of(value).get(name)
    return value


def _extra(fields: dict[str, str]) -> bytes | None:
    parts = [
        f"{json.dumps(name, ensure_ascii=False)}:{value}"
        for name, value in fields.items()
        if name not in KNOWN_FIELDS
    ]
    return storable("{" + ",".join(parts) + "}").encode() if parts else None


def _flag(column: Column, value: str, odd: list[str]) -> bool | None:
    """Read true and false, as JSON or as text in any case; what else stands there is said."""
    if value == "null":
        return None
    known = _FLAGS.get((text_of(value) or "").lower())
    if known is None:
        odd.append(f"{'.'.join(column.path)} is neither true nor false: {value[:80]}")
    return known
