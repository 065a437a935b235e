"""A chart that shows itself everywhere without the network, leaving Altair's own renderer alone.

Its bundle holds Vega-Lite 5 (JupyterLab draws it live, in the reader's theme), a PNG (reports and
previews) and a sentence (terminals). Altair 6 writes Vega-Lite 6, which JupyterLab 4.6 cannot draw;
our charts keep to what 5.6 knows, and a test renders each with both versions.
"""

from __future__ import annotations

import base64
from typing import Any

import altair as alt

LIVE = "application/vnd.vegalite.v5+json"
_SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
# 1.5 keeps text sharp; at 2 the pictures outweigh the rest of a report.
_SCALE = 1.5

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

    return vl_convert.vegalite_to_png(
        spec | {"background": "white"}, scale=_SCALE, vl_version=version
    )
