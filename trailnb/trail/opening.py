"""Open logs from anywhere: list what lies there, read nothing yet."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trailnb.sources.opening import source_of
from trailnb.sources.regions import global_regions
from trailnb.store import limits
from trailnb.store.ledger import MARKER
from trailnb.store.place import place_of
from trailnb.trail import table
from trailnb.trail.listed import sorted_out, wanted_of
from trailnb.trail.request import Request, processes, request_of
from trailnb.trail.scan import EventScan
from trailnb.trail.stored import StoredScan
from trailnb.trail.trail import Trail

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import timedelta

    import polars as pl

    from trailnb._typing import Moment, Openable
    from trailnb.sources.source import LogFile
    from trailnb.store.place import Place
    from trailnb.trail.progress import ProgressCallback


def open(  # noqa: A001 - the verb a responder types; every argument is a question
    uri: Openable,
    *,
    since: Moment | None = None,
    until: Moment | None = None,
    accounts: str | Iterable[str] | None = None,
    regions: str | Iterable[str] | None = None,
    categories: str | Iterable[str] | None = None,
    late: str | timedelta | None = "1d",
    lookback: str | timedelta = "36h",
    dedupe: bool = True,
    storage_options: Mapping[str, Any] | None = None,
    filesystem: object | None = None,
    progress: ProgressCallback | None = None,
    workers: int | None = None,
) -> Trail:
    """Which logs lie here? Lists them and reads nothing.

    Args:
        uri: a saved trail; a folder, file or glob; `s3://bucket/prefix`; any fsspec URL; a `.zip`
            or `.tar(.gz)`; a mapping of names to bytes; a Polars, pandas or Arrow table with the
            event table's columns; `cloudtrail://`, `cloudtrail://ACCOUNT/REGION`, which ask Event
            history; `cloudwatch://LOG-GROUP`; `lake://EVENT-DATA-STORE`, by id or ARN, and
            `athena://DATABASE/TABLE`, where AWS bills what is scanned; or a list of these.
        since: start of the window of event times, inclusive (UTC).
        until: end of the window, exclusive (UTC).
        accounts: only these accounts.
        regions: only these regions; the partition's global-service region is kept as well, since
            IAM and global STS calls are logged there. "all" is the same as None.
        categories: only these: Management, Data, NetworkActivity, Insight, Aggregated.
        late: how long after an event its delivery may come; None reads all later files.
        lookback: how far before `since` files are kept at hand for what issued a credential.
        dedupe: drop events that were delivered before, record for record the same.
        storage_options: what s3fs or another fsspec filesystem is configured with; AWS's own
            services take its `profile`, `key`, `secret`, `token`, `region_name`, `endpoint_url`, or
            a `session`. Where AWS bills what is scanned, `allow_full_scan` goes without bounds, and
            `most_scanned_bytes` is where scanning ends (a terabyte, unless said otherwise); Athena
            takes `workgroup`, `output_location` and `catalog`.
        filesystem: a ready fsspec filesystem.
        progress: called with a `Progress`; None shows a line in a notebook or on a terminal.
        workers: the most processes to read with; None decides by measurement, 1 uses none.

    Raises:
        SourceError: the place is missing or refused.
        RequestError: an argument cannot be meant.

    Example:
        >>> record = (
        ...     b'{"eventVersion":"1.11","eventTime":"2026-11-03T02:13:00Z",'
        ...     b'"eventSource":"iam.amazonaws.com","eventName":"GetUser"}'
        ... )
        >>> trail = open({"a.json": record})
        >>> trail.events.select("action").collect().item()
        'iam:GetUser'
    """
    request = request_of(
        since=since, until=until, accounts=accounts, regions=regions, categories=categories,
        late=late, lookback=lookback, dedupe=dedupe,
    )  # fmt: skip
    workers = processes(workers)
    if _is_store_folder(uri):
        return open_store(place_of(uri, None), request)
    tables, places = table.apart(uri)
    notes: list[str] = []
    asked = _with_global_regions(request, notes)
    source = source_of(places, storage_options=storage_options, filesystem=filesystem)
    listing = source.list(wanted_of(asked))
    if _is_store_listing(uri, listing.files):
        return open_store(place_of(uri, storage_options), request)
    events, lookback_files, evidence = sorted_out(listing.files, asked)
    scan = EventScan(source, events, asked, progress, workers=workers)
    return Trail(
        scan,
        lookback_files,
        evidence,
        listing.unlisted,
        listing.requests,
        tuple(notes),
        tuple(table.as_events(one, asked) for one in tables),
        listing.limits,
    )


def _is_store_folder(uri: Openable) -> bool:
    """Tell whether this names a saved trail on disk."""
    if not isinstance(uri, (str, os.PathLike)):
        return False
    return Path(os.fspath(uri).removeprefix("file://"), MARKER).expanduser().is_file()


def _is_store_listing(uri: Openable, files: Sequence[LogFile]) -> bool:
    """Tell whether what was listed is a saved trail on an object store."""
    if not isinstance(uri, str) or "://" not in uri:
        return False
    return any(file.key == f"{uri.rstrip('/')}/{MARKER}" for file in files)


def open_store(place: Place, request: Request) -> Trail:
    """Open a saved trail: its ledger is the listing."""
    notes: list[str] = []
    found = StoredScan(place, _with_global_regions(request, notes))
    return Trail(
        found,
        found.lookback_files,
        found.evidence_files,
        notes=tuple(notes),
        limits=limits.load(place),
    )


def scan(uri: Openable, **how: Any) -> pl.LazyFrame:
    """Which events lie here? `open(uri, …).events`, for Polars habits; same arguments as `open`.

    Example:
        >>> scan({"a.json": b'{"Records":[]}'}).collect().height
        0
    """
    return open(uri, **how).events


def _with_global_regions(request: Request, notes: list[str]) -> Request:
    if request.regions is None:
        return request
    regions = request.regions.union(*map(global_regions, request.regions))
    added = sorted(regions - request.regions)
    if added:
        notes.append(f"{', '.join(added)} was kept: IAM and global STS calls are logged there")
    return replace(request, regions=regions)
