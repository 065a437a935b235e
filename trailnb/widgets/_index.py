"""The index behind an explorer: every event once, in order of time, as small numbers.

Names become codes, so that a million events weigh some 25 MB and a question about a stretch of time
is a slice. The events themselves stay where they are; a record is fetched by its place.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import polars as pl

from trailnb._frame import asked, in_polars
from trailnb.facts.kinds import KINDS, kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: What stands where an event says nothing: a value like any other, to be seen and chosen.
UNKNOWN = "unknown"
#: What the index tells apart, and the event table's column for it.
COLUMNS = {
    "actor": "actor",
    "action": "action",
    "origin": "source_ip_address",
    "account": "recipient_account_id",
    "region": "aws_region",
    "outcome": "outcome",
}
_PLACE = ("log_file", "log_index")
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Index:
    """All events in order of time: `t` (seconds since 1970), a code per column, `kind`, the place.

    `names` gives the meaning of a column's codes. `untimed` counts events whose time cannot be
    drawn; they are in no stretch of time, and said to be there.
    """

    rows: pl.DataFrame
    names: Mapping[str, pl.Series]
    untimed: int
    events: pl.LazyFrame

    @property
    def extent(self) -> tuple[int, int]:
        """From the first second to the one after the last; two zeros when nothing is there."""
        if self.rows.is_empty():
            return 0, 0
        return int(self.rows["t"][0]), int(self.rows["t"][-1]) + 1

    @property
    def size_bytes(self) -> int:
        """How much memory do the numbers take?"""
        return int(self.rows.estimated_size())

    def between(self, start: int, end: int) -> tuple[int, int]:
        """Which positions lie in this stretch of time, the end not included?"""
        ends = pl.Series([_second(start), _second(end)], dtype=pl.UInt32)
        low, high = self.rows["t"].search_sorted(ends, side="left")
        return int(low), int(high)

    def place_of(self, position: int) -> pl.LazyFrame:
        """The one event at this position, as a frame over the event table that reads little else.

        By file and number in it where the events have them; the time lets a store skip the rest.
        """
        row = self.rows.row(position, named=True)
        if "file" not in row:
            return self.events.slice(row["at"], 1)
        time = datetime.fromtimestamp(row["t"], UTC)
        return self.events.filter(
            pl.col("event_time").is_between(time, time + _SECOND, closed="left"),
            pl.col("log_file") == self.names["file"][row["file"]],
            pl.col("log_index") == row["at"],
        ).head(1)

    def position_of(self, event_id: str) -> int | None:
        """Where does the event with this id stand? None when the index does not hold it."""
        return self.positions_of([event_id]).get(event_id)

    def positions_of(self, event_ids: Sequence[str]) -> dict[str, int]:
        """Where do these events stand? Reads the ids of all events, once."""
        if not event_ids or "event_id" not in self.events.collect_schema().names():
            return {}
        time = pl.col("event_time").dt.epoch("s").cast(pl.UInt32, strict=False)
        has_files = "file" in self.rows.columns
        frame = self.events if has_files else self.events.with_row_index("log_index")
        place = _PLACE if has_files else _PLACE[1:]
        wanted = frame.filter(pl.col("event_id").is_in(event_ids))
        found = wanted.select("event_id", *place, t=time).drop_nulls("t").collect()
        return {
            row["event_id"]: position
            for row in found.iter_rows(named=True)
            if (position := self._at(row)) is not None
        }

    def _at(self, row: Mapping[str, Any]) -> int | None:
        low, high = self.between(row["t"], row["t"] + 1)
        part = self.rows.slice(low, high - low)
        here = part["at"] == row["log_index"]
        if "file" in part.columns:
            here &= part["file"] == self.names["file"].index_of(row["log_file"])
        found = here.arg_true()
        return low + int(found[0]) if len(found) else None


def index_of(events: object, asked_by: str, columns: Mapping[str, str] | None = None) -> Index:
    """What are the events in small numbers?

    Args:
        events: A trail, its events, or a part of them.
        asked_by: Who asks, for the sentence when columns are missing.
        columns: Names in the index and the event table's columns for them.

    Example:
        >>> import trailnb as tn
        >>> index = index_of(tn.open("data-samples/quiet", progress=lambda _: None), "explore")
        >>> index.names["outcome"].to_list(), index.untimed
        (['denied', 'failed', 'not_found', 'success', 'throttled'], 0)
    """
    told = COLUMNS | dict(columns or {})
    frame = in_polars(asked(events, ["event_time", *told.values()], asked_by))
    rows = _collected(frame, told)
    untimed = rows["t"].null_count()
    coded: dict[str, pl.Series] = {}
    names: dict[str, pl.Series] = {}
    for name in rows.columns:
        if isinstance(rows.schema[name], pl.Categorical):
            names[name] = rows[name].unique().cast(pl.String).sort()
            # The smallest whole numbers that can tell the names apart.
            coded[name] = rows[name].cast(pl.Enum(names[name])).to_physical()
    rows = rows.select("t", "at").with_columns(**coded)
    rows = rows.drop_nulls("t").sort("t", maintain_order=True)
    return Index(_with_kinds(rows, names), names, untimed, frame)


def _collected(frame: pl.LazyFrame, told: Mapping[str, str]) -> pl.DataFrame:
    """Read what the index needs, names already as categories: they are never held as text."""
    time = pl.col("event_time").dt.epoch("s").cast(pl.UInt32, strict=False)
    has_files = set(_PLACE).issubset(frame.collect_schema().names())
    place = {"at": pl.col("log_index"), "file": _category("log_file")}
    if not has_files:
        frame = frame.with_row_index("__at")
        place = {"at": pl.col("__at")}
    categories = {name: _category(column) for name, column in told.items()}
    return frame.select(t=time, **place, **categories).collect(engine="streaming")


def _category(column: str) -> pl.Expr:
    """Take a column's names as codes of their own; shared categories would have gaps."""
    return pl.col(column).fill_null(UNKNOWN).cast(pl.Categorical(pl.Categories.random("trailnb")))


def _with_kinds(rows: pl.DataFrame, names: Mapping[str, pl.Series]) -> pl.DataFrame:
    """Say of each event what happened, looking at each pair of action and outcome once."""
    pairs = rows.select("action", "outcome").unique()
    texts = pl.DataFrame(
        [names[name].gather(pairs[name].cast(pl.UInt32)).alias(name) for name in pairs.columns]
    )
    kinds = texts.select(kind=kind(pl.col("action"), pl.col("outcome")).cast(pl.Enum(KINDS)))
    told = pairs.with_columns(kinds["kind"].to_physical().cast(pl.UInt8))
    return rows.join(told, on=["action", "outcome"], how="left", maintain_order="left")


def _second(value: int) -> int:
    return min(max(int(value), 0), (1 << 32) - 1)
