"""The playbooks: each tells its story from the parameters cell alone, on any logs."""

from __future__ import annotations

import tomllib
from pathlib import Path

import jupytext
import nbformat
import pytest

from trailnb._command.running import executed

ROOT = Path(__file__).parents[2]
NOTEBOOKS = ROOT / "notebooks"
SAMPLES = ROOT / "data-samples"
REAL = ROOT.parent / "shared" / "data" / "invictus-aws-dataset" / "CloudTrail"
STRATUS = ROOT.parent / "shared" / "data" / "stratus-red-team"
ATTACK = tomllib.loads((SAMPLES / "MANIFEST.toml").read_text("utf-8"))["acme"]["attack"]
CREDENTIAL, ADDRESS = "01-compromised-credential", "02-what-did-this-address-do"
IAM = "03-what-changed-in-iam"
PLAYBOOKS = (CREDENTIAL, ADDRESS, IAM)
ALL = sorted(path.stem for path in NOTEBOOKS.glob("*.py"))

#: The notebook tools' own, on starting a kernel.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
needs_real = pytest.mark.skipif(
    not REAL.is_dir(), reason="the real data set is not beside this copy"
)


def told(name: str, source: Path, out: Path, **parameters: str) -> str:
    """What does a run of the notebook show, as text; and does it warn of nothing?"""
    run = executed(
        NOTEBOOKS / f"{name}.ipynb", out / f"{name}.ipynb", {"source": str(source), **parameters}
    )
    outputs = [
        output
        for cell in nbformat.read(run, as_version=4).cells
        for output in cell.get("outputs", [])
    ]
    assert [output for output in outputs if output.get("name") == "stderr"] == []
    texts = [output.get("text") or output["data"].get("text/plain", "") for output in outputs]
    return "\n".join(texts)


def test_credential_story_leads_from_the_leaked_key_to_the_backups(tmp_path: Path) -> None:
    """Triage's first suspect is the leaked key; what it made and took is found from there."""
    text = told(CREDENTIAL, SAMPLES / "acme", tmp_path)
    assert f"{ATTACK['leaked_key']} belongs to ci-deploy." in text
    assert "In other hands since 2026-11-03 02:13:07 UTC." in text
    findings = text[text.rindex("was first used from") :]
    steps = ("was refused 45 times", "gave access to svc-backup-sync", "signed in", "782.0 MB")
    places = [findings.index(step) for step in steps]
    assert places == sorted(places)
    revoked = {ATTACK["new_key"], *(hop["issued_key"] for hop in ATTACK["hop"])}
    assert all(key in findings for key in revoked)
    assert "Nothing here" not in text


def test_another_key_of_the_chain_leads_to_the_same_story(tmp_path: Path) -> None:
    """The key that was made with the leaked one names where it came from."""
    text = told(CREDENTIAL, SAMPLES / "acme", tmp_path, key=ATTACK["new_key"])
    assert f"{ATTACK['new_key']} belongs to svc-backup-sync; it came from ci-deploy." in text
    assert "was refused 45 times" in text


def test_address_story_finds_the_other_addresses(tmp_path: Path) -> None:
    """From the address behind the first alert to the two others, and to who is behind them."""
    text = told(ADDRESS, SAMPLES / "acme", tmp_path)
    assert f"{ATTACK['addresses'][2]}: 53 of 4,121 events." in text
    assert all(address in text for address in ATTACK["addresses"])
    assert "ci-deploy → svc-backup-sync → role/staging-deployer/backup-sync" in text
    assert "782.0 MB" in text
    assert "Nothing here" not in text


@pytest.mark.parametrize("name", PLAYBOOKS)
def test_quiet_logs_end_honestly(name: str, tmp_path: Path) -> None:
    """No suspect: the notebook shows a busy one, finds nothing, and says what it cannot know."""
    text = told(name, SAMPLES / "quiet", tmp_path)
    assert "Nothing here: no " in text
    assert "That is no proof of innocence" in text
    assert "the logs cannot tell" in text


def test_iam_story_tells_what_changed_and_how_far_it_reached(tmp_path: Path) -> None:
    """The escalation, each change before and after, the omitted policy, and the stolen backups."""
    text = told(IAM, SAMPLES / "acme", tmp_path)
    assert "7 changes stand out." in text
    assert "allowed by: Allow iam:*, sts:AssumeRole on * (Maintenance)" in text
    assert "omitted, 131977 bytes" in text
    assert f"From {ATTACK['leaked_key']}: 8 things that can act." in text
    assert all(hop["issued_key"] in text for hop in ATTACK["hop"])
    assert "trail/acme-organization" in text
    findings = text[text.index("11-03 02:41") :]
    steps = ("given by", "makes the user svc-backup-sync", "sets a console password", "11-03 03:55")
    places = [findings.index(step) for step in steps]
    assert places == sorted(places)
    opened = findings[places[-1] :]
    for let_in in ATTACK["cross_account_trust"]["trusted"]:
        assert f"AWS:{let_in['principal']}" in text
        assert let_in["standing"] == "own" or f"trusts account {let_in['account']}" in opened


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (REAL, "shares exfiltration with account 193672423079, foreign"),
        (STRATUS, "trusts account 193672423079, foreign: sts:AssumeRole"),
    ],
)
def test_iam_story_of_real_logs(source: Path, said: str, tmp_path: Path) -> None:
    """Both real sets run from `source` alone, and what was opened there is told."""
    if not source.is_dir():
        pytest.skip("the real data set is not beside this copy")
    text = told(IAM, source, tmp_path)
    assert "changes stand out." in text
    assert "May stratus-red-team-backdoor-r-role call iam:CreateUser?" in text
    assert said in text


@needs_real
@pytest.mark.parametrize(
    ("name", "said"),
    [(CREDENTIAL, "belongs to bert-jan."), (ADDRESS, "192.168.10.20: 2,154 of")],
)
def test_real_logs_run_from_parameters_alone(name: str, said: str, tmp_path: Path) -> None:
    """Other logs need another `source`, and nothing else."""
    text = told(name, REAL, tmp_path)
    assert said in text
    assert "gave access to malicious-iam-user" in text


@pytest.mark.parametrize("name", ALL)
def test_pair_says_the_same(name: str) -> None:
    """The text half and the notebook half hold the same cells, and no outputs are stored."""
    notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    text = jupytext.read(NOTEBOOKS / f"{name}.py")
    assert [(c.cell_type, c.source) for c in notebook.cells] == [
        (c.cell_type, c.source) for c in text.cells
    ]
    assert not any(cell.get("outputs") for cell in notebook.cells)


@pytest.mark.parametrize("name", ALL)
def test_cells_are_short(name: str) -> None:
    """At most twenty code cells of at most twelve lines; the parameters come first."""
    code = [c for c in jupytext.read(NOTEBOOKS / f"{name}.py").cells if c.cell_type == "code"]
    assert code[0].metadata["tags"] == ["parameters"]
    assert len(code) <= 20
    assert max(cell.source.count("\n") + 1 for cell in code) <= 12
