"""For which hours is there no digest, and why may that be?

CloudTrail writes a digest for every hour and region, an empty one when nothing was delivered. So an
hour without a digest says something: it was deleted, or logging or validation was off. Only a
starting digest, which names none before it, can tell the second.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from trailnb.integrity.places import stamp

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from trailnb.integrity.chains import Judged

HOUR = timedelta(hours=1)
#: Digests of a chain follow each other to the second; a clock may be a little off.
_SLACK = timedelta(seconds=90)


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when does this digest speak, and does a chain begin with it?"""

    start: datetime
    end: datetime
    is_first: bool = False
    object: str = ""


@dataclass(frozen=True, slots=True)
class Gap:
    """An hour without a digest. `may_be_off` when only a stop of the logging could explain it."""

    start: datetime
    end: datetime
    reason: str
    may_be_off: bool = False
    is_off: bool = False


@dataclass(frozen=True, slots=True)
class Bounds:
    """From when to when must there be digests? `why` there must be some until the end."""

    since: datetime | None = None
    until: datetime | None = None
    why: str = "asked for"
    backfilled: Sequence[Span] = field(default=())


def spans(judged: Sequence[Judged], broken: Mapping[str, datetime | None]) -> list[Span]:
    """Which hours do these digests speak of? What is refuted or unreadable counts by its name.

    A digest that is not what it was is told of by itself; its hour is not missing as well.
    """
    found = []
    for one in judged:
        digest = one.digest
        if one.is_refuted:
            found += _by_name(digest.file.delivered)
        else:
            is_first = one.is_proven and digest.previous is None
            found.append(Span(digest.start, digest.end, is_first, digest.object))
    for delivered in broken.values():
        found += _by_name(delivered)
    return sorted(found, key=lambda span: (span.start, span.end))


def _by_name(end: datetime | None) -> list[Span]:
    return [] if end is None else [Span(end - HOUR, end)]


def gaps(chain: Sequence[Span], bounds: Bounds) -> Iterator[Gap]:
    """Which hours inside the bounds has no digest of this chain?"""
    reached: datetime | None = bounds.since
    last: Span | None = None
    for span in chain:
        if reached is not None and span.start - reached > _SLACK:
            yield from _between(reached, span, last, bounds)
        reached = span.end if reached is None else max(reached, span.end)
        last = span
    if reached is not None and bounds.until is not None:
        why = f"no digest, though digests or log files of later hours are {bounds.why}"
        yield from _hours(reached, bounds.until, why, bounds, may_be_off=True, is_whole=True)


def _between(reached: datetime, span: Span, last: Span | None, bounds: Bounds) -> Iterator[Gap]:
    if span.is_first:
        why = f"a new chain starts with digest {stamp(span.object)}: logging or validation was off"
        yield from _hours(reached, span.start, why, bounds, may_be_off=True, is_off=True)
    else:
        before = f"those before digest {stamp(span.object)}" if span.object else "some"
        why = f"no digest: {before} were deleted, or are not in this copy"
        if last is not None:
            ends = " and ".join(stamp(one.object) for one in (last, span) if one.object)
            why = f"no digest, though the chain goes on between {ends}"
        yield from _hours(reached, span.start, why, bounds)


def _hours(
    start: datetime,
    end: datetime,
    why: str,
    bounds: Bounds,
    *,
    may_be_off: bool = False,
    is_off: bool = False,
    is_whole: bool = False,
) -> Iterator[Gap]:
    """Cut the time between into hours, as digests would; `is_whole` leaves a begun one out."""
    if bounds.since is not None:
        while start < bounds.since - HOUR:
            start += HOUR
    while end - start > _SLACK:
        stop = start + HOUR
        if is_whole and stop > end:
            return
        if bounds.until is not None and start >= bounds.until:
            return
        inside = any(one.start <= start and stop <= one.end for one in bounds.backfilled)
        if not inside:
            yield Gap(start, min(stop, end), why, may_be_off, is_off)
        start = stop
