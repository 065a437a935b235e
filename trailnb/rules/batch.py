"""Some records at once: each decoded a single time, whatever number of rules looks at it."""

from __future__ import annotations

import json
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, TypedDict

import msgspec

from trailnb.formats.json_text import TornError, fields_of
from trailnb.rules.envelope import enveloped

if TYPE_CHECKING:
    import polars as pl

_WHOLE = msgspec.json.Decoder()
#: Stands for a record that cannot be decoded; it matches nothing, and is told of.
UNREAD: Any = object()


class Batch:
    """The records of some rows. `unread` are the rows that could not be decided.

    Of each record the named top-level fields are decoded, and the others stepped over; None is all.
    """

    def __init__(self, texts: pl.Series, fields: frozenset[str] | None = None) -> None:
        self.texts = texts
        self._decoder = _decoder(fields)
        self.unread: set[int] = set()
        self._enveloped: dict[int, dict[str, Any]] = {}

    @cached_property
    def records(self) -> list[Any]:
        """The records, decoded; `UNREAD` where that is impossible."""
        decoder = self._decoder
        decoded = [decoded_text(text, decoder) for text in self.texts]
        self.unread |= {row for row, record in enumerate(decoded) if record is UNREAD}
        return decoded

    def enveloped(self, row: int) -> dict[str, Any]:
        """The EventBridge event that CloudTrail would have sent."""
        if row not in self._enveloped:
            self._enveloped[row] = enveloped(self.records[row])
        return self._enveloped[row]


@lru_cache(maxsize=64)
def _decoder(fields: frozenset[str] | None) -> msgspec.json.Decoder[Any]:
    """Make a decoder that builds nothing of the fields that nobody asks for."""
    if fields is None:
        return _WHOLE
    known = TypedDict("known", dict.fromkeys(sorted(fields), Any), total=False)  # type: ignore[misc]
    return msgspec.json.Decoder(known)


def decoded_text(text: str | None, decoder: msgspec.json.Decoder[Any] = _WHOLE) -> Any:  # noqa: ANN401
    """What does the record say? What only the lenient reader understood is understood here, too.

    A field nested too deeply to be decoded counts as an empty object; the others are decided on.

    Example:
        >>> decoded_text('{"a": 1e400}')
        {'a': inf}
    """
    if text is None:
        return UNREAD
    try:
        return decoder.decode(text)
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
