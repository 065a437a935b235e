"""Into which log files do events go, under which names, and what goes wrong on the way?"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .chance import Dice
from .records import Event, Place, iso, minified

if TYPE_CHECKING:
    from collections.abc import Iterable

_SLOT = 300
_GZIP_WBITS = 31
# Insights follow within about half an hour, other events after about five minutes.
_INSIGHT_LAG = 1500


@dataclass(frozen=True)
class Trail:
    """A trail: which part of the bucket it fills, and how its delivery is timed."""

    prefix: str
    seed: str
    lag: int = 90


@dataclass(frozen=True)
class LogFile:
    """A delivered object: its key, its events, its bytes."""

    key: str
    stamp: int
    place: Place
    folder: str
    events: tuple[Event, ...]
    text: bytes
    blob: bytes
    lost: tuple[Event, ...] = ()


def gzipped(*parts: bytes) -> bytes:
    """How do these bytes lie on disk? Several parts make a gzip of several members."""
    return b"".join(zlib.compress(part, 9, _GZIP_WBITS) for part in parts)


def wrapped(events: Iterable[Event]) -> bytes:
    """What is the text of a log file?"""
    return ('{"Records":[' + ",".join(minified(event.record) for event in events) + "]}").encode()


def deliver(events: Iterable[Event], trail: Trail) -> list[LogFile]:
    """Which files hold these events? One per account, region and five minutes."""
    slots: dict[tuple[str, str, str, int], list[Event]] = {}
    for event in events:
        lag = _INSIGHT_LAG if event.folder == "CloudTrail-Insight" else trail.lag
        slot = (event.at + lag) // _SLOT + 1
        key = (event.folder, event.place.account, event.place.region, slot)
        slots.setdefault(key, []).append(event)
    return [
        log_file(slots[key], trail, Place(key[1], key[2]), key[3] * _SLOT, key[0])
        for key in sorted(slots)
    ]


def log_file(
    events: list[Event], trail: Trail, place: Place, stamp: int, folder: str = "CloudTrail"
) -> LogFile:
    """Which file does one delivery make? Its records lie in no order."""
    key = key_of(trail, place, stamp, folder)
    ordered = tuple(Dice(f"order/{key}").shuffled(events))
    text = wrapped(ordered)
    return LogFile(key, stamp, place, folder, ordered, text, gzipped(text))


def key_of(trail: Trail, place: Place, stamp: int, folder: str) -> str:
    """Under which key is this delivery stored?"""
    compact = iso(stamp)[:16].replace("-", "").replace(":", "")
    unique = Dice(f"{trail.seed}/{place}/{stamp}/{folder}").alnum(16)
    name = f"{place.account}_{folder}_{place.region}_{compact}Z_{unique}.json.gz"
    day = iso(stamp)[:10].replace("-", "/")
    return f"{trail.prefix}/{place.account}/{folder}/{place.region}/{day}/{name}"


def torn(file: LogFile) -> LogFile:
    """How does this file look when its upload broke off in the middle of a record?

    The cut follows a flush of the compressor, so that every zlib salvages the same bytes.
    """
    keep = len(file.text) * 2 // 3
    compressor = zlib.compressobj(9, zlib.DEFLATED, _GZIP_WBITS)
    blob = compressor.compress(file.text[:keep]) + compressor.flush(zlib.Z_SYNC_FLUSH)
    whole, end = 0, len('{"Records":[')
    for event in file.events:
        end += len(minified(event.record).encode()) + 1
        # The comma or bracket after a record is not needed to read it.
        whole += end - 1 <= keep
    return replace(file, blob=blob, events=file.events[:whole], lost=file.events[whole:])


def in_two_members(file: LogFile) -> LogFile:
    """How does this file look when it was written as two gzip members?"""
    half = len(file.text) // 2
    return replace(file, blob=gzipped(file.text[:half], file.text[half:]))


def readable_and_lost(files: Iterable[LogFile]) -> tuple[list[Event], list[Event]]:
    """Which records can be read from these files, and which are gone?"""
    readable: list[Event] = []
    lost: list[Event] = []
    for file in files:
        readable += file.events
        lost += file.lost
    return readable, lost
