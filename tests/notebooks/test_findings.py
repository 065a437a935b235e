"""Playbooks that end in findings: their part of the story, or an honest "nothing here"."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from trailnb._command.running import executed, findings

ROOT = Path(__file__).parents[2]
NOTEBOOKS, SAMPLES = ROOT / "notebooks", ROOT / "data-samples"
REAL = ROOT.parent / "shared" / "data"
SIGN_INS, DATA = "04-console-sign-ins-and-mfa", "05-s3-data-access-and-exfiltration"
EVASION, ROOT_USE = "06-defence-evasion-and-coverage", "07-root-and-break-glass-use"
DEPLOYMENT = "08-a-failing-deployment"

#: The notebook tools' own, on starting a kernel.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def told(name: str, source: Path, out: Path) -> tuple[str, dict[str, int], str]:
    """What does a run show, which findings has it, and what does its report say?"""
    run = executed(
        NOTEBOOKS / f"{name}.ipynb", out / f"{name}.ipynb", {"source": str(source)}, out=out
    )
    outputs = [
        output
        for cell in nbformat.read(run, as_version=4).cells
        for output in cell.get("outputs", [])
    ]
    assert [output for output in outputs if output.get("name") == "stderr"] == []
    texts = [output.get("text") or output["data"].get("text/plain", "") for output in outputs]
    return "\n".join(texts), findings(run), (out / "report.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("name", "levels", "said"),
    [
        (SIGN_INS, {"alert": 1}, "svc-backup-sync signed in without MFA after 1 failures"),
        (DATA, {"alert": 1}, "role/log-operations/backup-sync took 782.0 MB out of acme-backups"),
        (EVASION, {"alert": 2, "warning": 2}, "33 hours without a digest"),
        (ROOT_USE, {}, "Nothing here: neither root nor a break-glass role was used."),
    ],
)
def test_each_finds_its_part_of_the_incident(
    name: str, levels: dict[str, int], said: str, tmp_path: Path
) -> None:
    """The truth of the samples, as findings of a case, in the notebook and in its report."""
    text, found, report = told(name, SAMPLES / "acme", tmp_path)
    assert found == levels
    assert said in text
    assert "Where the cited events lie" in report or not levels
    assert "What these logs cannot tell" in report


@pytest.mark.parametrize("name", [SIGN_INS, DATA, EVASION, ROOT_USE])
def test_quiet_logs_have_no_findings(name: str, tmp_path: Path) -> None:
    """No finding, no claim of innocence, and a report that says both."""
    text, found, report = told(name, SAMPLES / "quiet", tmp_path)
    assert found == {}
    assert "Nothing here:" in text
    assert "That is no proof of innocence" in text
    assert "Nothing was found." in report


def test_a_failing_deployment_is_no_alert(tmp_path: Path) -> None:
    """Broken calls are notes with their code and share; nobody is woken for them."""
    text, found, report = told(DEPLOYMENT, SAMPLES / "quiet", tmp_path)
    assert set(found) == {"note"}
    assert "throttled at cloudformation (ThrottlingException)" in text
    assert "The first new failure:" in text
    assert "ResourceAlreadyExistsException" in report


@pytest.mark.soak
@pytest.mark.parametrize("name", [SIGN_INS, DATA, EVASION, ROOT_USE, DEPLOYMENT])
@pytest.mark.parametrize("source", ["invictus-aws-dataset", "boogy-log-parser"])
def test_real_logs_run_from_parameters_alone(name: str, source: str, tmp_path: Path) -> None:
    """Other logs need another `source`, and nothing else."""
    if not (REAL / source).is_dir():
        pytest.skip("the real data set is not beside this copy")
    _, _, report = told(name, REAL / source, tmp_path)
    assert "What these logs cannot tell" in report
