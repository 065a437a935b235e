"""The alarms notebook: any logs from its parameters alone, and what it says of known ones."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from trailnb._command.running import executed

ROOT = Path(__file__).parents[2]
PAIR = ROOT / "notebooks" / "09-what-would-have-alarmed.py"
SAMPLES = ROOT / "data-samples"
REAL = ROOT.parent / "shared" / "data" / "invictus-aws-dataset" / "CloudTrail"

#: The notebook tools' own, on starting a kernel.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def told(source: Path, out: Path, **parameters: str) -> str:
    """What does a run of the notebook show, as text; and does it warn of nothing?"""
    asked = {"source": str(source), **parameters}
    run = executed(PAIR.with_suffix(".ipynb"), out / PAIR.with_suffix(".ipynb").name, asked)
    outputs = [
        output
        for cell in nbformat.read(run, as_version=4).cells
        for output in cell.get("outputs", [])
    ]
    assert [output for output in outputs if output.get("name") == "stderr"] == []
    return "\n".join(
        output.get("text") or output["data"].get("text/plain", "") for output in outputs
    )


def test_incident_of_the_sample_would_have_been_told(tmp_path: Path) -> None:
    """The sign-in without MFA, the stopped trail and the new keys; own rules run beside."""
    (tmp_path / "own.yaml").write_text("pattern: {eventName: [StopLogging]}\nseverity: critical\n")
    text = told(SAMPLES / "acme", tmp_path, own_rules=str(tmp_path / "own.yaml"))
    assert "of 33 rules would have fired." in text
    for name in ("cis-4.2", "cis-4.5", "wider-sign-in", "svc-backup-sync"):
        assert name in text
    assert "own: . " in text
    assert '"StopLogging"' in text


def test_quiet_logs_end_honestly(tmp_path: Path) -> None:
    """Few rules fire, and silence is said to prove nothing."""
    text = told(SAMPLES / "quiet", tmp_path)
    assert "Use of the root user" in text
    assert "rules silent" in text
    assert "CloudWatch counts by the time of delivery" in text


@pytest.mark.skipif(not REAL.is_dir(), reason="the real data set is not beside this copy")
def test_real_logs_run_from_parameters_alone(tmp_path: Path) -> None:
    """A red team's tools fire most rules; the backdoors that CIS does not know are told."""
    text = told(REAL, tmp_path, look_at="wider-other-ways-in")
    assert "wider-other-ways-in: Access given outside of IAM's policies." in text
    assert "A security" in text
    assert '"CreateTrustAnchor"' in text
