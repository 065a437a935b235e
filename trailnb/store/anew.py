"""Parts that were saved under older facts: their columns under today's, never two at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from trailnb.errors import SourceError
from trailnb.facts.columns import base_schema
from trailnb.facts.derived import DERIVED, with_derived
from trailnb.facts.version import facts_stamp, has_todays_columns
from trailnb.formats.batch import Batch
from trailnb.store.writing import IS_COPY

if TYPE_CHECKING:
    from trailnb.store.part import Part

_KEPT = ("log_file", "log_index", IS_COPY)


def is_old(part: Part) -> bool:
    """Was this part saved under other facts than today's?"""
    return part.footer.facts != facts_stamp()


def under_todays_facts(part: Part, rows: pl.LazyFrame) -> pl.LazyFrame:
    """What do the rows of this part say today?

    Derived columns follow from the base columns. Where those were read otherwise, too, the record
    that each row carries is read again.
    """
    base = base_schema().names()
    if not has_todays_columns(part.footer.facts):
        schema = base_schema() | {IS_COPY: pl.Boolean()}
        rows = rows.select("record", *_KEPT).map_batches(
            _read_again,
            schema=schema,
            predicate_pushdown=False,
            projection_pushdown=False,
            slice_pushdown=False,
        )
    return with_derived(rows.select(*base, IS_COPY), [one.name for one in DERIVED])


def _read_again(rows: pl.DataFrame) -> pl.DataFrame:
    """Read every row's record anew; each is exactly one event, as it was when it was saved."""
    batch = Batch(tuple(name for name in base_schema() if name not in _KEPT))
    files = rows.partition_by("log_file", maintain_order=True)
    for number, file in enumerate(files):
        before = batch.rows
        records = ",".join(file["record"])
        batch.add(number, file["log_file"][0], f"[{records}]".encode())
        if batch.rows - before != file.height:
            raise SourceError.about(
                f"{file.height:,} saved records read as {batch.rows - before:,} events",
                str(file["log_file"][0]),
                "Save the trail from its log files again, into another folder.",
            )
    kept = pl.concat([file.select(_KEPT) for file in files]) if files else rows.select(_KEPT)
    return batch.frame().with_columns(kept).select(*base_schema(), IS_COPY)
