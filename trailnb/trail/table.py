"""Tables that already hold events: Polars, pandas or Arrow, with the event table's columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from trailnb.errors import ColumnError
from trailnb.facts.columns import BY_NAME
from trailnb.facts.derived import with_derived
from trailnb.formats.moments import moments
from trailnb.trail.scan import schema, window_filter

if TYPE_CHECKING:
    from trailnb._typing import Openable
    from trailnb.trail.request import Request

#: Without these a table is no table of events.
_NEEDED = ("event_time", "event_source", "event_name")


def apart(uri: Openable) -> tuple[list[pl.LazyFrame], Any]:
    """Which parts of this are tables, and what is left to be found by name?

    Example:
        >>> tables, places = apart([pl.DataFrame({"event_name": ["GetUser"]}), "logs/"])
        >>> len(tables), places
        (1, ['logs/'])
    """
    table = _lazy(uri)
    if table is not None:
        return [table], {}
    if not isinstance(uri, (list, tuple)):
        return [], uri
    parts = [(part, _lazy(part)) for part in uri]
    tables = [table for _, table in parts if table is not None]
    places = [part for part, table in parts if table is None]
    return tables, places if places or not tables else {}


def as_events(table: pl.LazyFrame, request: Request) -> pl.LazyFrame:
    """What does this table say as an event table, within the window?

    Columns it lacks are null, derived columns are computed from what it has, columns the event
    table does not know are left out. Rows that are equal in every column are one event.

    Raises:
        ColumnError: it lacks a column without which it holds no events.
    """
    types = table.collect_schema()
    have = types.names()
    missing = [name for name in _NEEDED if name not in have]
    if missing:
        raise ColumnError.missing(missing, "open")
    whole = schema()
    written = [name for name, dtype in types.items() if dtype == pl.String and _is_time(name)]
    table = table.with_columns(
        pl.col(name).map_batches(moments, return_dtype=whole[name]) for name in written
    )
    absent = [pl.lit(None, dtype).alias(name) for name, dtype in whole.items() if name not in have]
    base = with_derived(
        table.with_columns(one for one in absent if one.meta.output_name() in BY_NAME), whole
    )
    events = base.select(pl.col(name).cast(dtype) for name, dtype in whole.items())
    window = window_filter(request)
    events = events if window is None else events.filter(window)
    return events.unique(maintain_order=True) if request.is_deduped else events


def _is_time(name: str) -> bool:
    return name in BY_NAME and BY_NAME[name].kind == "time"


def _lazy(thing: Openable) -> pl.LazyFrame | None:
    """See a table as a Polars lazy frame, whoever made it; None when it is none."""
    if isinstance(thing, pl.LazyFrame):
        return thing
    if isinstance(thing, pl.DataFrame):
        return thing.lazy()
    if hasattr(thing, "__arrow_c_stream__"):  # Arrow tables, pandas 3, DuckDB relations and others
        return pl.DataFrame(thing).lazy()
    return None
