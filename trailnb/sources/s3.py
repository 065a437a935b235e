"""Logs in S3: `s3://bucket/prefix`, at any depth of the layout, or one object, or a glob."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from trailnb.errors import RequestError, SourceError, TrailnbError
from trailnb.sources import layout, pattern, pruning, walk
from trailnb.sources.ahead import fetch_ahead
from trailnb.sources.s3_bucket import Bucket
from trailnb.sources.s3_refusals import Refusal
from trailnb.sources.s3_tree import Tree, is_odd
from trailnb.sources.source import Unread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from trailnb.sources.source import Found, Listing, LogFile, Wanted

MOST_BYTES = 2 << 30
_RETRIES = 8
_LOOKS = 16
#: What s3fs and botocore raise for options they do not understand.
_OPTION_ERRORS = frozenset({"TypeError", "KeyError", "ValueError"})


@dataclass
class S3Source:
    """Logs below one prefix of a bucket.

    `storage_options` are those of s3fs (`key`, `profile`, `anon`, `endpoint_url`,
    `requester_pays`, `client_kwargs`, …); `filesystem` is an s3fs filesystem that is ready for use.
    Every process connects for itself, on first use. Options, and with them credentials, travel to
    worker processes by pickle; they are never shown.
    """

    url: str = field(repr=False)
    storage_options: dict[str, Any] = field(default_factory=dict, repr=False)
    filesystem: Any = field(default=None, repr=False)
    most_bytes: int = MOST_BYTES
    retries: int = _RETRIES
    _connected: tuple[int, Bucket] | None = field(default=None, repr=False, compare=False)

    @property
    def uri(self) -> str:
        """The URL as given."""
        return f"s3://{self.url.split('://', 1)[-1]}"

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_connected": None}

    def list(self, wanted: Wanted) -> Listing:
        """List what lies here within `wanted`.

        Raises SourceError when the bucket is missing or refuses; a prefix that refuses while
        others list is told in the listing.
        """
        prefix, glob = self._prefix_and_glob()
        try:
            tree = self._tree(prefix)
            name = prefix.rsplit("/", 1)[-1]
            if glob is None and "." in name and (entry := tree.head()):
                return walk.listing_of([entry], wanted, key=tree.key)
            listing = walk.walk(tree, wanted, below=tree.below, glob=glob)
            if not tree.has_seen_any and not listing.unlisted:
                entry = tree.head() if prefix and glob is None else None
                if entry is None:
                    raise _nothing_at(self.uri)
                return walk.listing_of([entry], wanted, key=tree.key)
        except Refusal as refusal:
            raise _refused(refusal, self.uri) from None
        return listing

    def continues(self, known: Iterable[str]) -> bool:
        """Is there no glob, and does one of these folders lie below the prefix?"""
        prefix, glob = self._prefix_and_glob()
        root = f"{self._tree(prefix).key('')}/"
        return glob is None and any(folder.startswith(root) for folder in known)

    def list_after(self, known: Mapping[str, datetime], wanted: Wanted) -> Listing:
        """List what came to these folders of regions since; one request for each, as a rule.

        Folders that do not lie below this prefix are passed over. With a glob, and where none of
        the folders lies below, everything is listed.
        """
        prefix, glob = self._prefix_and_glob()
        root = f"{self._tree(prefix).key('')}/"
        tasks = [
            (folder.removeprefix(root), since)
            for folder, since in sorted(known.items())
            if folder.startswith(root)
        ]
        if glob is not None or not tasks:
            return self.list(wanted)
        tree = self._tree(prefix)
        return walk.listing_after(tree.after, tasks, wanted, key=tree.key)

    def look_up(self, bucket: str, keys: Sequence[str], wanted: Wanted) -> Mapping[str, Found]:
        """What lies under each of these keys of a bucket: a log file, nothing (yet), or not ours?

        What is not below this prefix, or not wanted, is not looked at: None. One request for each
        of the others.
        """
        prefix, glob = self._prefix_and_glob()
        tree = self._tree(prefix)
        ours = {}
        for key in keys:
            path = key.removeprefix(f"{prefix}/") if prefix else key
            is_below = bucket == tree.bucket.name and (path != key or not prefix)
            if is_below and (glob is None or pattern.matches(glob, path)):
                file = layout.parse(tree.key(path))
                if pruning.wants(wanted, file):
                    ours[key] = path
        with ThreadPoolExecutor(_LOOKS) as pool:
            looks = list(pool.map(lambda path: _seen(tree, path), ours.values()))
        found = dict(zip(ours, looks, strict=True))
        return {key: found.get(key) for key in keys}

    def _tree(self, prefix: str) -> Tree:
        try:
            return Tree(self._bucket(), prefix)
        except Refusal as refusal:
            raise _refused(refusal, self.uri) from None

    def read(self, files: Sequence[LogFile]) -> Iterator[tuple[LogFile, bytes | Unread]]:
        """Hand over the stored bytes of each file, in the order asked, fetching ahead."""
        return fetch_ahead(files, self._fetcher(None))

    def read_with_metadata(
        self, files: Sequence[LogFile]
    ) -> Iterator[tuple[LogFile, bytes | Unread, Mapping[str, str]]]:
        """As `read`, each with the metadata of its object, by the same request."""
        kept: dict[str, Mapping[str, str]] = {}
        for file, content in fetch_ahead(files, self._fetcher(kept)):
            yield file, content, kept.pop(file.key, {})

    def _fetcher(
        self, kept: dict[str, Mapping[str, str]] | None
    ) -> Callable[[LogFile], bytes | Unread]:
        """How is one object fetched, its metadata put into `kept`?"""
        try:
            bucket = self._bucket()
        except Refusal as refusal:
            raise _refused(refusal, self.uri) from None

        def fetch(file: LogFile) -> bytes | Unread:
            try:
                return bucket.ask(lambda: self._get(bucket, file, kept))
            except Refusal as refusal:
                if refusal.is_missing:
                    return Unread(refusal.said())
                reason = f"{refusal.said()}: {file.key}. {refusal.hint('s3:GetObject')}"
                return Unread(reason, is_transient=refusal.is_transient)

        return fetch

    def _get(
        self, bucket: Bucket, file: LogFile, kept: dict[str, Mapping[str, str]] | None
    ) -> bytes | Unread:
        key, size = file.key.removeprefix(f"s3://{bucket.name}/"), file.size_bytes
        if size is not None and size > self.most_bytes:
            return _too_large(size, self.most_bytes)
        if bucket.store is None or is_odd(key):
            content: bytes = bucket.filesystem.cat_file(f"{bucket.name}/{key}")
            if kept is not None:
                kept[file.key] = bucket.filesystem.metadata(f"{bucket.name}/{key}")
            return content
        import obstore

        found = obstore.get(bucket.store, key)
        if found.meta["size"] > self.most_bytes:
            return _too_large(found.meta["size"], self.most_bytes)
        if kept is not None:
            kept[file.key] = dict(found.attributes)
        return bytes(found.bytes())

    def _bucket(self) -> Bucket:
        """The connection of this process; a forked child makes its own."""
        if self._connected is None or self._connected[0] != os.getpid():
            name = self.url.split("://", 1)[-1].split("/", 1)[0]
            try:
                self._connected = os.getpid(), Bucket(name, self._s3fs(), self.retries)
            except Refusal as refusal:
                if refusal.code not in _OPTION_ERRORS:
                    raise
                raise self._bad_options() from None
        return self._connected[1]

    def _s3fs(self) -> Any:  # noqa: ANN401 # s3fs has no types
        if self.filesystem is not None:
            return self.filesystem
        from s3fs import S3FileSystem

        try:
            return S3FileSystem(**self.storage_options)
        except (TypeError, KeyError, ValueError):
            raise self._bad_options() from None  # the original may show a value

    def _bad_options(self) -> RequestError:
        return RequestError(_BAD_OPTIONS.format(names=sorted(self.storage_options)))

    def _prefix_and_glob(self) -> tuple[str, str | None]:
        prefix = self.url.split("://", 1)[-1].partition("/")[2]
        if not pattern.is_glob(prefix):
            return prefix.rstrip("/"), None
        root, glob = pattern.split(prefix)
        return ("" if root == "." else root), glob


def _seen(tree: Tree, path: str) -> LogFile | Unread:
    """Look one object up: what its name and S3 tell, or why there is nothing."""
    try:
        entry = tree.head(path)
    except Refusal as refusal:
        if refusal.is_expired:
            raise _refused(refusal, tree.key(path)) from None
        reason = f"{refusal.said()}. {refusal.hint('s3:GetObject')}"
        return Unread(reason, is_transient=refusal.is_transient)
    if entry is None:
        return Unread("is not there, or may not be seen", is_transient=True)
    return layout.parse(tree.key(path), size_bytes=entry.size_bytes, version=entry.version)


def _too_large(size: int, most: int) -> Unread:
    return Unread(f"too large: {size:,} bytes, {most:,} allowed")


def _refused(refusal: Refusal, uri: str) -> TrailnbError:
    error = SourceError.about(refusal.said(), uri, refusal.hint("s3:ListBucket"))
    error.is_transient = refusal.is_transient
    return error


def _nothing_at(uri: str) -> TrailnbError:
    return SourceError.about("nothing lies there", uri, "Check the prefix.")


_BAD_OPTIONS = "s3fs does not understand the storage_options {names} together. Check their names."
