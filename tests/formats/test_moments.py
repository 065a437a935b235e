"""Every odd form of a moment seen in real logs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.formats.reading import named, read, records
from trailnb.formats.moments import moment, moments

FORMS = {
    "2023-07-10T12:02:04Z": datetime(2023, 7, 10, 12, 2, 4, tzinfo=UTC),
    "2023-07-10T12:02:04.123Z": datetime(2023, 7, 10, 12, 2, 4, 123_000, tzinfo=UTC),
    "2025-01-20 16:52:14.000000000": datetime(2025, 1, 20, 16, 52, 14, tzinfo=UTC),
    "2022-09-27 19:59:08": datetime(2022, 9, 27, 19, 59, 8, tzinfo=UTC),
    "2024-01-01 00:00:00.000": datetime(2024, 1, 1, tzinfo=UTC),
    "2023-01-22 16:53:53.000 UTC": datetime(2023, 1, 22, 16, 53, 53, tzinfo=UTC),
    "2014-03-06T21: 22: 54Z": datetime(2014, 3, 6, 21, 22, 54, tzinfo=UTC),
    "2020-05-13, 04:52:01 PM": datetime(2020, 5, 13, 16, 52, 1, tzinfo=UTC),
    "2020-05-13, 12:00:00 AM": datetime(2020, 5, 13, tzinfo=UTC),
    "2020-05-13, 12:00:00 PM": datetime(2020, 5, 13, 12, tzinfo=UTC),
    "2022-02-08 09:23:37+11:00": datetime(2022, 2, 7, 22, 23, 37, tzinfo=UTC),
    "2022-02-08T09:23:37-0330": datetime(2022, 2, 8, 12, 53, 37, tzinfo=UTC),
    "1644320617.0": datetime(2022, 2, 8, 11, 43, 37, tzinfo=UTC),
    "1644320617": datetime(2022, 2, 8, 11, 43, 37, tzinfo=UTC),
    "1644320617500": datetime(2022, 2, 8, 11, 43, 37, 500_000, tzinfo=UTC),
    "1644320617500.0": datetime(2022, 2, 8, 11, 43, 37, 500_000, tzinfo=UTC),
    "20131102T010628Z": datetime(2013, 11, 2, 1, 6, 28, tzinfo=UTC),
    "2025-10-30 23:45:00": datetime(2025, 10, 30, 23, 45, tzinfo=UTC),
    "Nov 2, 2026, 9:05:00 PM": datetime(2026, 11, 2, 21, 5, tzinfo=UTC),
    "2026-11-02": datetime(2026, 11, 2, tzinfo=UTC),
    " 2023-07-10T12:02:04Z\n": datetime(2023, 7, 10, 12, 2, 4, tzinfo=UTC),
}
NO_MOMENT = [
    "...",
    "",
    "-",
    "null",
    "yesterday",
    "2023-02-30T00:00:00Z",
    "2023-07-10T25:00:00Z",
    "0000-01-01T00:00:00Z",
    "-001-01-01T00:00:00Z",
    "10000-01-01T00:00:00Z",
    "0001-01-01T00:00:00+05:00",
    "999999999999999999999",
    "123456789e99999",
    "Nov 31, 2026, 9:05:00 PM",
    "Foo 1, 2026, 9:05:00 PM",
    "1.05",
]


@pytest.mark.parametrize("text", FORMS)
def test_odd_form_names_its_moment(text: str) -> None:
    """Each form seen in real logs is read exactly, without a zone as UTC."""
    assert moments(pl.Series([text])).to_list() == [FORMS[text]]


@pytest.mark.parametrize("text", NO_MOMENT)
def test_text_that_names_no_moment(text: str) -> None:
    """Text that names no moment is null, never another moment and never an error."""
    assert moments(pl.Series([text])).to_list() == [None]
    assert moment(text) is None


def test_forms_mix_in_one_series() -> None:
    """Odd forms, good ones and nulls stand beside each other."""
    texts = [*FORMS, None, *NO_MOMENT, *FORMS]
    found = moments(pl.Series(texts, dtype=pl.String))
    assert found.dtype == pl.Datetime("us", "UTC")
    assert found.to_list() == [*FORMS.values(), *[None] * (1 + len(NO_MOMENT)), *FORMS.values()]


def test_no_texts_are_no_moments() -> None:
    """An empty series, or one of nulls, keeps its length and has the type."""
    for texts in ([], [None, None]):
        found = moments(pl.Series(texts, dtype=pl.String))
        assert found.to_list() == texts
        assert found.dtype == pl.Datetime("us", "UTC")


@given(st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)))  # noqa: DTZ001 - CloudTrail's own
@settings(deadline=None, max_examples=100)
def test_cloudtrails_form_is_exact(when: datetime) -> None:
    """Every second of every year is read as written, with or without its fraction."""
    stamp = when.replace(tzinfo=UTC)
    second = stamp.replace(microsecond=0)
    texts = [second.isoformat()[:-6] + "Z", stamp.isoformat(), second.isoformat(" ")]
    assert moments(pl.Series(texts)).to_list() == [second, stamp, second]


@given(st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)), st.integers(-14 * 60, 14 * 60))  # noqa: DTZ001
@settings(deadline=None, max_examples=100)
def test_zone_is_taken_off(local: datetime, minutes: int) -> None:
    """A time with its offset names the same moment in UTC."""
    sign, size = "-" if minutes < 0 else "+", abs(minutes)
    text = f"{local.replace(microsecond=0).isoformat(' ')}{sign}{size // 60:02}:{size % 60:02}"
    expected = local.replace(microsecond=0, tzinfo=UTC) - timedelta(minutes=minutes)
    assert moment(text) == expected


@given(st.text(st.sampled_from("0123456789-:T Z.+,APMe/"), max_size=30) | st.text(max_size=20))
@settings(deadline=None, max_examples=200)
def test_any_text_never_raises(text: str) -> None:
    """Whatever stands where a time is due is a moment of Python's calendar or null."""
    [found] = moments(pl.Series([text], dtype=pl.String)).to_list()
    assert found is None or found.tzinfo is not None


@pytest.mark.parametrize("value", ['"soon"', "null", "17", '["x"]', '{"a": 1}', "true"])
def test_lost_moment_is_a_problem(value: str) -> None:
    """An event whose time cannot be read keeps its row, with a null and a warning at its index."""
    odd = named("Odd").replace('"2026-11-02T09:00:00Z"', value)
    reading = read(records(named("One"), odd))
    assert reading.names() == ["One", "Odd"]
    assert reading.frame["event_time"][1] is None
    assert [
        (one.severity, one.log_index) for one in reading.problems if "event_time" in one.reason
    ] == [("warning", 1)]


def test_epoch_number_is_a_moment() -> None:
    """A number of seconds where text is due is read, and its oddity noted."""
    reading = read(named("Odd").replace('"2026-11-02T09:00:00Z"', "1793610000.0"))
    assert reading.cell("event_time") == datetime.fromtimestamp(1_793_610_000, UTC)
    assert [one.severity for one in reading.problems] == ["note"]


def test_session_creation_date_has_both_forms() -> None:
    """The session's beginning is read in the extended and in the basic form."""
    forms = ["2023-07-10T12:02:04Z", "20230710T120204Z"]
    texts = [
        named("One", userIdentity={"sessionContext": {"attributes": {"creationDate": form}}})
        for form in forms
    ]
    found = read(records(*texts), "session_creation_date").frame.to_series()
    assert found.to_list() == [datetime(2023, 7, 10, 12, 2, 4, tzinfo=UTC)] * 2
