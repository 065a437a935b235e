"""Log files as they lie, read by Spark's workers: `format("cloudtrail")`.

Filters are not pushed: in pyspark 4.1 to 4.3 a data source that takes them gives wrong rows, since
the plan of one filtered query is kept for the whole frame. What bounds the reading is an option.
"""

from __future__ import annotations

import json
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl
from pyspark.sql.datasource import DataSource, DataSourceReader, InputPartition

from trailnb.engines.store_table import spark_type
from trailnb.errors import ProblemWarning, RequestError
from trailnb.formats.problem import PROBLEM_SCHEMA, Problem, problem_frame
from trailnb.reading.chunks import ReadPlan, read_chunks
from trailnb.reading.workers import is_picklable, tasks_of
from trailnb.trail.opening import open as open_trail
from trailnb.trail.scan import EventScan, schema, window_filter

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pyarrow as pa

    from trailnb.reading.chunks import Numbered
    from trailnb.sources.source import Source
    from trailnb.trail.trail import Trail

_LISTS = ("accounts", "regions", "categories")
_OPTIONS = frozenset({"path", "since", "until", "late", "storage_options", "problems", *_LISTS})


class CloudTrail(DataSource):  # type: ignore[misc] # pyspark's types are not read
    """The events of log files, as `trail.events` has them, but with every copy.

    Options are those of `tn.open`: the path, `since`, `until`, `late`; `accounts`, `regions` and
    `categories` with commas; `storage_options` as JSON. Only the fields that the frame's schema
    needs are decoded: `.schema("event_time timestamp, event_name string")` reads two. No worker
    sees what another reads, so an event that was delivered twice is there twice: `dropDuplicates`
    on event id and recipient account, or save the trail, which marks copies. Problems are a reading
    of their own, `.option("problems", "true")`: the rows of `trail.problems()`. A task that met any
    says so in its worker's log, for a worker has no other way to warn whoever asked.
    """

    @classmethod
    def name(cls) -> str:
        """How is it called in `format(…)`?"""
        return "cloudtrail"

    def schema(self) -> str:
        """Which columns are there, in Spark's own words?"""
        columns = PROBLEM_SCHEMA if _is_about_problems(self.options) else schema()
        return ", ".join(f"`{name}` {spark_type(dtype)}" for name, dtype in columns.items())

    def reader(self, schema: Any) -> Reader:  # noqa: ANN401 - a StructType
        """Open the trail, here and once: workers are handed lists of files."""
        return Reader(
            schema, _opened(self.options), is_about_problems=_is_about_problems(self.options)
        )


@dataclass
class Part(InputPartition):  # type: ignore[misc]
    """Log files that one task reads; or problems that were met before any is read."""

    files: tuple[Numbered, ...] = ()
    problems: tuple[Problem, ...] = ()


class Reader(DataSourceReader):  # type: ignore[misc]
    """Reads log files in Spark's workers; takes no filters, see above."""

    def __init__(self, wanted: Any, trail: Trail, *, is_about_problems: bool) -> None:  # noqa: ANN401
        """Plan the reading; raises RequestError where workers cannot have the source."""
        if not isinstance(trail.scan, EventScan):
            raise RequestError("A saved trail needs no decoding: tn.engines.spark_frame reads it.")
        self._source: Source = trail.scan.source
        if not is_picklable(self._source):
            raise RequestError(f"{self._source.uri} is read by one process: save it first.")
        self._tasks = [Part(task) for task in tasks_of(list(enumerate(trail.scan.files)))]
        self._unlisted = tuple(
            Problem(place, f"could not be listed: {why}") for place, why in trail.unlisted
        )
        self._wanted = wanted
        self._is_about_problems = is_about_problems
        window = window_filter(trail.scan.request)
        self._window = None if window is None else window.meta.serialize()
        self._roots = () if window is None else tuple(window.meta.root_names())

    def partitions(self) -> list[Part]:
        """Which tasks are there? A few megabytes of log files each."""
        before = [Part(problems=self._unlisted)] if self._unlisted else []
        return [*before, *self._tasks] or [Part()]

    def read(self, partition: Part) -> Iterator[pa.RecordBatch]:
        """Read one task's log files, in a worker."""
        if self._is_about_problems:
            yield from self._batches(problem_frame(self._met(partition)))
            return
        names = tuple(self._wanted.fieldNames())
        plan = ReadPlan(tuple(dict.fromkeys([*names, *self._roots])), predicate=self._window)
        met = list(partition.problems)
        for chunk in read_chunks(self._source, partition.files, plan):
            met += chunk.problems
            yield from self._batches(chunk.frame.select(names))
        _warn(met)

    def _met(self, partition: Part) -> list[Problem]:
        whole = [name for name in schema() if name not in {"log_file", "log_index"}]
        plan = ReadPlan(tuple(whole), early=pl.lit(value=False).meta.serialize())
        chunks = read_chunks(self._source, partition.files, plan)
        return [*partition.problems, *(one for chunk in chunks for one in chunk.problems)]

    def _batches(self, frame: pl.DataFrame) -> Iterator[pa.RecordBatch]:
        from pyspark.sql.pandas.types import to_arrow_schema

        texts = pl.col(pl.Enum, pl.Categorical).cast(pl.String)
        typed = frame.with_columns(texts) if frame.width else frame
        table = typed.to_arrow().cast(to_arrow_schema(self._wanted, timezone="UTC"))
        yield from table.to_batches()


def _warn(problems: Sequence[Problem]) -> None:
    serious = [one for one in problems if one.severity != "note"]
    if serious:
        said = f"{len(serious):,} problems, the first in {serious[0].log_file!r}"
        warnings.warn(
            f'{said}: some content could not be read as it stands. .option("problems", "true") '
            "lists file, position and reason.",
            ProblemWarning,
            stacklevel=2,
        )


def _is_about_problems(options: Mapping[str, str]) -> bool:
    return options.get("problems", "false").lower() == "true"


def _opened(options: Mapping[str, str]) -> Trail:
    """Open what the options name."""
    unknown = sorted(name for name in {one.lower() for one in options} if name not in _OPTIONS)
    if unknown:
        raise RequestError(
            f"format('cloudtrail') has no option {', '.join(unknown)}. "
            f"It has {', '.join(sorted(_OPTIONS))}."
        )
    path = options.get("path")
    if not path:
        raise RequestError("format('cloudtrail') needs a path: .load('s3://acme-trails/').")
    given = options.get("storage_options")
    accounts, regions, categories = (_several(options.get(name)) for name in _LISTS)
    return open_trail(
        path,
        since=options.get("since"),
        until=options.get("until"),
        accounts=accounts,
        regions=regions,
        categories=categories,
        late=options.get("late", "1d"),
        lookback="0s",
        storage_options=json.loads(given) if given else None,
        progress=lambda _: None,
    )


def _several(text: str | None) -> list[str] | None:
    return None if text is None else [one.strip() for one in text.split(",")]
