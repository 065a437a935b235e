"""What a place keeps beside an object: S3's metadata, where CloudTrail puts a digest's signature.

Only S3 keeps any. What is kept elsewhere lies in a file beside the object, a *sidecar*.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from trailnb.sources.source import LogFile, Source, Unread

#: Ends the name of the file that holds what S3 kept beside an object.
SIDECAR = ".signature.json"


@runtime_checkable
class KeepsBeside(Protocol):
    """A source that keeps more of an object than its bytes."""

    def read_with_metadata(
        self, files: Sequence[LogFile]
    ) -> Iterator[tuple[LogFile, bytes | Unread, Mapping[str, str]]]:
        """Hand over each file's bytes, in the order asked, and what is kept beside it."""
        ...


def read_with_metadata(
    source: Source, files: Sequence[LogFile]
) -> Iterator[tuple[LogFile, bytes | Unread, Mapping[str, str]]]:
    """Which bytes has each file, and what is kept beside it? Nothing is, but in S3.

    Example:
        >>> from trailnb.sources.memory import MemorySource
        >>> from trailnb.sources.source import LogFile
        >>> [*read_with_metadata(MemorySource({"a": b"x"}), [LogFile("a")])][0][1:]
        (b'x', {})
    """
    if isinstance(source, KeepsBeside):
        yield from source.read_with_metadata(files)
    else:
        for file, stored in source.read(files):
            yield file, stored, {}


def sidecar(metadata: Mapping[str, str]) -> bytes | None:
    """What does a sidecar hold for a digest with this metadata? None when no signature is in it."""
    kept = {name: text for name, text in metadata.items() if name.islower() and text}
    return json.dumps(kept, sort_keys=True).encode() if "signature" in kept else None
