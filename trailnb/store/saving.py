"""Save a trail: only what the store does not hold yet, in tasks that any map can run."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from trailnb.errors import SourceError
from trailnb.store import evidence, ledger, marks
from trailnb.store.part import FORMAT
from trailnb.store.writing import Group, Written, grouped, write_part

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from trailnb.sources.source import LogFile, Source
    from trailnb.store.ledger import Ledger
    from trailnb.store.place import Folder, Remote

#: Anything map-shaped: the built-in, a pool's, a cluster's. Order does not matter.
Map: TypeAlias = Callable[[Callable[[Group], Written], "Sequence[Group]"], Iterable[Written]]


@dataclass(frozen=True, slots=True)
class Saved:
    """What a save brought: new parts and events, and log files that were there before."""

    parts: int
    files: int
    events: int
    unread: int
    held_before: int


def save(
    source: Source,
    files: Sequence[LogFile],
    digests: Sequence[LogFile],
    place: Folder | Remote,
    *,
    late: timedelta | None,
    map: Map,  # noqa: A002 - it is a map
    told: Callable[[Written], None] = lambda _: None,
) -> Saved:
    """Bring the store to hold these log files; what it holds already is not read again.

    A kill at any moment leaves a store that opens, and that the next save completes.

    Raises:
        SourceError: the store cannot be written (full disk, no permission).
    """
    place.sweep()
    _claim(place, late)
    before = ledger.load(place)
    fresh = missing(files, before)
    saved_at = datetime.now(UTC).isoformat()
    task = partial(write_part, source, place, saved_at)
    written: list[Written] = []
    for one in map(task, grouped(fresh)):
        written.append(one)
        told(one)
    evidence.keep(source, digests, place)
    marks.mark(place, ledger.load(place), late)
    return Saved(
        parts=len(written),
        files=len(fresh),
        events=sum(one.events for one in written),
        unread=sum(one.unread for one in written),
        held_before=len(files) - len(fresh),
    )


def missing(files: Iterable[LogFile], held: Ledger) -> list[LogFile]:
    """Which of these log files does the store not hold as they are now?"""
    known = {key: one.file for key, one in held.held.items()}
    return [file for file in files if not _is_same(file, known.get(file.key))]


def _is_same(file: LogFile, held: LogFile | None) -> bool:
    return held is not None and (held.size_bytes, held.version) == (file.size_bytes, file.version)


def _claim(place: Folder | Remote, late: timedelta | None) -> None:
    """Mark the place as a store, unless it is one; never write over somebody's other files."""
    if ledger.is_store(place):
        return
    if any(not one.name.startswith(("date=", "_trailnb/", "evidence/")) for one in place.list()):
        raise SourceError.about(
            "something else lies here already",
            place.uri,
            "Choose an empty folder, or one that a trail was saved to.",
        )
    seconds = None if late is None else late.total_seconds()
    content = {"trailnb": "store", "format": FORMAT, "late_seconds": seconds}
    place.put(ledger.MARKER, json.dumps(content).encode())


def settings(place: Folder | Remote) -> dict[str, Any]:
    """What was the store made with?"""
    content: dict[str, Any] = json.loads(place.get(ledger.MARKER))
    return content
