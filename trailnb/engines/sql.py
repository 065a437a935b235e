"""Questions in SQL, over the events as they are or in the tables that AWS documents."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

import polars as pl
from polars import exceptions

from trailnb._plain import plain
from trailnb.engines.duckdb_query import answered
from trailnb.engines.sql_tables import ATHENA, EVENTS, Tables
from trailnb.engines.sql_translation import near, refused, unknown_table
from trailnb.errors import RequestError

if TYPE_CHECKING:
    from trailnb._frame import FrameT, HasEvents

_DIALECTS = {"athena": "athena", "trino": "athena", "presto": "athena", "lake": "lake"}
#: What stands in quotes or comments is no part of the query's shape; a quoted name is one, but for
#: what in it looks like the begin of the others.
_QUOTED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/", re.DOTALL)
_MARKS = str.maketrans("", "", "';-/*()")
_CALLS_READER = re.compile(r"\b((?:read|scan)_\w+)\"?\s*\(", re.IGNORECASE)
_FIRST = re.compile(r"[\s(]*(\w*)")
_NO_TABLE = re.compile(r"relation '(.*?)' was not found")
_NO_COLUMN = re.compile(r'(?:unable to find column|not found:?) "?([^"\s;]+)')


def sql(
    events: HasEvents[FrameT] | FrameT,
    query: str,
    *,
    engine: Literal["polars", "duckdb"] | None = None,
    dialect: Literal["athena", "trino", "presto", "lake"] | None = None,
) -> pl.LazyFrame:
    """What does this SQL query find?

    Table `events` is the event table, derived columns included. Table `cloudtrail_logs` has the
    names and shapes of Athena's documented one: `useridentity.arn`, `requestparameters` as text,
    `readonly` as 'true' or 'false', and the partition columns `timestamp`, `account`, `region`,
    `year`, `month` and `day`, which tell where the log file lies. Absent values are NULL. On
    DuckDB, `lake` has those of CloudTrail Lake: `eventtime` a time, `requestparameters` a map. Only
    the columns that the query names are built and read.

    Args:
        events: A trail, its `events`, or a part of them.
        query: One SELECT. Nothing else runs, and no file can be read.
        engine: "polars" (its own SQL; names in small letters) or "duckdb"; a dialect needs DuckDB.
        dialect: "athena" (or "trino", "presto"), whose queries are written again for DuckDB;
            or "lake", the same, where the id of one event data store stands for `lake`.

    Returns:
        The rows as a lazy frame. The query is checked now; events are read when it is collected.
        On DuckDB the columns it needs are then held in memory, of all events: its WHERE reaches no
        log file. Open the trail with `since` and `until`, or filter `events` first.

    Raises:
        RequestError: the query cannot run, with the reason and the place or the names that are.
        MissingExtraError: DuckDB or sqlglot is needed and not installed.

    Example:
        >>> import trailnb as tn
        >>> events = tn.open("data-samples/acme", since="2026-11-03").events
        >>> asked = "SELECT actor, action FROM events WHERE event_name = 'StopLogging' ORDER BY 1"
        >>> sql(events, asked).collect().row(0)
        ('role/log-operations/backup-sync', 'cloudtrail:StopLogging')
    """
    if dialect is not None and dialect not in _DIALECTS:
        raise RequestError(f"dialect={dialect!r} is none of {', '.join(_DIALECTS)}.")
    if engine not in {None, "polars", "duckdb"}:
        raise RequestError(f"engine={engine!r} is neither polars nor duckdb.")
    if engine == "polars" and dialect:
        raise RequestError(f"dialect={dialect!r} needs engine='duckdb': Polars has SQL of its own.")
    _refuse_all_but_select(query)
    tables = Tables.of(events)
    if engine == "duckdb" or dialect:
        return answered(tables, query, _DIALECTS[dialect] if dialect else None)
    return _on_polars(tables, query)


def _refuse_all_but_select(query: str) -> None:
    shape = _QUOTED.sub(lambda one: one[0].translate(_MARKS) if one[0][0] == '"' else " ", query)
    first = _FIRST.match(shape)
    word = first[1].upper() if first else ""
    if word not in {"SELECT", "WITH", "FROM"}:
        raise refused(f"{word or 'none'}, which may change something")
    if ";" in shape.strip().rstrip(";"):
        raise refused("several statements")
    if called := _CALLS_READER.search(shape):
        raise refused(f"a call of {called[1]}, which may read something else")


def _on_polars(tables: Tables, query: str) -> pl.LazyFrame:
    frames = {name: tables.table(name) for name in (EVENTS, ATHENA)}
    try:
        told = pl.SQLContext(frames).execute(query, eager=False)
        told.collect_schema()
    except exceptions.PolarsError as error:
        raise _said(str(error), frames) from error
    return told


def _said(message: str, frames: dict[str, pl.LazyFrame]) -> RequestError:
    if found := _NO_TABLE.search(message):
        return unknown_table(found[1])
    if found := _NO_COLUMN.search(message):
        known = {name for frame in frames.values() for name in frame.collect_schema().names()}
        return RequestError(
            f"The tables have no column {plain(found[1])}. {near(found[1], sorted(known))}"
        )
    return RequestError(f"Polars cannot run this query: {plain(message.partition('Resolved')[0])}")
