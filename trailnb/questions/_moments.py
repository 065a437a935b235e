"""A moment as the caller writes it, read the same way everywhere."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from trailnb.errors import RequestError
from trailnb.formats.moments import moment


def instant(name: str, value: object) -> datetime:
    """Which moment (UTC) does the argument `name` mean?

    Raises:
        RequestError: it names none.

    Example:
        >>> instant("since", "2026-11-03")
        datetime.datetime(2026, 11, 3, 0, 0, tzinfo=datetime.timezone.utc)
    """
    if isinstance(value, datetime):
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, date):
        return datetime.combine(value, time(), UTC)
    parsed = moment(value) if isinstance(value, str) else None
    if parsed is None:
        raise RequestError(
            f"{name}={value!r} names no moment. "
            "Write it like '2026-11-01' or '2026-11-01T02:13:00Z' (UTC)."
        )
    return parsed
