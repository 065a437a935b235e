"""The table of a saved trail, as other engines are told of it: columns, types, partitions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import polars as pl

from trailnb.errors import RequestError
from trailnb.store.plainly import obstacles
from trailnb.trail.scan import schema
from trailnb.trail.stored import StoredScan

if TYPE_CHECKING:
    from trailnb.trail.trail import Trail

#: The partition: the day of delivery (UTC), as text.
DATE = "date"

_PART = r"(?:[A-Za-z0-9_]+)"
_NAME = re.compile(rf"{_PART}(?:\.{_PART}){{0,2}}")

#: Athena's word for each type that a column has. Its `int` would do for counts; readers of Parquet
#: agree on unsigned numbers of 32 bits only as `bigint`.
_ATHENA = {pl.String(): "string", pl.Boolean(): "boolean", pl.UInt32(): "bigint"}
_IBIS = {pl.String(): "string", pl.Boolean(): "boolean", pl.UInt32(): "int64"}


def athena_type(dtype: pl.DataType) -> str:
    """How does Athena name this type?

    Example:
        >>> athena_type(pl.UInt32())
        'bigint'
    """
    return "timestamp" if isinstance(dtype, pl.Datetime) else _ATHENA[dtype]


def spark_type(dtype: pl.DataType) -> str:
    """How does Spark name this type?

    Example:
        >>> spark_type(pl.UInt32()), spark_type(pl.Enum(["error"]))
        ('bigint', 'string')
    """
    if isinstance(dtype, pl.Datetime):
        return "timestamp"
    return "bigint" if dtype.is_integer() else _ATHENA.get(dtype, "string")


def ibis_types() -> dict[str, str]:
    """Which columns and types is ibis told of?

    Example:
        >>> ibis_types()["event_time"]
        "timestamp('UTC', 6)"
    """
    types = {
        name: "timestamp('UTC', 6)" if isinstance(dtype, pl.Datetime) else _IBIS[dtype]
        for name, dtype in schema().items()
    }
    return types | {DATE: "string"}


def plain_scan(trail: Trail, reader: str) -> StoredScan:
    """Which parts may another engine, named by `reader`, read as they lie?

    Raises:
        RequestError: the trail is not a saved one, was opened in part, or its parts hold other
            events than it shows, with what mends that.

    Example:
        >>> import trailnb as tn
        >>> plain_scan(tn.open("data-samples/quiet"), "Athena")
        Traceback (most recent call last):
            ...
        trailnb.errors.RequestError: Athena reads saved trails: trail.save(dest) makes one.
    """
    scan = trail.scan
    if not isinstance(scan, StoredScan) or trail.tables:
        raise RequestError(f"{reader} reads saved trails: trail.save(dest) makes one.")
    asked = scan.request
    bounds = (asked.since, asked.until, asked.accounts, asked.regions, asked.categories)
    if any(bound is not None for bound in bounds) or not asked.is_deduped:
        raise RequestError(
            f"This trail is opened in part, and which copy of an event comes first is marked over "
            f"the whole of what is saved. Open all of it for {reader}, and bound the question."
        )
    if found := obstacles(scan.place, scan.held, scan.late):
        raise RequestError(
            f"{reader} would not find what this trail finds: {'; '.join(found)}. Run "
            "trail.compact(), or save again where a part cannot be read, and open the trail anew."
        )
    return scan


def name_parts(table: str) -> list[str]:
    """Which catalog, database and table does a name mean, as far as it says?

    Raises:
        RequestError: it is no name of a table.

    Example:
        >>> name_parts("security.events")
        ['security', 'events']
    """
    if not _NAME.fullmatch(table):
        raise RequestError(
            f"table={table!r} is no name of a table. Write it like security.events: letters, "
            "digits and underscores, with its database before it if need be."
        )
    return table.split(".")
