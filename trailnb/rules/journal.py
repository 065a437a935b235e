"""A journal of actions: what was meant to be done, and what came of it, surviving any crash.

One JSON line before an action and one after, each on the disk before the next step is taken. An
action whose first line has no second may have run: nobody can say, so nobody is told that it did
not.
"""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, TypeAlias

from trailnb.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Iterator

#: What the journal knows of an action.
State: TypeAlias = Literal["done", "failed", "may have run"]
_STATES: dict[str, State] = {"intent": "may have run", "done": "done", "failed": "failed"}


@dataclass
class Journal:
    """The lines of one journal, and where the next ones go."""

    file: BinaryIO
    states: dict[str, State] = field(default_factory=dict)

    def write(self, key: str, said: str, **about: Any) -> None:
        """Write a line, and return when it is on the disk."""
        moment = datetime.now(UTC).isoformat(timespec="milliseconds")
        line = json.dumps({"at": moment, "key": key, "said": said, **about}, ensure_ascii=True)
        self.file.write(f"{line}\n".encode("ascii"))
        self.file.flush()
        os.fsync(self.file.fileno())
        self.states[key] = _STATES[said]


@contextlib.contextmanager
def opened(path: str | os.PathLike[str]) -> Iterator[Journal]:
    """Which actions does the journal tell of, and where do more go? It is locked meanwhile.

    A last line that is torn was being written when something crashed: an intent that is not whole
    was not acted on, a result that is not whole leaves its intent open.

    Raises:
        RequestError: it is no journal, or another process writes into it.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "journal.jsonl"
        >>> with opened(path) as journal:
        ...     journal.write("one", "intent")
        >>> with opened(path) as journal:
        ...     journal.states
        {'one': 'may have run'}
    """
    place = Path(path)
    is_new = not place.exists()
    with place.open("a+b") as file:
        _lock(file, place)
        if is_new:
            _sync_folder(place.parent)
        file.seek(0)
        lines = file.read()
        whole, _, torn = lines.rpartition(b"\n")
        if torn:
            file.truncate(len(lines) - len(torn))
        journal = Journal(file, dict(_states(whole, place)))
        file.seek(0, os.SEEK_END)
        yield journal


def states_in(path: str | os.PathLike[str]) -> dict[str, State]:
    """What does the journal tell, without a line being added? No file tells nothing.

    Raises:
        RequestError: it is no journal.

    Example:
        >>> states_in("no-such-journal.jsonl")
        {}
    """
    place = Path(path)
    if not place.exists():
        return {}
    return dict(_states(place.read_bytes().rpartition(b"\n")[0], place))


def _states(whole: bytes, place: Path) -> Iterator[tuple[str, State]]:
    """Read every whole line; the last about an action counts."""
    for number, line in enumerate(whole.split(b"\n") if whole else (), 1):
        try:
            told = json.loads(line)
            yield str(told["key"]), _STATES[told["said"]]
        except (ValueError, KeyError, TypeError, RecursionError):
            raise RequestError(
                f"{place} is no journal: line {number} cannot be read. "
                "Name another file, or mend the line by hand: what it told may have been done."
            ) from None


def _lock(file: BinaryIO, place: Path) -> None:
    """Keep other processes out, where the system can."""
    try:
        import fcntl
    except ImportError:  # pragma: no cover - Windows: two at once are up to the user there
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        said = f"another process writes into {place}. Wait for it, or name another journal."
        raise RequestError(said) from None


def _sync_folder(folder: Path) -> None:
    """Put the new file's name on the disk, too, where folders can be synced."""
    with contextlib.suppress(PermissionError):  # Windows opens no folders
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
