"""Some records at once: each decoded a single time, whatever number of rules looks at it."""

from __future__ import annotations

import json
from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgspec

from trailnb.formats.json_text import TornError, fields_of
from trailnb.rules.envelope import enveloped

if TYPE_CHECKING:
    import polars as pl

_FAST = msgspec.json.Decoder()
#: Stands for a record that cannot be decoded; it matches nothing, and is told of.
UNREAD: Any = object()


class Batch:
    """The records of some rows. `unread` are the rows that could not be decided."""

    def __init__(self, texts: pl.Series) -> None:
        self.texts = texts
        self.unread: set[int] = set()
        self._enveloped: dict[int, dict[str, Any]] = {}

    @cached_property
    def records(self) -> list[Any]:
        """The records, decoded; `UNREAD` where that is impossible."""
        decoded = [decoded_text(text) for text in self.texts]
        self.unread |= {row for row, record in enumerate(decoded) if record is UNREAD}
        return decoded

    def enveloped(self, row: int) -> dict[str, Any]:
        """The EventBridge event that CloudTrail would have sent."""
        if row not in self._enveloped:
            self._enveloped[row] = enveloped(self.records[row])
        return self._enveloped[row]


def decoded_text(text: str | None) -> Any:  # noqa: ANN401 - decoded JSON
    """What does the record say? What only the lenient reader understood is understood here, too.

    A field nested too deeply to be decoded counts as an empty object; the others are decided on.

    Example:
        >>> decoded_text('{"a": 1e400}')
        {'a': inf}
    """
    if text is None:
        return UNREAD
    try:
        return _FAST.decode(text)
    except (msgspec.MsgspecError, RecursionError, UnicodeEncodeError):
        pass
    try:
        return json.loads(text, strict=False, parse_int=_integer)
    except (ValueError, RecursionError):
        pass
    try:
        return {name: _shallow(value) for name, value in fields_of(text).items()}
    except (TornError, IndexError):
        return UNREAD


def _shallow(value: str) -> Any:  # noqa: ANN401 - decoded JSON
    try:
        return json.loads(value, strict=False, parse_int=_integer)
    except (ValueError, RecursionError):
        return {}


def _integer(digits: str) -> int | float:
    try:
        return int(digits)
    except ValueError:  # Python reads no number of more than 4,300 digits
        return float(digits)
