"""Log text in a terminal does nothing but be read."""

from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from trailnb._plain import plain, shortened, text_table


@given(st.text())
def test_plain_text_is_printable(text: str) -> None:
    """Whatever was logged, what is printed holds no control or invisible character."""
    assert plain(text).isprintable()


@given(st.text(), st.integers(min_value=1, max_value=60))
def test_shortened_fits(text: str, width: int) -> None:
    """A shortened text is never wider than asked, and keeps its end."""
    short = shortened(text, width)
    assert len(short) <= width
    assert text.endswith(short.removeprefix("…"))


def test_table_keeps_one_line_per_row() -> None:
    """A line break in a value breaks no line; a null is empty."""
    frame = pl.DataFrame({"actor": ["a\nb", None], "events": [1, 2]})
    assert text_table(frame, ["actor", "events"]).splitlines() == [
        "actor  events",
        r"a\nb   1",
        "       2",
    ]
