"""What the logs of a trail cannot hold, as it is configured, for the coverage of its events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trailnb._plain import plain
from trailnb.configuration import selectors
from trailnb.configuration.checks_recording import at, interrupted, records_global_services
from trailnb.configuration.snapshot import Unknown
from trailnb.sources.source import Limit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trailnb.configuration.snapshot import TrailState

_NOW = ", as it is configured now, records"


def limits_of(trail: TrailState) -> tuple[Limit, ...]:
    """What does this trail not record? Today's configuration says so: former ones are not told.

    Example:
        >>> from trailnb.configuration.snapshot import TrailState
        >>> for limit in limits_of(TrailState({"Name": "audit", "HomeRegion": "eu-west-1"})):
        ...     print(limit.because)
        the trail audit, as it is configured now, records only eu-west-1
        the trail audit, as it is configured now, records nothing of IAM, global STS and CloudFront
        the trail audit, as it is configured now, records no data events
        the trail audit, as it is configured now, records no network activity events
    """
    subject = f"the trail {plain(trail.name)}"
    return tuple(Limit(f"{subject}{said}") for said in (*_where(trail), *_said(trail)))


def _where(trail: TrailState) -> Iterator[str]:
    """When and in which regions it records."""
    if isinstance(trail.status, Unknown):
        yield f" may record nothing now: whether it does is {trail.status}"
    elif trail.status.get("IsLogging") is False:
        yield " records nothing now: logging is off"
    elif span := interrupted(trail.status):
        yield f" recorded nothing from {at(span[0])} to {at(span[1])}"
    if not trail.has("IsMultiRegionTrail"):
        yield f"{_NOW} only {plain(trail.home)}"
    if not records_global_services(trail):
        yield f"{_NOW} nothing of IAM, global STS and CloudFront"


def _said(trail: TrailState) -> Iterator[str]:
    """What it records there."""
    now = _NOW
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
