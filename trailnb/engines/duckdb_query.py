"""One query on DuckDB, which can reach nothing but the tables it is given.

No file, network, extension or variable of Python's is within reach, and that cannot be switched
back on: the configuration is locked before the query is seen. The zone is UTC.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import polars as pl

from trailnb._frame import refined
from trailnb._plain import plain
from trailnb.engines.athena_dialect import MACROS
from trailnb.engines.sql_tables import LAKE, MAPS
from trailnb.engines.sql_translation import near, read, refused
from trailnb.errors import MissingExtraError, RequestError

if TYPE_CHECKING:
    from trailnb.engines.sql_tables import Tables
    from trailnb.engines.sql_translation import Query

_CLOSED: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": "false",
    "autoload_known_extensions": "false",
    "autoinstall_known_extensions": "false",
    "python_enable_replacements": "false",
    "allow_community_extensions": "false",
    "temp_directory": "",
}
_LOCKED = ("SET TimeZone = 'UTC'", "SET lock_configuration = true")
_UNKNOWN_FUNCTION = re.compile(r"Function with name (\S+) does not exist")
_UNKNOWN_TYPE = re.compile(r"Type with name (\S+) does not exist")
_UNKNOWN_COLUMN = re.compile(r'(?:[Cc]olumn|key) "?([^"\s]+)"? (?:not found|does not exist)')
_MESSAGE = 400


def answered(tables: Tables, text: str, dialect: str | None) -> pl.LazyFrame:
    """How does DuckDB answer, once somebody looks? What cannot run is refused now.

    Raises:
        MissingExtraError: DuckDB is not installed.
        RequestError: the query cannot run, with the reason.
    """
    query = read(text, dialect)
    schemas = {name: tables.table(name).collect_schema() for name in query.tables}
    empty = {name: pl.DataFrame(schema=schema) for name, schema in schemas.items()}
    told = _run(empty, query, dialect)

    def answer() -> pl.DataFrame:
        names = sorted(query.tables)
        frames = pl.collect_all([tables.table(name, query.wanted) for name in names])
        found = _run(dict(zip(names, frames, strict=True)), query, dialect)
        return found.cast(told.schema)

    return refined(told.schema, answer)


def _run(frames: dict[str, pl.DataFrame], query: Query, dialect: str | None) -> pl.DataFrame:
    try:
        import duckdb
        import pyarrow as pa  # noqa: F401 - it carries frames over
    except ImportError as error:
        raise MissingExtraError.of("tn.sql on DuckDB", "duckdb") from error
    columns = sorted({column for frame in frames.values() for column in frame.columns})
    with duckdb.connect(":memory:", config=_CLOSED) as base:
        of_athena = ("SET integer_division = true",) if dialect else ()
        for statement in (*of_athena, *_LOCKED, *MACROS):
            base.execute(statement)
        for name, frame in frames.items():
            base.register(f"{name}__held", frame)
            made = f'CREATE VIEW {name} AS SELECT {_typed(name, frame)} FROM "{name}__held"'  # noqa: S608 - our names
            base.execute(made)
        try:
            statements = base.extract_statements(query.text)
            if [one.type for one in statements] != [duckdb.StatementType.SELECT]:
                raise refused("something else to DuckDB")
            told = base.sql(query.text)
            # Polars cannot take an interval of months, and stops the process's thread over it.
            if any("INTERVAL" in str(one) for one in told.types):
                raise RequestError("An interval has no place in a frame: CAST it AS VARCHAR.")
            found: pl.DataFrame = told.pl()
        except duckdb.Error as error:
            raise _said(str(error), columns, dialect) from error
    return found


def _typed(name: str, frame: pl.DataFrame) -> str:
    """Say the columns; lists of entries become maps."""
    told = []
    for column in frame.columns:
        quoted = '"' + column.replace('"', '""') + '"'
        is_map = name == LAKE and column in MAPS
        told.append(f"map_from_entries({quoted}) AS {quoted}" if is_map else quoted)
    return ", ".join(told)


def _said(message: str, columns: list[str], dialect: str | None) -> RequestError:
    """Say DuckDB's error as a sentence."""
    whose = {"athena": "Athena's ", "lake": "CloudTrail Lake's "}.get(dialect or "", "")
    if found := _UNKNOWN_FUNCTION.search(message):
        return RequestError(
            f"{whose}function {plain(found[1])} is not known to DuckDB, so this query cannot run "
            "here. Say it with another function."
        )
    if found := _UNKNOWN_TYPE.search(message):
        return RequestError(
            f"{whose}type {plain(found[1])} is not known to DuckDB, so this query cannot run here."
        )
    if found := _UNKNOWN_COLUMN.search(message):
        return RequestError(f"The table has no column {plain(found[1])}. {near(found[1], columns)}")
    return RequestError(f"DuckDB cannot run this query: {plain(message)[:_MESSAGE]}")
