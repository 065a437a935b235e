"""Digests beside the parts, byte for byte: what integrity validation needs of a saved trail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from trailnb.sources import layout
from trailnb.sources.source import Listing, LogFile, Unread

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from trailnb.sources.source import Source, Wanted
    from trailnb.store.place import Folder, Remote

_FOLDER = "evidence/"
#: Stands for an empty part of a key (`s3://…` has one); no encoded part can look like it.
_EMPTY = "%"


def keep(source: Source, digests: Sequence[LogFile], place: Folder | Remote) -> int:
    """Copy the digests that the store does not have yet; returns how many."""
    have = {one.name for one in place.list() if one.name.startswith(_FOLDER)}
    fresh = [file for file in digests if name_of(file.key) not in have]
    kept = 0
    for file, stored in source.read(fresh):
        if not isinstance(stored, Unread):
            place.put(name_of(file.key), stored)
            kept += 1
    return kept


def name_of(key: str) -> str:
    """Under which name does the store keep this object? Nothing in a key leads out of the store.

    Example:
        >>> name_of("s3://b/../x.gz")
        'evidence/s3%3A/%/b/%2E%2E/x.gz'
    """
    parts = (quote(part, safe="") for part in key.split("/"))
    safe = (part.replace(".", "%2E") if not part.strip(".") else part for part in parts)
    return _FOLDER + "/".join(part or _EMPTY for part in safe)


def key_of(name: str) -> str:
    """Which object is kept under this name?

    Example:
        >>> key_of(name_of("s3://b/../x.gz"))
        's3://b/../x.gz'
    """
    parts = name.removeprefix(_FOLDER).split("/")
    return "/".join("" if part == _EMPTY else unquote(part) for part in parts)


@dataclass(frozen=True)
class EvidenceSource:
    """The evidence of a store, as a source of its own."""

    place: Folder | Remote

    @property
    def uri(self) -> str:
        """The store it lies in."""
        return self.place.uri

    def list(self, wanted: Wanted) -> Listing:  # noqa: ARG002 - evidence is few and always whole
        """List every kept object under its own key."""
        files = [
            layout.parse(key_of(one.name), size_bytes=one.size_bytes, version=one.version)
            for one in self.place.list()
            if one.name.startswith(_FOLDER)
        ]
        return Listing(tuple(sorted(files, key=lambda file: file.key)), (), 1)

    def read(self, files: Sequence[LogFile]) -> Iterator[tuple[LogFile, bytes | Unread]]:
        """Hand over the kept bytes."""
        for file in files:
            try:
                yield file, self.place.get(name_of(file.key))
            except FileNotFoundError:
                yield file, Unread("vanished between listing and reading")
