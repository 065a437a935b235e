"""Why logs may be silent about an hour: what digests, damaged files and trail changes tell."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import polars as pl

from trailnb.formats.gunzip import unpack
from trailnb.reading.chunks import MAX_TEXT_BYTES
from trailnb.sources import slices
from trailnb.sources.source import Unread
from trailnb.trail.request import FOLDER_OF, STAMP_SLACK

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from trailnb.sources.source import LogFile
    from trailnb.trail.trail import Trail

HOUR = timedelta(hours=1)
_TYPES = {
    "account": pl.String(),
    "region": pl.String(),
    "category": pl.String(),
    "hour": pl.Datetime("us", "UTC"),
    "because": pl.String(),
}
_STOPS = frozenset({"StopLogging", "DeleteTrail"})
_STARTS = frozenset({"StartLogging", "CreateTrail"})
_SELECTS = frozenset({"UpdateTrail", "PutEventSelectors", "PutInsightSelectors"})
#: UpdateTrail says many things; only these make a trail log less than before.
_IS_NARROWER = (
    pl.any_horizontal(
        pl.col("request_parameters").str.json_path_match(f"$.{name}") == "false"
        for name in ("isMultiRegionTrail", "isOrganizationTrail", "includeGlobalServiceEvents")
    )
    .fill_null(value=False)
    .alias("is_narrower")
)
_FOREVER = datetime.max.replace(tzinfo=UTC)
#: The trail's name, whichever way the call spells it: name, ARN, `trailName`.
_TRAIL = (
    pl.coalesce(
        pl.col("request_parameters").str.json_path_match(path) for path in ("$.name", "$.trailName")
    )
    .str.replace(".*/", "")
    .fill_null("")
    .alias("trail")
)
_DIGEST_TIME = "%Y-%m-%dT%H:%M:%SZ"


def _reasons(rows: Iterable[Sequence[object]], *names: str) -> pl.DataFrame:
    schema = {name: _TYPES[name] for name in (*names, "because")}
    return pl.DataFrame(list(rows), schema=schema, orient="row")


def unreadable(trail: Trail) -> pl.DataFrame:
    """Which hours should the damaged files have spoken of? Those just before their delivery."""
    rows = [
        (file.account, file.region, category, hour, why)
        for file, why in _broken(trail)
        if file.account
        for category, folder in FOLDER_OF.items()
        if folder == file.folder
        for hour in _covered(file)
    ]
    return _reasons(rows, "account", "region", "category", "hour")


def unreadable_anywhere(trail: Trail) -> pl.DataFrame:
    """Of which hours should files have spoken that tell no account: of any place, for all we know?

    Only those that a service was asked for: their names tell from when to when.
    """
    rows = [
        (hour, why)
        for file, why in _broken(trail)
        if not file.account and (span := slices.span_of(file.key))
        # Where the span is one of deliveries, events are from before, too.
        for hour in _within(span[0] if file.covers_from else span[0] - HOUR, span[1])
    ]
    return _reasons(rows, "hour")


def _broken(trail: Trail) -> Iterator[tuple[LogFile, str]]:
    """Name the files that lost events, each with the reason."""
    reasons: dict[str, str] = {}
    for problem in trail.scan.ledger.problems:
        if problem.severity == "error":
            reasons.setdefault(problem.log_file, problem.reason)
    for file in trail.scan.files:
        if file.delivered and (why := reasons.get(file.key)):
            yield file, f"{file.key}: {why}"


def _covered(file: LogFile) -> set[datetime]:
    """Which hours does a file speak of, by its name?"""
    if file.delivered is None:
        return set()
    first = _hour(file.covers_from or file.delivered - STAMP_SLACK)
    return {first + number * HOUR for number in range((file.delivered - first) // HOUR + 1)}


def _within(start: datetime, end: datetime) -> Iterator[datetime]:
    hour = _hour(start)
    while hour < end:
        yield hour
        hour += HOUR


def undelivered(trail: Trail) -> pl.DataFrame:
    """Which hours does an empty digest cover? It proves that nothing was delivered in them."""
    places = {file.key: file for file in trail.evidence_files}
    rows: list[Sequence[object]] = []
    for key, digest in _digests(trail):
        start = _moment(digest.get("digestStartTime"))
        if digest.get("logFiles") == [] and start is not None:
            rows.append((places[key].account, places[key].region, _hour(start), key))
    return _reasons(rows, "account", "region", "hour")


def _digests(trail: Trail) -> Iterator[tuple[str, dict[str, object]]]:
    for file, stored in trail.scan.source.read(trail.evidence_files):
        if isinstance(stored, Unread):
            continue
        try:
            digest = json.loads(unpack(stored, MAX_TEXT_BYTES).data)
        except (ValueError, RecursionError):  # a damaged digest proves nothing
            continue
        if isinstance(digest, dict):
            yield file.key, digest


def logging_changes(trail: Trail, hours: Sequence[datetime]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """From when on was an account's trail stopped, and when were its selectors changed?

    Returns:
        Two frames (account, hour, because): hours in which a trail stood still at least for a part,
        and hours after a change of what is logged.
    """
    calls = _changes_of(trail)
    stopped = [(account, hour, why) for _, account, hour, why in _stills(calls, hours)]
    changed: list[Sequence[object]] = []
    for (account,), part in calls.group_by("account", maintain_order=True):
        narrowed = part.filter(~(pl.col("event_name") == "UpdateTrail") | pl.col("is_narrower"))
        changes = narrowed.select("event_time", "event_name", "event_id").rows()
        changed += ((account, hour, why) for hour, why in _selected(changes, hours))
    return _reasons(stopped, "account", "hour"), _reasons(changed, "account", "hour")


def standstills(trail: Trail, hours: Sequence[datetime]) -> list[tuple[str, str, datetime, str]]:
    """Into which of these hours does a stop of the logging reach?

    Returns:
        The trail's name ("" where the call named none), the account that stopped it, the hour, and
        the event that did it.
    """
    return _stills(_changes_of(trail), hours)


def _changes_of(trail: Trail) -> pl.DataFrame:
    """Which calls started, stopped or narrowed the logging?"""
    return (
        trail.events.filter(
            pl.col("event_name").is_in(sorted(_STOPS | _STARTS | _SELECTS)),
            pl.col("error_code").is_null(),
        )
        .select(
            "event_time",
            "event_id",
            "event_name",
            _TRAIL,
            _IS_NARROWER,
            account="recipient_account_id",
        )
        .drop_nulls(["event_time", "account"])
        .collect()
        .sort("event_time", "event_id")
    )


def _stills(calls: pl.DataFrame, hours: Sequence[datetime]) -> list[tuple[str, str, datetime, str]]:
    stopped: list[tuple[str, str, datetime, str]] = []
    for (name,), part in calls.group_by("trail", maintain_order=True):
        # One account may stop a trail that another starts again: an organization's.
        changes = part.select("event_time", "event_name", "event_id").rows()
        stops = part.filter(pl.col("event_name").is_in(sorted(_STOPS)))["account"].unique()
        stills = list(_standstill(changes, hours)) if len(stops) else []
        stopped += ((str(name), account, hour, why) for account in stops for hour, why in stills)
    return stopped


def _standstill(
    changes: Sequence[tuple[datetime, str, str]], hours: Sequence[datetime]
) -> Iterator[tuple[datetime, str]]:
    """Name the hours that lie between a stop and the next start, each with the stop."""
    since: datetime | None = None
    because = ""
    spans: list[tuple[datetime, datetime, str]] = []
    for moment, name, event_id in changes:
        if name in _STOPS and since is None:
            since, because = moment, f"{name} {event_id}"
        elif name in _STARTS and since is not None:
            spans.append((since, moment, because))
            since = None
    if since is not None:
        spans.append((since, _FOREVER, because))
    for start, end, why in spans:
        yield from ((hour, why) for hour in hours if hour + HOUR > start and hour < end)


def _selected(
    changes: Sequence[tuple[datetime, str, str]], hours: Sequence[datetime]
) -> Iterator[tuple[datetime, str]]:
    """Name the hours after the last change of selectors, each with that change."""
    selects = [
        (moment, f"{name} {event_id}") for moment, name, event_id in changes if name in _SELECTS
    ]
    ends = [start for start, _ in selects[1:]] + [_FOREVER]
    for (start, why), end in zip(selects, ends, strict=False):
        yield from ((hour, why) for hour in hours if start < hour + HOUR <= end)


def _hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


def _moment(text: object) -> datetime | None:
    try:
        return datetime.strptime(str(text), _DIGEST_TIME).replace(tzinfo=UTC)
    except ValueError:  # a digest without a readable time proves nothing
        return None
