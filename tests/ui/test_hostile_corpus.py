"""The corpus does what it says: a careless page runs it and fetches, and that is noticed."""

from __future__ import annotations

from tests.browser import NEEDS_CHROMIUM, offline_page
from tests.hostile import ELSEWHERE, PAYLOADS, ran

pytestmark = NEEDS_CHROMIUM


def test_careless_page_is_noticed() -> None:
    """Written into a page as HTML, a payload runs; as text it does nothing."""
    with offline_page() as (page, asked):
        page.set_content("<p></p>")
        page.locator("p").evaluate("(p, text) => { p.textContent = text }", "".join(PAYLOADS))
        assert (ran(page), asked) == (False, [])
        page.set_content(PAYLOADS["html remote image"])
        assert [ELSEWHERE in address for address in asked] == [True]
        for name in ("html image", "html out of an attribute", "html frame", "svg foreign object"):
            page.goto("about:blank")
            assert not ran(page)
            page.set_content(PAYLOADS[name])
            page.wait_for_function("() => window.__payload_ran !== undefined", timeout=3_000)
            assert ran(page), name
