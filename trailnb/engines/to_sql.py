"""The text of a question in SQL, for a saved trail that is asked where it lies."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from trailnb._frame import asked
from trailnb.engines.sql_spelling import respelled
from trailnb.engines.store_table import DATE, ibis_types, name_parts
from trailnb.errors import ColumnError, MissingExtraError, RequestError
from trailnb.formats.moments import shifted
from trailnb.questions._matching import ISSUING, issues_in
from trailnb.store.part import UNDATED
from trailnb.trail.request import STAMP_SLACK, request_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta
    from types import ModuleType

    from trailnb._lineage.issues import Issues
    from trailnb._typing import Moment
    from trailnb.trail.request import Request
    from trailnb.trail.trail import Trail

Dialect: TypeAlias = Literal["athena", "trino", "duckdb"]

#: "Service quotas", Amazon Athena User Guide: the longest query string.
_ATHENA_BYTES = 262_144
_FORMS = "timeline(collapse=False), origins(marks=False), insights(windows=False)"


@dataclass(frozen=True)
class _Told:
    """A table to write about, with what only reading could tell: the issued credentials."""

    events: Any
    issues: Issues


def to_sql(
    question: Callable[[Any], object],
    *,
    dialect: Dialect = "athena",
    table: str = "events",
    since: Moment | None = None,
    until: Moment | None = None,
    late: str | timedelta | None = "1d",
    trail: Trail | None = None,
) -> str:
    """Which SQL asks this of the table of a saved trail?

    The text is for the view that `tn.table_ddl` makes, and for people: nothing is read or run. In
    DuckDB say `SET TimeZone = 'UTC'` first.

    Args:
        question: An engine question, or what asks one: `tn.actors`,
            `lambda events: tn.timeline(events, actor="alice", collapse=False)`.
        dialect: `athena`, `trino` or `duckdb`.
        table: The table or view, with its database if need be: `security.events`.
        since: First moment (UTC) of the window, also said of the partitions, so that days outside
            are neither read nor paid for. A log file that is stamped long before its events, which
            CloudTrail never writes, lies outside; so do events that it was the first to bring.
        until: First moment after the window.
        late: How long after `until` deliveries are looked at; None is for ever.
        trail: Where the events that issued credentials are read, now, for a filter that rests on
            them: the timeline's `actor`. The text then names the keys they issued.

    Raises:
        RequestError: the question has no text: it is finished in Polars, or reads events first, or
            an argument cannot be meant.
        MissingExtraError: the package `ibis-framework` or `sqlglot` is not installed.

    Example:
        >>> import trailnb as tn
        >>> print(tn.to_sql(lambda events: tn.failures(events), table="security.events"))
        SELECT
          "t4"."actor",
        ...
        >>> tn.to_sql(tn.triage)
        Traceback (most recent call last):
        ...
        trailnb.errors.RequestError: triage is a refined question: Polars finishes it, and no SQL...
    """
    ibis = _loaded()
    if dialect not in get_args(Dialect):
        known = ", ".join(get_args(Dialect))
        raise RequestError(f"dialect={dialect!r} is not known here. Known are {known}.")
    _refuse_refined(question)
    request = request_of(
        since=since, until=until, late=late, lookback="0s",
        accounts=None, regions=None, categories=None, dedupe=True,
    )  # fmt: skip
    *places, name = name_parts(table)
    place = dict(zip(("database", "catalog"), reversed(places), strict=False))
    events = _within(ibis.table(ibis_types(), name=name, **place), request)
    told = events if trail is None else _Told(events, _issues(trail))
    text = respelled(_written(ibis, question, told, dialect), dialect)
    if dialect == "athena" and len(text.encode()) > _ATHENA_BYTES:
        raise RequestError(
            f"The text has {len(text.encode()):,} bytes, and Athena takes {_ATHENA_BYTES:,}. "
            "Ask for fewer values at once."
        )
    return text


def _loaded() -> Any:  # noqa: ANN401 - ibis is typed as it pleases
    try:
        import ibis
        import sqlglot  # noqa: F401 - what ibis writes is read again
    except ModuleNotFoundError as missing:
        raise MissingExtraError.of("tn.to_sql", "ibis") from missing
    return ibis


def _written(ibis: Any, question: Callable[[Any], object], told: object, dialect: str) -> str:  # noqa: ANN401
    """Ask the question of a table without rows, and write down what it would run."""
    try:
        answer = question(told)
        if isinstance(answer, ibis.expr.types.Table):
            return str(ibis.to_sql(answer, dialect=dialect))
    except ColumnError as error:
        lacking = str(error).partition(". ")[0]
        raise RequestError(
            f"{lacking}. The table of a saved trail has no column that only lineage fills "
            "(session_id, root_actor): ask by key or origin, or ask trail.events in Polars."
        ) from error
    except ibis.common.exceptions.IbisError as error:
        if "unbound" not in str(error):
            raise RequestError(f"ibis cannot say this in the dialect {dialect}: {error}") from error
        raise RequestError(
            "This reads events before it can be written: an actor is also who began a chain of "
            "credentials, told by the events that issued them. Pass trail=, the trail to read them "
            "from, or ask by key or origin."
        ) from error
    raise RequestError(
        f"The answer is a {type(answer).__name__}, which no engine's SQL says: a refined question "
        f"is finished in Polars. These have an engine form: {_FORMS}."
    )


def _refuse_refined(question: Callable[[Any], object]) -> None:
    """Refuse a question that no text can ask, and say which argument makes it one that can."""
    asks = question.func if isinstance(question, partial) else question
    said = question.keywords if isinstance(question, partial) else {}
    module = _module_of(asks)
    if module is None or module.CLASS == "engine":
        return
    name = asks.__name__
    form: dict[str, bool] = getattr(module, "ENGINE_FORM", {})
    if form and form.items() <= said.items():
        return
    does = f"{name} is a refined question: Polars finishes it, and no SQL says that."
    if not form:
        raise RequestError(f"{does} Ask trail.events, or one of the engine forms: {_FORMS}.")
    argument = ", ".join(f"{key}={value}" for key, value in form.items())
    raise RequestError(
        f"{does} With {argument} it is an engine question: "
        f"to_sql(lambda events: tn.{name}(events, {argument}))."
    )


def _module_of(asks: Callable[..., object]) -> ModuleType | None:
    home: str = getattr(asks, "__module__", "")
    is_question = home.startswith("trailnb.questions.") and asks.__name__ != "<lambda>"
    return sys.modules[home] if is_question else None


def _within(table: Any, request: Request) -> Any:  # noqa: ANN401 - ibis is typed as it pleases
    """Keep the window: what cannot be told stays, as in a trail's events."""
    day, time = table[DATE], table.event_time
    kept = []
    if request.since is not None:
        first = shifted(request.since, -STAMP_SLACK).date().isoformat()
        kept += [(day == UNDATED) | (day >= first), time.isnull() | (time >= request.since)]
    if request.until is not None:
        if request.late is not None:  # undated log files lie under a day before all others
            kept.append(day <= shifted(request.until, request.late).date().isoformat())
        kept.append(time.isnull() | (time < request.until))
    return table.filter(*kept) if kept else table


def _issues(trail: Trail) -> Issues:
    """Which credentials were issued in this trail?"""
    return issues_in(trail, asked(trail, ISSUING, "to_sql"))
