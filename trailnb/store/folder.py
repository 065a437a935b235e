"""A store on disk."""

from __future__ import annotations

import contextlib
import os
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from trailnb.errors import SourceError
from trailnb.store.place import Kept

#: A file of this beginning is being written, or was when its writer died; nobody reads it.
_UNFINISHED = ".unfinished-"
_STALE_SECONDS = 86_400


@dataclass(frozen=True)
class Folder:
    """A store on disk."""

    uri: str
    anchor: str = field(default_factory=os.getcwd, repr=False)

    @property
    def _root(self) -> Path:
        return Path(self.anchor, self.uri)

    def list(self, prefix: str = "") -> list[Kept]:
        """List every finished file whose name begins so, by name."""
        root = str(self._root)
        found = []
        for folder, folders, names in os.walk(root):
            below = folder[len(root) + 1 :].replace(os.sep, "/")
            start = f"{below}/" if below else ""
            folders[:] = [name for name in folders if _may_hold(f"{start}{name}/", prefix)]
            for name in names:
                if name.startswith(".") or not f"{start}{name}".startswith(prefix):
                    continue
                with contextlib.suppress(FileNotFoundError):  # replaced by another save just now
                    state = os.stat(os.path.join(folder, name))  # noqa: PTH116, PTH118 - ten times as fast
                    # Two states may share a coarse clock's time, never the inode.
                    version = f"{state.st_mtime_ns}-{state.st_ino}"
                    found.append(Kept(start + name, state.st_size, version))
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


def _may_hold(folder: str, prefix: str) -> bool:
    """Can a file of this folder have a name that begins so?"""
    return folder.startswith(prefix) or prefix.startswith(folder)
