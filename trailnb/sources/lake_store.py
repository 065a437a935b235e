"""What an event data store of Lake says of itself: what it takes in, and how long it keeps.

Sources: CloudTrail API reference, GetEventDataStore; CloudTrail User Guide, "CloudTrail Lake
availability change".
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from trailnb._plain import plain
from trailnb.errors import SourceError
from trailnb.sources.source import Limit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    #: The answer of GetEventDataStore; empty where that was refused.
    About = Mapping[str, Any]

CLOSED = "CloudTrail Lake is closed to new customers since 2026-05-31"
#: What else an event data store may hold, by the category that its selectors name.
_NOT_CLOUDTRAIL = {
    "ConfigurationItem": "configuration items of AWS Config",
    "Evidence": "evidence of Audit Manager",
    "ActivityAuditLog": "activity of other sources than AWS",
}
_OPERATORS = {
    "Equals": "=", "NotEquals": "≠",
    "StartsWith": "begins with", "NotStartsWith": "begins not with",
    "EndsWith": "ends with", "NotEndsWith": "ends not with",
}  # fmt: skip
_MOST_SHOWN = 8


def check(about: About, uri: str) -> None:
    """Refuse what holds no events of CloudTrail, or is about to be deleted.

    Raises:
        SourceError: it holds something else.

    Example:
        >>> check({"AdvancedEventSelectors": []}, "lake://…")
    """
    named = [set(_categories(selector)) for selector in about.get("AdvancedEventSelectors", ())]
    others = set().union(*named)
    if others and others <= _NOT_CLOUDTRAIL.keys():
        kinds = ", ".join(_NOT_CLOUDTRAIL[other] for other in sorted(others))
        raise SourceError.about(
            f"the event data store holds {kinds}, no events of CloudTrail", uri, "Name another."
        )


def kept_from(about: About, now: datetime) -> datetime | None:
    """Since when are events kept? None when that could not be asked.

    Example:
        >>> from datetime import UTC, datetime
        >>> kept_from({"RetentionPeriod": 7}, datetime(2026, 11, 8, tzinfo=UTC)).day
        1
    """
    days = about.get("RetentionPeriod")
    return now - timedelta(days=int(days)) if days else None


def limits(about: About, first: datetime | None) -> tuple[Limit, ...]:
    """What can this event data store never tell?"""
    said = [Limit("CloudTrail Lake may not hold the last 15 minutes yet"), Limit(CLOSED)]
    if first is None:
        why = "which events the event data store takes in and how long it keeps them was not told"
        return (Limit(f"{why}: ask for cloudtrail:GetEventDataStore"), *said)
    kept = f"the event data store holds nothing before {first:%Y-%m-%dT%H:%M:%SZ}"
    return (Limit(kept, first), *map(Limit, _intake(about)), *said)


def _intake(about: About) -> Iterator[str]:
    """What it takes in, and from where."""
    selectors = about.get("AdvancedEventSelectors") or ()
    if selectors:
        told = "; or ".join(map(_selector, selectors[:_MOST_SHOWN]))
        more = len(selectors) - _MOST_SHOWN
        yield plain(
            f"the event data store takes in only {told}" + (f"; and {more} more" * (more > 0))
        )
    parts = str(about.get("EventDataStoreArn", "")).split(":")
    _, _, _, region, account, *_ = [*parts, "", "", "", "", ""]
    if about.get("OrganizationEnabled") is False and account:
        yield f"the event data store takes in events of account {plain(account)} only"
    if about.get("MultiRegionEnabled") is False and region:
        yield f"the event data store takes in events of {plain(region)} only"
    if "STOP" in (status := str(about.get("Status", ""))) or status == "PENDING_DELETION":
        yield f"the event data store takes in nothing now ({plain(status)})"


def _selector(selector: Mapping[str, Any]) -> str:
    """One selector, in words: which events does it choose?"""
    fields = selector.get("FieldSelectors", ())
    categories = ", ".join(_categories(selector)) or "all"
    rest = [
        f"{field['Field']} {word} {_listed(field[operator])}"
        for field in fields
        if field.get("Field") != "eventCategory"
        for operator, word in _OPERATORS.items()
        if field.get(operator)
    ]
    return f"{categories} events" + (f" with {' and '.join(rest)}" if rest else "")


def _categories(selector: Mapping[str, Any]) -> Iterator[str]:
    for field in selector.get("FieldSelectors", ()):
        if field.get("Field") == "eventCategory":
            yield from field.get("Equals", ())


def _listed(values: Iterable[str]) -> str:
    many = list(values)
    more = len(many) - _MOST_SHOWN
    return " or ".join(many[:_MOST_SHOWN]) + (f" or {more} more" if more > 0 else "")
