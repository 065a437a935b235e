"""What the digests do not speak of: hours without one, log files in none, and where both come from.

"Not covered" is not "tampered with": no digest lists what was delivered while validation was off.
"""

from __future__ import annotations

import warnings
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from trailnb.errors import ProblemWarning
from trailnb.integrity import contents, hours, places
from trailnb.integrity.hours import HOUR, Bounds
from trailnb.integrity.results import Row, hour_of
from trailnb.trail.silence import standstills
from trailnb.trail.stored import StoredScan

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from trailnb.integrity.evidence import Chain
    from trailnb.integrity.hours import Gap, Span
    from trailnb.integrity.proving import Listed, Proving
    from trailnb.integrity.verify import Scope
    from trailnb.sources.source import LogFile
    from trailnb.trail.trail import Trail

#: Root, account, region.
_Place: TypeAlias = tuple[str, str | None, str | None]
#: A trail's name and an hour: the account that stopped it, and the event.
_Stops: TypeAlias = dict[tuple[str, "datetime"], dict[str | None, str]]
#: Digests list what lies in this folder; whether they list others is not documented.
_DIGESTED = "CloudTrail"


@dataclass(frozen=True)
class Seen:
    """A chain as far as its hours go. `named` are ends of digests that are told to be missing."""

    chain: Chain
    root: str
    spans: Sequence[Span]
    named: frozenset[datetime]

    @property
    def place(self) -> _Place:
        """Below which root, and of which account and region, does it speak?"""
        return self.root, self.chain.account, self.chain.region

    @property
    def family(self) -> tuple[str, str]:
        """Which chains does the same trail write?"""
        return self.chain.trail, self.root.rpartition("/")[0]

    def told(self, stops: _Stops, hour: datetime) -> str | None:
        """Which stop of this trail reaches into this hour? An organization's may be elsewhere."""
        found = stops.get((self.chain.trail, hour), {})
        if self.chain.account in found or not found:
            return found.get(self.chain.account)
        account, because = next(iter(found.items()))
        return f"{because} in {account}" if "/o-" in self.root else None


def hour_rows(
    trail: Trail, scope: Scope, seen: Sequence[Seen], files: Sequence[LogFile]
) -> Iterator[Row]:
    """Which hours has no digest, and is a stop of the logging known that explains it?"""
    found = list(_gaps(scope, seen, files))
    stops = _stops(trail, [gap.start for _, gap in found if gap.may_be_off])
    for one, gap in found:
        if any(abs(gap.end - end) < HOUR / 2 for end in one.named):
            continue  # the missing digest has its own row, with its name
        because = one.told(stops, gap.start) if gap.may_be_off else None
        is_off = gap.is_off or because is not None
        why = f"{because}; {gap.reason}" if because else gap.reason
        if gap.is_off and not because:
            why = f"{why}; the events read here tell of no stop of {one.chain.trail}"
        yield Row(
            None, "hour", "not logged" if is_off else "missing", why, one.chain.region,
            one.chain.account, hour_of(gap.start),
        )  # fmt: skip


def _gaps(
    scope: Scope, seen: Sequence[Seen], files: Sequence[LogFile]
) -> Iterator[tuple[Seen, Gap]]:
    delivered = _last_deliveries(files)
    ends: dict[tuple[str, str], datetime] = {}
    for one in seen:
        if one.spans:
            last = max(span.end for span in one.spans)
            ends[one.family] = max(ends.get(one.family, last), last)
    for one in seen:
        if one.chain.is_backfill or not one.spans:
            continue
        backfilled = [
            span for other in seen if other.chain.is_backfill and other.place == one.place
            for span in other.spans
        ]  # fmt: skip
        later = [stamp for stamp in (ends[one.family], delivered.get(one.place)) if stamp]
        until = scope.due or max(later)
        why = "asked for" if scope.due else "here"
        bounds = Bounds(scope.since, until, why, backfilled)
        for gap in hours.gaps(one.spans, bounds):
            yield one, gap


def _last_deliveries(files: Sequence[LogFile]) -> dict[_Place, datetime]:
    """When was the last log file of each place delivered?"""
    newest: dict[str, LogFile] = {}
    for file in files:
        if file.delivered is not None and file.folder in {None, _DIGESTED}:
            # A day's folder holds one place, a flat one many: there every name counts.
            folder = file.key.rpartition("/")[0] if file.is_placed else file.key
            known = newest.get(folder)
            if known is None or known.delivered is None or known.delivered < file.delivered:
                newest[folder] = file
    last: dict[_Place, datetime] = {}
    for file in newest.values():
        if file.delivered is not None:
            place = _place_of(file)
            last[place] = max(last.get(place, file.delivered), file.delivered)
    return last


def _place_of(file: LogFile) -> _Place:
    return places.root_of(file.key), places.account_of(file), places.region_of(file)


def _stops(trail: Trail, moments: Sequence[datetime]) -> _Stops:
    """Which stop of the logging reaches into each of these hours?"""
    if not moments:
        return {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ProblemWarning)  # what cannot be read is told by its row
        stills = standstills(trail, sorted(set(moments)))
    found: _Stops = {}
    for name, account, hour, because in stills:
        found.setdefault((name, hour), {}).setdefault(account, because)
    return found


def swapped(changed: Sequence[tuple[Row, str, str]]) -> Iterator[Row]:
    """Which changed log files hold the content of another one that is here?"""
    owner = {expected: row.object for row, _, expected in changed}
    for row, found, _ in changed:
        other = owner.get(found)
        yield row._replace(reason=f"{row.reason}: it is that of {other}") if other else row


def uncovered(proving: Proving) -> Iterator[Row]:
    """What was listed and is not here, and what is here and was never listed?

    Where something is missing, what nobody lists is read: it may be that, renamed.
    """
    left = [file for file in proving.files if file.key not in proving.covered]
    hashes = _hashes(proving, left) if proving.absent else {}
    renamed: dict[str, Listed] = {}
    for listed in proving.absent:
        file = hashes.get(listed.sha256)
        if file is not None:
            renamed[file.key] = listed
        else:
            yield _absent(listed)
    spans: dict[_Place, list[Span]] = defaultdict(list)
    for one in proving.chains:
        for place in {one.place, ("", *one.place[1:])}:  # a flat copy tells no root
            spans[place].extend(one.spans)
    for file in left:
        at = hour_of(file.delivered) if file.delivered else None
        row = Row(
            file.key, "log file", "not covered", None, places.region_of(file),
            places.account_of(file), at,
        )  # fmt: skip
        if found := renamed.get(file.key):
            why = f"the content of {places.shown(found.bucket, found.object)}, renamed"
            status = "moved" if found.judged.is_proven else "unknown"
            yield row._replace(status=status, reason=why, hour=found.hour)
        else:
            known = spans.get(_place_of(file), ())
            yield row._replace(reason=_why_uncovered(file, known))


def _absent(listed: Listed) -> Row:
    digest = listed.judged.digest
    named = places.stamp(digest.file.key)
    is_proven = listed.judged.is_proven
    why = f"not found; listed by digest {named}" + (
        "" if is_proven else ", which could not be proven"
    )
    return Row(
        places.shown(listed.bucket, listed.object),
        "log file",
        "missing" if is_proven else "unknown",
        why,
        places.region_of(digest.file),
        places.account_of(digest.file),
        listed.hour,
    )


def _hashes(proving: Proving, files: Sequence[LogFile]) -> dict[str, LogFile]:
    """Which hash has each of these files?"""
    scan = proving.trail.scan
    if isinstance(scan, StoredScan):
        held = scan.held.held
        return {held[file.key].sha256_text: file for file in files if file.key in held}
    claims = ((file, None) for file in files)
    checked = contents.check(scan.source, claims, proving.workers)
    return {finding.sha256: file for (file, _), finding in checked if finding.is_read}


def _why_uncovered(file: LogFile, spans: Iterable[Span]) -> str:
    """Why may this log file be in no digest?"""
    known = list(spans)
    if not known:
        return "no digests of this trail, account and region are here"
    if file.folder not in {None, _DIGESTED}:
        return f"in no digest; whether digests list {file.folder} is not documented"
    if file.delivered is None:
        return "in no digest, and its name does not tell when it was delivered"
    # Digests go by the second of delivery, names by the five minutes before.
    if any(span.start <= file.delivered < span.end for span in known):
        return "in no digest, though there is one for its hour: it may have been added later"
    if file.delivered >= max(span.end for span in known):
        return "delivered after the last digest that is here"
    return "no digest for the time of its delivery: validation was off, or the digest is missing"
