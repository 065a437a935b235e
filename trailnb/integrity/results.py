"""The rows of a verification: one per object that was looked at, and one per hour without proof."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Iterable

#: What was looked at; an hour stands for a digest that should be there and has no known name.
KINDS = ("digest", "backfill digest", "log file", "hour")
#: From proven to disproven; the last ones contradict what CloudTrail signed.
STATUSES = (
    "valid", "not covered", "unknown", "not logged", "moved", "replayed", "missing", "modified"
)  # fmt: skip
#: These make a verification fail.
BROKEN = frozenset({"moved", "replayed", "missing", "modified"})
SCHEMA = pl.Schema(
    {
        "object": pl.String(),
        "kind": pl.Enum(KINDS),
        "status": pl.Enum(STATUSES),
        "reason": pl.String(),
        "region": pl.String(),
        "account": pl.String(),
        "hour": pl.Datetime("us", "UTC"),
    }
)
SORT_KEY = ("account", "region", "hour", "kind", "object")
_BLOCK = 20_000


class Row(NamedTuple):
    """One object or hour, and what was found."""

    object: str | None
    kind: str
    status: str
    reason: str | None = None
    region: str | None = None
    account: str | None = None
    hour: datetime | None = None


class Rows:
    """Rows as they come, kept as frames: a verification of millions of objects has millions."""

    def __init__(self) -> None:
        self._frames: list[pl.DataFrame] = []
        self._open: list[Row] = []

    def add(self, rows: Iterable[Row]) -> None:
        """Take these rows."""
        for row in rows:
            self._open.append(row)
            if len(self._open) >= _BLOCK:
                self._close()

    def frame(self) -> pl.DataFrame:
        """All rows, sorted."""
        self._close()
        whole = pl.concat(self._frames)
        return whole.sort(*SORT_KEY, nulls_last=True)

    def _close(self) -> None:
        self._frames.append(pl.DataFrame(self._open, schema=SCHEMA, orient="row"))
        self._open = []


def hour_of(moment: datetime) -> datetime:
    """In which hour of the clock (UTC) does this moment lie?

    Example:
        >>> hour_of(datetime(2026, 11, 2, 5, 31, 7, tzinfo=UTC)).minute
        0
    """
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
