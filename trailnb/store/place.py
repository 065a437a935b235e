"""Where a store lies: a folder, or a prefix of an object store. Whole files, put at once."""

from __future__ import annotations

import contextlib
import os
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import polars as pl

from trailnb.errors import SourceError
from trailnb.sources.s3_refusals import refusal_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

#: A file of this beginning is being written, or was when its writer died; nobody reads it.
_UNFINISHED = ".unfinished-"
_STALE_SECONDS = 86_400
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Kept:
    """One file of a store: its name below the store, size, and what tells two states apart."""

    name: str
    size_bytes: int
    version: str


class Place(Protocol):
    """Holds the files of a store. `put` is atomic: a file is there whole, or not at all."""

    @property
    def uri(self) -> str:
        """How a person would name this place."""
        ...

    def list(self) -> list[Kept]:
        """List every finished file."""
        ...

    def get(self, name: str) -> bytes:
        """Read a file; raises FileNotFoundError when it is gone."""
        ...

    def put(self, name: str, content: bytes) -> None:
        """Write a file, at once."""
        ...

    def remove(self, name: str) -> None:
        """Remove a file; one that is gone is no error."""
        ...

    def tail(self, name: str, size: int) -> bytes:
        """Read the last bytes of a file, or all when it is shorter."""
        ...

    def path(self, name: str) -> str:
        """How Polars names a file here."""
        ...


@dataclass(frozen=True)
class Folder:
    """A store on disk."""

    uri: str
    anchor: str = field(default_factory=os.getcwd, repr=False)

    @property
    def _root(self) -> Path:
        return Path(self.anchor, self.uri)

    def list(self) -> list[Kept]:
        """List every finished file."""
        found = []
        for folder, _, names in os.walk(self._root):
            for name in names:
                if name.startswith("."):
                    continue
                path = Path(folder, name)
                with contextlib.suppress(FileNotFoundError):  # replaced by another save just now
                    state = path.stat()
                    relative = path.relative_to(self._root).as_posix()
                    # Two states may share a coarse clock's time, never the inode.
                    version = f"{state.st_mtime_ns}-{state.st_ino}"
                    found.append(Kept(relative, state.st_size, version))
        return sorted(found, key=lambda kept: kept.name)

    def get(self, name: str) -> bytes:
        """Read a file."""
        return (self._root / name).read_bytes()

    def tail(self, name: str, size: int) -> bytes:
        """Read the last bytes of a file."""
        with (self._root / name).open("rb") as file:
            whole = file.seek(0, os.SEEK_END)
            file.seek(max(0, whole - size))
            return file.read()

    def put(self, name: str, content: bytes) -> None:
        """Write beside, flush to disk, then rename over: a kill leaves the old file or the new."""
        path = self._root / name
        beside = path.with_name(f"{_UNFINISHED}{uuid.uuid4().hex}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with beside.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(path)
        except OSError as error:
            with contextlib.suppress(OSError):
                beside.unlink(missing_ok=True)
            raise SourceError.about(
                f"the store could not be written ({error.strerror or error})",
                str(path),
                "Free space or choose another folder, then save again: what is there is kept.",
            ) from error

    def remove(self, name: str) -> None:
        """Remove a file."""
        (self._root / name).unlink(missing_ok=True)

    def path(self, name: str) -> str:
        """Name the file absolutely: workers may run elsewhere."""
        return str(self._root / name)

    @property
    def polars_options(self) -> dict[str, Any]:
        """What Polars needs to read here."""
        return {}

    def sweep(self) -> None:
        """Remove what writers that died left behind, once it is a day old."""
        for path in self._root.rglob(f"{_UNFINISHED}*"):
            with contextlib.suppress(FileNotFoundError):
                if time.time() - path.stat().st_mtime > _STALE_SECONDS:
                    path.unlink()


@dataclass(frozen=True)
class Remote:
    """A store on an object store, through fsspec; one put writes a whole object."""

    uri: str
    storage_options: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def _filesystem(self) -> tuple[Any, str]:
        import fsspec

        filesystem, root = fsspec.core.url_to_fs(self.uri, **self.storage_options)
        return filesystem, root.rstrip("/")

    def list(self) -> list[Kept]:
        """List every object."""

        def find(filesystem: Any, root: str) -> dict[str, dict[str, Any]]:  # noqa: ANN401 - untyped
            filesystem.invalidate_cache()
            found: dict[str, dict[str, Any]] = filesystem.find(root, detail=True)
            return {name.removeprefix(f"{root}/"): info for name, info in found.items()}

        try:
            found = self._asked("", "s3:ListBucket", find)
        except FileNotFoundError:  # no bucket: the first put says so
            return []
        return [
            Kept(name, int(info["size"]), _version(info))
            for name, info in sorted(found.items())
            if not name.rsplit("/", 1)[-1].startswith(".")
        ]

    def get(self, name: str) -> bytes:
        """Read an object."""

        def read(files: Any, root: str) -> bytes:  # noqa: ANN401 - untyped
            content: bytes = files.cat_file(_at(root, name))
            return content

        return self._asked(name, "s3:GetObject", read)

    def tail(self, name: str, size: int) -> bytes:
        """Read the last bytes of an object."""

        def read(files: Any, root: str) -> bytes:  # noqa: ANN401 - untyped
            content: bytes = files.tail(_at(root, name), size)
            return content

        return self._asked(name, "s3:GetObject", read)

    def put(self, name: str, content: bytes) -> None:
        """Write an object with one put."""
        try:
            self._asked(
                name,
                "s3:PutObject",
                lambda files, root: files.pipe_file(_at(root, name), content),
            )
        except FileNotFoundError as error:
            raise SourceError.about(
                "the store could not be written (no such bucket)",
                f"{self.uri}/{name}",
                "Check its name, the endpoint and the partition.",
            ) from error

    def remove(self, name: str) -> None:
        """Remove an object."""
        with contextlib.suppress(FileNotFoundError):
            self._asked(name, "s3:DeleteObject", lambda files, root: files.rm_file(_at(root, name)))

    def _asked(self, name: str, right: str, ask: Callable[[Any, str], Result]) -> Result:
        """Ask the filesystem; what it refuses becomes a sentence.

        Raises:
            FileNotFoundError: there is no such object, or no such bucket.
        """
        try:
            return ask(*self._filesystem)
        except FileNotFoundError:
            raise
        except Exception as error:
            refusal = refusal_of(error)
            raise SourceError.about(
                f"the store could not be reached: {refusal.said()}",
                f"{self.uri.rstrip('/')}/{name}",
                refusal.hint(right),
            ) from error

    def path(self, name: str) -> str:
        """Name the object by its URL."""
        return f"{self.uri.rstrip('/')}/{name}"

    @property
    def polars_options(self) -> dict[str, Any]:
        """What Polars needs to read here: its own S3 client takes other names than fsspec."""
        return {"storage_options": _for_polars(self.storage_options)}

    def sweep(self) -> None:
        """Nothing unfinished is ever visible here."""


_POLARS_NAMES = {
    "key": "aws_access_key_id",
    "secret": "aws_secret_access_key",
    "token": "aws_session_token",
    "endpoint_url": "aws_endpoint_url",
    "region_name": "aws_region",
}


def _for_polars(options: Mapping[str, Any]) -> dict[str, str]:
    """Say fsspec's options for S3 in the words of Polars."""
    flat = {**options, **options.get("client_kwargs", {})}
    named = {_POLARS_NAMES[name]: str(flat[name]) for name in _POLARS_NAMES if flat.get(name)}
    if str(named.get("aws_endpoint_url", "")).startswith("http://"):
        named["aws_allow_http"] = "true"
    return named


def _at(root: str, name: str) -> str:
    return f"{root}/{name}"


def _version(info: Mapping[str, Any]) -> str:
    return str(info.get("ETag") or info.get("LastModified") or info.get("created") or "")


def scan(place: Folder | Remote, names: Iterable[str]) -> pl.LazyFrame:
    """Read these Parquet files lazily: by their exact names, with the columns that they hold."""
    return pl.scan_parquet(
        [place.path(name) for name in names],
        hive_partitioning=False,
        glob=False,
        **place.polars_options,
    )


def place_of(
    dest: str | os.PathLike[str], storage_options: Mapping[str, Any] | None
) -> Folder | Remote:
    """Which place does this name: a folder, or a URL?

    Example:
        >>> place_of("cases/042", None).uri
        'cases/042'
    """
    uri = os.fspath(dest)
    if "://" in uri and not uri.startswith("file://"):
        return Remote(uri, dict(storage_options or {}))
    path = uri.removeprefix("file://")
    return Folder(str(Path(path).expanduser()) if path.startswith("~") else path)
