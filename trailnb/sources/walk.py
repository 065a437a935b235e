"""One pruned walk over any tree of logs: disk, S3 and whatever fsspec knows.

The walk goes down level by level as long as a level can rule something out. What is wanted whole
is listed in one go where the place can do that, and on a region folder a short window goes straight
to its day folders: ten years of logs and a window of two days cost a handful of requests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol, TypeAlias

from trailnb.errors import SourceError
from trailnb.sources import layout, pattern, pruning
from trailnb.sources.source import Listing

if TYPE_CHECKING:
    from datetime import datetime

    from trailnb.sources.source import LogFile, Wanted

#: Above this many days, listing days one by one costs more than going down by year and month.
_MOST_DAYS = 40
#: Outside `AWSLogs/` a walk looks this many levels deep for it before it lists the rest in one go.
_MOST_LEVELS = 4
_THREADS = 32
_PAGE = 1000

_How: TypeAlias = Literal["level", "days", "below"]


class Entry(NamedTuple):
    """One file as the place itself lists it; `path` is relative to the root, with `/`."""

    path: str
    size_bytes: int | None = None
    version: str | None = None


class Level(NamedTuple):
    """What lies directly in one folder: paths of folders, files, and what was not followed."""

    folders: list[str]
    files: list[Entry]
    unlisted: tuple[tuple[str, str], ...] = ()


class UnlistableError(Exception):
    """One folder cannot be listed: why, and what to do. The walk reports it and goes on."""

    def __init__(self, reason: str, hint: str = "Check the path and your rights.") -> None:
        super().__init__(reason)
        self.hint = hint


class Tree(Protocol):
    """What a place must offer to be walked. Folders are paths relative to the root, "" is it."""

    @property
    def within(self) -> str:
        """What lies above a relative key, for the layout's sake."""
        ...

    def key(self, path: str) -> str:
        """How a person names the file at this path."""
        ...

    def level(self, folder: str) -> Level:
        """List one folder, not what is below its folders; a missing one is empty."""
        ...


#: Lists everything under a folder in one go; a missing one is empty.
Below: TypeAlias = Callable[[str], Iterable[Entry]]


@dataclass
class _Look:
    """What one task brought."""

    files: list[LogFile] = field(default_factory=list)
    onward: list[tuple[str, _How]] = field(default_factory=list)
    unlisted: list[tuple[str, str]] = field(default_factory=list)
    requests: int = 1


@dataclass(frozen=True)
class _Walk:
    tree: Tree
    wanted: Wanted
    below: Below | None
    glob: str | None

    def place(self, path: str) -> layout.Place | None:
        parts = [*layout.parts_of(self.tree.within), *layout.parts_of(self.tree.key(path))]
        return layout.place_of(parts)

    def how(self, path: str) -> _How:
        """Choose the cheapest way to list this folder that can still rule something out."""
        place = self.place(path)
        if self.below is None:
            return "level"
        if place is None:
            return "level" if _may_lead_to_logs(path) else "below"
        if place.has_strayed:
            return "below"
        if place.region is None:
            return "level"
        if place.day is not None or pruning.contains(self.wanted, place):
            return "below"
        is_trail = (place.folder or "").startswith("CloudTrail")
        return "days" if is_trail and place.year is None and self._is_short() else "level"

    def _is_short(self) -> bool:
        start, end = self.wanted.delivered_from, self.wanted.delivered_until
        return start is not None and end is not None and end - start <= timedelta(days=_MOST_DAYS)

    def look(self, task: tuple[str, _How]) -> _Look:
        """Do one task: list a folder in the way chosen for it."""
        path, how = task
        look = _Look()
        try:
            if how == "below" and self.below is not None:
                count = 0
                for entry in self.below(path):
                    count += 1
                    self._take(entry, look)
                look.requests = max(1, -(-count // _PAGE))
                return look
            level = self.tree.level(path)
        except UnlistableError as error:
            if not path:
                raise SourceError.about(str(error), self.tree.key(path), error.hint) from error
            look.unlisted.append((self.tree.key(path), str(error)))
            return look
        for entry in level.files:
            self._take(entry, look)
        look.unlisted.extend(level.unlisted)
        folders = self._days(path, level.folders) if how == "days" else level.folders
        look.onward.extend(
            (folder, self.how(folder)) for folder in folders if self._is_on_the_way(folder)
        )
        return look

    def _days(self, region: str, children: list[str]) -> list[str]:
        """Replace a region's year folders by the wanted days in them; keep whatever else is there.

        The look at the years costs one request and finds stray files and folders beside them.
        """
        start, end = self.wanted.delivered_from, self.wanted.delivered_until
        if start is None or end is None:
            return children
        years = {child for child in children if (place := self.place(child)) and place.year}
        above = f"{region}/" if region else ""
        days = [above + day for day in layout.days_within(start, end)]
        return [
            *[child for child in children if child not in years],
            *[day for day in days if day.rsplit("/", 2)[0] in years],
        ]

    def _is_on_the_way(self, folder: str) -> bool:
        if self.glob is not None and not pattern.may_lead_to(self.glob, folder):
            return False
        return not pruning.excludes(self.wanted, self.place(folder))

    def _take(self, entry: Entry, look: _Look) -> None:
        if self.glob is not None and not pattern.matches(self.glob, entry.path):
            return
        file = layout.parse(
            self.tree.key(entry.path),
            within=self.tree.within,
            size_bytes=entry.size_bytes,
            version=entry.version,
        )
        if pruning.wants(self.wanted, file, within=self.tree.within):
            look.files.append(file)


def walk(
    tree: Tree, wanted: Wanted, *, below: Below | None = None, glob: str | None = None
) -> Listing:
    """List what is wanted of a tree.

    `below` is given by remote places: folders are then listed by threads, and what is wanted whole
    in one go. Without it the walk goes level by level, alone. `glob` is matched against paths.
    Raises SourceError when the root itself cannot be listed.
    """
    going = _Walk(tree, wanted, below, glob)
    files: list[LogFile] = []
    unlisted: list[tuple[str, str]] = []
    requests = 0
    tasks: list[tuple[str, _How]] = [("", going.how(""))]
    if pruning.excludes(wanted, going.place("")):
        return Listing(())
    with ThreadPoolExecutor(_THREADS) if below else nullcontext() as pool:
        while tasks:
            looks = list(pool.map(going.look, tasks) if pool else map(going.look, tasks))
            files.extend(file for look in looks for file in look.files)
            unlisted.extend(place for look in looks for place in look.unlisted)
            requests += sum(look.requests for look in looks)
            tasks = [task for look in looks for task in look.onward]
    return Listing(pruning.in_order(files), tuple(sorted(unlisted)), requests)


def listing_after(
    after: Callable[[str, datetime], list[Entry]],
    known: Iterable[tuple[str, datetime]],
    wanted: Wanted,
    *,
    key: Callable[[str], str] = str,
) -> Listing:
    """List what came to each of these folders since, side by side."""
    unlisted: list[tuple[str, str]] = []

    def look(task: tuple[str, datetime]) -> list[Entry]:
        try:
            return after(*task)
        except UnlistableError as error:
            unlisted.append((key(task[0]), str(error)))
            return []

    with ThreadPoolExecutor(_THREADS) as pool:
        looks = list(pool.map(look, known))
    listed = listing_of([entry for look in looks for entry in look], wanted, key=key)
    requests = sum(max(1, -(-len(entries) // _PAGE)) for entries in looks)
    return Listing(listed.files, tuple(sorted(unlisted)), requests)


def listing_of(
    entries: Iterable[Entry],
    wanted: Wanted,
    *,
    key: Callable[[str], str] = str,
    within: str = "",
) -> Listing:
    """List what is wanted where all names are known at once: a mapping, an archive, one file."""
    files = (
        layout.parse(
            key(entry.path), within=within, size_bytes=entry.size_bytes, version=entry.version
        )
        for entry in entries
    )
    kept = (file for file in files if pruning.wants(wanted, file, within=within))
    return Listing(pruning.in_order(kept))


def _may_lead_to_logs(path: str) -> bool:
    """Whether `AWSLogs/` may still follow; not below dates, partitions, or many levels down."""
    parts = layout.parts_of(path)
    return len(parts) <= _MOST_LEVELS and not any(part.isdigit() or "=" in part for part in parts)
