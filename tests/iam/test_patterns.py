"""Wildcards are compared without listing what they stand for."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from trailnb.iam.evaluate import glob
from trailnb.iam.patterns import covers, matches, overlap

texts = st.text("ab:", max_size=5)
patterns = st.text("ab:*?", max_size=6)


@given(patterns, texts)
def test_matching_agrees_with_a_plain_walk(pattern: str, text: str) -> None:
    """The compiled pattern and the walk by hand say the same."""
    assert matches(pattern, text) == glob(pattern, text)


@given(patterns, patterns, texts)
def test_what_is_covered_is_matched(wide: str, narrow: str, text: str) -> None:
    """A covering pattern matches every text the other does."""
    if covers(wide, narrow) and glob(narrow, text):
        assert glob(wide, text)


@given(patterns, patterns, texts)
def test_what_both_match_overlaps(one: str, other: str, text: str) -> None:
    """Patterns said to be apart share no text; overlap does not depend on the order."""
    assert overlap(one, other) == overlap(other, one)
    if glob(one, text) and glob(other, text):
        assert overlap(one, other)


def test_a_variable_is_itself_and_perhaps_anything() -> None:
    """`${aws:username}` is covered by itself and by `*`, and may be any name."""
    own = "arn:aws:iam::*:user/${aws:username}"
    assert covers(own, own)
    assert covers("arn:aws:iam::*:user/*", own)
    assert not covers(own, "arn:aws:iam::*:user/alice")
    assert overlap(own, "arn:aws:iam::111122223333:user/alice")
    assert not covers("arn:aws:iam::*:user/????????????????", own)
    assert covers("a${*}", "a${*}")
    assert not covers("a${*}", "ab")


def test_hostile_patterns_end_soon() -> None:
    """Hundreds of stars against a near miss take no time."""
    assert not matches("*a" * 300 + "c", "a" * 6000 + "b")
    assert not covers("*a" * 300 + "c", "a?" * 3000 + "b")
    assert overlap("*a" * 300, "*b" * 300 + "*")
