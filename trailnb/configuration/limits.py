"""What the logs of a trail cannot hold, as it is configured, for the coverage of its events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trailnb._plain import plain
from trailnb.configuration import selectors
from trailnb.configuration.snapshot import Unknown, told
from trailnb.sources.source import Limit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trailnb.configuration.snapshot import TrailState


def limits_of(trail: TrailState) -> tuple[Limit, ...]:
    """What does this trail not record? Today's configuration says so: former ones are not told.

    Example:
        >>> from trailnb.configuration.snapshot import TrailState
        >>> for limit in limits_of(TrailState({"Name": "audit", "HomeRegion": "eu-west-1"})):
        ...     print(limit.because)
        the trail audit, as it is configured now, records only eu-west-1
        the trail audit, as it is configured now, records no data events
        the trail audit, as it is configured now, records no network activity events
    """
    subject = f"the trail {plain(trail.name)}"
    return tuple(Limit(f"{subject}{said}") for said in _said(trail))


def _said(trail: TrailState) -> Iterator[str]:
    now = ", as it is configured now, records"
    if told(trail.status).get("IsLogging") is False:
        yield " records nothing now: logging is off"
    if not trail.has("IsMultiRegionTrail"):
        yield f"{now} only {plain(trail.home)}"
    if isinstance(trail.selectors, Unknown):
        yield f" may not record everything: what it records is {trail.selectors}"
        return
    found = selectors.recorded(trail.selectors)
    if not found.reads and not found.writes:
        yield f"{now} no management events"
    elif not (found.reads and found.writes):
        yield f"{now} no management events that {'write' if found.reads else 'read'}"
    if found.excluded:
        yield f"{now} no management events of {plain(', '.join(found.excluded))}"
    if not found.data:
        yield f"{now} no data events"
    else:
        yield f"{now} data events of {plain(', '.join(found.data))} only"
    if found.partly:
        yield f"{now} data events of {plain(', '.join(found.partly))} only in part"
    if not found.network:
        yield f"{now} no network activity events"
