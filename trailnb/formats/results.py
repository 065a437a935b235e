"""Rows of query results and search hits: the record's own text where kept, else rebuilt.

CloudTrail Lake answers with lists of single fields (GetQueryResults of the CloudTrail API), Logs
Insights with lists of {field, value} (GetQueryResults of the CloudWatch Logs API), Athena with one
lowered object a row, Elastic and Wazuh with documents that keep the original beside its parts.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from trailnb.formats.found import Found
from trailnb.formats.json_text import fields_of, items_of, text_of
from trailnb.formats.rebuild import rebuild
from trailnb.formats.spelling import describes_events, is_lowered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    #: Finds the records in the JSON text of a value that lies at this place.
    Look = Callable[[str, int], Iterable[Found]]

COLUMNS, SELECTED = "columns", "selected fields"
#: Lake prints request and answer so, with nothing to tell a comma in a value from one between two.
_MAPS = " and maps without quotes, taken apart at each ', name='"
#: Columns that hold the record's own text whatever else a row shows.
OWN_TEXT = frozenset({"eventjson", "@message", "cloudtrailevent", "event.original", "_raw"})
_MAYBE_OWN_TEXT = frozenset({"message", "record"})
_INSIGHTS_ROW = re.compile(r'\[\s*\{\s*"(?:field|value)"\s*:')
_INSIGHTS_ROWS = re.compile(r'\[\s*\[\s*\{\s*"(?:field|value)"\s*:')
_LAKE_ROWS = "QueryResultRows"
#: Elastic keeps a document in _source, Wazuh the line it decoded in full_log.
_ORIGINALS = ("event.original", "full_log", "_source")


def named(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Give each value its name; a name that comes again is numbered, so that nothing is lost.

    Example:
        >>> named([("arn", "1"), ("arn", "2")])
        {'arn': '1', 'arn (2)': '2'}
    """
    values: dict[str, str] = {}
    counts: dict[str, int] = {}
    for name, value in pairs:
        own = name
        while own in values:
            counts[name] = counts.get(name, 1) + 1
            own = f"{name} ({counts[name]})"
        values[own] = value
    return values


def is_insights_rows(text: str) -> bool:
    """Is this the list of rows of a Logs Insights answer?

    Example:
        >>> is_insights_rows('[[{"field": "eventName", "value": "GetUser"}]]')
        True
    """
    return _INSIGHTS_ROWS.match(text) is not None


def insights_row(text: str) -> dict[str, str] | None:
    """Which fields (name to JSON text) has this row of a Logs Insights answer? None if it is none.

    Example:
        >>> insights_row('[{"field": "eventName", "value": "GetUser"}]')
        {'eventName': '"GetUser"'}
        >>> insights_row('[{"eventName": "GetUser"}]') is None
        True
    """
    if not _INSIGHTS_ROW.match(text):
        return None
    items = [fields_of(item) for _, item in items_of(text) if item.startswith("{")]
    return named((text_of(item.get("field", '""')) or "", item.get("value", "")) for item in items)


#: A log file, a search's answer, and that of LookupEvents. What CloudWatch Logs hands out may hold
#: lines of other services, so there an item without a record is none that is missing.
_RECORD_LISTS = frozenset({"Records", "hits", "Events"})


def record_list(name: str, value: str) -> str | None:
    """Is this a list in which each item is meant to hold a record: of a log file, of a search?

    Example:
        >>> record_list("hits", '{"total": 1, "hits": [{}]}')
        '[{}]'
    """
    if name == "hits" and value.startswith("{"):
        value = fields_of(value).get("hits", "")
    return value if name in _RECORD_LISTS and value.startswith("[") else None


def originals(fields: dict[str, str]) -> dict[str, str]:
    """Under which of these names lies the text the others were made of?

    Example:
        >>> originals({"event": '{"original": "{}", "kind": "event"}', "message": '"{}"'})
        {'event': '"{}"'}
    """
    held = {name: fields[name] for name in _ORIGINALS if name in fields}
    event = fields.get("event", "")
    original = fields_of(event).get("original") if event.startswith("{") else None
    return held | {"event": original} if original else held


def row_kind(fields: dict[str, str]) -> str | None:
    """Of what is this object a row: lowered columns, or fields selected by dotted names?

    What carries its version is a record as it stands.

    Example:
        >>> row_kind({"eventTime": '""', "eventName": '""', "userIdentity.arn": '""'})
        'selected fields'
        >>> row_kind({"eventTime": '""', "eventName": '""', "userIdentity": "{}"}) is None
        True
    """
    if "eventVersion" in fields or "userIdentity" in fields:
        return None
    if is_lowered(fields):
        return COLUMNS
    is_flat = any(name.startswith("userIdentity.") for name in fields)
    return SELECTED if is_flat and describes_events(fields) else None


def rows_in(fields: dict[str, str]) -> str | None:
    """Which list of result rows does this answer hold?"""
    rows = fields.get(_LAKE_ROWS, "")
    if rows.startswith("["):
        return rows
    rows = fields.get("results", "")
    return rows if is_insights_rows(rows) else None


def rows_found(rows: str, start: int, look: Look, *, is_outermost: bool) -> Iterator[Found]:
    """Read each row of the list; one that holds no event is said, at its place where it has one."""
    for at, item in items_of(rows):
        here = start + at if is_outermost else start
        row = insights_row(item)
        if row is not None:
            yield from row_found(row, here, look, SELECTED)
        elif item.startswith(("[", "{")):
            yield from row_found(_lake_row(item), here, look, COLUMNS)
        else:
            yield Found("a row that is no list of fields", None, here)


def row_found(fields: dict[str, str], start: int, look: Look, source: str) -> Iterator[Found]:
    """Read one row: the record's own text, else a record rebuilt from its fields."""
    faults: list[Found] = []
    for name, value in fields.items():
        if name.strip().casefold() in OWN_TEXT | _MAYBE_OWN_TEXT and value[:1] in {'"', "{"}:
            found = list(look(value, start))
            if any(one.fields is not None for one in found):
                yield from found
                return
            faults += found
    rebuilt = rebuild(fields)
    if rebuilt:
        said = (f"rebuilt from {source}: {fault.text}" for fault in faults if fault.is_lost)
        yield Found(
            rebuilt.text,
            fields_of(rebuilt.text),
            start,
            rebuilt_from=source + _MAPS if rebuilt.has_maps else source,
            said=(*said, *rebuilt.said),
        )
    else:
        yield from faults or [Found("a row of results that is no event", None, start)]


def _lake_row(text: str) -> dict[str, str]:
    """Join the single fields of a row; some tools join them already."""
    if text.startswith("{"):
        return fields_of(text)
    maps = [fields_of(item) for _, item in items_of(text) if item.startswith("{")]
    return named(pair for one in maps for pair in one.items())
