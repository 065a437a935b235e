"""A chart that shows itself everywhere without the network, leaving Altair's own renderer alone.

Its bundle holds Vega-Lite 5 (JupyterLab draws it live, in the reader's theme), a PNG (reports and
previews) and a sentence (terminals). Altair 6 writes Vega-Lite 6, which JupyterLab 4.6 cannot draw;
our charts keep to what 5.6 knows, and a test renders each with both versions.
"""

from __future__ import annotations

import base64
import struct
import zlib
from typing import TYPE_CHECKING, Any

import altair as alt

if TYPE_CHECKING:
    from collections.abc import Iterator

LIVE = "application/vnd.vegalite.v5+json"
_SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
# 1.5 keeps text sharp; at 2 the pictures outweigh the rest of a report.
_SCALE = 1.5
# Beyond this a picture takes ten times as long and is hardly smaller.
_EFFORT = 6

Bundle = tuple[dict[str, Any], dict[str, Any]]


class Chart(alt.Chart):
    """An Altair chart with its own display bundle; everything Altair offers still works."""

    def _repr_mimebundle_(self, *_include: object, **_exclude: object) -> Bundle:
        """Give live chart, picture and sentence."""
        return bundle(self.to_dict())


class Layers(alt.LayerChart):
    """Charts on top of each other, displayed as one."""

    def _repr_mimebundle_(self, *_include: object, **_exclude: object) -> Bundle:
        """Give live chart, picture and sentence."""
        return bundle(self.to_dict())


def bundle(spec: dict[str, Any]) -> Bundle:
    """How is the chart shown: live, as a picture, or as a sentence?

    Example:
        >>> spec = Chart(alt.InlineData(values=[]), description="nothing").mark_bar().to_dict()
        >>> data, metadata = bundle(spec)
        >>> sorted(data)
        ['application/vnd.vegalite.v5+json', 'image/png', 'text/plain']
        >>> data["text/plain"], metadata["image/png"]["alt"]
        ('nothing', 'nothing')
    """
    sentence = str(spec.get("description", "chart"))
    picture = png(spec)
    # The PNG header holds the size in dots; named in the metadata, it shows at reading size.
    width, height = (int(int.from_bytes(picture[at : at + 4]) / _SCALE) for at in (16, 20))
    shown = {
        LIVE: spec | {"$schema": _SCHEMA},
        "image/png": base64.b64encode(picture).decode("ascii"),
        "text/plain": sentence,
    }
    return shown, {"image/png": {"width": width, "height": height, "alt": sentence}}


def png(spec: dict[str, Any], version: str | None = None) -> bytes:
    """What is the chart's picture, on white, drawn by this version of Vega-Lite?

    Example:
        >>> chart = Chart(alt.InlineData(values=[]), description="nothing").mark_bar()
        >>> png(chart.to_dict())[1:4]
        b'PNG'
    """
    import vl_convert

    return _packed(
        vl_convert.vegalite_to_png(spec | {"background": "white"}, scale=_SCALE, vl_version=version)
    )


def _packed(picture: bytes) -> bytes:
    """Deflate the picture well: as it comes it is nearly four times as large, in every notebook."""
    parts = list(_parts(picture))
    pixels = zlib.decompress(b"".join(data for kind, data in parts if kind == b"IDAT"))
    body = [part for part in parts if part[0] not in {b"IDAT", b"IEND"}]
    body += [(b"IDAT", zlib.compress(pixels, _EFFORT)), (b"IEND", b"")]
    return picture[:8] + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in body
    )


def _parts(picture: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Take a PNG apart: signature, then chunks of length, kind, data and checksum."""
    at = 8
    while at < len(picture):
        (size,) = struct.unpack(">I", picture[at : at + 4])
        yield picture[at + 4 : at + 8], picture[at + 8 : at + 8 + size]
        at += size + 12
