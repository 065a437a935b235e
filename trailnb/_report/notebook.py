"""An executed notebook as one page that needs no network."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

from trailnb.errors import MissingExtraError, TrailnbError

if TYPE_CHECKING:
    from pathlib import Path

    from nbformat import NotebookNode

#: What makes a browser fetch something: sources, style sheets, imports and CSS images by address.
OUTSIDE = re.compile(
    r"""<(?:script|img|iframe|source|video|audio|embed)\b[^>]*\bsrc\s*=\s*["']?(?:https?:)?//"""
    r"""|<link\b[^>]*\bhref\s*=\s*["']?(?:https?:)?//"""
    r"""|@import\s+(?:url\()?\s*["']?(?:https?:)?//"""
    r"""|url\(\s*["']?(?:https?:)?//"""
    r"""|\b(?:import|require)\s*\(\s*["'](?:https?:)?//""",
    re.IGNORECASE,
)
#: Log values are text: read from the left, and only the rows of a table that fit.
STYLE = """
.jp-RenderedHTMLCommon table.dataframe, .jp-RenderedHTMLCommon table.dataframe :is(th, td)
  { text-align: left; vertical-align: top; }
.jp-RenderedHTMLCommon table.dataframe td { overflow-wrap: anywhere; }
"""
#: What nbconvert writes for every picture.
_UNDESCRIBED = 'alt="No description has been provided for this image"'
_WIDGET = "application/vnd.jupyter.widget-view+json"


def page(run: Path, out: Path, *, title: str) -> Path:
    """How does the run of a notebook read as a page that loads nothing from outside?

    Widgets become their pictures: a live one would fetch its manager from the network and stay
    blank without it.

    Raises:
        MissingExtraError: the notebook tools are not installed.
        TrailnbError: the page would load something from outside.
    """
    try:
        import nbformat
        from nbconvert import HTMLExporter
    except ImportError as error:
        raise MissingExtraError.of("A notebook's page", "lab") from error
    notebook = nbformat.read(run, as_version=4)  # type: ignore[no-untyped-call]
    notebook.metadata.pop("widgets", None)
    notebook.metadata["title"] = title
    for output in _outputs(notebook):
        if len(output.get("data", {})) > 1:
            output.data.pop(_WIDGET, None)
    exporter = HTMLExporter(  # type: ignore[no-untyped-call]
        embed_images=True,
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        mathjax_url="",
        require_js_url="",
        jquery_url="",
        mermaid_js_url="",
        mermaid_layout_elk_js_url="",
        widget_renderer_url="",
    )
    html, _ = exporter.from_notebook_node(notebook)
    html = html.replace("</head>", f"<style>{STYLE}</style></head>", 1)
    for sentence in sentences(notebook):
        html = html.replace(_UNDESCRIBED, f'alt="{escape(sentence)}"', 1)
    if found := OUTSIDE.search(html):
        raise TrailnbError.about(
            "a page would load something from outside", found.group()[:80], "Look at its outputs."
        )
    out.write_text(html, encoding="utf-8")
    return out


def sentences(notebook: NotebookNode) -> list[str]:
    """What does each picture show, in order? nbconvert leaves that out of its `alt`."""
    pictures = [output for output in _outputs(notebook) if "image/png" in output.get("data", {})]
    return [one.get("metadata", {}).get("image/png", {}).get("alt", "picture") for one in pictures]


def _outputs(notebook: NotebookNode) -> list[NotebookNode]:
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]
