"""Logs in an archive on disk: `.zip`, `.tar`, `.tar.gz`, `.tar.bz2`, `.tar.xz`.

Members are read in place. Their names are only names: nothing is ever written under them. What a
member claims about itself is bounded, so that no archive can fill memory or run for ever.
"""

from __future__ import annotations

import lzma
import os
import tarfile
import tempfile
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from trailnb.errors import SourceError, TrailnbError
from trailnb.sources import walk
from trailnb.sources.source import Listing, Unread

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import IO

    from trailnb.sources.source import LogFile, Wanted

_ENDINGS = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
_TAR_MARK_AT, _TAR_MARK = 257, b"ustar"
_ZIP_MARKS = (b"PK\x03\x04", b"PK\x05\x06")
_COMPRESSED_MARKS = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ")
_TORN = (tarfile.TarError, zipfile.BadZipFile, EOFError, OSError, zlib.error, lzma.LZMAError)
_ENCRYPTED = 0x1
_SPOOL_BYTES = 64 << 20
_HEADER_BYTES = 1 << 20
_HEADER_TYPES = frozenset(
    {
        tarfile.XHDTYPE,
        tarfile.XGLTYPE,
        tarfile.SOLARIS_XHDTYPE,
        tarfile.GNUTYPE_LONGNAME,
        tarfile.GNUTYPE_LONGLINK,
    }
)
_VANISHED = Unread("vanished between listing and reading")


@dataclass(frozen=True)
class Bounds:
    """How much of an archive is read: bytes of one member and of all, and how many members."""

    member_bytes: int = 1 << 30
    total_bytes: int = 64 << 30
    members: int = 2_000_000


def is_archive(path: Path) -> bool:
    """Whether the path is an archive, by its ending or its first bytes.

    Example:
        >>> is_archive(Path("case.tar.gz")), is_archive(Path("logs"))
        (True, False)
    """
    if path.is_dir():
        return False
    if path.name.lower().endswith(_ENDINGS):
        return True
    try:
        with path.open("rb") as file:
            start = file.read(_TAR_MARK_AT + len(_TAR_MARK))
    except OSError:
        return False
    return start.startswith(_ZIP_MARKS) or start[_TAR_MARK_AT:] == _TAR_MARK


@dataclass(frozen=True)
class ArchiveSource:
    """The members of one archive, as log files named `archive.zip!/member`.

    A compressed tar is read from its start by every `list` and every `read`: unpack a large one
    that many workers shall read.
    """

    uri: str
    bounds: Bounds = field(default_factory=Bounds)
    anchor: str = field(default_factory=os.getcwd, repr=False)

    def list(self, wanted: Wanted) -> Listing:
        """List the members within `wanted`."""
        entries: list[walk.Entry] = []
        unlisted: list[tuple[str, str]] = []
        try:
            for member in self._members():
                if member.why_not:
                    unlisted.append((self._key(member.name), member.why_not))
                else:
                    entries.append(walk.Entry(member.name, member.size_bytes))
        except _TORN as error:
            if isinstance(error, FileNotFoundError) or not entries:
                raise _unopened(self.uri, error) from error
            unlisted.append((self.uri, f"the archive is torn after {entries[-1].path}"))
        listing = walk.listing_of(entries, wanted, key=self._key)
        return Listing(listing.files, tuple(unlisted), requests=1)

    def read(self, files: Sequence[LogFile]) -> Iterator[tuple[LogFile, bytes | Unread]]:
        """Hand over each member's bytes, in the order asked; a tar is passed through once."""
        try:
            reading = self._read_zip(files) if self._is_zip() else self._read_tar(files)
            yield from reading
        except FileNotFoundError:
            yield from ((file, _VANISHED) for file in files)

    def _key(self, member: str) -> str:
        return f"{self.uri}!/{member}"

    @property
    def _path(self) -> Path:
        return Path(self.anchor, self.uri)

    def _is_zip(self) -> bool:
        """Whether it is a zip; a tar whose last member is one looks like it from behind."""
        with self._path.open("rb") as file:
            start = file.read(_TAR_MARK_AT + len(_TAR_MARK))
        if start.startswith(_ZIP_MARKS):
            return True
        is_tar = start.startswith(_COMPRESSED_MARKS) or start[_TAR_MARK_AT:] == _TAR_MARK
        return not is_tar and zipfile.is_zipfile(self._path)

    def _members(self) -> Iterator[_Member]:
        """Name every member with its claimed size; raises where the archive is torn."""
        names = _Names()
        if self._is_zip():
            with zipfile.ZipFile(self._path) as archive:
                for info in archive.infolist():
                    if not info.is_dir():
                        yield _Member(names.unique(info.filename), info.file_size)
            return
        with _tar(self._path) as tar:
            for count, entry in enumerate(tar):
                if self._is_beyond(count, entry):
                    yield _Member(entry.name, 0, "beyond the bounds: unpack it, open the folder")
                    return
                if entry.isfile():
                    yield _Member(names.unique(entry.name), entry.size)
                elif not entry.isdir():
                    yield _Member(_text(entry.name), 0, "a link or device, not a file")

    def _is_beyond(self, count: int, info: tarfile.TarInfo) -> bool:
        end = info.offset_data + info.size
        return count >= self.bounds.members or end > self.bounds.total_bytes

    def _read_zip(self, files: Sequence[LogFile]) -> Iterator[tuple[LogFile, bytes | Unread]]:
        names, left = _Names(), self.bounds.total_bytes
        try:
            archive = zipfile.ZipFile(self._path)
        except _TORN as error:
            yield from ((file, Unread(f"the archive cannot be opened: {error}")) for file in files)
            return
        with archive:
            infos = {
                self._key(names.unique(info.filename)): info
                for info in archive.infolist()
                if not info.is_dir()
            }
            for file in files:
                info = infos.get(file.key)
                content = self._unzip(archive, info, left) if info else _VANISHED
                left -= len(content) if isinstance(content, bytes) else 0
                yield file, content

    def _unzip(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo, left: int) -> bytes | Unread:
        most = min(self.bounds.member_bytes, left)
        if info.flag_bits & _ENCRYPTED:
            return Unread("encrypted: unpack the archive with its password, open the folder")
        if info.file_size > most:
            return _too_large(info.file_size, most)
        try:
            with archive.open(info) as member:
                content = member.read(most + 1)
        except (*_TORN, NotImplementedError, RuntimeError) as error:
            return Unread(f"damaged in the archive: {error}")
        return content if len(content) <= most else _too_large(len(content), most)

    def _read_tar(self, files: Sequence[LogFile]) -> Iterator[tuple[LogFile, bytes | Unread]]:
        """Pass through the tar once; what comes before its turn waits in a spooled file."""
        waiting: dict[str, tuple[int, int] | Unread] = {}
        asked = {file.key for file in files}
        torn = _VANISHED
        with _tar(self._path) as tar, tempfile.SpooledTemporaryFile(_SPOOL_BYTES) as spool:
            passing = self._pass_through(tar, asked)
            for file in files:
                while file.key not in waiting:
                    try:
                        key, content = next(passing)
                    except StopIteration:
                        break
                    except _TORN as error:
                        torn = Unread(f"the archive is torn before the end of this file: {error}")
                        break
                    waiting[key] = content if isinstance(content, Unread) else _put(spool, content)
                found = waiting.get(file.key, torn)
                yield file, found if isinstance(found, Unread) else _get(spool, *found)

    def _pass_through(
        self, tar: tarfile.TarFile, asked: set[str]
    ) -> Iterator[tuple[str, bytes | Unread]]:
        names = _Names()
        for count, info in enumerate(tar):
            if self._is_beyond(count, info):
                return
            if not info.isfile():
                continue
            key = self._key(names.unique(info.name))
            if key not in asked:
                continue
            if info.size > self.bounds.member_bytes:
                yield key, _too_large(info.size, self.bounds.member_bytes)
            elif member := tar.extractfile(info):
                yield key, member.read()


class _Member(NamedTuple):
    """One member: its name made unique, the size it claims, and why it cannot be listed."""

    name: str
    size_bytes: int
    why_not: str = ""


class _Names:
    """Makes names unique: an archive may hold the same one twice, and both are evidence."""

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}

    def unique(self, name: str) -> str:
        name = _text(name)
        count = self._seen[name] = self._seen.get(name, 0) + 1
        return name if count == 1 else f"{name}#{count}"


class _BoundedTarInfo(tarfile.TarInfo):
    """A member whose long-name and pax headers are bounded: tarfile reads them whole."""

    def _proc_member(self, tar: tarfile.TarFile) -> tarfile.TarInfo | None:
        if self.type in _HEADER_TYPES and self.size > _HEADER_BYTES:
            message = f"a header of {self.size:,} bytes"
            raise tarfile.ReadError(message)
        return super()._proc_member(tar)  # type: ignore[misc, no-any-return] # no public hook


def _tar(path: Path) -> tarfile.TarFile:
    return tarfile.open(path, "r|*", tarinfo=_BoundedTarInfo)


def _put(spool: IO[bytes], content: bytes) -> tuple[int, int]:
    start = spool.seek(0, os.SEEK_END)
    spool.write(content)
    return start, len(content)


def _get(spool: IO[bytes], start: int, size: int) -> bytes:
    spool.seek(start)
    return spool.read(size)


def _text(name: str) -> str:
    """A member's name as text that travels as UTF-8."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _too_large(size: int, most: int) -> Unread:
    return Unread(f"too large: {size:,} bytes, {most:,} allowed")


def _unopened(uri: str, error: Exception) -> TrailnbError:
    if isinstance(error, FileNotFoundError):
        hint = "Check the path and the working folder."
        return SourceError.about("no such archive", uri, hint)
    return SourceError.about(f"not a readable archive ({error})", uri, "Is the copy complete?")
