"""Keep a trail as a store, with the processes of this machine or anybody's map."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from trailnb.errors import RequestError, SourceError
from trailnb.formats.problem import problem_frame
from trailnb.reading.pool import cores
from trailnb.reading.workers import is_picklable, spread
from trailnb.store import checking, compacting, limits, saving
from trailnb.store.place import place_of
from trailnb.trail.progress import Meter

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import polars as pl

    from trailnb.store.place import Place
    from trailnb.store.saving import Map
    from trailnb.store.writing import Group, Written
    from trailnb.trail.request import Request
    from trailnb.trail.trail import Trail

#: Less stored data than this is saved faster by this process alone.
_WORTH_BYTES = 4 << 20


def save(
    trail: Trail,
    dest: str | os.PathLike[str],
    map: Map | None,  # noqa: A002 - it is a map
    storage_options: Mapping[str, Any] | None,
    *,
    look: str = "",
) -> Trail:
    """Save a trail's log files and open the store over the same window.

    `look` names a listing that was no whole one: what it could not list is noted apart.
    """
    from trailnb.trail.opening import open_store
    from trailnb.trail.scan import EventScan

    if not isinstance(trail.scan, EventScan) or trail.tables:
        raise RequestError("Only a trail opened from log files can be saved: tables are none.")
    scan = trail.scan
    place = place_of(dest, storage_options)
    files = (*trail.lookback_files, *scan.files)
    meter = Meter(len(files), scan.progress)

    def told(one: Written) -> None:
        meter.add(one.files, one.stored_bytes, one.events, one.unread)

    saving.save(
        scan.source,
        files,
        trail.evidence_files,
        place,
        late=scan.request.late,
        unlisted=trail.unlisted,
        scope=f"{_scope(scan.request)} {look}".rstrip(),
        map=map or partial(_local, workers=scan.workers, is_portable=is_picklable(scan.source)),
        told=told,
    )
    limits.keep(place, scan.source.uri, trail.limits)
    meter.close()
    return open_store(place, scan.request)


def _scope(request: Request) -> str:
    """What was asked for, as text that is the same for the same question."""
    names = (request.accounts, request.regions, request.categories)
    bounds = (request.since, request.until, request.late, request.lookback)
    return " ".join(map(str, (*bounds, *(name and sorted(name) for name in names))))


def compact(trail: Trail) -> int:
    """Join a store's small parts."""
    return compacting.compact(_place(trail))


def verify(trail: Trail) -> pl.DataFrame:
    """Check a store's parts against their ledger."""
    return problem_frame(list(checking.check(_place(trail))))


def _place(trail: Trail) -> Place:
    from trailnb.trail.stored import StoredScan

    if not isinstance(trail.scan, StoredScan):
        raise RequestError("This trail is not a saved one. Save it first: trail.save('cases/042').")
    return trail.scan.place


def _local(
    function: Callable[[Group], Written],
    groups: Sequence[Group],
    *,
    workers: int | None,
    is_portable: bool,
) -> Iterable[Written]:
    """Run the tasks with the processes of this machine, where that pays."""
    most = workers or cores()
    size = sum(file.size_bytes or 0 for group in groups for file in group.files)
    is_small = len(groups) <= 1 or (not workers and size < _WORTH_BYTES)
    if most == 1 or is_small or not is_portable:
        return (function(group) for group in groups)
    return spread(function, groups, most, alone=_killed)


def _killed(group: Group) -> Written:
    raise SourceError.about(
        "the process that wrote these log files' part was killed, twice over",
        f"{group.files[0].key} and {len(group.files) - 1:,} more",
        "Free memory, or save with workers=1; what was saved is kept.",
    )
