"""The timeline explorer on a bare page: real script, real answers, no Jupyter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
import pytest

import trailnb as tn
from tests.browser import NEEDS_CHROMIUM
from tests.hostile import ELSEWHERE, filled, ran
from tests.ui.mounting import settle
from trailnb.trail.scan import schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

    from tests.ui.mounting import Stage
    from trailnb.widgets.timeline import TimelineExplorer

pytestmark = NEEDS_CHROMIUM
TOTAL = "4,121 events in view"


@pytest.fixture(name="w")
def _widget(story: pl.LazyFrame) -> TimelineExplorer:
    return tn.explore(story)


@pytest.fixture(name="page")
def _page(on: Stage, w: TimelineExplorer) -> Iterator[Page]:
    yield on.show(w)
    on.check()


def drag(page: Page, start: float, end: float, where: str = ".stage canvas") -> None:
    """Drag from one share of the width to another."""
    box = page.locator(where).bounding_box()
    assert box
    y = box["y"] + 20
    page.mouse.move(box["x"] + box["width"] * start, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * end, y, steps=5)
    page.mouse.up()
    settle(page)


def test_brush_to_table_to_record(page: Page, w: TimelineExplorer) -> None:
    """Marking time lists its events; a click shows the record; Python has the same selection."""
    assert page.locator(".name").count() == 16
    assert page.inner_text(".foot [role=status]") == TOTAL
    drag(page, 0.3, 0.5)
    count = w.events().collect().height
    assert 0 < count < 4121
    assert page.inner_text(".foot [role=status]").startswith(f"{count:,} events marked")
    page.locator(".row").nth(2).click()
    page.wait_for_selector(".record pre")
    settle(page)
    assert page.evaluate("state.selected") == w.selected
    shown = page.inner_text(".record pre")
    assert f'"eventID": "{w.selected}"' in shown
    assert w.events().filter(event_id=w.selected).collect().height == 1


def test_zoom_leaves_a_trail_of_crumbs(page: Page, w: TimelineExplorer) -> None:
    """Zooming twice adds two crumbs; a click on the first goes back to everything."""
    whole = w.window
    for _ in range(2):
        drag(page, 0.2, 0.6)
        page.get_by_role("button", name="zoom", exact=True).click()
        settle(page)
    assert page.locator(".crumb").count() == 3
    assert w.brush == []
    inner = w.window
    assert whole[0] < inner[0] < inner[1] < whole[1]
    page.locator(".crumb").first.click()
    settle(page)
    assert w.window == whole
    assert page.locator(".crumb").count() == 1
    drag(page, 0.5, 0.6, ".strip canvas")
    assert w.window[1] - w.window[0] == pytest.approx((whole[1] - whole[0]) / 10, rel=0.05)


def test_chips_filters_and_lanes(page: Page, w: TimelineExplorer) -> None:
    """A chip hides a kind and keeps its count; a lane, a list and the text narrow the table."""
    chip = page.locator(".chip").filter(has_text="read")
    chip.click()
    settle(page)
    assert (chip.get_attribute("aria-pressed"), chip.locator("i").inner_text()) == (
        "false",
        "2,605",
    )
    assert page.inner_text(".foot [role=status]") == "1,516 events in view"
    page.get_by_role("button", name="clear filters").click()
    settle(page)
    page.locator(".name").first.click()
    page.get_by_label("outcome", exact=True).select_option("denied")
    page.get_by_label("Text in actor").fill("S3:")
    page.wait_for_function("() => state.filters.text")
    settle(page)
    assert w.filters["text"] == ["S3:"]
    assert (w.filters["actor"], w.filters["outcome"]) == (["ci-deploy"], ["denied"])
    count = w.events().collect().height
    assert page.inner_text(".foot [role=status]") == f"{count:,} events in view"
    page.locator(".tag").filter(has_text="outcome").click()
    settle(page)
    assert "outcome" not in w.filters


def test_by_keyboard_alone(page: Page, w: TimelineExplorer) -> None:
    """Arrows move in time and through rows; plus zooms; s stars; Escape closes."""
    whole = w.window
    page.locator(".stage").focus()
    page.keyboard.press("+")
    page.keyboard.press("ArrowRight")
    settle(page)
    assert whole[0] < w.window[0] < w.window[1] <= whole[1]
    page.locator(".table").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    settle(page)
    assert w.selected
    page.keyboard.press("s")
    settle(page)
    assert w.starred == [w.selected]
    page.get_by_label("Note on this event", exact=True).fill("seen at night")
    page.keyboard.press("Enter")
    settle(page)
    assert page.inner_text(".record .notes") == "seen at night"
    assert w.notes[0].event_ids == (w.selected,)
    page.locator(".table").focus()
    page.keyboard.press("Escape")
    assert not page.locator(".record").is_visible()


def test_python_moves_the_view(page: Page, w: TimelineExplorer) -> None:
    """Setting a trait changes what is on the page."""
    w.filters = {"outcome": "denied"}
    page.evaluate("(told) => window.took([['state', told, []]])", {"filters": w.filters})
    settle(page)
    assert page.inner_text(".foot [role=status]") == f"{w.events().collect().height} events in view"
    event_id = w.events().select("event_id").head(1).collect().item()
    page.evaluate("(told) => window.took([['state', told, []]])", {"selected": event_id})
    settle(page)
    assert event_id in page.inner_text(".record pre")


def test_end_of_the_table_is_reached(page: Page) -> None:
    """Scrolling to the end loads its page, and shows the last event of all."""
    page.locator(".table").evaluate("(box) => { box.scrollTop = box.scrollHeight }")
    page.wait_for_function("() => !document.querySelector('.wait')")
    settle(page)
    last = page.locator(".row").last
    assert last.get_attribute("aria-rowindex") == "4122"
    assert "2026-11-04 22:" in last.inner_text()


def test_errors_of_python_are_shown(on: Stage, w: TimelineExplorer) -> None:
    """Under the widget, in red, as text."""
    w._model.page = lambda *_: {}["<img src=x onerror=alert(1)>"]  # type: ignore[method-assign]
    page = on.show(w)
    assert "KeyError: '<img" in page.inner_text(".problem")
    on.check()


def test_errors_of_the_script_are_shown(page: Page) -> None:
    """So are its own, instead of a dead view."""
    page.evaluate("() => window.took([['state', { window: null }, []]])")
    assert "TypeError" in page.inner_text(".problem")


def test_event_without_an_id_is_shown(on: Stage, story: pl.LazyFrame) -> None:
    """Its record opens, also after one that has an id; nothing is selected then."""
    has_id = pl.int_range(pl.len()) > 0
    some = story.sort("event_time").head(3).with_columns(pl.when(has_id).then("event_id"))
    w = tn.explore(some)
    page = on.show(w)
    for place in (2, 0):
        page.locator(".row").nth(place).click()
        settle(page)
    assert page.locator(".record pre").is_visible()
    assert w.selected == ""
    on.check()


def test_two_views_of_one_widget(on: Stage, w: TimelineExplorer) -> None:
    """Shown twice, both show all there is."""
    page = on.show(w)
    page.evaluate("() => window.again()")
    settle(page)
    assert page.locator(".tnx").count() == 2
    assert page.locator(".foot [role=status]").all_inner_texts() == [TOTAL, TOTAL]
    on.check()


@pytest.mark.parametrize(("width", "is_dark"), [(720, False), (1240, True)])
def test_narrow_and_dark(on: Stage, w: TimelineExplorer, width: int, *, is_dark: bool) -> None:
    """Nothing runs out of 720 pixels; in the dark, text is light on dark."""
    page = on.show(w, width=width, is_dark=is_dark)
    page.locator(".row").first.click()
    settle(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.locator(".tnx.dark").count() == int(is_dark)
    assert page.locator(".record pre").is_visible()
    on.check()


def test_hostile_text_is_only_text(on: Stage) -> None:
    """Every payload in every column: nothing runs, nothing is fetched, the layout holds."""
    records = filled(schema()).with_columns(log_index=2)
    w = tn.explore(records.lazy())
    page = on.show(w)
    for place in (0, 3, 6):
        page.locator(".row").nth(place).click()
        settle(page)
    page.locator(".name").nth(1).click()
    page.mouse.move(500, 200)
    settle(page)
    assert not ran(page)
    assert page.locator(".tnx img, .tnx iframe, .tnx script, .tnx style, .tnx a").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    heights = page.locator(".row").evaluate_all("(rows) => rows.map((row) => row.offsetHeight)")
    assert set(heights) == {24}
    assert f'<img src="https://{ELSEWHERE}' not in w._picture()
    on.check()
