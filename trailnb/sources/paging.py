"""One slice on its way, page by page, so that it can break off and go on."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

#: A log file of no records.
EMPTY = '{"Records":[]}'
_GZIP = 31
#: A token may die of age; one that dies again at the same place is no accident.
_MOST_DEATHS = 3


@dataclass
class Paging:
    """What was read of a slice so far, compressed, and where it goes on.

    `name` is that of the list which the log file holds. `arguments` are those of the call a token
    belongs to. `oldest` is the time of the oldest event so far: AWS gives the newest first.
    """

    name: str = "Records"
    arguments: dict[str, Any] = field(default_factory=dict)
    token: str | None = None
    oldest: datetime | None = None
    events: int = 0
    text_bytes: int = 0
    is_done: bool = False
    begun: int = 1
    _deaths: int = 0
    _ids: set[str] = field(default_factory=set)
    _parts: list[bytes] = field(default_factory=list)
    _zip: Any = field(default_factory=lambda: zlib.compressobj(1, zlib.DEFLATED, _GZIP))

    def take(
        self, events: Sequence[tuple[str | None, datetime | None, str]], token: str | None
    ) -> None:
        """Add a page; one without events is no end, one without a token is."""
        for event_id, moment, text in events:
            if event_id in self._ids:  # asked for again, after a token died
                continue
            if moment is not None and (self.oldest is None or moment < self.oldest):
                self.oldest = moment
                self._ids.clear()
            if event_id is not None and moment == self.oldest:
                self._ids.add(event_id)
            self._write(("," if self.events else f'{{"{self.name}":[') + text)
            self.events += 1
        self._deaths = 0 if events and token else self._deaths
        self.token, self.is_done = token, not token

    def start_again(self) -> bool:
        """Go on without the token, from the oldest event's second; false when that is no use."""
        self._deaths += 1
        self.token, self.arguments = None, {}
        return self._deaths <= _MOST_DEATHS

    def again(self) -> Paging | None:
        """Turn all pages from the first one on; None when that was done too often."""
        if self.begun > _MOST_DEATHS:
            return None
        return Paging(self.name, self.arguments, begun=self.begun + 1)

    def content(self) -> bytes:
        """The slice as a log file, gzipped."""
        self._write("]}" if self.events else EMPTY)
        self._parts.append(self._zip.flush())
        return b"".join(self._parts)

    def _write(self, text: str) -> None:
        # Text from JSON may hold lone surrogates; the reader judges them.
        encoded = text.encode("utf-8", "surrogatepass")
        self.text_bytes += len(encoded)
        self._parts.append(self._zip.compress(encoded))


def record_text(text: object, carrier: object) -> str:
    """The record's own text; what is none is kept as it came, for the reader to judge.

    Example:
        >>> (
        ...     record_text('{"eventName":  "GetUser"}', {}),
        ...     record_text("oops", {}),
        ...     record_text(None, {}),
        ... )
        ('{"eventName":  "GetUser"}', '"oops"', '{}')
    """
    try:
        if isinstance(text, str) and isinstance(json.loads(text), dict):
            return text
    except (ValueError, RecursionError):  # no JSON, or nested too deep to be a record
        pass
    return json.dumps(carrier if text is None else text, default=str)
