"""Run the start notebook on the samples, make it a page that needs no network, print the story.

`make demo` runs this; `--source` points it at other logs.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import tomllib
import warnings
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

HERE = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(HERE))

if TYPE_CHECKING:
    from nbformat import NotebookNode

import trailnb as tn  # noqa: E402 - the demo runs from a fresh clone, too
from trailnb._plain import text_table  # noqa: E402

NOTEBOOK = HERE / "notebooks" / "00-start-here.ipynb"
SAMPLES = HERE / "data-samples"
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
UNDESCRIBED = 'alt="No description has been provided for this image"'


def executed(notebook: Path, out: Path, **parameters: str) -> Path:
    """Run the notebook with these parameters, headless, and keep the run beside the page."""
    import papermill  # type: ignore[import-untyped]

    out.parent.mkdir(parents=True, exist_ok=True)
    # The kernel is another process; it finds the library of this working copy, installed or not.
    os.environ["PYTHONPATH"] = os.pathsep.join(
        [str(HERE), *filter(None, [os.environ.get("PYTHONPATH")])]
    )
    papermill.execute_notebook(
        notebook,
        out,
        parameters=parameters,
        cwd=notebook.parent,
        kernel_name="python3",
        progress_bar=False,
        # With widget state stored, a page would prefer live widgets, which need the network.
        store_widget_state=False,
        # The kernel's word on its local sockets is noise here; its errors are not.
        extra_arguments=["--IPKernelApp.log_level=ERROR"],
    )
    return out


def page(run: Path, out: Path) -> Path:
    """Turn an executed notebook into one HTML file that loads nothing from outside."""
    import nbformat
    from nbconvert import HTMLExporter

    notebook = nbformat.read(run, as_version=4)  # type: ignore[no-untyped-call]
    notebook.metadata.pop("widgets", None)
    notebook.metadata["title"] = "trailnb: start here"
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
        html = html.replace(UNDESCRIBED, f'alt="{escape(sentence)}"', 1)
    if found := OUTSIDE.search(html):
        message = f"the page would load something from outside: {found.group()}"
        raise RuntimeError(message)
    out.write_text(html, encoding="utf-8")
    return out


def sentences(notebook: NotebookNode) -> list[str]:
    """List what each picture shows, in order; nbconvert leaves that out of its `alt`."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    pictures = [o for o in outputs if "image/png" in o.get("data", {})]
    return [o.metadata.get("image/png", {}).get("alt", "picture") for o in pictures]


def story() -> str:
    """Tell what the attack in the samples did: its addresses' timeline, repeats folded."""
    manifest = tomllib.loads((SAMPLES / "MANIFEST.toml").read_text(encoding="utf-8"))
    addresses = manifest["acme"]["attack"]["addresses"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", tn.errors.ProblemWarning)  # the notebook lists them
        rows = tn.timeline(tn.open(SAMPLES / "acme"), origin=addresses, collapse=False).collect()
    same = ("actor", "action", "outcome", "origin")
    folded = (
        rows.with_columns(run=pl.struct(same).rle_id(), place=pl.col("origin").rle_id())
        .group_by("run", maintain_order=True)
        .agg(pl.first("time", "place", *same, "target"), times=pl.len())
        .with_columns(
            time=pl.col("time").dt.strftime("%m-%d %H:%M:%S"),
            times=pl.when(pl.col("times") > 1).then(pl.format("{}x", "times")).fill_null(""),
        )
    )
    shown = ["time", "actor", "action", "times", "outcome", "target"]
    parts = [
        f"from {part['origin'][0]}\n{text_table(part, shown, width=34)}"
        for part in folded.partition_by("place", maintain_order=True)
    ]
    return "\n\n".join([*parts, f"{rows.height} events from {len(addresses)} addresses"])


def main() -> None:
    """Run, export, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", help="logs to open; the samples without it")
    parser.add_argument("--out", type=Path, default=HERE / "build", help="folder of the page")
    asked = parser.parse_args()
    warnings.simplefilter("ignore", DeprecationWarning)  # of the notebook tools
    run = asked.out / NOTEBOOK.name
    parameters = {"source": str(Path(asked.source).resolve())} if asked.source else {}
    print("running the start notebook ...", flush=True)
    executed(NOTEBOOK, run, **parameters)
    html = page(run, asked.out / "00-start-here.html")
    if not asked.source:
        print(f"\nThe attack in data-samples/acme, times in UTC\n\n{story()}")
    print(f"\nThe page, complete without a network: {html}")


if __name__ == "__main__":
    main()
