"""A permission change in a browser, under JupyterLab's own style, light and dark."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.browser import NEEDS_CHROMIUM, offline_page
from tests.hostile import PAYLOADS, filled, ran
from tests.iam.policies import allow
from trailnb.iam.changes import SCHEMA
from trailnb.iam.view import iam_view, policy_diff

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

#: W3C, Web Content Accessibility Guidelines 2.2, 1.4.3.
READABLE = 4.5

pytestmark = [
    *NEEDS_CHROMIUM,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # nbconvert's own
]


def exported(theme: str) -> str:
    """The page that nbconvert makes of a notebook: a diff, and an answer full of hostile text."""
    import nbformat
    from nbconvert import HTMLExporter

    many = [f"ec2:Describe{place:02}" for place in range(30)]
    was = {"Statement": allow(["s3:GetObject", *many], "arn:aws:s3:::exports/*", Sid="Exports")}
    now = {"Statement": allow(["s3:*", PAYLOADS["html image"], *many], "*", Sid="Exports")}
    change = policy_diff(was, now)
    shown = [change, iam_view(filled(SCHEMA))]
    data = [{"text/html": one._repr_html_(), "text/plain": str(one)} for one in shown]
    outputs = [nbformat.v4.new_output("display_data", data=one) for one in data]
    cell = nbformat.v4.new_code_cell("change", outputs=outputs)
    places = ("mathjax", "require_js", "jquery", "mermaid_js", "mermaid_layout_elk_js")
    exporter = HTMLExporter(
        theme=theme, widget_renderer_url="", **{f"{place}_url": "" for place in places}
    )
    html, _ = exporter.from_notebook_node(nbformat.v4.new_notebook(cells=[cell]))
    return str(html)


@pytest.fixture(name="page", params=["light", "dark"], scope="module")
def _page(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Page]:
    """Open the exported notebook; what runs or asks for something elsewhere fails the test."""
    path = tmp_path_factory.mktemp("view") / "page.html"
    path.write_text(exported(request.param), encoding="utf-8")
    with offline_page(width=1000) as (page, asked):
        page.goto(path.as_uri())
        yield page
        assert (ran(page), asked) == (False, [])


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
    assert page.locator(".tnd td.gone .sign").first.text_content() == "− "  # noqa: RUF001
    assert page.locator(".tnd td.new .sign").first.text_content() == "+ "
    assert coloured(style(page, ".tnd td:not([class])", "background-color"), behind) == behind


def test_the_fold_opens_without_a_script(page: Page) -> None:
    """The last of thirty actions appears on a click; nothing overlaps or runs out of the page."""
    last = page.get_by_text("ec2:Describe29").first
    assert not last.is_visible()
    page.get_by_text("22 more of Action, unchanged").click()
    assert last.is_visible()
    assert page.locator(".tnd").first.evaluate("found => found.scrollWidth <= found.clientWidth")


def test_hostile_text_is_only_text(page: Page) -> None:
    """What an attacker named stands there, in every column, and nothing of it runs."""
    page.locator(".tnd details").evaluate_all("all => all.forEach(one => { one.open = true })")
    assert page.locator(".tnd details.card").count() == 1 + len(PAYLOADS)
    assert page.locator(".tnd :is(img, script, svg, iframe, form, a)").count() == 0
    assert not ran(page)
