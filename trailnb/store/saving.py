"""Save a trail: only what the store does not hold yet, in tasks that any map can run."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from trailnb.errors import SourceError
from trailnb.store import evidence, ledger, marks
from trailnb.store import unlisted as unlisted_places
from trailnb.store.part import FORMAT
from trailnb.store.writing import Group, Written, grouped, write_parts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trailnb.sources.source import LogFile, Source
    from trailnb.store.ledger import Ledger
    from trailnb.store.place import Place

#: Anything map-shaped: the built-in, a pool's, a cluster's. Order does not matter.
Map: TypeAlias = Callable[[Callable[[Group], Written], "Sequence[Group]"], Iterable[Written]]
#: Another save may bring parts while this one marks copies: so often marks are made up to date.
_ROUNDS = 3
_FOREVER = float("inf")


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
    place: Place,
    *,
    late: timedelta | None,
    map: Map,  # noqa: A002 - it is a map
    unlisted: Sequence[tuple[str, str]] = (),
    scope: str = "",
    told: Callable[[Written], None] = lambda _: None,
) -> Saved:
    """Bring the store to hold these log files; what it holds already is not read again.

    `unlisted` pairs places that could not be listed with the reason, for what `scope` asked for. A
    kill at any moment leaves a store that opens, and that the next save completes.

    Raises:
        SourceError: the store cannot be written (full disk, no permission).
    """
    place.sweep()
    late = claim(place, late)
    before = ledger.load(place)
    fresh = missing(files, before)
    task = partial(write_parts, source, place, _later_than(before))
    written: list[Written] = []
    for one in map(task, grouped(fresh)):
        written.append(one)
        told(one)
    evidence.keep(source, digests, place)
    unlisted_places.keep(place, f"{source.uri} {scope}", unlisted)
    _clear(place)
    settle(place, late)
    return Saved(
        parts=sum(one.parts for one in written),
        files=len(fresh),
        events=sum(one.events for one in written),
        unread=sum(one.unread for one in written),
        held_before=len(files) - len(fresh),
    )


def _later_than(held: Ledger) -> str:
    """When is this save, for its parts to count before all that are there? Clocks may disagree."""
    now = datetime.now(UTC)
    newest = max((part.footer.saved_at for part in held.parts), default="")
    if newest:
        now = max(now, datetime.fromisoformat(newest) + timedelta(microseconds=1))
    return now.isoformat(timespec="microseconds")


def _clear(place: Place) -> None:
    """Remove torn parts whose log files are all in other parts by now."""
    held = ledger.load(place)
    for name, keys in held.torn.items():
        if keys and all(key in held.held for key in keys):
            place.remove(name)


def settle(place: Place, late: timedelta | None) -> None:
    """Mark copies, as often as other saves change the store meanwhile, but not for ever.

    Copies that stay unmarked are looked for by whoever opens the store.
    """
    for _ in range(_ROUNDS):
        held = ledger.load(place)
        if not marks.stale(place, held, late):
            return
        with contextlib.suppress(FileNotFoundError):  # joined into another part meanwhile
            marks.mark(place, held, late)


def missing(files: Iterable[LogFile], held: Ledger) -> list[LogFile]:
    """Which of these log files does the store not hold as they are now?"""
    known = {key: one.file for key, one in held.held.items()}
    return [file for file in files if not _is_same(file, known.get(file.key))]


def _is_same(file: LogFile, held: LogFile | None) -> bool:
    return held is not None and (held.size_bytes, held.version) == (file.size_bytes, file.version)


def claim(place: Place, late: timedelta | None) -> timedelta | None:
    """Mark the place as a store, unless it is one; returns how late copies may come to it.

    Nobody's other files are ever written among. A later save may widen how late, never narrow it.
    """
    asked = _FOREVER if late is None else late.total_seconds()
    if ledger.is_store(place):
        known = settings(place)["late_seconds"]
        if known is None or known >= asked:
            return late_of(place)
    elif any(not _is_ours(place, one.name) for one in place.list()):
        raise SourceError.about(
            "something else lies here already",
            place.uri,
            "Choose an empty folder, or one that a trail was saved to.",
        )
    seconds = None if late is None else asked
    content = {"trailnb": "store", "format": FORMAT, "late_seconds": seconds}
    place.put(ledger.MARKER, json.dumps(content).encode())
    return late


def _is_ours(place: Place, name: str) -> bool:
    """Could this file be of a store whose marker was lost?"""
    if name.startswith(("_trailnb/", "evidence/")):
        return True
    return ledger.is_part(name) and ledger.read_footer(place, name) is not None


def settings(place: Place) -> dict[str, Any]:
    """What was the store made with?

    Raises:
        SourceError: a later release made it, in a way that this one cannot read.
    """
    content: dict[str, Any] = json.loads(place.get(ledger.MARKER))
    if content.get("format") != FORMAT:
        raise SourceError.about(
            f"this trail was saved in format {content.get('format')}, not {FORMAT}",
            place.uri,
            "Open it with the release of trailnb that saved it, or a later one.",
        )
    return content


def late_of(place: Place) -> timedelta | None:
    """How late may copies come to this store? None is without end."""
    seconds = settings(place)["late_seconds"]
    return None if seconds is None else timedelta(seconds=seconds)
