"""The lineage explorer on a bare page: real script, real answers, no Jupyter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import trailnb as tn
from tests.browser import NEEDS_CHROMIUM
from tests.hostile import filled, ran
from tests.ui.mounting import settle
from trailnb.trail.scan import schema

if TYPE_CHECKING:
    import polars as pl

    from tests.ui.mounting import Stage

pytestmark = NEEDS_CHROMIUM


def test_from_the_chain_to_a_record(on: Stage, story: pl.LazyFrame) -> None:
    """The longest chain is drawn; a box lists its events, one of them shows its record."""
    w = tn.explore_lineage(story)
    page = on.show(w)
    assert page.locator(".box b").all_inner_texts()[:2] == ["ci-deploy", "svc-backup-sync"]
    page.locator(".box").nth(3).click()
    page.wait_for_selector(".row .action")
    settle(page)
    assert page.inner_text(".foot [role=status]") == "39 events of 1 session"
    page.locator(".row").nth(2).click()
    page.wait_for_selector(".record pre span")
    assert w.selected[0] in page.inner_text(".record pre")
    page.locator(".who", has_text="zoe.martin").click()
    page.wait_for_function("() => state.actor === 'zoe.martin@example.com'")
    page.wait_for_function("() => document.querySelector('.box b').textContent.includes('zoe')")
    assert w.selected == []
    on.check()


def test_by_keyboard(on: Stage, story: pl.LazyFrame) -> None:
    """Arrows go from box to box, Enter chooses."""
    w = tn.explore_lineage(story)
    page = on.show(w)
    page.locator(".stage").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.wait_for_selector(".row .action")
    assert page.locator(".box[aria-pressed=true] b").inner_text() == "svc-backup-sync"
    assert w.events().collect().height == 8
    on.check()


@pytest.mark.parametrize(("width", "is_dark"), [(720, False), (1240, True)])
def test_narrow_and_dark(on: Stage, story: pl.LazyFrame, width: int, *, is_dark: bool) -> None:
    """Nothing runs out of 720 pixels; in the dark, text is light on dark."""
    page = on.show(tn.explore_lineage(story), width=width, is_dark=is_dark)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.locator(".tnx.dark").count() == int(is_dark)
    on.check()


def test_hostile_text_is_only_text(on: Stage) -> None:
    """Every payload in every column: nothing runs, nothing is fetched, the layout holds."""
    w = tn.explore_lineage(filled(schema()).lazy())
    page = on.show(w)
    for place in (0, 5, 9):
        page.locator(".who").nth(place).click()
        settle(page)
        page.wait_for_timeout(50)
        page.locator(".box").first.click()
        page.wait_for_selector(".row .action")
        page.locator(".row").first.click()
        settle(page)
    assert not ran(page)
    assert page.locator(".tnx img, .tnx iframe, .tnx script, .tnx style, .tnx a").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    heights = page.locator(".box").evaluate_all("(all) => all.map((one) => one.offsetHeight)")
    assert set(heights) == {46}
    on.check()
