"""Aliases that several layers share."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, TypeAlias

import polars as pl

#: A moment as users write it: "2026-11-01T02:13:00Z", a date, a datetime (naive is UTC).
Moment: TypeAlias = str | date | datetime

#: Anything `trailnb.open` understands: a path or URL, a mapping of names to bytes, a table, a list.
Openable: TypeAlias = Any

#: What questions take: the event table or a part of it.
Events: TypeAlias = pl.LazyFrame | pl.DataFrame
