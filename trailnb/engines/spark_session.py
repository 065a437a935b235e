"""Spark, when one machine is too small: a map over its workers, and a saved trail as its frame.

A group of log files is one pure task, so a cluster's map does what this machine's processes do, and
a task that died with its worker is run again by Spark. Parts are renamed into place, so what a dead
worker had half written is never seen.
"""

from __future__ import annotations

import pickle
import re
from typing import TYPE_CHECKING, Any, NoReturn

from trailnb.engines.store_table import plain_scan, spark_type
from trailnb.errors import MissingExtraError, RequestError
from trailnb.formats.moments import shifted
from trailnb.store.part import UNDATED
from trailnb.store.writing import IS_COPY
from trailnb.trail.ledger import warn_of
from trailnb.trail.request import request_of
from trailnb.trail.scan import schema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import timedelta

    from trailnb._typing import Moment
    from trailnb.store.part import Footer
    from trailnb.store.saving import Map
    from trailnb.store.writing import Group, Written
    from trailnb.trail.request import Request
    from trailnb.trail.stored import StoredScan
    from trailnb.trail.trail import Trail

#: So many groups for each core are one job: progress is told after each, and few cores wait at its
#: end. A group takes seconds, a job of Spark a tenth of one.
_GROUPS_A_CORE = 8
_TIME_ZONE = "spark.sql.session.timeZone"
_PATTERNS = re.compile(r"([\\{}\[\]*?])")


def spark(session: Any) -> Map:  # noqa: ANN401 - pyspark need not be there
    """How does a Spark cluster save a trail? A map for `trail.save(dest, map=…)`.

    Workers read the log files and write the parts themselves; only counts come back. Both places
    must be reachable from every worker, and trailnb importable there. A worker that is killed
    changes nothing in the result. One process a core: give each one thread with
    `spark.executorEnv.POLARS_MAX_THREADS=1`.

    Args:
        session: a SparkSession of classic Spark.

    Returns:
        The map. It raises RequestError when the source cannot travel to other machines, as an
        opened connection or a live door, which one process must read.

    Raises:
        MissingExtraError: pyspark is not installed.
        RequestError: this is no classic session (Spark Connect has no workers to map over).

    Example:
        >>> import pytest
        >>> _ = pytest.importorskip("pyspark")
        >>> spark(None)
        Traceback (most recent call last):
            ...
        trailnb.errors.RequestError: None is no SparkSession.
    """
    context = _context(session)

    def over(task: Callable[[Group], Written], groups: Sequence[Group]) -> Iterator[Written]:
        _check_portable(task)
        many = _GROUPS_A_CORE * context.defaultParallelism
        for first in range(0, len(groups), many):
            some = groups[first : first + many]
            yield from context.parallelize(some, len(some)).map(task).collect()

    return over


def spark_frame(
    trail: Trail,
    session: Any,  # noqa: ANN401 - pyspark need not be there
    *,
    since: Moment | None = None,
    until: Moment | None = None,
) -> Any:  # noqa: ANN401
    """What are the events of a saved trail, as a frame of Spark? Every engine question takes it.

    The same events as `trail.events`, each once, read by Spark itself from the Parquet parts. With
    a window, days of delivery outside of it are not opened.

    Args:
        trail: a saved trail, opened without a window of its own: copies are marked over the whole
            of it.
        session: a SparkSession whose time zone is UTC.
        since: events from here on (UTC).
        until: events before this (UTC).

    Returns:
        A Spark DataFrame over the columns of the event table; counts are `bigint`.

    Raises:
        MissingExtraError: pyspark is not installed.
        RequestError: the trail is not a saved one or was opened with a window, parts of it cannot
            be read as they lie (says what mends it), or the session's time zone is not UTC, by
            which Spark would move hours and days.

    Example:
        >>> import pytest
        >>> _ = pytest.importorskip("pyspark")
        >>> import trailnb as tn
        >>> spark_frame(tn.open("data-samples/quiet"), None)
        Traceback (most recent call last):
            ...
        trailnb.errors.RequestError: Spark reads saved trails: trail.save(dest) makes one.
    """
    scan = plain_scan(trail, "Spark")
    _context(session)
    zone = session.conf.get(_TIME_ZONE)
    if zone not in {"UTC", "Etc/UTC", "Z", "GMT"}:
        raise RequestError(
            f"The session's time zone is {zone}, and hours would move by it. Set it first: "
            f'session.conf.set("{_TIME_ZONE}", "UTC")'
        )
    if scan.ledger.problems:
        warn_of(list(scan.ledger.problems))
    request = request_of(
        since=since, until=until, accounts=None, regions=None, categories=None, late=None,
        lookback="0s", dedupe=True,
    )  # fmt: skip
    paths = _paths(scan, request)
    if not paths:
        return _nothing(session)
    rows = session.read.parquet(*paths)
    rows = rows.where(~rows[IS_COPY])
    time = rows["event_time"]
    if request.since is not None:
        rows = rows.where(time.isNull() | (time >= request.since))
    if request.until is not None:
        rows = rows.where(time.isNull() | (time < request.until))
    return rows.select(schema().names())


def register(session: Any) -> None:  # noqa: ANN401
    """Which log files may Spark read itself? After this `session.read.format("cloudtrail")` does.

    For a look at raw logs; saving them costs half of it (see `spark`). Its options and what it says
    of copies and problems stand in `trailnb.engines.spark_source.CloudTrail`.

    Args:
        session: a SparkSession; its workers need trailnb and pyarrow.

    Raises:
        MissingExtraError: pyspark is not installed.
        RequestError: this is no classic session.

    Example:
        >>> import pytest
        >>> _ = pytest.importorskip("pyspark")
        >>> register(None)
        Traceback (most recent call last):
            ...
        trailnb.errors.RequestError: None is no SparkSession.
    """
    _context(session)
    from trailnb.engines.spark_source import CloudTrail

    session.dataSource.register(CloudTrail)


def _check_portable(task: Callable[[Group], Written]) -> None:
    import cloudpickle

    try:
        cloudpickle.dumps(task)
    except (pickle.PicklingError, TypeError, AttributeError) as error:
        raise RequestError(
            f"This trail's source cannot be sent to other machines ({error}). Open it by its URL, "
            "or save it with this machine's own processes first."
        ) from None


def _context(session: Any) -> Any:  # noqa: ANN401
    """Take the context of a classic session."""
    try:
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession
    except ImportError:
        raise MissingExtraError.of("Spark", "spark") from None
    try:
        is_session = isinstance(session, SparkSession)
        return session.sparkContext if is_session else _no_session(session)
    except PySparkException:
        return _no_session(session)


def _no_session(session: object) -> NoReturn:
    if session is not None and "connect" in type(session).__module__:
        raise RequestError(
            "Spark Connect has no workers to map over: use a classic session, made on the cluster."
        )
    raise RequestError(f"{session!r:.80} is no SparkSession.")


def _paths(scan: StoredScan, request: Request) -> list[str]:
    """Name the parts that may hold events of the window."""
    return sorted(
        _as_spark_names_it(scan.place.path(part.name))
        for part in scan.held.parts
        if _may_hold(part.footer, request, scan.late)
    )


def _may_hold(footer: Footer, request: Request, late: timedelta | None) -> bool:
    """By the newest event in it, and by the day it was delivered, as far as `late` is a promise.

    Not by the day of delivery alone: a name may be stamped before its events happened, and where it
    brought them first, later copies are hidden.
    """
    since, until = request.since, request.until
    if since is not None and "" < footer.last_day < since.date().isoformat():
        return False
    if until is None or late is None or footer.day == UNDATED:
        return True
    return footer.day <= shifted(until, late).date().isoformat()


def _as_spark_names_it(path: str) -> str:
    """Write a path so that it names one file: Spark takes every path for a pattern."""
    path = _PATTERNS.sub(r"\\\1", path)
    scheme, is_url, rest = path.partition("://")
    if not is_url:
        return f"file://{path}"
    return f"s3a://{rest}" if scheme == "s3" else path


def _nothing(session: Any) -> Any:  # noqa: ANN401
    """Make an empty frame of the event table."""
    columns = (f"`{name}` {spark_type(dtype)}" for name, dtype in schema().items())
    return session.createDataFrame([], ", ".join(columns))
