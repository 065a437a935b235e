"""A permission change in a browser, under JupyterLab's own style, light and dark."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.iam.policies import allow
from trailnb.iam.view import policy_diff

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)
QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
)  # fmt: skip
HOSTILE = "s3:<img src=x onerror=alert(1)><script>alert(2)</script>"
#: W3C, Web Content Accessibility Guidelines 2.2, 1.4.3.
READABLE = 4.5

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on PATH: apt-get install chromium"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # nbconvert's own
]


@pytest.fixture(name="browser", scope="module")
def _browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield browser
        browser.close()


def exported(theme: str) -> str:
    """The page that nbconvert makes of a notebook with one diff in it."""
    import nbformat
    from nbconvert import HTMLExporter

    many = [f"ec2:Describe{place:02}" for place in range(30)]
    was = {"Statement": allow(["s3:GetObject", *many], "arn:aws:s3:::exports/*", Sid="Exports")}
    now = {"Statement": allow(["s3:*", HOSTILE, *many], "*", Sid="Exports")}
    change = policy_diff(was, now)
    data = {"text/html": change._repr_html_(), "text/plain": str(change)}
    output = nbformat.v4.new_output("display_data", data=data)
    cell = nbformat.v4.new_code_cell("change", outputs=[output])
    places = ("mathjax", "require_js", "jquery", "mermaid_js", "mermaid_layout_elk_js")
    exporter = HTMLExporter(
        theme=theme, widget_renderer_url="", **{f"{place}_url": "" for place in places}
    )
    html, _ = exporter.from_notebook_node(nbformat.v4.new_notebook(cells=[cell]))
    return str(html)


@pytest.fixture(name="page", params=["light", "dark"])
def _page(request: pytest.FixtureRequest, browser: Browser, tmp_path: Path) -> Iterator[Page]:
    """Open the exported notebook; a dialog or a request to elsewhere fails the test."""
    path = tmp_path / "page.html"
    path.write_text(exported(request.param), encoding="utf-8")
    page = browser.new_page(viewport={"width": 1000, "height": 700})
    told: list[str] = []
    page.on("dialog", lambda dialog: (told.append(dialog.message), dialog.dismiss()))
    page.on("request", lambda asked: told.append(asked.url))
    page.goto(path.as_uri())
    yield page
    assert [url for url in told if not url.startswith(("file:", "data:"))] == []
    page.close()


def coloured(colour: str, under: tuple[float, ...] = (255, 255, 255)) -> tuple[float, ...]:
    """Read a computed colour, laid over another one."""
    *rgb, alpha = [*map(float, re.findall(r"[\d.]+", colour)), 1.0][:4]
    return tuple(one * alpha + below * (1 - alpha) for one, below in zip(rgb, under, strict=True))


def contrast(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    """The contrast ratio of two colours."""
    linear = [
        [
            part / 3294.6 if part < 10.31 else ((part / 255 + 0.055) / 1.055) ** 2.4
            for part in colour
        ]
        for colour in (one, other)
    ]
    dark, light = sorted(
        0.2126 * red + 0.7152 * green + 0.0722 * blue for red, green, blue in linear
    )
    return (light + 0.05) / (dark + 0.05)


def style(page: Page, selector: str, name: str) -> str:
    """What a browser computed for the first such element."""
    script = "(found, name) => getComputedStyle(found).getPropertyValue(name)"
    return str(page.locator(selector).first.evaluate(script, name))


def test_both_sides_read_in_either_theme(page: Page) -> None:
    """Text stands left, on a tint, with enough contrast; the two sides differ in more than hue."""
    behind = coloured(style(page, "body", "background-color"))
    text = coloured(style(page, ".tnd td.new", "color"))
    for side in ("gone", "new"):
        selector = f".tnd td.{side}"
        assert style(page, selector, "text-align") == "left"
        tint = coloured(style(page, selector, "background-color"), behind)
        assert tint != behind
        assert contrast(text, tint) > READABLE
    assert page.locator(".tnd td.gone .sign").first.text_content() == "−"  # noqa: RUF001
    assert page.locator(".tnd td.new .sign").first.text_content() == "+"
    assert coloured(style(page, ".tnd td:not([class])", "background-color"), behind) == behind


def test_hostile_text_is_only_text(page: Page) -> None:
    """What an attacker named stands there, and makes no element."""
    assert page.locator(".tnd img, .tnd script").count() == 0
    assert HOSTILE in (page.locator(".tnd td.new").all_text_contents()[1])


def test_the_fold_opens_without_a_script(page: Page) -> None:
    """The last of thirty actions appears on a click; nothing overlaps or runs out of the page."""
    last = page.get_by_text("ec2:Describe29").first
    assert not last.is_visible()
    page.get_by_text("22 more of Action, unchanged").click()
    assert last.is_visible()
    assert page.locator(".tnd").evaluate("found => found.scrollWidth <= found.clientWidth")
