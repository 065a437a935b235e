"""Every wrapping events travel in, undone by one walk over exact text.

LookupEvents answers, CloudWatch subscriptions and FilterLogEvents pages, EventBridge envelopes,
SQS and SNS carriers, `_raw` wrappers and test fixtures have one thing in common: somewhere inside
lies the record, as an object or as text that is JSON again. The walk goes down until it meets a
record and keeps that record's own text. Shapes: CloudTrail User Guide and API reference,
CloudWatch Logs and EventBridge user guides.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trailnb.formats.gunzip import unpack
from trailnb.formats.json_text import TornError, checked_end, fields_of, items_of, text_of
from trailnb.formats.sniff import is_event, other_kind

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Wrappings inside wrappings: SQS > SNS > EventBridge > record is four deep, each with containers.
_MAX_WRAPPINGS = 16
#: base64 of gzip's magic bytes: how a subscription's payload begins.
_BASE64_GZIP = "H4sI"
_MAX_PAYLOAD_BYTES = 64 << 20
#: Text must hold one of these to be worth another look as JSON.
_HINTS = ("eventName", "eventVersion", "eventCategory", "eventSource", _BASE64_GZIP)


@dataclass(frozen=True, slots=True)
class Found:
    """A record's exact text with its fields, or (`fields` None) a reason why a part is none.

    `start` is the position of the outermost value it lies in.
    """

    text: str
    fields: dict[str, str] | None
    start: int = 0


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
    for at, item in items_of(text):
        here = start + at if is_record_list else start
        found = list(unwrap(item, here, depth + 1))
        yield from found
        if is_record_list and not found:
            yield Found("an item that is no CloudTrail record", None, here)


def _unwrap_object(text: str, start: int, depth: int) -> Iterator[Found]:
    fields = fields_of(text)
    if is_event(fields):
        yield Found(text, fields, start)
        return
    inner: list[Found] = []
    for name, value in fields.items():
        if name == "Records" and value.startswith("["):
            within = start + text.index(value) if depth == 0 else start
            inner += _unwrap_items(value, within, depth + 1, is_record_list=True)
        elif value[0] in '[{"':
            inner += unwrap(value, start, depth + 1)
    yield from inner
    kind = other_kind(fields)
    if kind and not any(found.fields for found in inner):
        yield Found(kind, None, start)


def _unwrap_text(text: str, start: int, depth: int) -> Iterator[Found]:
    """Look into text that may be JSON again, or a compressed subscription payload."""
    if text.startswith(_BASE64_GZIP):
        text = _payload(text)
    body = text.lstrip("\ufeff \t\r\n")
    if not body.startswith(("{", "[")) or not any(hint in body for hint in _HINTS):
        return
    try:
        end = checked_end(body, 0)
        yield from unwrap(body[:end], start, depth + 1)
    except TornError as torn:
        yield Found(f"text inside that should be a record is no JSON ({torn.reason})", None, start)


def _payload(text: str) -> str:
    try:
        stored = base64.b64decode(text, validate=True)
    except binascii.Error:
        return ""
    return unpack(stored, _MAX_PAYLOAD_BYTES).data.decode("utf-8", "replace")
