"""The derived columns against the truth that the samples' manifest holds."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

import trailnb as tn

SAMPLES = Path(__file__).parents[2] / "data-samples"


@pytest.mark.filterwarnings("ignore::trailnb.errors.ProblemWarning")
def test_attack_reads_as_it_was_written() -> None:
    """Each step of the attack has the action, outcome and target that the generator meant."""
    manifest = tomllib.loads((SAMPLES / "MANIFEST.toml").read_text(encoding="utf-8"))
    meant = {step["event_id"]: step for step in manifest["acme"]["attack"]["step"]}
    columns = ("action", "outcome", "target", "event_id")
    seen = tn.open(SAMPLES / "acme").events.select(columns).collect()
    found = {row[3]: row[:3] for row in seen.iter_rows() if row[3] in meant}
    assert found == {key: tuple(step[name] for name in columns[:3]) for key, step in meant.items()}
