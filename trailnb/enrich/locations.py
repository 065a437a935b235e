"""Where addresses are: country, city, coordinates and operator, by the user's own databases."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import polars as pl

from trailnb.errors import MissingExtraError, RequestError, SourceError

if TYPE_CHECKING:
    import maxminddb

#: What is known of an address's place.
SCHEMA = pl.Schema(
    {
        "address": pl.String(),
        "country": pl.String(),
        "city": pl.String(),
        "latitude": pl.Float64(),
        "longitude": pl.Float64(),
        "as_number": pl.Int64(),
        "as_organization": pl.String(),
    }
)
#: Paths of MaxMind-format databases, or a table with an `address` column.
Databases: TypeAlias = "str | os.PathLike[str] | Iterable[str | os.PathLike[str]] | pl.DataFrame"

# Where the databases keep each column: City, Country and ASN editions, and others in their form.
_PATHS: dict[str, tuple[str, ...]] = {
    "country": ("country", "iso_code"),
    "city": ("city", "names", "en"),
    "latitude": ("location", "latitude"),
    "longitude": ("location", "longitude"),
    "as_number": ("autonomous_system_number",),
    "as_organization": ("autonomous_system_organization",),
}


def located(addresses: Iterable[str], databases: Databases | None) -> pl.DataFrame:
    """Where is each of these addresses? One row per address, as `SCHEMA`; null where unknown.

    Args:
        addresses: distinct addresses; never names of services.
        databases: MaxMind-format files (City, ASN …), read one after the other, the first that
            tells a column wins; or a table of one's own with `address` and any of the columns.

    Raises:
        SourceError: a database cannot be read.
        MissingExtraError: the package `maxminddb` is not installed.
        RequestError: the table has no column `address`.

    Example:
        >>> own = pl.DataFrame({"address": ["203.0.113.7"], "country": ["DE"]})
        >>> located(["203.0.113.7"], own).select("address", "country").row(0)
        ('203.0.113.7', 'DE')
    """
    asked = pl.DataFrame({"address": list(addresses)}, schema={"address": pl.String()})
    if databases is None:
        return _completed(asked)
    if isinstance(databases, pl.DataFrame):
        if "address" not in databases.columns:
            raise RequestError("locations has no column address. Name the addresses' column so.")
        known = databases.unique("address", keep="first", maintain_order=True)
        return _completed(asked.join(known, on="address", how="left"))
    paths = [databases] if isinstance(databases, str | os.PathLike) else list(databases)
    rows: list[dict[str, Any]] = [{"address": text} for text in asked["address"]]
    for path in paths:
        with _opened(path) as database:
            for row in rows:
                for name, value in _told(database, row["address"]).items():
                    row.setdefault(name, value)
    return pl.DataFrame(rows, schema=SCHEMA, strict=False)


def _completed(known: pl.DataFrame) -> pl.DataFrame:
    held = [name for name in SCHEMA if name in known.columns]
    return known.select(
        (pl.col(name) if name in held else pl.lit(None)).cast(dtype).alias(name)
        for name, dtype in SCHEMA.items()
    )


def _opened(path: str | os.PathLike[str]) -> maxminddb.Reader:
    try:
        import maxminddb
    except ImportError as missing:
        raise MissingExtraError.of("A MaxMind database", "geo") from missing
    try:
        return maxminddb.open_database(path)
    except (OSError, ValueError, maxminddb.InvalidDatabaseError) as why:
        hint = "Pass a file in MaxMind's format (.mmdb)."
        raise SourceError.about("no location database", os.fspath(path), hint) from why


def _told(database: maxminddb.Reader, address: str) -> dict[str, object]:
    """Say what a database knows of the address; one without IPv6 knows nothing of it."""
    try:
        found: Any = database.get(address)
    except ValueError:
        return {}
    told = {name: _at(found, path) for name, path in _PATHS.items()}
    return {name: value for name, value in told.items() if value is not None}


def _at(found: object, path: tuple[str, ...]) -> object:
    for step in path:
        found = found.get(step) if isinstance(found, Mapping) else None
    return found
