"""Draw the pictures of the documents from the samples, light and dark: `make pictures`.

A picture is a row of `SHOTS`: a name, and what draws it in one of two themes. Everything lands in
docs/pictures/, with a page that shows all of them.
"""

from __future__ import annotations

import struct
import sys
import tomllib
import warnings
import zlib
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

import polars as pl

HERE = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(HERE))

import trailnb as tn  # noqa: E402 - pictures are drawn from a fresh clone, too
from tools.explorer_pictures import EXPLORERS, taken  # noqa: E402
from trailnb import charts  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from trailnb.charts._offline import Chart, Layers
    from trailnb.trail.trail import Trail

SAMPLES = HERE / "data-samples"
OUT = HERE / "docs" / "pictures"
THEMES: tuple[Theme, ...] = ("light", "dark")
#: The pages that notebooks and code-hosting sites draw on.
GROUND = {"light": "#ffffff", "dark": "#111111"}
SCALE = 1.25
ADDRESS, NIGHT = "198.51.100.23", "2026-11-03"

Theme: TypeAlias = Literal["light", "dark"]


class Picture(NamedTuple):
    """A picture, and the same in words."""

    png: bytes
    sentence: str


Shot: TypeAlias = "Callable[[Theme], Picture]"


@cache
def trail() -> Trail:
    """Open the organization in which something happened."""
    return tn.open(SAMPLES / "acme", progress=lambda _: None)


def drawn(draw: Callable[[], Chart | Layers]) -> Shot:
    """Make a shot of a chart: drawn once, shown in the theme that is asked for."""
    specs = cache(lambda: draw().to_dict())

    def shot(theme: Theme) -> Picture:
        import vl_convert

        spec = specs() | {"background": GROUND[theme]}
        png = vl_convert.vegalite_to_png(
            spec, scale=SCALE, theme="dark" if theme == "dark" else None
        )
        return Picture(png, spec["description"])

    return shot


def explored(name: str) -> Shot:
    """Make a shot of an explorer, as a browser shows it."""
    make, clicks = EXPLORERS[name]

    def shot(theme: Theme) -> Picture:
        events = read()
        return Picture(*taken(lambda: make(events), clicks, is_dark=theme == "dark"))

    return shot


@cache
def read() -> pl.LazyFrame:
    """Read the events once; explorers go back to them."""
    return trail().events.collect().lazy()


def the_night() -> Chart | Layers:
    """Draw the hours of the attack, from every actor's side."""
    start, end = (datetime(2026, 11, 3, hour, tzinfo=UTC) for hour in (1, 9))
    events = trail().events.filter(pl.col("event_time").is_between(start, end))
    return charts.timeline(tn.timeline(events), title="The night of 3 November: who did what")


def the_attack() -> Chart | Layers:
    """Draw what came from the addresses of the attack."""
    manifest = tomllib.loads((SAMPLES / "MANIFEST.toml").read_text("utf-8"))
    attack = tn.timeline(trail(), origin=manifest["acme"]["attack"]["addresses"])
    return charts.timeline(attack, title="Who acted from the three addresses of the attack")


#: Every picture of docs/pictures/, by name.
SHOTS: dict[str, Shot] = {
    "attack": drawn(the_attack),
    "timeline": drawn(the_night),
    "origins": drawn(lambda: charts.origins(tn.origins(trail(), since=NIGHT))),
    "pivot": drawn(
        lambda: charts.pivot(
            tn.pivot(trail(), origin=ADDRESS), title=f"What was seen together with {ADDRESS}"
        )
    ),
    "lineage": drawn(lambda: charts.lineage(tn.lineage(trail()))),
    "denied": drawn(lambda: charts.denied(tn.denied(trail()))),
    "working_hours": drawn(lambda: charts.working_hours(tn.working_hours(trail()))),
    "activity": drawn(lambda: charts.activity(tn.activity(trail()))),
    "sign_ins": drawn(lambda: charts.sign_ins(tn.sign_ins(trail()))),
    "data_access": drawn(lambda: charts.data_access(tn.data_access(trail()))),
    "failures": drawn(lambda: charts.failures(tn.failures(trail()))),
    "iam_changes": drawn(lambda: charts.iam_changes(tn.iam_changes(trail()))),
    "alarms": drawn(lambda: charts.alarms(tn.alarms(trail()))),
    "insights": drawn(lambda: charts.insights(tn.insights(trail()))),
    "coverage": drawn(lambda: charts.coverage(trail().coverage())),
    "first_seen": drawn(
        lambda: charts.first_seen(
            tn.first_seen(trail(), what=["origin", "actor"], baseline=NIGHT),
            title="New addresses and actors since 3 November",
        )
    ),
    **{name: explored(name) for name in EXPLORERS},
}


def small(png: bytes) -> bytes:
    """Write a picture of few colours with a palette: the same to the eye, a fraction of the bytes.

    Up to 256 colours are kept; more are rounded first. What still has more, shines through, or is
    no picture of red, green, blue and alpha, stays as it is.
    """
    head, pixels = taken_apart(png)
    width, height, depth, colours = struct.unpack(">IIBB", head[:10])
    if (depth, colours) != (8, 6):
        return png
    rows = [
        [bytes(pixel) for pixel in zip(*(iter(row),) * 4, strict=True)]
        for row in unfiltered(pixels, width * 4, height)
    ]
    if len({pixel for row in rows for pixel in row}) > 256:
        rows = [[bytes(value | 7 for value in pixel) for pixel in row] for row in rows]
    palette = sorted({pixel for row in rows for pixel in row})
    if len(palette) > 256 or any(pixel[3] < 255 for pixel in palette):
        return png
    place = {pixel: number for number, pixel in enumerate(palette)}
    body = b"".join(b"\0" + bytes(map(place.__getitem__, row)) for row in rows)
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
        (b"PLTE", b"".join(pixel[:3] for pixel in palette)),
        (b"IDAT", zlib.compress(body, 9)),
        (b"IEND", b""),
    ]
    return png[:8] + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def taken_apart(png: bytes) -> tuple[bytes, bytes]:
    """Read a PNG's head and its filtered rows."""
    at, head, data = 8, b"", b""
    while at < len(png):
        (size,), kind = struct.unpack(">I", png[at : at + 4]), png[at + 4 : at + 8]
        chunk = png[at + 8 : at + 8 + size]
        head, data = chunk if kind == b"IHDR" else head, data + chunk * (kind == b"IDAT")
        at += size + 12
    return head, zlib.decompress(data)


def unfiltered(pixels: bytes, stride: int, height: int) -> Iterator[bytes]:
    """Undo the filters of a PNG's rows: each byte is told by its neighbours left and above."""
    above = bytearray(stride)
    for number in range(height):
        start = number * (stride + 1)
        how, row = pixels[start], bytearray(pixels[start + 1 : start + 1 + stride])
        for at in range(stride) if how else ():
            left = row[at - 4] if at >= 4 else 0
            corner = above[at - 4] if at >= 4 else 0
            row[at] = (row[at] + neighbour(how, left, above[at], corner)) & 255
        above = row
        yield bytes(row)


def neighbour(how: int, left: int, up: int, corner: int) -> int:
    """Tell what a PNG filter expects of a byte."""
    if how in {1, 2, 3}:
        return {1: left, 2: up, 3: (left + up) // 2}[how]
    guess = left + up - corner
    return min((left, up, corner), key=lambda one: abs(guess - one))


def page(sentences: dict[str, str]) -> str:
    """Write the page that shows every picture, with its sentence."""
    lines = [
        "# Pictures",
        "",
        "Drawn from `data-samples/` by `make pictures`, light and dark.",
    ]
    for name, sentence in sentences.items():
        shown = (f"![{sentence}]({name}-{theme}.png)" for theme in THEMES)
        lines += ["", f"## {name}", "", sentence, "", *shown]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Draw all, or those whose names are given."""
    warnings.simplefilter("ignore", tn.errors.ProblemWarning)  # one sample is torn on purpose
    asked = sys.argv[1:] or list(SHOTS)
    OUT.mkdir(parents=True, exist_ok=True)
    sentences = {}
    for name in asked:
        for theme in THEMES:
            picture = SHOTS[name](theme)
            (OUT / f"{name}-{theme}.png").write_bytes(small(picture.png))
        sentences[name] = picture.sentence
        print(f"{name}: {picture.sentence}", flush=True)
    if asked == list(SHOTS):
        (OUT / "README.md").write_text(page(sentences), encoding="utf-8")


if __name__ == "__main__":
    main()
