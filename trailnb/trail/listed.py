"""From a request to a listing, and from a listing to what its files are used for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trailnb.formats.moments import shifted
from trailnb.sources.source import Wanted
from trailnb.trail.request import FOLDER_OF, STAMP_SLACK
from trailnb.trail.trail import EVIDENCE_FOLDERS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from trailnb.sources.source import LogFile
    from trailnb.trail.request import Request


def wanted_of(request: Request) -> Wanted:
    """What must be listed: the window as deliveries, with lookback and digests?"""
    start = shifted(request.since, -STAMP_SLACK - request.lookback) if request.since else None
    end = (
        shifted(request.until, request.late) if request.until and request.late is not None else None
    )
    folders = None
    if request.categories is not None:
        folders = frozenset({FOLDER_OF[name] for name in request.categories}) | EVIDENCE_FOLDERS
    return Wanted(
        start, end, request.accounts, request.regions, folders, request.since, request.until
    )


def sorted_out(
    files: Iterable[LogFile], request: Request
) -> tuple[tuple[LogFile, ...], tuple[LogFile, ...], tuple[LogFile, ...]]:
    """Which of these are files of the window, which lie before it, and which are digests?"""
    events: list[LogFile] = []
    before: list[LogFile] = []
    evidence: list[LogFile] = []
    first = shifted(request.since, -STAMP_SLACK) if request.since else None
    for file in files:
        if file.folder in EVIDENCE_FOLDERS:
            evidence.append(file)
        elif first and file.delivered and file.delivered < first:
            before.append(file)
        else:
            events.append(file)
    return tuple(events), tuple(before), tuple(evidence)
