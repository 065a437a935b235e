"""axe-core finds nothing serious in any explorer, light or dark."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import trailnb as tn
from tests.browser import NEEDS_CHROMIUM
from tests.ui.mounting import settle

if TYPE_CHECKING:
    import polars as pl

    from tests.ui.mounting import Stage

pytestmark = NEEDS_CHROMIUM
#: What is clicked first, so that everything there is to see is seen.
OPENED = {
    "explore": (".row >> nth=2", ".chip >> nth=1"),
    "explore_pivot": (".toggle >> nth=1",),
    "explore_iam_changes": (".row >> nth=8", ".known summary"),
    "explore_lineage": (".box >> nth=1",),
}


@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("explorer", OPENED)
def test_nothing_serious(on: Stage, story: pl.LazyFrame, explorer: str, *, is_dark: bool) -> None:
    """No violation of any weight is found in what an analyst has open."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = on.show(getattr(tn, explorer)(story), is_dark=is_dark)
    for selector in OPENED[explorer]:
        page.locator(selector).click()
        settle(page)
    page.mouse.move(2, 2)
    page.wait_for_timeout(150)
    found = axe.run(page, context=".tnx").response["violations"]
    told = [
        (one["id"], one["impact"], [node["html"][:160] for node in one["nodes"][:3]])
        for one in found
    ]
    assert told == []
    on.check()
