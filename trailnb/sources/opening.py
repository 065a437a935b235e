"""Which source stands behind what a person typed."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trailnb.errors import RequestError
from trailnb.sources.disk import DiskSource
from trailnb.sources.many import JoinedSource
from trailnb.sources.memory import MemorySource
from trailnb.sources.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from trailnb._typing import Openable

_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)(?:://|::)")


def source_of(
    uri: Openable, *, storage_options: Mapping[str, Any] | None = None, filesystem: object = None
) -> Source:
    """Which source stands behind a path, glob, URL, archive, mapping, or a list of these.

    `storage_options` and `filesystem` are what fsspec takes: credentials, profile, endpoint, or a
    filesystem that is ready for use. Nothing is listed or read here.

    Example:
        >>> source_of({"a.json": b"{}"}).uri
        'memory'
        >>> type(source_of("logs/*.json.gz")).__name__
        'DiskSource'
    """
    options = dict(storage_options or {})
    if isinstance(uri, (str, os.PathLike)):
        return _at(os.fspath(uri), options, filesystem)
    if isinstance(uri, Mapping):
        return _in_memory(uri)
    if isinstance(uri, (list, tuple)):
        if not uri:
            raise RequestError(_EMPTY)
        parts = [source_of(part, storage_options=options, filesystem=filesystem) for part in uri]
        return parts[0] if len(parts) == 1 else JoinedSource(tuple(_distinct(parts)))
    if isinstance(uri, Source):
        return uri
    raise RequestError(_UNKNOWN.format(kind=type(uri).__name__))


_EMPTY = "An empty list names no logs. Pass at least one path, URL or mapping."
_UNKNOWN = (
    "A {kind} names no logs. Pass a path, a glob, a URL such as s3://bucket/prefix, an archive, "
    "a mapping of names to bytes, or a list of these."
)


def _at(uri: str, options: dict[str, Any], filesystem: object) -> Source:
    """Choose by the way the name is spelt."""
    if not uri:
        raise RequestError(_EMPTY.replace("list", "text"))
    scheme = found[1].lower() if (found := _URL.match(uri)) else ""
    if scheme in {"s3", "s3a"} and "::" not in uri:
        from trailnb.sources.s3 import S3Source

        return S3Source(uri, options, filesystem)
    if door := _live_door(scheme):
        return door(uri, options)
    if filesystem is not None or (scheme not in {"", "file"}):
        from trailnb.sources.fsspec_source import FsspecSource

        return FsspecSource(uri, options, filesystem)
    path = uri.removeprefix("file://")
    from trailnb.sources.archive import ArchiveSource, is_archive

    if is_archive(Path(path)):
        return ArchiveSource(path)
    return DiskSource(str(Path(path).expanduser()) if path.startswith("~") else path)


def _live_door(scheme: str) -> Callable[[str, dict[str, Any]], Source] | None:
    """Which of AWS's own services is asked under this scheme?"""
    if scheme == "cloudtrail":
        from trailnb.sources.event_history import EventHistory

        return EventHistory
    if scheme == "cloudwatch":
        from trailnb.sources.log_group import LogGroup

        return LogGroup
    if scheme == "lake":
        from trailnb.sources.lake import EventDataStore

        return EventDataStore
    if scheme == "athena":
        from trailnb.sources.athena import AthenaTable

        return AthenaTable
    return None


def _in_memory(contents: Mapping[Any, Any]) -> MemorySource:
    for name, content in contents.items():
        if not isinstance(name, str) or not isinstance(content, (str, bytes, bytearray)):
            raise RequestError(
                f"A mapping of logs holds names with bytes or text, but {name!r} holds a "
                f"{type(content).__name__}. Encode records first: json.dumps(record)."
            )
    return MemorySource(
        {
            name: bytes(content) if isinstance(content, bytearray) else content
            for name, content in contents.items()
        }
    )


def _distinct(parts: list[Source]) -> Iterator[Source]:
    """Tell equal names in different mappings apart: in memory, one name may mean two contents."""
    seen: set[str] = set()
    for number, part in enumerate(parts, start=1):
        if isinstance(part, MemorySource):
            contents = {
                f"{number}!/{name}" if name in seen else name: content
                for name, content in part.contents.items()
            }
            seen.update(contents)
            yield MemorySource(contents)
        else:
            yield part
