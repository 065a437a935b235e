"""Digests beside the parts, byte for byte: what integrity validation needs of a saved trail."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from trailnb.formats.problem import Problem
from trailnb.sources import layout
from trailnb.sources.beside import SIDECAR, read_with_metadata, sidecar
from trailnb.sources.pruning import in_order, wants
from trailnb.sources.source import Listing, LogFile, Unread

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from trailnb.sources.source import Source, Wanted
    from trailnb.store.place import Place

_FOLDER = "evidence/"
#: Digests that were listed and could not be read, each with the reason.
_UNREAD = "_trailnb/unread-evidence.json"
#: Stands for an empty part of a key (`s3://…` has one); no encoded part can look like it.
_EMPTY = "%"
#: Ends a piece of a part that is too long for one name on disk.
_GOES_ON = "%"
_MOST_CHARACTERS = 200


def keep(source: Source, digests: Sequence[LogFile], place: Place) -> int:
    """Copy the digests that the store does not have yet, with signatures; returns how many."""
    have = {one.name for one in place.list(_FOLDER)}
    fresh = [file for file in digests if name_of(file.key) not in have]
    kept = 0
    unread = {key: why for key, why in _unread(place).items() if name_of(key) not in have}
    before = dict(unread)
    for file, stored, metadata in read_with_metadata(source, fresh):
        if isinstance(stored, Unread):
            unread[file.key] = stored.reason
            continue
        unread.pop(file.key, None)
        # S3 keeps the signature beside the object, where a copy would lose it.
        if (beside := sidecar(metadata)) is not None:
            place.put(name_of(file.key + SIDECAR), beside)
        place.put(name_of(file.key), stored)
        kept += 1
    if unread != before:
        place.put(_UNREAD, json.dumps(unread).encode())
    return kept


def problems(place: Place) -> list[Problem]:
    """Which digests could not be read when they were to be kept, and may prove something else?"""
    return [Problem(key, f"not kept: {why}") for key, why in sorted(_unread(place).items())]


def _unread(place: Place) -> dict[str, str]:
    try:
        found: dict[str, str] = json.loads(place.get(_UNREAD))
    except FileNotFoundError:
        return {}
    return found


def name_of(key: str) -> str:
    """Under which name does the store keep this object? Nothing in a key leads out of the store.

    Example:
        >>> name_of("s3://b/../x.gz")
        'evidence/s3%3A/%/b/%2E./x.gz'
    """
    parts = (quote(part, safe="") for part in key.split("/"))
    # A leading dot would hide the file, or lead out of the folder.
    safe = (f"%2E{part[1:]}" if part.startswith(".") else part for part in parts)
    return _FOLDER + "/".join(_pieces(part) or _EMPTY for part in safe)


def _pieces(part: str) -> str:
    size = _MOST_CHARACTERS
    return f"{_GOES_ON}/".join(part[at : at + size] for at in range(0, len(part), size))


def key_of(name: str) -> str:
    """Which object is kept under this name?

    Example:
        >>> key_of(name_of("s3://b/../x.gz"))
        's3://b/../x.gz'
    """
    parts = [""]
    for piece in name.removeprefix(_FOLDER).split("/"):
        parts[-1] += piece.removesuffix(_GOES_ON)
        if not piece.endswith(_GOES_ON) or piece == _EMPTY:
            parts.append("")
    return "/".join(map(unquote, parts[:-1]))


@dataclass(frozen=True)
class EvidenceSource:
    """The evidence of a store, as a source of its own."""

    place: Place

    @property
    def uri(self) -> str:
        """The store it lies in."""
        return self.place.uri

    def list(self, wanted: Wanted) -> Listing:
        """List what is wanted of the kept objects, under their own keys."""
        files = [
            layout.parse(key_of(one.name), size_bytes=one.size_bytes, version=one.version)
            for one in self.place.list(_FOLDER)
        ]
        held = {file.key for file in files}
        files += [layout.parse(key) for key in _unread(self.place) if key not in held]
        return Listing(in_order(file for file in files if wants(wanted, file)), (), 1)

    def read(self, files: Sequence[LogFile]) -> Iterator[tuple[LogFile, bytes | Unread]]:
        """Hand over the kept bytes."""
        for file in files:
            try:
                yield file, self.place.get(name_of(file.key))
            except FileNotFoundError:
                why = _unread(self.place).get(file.key, "vanished between listing and reading")
                yield file, Unread(why)
