"""Which log files a reader of a followed trail has had: written when it comes back for more.

Sixteen bytes a log file, whichever save brought it and whatever part holds it now. A crash before
the mark leaves them to come again, never to be missed.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trailnb.sources.source import LogFile
    from trailnb.store.place import Place

_FOLDER = "_trailnb/followed/"
_BYTES = 16


def mark_of(file: LogFile) -> bytes:
    """What stands for this state of a log file?

    Example:
        >>> from trailnb.sources.source import LogFile
        >>> mark_of(LogFile("a", 1)) == mark_of(LogFile("a", 2))
        False
    """
    state = f"{file.key}\0{file.size_bytes}\0{file.version}"
    return hashlib.blake2b(state.encode("utf-8", "replace"), digest_size=_BYTES).digest()


def load(place: Place, reader: str) -> set[bytes] | None:
    """Which log files has this reader had? None: it never was here."""
    try:
        content = place.get(f"{_FOLDER}{reader}")
    except FileNotFoundError:
        return None
    return {content[at : at + _BYTES] for at in range(0, len(content), _BYTES)}


def keep(place: Place, reader: str, had: set[bytes]) -> None:
    """Note which log files this reader has had, at once."""
    place.put(f"{_FOLDER}{reader}", b"".join(sorted(had)))
