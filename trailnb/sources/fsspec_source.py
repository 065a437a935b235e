"""Logs wherever fsspec reaches: `gs://`, `https://`, `zip::s3://…`, or a ready filesystem."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from trailnb.errors import MissingExtraError, SourceError, TrailnbError
from trailnb.sources import pattern, walk
from trailnb.sources.ahead import fetch_ahead
from trailnb.sources.source import Unread

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from trailnb.sources.source import Listing, LogFile, Wanted

MOST_BYTES = 2 << 30
#: Protocols whose names may hold `?` for other reasons than a glob.
_NO_GLOBS = ("http://", "https://")


@dataclass(frozen=True)
class FsspecSource:
    """Logs under one fsspec URL, by `ls`, `find` and `cat_file`.

    `filesystem` may be an instance that is ready for use; `url` is then a path on it. `uri` and
    all keys leave out passwords and signed query strings. An instance travels to worker processes
    by pickle: `memory://` is empty there.
    """

    url: str = field(repr=False)
    storage_options: dict[str, Any] = field(default_factory=dict, repr=False)
    filesystem: Any = field(default=None, repr=False)
    most_bytes: int = MOST_BYTES

    @property
    def uri(self) -> str:
        """The URL, without secrets."""
        return without_secrets(self.url)

    def list(self, wanted: Wanted) -> Listing:
        """List what lies here within `wanted`."""
        tree = _Tree.of(self)
        tree.filesystem.invalidate_cache()  # logs arrive while an analyst works
        try:
            if tree.glob is None and tree.filesystem.isfile(tree.root):
                entry = _entry(tree.filesystem.info(tree.root), tree.root)
                return walk.listing_of([entry], wanted, key=tree.key)
            if not tree.filesystem.exists(tree.root):
                raise _no_such(self.uri)
        except PermissionError as error:
            raise _refused(self.uri) from error
        return walk.walk(tree, wanted, below=tree.below, glob=tree.glob)

    def read(self, files: Sequence[LogFile]) -> Iterator[tuple[LogFile, bytes | Unread]]:
        """Hand over the stored bytes of each file, in the order asked, fetching ahead."""
        tree = _Tree.of(self)

        def fetch(file: LogFile) -> bytes | Unread:
            if file.size_bytes is not None and file.size_bytes > self.most_bytes:
                return Unread(f"too large: {file.size_bytes:,} bytes, {self.most_bytes:,} allowed")
            return read_one(tree.filesystem, tree.path(file.key))

        return fetch_ahead(files, fetch)


def read_one(filesystem: Any, path: str) -> bytes | Unread:  # noqa: ANN401 # fsspec has no types
    """One object's bytes through fsspec, or why not."""
    try:
        content: bytes = filesystem.cat_file(path)
    except FileNotFoundError:
        return Unread("vanished between listing and reading")
    except PermissionError:
        return Unread("permission denied")
    except Exception as error:  # noqa: BLE001 # every backend raises what it likes
        return Unread(f"could not be fetched ({type(error).__name__})", is_transient=True)
    return content


@dataclass(frozen=True)
class _Tree:
    """One folder of an fsspec filesystem, as the walk sees it."""

    filesystem: Any
    root: str
    above: str
    glob: str | None
    within: str = ""

    @classmethod
    def of(cls, source: FsspecSource) -> _Tree:
        url, chain, behind = source.url.partition("::")
        glob = None
        if pattern.is_glob(url) and not url.startswith(_NO_GLOBS):
            url, glob = pattern.split(url)
            url += "/" if url.endswith(":/") else ""
        whole = url + chain + behind
        if source.filesystem is not None:
            filesystem, root = source.filesystem, source.filesystem._strip_protocol(url)  # noqa: SLF001
        else:
            filesystem, root = _connected(whole, source.storage_options)
        above = without_secrets(whole)
        above += "!/" if chain else "" if above.endswith("/") else "/"
        return cls(filesystem, root.rstrip("/"), above, glob)

    def key(self, path: str) -> str:
        return self.above + path if path else self.above.removesuffix("/").removesuffix("!")

    def path(self, key: str) -> str:
        """The way back from a key to the filesystem's own path."""
        return self._full("" if key == self.key("") else key.removeprefix(self.above))

    def _full(self, path: str) -> str:
        return f"{self.root}/{path}" if self.root and path else self.root or path

    def level(self, folder: str) -> walk.Level:
        found = self._ask(self.filesystem.ls, self._full(folder))
        level = walk.Level([], [])
        for info in found:
            entry = _entry(info, self.root)
            if info["type"] == "directory" and entry.path != folder:
                level.folders.append(entry.path)
            elif info["type"] == "file":
                level.files.append(entry)
        return level

    def below(self, folder: str) -> Iterator[walk.Entry]:
        found = self._ask(self.filesystem.find, self._full(folder))
        for info in found.values() if isinstance(found, dict) else found:
            yield _entry(info, self.root)

    def _ask(self, listing: Any, path: str) -> Any:  # noqa: ANN401 # fsspec has no types
        try:
            return listing(path, detail=True)
        except FileNotFoundError:
            return []
        except PermissionError as error:
            reason = "permission denied"
            raise walk.UnlistableError(reason) from error
        except Exception as error:
            reason = f"could not be listed ({type(error).__name__})"
            raise walk.UnlistableError(reason) from error


def _entry(info: dict[str, Any], root: str) -> walk.Entry:
    path = info["name"].removeprefix(root) if root else info["name"]
    version = next((str(info[name]) for name in _VERSIONS if info.get(name)), None)
    return walk.Entry(path.strip("/"), info.get("size"), version)


_VERSIONS = ("ETag", "etag", "mtime", "LastModified", "created")


def _connected(url: str, options: dict[str, Any]) -> tuple[Any, str]:
    """The filesystem behind a URL and its path there."""
    import fsspec

    try:
        filesystem, root = fsspec.core.url_to_fs(url, **options)
    except ImportError as error:
        raise MissingExtraError(_INSTALL.format(url=without_secrets(url), why=error)) from error
    except ValueError as error:
        raise _unknown(without_secrets(url)) from error
    return filesystem, root


_INSTALL = "{url} needs a package that is not installed: {why}. pip install it, then open again."


def without_secrets(url: str) -> str:
    """The URL without its password and query string, fit to be shown.

    Example:
        >>> without_secrets("ftp://me:secret@host/logs"), without_secrets("https://h/a.gz?sig=x")
        ('ftp://me@host/logs', 'https://h/a.gz')
    """
    shown = re.sub(r"(://[^/:@]*):[^/@]*@", r"\1@", url)
    return re.sub(r"(https?://[^?]*)\?.*", r"\1", shown)


def _no_such(uri: str) -> TrailnbError:
    return SourceError.about("nothing lies there", uri, "Check the path and who may list it.")


def _refused(uri: str) -> TrailnbError:
    return SourceError.about("permission denied", uri, "Check the credentials and their rights.")


def _unknown(uri: str) -> TrailnbError:
    return SourceError.about("fsspec knows no such protocol", uri, "Check the part before `://`.")
