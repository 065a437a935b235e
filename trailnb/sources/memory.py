"""Logs in memory: a mapping of names to bytes or text, as tests and notebooks have at hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from trailnb.sources import walk
from trailnb.sources.source import Unread

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from trailnb.sources.source import Listing, LogFile, Wanted


@dataclass(frozen=True)
class MemorySource:
    """Logs in a mapping. Names may be paths in the layout; they are the keys.

    Example:
        >>> from trailnb.sources.source import Wanted
        >>> source = MemorySource({"a.json": '{"Records": []}'})
        >>> files = source.list(Wanted()).files
        >>> [(file.key, content) for file, content in source.read(files)]
        [('a.json', b'{"Records": []}')]
    """

    contents: Mapping[str, bytes | str] = field(repr=False)
    uri: str = "memory"

    def list(self, wanted: Wanted) -> Listing:
        """List what the mapping holds within `wanted`."""
        entries = (walk.Entry(name, len(self._bytes(name))) for name in self.contents)
        return walk.listing_of(entries, wanted)

    def read(self, files: Sequence[LogFile]) -> Iterator[tuple[LogFile, bytes | Unread]]:
        """Hand over each file's bytes, in the order asked; text as UTF-8."""
        for file in files:
            is_here = file.key in self.contents
            yield (
                file,
                self._bytes(file.key)
                if is_here
                else Unread("vanished between listing and reading"),
            )

    def _bytes(self, name: str) -> bytes:
        content = self.contents[name]
        # Text from JSON may hold lone surrogates; the reader, not this place, judges them.
        return content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
