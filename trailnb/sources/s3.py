"""Logs in S3: `s3://bucket/prefix`, at any depth of the layout, or one object, or a glob."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from trailnb.errors import RequestError, SourceError, TrailnbError
from trailnb.sources import pattern, walk
from trailnb.sources.ahead import fetch_ahead
from trailnb.sources.s3_bucket import Bucket
from trailnb.sources.s3_refusals import Refusal, refusal_of
from trailnb.sources.source import Unread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import TypeVar

    from trailnb.sources.source import Listing, LogFile, Wanted

    Answer = TypeVar("Answer")

MOST_BYTES = 2 << 30
_RETRIES = 8
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
            tree = _Tree(self._bucket(), prefix)
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
        if bucket.store is None or _is_odd(key):
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


@dataclass
class _Tree:
    """One prefix of a bucket, as the walk sees it."""

    bucket: Bucket
    prefix: str
    within: str = ""
    has_seen_any: bool = False

    def key(self, path: str) -> str:
        return "/".join(part for part in (f"s3://{self.bucket.name}", self.prefix, path) if part)

    def head(self) -> walk.Entry | None:
        """The prefix itself, when it is an object."""
        try:
            info = self.bucket.ask(lambda: self._info(self.prefix))
        except Refusal as refusal:
            # Without the right to list, S3 says "denied" for what does not exist.
            if refusal.is_missing or refusal.said() == "access denied":
                return None
            raise
        return walk.Entry("", info["size"], info.get("e_tag") or info.get("ETag"))

    def level(self, folder: str) -> walk.Level:
        level = self._ask(lambda: self._level(folder))
        self.has_seen_any = self.has_seen_any or bool(level.folders or level.files)
        return level

    def below(self, folder: str) -> list[walk.Entry]:
        entries = self._ask(lambda: self._below(folder))
        self.has_seen_any = self.has_seen_any or bool(entries)
        return entries

    def _ask(self, question: Callable[[], Answer]) -> Answer:
        try:
            return self.bucket.ask(question)
        except Refusal as refusal:
            raise walk.UnlistableError(refusal.said(), refusal.hint("s3:ListBucket")) from None

    def _level(self, folder: str) -> walk.Level:
        store = self.bucket.store
        if store is None:
            return self._level_by_s3fs(folder)
        import obstore

        try:
            found = obstore.list_with_delimiter(store, self._full(folder) or None)
        except obstore.exceptions.InvalidPathError:
            return walk.Level([], self._by_s3fs(folder))
        folders = [self._relative(prefix) for prefix in found["common_prefixes"]]
        return walk.Level(folders, [self._entry(meta) for meta in found["objects"]])

    def _below(self, folder: str) -> list[walk.Entry]:
        store = self.bucket.store
        if store is None:
            return self._by_s3fs(folder)
        import obstore

        try:
            found = obstore.list(store, self._full(folder) or None, chunk_size=1000).collect()
        except obstore.exceptions.InvalidPathError:
            return self._by_s3fs(folder)
        return [self._entry(meta) for meta in found]

    def _by_s3fs(self, folder: str) -> list[walk.Entry]:
        """List whole through s3fs: for set-ups that stay with it, and for keys with `//`."""
        filesystem = self.bucket.filesystem
        filesystem.invalidate_cache()
        found = filesystem.find(f"{self.bucket.name}/{self._full(folder)}".rstrip("/"), detail=True)
        return [self._entry_of(info) for info in found.values()]

    def _level_by_s3fs(self, folder: str) -> walk.Level:
        filesystem = self.bucket.filesystem
        filesystem.invalidate_cache()
        try:
            path = f"{self.bucket.name}/{self._full(folder)}".rstrip("/")
            found = filesystem.ls(path, detail=True)
        except FileNotFoundError as error:
            if refusal_of(error).code == "NoSuchBucket":
                raise
            return walk.Level([], [])
        level = walk.Level([], [])
        for info in found:
            entry = self._entry_of(info)
            if info["type"] != "directory":
                level.files.append(entry)
            elif entry.path.strip("/") != folder:
                level.folders.append(entry.path.strip("/"))
        return level

    def _entry_of(self, info: dict[str, Any]) -> walk.Entry:
        key = info["name"].removeprefix(f"{self.bucket.name}/")
        return walk.Entry(self._relative(key), info["size"], info.get("ETag"))

    def _info(self, key: str) -> dict[str, Any]:
        if self.bucket.store is None or _is_odd(key):
            return dict(self.bucket.filesystem.info(f"{self.bucket.name}/{key}"))
        import obstore

        return dict(obstore.head(self.bucket.store, key))

    def _entry(self, meta: Any) -> walk.Entry:  # noqa: ANN401 # obstore's typed dict
        path = self._relative(meta["path"])
        if meta["size"] == 0 and "." not in path.rsplit("/", 1)[-1]:
            path += "/"  # obstore drops the slash that makes an empty object a folder's mark
        return walk.Entry(path, meta["size"], meta["e_tag"])

    def _full(self, folder: str) -> str:
        return f"{self.prefix}/{folder}".strip("/") if self.prefix else folder

    def _relative(self, key: str) -> str:
        return key.removeprefix(f"{self.prefix}/") if self.prefix else key


def _is_odd(key: str) -> bool:
    """Whether obstore would not take the key as it is: empty, `.` or `..` between slashes."""
    return any(part in {"", ".", ".."} for part in key.split("/"))


def _too_large(size: int, most: int) -> Unread:
    return Unread(f"too large: {size:,} bytes, {most:,} allowed")


def _refused(refusal: Refusal, uri: str) -> TrailnbError:
    return SourceError.about(refusal.said(), uri, refusal.hint("s3:ListBucket"))


def _nothing_at(uri: str) -> TrailnbError:
    return SourceError.about("nothing lies there", uri, "Check the prefix.")


_BAD_OPTIONS = "s3fs does not understand the storage_options {names} together. Check their names."
