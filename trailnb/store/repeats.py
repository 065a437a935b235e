"""Repeated events in a store: compared by their stored records, and what their marks lean on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from trailnb.formats.batch import FILE_INDEX, FILE_NUMBER
from trailnb.reading.contents import Contents
from trailnb.reading.contents import Place as Spot
from trailnb.reading.copies import Copies
from trailnb.store.place import scan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from trailnb.sources.source import LogFile
    from trailnb.store.place import Place

#: An event is delivered after it happened; clocks and stamps leave this much room.
_SLACK = pl.duration(minutes=10)
_FIRST = ("first_number", "first_index")
_REPEATS = pl.Schema(dict.fromkeys((FILE_NUMBER, FILE_INDEX, *_FIRST), pl.UInt32()))


@dataclass
class StoredRecords:
    """Reads records back from parts.

    `numbers` has the log files of a pass in their order: number, log_file, part.
    """

    place: Place
    numbers: pl.DataFrame
    _sums: dict[int, pl.DataFrame] = field(default_factory=dict)

    def of(self, number: int) -> pl.DataFrame:
        """Read the records of one log file."""
        key, part = self.numbers.select("log_file", "part").row(number)
        return (
            scan(self.place, [part])
            .filter(pl.col("log_file") == key)
            .select(
                pl.lit(number, pl.UInt32()).alias(FILE_NUMBER),
                pl.col("log_index").alias(FILE_INDEX),
                "record",
            )
            .sort(FILE_INDEX)
            .collect()
        )

    def sums(self, number: int) -> pl.DataFrame:
        """Sum up each record of one log file; its part is read once for all of them."""
        if number not in self._sums:
            part = self.numbers["part"][number]
            whole = (
                scan(self.place, [part])
                .select(
                    "log_file",
                    pl.col("log_index").alias(FILE_INDEX),
                    high=pl.col("record").hash(1),
                    low=pl.col("record").hash(2),
                )
                .collect()
                .join(self.numbers.filter(pl.col("part") == part), on="log_file")
                .select(FILE_NUMBER, FILE_INDEX, "high", "low")
            )
            parts = whole.partition_by(FILE_NUMBER, as_dict=True)
            self._sums |= {int(key[0]): rows for key, rows in parts.items()}
        return self._sums[number]


@dataclass
class _StoredContents(Contents):
    """Compares whole records of a store."""

    sums: Callable[[int], pl.DataFrame] | None = None

    @property
    def with_variants(self) -> list[Spot]:
        """Which first copies have another record of the same id beside them?"""
        return [first for first, variants in self._variants.items() if len(variants) > 1]

    def _sums_of(self, number: int) -> pl.DataFrame:
        return self.sums(number) if self.sums else super()._sums_of(number)


@dataclass
class StoredCopies(Copies):
    """Copies among stored rows, remembering which row repeats which."""

    sums: Callable[[int], pl.DataFrame] | None = None
    _repeats: list[pl.DataFrame] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Compare by what the store holds."""
        super().__post_init__()
        self._contents: _StoredContents = _StoredContents(self.records, sums=self.sums)

    @property
    def repeats(self) -> pl.DataFrame:
        """Which rows repeated an event id, and where does it stand first?"""
        return pl.concat([pl.DataFrame(schema=_REPEATS), *self._repeats])

    @property
    def with_variants(self) -> list[Spot]:
        """Which first copies have another record of the same id beside them?"""
        return self._contents.with_variants

    def forget_counts(self) -> None:
        """Keep what passed, but count from here on."""
        self.dropped.clear()
        self.differing.clear()
        self._repeats.clear()

    def _judge(self, repeated: pl.DataFrame) -> pl.Series:
        self._repeats.append(repeated.select(_REPEATS.names()))
        return super()._judge(repeated)


@dataclass(frozen=True)
class Leaning:
    """Finds the marks that lean on a log file which a narrower question may leave out.

    Within a window, and within accounts, regions and categories, a copy and its first copy are
    commonly both in or both out. Where that cannot be told, marks hold for the whole store only.
    """

    files: Sequence[LogFile]
    keys: pl.DataFrame

    def odd(
        self, repeats: pl.DataFrame, with_variants: Iterable[Spot]
    ) -> dict[int, frozenset[str]]:
        """When are the marks of which log file, by number, of no use for a part of the store?"""
        if not repeats.height:
            return {}
        firsts = pl.DataFrame(
            list(with_variants),
            schema={name: _REPEATS[name] for name in _FIRST},
            orient="row",
        ).with_columns(is_varied=pl.lit(value=True))
        found = (
            repeats.join(self.keys, on=[FILE_NUMBER, FILE_INDEX])
            .join(firsts, on=_FIRST, how="left")
            .join(self._told("first_number", "_first"), on="first_number")
            .join(self._told(FILE_NUMBER, ""), on=FILE_NUMBER)
            .select(
                FILE_NUMBER,
                time=pl.col("is_varied").is_not_null() | ~self._is_safe_in_time(),
                place=pl.col("is_varied").is_not_null()
                | pl.col("where").ne_missing(pl.col("where_first")),
            )
            .group_by(FILE_NUMBER)
            .agg(pl.col("time").any(), pl.col("place").any())
        )
        return {
            number: frozenset(name for name, is_odd in (("time", time), ("place", place)) if is_odd)
            for number, time, place in found.iter_rows()
        }

    @staticmethod
    def _is_safe_in_time() -> pl.Expr:
        is_after = pl.col("delivered_first") >= pl.col("event_time") - _SLACK
        is_placed = pl.col("is_placed") & pl.col("is_placed_first")
        is_bare = pl.col("is_bare") & pl.col("is_bare_first")
        return (is_placed & is_after.fill_null(value=False)) | is_bare

    def _told(self, number: str, suffix: str) -> pl.DataFrame:
        """What do the names of the log files tell?"""
        rows = [
            (
                at,
                file.delivered,
                f"{file.account} {file.region} {file.folder} {file.is_placed}",
                file.is_placed,
                _is_bare(file),
            )
            for at, file in enumerate(self.files)
        ]
        schema = {
            number: pl.UInt32(),
            f"delivered{suffix}": pl.Datetime("us", "UTC"),
            f"where{suffix}": pl.String(),
            f"is_placed{suffix}": pl.Boolean(),
            f"is_bare{suffix}": pl.Boolean(),
        }
        return pl.DataFrame(rows, schema=schema, orient="row")


def _is_bare(file: LogFile) -> bool:
    """Does the name tell nothing, so that no question leaves the log file out?"""
    return file.delivered is None and not any((file.account, file.region, file.folder))
