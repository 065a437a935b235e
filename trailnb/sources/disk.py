"""Logs on disk: a file, a folder, or a glob with `*`, `?`, `[…]` and `**`."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from trailnb.errors import SourceError
from trailnb.sources import pattern, walk
from trailnb.sources.source import Unread

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from trailnb.errors import TrailnbError
    from trailnb.sources.source import Listing, LogFile, Wanted

#: Larger files are reported, not read; CloudTrail's own are at most 50 MB before gzip.
MOST_BYTES = 2 << 30
#: A pipe among the logs must not make anybody wait.
_READ_ONLY = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


@dataclass(frozen=True)
class DiskSource:
    """Logs under one path. Links are not followed out of it.

    `uri` may be relative: keys then are too, and `anchor` remembers the working folder of the
    moment, so that worker processes find the same files.
    """

    uri: str
    most_bytes: int = MOST_BYTES
    anchor: str = field(default_factory=os.getcwd, repr=False)

    def list(self, wanted: Wanted) -> Listing:
        """List what lies here within `wanted`; reads no content."""
        tree = _Tree.of(self)
        root = Path(self.anchor, tree.root)
        if not root.exists():
            raise _no_such(self.uri)
        if root.is_file():
            size, version = _state(root.stat())
            entry = walk.Entry("", size, version)
            return walk.listing_of([entry], wanted, key=tree.key, within=tree.within)
        return walk.walk(tree, wanted, glob=tree.glob)

    def read(self, files: Sequence[LogFile]) -> Iterator[tuple[LogFile, bytes | Unread]]:
        """Hand over the stored bytes of each file, in the order asked."""
        for file in files:
            yield file, self._read(file.key)

    def _read(self, key: str) -> bytes | Unread:
        # Plain strings and system calls: Path and file objects cost more than reading a small file.
        path = key if key.startswith("/") else os.path.join(self.anchor, key)  # noqa: PTH118
        try:
            try:
                handle = os.open(path, _READ_ONLY)
            except FileNotFoundError:
                spelt = os.path.join(self.anchor, _spelt_in_bytes(key))  # noqa: PTH118
                handle = os.open(spelt, _READ_ONLY)
            try:
                return self._content(handle)
            finally:
                os.close(handle)
        except FileNotFoundError:
            return Unread("vanished between listing and reading")
        except PermissionError:
            return Unread("permission denied")
        except OSError as error:
            return Unread(f"the disk refused: {error.strerror or error}", is_transient=True)

    def _content(self, handle: int) -> bytes | Unread:
        """Read a whole open file; one that grows meanwhile to its end, within bounds."""
        state = os.fstat(handle)
        if not stat.S_ISREG(state.st_mode):
            return Unread("not a regular file")
        content = b""
        while state.st_size <= self.most_bytes and len(content) <= self.most_bytes:
            part = os.read(handle, max(state.st_size - len(content), 0) + 1)
            content = content + part if content else part
            # One byte more was asked for than there was: fewer tell that nothing follows.
            if not part or len(content) == state.st_size:
                return content
        size = max(state.st_size, len(content))
        return Unread(f"too large: {size:,} bytes, {self.most_bytes:,} allowed")


@dataclass(frozen=True)
class _Tree:
    """The folder below a path, as the walk sees it."""

    root: str
    within: str
    glob: str | None
    real_root: str

    @classmethod
    def of(cls, source: DiskSource) -> _Tree:
        root, glob = source.uri, None
        if not os.path.lexists(Path(source.anchor, root)) and pattern.is_glob(root):
            root, glob = pattern.split(root)
        full = Path(source.anchor, root)
        above = "" if Path(root).is_absolute() else source.anchor
        return cls(root, above, glob, os.path.realpath(full))

    def key(self, path: str) -> str:
        if not path:
            return self.root
        return path if self.root in {"", "."} else f"{self.root.rstrip('/')}/{path}"

    def level(self, folder: str) -> walk.Level:
        level = walk.Level([], [])
        unlisted: list[tuple[str, str]] = []
        try:
            with os.scandir(Path(self.real_root, _spelt_in_bytes(folder))) as entries:
                for entry in entries:
                    self._sort(entry, folder, level, unlisted)
        except OSError as error:
            reason = "permission denied" if isinstance(error, PermissionError) else error.strerror
            raise walk.UnlistableError(reason or "cannot be listed") from error
        return level._replace(unlisted=tuple(unlisted))

    def _sort(
        self,
        entry: os.DirEntry[str],
        folder: str,
        level: walk.Level,
        unlisted: list[tuple[str, str]],
    ) -> None:
        """Put one directory entry where it belongs: folder, file, or not followed."""
        path = f"{folder}/{_spelt_in_text(entry.name)}" if folder else _spelt_in_text(entry.name)
        if entry.is_file(follow_symlinks=False):  # most are, and this alone asks the disk nothing
            level.files.append(walk.Entry(path, *_state(entry.stat(follow_symlinks=False))))
        elif entry.is_symlink() and (reason := self._why_not_followed(entry)):
            unlisted.append((self.key(path), reason))
        elif entry.is_symlink() and self.glob is None:
            pass  # it leads to what is listed under its own name
        elif entry.is_dir(follow_symlinks=False):
            level.folders.append(path)
        elif entry.is_file():
            level.files.append(walk.Entry(path, *_state(entry.stat())))
        elif not entry.is_symlink():
            unlisted.append((self.key(path), "neither a file nor a folder"))
        else:
            unlisted.append((self.key(path), "a link to a folder, which globs do not follow"))

    def _why_not_followed(self, entry: os.DirEntry[str]) -> str | None:
        target = os.path.realpath(entry.path)
        if not Path(target).exists():
            return "a link that leads nowhere"
        if os.path.commonpath([target, self.real_root]) != self.real_root:
            return "a link out of the folder, not followed"
        return None


def _no_such(uri: str) -> TrailnbError:
    hint = "Check the path and the working folder."
    return SourceError.about("no such file or folder", uri, hint)


def _state(state: os.stat_result) -> tuple[int, str]:
    """Size in bytes, and what tells two states of one file apart."""
    return state.st_size, f"{state.st_mtime_ns:x}-{state.st_size:x}"


def _spelt_in_text(name: str) -> str:
    r"""A file name as text, undecodable bytes as `\xNN`: keys travel as UTF-8."""
    if name.isascii():
        return name
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _spelt_in_bytes(name: str) -> str:
    """The way back from `_spelt_in_text`, for names that hold such bytes."""
    if not re.search(r"\\x[89a-f][0-9a-f]", name):
        return name
    raw = re.sub(
        rb"\\x([89a-f][0-9a-f])", lambda found: bytes.fromhex(found[1].decode()), name.encode()
    )
    return os.fsdecode(raw)
