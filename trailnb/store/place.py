"""Where a store lies: a folder, or a prefix of an object store. Whole files, put at once."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


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

    def list(self, prefix: str = "") -> list[Kept]:
        """List every finished file whose name begins so, by name."""
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

    @property
    def polars_options(self) -> dict[str, Any]:
        """What Polars needs to read here."""
        ...

    def sweep(self) -> None:
        """Remove what writers that died left behind, once it is a day old."""
        ...


def scan(place: Place, names: Iterable[str]) -> pl.LazyFrame:
    """Read these Parquet files lazily: by their exact names, with the columns that they hold."""
    return pl.scan_parquet(
        [place.path(name) for name in names],
        hive_partitioning=False,
        glob=False,
        **place.polars_options,
    )


def place_of(dest: str | os.PathLike[str], storage_options: Mapping[str, Any] | None) -> Place:
    """Which place does this name: a folder, or a URL?

    Example:
        >>> place_of("cases/042", None).uri
        'cases/042'
    """
    from trailnb.store.folder import Folder
    from trailnb.store.remote import Remote

    uri = os.fspath(dest)
    if "://" in uri and not uri.startswith("file://"):
        return Remote(uri, dict(storage_options or {}))
    path = uri.removeprefix("file://")
    return Folder(str(Path(path).expanduser()) if path.startswith("~") else path)
