"""The pictures of the documents: every chart, light and dark, small, and none left over."""

from __future__ import annotations

import re
import struct
import zlib
from pathlib import Path

from tools.make_pictures import SHOTS, THEMES, small, taken_apart, unfiltered
from trailnb import charts

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "pictures"


def picture(pixels: list[bytes]) -> bytes:
    """One row of red, green, blue and alpha, unfiltered."""
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", len(pixels), 1, 8, 6, 0, 0, 0)),
        (b"IDAT", zlib.compress(b"\0" + b"".join(pixels))),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def test_every_chart_has_its_pictures() -> None:
    """Each chart is drawn in each theme, and each picture is drawn by the tool."""
    assert set(charts.__all__) <= set(SHOTS)
    wanted = {f"{name}-{theme}.png" for name in SHOTS for theme in THEMES}
    assert {path.name for path in PICTURES.glob("*.png")} == wanted


def test_page_shows_every_picture() -> None:
    """What lies there is shown, with its sentence."""
    shown = re.findall(r"!\[(.+?)\]\((.+?)\)", (PICTURES / "README.md").read_text("utf-8"))
    assert {name for _, name in shown} == {path.name for path in PICTURES.glob("*.png")}
    assert all(sentence.endswith(".") for sentence, _ in shown)


def test_pictures_stay_small() -> None:
    """A clone costs little: at most 3 MB of pictures."""
    assert sum(path.stat().st_size for path in PICTURES.iterdir()) <= 3_000_000


def test_small_picture_has_the_same_pixels() -> None:
    """Few colours become a palette; the picture is the same."""
    pixels = [bytes([red, 7, 9, 255]) for red in (1, 200, 1, 1)]
    head, data = taken_apart(small(picture(pixels)))
    assert head[8:10] == bytes([8, 3])
    assert data == b"\0" + bytes([0, 1, 0, 0])


def test_what_shines_through_stays_as_it_is() -> None:
    """A palette has no half transparent colours."""
    glass = picture([bytes([1, 2, 3, 4])])
    assert small(glass) == glass


def test_filters_are_undone() -> None:
    """Rows told by their neighbours give the pixels back."""
    rows = b"\1" + bytes([1, 1, 1, 1, 2, 2, 2, 2]) + b"\2" + bytes([1] * 8)
    assert list(unfiltered(rows, 8, 2)) == [bytes([1] * 4 + [3] * 4), bytes([2] * 4 + [4] * 4)]
