"""Run the start notebook on the samples, make it a page that needs no network, print the story.

`make demo` runs this; `--source` points it at other logs.
"""

from __future__ import annotations

import argparse
import sys
import tomllib
import warnings
from pathlib import Path

import polars as pl

HERE = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(HERE))

import trailnb as tn  # noqa: E402 - the demo runs from a fresh clone, too
from trailnb._command.running import executed  # noqa: E402
from trailnb._plain import text_table  # noqa: E402
from trailnb._report.notebook import page  # noqa: E402

NOTEBOOK = HERE / "notebooks" / "00-start-here.ipynb"
SAMPLES = HERE / "data-samples"


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
    executed(NOTEBOOK, run, parameters)
    html = page(run, asked.out / "00-start-here.html", title="trailnb: start here")
    if not asked.source:
        print(f"\nThe attack in data-samples/acme, times in UTC\n\n{story()}")
    print(f"\nThe page, complete without a network: {html}")


if __name__ == "__main__":
    main()
