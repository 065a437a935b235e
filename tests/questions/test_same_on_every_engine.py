"""Engine questions give the same rows on every engine, each with its own kind of frame."""

from __future__ import annotations

from datetime import UTC
from functools import partial
from typing import TYPE_CHECKING, Any

import duckdb
import polars as pl
import pytest

from tests.evidence import event, events, role, user
from trailnb._frame import table
from trailnb.questions.activity import activity
from trailnb.questions.compare import compare
from trailnb.questions.denied import denied, denied_bursts
from trailnb.questions.failures import failures
from trailnb.questions.first_seen import first_seen
from trailnb.questions.origins import origins
from trailnb.questions.pivot import pivot
from trailnb.questions.root_use import root_use
from trailnb.questions.sign_ins import sign_ins

if TYPE_CHECKING:
    from collections.abc import Callable

FRAME = events(
    event(eventID="a", eventTime="2026-11-01T09:00:00Z"),
    event(eventID="b", errorCode="AccessDenied", userIdentity=user("bob")),
    event(eventID="c", sourceIPAddress="2001:db8::7", userIdentity=role("app", "i-11111111")),
    event(eventID="d", errorCode="Throttling", userIdentity={"type": "Root", "accountId": "1"}),
    event(eventID="e", sourceIPAddress=None, userAgent=None),
).collect()
WINDOWS = {
    "since_a": "2026-11-01", "until_a": "2026-11-02",
    "since_b": "2026-11-02", "until_b": "2026-11-03",
}  # fmt: skip
QUESTIONS: dict[str, Callable[[Any], Any]] = {
    "activity": partial(activity, every="1d"),
    "compare": partial(compare, **WINDOWS),
    "denied": denied,
    "failures": failures,
    "first_seen": partial(first_seen, what=["origin", "session"]),
    "new": partial(first_seen, baseline="2026-11-02"),
    "origins": partial(origins, marks=False),
    "pivot": partial(pivot, origin="198.51.100.0/24"),
    "root_use": root_use,
}


def plain(answer: object) -> list[dict[str, Any]]:
    """The rows, with times of one zone and no engine's own spelling of nothing."""
    shown = table(answer)
    times = pl.selectors.datetime(time_zone="*").dt.convert_time_zone("UTC")
    return shown.with_columns(times, pl.selectors.float().fill_nan(None)).to_dicts()


@pytest.mark.parametrize("name", QUESTIONS)
def test_engine_questions(name: str) -> None:
    """Polars lazy and eager, pandas, DuckDB."""
    ask = QUESTIONS[name]
    expected = plain(ask(FRAME))
    assert expected
    for other in (FRAME.lazy(), FRAME.to_pandas(), duckdb.from_arrow(FRAME.to_arrow())):
        answer = ask(other)
        assert type(answer) is type(other)
        assert plain(answer) == expected


@pytest.mark.parametrize("ask", [origins, sign_ins, denied_bursts])
def test_refined_questions_finish_in_polars(ask: Callable[[Any], pl.LazyFrame]) -> None:
    """Whatever engine reduced, a lazy frame comes back with the documented columns."""
    expected = ask(FRAME).collect()
    answer = ask(duckdb.from_arrow(FRAME.to_arrow()))
    assert isinstance(answer, pl.LazyFrame)
    assert answer.collect().equals(expected)
    assert all(
        time.tzinfo is not None and time.utcoffset() == UTC.utcoffset(None)
        for column in expected.select(pl.selectors.datetime())
        for time in column.drop_nulls()
    )
