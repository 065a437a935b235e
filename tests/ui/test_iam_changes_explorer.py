"""The explorer of permission changes on a bare page: real script, real answers, no Jupyter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import trailnb as tn
from tests.browser import NEEDS_CHROMIUM
from tests.hostile import filled, ran
from tests.ui.mounting import settle
from trailnb.iam.changes import SCHEMA

if TYPE_CHECKING:
    import polars as pl

    from tests.ui.mounting import Stage

pytestmark = NEEDS_CHROMIUM


def test_from_the_mark_to_the_diff(on: Stage, story: pl.LazyFrame) -> None:
    """A mark narrows the list, a click shows the change, and below it the state around it."""
    w = tn.explore_iam_changes(story)
    page = on.show(w)
    assert page.inner_text(".foot [role=status]") == "22 changes, unchanged ones hidden"
    page.get_by_label("mark", exact=True).select_option(label="self-granted")
    settle(page)
    assert page.locator(".row").count() == 3
    page.locator(".row").first.click()
    settle(page)
    assert page.locator(".tnd details.card[open]").count() == 1
    assert "deploy-maintenance" in page.inner_text(".tnd summary >> nth=0")
    page.locator(".known summary").click()
    assert page.locator(".known .now").count() == 1
    assert w.selected == w.changes().collect()["step"][0]
    page.locator(".table").focus()
    page.keyboard.press("ArrowDown")
    settle(page)
    assert w.selected == w.changes().collect()["step"][1]
    page.keyboard.press("Escape")
    assert not page.locator(".shown").is_visible()
    on.check()


def test_chips_bring_back_what_is_hidden(on: Stage, story: pl.LazyFrame) -> None:
    """What was written again, unchanged, is one click away."""
    w = tn.explore_iam_changes(story)
    page = on.show(w)
    page.locator(".chip", has_text="unchanged").click()
    settle(page)
    assert page.inner_text(".foot [role=status]") == "37 changes"
    assert w.changes().collect().height == 37
    on.check()


@pytest.mark.parametrize(("width", "is_dark"), [(720, False), (1240, True)])
def test_narrow_and_dark(on: Stage, story: pl.LazyFrame, width: int, *, is_dark: bool) -> None:
    """Nothing runs out of 720 pixels; the diff's sides stand beside each other."""
    page = on.show(tn.explore_iam_changes(story), width=width, is_dark=is_dark)
    page.locator(".row").first.click()
    settle(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    before, after = (page.locator(".tnd thead th").nth(place).bounding_box() for place in (0, 1))
    assert before
    assert after
    assert before["y"] == after["y"]
    assert page.locator(".tnx.dark").count() == int(is_dark)
    on.check()


def test_hostile_text_is_only_text(on: Stage) -> None:
    """Every payload in every column, in the list, the diff and the state."""
    answer = filled(SCHEMA, change="changed")
    w = tn.explore_iam_changes(answer)
    page = on.show(w)
    for step in range(1, answer.height + 1, 4):
        w.selected = step
        page.evaluate("(told) => window.took([['state', told, []]])", {"selected": step})
        settle(page)
    page.locator(".known summary").click()
    assert not ran(page)
    assert page.locator(".tnx img, .tnx iframe, .tnx script, .tnx a").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    heights = page.locator(".row").evaluate_all("(rows) => rows.map((row) => row.offsetHeight)")
    assert set(heights) == {24}
    on.check()
