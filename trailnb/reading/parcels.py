"""Frames on their way from a worker: Arrow files in memory-backed storage, not bytes in a pipe.

A pipe copies each byte six times over (stream, pickle, pipe in, pipe out, pickle, frame); a file in
memory is written once and read once.
"""

from __future__ import annotations

import io
import os
import shutil
import tempfile
import uuid
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Iterator

#: A path to an Arrow file, or the Arrow stream itself where no room was left for one.
Parcel: TypeAlias = str | bytes

_MEMORY = Path("/dev/shm")  # noqa: S108 - the system's memory-backed storage, private folders in it
_PREFIX = "trailnb-"
_ROOM_BYTES = 1 << 29
#: Folders this worker has written to; what is left in them goes when the parent is gone.
_FOLDERS: set[str] = set()


@contextmanager
def parcel_folder() -> Iterator[str]:
    """Where do parcels lie while a scan runs? Private to this user, and gone afterwards."""
    _sweep(_MEMORY)
    has_room = _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK) and _room(_MEMORY) >= _ROOM_BYTES
    with tempfile.TemporaryDirectory(
        prefix=f"{_PREFIX}{os.getpid()}-",
        dir=_MEMORY if has_room else None,
        ignore_cleanup_errors=True,
    ) as folder:
        yield folder


def packed(frame: pl.DataFrame, folder: str) -> Parcel:
    """Put a frame on its way."""
    if not frame.width:
        return b""
    path = Path(folder, uuid.uuid4().hex)
    try:
        frame.write_ipc(path, compression="uncompressed", compat_level=pl.CompatLevel.newest())
    except OSError:  # no room, or nobody waits for it any more
        with suppress(OSError):
            path.unlink(missing_ok=True)
        stream = io.BytesIO()
        frame.write_ipc_stream(stream, compat_level=pl.CompatLevel.newest())
        return stream.getvalue()
    return str(path)


def remember(folder: str) -> None:
    """Know, in a worker, where parcels lie, so that they go when the parent is gone."""
    _FOLDERS.add(folder)


def unpacked(parcel: Parcel) -> pl.DataFrame:
    """Take a frame in."""
    if isinstance(parcel, bytes):
        return pl.read_ipc_stream(parcel) if parcel else pl.DataFrame()
    frame = pl.read_ipc(parcel)
    Path(parcel).unlink()
    return frame


def forget_parcels() -> None:
    """Remove what nobody will take in: the parent is gone."""
    for folder in _FOLDERS:
        shutil.rmtree(folder, ignore_errors=True)


def _sweep(place: Path) -> None:
    """Remove empty folders of scans that were killed before a worker knew of them."""
    for folder in place.glob(f"{_PREFIX}*-*"):
        owner = folder.name.removeprefix(_PREFIX).partition("-")[0]
        if owner.isdigit() and not Path("/proc", owner).exists():
            with suppress(OSError):  # another user's, or not empty after all
                folder.rmdir()


def _room(place: Path) -> int:
    state = os.statvfs(place)
    return state.f_bavail * state.f_frsize
