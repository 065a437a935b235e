"""What do the arguments of `open` mean, and what is said to those that mean nothing?"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

import trailnb as tn
from trailnb.errors import RequestError
from trailnb.formats.moments import shifted
from trailnb.trail.request import Request, duration, request_of

CET = timezone(timedelta(hours=1))


def asked(**arguments: Any) -> Request:
    """What is asked for with these arguments, all others left out?"""
    nothing = dict.fromkeys(("since", "until", "accounts", "regions", "categories"))
    return request_of(**(nothing | {"late": "1d", "lookback": "36h", "dedupe": True} | arguments))


@pytest.mark.parametrize(
    "written",
    [
        "2026-11-02",
        "2026-11-02T00:00:00Z",
        "2026-11-02 00:00",
        "2026-11-02T01:00:00+01:00",
        "20261102T000000Z",
        date(2026, 11, 2),
        datetime(2026, 11, 2, tzinfo=UTC),
        datetime(2026, 11, 2, 1, tzinfo=CET),
        datetime(2026, 11, 2),  # noqa: DTZ001 - naive is UTC
        "1793577600",
    ],
)
def test_moment_in_any_form(written: str | date) -> None:
    """Texts, dates and datetimes name the same moment in UTC; what has no zone is UTC."""
    assert asked(since=written).since == datetime(2026, 11, 2, tzinfo=UTC)
    assert asked(until=written).until == datetime(2026, 11, 2, tzinfo=UTC)


def test_nothing_asked_is_everything() -> None:
    """Without arguments the window is open, all places count, and copies are dropped."""
    assert asked() == Request()
    assert asked().late == timedelta(days=1)
    assert asked().lookback == timedelta(hours=36)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("90m", 5400), ("36h", 129_600), ("1d", 86_400), ("2w", 1_209_600)],
)
def test_duration_units(text: str, seconds: int) -> None:
    """Seconds, minutes, hours, days and weeks are spelt with one letter."""
    assert duration("late", text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["1.5h", " 90m ", "90 m", "5400s"])
def test_duration_spelling(text: str) -> None:
    """Fractions and blanks are understood."""
    assert duration("late", text) == timedelta(minutes=90)


def test_duration_as_timedelta() -> None:
    """A timedelta is taken as it is."""
    assert asked(late=timedelta(minutes=3)).late == timedelta(minutes=3)


def test_late_without_bound() -> None:
    """`late=None` bounds nothing."""
    assert asked(late=None).late is None


@pytest.mark.parametrize("name", ["accounts", "regions", "categories"])
def test_one_name_or_several(name: str) -> None:
    """One text is one name, not its letters."""
    assert getattr(asked(**{name: "Data"}), name) == {"Data"}
    assert getattr(asked(**{name: ["Data", "Insight"]}), name) == {"Data", "Insight"}
    assert getattr(asked(**{name: iter(["Data"])}), name) == {"Data"}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"since": "soon"}, "since='soon' names no moment. Write it like '2026-11-01'"),
        ({"until": "2026-13-01"}, "until='2026-13-01' names no moment."),
        ({"late": "a while"}, "late='a while' names no duration. Write it like '90m'"),
        ({"lookback": "-1d"}, "lookback='-1d' names no duration."),
        ({"lookback": "36"}, "lookback='36' names no duration."),
        ({"accounts": []}, "accounts must name at least one, as text."),
        ({"accounts": [111122223333]}, "accounts must name at least one, as text."),
        ({"categories": "Managment"}, "no such category: Managment. Known are Management, Data,"),
        (
            {"since": "2026-11-02", "until": "2026-11-01"},
            "since 2026-11-02T00:00:00Z is not before until 2026-11-01T00:00:00Z.",
        ),
    ],
)
def test_errors_are_sentences(arguments: dict[str, Any], sentence: str) -> None:
    """What cannot be meant is refused with what is wrong and how to say it right."""
    with pytest.raises(RequestError) as caught:
        asked(**arguments)
    assert str(caught.value).startswith(sentence)
    assert str(caught.value).endswith((".", "(UTC)."))


def test_empty_window_is_refused() -> None:
    """The window is half-open, so a window from a moment to itself holds nothing."""
    with pytest.raises(RequestError, match="is not before until"):
        asked(since="2026-11-02", until="2026-11-02")


def test_error_is_a_value_error() -> None:
    """Those who catch ValueError catch what cannot be meant."""
    with pytest.raises(ValueError, match="names no moment"):
        tn.open({}, since="soon")


@pytest.mark.parametrize(
    "arguments", [{"since": 5}, {"late": 5}, {"lookback": None}, {"accounts": 111122223333}]
)
def test_other_types_are_refused(arguments: dict[str, Any]) -> None:
    """A number where a moment, a duration or a name is due is refused with a sentence."""
    with pytest.raises(RequestError):
        asked(**arguments)


def test_negative_duration_is_refused() -> None:
    """No delivery comes before its event, however the duration is written."""
    with pytest.raises(RequestError):
        asked(late=timedelta(days=-1))


def test_endless_duration_is_refused() -> None:
    """A duration longer than the calendar is refused with a sentence."""
    with pytest.raises(RequestError):
        asked(late="99999999999w")


@pytest.mark.parametrize("window", [{"until": "9999-12-31"}, {"since": "0001-01-01"}])
def test_ends_of_the_calendar(window: dict[str, str]) -> None:
    """The first and last day that can be written are bounds like any other."""
    assert tn.open({}, **window).scan.files == ()


def test_shift_stays_in_the_calendar() -> None:
    """A moment shifted beyond the calendar is its first or last."""
    late, early = datetime(9999, 12, 31, tzinfo=UTC), datetime(1, 1, 1, tzinfo=UTC)
    assert shifted(late, timedelta(days=2)) > late
    assert shifted(early, timedelta(days=-2)) == early
