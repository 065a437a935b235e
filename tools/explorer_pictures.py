"""Pictures of the explorers on the sample incident, as a browser shows them in either theme."""

from __future__ import annotations

from typing import TYPE_CHECKING

import trailnb as tn
from tests.ui.mounting import settle, stage

if TYPE_CHECKING:
    from collections.abc import Callable

    import polars as pl

    from trailnb.widgets._shell import Shell

_WIDTH = 1160
_NIGHT = ("2026-11-02T23:30Z", "2026-11-03T05:00Z")


def taken(
    make: Callable[[], Shell], clicks: tuple[str, ...], *, is_dark: bool
) -> tuple[bytes, str]:
    """Show an explorer, click on these elements, and take its picture; with its sentence."""
    widget = make()
    with stage() as on:
        page = on.show(widget, width=_WIDTH, is_dark=is_dark)
        for selector in clicks:
            page.locator(selector).first.click()
            settle(page)
            page.wait_for_timeout(150)
            settle(page)
        page.mouse.move(2, 2)
        page.evaluate("() => document.activeElement.blur()")
        page.wait_for_timeout(200)
        return page.locator(".tnx").screenshot(omit_background=True), repr(widget)


def incident(events: pl.LazyFrame) -> Shell:
    """The night of the attack, the minutes of the persistence marked."""
    w = tn.explore(events)
    w.window, w.brush = _NIGHT, ("2026-11-03T02:40Z", "2026-11-03T03:00Z")
    return w


#: By name: what makes the explorer, and what is clicked before the picture is taken.
EXPLORERS: dict[str, tuple[Callable[[pl.LazyFrame], Shell], tuple[str, ...]]] = {
    "explore": (tn.explore, ()),
    "explore_incident": (incident, (".row:has-text('PutUserPolicy')", ".star")),
    "explore_pivot": (
        tn.explore_pivot,
        ("tr:has-text('6b6c') .toggle", "tr:has-text('198.51.100.23') .toggle"),
    ),
    "explore_iam_changes": (tn.explore_iam_changes, (".row:has-text('02:47:35')",)),
    "explore_lineage": (tn.explore_lineage, (".box >> nth=3", ".row >> nth=1")),
}
