"""The pivot explorer on a bare page: real script, real answers, no Jupyter."""

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
INTRUDER = "198.51.100.23"


def test_from_an_address_onward_and_back(on: Stage, story: pl.LazyFrame) -> None:
    """A look ahead, two steps, and back by a crumb; Python follows."""
    w = tn.explore_pivot(story)
    page = on.show(w)
    row = page.locator("tr").filter(has_text=INTRUDER)
    row.get_by_role("button", name="Look inside").click()
    settle(page)
    assert page.locator("tr.sub .link").all_inner_texts() == ["ci-deploy"]
    row.locator(".link").click()
    page.wait_for_function("() => state.dimension === 'actor'")
    settle(page)
    assert w.path == [("origin", INTRUDER)]
    page.locator(".link", has_text="ci-deploy").click()
    page.wait_for_function("() => state.path.length === 2")
    page.wait_for_selector("th:has-text('action')")
    settle(page)
    assert w.events().collect().height == 55
    assert "55 events" in page.inner_text(".foot")
    page.locator(".crumb").first.click()
    page.wait_for_function("() => state.path.length === 0")
    assert w.path == []
    on.check()


def test_order_list_and_text(on: Stage, story: pl.LazyFrame) -> None:
    """Another dimension, another order, and a part of a name."""
    w = tn.explore_pivot(story)
    page = on.show(w)
    page.get_by_label("List", exact=True).select_option(label="by actor")
    page.wait_for_selector("th:has-text('actor')")
    page.get_by_label("Order", exact=True).select_option(label="share refused")
    page.wait_for_function(
        "() => document.querySelector('tbody .link').textContent === 'ci-deploy'"
    )
    assert (w.dimension, w.order) == ("actor", "share refused")
    page.get_by_label("Value contains").fill("ZOE")
    page.wait_for_function("() => document.querySelectorAll('tbody tr').length === 1")
    assert page.locator("tbody .link").inner_text() == "zoe.martin@example.com"
    on.check()


@pytest.mark.parametrize(("width", "is_dark"), [(720, False), (1240, True)])
def test_narrow_dark_and_keyboard(
    on: Stage, story: pl.LazyFrame, width: int, *, is_dark: bool
) -> None:
    """Nothing runs out of 720 pixels; Backspace goes a step back."""
    w = tn.explore_pivot(story, origin=INTRUDER)
    page = on.show(w, width=width, is_dark=is_dark)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.locator(".tnx.dark").count() == int(is_dark)
    page.locator(".toggle").first.focus()
    page.keyboard.press("Backspace")
    page.wait_for_function("() => state.path.length === 0")
    on.check()


def test_hostile_text_is_only_text(on: Stage) -> None:
    """Every payload in every column: nothing runs, nothing is fetched, the layout holds."""
    w = tn.explore_pivot(filled(schema()).lazy())
    page = on.show(w)
    for dimension in ("actor", "agent", "target"):
        w.path, w.dimension = [], dimension
        page = on.show(w)
        page.locator(".toggle").nth(1).click()
        settle(page)
        assert page.locator("tbody tr").count() > 30
        heights = page.locator("tbody tr").evaluate_all(
            "(all) => all.map((one) => one.offsetHeight)"
        )
        assert max(heights) < 32
    page.locator(".link").nth(3).click()
    settle(page)
    assert not ran(page)
    assert page.locator(".tnx img, .tnx iframe, .tnx script, .tnx style, .tnx a").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    on.check()
