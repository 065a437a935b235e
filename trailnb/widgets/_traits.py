"""The small traits of the explorers: checked when set, plain numbers and texts when stored."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any

import traitlets

from trailnb.errors import RequestError
from trailnb.formats.moments import moment
from trailnb.widgets._filters import Filters, filters_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_ENDS = 2


def span_of(value: Sequence[object]) -> list[int]:
    """Which stretch of time is meant, in whole seconds since 1970, the end not included?

    Raises:
        RequestError: the value is no stretch of time.

    Example:
        >>> span_of(("2026-11-03T02:00", "2026-11-03T03:00:00Z"))
        [1793671200, 1793674800]
    """
    if isinstance(value, str) or len(value) != _ENDS:
        raise RequestError(f"{value!r} is no stretch of time. Give (since, until), in UTC.")
    start, end = (_seconds(one) for one in value)
    if start >= end:
        raise RequestError(f"the stretch of time {value!r} ends before it begins.")
    return [start, end]


def _seconds(value: object) -> int:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return int(value)
    told = moment(value) if isinstance(value, str) else value
    if isinstance(told, date) and not isinstance(told, datetime):
        told = datetime.combine(told, time(), UTC)
    if not isinstance(told, datetime):
        raise RequestError(
            f"{value!r} names no moment. Write it like '2026-11-01T02:13:00Z' (UTC)."
        )
    return int((told if told.tzinfo else told.replace(tzinfo=UTC)).timestamp())


class Span(traitlets.TraitType[list[int], Any]):
    """A stretch of time: set it with moments or seconds; it holds seconds, or nothing."""

    info_text = "a stretch of time: (since, until)"

    def make_dynamic_default(self) -> list[int]:
        """Begin with nothing."""
        return []

    def validate(self, _obj: object, value: Sequence[object] | None) -> list[int]:
        """Take what was set."""
        return span_of(value) if value is not None and len(value) else []


class Narrowed(traitlets.TraitType[Filters, Any]):
    """What is chosen: a dict of lists of names."""

    info_text = "filters: a dict of names to values"

    def make_dynamic_default(self) -> Filters:
        """Begin with everything."""
        return {}

    def validate(self, _obj: object, value: Mapping[str, object] | None) -> Filters:
        """Take what was set."""
        return filters_of(value or {})
