"""What all trails of an account are together: is there one, everywhere, and only once?"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from trailnb.configuration import selectors
from trailnb.configuration.snapshot import Unknown, told
from trailnb.configuration.verdict import Verdict, bad, good, unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trailnb.configuration.snapshot import Snapshot, TrailState


def any_trail(account: Snapshot) -> Verdict:
    """Is anything recorded for good?"""
    if any(_records(trail) for trail in account.trails):
        return good("a trail records management events")
    if account.unasked:
        region, why = account.unasked[0]
        return unknown(f"whether there is a trail in {region}", why)
    if any(_may_record(trail) for trail in account.trails):
        return Verdict("unknown", "whether a trail records management events cannot be told")
    return bad("no trail records management events: only Event history is left, for 90 days")


def every_region(account: Snapshot) -> Verdict:
    """Which regions are recorded by no trail?"""
    if any(_records(trail) and trail.has("IsMultiRegionTrail") for trail in account.trails):
        return good("every region is recorded, and new ones as they come")
    if any(_may_record(trail) and trail.has("IsMultiRegionTrail") for trail in account.trails):
        return Verdict("unknown", "whether every region is recorded cannot be told")
    recorded = {trail.home for trail in account.trails if _records(trail)}
    open_ones = {trail.home for trail in account.trails if _may_record(trail)} - recorded
    unasked = {region for region, _ in account.unasked}
    dark = sorted(set(account.regions) - recorded - open_ones - unasked)
    if dark:
        said = f"no trail records {', '.join(dark)}"
        return bad(said, "" if account.knows_all_regions is True else "of the regions asked for")
    if isinstance(account.knows_all_regions, Unknown):
        return unknown("which regions there are", account.knows_all_regions)
    return _where_asked(account, sorted(open_ones | unasked))


def _where_asked(account: Snapshot, untold: list[str]) -> Verdict:
    """Every region that told is recorded; what of the others?"""
    if untold:
        return Verdict("unknown", f"whether {', '.join(untold)} is recorded cannot be told")
    if not account.knows_all_regions:
        return Verdict("unknown", "the regions asked for are recorded; others were not asked for")
    return good("every region of today is recorded; one that comes will not be")


def organization(account: Snapshot) -> Verdict:
    """Does the organization record its accounts, whatever they do themselves?"""
    if any(trail.has("IsOrganizationTrail") for trail in account.trails):
        return good("an organization trail records this account")
    if isinstance(account.organization, Unknown):
        return unknown("whether the account is in an organization", account.organization)
    if not account.organization:
        return good("the account is in no organization")
    if account.unasked:
        return unknown("whether there is an organization trail", account.unasked[0][1])
    identity = account.organization.get("Id", "")
    return bad("no organization trail records this account", f"it is in {identity}")


def one_copy(account: Snapshot) -> Verdict | None:
    """Are management events recorded more than once, and charged?"""
    counts: Counter[tuple[str, str]] = Counter()
    for trail in account.trails:
        if _records(trail):
            counts.update(
                (place, kind) for place in _places(trail, account) for kind in _kinds(trail)
            )
    twice = sorted({region for (region, _), count in counts.items() if count > 1})
    if not counts:
        return None
    if not twice:
        return good("management events are recorded once")
    names = sorted(trail.name for trail in account.trails if _records(trail))
    return bad(
        f"management events of {_some(twice)} are recorded {max(counts.values())} times",
        f"by {', '.join(names)}; every copy after the first is charged",
    )


def _records(trail: TrailState) -> bool:
    """Whether it is known to record management events, reads or writes, now."""
    if isinstance(trail.selectors, Unknown) or not told(trail.status).get("IsLogging"):
        return False
    found = selectors.recorded(trail.selectors)
    return found.writes or found.reads


def _kinds(trail: TrailState) -> Iterator[str]:
    """Reads, writes, or both."""
    if not isinstance(trail.selectors, Unknown):
        found = selectors.recorded(trail.selectors)
        yield from (["reads"] if found.reads else []) + (["writes"] if found.writes else [])


def _may_record(trail: TrailState) -> bool:
    """Whether that cannot be told."""
    if not isinstance(trail.selectors, Unknown):
        found = selectors.recorded(trail.selectors)
        if not (found.writes or found.reads):
            return False
    elif told(trail.status).get("IsLogging") is False:
        return False
    return isinstance(trail.selectors, Unknown) or isinstance(trail.status, Unknown)


def _places(trail: TrailState, account: Snapshot) -> Iterator[str]:
    yield from account.regions if trail.has("IsMultiRegionTrail") else (trail.home,)


def _some(names: list[str]) -> str:
    shown = ", ".join(names[:3])
    return f"{shown} and {len(names) - 3} more regions" if len(names) > 3 else shown  # noqa: PLR2004
