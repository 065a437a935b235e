"""The explorers in a real JupyterLab: open, run all, brush, click, pivot, in the dark."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser import NEEDS_CHROMIUM, offline_page
from tests.ui.lab import notebook, opened, run_all, server

if TYPE_CHECKING:
    from playwright.sync_api import Page

ROOT = Path(__file__).parents[2]
OPEN = (
    "import trailnb as tn\n"
    f"trail = tn.open({str(ROOT / 'data-samples' / 'acme')!r}, progress=lambda _: None)"
)

pytestmark = NEEDS_CHROMIUM


def drag(page: Page, start: float, end: float) -> None:
    """Mark a stretch of time on the lanes."""
    page.locator(".tnx .stage").first.scroll_into_view_if_needed()
    box = page.locator(".tnx .stage canvas").first.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * start, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * end, box["y"] + 20, steps=5)
    page.mouse.up()


@pytest.fixture(autouse=True)
def _own_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Kernels import the package under test."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]))


def test_brush_and_click_in_a_dark_lab(tmp_path: Path) -> None:
    """Real kernel, real comm, dark theme: marking lists, a click shows, Python knows."""
    notebook(tmp_path / "story.ipynb", OPEN, "w = tn.explore(trail)\nw", "0")
    (tmp_path / "home").mkdir()
    with (
        server(tmp_path, tmp_path / "home", theme="JupyterLab Dark") as address,
        offline_page(1400, 1300) as (page, asked),
    ):
        opened(page, address, "story.ipynb")
        run_all(page)
        page.wait_for_selector(".tnx .row .actor")
        assert page.locator(".tnx.dark").count() == 1
        drag(page, 0.5, 0.58)
        page.wait_for_function(
            "() => / marked/.test(document.querySelector('.tnx .foot').innerText)"
        )
        page.locator(".tnx .row").nth(1).click()
        page.wait_for_selector(".tnx .record pre span")
        answer = evaluated(page, "w.events().collect().height, len(w.selected), w.brush != []")
        marked = page.inner_text(".tnx .foot [role=status]")
        assert asked == []
    count = int(marked.split()[0].replace(",", ""))
    assert answer == f"({count}, 36, True)"


def evaluated(page: Page, code: str) -> str:
    """Run code in the last cell and read what it shows."""
    page.evaluate(
        """(code) => {
          const shown = window.jupyterapp.shell.currentWidget.content;
          shown.activeCellIndex = shown.widgets.length - 1;
          shown.activeCell.model.sharedModel.setSource(code);
          return window.jupyterapp.commands.execute("notebook:run-cell");
        }""",
        code,
    )
    last = page.locator(".jp-CodeCell").last.locator(".jp-OutputArea-output")
    page.wait_for_function(
        "() => [...document.querySelectorAll('.jp-CodeCell')].at(-1).innerText.includes('(')"
    )
    return last.inner_text().strip().splitlines()[-1]


@pytest.mark.soak
def test_all_explorers_while_a_cell_is_busy(tmp_path: Path) -> None:
    """Every explorer shows; pivot, diff, chain and brush answer while a cell sleeps."""
    notebook(
        tmp_path / "all.ipynb",
        OPEN,
        "w = tn.explore(trail)\nw",
        "tn.explore_pivot(trail)",
        "tn.explore_iam_changes(trail)",
        "tn.explore_lineage(trail)",
        "0",
    )
    (tmp_path / "home").mkdir()
    with (
        server(tmp_path, tmp_path / "home") as address,
        offline_page(1400, 1300) as (page, asked),
    ):
        opened(page, address, "all.ipynb")
        run_all(page)
        for shown in (".row .actor", "tbody .link", ".row .aspect", ".box"):
            page.wait_for_selector(f".tnx {shown}")
        page.evaluate(
            """() => {
              const shown = window.jupyterapp.shell.currentWidget.content;
              shown.activeCellIndex = shown.widgets.length - 1;
              shown.activeCell.model.sharedModel.setSource("import time; time.sleep(20)");
              window.jupyterapp.commands.execute("notebook:run-cell");
            }"""
        )
        page.locator(".tnx .link", has_text="198.51.100.23").click()
        page.wait_for_selector(".tnx .link:has-text('ci-deploy')", timeout=10_000)
        page.locator(".tnx .row:has(.aspect)").nth(8).click()
        page.wait_for_selector(".tnx .tnd details.card", timeout=10_000)
        page.locator(".tnx .box").nth(1).click()
        page.wait_for_selector(".tnx .foot:has-text('8 events of 1 session')", timeout=10_000)
        drag(page, 0.5, 0.6)
        page.wait_for_selector(".tnx .foot:has-text('marked')", timeout=10_000)
        assert asked == []
