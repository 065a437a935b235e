"""The rows of a verification: one per object that was looked at, and one per hour without proof."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

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
        self._frames.append(_frame(self._open))
        self._open = []


def _frame(rows: Sequence[Row]) -> pl.DataFrame:
    """Lay rows out in columns; hours as numbers: times one by one take as long as all else."""
    if not rows:
        return SCHEMA.to_frame()
    *texts, hours = zip(*rows, strict=True)
    micros = {at: at and round(at.timestamp() * 1_000_000) for at in set(hours)}
    dtypes = dict(SCHEMA)
    columns = [
        pl.Series(name, values, dtype=dtypes[name])
        for name, values in zip(SCHEMA, texts, strict=False)
    ]
    hour = pl.Series("hour", [micros[at] for at in hours], dtype=pl.Int64)
    return pl.DataFrame([*columns, hour.cast(dtypes["hour"])])


def hour_of(moment: datetime) -> datetime:
    """In which hour of the clock (UTC) does this moment lie?

    Example:
        >>> hour_of(datetime(2026, 11, 2, 5, 31, 7, tzinfo=UTC)).minute
        0
    """
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
