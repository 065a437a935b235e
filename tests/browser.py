"""A browser for tests: Debian's Chromium, far from UTC, with everything outside refused."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page, Route

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)
QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
)  # fmt: skip
_OWN = ("file:", "data:", "blob:", "about:", "http://127.0.0.1")

#: `pytestmark = NEEDS_CHROMIUM` of a module whose tests open a page.
NEEDS_CHROMIUM = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on PATH: apt-get install chromium"),
]


@contextmanager
def offline_page(width: int = 1100, height: int = 1500) -> Iterator[tuple[Page, list[str]]]:
    """Open an empty page in New York; what it asks for elsewhere is refused and written down."""
    from playwright.sync_api import sync_playwright

    asked: list[str] = []

    def refuse(route: Route) -> None:
        if route.request.url.startswith(_OWN):
            route.continue_()
        else:
            asked.append(route.request.url)
            route.abort()

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        context = browser.new_context(
            timezone_id="America/New_York",
            reduced_motion="reduce",
            viewport={"width": width, "height": height},
        )
        context.route("**/*", refuse)
        yield context.new_page(), asked
        browser.close()
