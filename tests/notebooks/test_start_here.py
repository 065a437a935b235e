"""The start notebook: runs from its parameters alone, and its page needs no network."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from trailnb._report.notebook import OUTSIDE

ROOT = Path(__file__).parents[2]
REAL = ROOT.parent / "shared" / "data" / "invictus-aws-dataset"
# One picture per chart: the whole story, one actor, one address, what came of it.
CHARTS = 4


def demo(*arguments: str | Path) -> str:
    """Run the demo as `make demo` does, and give what it printed."""
    command = [sys.executable, str(ROOT / "tools" / "demo.py"), *map(str, arguments)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def charts_in(out: Path) -> int:
    """How many pictures does the page hold, after a check that it loads nothing from outside?"""
    html = (out / "00-start-here.html").read_text(encoding="utf-8")
    assert OUTSIDE.findall(html) == []
    return len(re.findall(r'<img[^>]+src="data:image/png;base64,', html))


def test_samples_tell_their_story(tmp_path: Path) -> None:
    """The terminal shows the attack from leaked key to StopLogging, the page shows the charts."""
    printed = demo("--out", tmp_path)
    steps = ("GetCallerIdentity", "PutUserPolicy", "CreateUser", "AssumeRole", "StopLogging")
    places = [printed.index(step) for step in steps]
    assert places == sorted(places)
    assert printed.isascii() or "…" in printed
    assert "\x1b" not in printed
    assert charts_in(tmp_path) == CHARTS


@pytest.mark.skipif(not REAL.is_dir(), reason="the real data set is not beside this copy")
def test_real_logs_run_from_parameters_alone(tmp_path: Path) -> None:
    """Other logs need another `source`, and nothing else."""
    demo("--source", REAL / "CloudTrail", "--out", tmp_path)
    assert charts_in(tmp_path) == CHARTS
