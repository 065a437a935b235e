"""What does a part say of itself, and is it named for what it holds?"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trailnb.formats.problem import Problem
from trailnb.sources.source import LogFile
from trailnb.store.part import Footer, Held, day_of, part_name

texts = st.text(max_size=12)
files = st.builds(
    LogFile,
    key=texts,
    size_bytes=st.none() | st.integers(0, 1 << 50),
    delivered=st.none() | st.datetimes(timezones=st.just(UTC)),
    account=st.none() | texts,
    region=st.none() | texts,
    folder=st.none() | texts,
    organization=st.none() | texts,
    is_placed=st.booleans(),
    version=st.none() | texts,
)
footers = st.builds(
    Footer,
    day=texts,
    held=st.lists(st.builds(Held, files), max_size=3).map(tuple),
    unread=st.lists(files, max_size=2).map(tuple),
    problems=st.lists(st.builds(Problem, texts, texts), max_size=3).map(tuple),
    odd=st.sampled_from([(), ("time",), ("place", "time")]),
    replaces=st.lists(texts, max_size=2).map(tuple),
)


@given(footers)
def test_footer_survives_as_text(footer: Footer) -> None:
    """What is written is read back, whatever stands in a key."""
    assert Footer.from_text(footer.to_text()) == footer


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"held": 5}', '{"held": [{"file": {}}]}'])
def test_foreign_footer_is_refused(text: str) -> None:
    """What is none of ours raises what the ledger catches."""
    with pytest.raises(ValueError, match=r"."):
        Footer.from_text(text)


def test_name_tells_contents() -> None:
    """The same log files give the same name in any order; another state gives another name."""
    one, two = LogFile("a", 1, version="x"), LogFile("b", 2)
    day = "2026-11-02"
    assert part_name(day, [one, two]) == part_name(day, [two, one])
    others = [LogFile("a", 2, version="x"), LogFile("a", 1, version="y"), LogFile("c", 1)]
    assert len({part_name(day, [file, two]) for file in [one, *others]}) == 4


def test_day_is_that_of_delivery_in_utc() -> None:
    """A log file belongs to the day it was delivered; an undated one to a day of its own."""
    assert day_of(LogFile("a", delivered=datetime(2026, 11, 2, 23, 59, tzinfo=UTC))) == "2026-11-02"
    assert day_of(LogFile("a")) == "1970-01-01"
