"""Every wrapping events travel in, undone by one walk over exact text.

LookupEvents answers, CloudWatch subscriptions and FilterLogEvents pages, EventBridge envelopes,
SQS and SNS carriers, `_raw` wrappers and test fixtures have one thing in common: somewhere inside
lies the record, as an object or as text that is JSON again. The walk goes down until it meets a
record and keeps that record's own text. Shapes: CloudTrail User Guide and API reference,
CloudWatch Logs and EventBridge user guides.
"""

from __future__ import annotations

import base64
from functools import partial
from typing import TYPE_CHECKING

from trailnb.formats.found import Found
from trailnb.formats.gunzip import unpack
from trailnb.formats.json_text import fields_of, items_of, text_of
from trailnb.formats.results import (
    SELECTED,
    insights_row,
    is_insights_rows,
    originals,
    record_list,
    row_found,
    row_kind,
    rows_found,
    rows_in,
)
from trailnb.formats.salvage import pieces
from trailnb.formats.sniff import is_event, other_kind

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Wrappings inside wrappings: SQS > SNS > EventBridge > record is four deep, each with containers.
_MAX_WRAPPINGS = 16
#: base64 of gzip's magic bytes: how a subscription's payload begins.
_BASE64_GZIP = "H4sI"
_MAX_PAYLOAD_BYTES = 64 << 20
#: Text must hold one of these to be worth another look as JSON.
_HINTS = (
    "eventName", "eventVersion", "eventCategory", "eventSource", "eventname", _BASE64_GZIP,
)  # fmt: skip
#: Where OCSF keeps what it has no place for: eventType and recipientAccountId, but no event.
_LEFTOVERS = "unmapped"
#: Deeper lists may lie inside text inside the text: their places say nothing of the file's.
_OUTERMOST_LIST = 1


def unwrap(text: str, start: int = 0, depth: int = 0) -> Iterator[Found]:
    """Which records lie in this JSON value, and which parts are known to be something else?

    Example:
        >>> found = list(unwrap('{"detail": {"eventName": "GetUser", "eventSource": "x"}}'))
        >>> found[0].text
        '{"eventName": "GetUser", "eventSource": "x"}'
        >>> list(unwrap('{"class_uid": 6003}'))[0].text
        'OCSF events (Security Lake)'
    """
    if depth > _MAX_WRAPPINGS:
        yield Found("a wrapping nested too deep", None, start)
    elif text.startswith("["):
        yield from _unwrap_items(text, start, depth, is_record_list=depth == 0)
    elif text.startswith("{"):
        yield from _unwrap_object(text, start, depth)
    elif text.startswith('"'):
        yield from _unwrap_text(text_of(text) or "", start, depth)


def _unwrap_items(text: str, start: int, depth: int, *, is_record_list: bool) -> Iterator[Found]:
    """Look into each item; in a list of records an item that holds none is said, never skipped."""
    look = partial(unwrap, depth=depth + 1)
    if depth == 0 and is_insights_rows(text):
        yield from rows_found(text, start, look, is_outermost=True)
        return
    row = insights_row(text) if depth == 0 else None
    if row is not None:
        yield from row_found(row, start, look, SELECTED)
        return
    for at, item in items_of(text):
        here = start + at if is_record_list and depth <= _OUTERMOST_LIST else start
        found = list(unwrap(item, here, depth + 1))
        yield from found
        if is_record_list and not found:
            yield Found("an item that is no CloudTrail record", None, here)


def _unwrap_object(text: str, start: int, depth: int) -> Iterator[Found]:
    fields = fields_of(text)
    look = partial(unwrap, depth=depth + 1)
    kind = row_kind(fields)
    if kind:
        yield from row_found(fields, start, look, kind)
        return
    if is_event(fields):
        yield Found(text, fields, start)
        return
    rows = rows_in(fields)
    if rows:
        within = start + text.index(rows) if depth == 0 else start
        yield from rows_found(rows, within, look, is_outermost=depth == 0)
        return
    held = originals(fields)
    inner = [found for value in held.values() for found in look(value, start)]
    if any(found.fields for found in inner):
        yield from inner
        return
    for name, value in fields.items():
        if name in held:
            continue
        listed = record_list(name, value)
        if listed:
            within = start + text.index(listed) if depth == 0 else start
            inner += _unwrap_items(listed, within, depth + 1, is_record_list=True)
        elif value[0] in '[{"' and name != _LEFTOVERS:
            inner += unwrap(value, start, depth + 1)
    yield from inner
    kind = other_kind(fields)
    if kind and not any(found.fields for found in inner):
        yield Found(kind, None, start)


def _unwrap_text(text: str, start: int, depth: int) -> Iterator[Found]:
    """Look into text that may be JSON again, or a compressed subscription payload."""
    if text.startswith(_BASE64_GZIP):
        yield from _unwrap_payload(text, start, depth)
        return
    body = text.lstrip("\ufeff \t\r\n")
    if not body.startswith(("{", "[")) or not any(hint in body for hint in _HINTS):
        return
    for piece in pieces(body):
        if piece.fault:
            said = f"text inside that should be a record is no JSON ({piece.fault})"
            yield Found(said, None, start, is_lost=body[0] == "{")
        else:
            yield from unwrap(piece.text, start, depth + 1)


def _unwrap_payload(text: str, start: int, depth: int) -> Iterator[Found]:
    """Look into base64 of gzip; what is damaged is said, what precedes the damage is kept."""
    if depth > _MAX_WRAPPINGS:
        yield Found("a wrapping nested too deep", None, start)
        return
    try:
        stored = base64.b64decode(text, validate=True)
    except ValueError:  # not only binascii.Error: text that is no ASCII raises its parent
        yield Found("a compressed payload is no base64", None, start, is_lost=True)
        return
    unpacked = unpack(stored, _MAX_PAYLOAD_BYTES)
    if unpacked.fault:
        yield Found(f"a compressed payload is damaged: {unpacked.fault}", None, start, is_lost=True)
    yield from _unwrap_text(unpacked.data.decode("utf-8", "replace"), start, depth + 1)
