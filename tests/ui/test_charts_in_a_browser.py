"""Charts drawn live by Vega in a browser without a network, far from UTC, from hostile text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.browser import NEEDS_CHROMIUM, offline_page
from tests.charts.answers import SCHEMAS, answer
from tests.charts.test_every_chart import NAMES, PLAUSIBLE
from tests.hostile import filled, ran
from trailnb import charts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

pytestmark = NEEDS_CHROMIUM

#: The Vega-Lite nearest to what JupyterLab brings.
_OLDEST = "5.8"
_DRAW = """async ([name, spec]) => {
  const place = document.createElement('div'); place.id = name; document.body.append(place);
  await vegaEmbed(place, spec, {renderer: 'svg', actions: false});
}"""


@pytest.fixture(name="vega", scope="module")
def _vega() -> Iterator[tuple[Page, list[str]]]:
    """Open an empty page that can draw, with Vega brought from this machine."""
    import vl_convert

    script = vl_convert.javascript_bundle(vl_version=_OLDEST)
    with offline_page() as (page, asked):
        page.set_content("<!doctype html><body></body>")
        page.add_script_tag(content=script, type="module")
        page.wait_for_function("() => window.vegaEmbed")
        yield page, asked


def test_hostile_text_is_only_text(vega: tuple[Page, list[str]]) -> None:
    """Payloads in every text column run nothing and fetch nothing, in marks, axes and tooltips."""
    page, asked = vega
    for name in NAMES:
        frame = filled(SCHEMAS[name], **PLAUSIBLE.get(name, {}))
        spec = getattr(charts, name)(frame, title=f"{{{{7*7}}}} <img src=x> {name}").to_dict()
        page.evaluate(_DRAW, [name, spec])
        marks = page.locator(f"#{name} g.mark-symbol path, #{name} g.mark-rect path")
        assert marks.count() > 0, name
        shown = 0
        for place in range(0, marks.count(), max(1, marks.count() // 5)):
            marks.nth(place).dispatch_event("pointermove", {"bubbles": True})
            marks.nth(place).dispatch_event("mousemove", {"bubbles": True})
            shown += page.locator("#vg-tooltip-element.visible").count()
        assert page.locator("body img, body script[src], body iframe, body a").count() == 0, name
        assert shown or name == "lineage", name
        widths = page.locator(f"#{name} svg").evaluate("svg => svg.getBoundingClientRect().width")
        assert 300 < widths < 2_200, name
    assert (ran(page), asked) == (False, [])


def test_times_are_utc_in_new_york(vega: tuple[Page, list[str]]) -> None:
    """The axis says two in the night, as the records do, and not the evening before."""
    page, _ = vega
    night = answer("timeline").filter(actor="alice")
    page.evaluate(_DRAW, ["night", charts.timeline(night).to_dict()])
    labels = page.locator("#night g.role-axis-label text").all_text_contents()
    times = [label for label in labels if label.startswith("11-")]
    assert times
    assert {label[:8] for label in times} <= {"11-03 02", "11-03 03"}
    assert json.loads(page.evaluate("JSON.stringify(new Date(0).getTimezoneOffset())")) == 300
