"""The demo's page in a browser without a network, far from UTC."""

from __future__ import annotations

import struct
import subprocess
import sys
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser import NEEDS_CHROMIUM, offline_page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

ROOT = Path(__file__).parents[2]

pytestmark = NEEDS_CHROMIUM


@pytest.fixture(name="report", scope="module")
def _report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the page as `make demo` does."""
    out = tmp_path_factory.mktemp("report")
    command = [sys.executable, str(ROOT / "tools" / "demo.py"), "--out", str(out)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    return out / "00-start-here.html"


@pytest.fixture(name="opened", scope="module")
def _opened(report: Path) -> Iterator[tuple[Page, list[str]]]:
    """Open the page in New York."""
    with offline_page() as (page, asked):
        page.goto(report.as_uri(), wait_until="load")
        yield page, asked


def test_nothing_is_asked_of_the_network(opened: tuple[Page, list[str]]) -> None:
    """The page is complete: it asks for nothing but itself."""
    page, asked = opened
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    page.wait_for_timeout(300)
    assert asked == []


def test_charts_are_painted_at_reading_size(opened: tuple[Page, list[str]]) -> None:
    """Every chart is a picture that really loaded, inside the page's width, with a sentence."""
    page, _ = opened
    pictures = page.evaluate(
        "[...document.images].map(i => [i.complete, i.naturalWidth, i.width, i.alt])"
    )
    assert len(pictures) == 4
    for complete, dots, width, sentence in pictures:
        assert complete
        assert 0 < width < 1100
        assert dots == pytest.approx(width * 1.5, rel=0.02)
        assert sentence.startswith("Timeline of ")


def test_page_is_not_blank(opened: tuple[Page, list[str]]) -> None:
    """The first screen holds text and tables, in more than one colour."""
    page, _ = opened
    page.evaluate("window.scrollTo(0, 0)")
    assert len(colours(page.screenshot())) > 20
    assert page.locator("table.dataframe").count() >= 6


def test_times_are_utc_in_new_york(opened: tuple[Page, list[str]]) -> None:
    """The night of the attack is 02:13 UTC for every reader."""
    page, _ = opened
    assert "2026-11-03 02:13:07 UTC" in page.inner_text("body")


def colours(png: bytes) -> set[bytes]:
    """Which byte triples do the scan lines hold? Enough to tell blank from painted."""
    at, data = 8, b""
    while at < len(png):
        (size,), kind = struct.unpack(">I", png[at : at + 4]), png[at + 4 : at + 8]
        data += png[at + 8 : at + 8 + size] if kind == b"IDAT" else b""
        at += size + 12
    pixels = zlib.decompress(data)
    return {pixels[i : i + 3] for i in range(0, len(pixels), 3)}
