"""Does the command line save trails, say what came of it, and fail in one sentence?"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import trailnb as tn
from tests.trail.deliveries import key, log, numbered
from trailnb.__main__ import main

ROOT = Path(__file__).parents[1]


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """A folder with two deliveries in the true layout."""
    for number, moment in enumerate(("2026-11-02T09:05", "2026-11-03T09:05"), start=1):
        path = tmp_path / "logs" / key(moment)
        path.parent.mkdir(parents=True)
        path.write_bytes(log(numbered(number, eventTime=f"{moment[:-5]}09:00:00Z")))
    return tmp_path / "logs"


def test_save(logs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A save prints one line, and saving again brings nothing."""
    dest = str(tmp_path / "case")
    assert main(["save", str(logs), dest]) == 0
    said = f"{dest}: 2 new log files, 2 events; problems: 0, errors among them: 0\n"
    assert capsys.readouterr() == (said, "")
    assert tn.open(dest).events.collect().height == 2
    assert main(["save", str(logs), dest]) == 0
    assert "0 new log files, 0 events" in capsys.readouterr().out


def test_save_through_a_window(logs: Path, tmp_path: Path) -> None:
    """Window, accounts, regions, lateness and workers are what `open` takes."""
    how = "--since 2026-11-03 --until 2026-11-04T00:00:00Z --late 36h --workers 1"
    places = "--accounts 111122223333,444455556666 --regions eu-central-1"
    dest = str(tmp_path / "case")
    assert main(["save", str(logs), dest, *how.split(), *places.split()]) == 0
    assert tn.open(dest, since="2026-11-03").events.collect().height == 1


def test_problems(logs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What could not be read is counted and told by the exit status."""
    torn = logs / key("2026-11-02T10:05")
    torn.write_bytes(b"{]")
    assert main(["save", str(logs), str(tmp_path / "case")]) == 1
    assert "; problems: 1, errors among them: 1" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said", "status"),
    [
        (["save", "missing", "DEST"], "missing", 1),
        (["save", "LOGS", "LOGS"], "something else lies here already", 1),
        (["save", "LOGS", "DEST", "--since", "soon"], "names no moment", 2),
        (["save", "LOGS", "DEST", "--late", "soon"], "names no duration", 2),
    ],
)
def test_refusals(
    arguments: list[str], said: str, status: int, logs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What cannot be done is one sentence on stderr."""
    places = {"LOGS": str(logs), "DEST": f"{logs}.case"}
    assert main([places.get(one, one) for one in arguments]) == status
    out, complaint = capsys.readouterr()
    assert out == ""
    assert complaint.startswith("trailnb: ")
    assert said in complaint
    assert complaint.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["save"],
        ["save", "a"],
        ["save", "a", "b", "--workers", "0"],
        ["save", "a", "b", "--storage-option", "anon"],
        ["save", "a", "b", "--storage-option", "client_kwargs={"],
        ["shave", "a", "b"],
    ],
)
def test_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """What cannot be meant shows the usage."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith("usage: python -m trailnb")


def test_interrupt(
    logs: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Ctrl-C ends it without a traceback."""

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("trailnb.trail.keeping.save", interrupted)
    assert main(["save", str(logs), str(tmp_path / "case")]) == 130
    assert capsys.readouterr().err == "trailnb: interrupted; what was saved is kept.\n"


def test_module_runs(logs: Path, tmp_path: Path) -> None:
    """`python -m trailnb` is that command, and its help tells every option."""
    run = [sys.executable, "-m", "trailnb", "save"]
    done = subprocess.run(
        [*run, str(logs), str(tmp_path / "case"), "--storage-option", "anon=true"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    told = subprocess.run([*run, "--help"], cwd=ROOT, capture_output=True, text=True, check=True)
    for option in ("SOURCE", "DEST", "--since", "--late", "--storage-option", "Exit status"):
        assert option in told.stdout
