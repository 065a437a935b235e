"""How long does an analyst wait for the timeline explorer, in a real JupyterLab?"""

from __future__ import annotations

import random
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import trailnb as tn
from benchmarks.data import PLACE, RULED, scaled
from benchmarks.measure import say
from benchmarks.table import Bar, Table
from tests.browser import offline_page
from tests.ui.lab import notebook, opened, run_all, server
from trailnb.facts.version import facts_stamp
from trailnb.widgets.timeline_model import Timeline

if TYPE_CHECKING:
    from playwright.sync_api import Page, WebSocket

    from benchmarks.options import Options

#: What was asked for: milliseconds from the last move to the painted table, by millions of events.
_BRUSH_BARS = {1: 60, 10: 200}
_PAINT_KILOBYTES, _RUN_SECONDS, _INDEX_MEGABYTES = 200, 3, 40
_WIDTHS = (0.02, 0.25, 0.9)
_BRUSHES = 12
_OPEN = "import trailnb as tn\nevents = tn.open({store!r}).events\n"
#: Ten weeks of the same week: other times, other files.
_TENFOLD = """import polars as pl
weeks = [
    events.with_columns(
        pl.col("event_time") + pl.duration(days=8 * week),
        pl.format("{}-{}", pl.lit(week), "log_file").alias("log_file"),
    )
    for week in range(10)
]
events = pl.concat(weeks)
"""


def answer(_options: Options) -> list[Table]:
    """Measure one million stored events, then ten."""
    facts = facts_stamp().replace(" ", "-")
    place = PLACE / f"{RULED[0]}-stored-{facts}"
    if not place.exists():
        say(f"saving {RULED[0]:,} events")
        tn.open(str(scaled(*RULED))).save(str(place))
    table = Table(
        "The timeline explorer in JupyterLab",
        "Chromium beside the server on this machine. A brush is timed from the last move of the "
        f"pointer to the painted table, the median of {_BRUSHES} brushes each of 2 %, 25 % and "
        "90 % of the time; bytes are those of the kernel's channel, both ways.",
        ("what", "1 M events", "10 M events"),
    )
    one, ten = (_measured(str(place), millions) for millions in _BRUSH_BARS)
    for what, bar in (
        ("run all → first row, s", Bar(one["run"], at_most=_RUN_SECONDS)),
        ("first paint, kB", Bar(one["paint"], at_most=_PAINT_KILOBYTES)),
    ):
        name = "run" if "run" in what else "paint"
        table.add(what, f"{one[name]:,.1f}", f"{ten[name]:,.1f}", bar=bar)
    for what, name in (("brush → table, ms", "brush"), ("the same, filtered, ms", "filtered")):
        table.add(what, f"{one[name]:,.0f}", "", bar=Bar(one[name], at_most=_BRUSH_BARS[1]))
        table.add(what, "", f"{ten[name]:,.0f}", bar=Bar(ten[name], at_most=_BRUSH_BARS[10]))
    for what, name in (("click → record, ms", "record"), ("zoom → lanes, ms", "zoom")):
        table.add(what, f"{one[name]:,.0f}", f"{ten[name]:,.0f}")
    index = Timeline(tn.open(str(place))).index
    size = index.size_bytes / index.rows.height
    table.add("index, MB per million", f"{size:,.1f}", "", bar=Bar(size, at_most=_INDEX_MEGABYTES))
    return [table]


def _measured(store: str, millions: int) -> dict[str, float]:
    say(f"exploring {millions} M events")
    cell = _OPEN.format(store=store) + (_TENFOLD if millions > 1 else "")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "home").mkdir()
        notebook(root / "explore.ipynb", cell + "w = tn.explore(events)\nw")
        with server(root, root / "home") as address, offline_page(1360, 1300) as (page, asked):
            bytes_of = _counted(page)
            opened(page, address, "explore.ipynb")
            before, begun = sum(bytes_of), time.perf_counter()
            run_all(page)
            page.wait_for_selector(".tnx .row .actor", timeout=300_000)
            told = {"run": time.perf_counter() - begun}
            page.wait_for_timeout(1_000)
            told["paint"] = (sum(bytes_of) - before) / 1e3
            told |= _touched(page)
            assert asked == []
    return told


def _counted(page: Page) -> list[int]:
    """Count what passes between page and kernel."""
    sizes: list[int] = []

    def size(frame: str | bytes) -> None:
        sizes.append(len(frame if isinstance(frame, bytes) else frame.encode()))

    def watch(socket: WebSocket) -> None:
        if "/channels" in socket.url:
            socket.on("framereceived", size)
            socket.on("framesent", size)

    page.on("websocket", watch)
    return sizes


def _touched(page: Page) -> dict[str, float]:
    """Brush, filter and brush, click, zoom: medians of milliseconds."""
    chance = random.Random(4)
    told = {"brush": _brushes(page, chance)}
    told["record"] = statistics.median(_clicked(page, place) for place in range(1, 9))
    page.locator(".tnx .chip", has_text="read").click()
    page.wait_for_timeout(1_500)
    told["filtered"] = _brushes(page, chance)
    told["zoom"] = statistics.median(_zoomed(page, chance) for _ in range(8))
    return told


def _brushes(page: Page, chance: random.Random) -> float:
    took = []
    for width in _WIDTHS:
        for _ in range(_BRUSHES):
            start = chance.uniform(0, 1 - width)
            _drag(page, ".stage canvas", start, start + width)
            took.append(_since(page, "moved", "painted"))
    return statistics.median(took)


def _clicked(page: Page, place: int) -> float:
    page.evaluate("() => { document.querySelector('.tnx').__stats.shown = 0 }")
    page.evaluate(
        """(place) => {
          document.querySelector(".tnx").__stats.moved = performance.now();
          document.querySelectorAll(".tnx .row")[place].click();
        }""",
        place,
    )
    return _since(page, "moved", "shown")


def _zoomed(page: Page, chance: random.Random) -> float:
    start = chance.uniform(0, 0.8)
    _drag(page, ".strip canvas", start, start + 0.15)
    return _since(page, "moved", "drawn")


def _drag(page: Page, where: str, start: float, end: float) -> None:
    box = page.locator(f".tnx {where}").bounding_box()
    assert box
    y = box["y"] + 20
    page.mouse.move(box["x"] + box["width"] * start, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * end, y)
    page.mouse.up()


def _since(page: Page, begun: str, done: str) -> float:
    """How many milliseconds from one moment that the explorer notes to the other?"""
    names = {"begun": begun, "done": done}
    page.wait_for_function(
        """({ begun, done }) => {
          const stats = document.querySelector(".tnx").__stats;
          return stats[done] > stats[begun];
        }""",
        arg=names,
        timeout=60_000,
    )
    page.wait_for_timeout(400)
    took: float = page.evaluate(
        """({ begun, done }) => {
          const stats = document.querySelector(".tnx").__stats;
          return stats[done] - stats[begun];
        }""",
        names,
    )
    return took
