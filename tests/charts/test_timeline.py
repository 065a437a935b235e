"""The timeline drawn: lanes, kinds, counts, and text that an attacker wrote."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from trailnb import charts
from trailnb.charts._lanes import laned
from trailnb.charts._look import KINDS, kind
from trailnb.charts._offline import png
from trailnb.charts._words import label
from trailnb.errors import ColumnError

NIGHT = datetime(2026, 11, 3, 2, 13, tzinfo=UTC)


def answer(*rows: tuple[int, str, str, str]) -> pl.DataFrame:
    """What a timeline answers for (minute, actor, action, outcome) rows."""
    schema = {"time": pl.Datetime("us", "UTC")} | dict.fromkeys(
        ("actor", "action", "outcome"), pl.String
    )
    cells = [(NIGHT + timedelta(minutes=minute), *rest) for minute, *rest in rows]
    return pl.DataFrame(cells, schema=schema, orient="row")


def values(drawn: pl.DataFrame) -> list[dict[str, Any]]:
    """Which marks does the chart hold?"""
    (found,) = charts.timeline(drawn).to_dict()["datasets"].values()
    return list(found)


@pytest.mark.parametrize(
    ("action", "outcome", "expected"),
    [
        ("s3:GetObject", "success", "read"),
        ("s3:GetObject", "denied", "denied or failed"),
        ("s3:GetObject", "not_found", "read"),
        ("iam:DeleteUser", "success", "write"),
        ("iam:DeleteUser", "not_found", "denied or failed"),
        ("signin:ConsoleLogin", "success", "sign-in"),
        ("signin:ConsoleLogin", "failed", "denied or failed"),
        ("sts:AssumeRole", "success", "role assumed"),
        ("sts:AssumeRoleWithSAML", "denied", "denied or failed"),
    ],
)
def test_kind(action: str, outcome: str, expected: str) -> None:
    """Colour says what happened: a refusal comes before what was refused."""
    assert answer((0, "a", action, outcome)).select(kind()).item() == expected
    assert expected in KINDS


def test_counts_add_up() -> None:
    """However events are gathered into marks, their counts add up to the events."""
    rows = [(minute % 700, f"a{minute % 40}", "s3:GetObject", "success") for minute in range(3_000)]
    marks = values(answer(*rows))
    assert sum(mark["events"] for mark in marks) == 3_000
    assert len(marks) <= 5_000


def test_many_actors_share_a_lane() -> None:
    """Beyond sixteen actors the calmest share one lane, and it says how many they are."""
    calm = [(minute, f"calm-{minute}", "s3:GetObject", "success") for minute in range(30)]
    burst = [(5, "loud", "iam:ListUsers", "denied")] * 50
    events = answer(*calm, *burst).with_columns(kind=kind(), count=1, lane="actor", told="action")
    lanes = laned(events, {"denied or failed": 4}, "calmer actors").lanes
    assert lanes[0] == "loud"
    assert (len(lanes), lanes[-1]) == (17, "15 calmer actors")


def test_tooltip_names_the_commonest_actions() -> None:
    """A mark tells when it begins, in UTC, and what was called."""
    five = [(0, "a", f"s3:Get{letter}", "success") for letter in "ABCDE"]
    (mark,) = values(answer(*five, five[0]))
    assert mark["at"] == "2026-11-03 02:13:00 UTC"
    assert mark["told"].startswith("s3:GetA, ")
    assert mark["told"].endswith(" and 1 more")


def test_hostile_text_is_spelled_out() -> None:
    """Control and bidirectional characters in log values never reach a label."""
    evil = "ops\u202e\x1b[31m\r\n<script>"
    (mark,) = values(answer((0, evil, "s3:Get\u202e", "success")))
    assert mark["lane"] == r"ops\u202e\x1b[31m\r\n<script>"
    assert mark["told"] == r"s3:Get\u202e"
    titled = charts.timeline(answer(), title=f"What {evil} did").to_dict()
    assert titled["title"] == r"What ops\u202e\x1b[31m\r\n<script> did"


def test_actors_that_read_alike_keep_their_lanes() -> None:
    """Two long names with the same end are two lanes."""
    long = "x" * 60
    drawn = answer(
        (0, "a" + long, "s3:GetObject", "success"), (1, "b" + long, "s3:GetObject", "success")
    )
    assert len({mark["lane"] for mark in values(drawn)}) == 2
    assert label("a" + long) == label("b" + long)


def test_empty_answer_is_an_empty_chart() -> None:
    """Nothing found is drawn as nothing, and said."""
    empty = charts.timeline(answer()).to_dict()
    assert empty["description"] == "Timeline without events."
    assert png(empty).startswith(b"\x89PNG")


def test_answer_of_another_question_is_refused() -> None:
    """A frame that is no timeline is named so."""
    with pytest.raises(ColumnError, match=r"charts\.timeline needs the columns time"):
        charts.timeline(pl.DataFrame({"x": [1]}))
