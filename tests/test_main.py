"""Does the command line save trails, say what came of it, and fail in one sentence?"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import jupytext
import pytest

import trailnb as tn
from tests.evidence import event
from tests.sources.event_history_api import NOW, record
from tests.sources.lake_api import STORE, Lake
from tests.trail.deliveries import key, log, numbered
from trailnb.__main__ import main
from trailnb._command.logs import options_of_dest
from trailnb._command.parser import read
from trailnb.sources import opening
from trailnb.sources.lake import EventDataStore

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


def test_follow(logs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A line for each arrival, problems on stderr with nothing that moves a terminal."""
    hostile = logs / "\x1b[2Jnotes.json"
    hostile.write_bytes(b"{]")
    (logs / key("2026-11-02T10:05")).write_bytes(b"{]")
    verb = ["follow", str(logs), str(tmp_path / "case"), "--every", "0s", "--rounds", "2"]
    assert main(verb) == 1
    out, complaint = capsys.readouterr()
    assert [line.split("Z ")[1] for line in out.splitlines()] == ["4 new log files, 2 events"]
    assert [line.split(": ")[1] for line in complaint.splitlines()] == ["error", "note"]
    assert "\x1b" not in complaint
    assert "\\x1b[2Jnotes.json" in complaint
    assert main(verb) == 0
    assert capsys.readouterr() == ("", "")


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


def test_save_from_a_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A service is asked under its name; what it scanned is said beside what was brought."""
    lake = Lake([record(number, NOW - timedelta(hours=number)) for number in range(30)])
    given: dict[str, object] = {}

    def door(url: str, options: dict[str, object]) -> EventDataStore:
        given.update(options)
        return EventDataStore(
            url, {"session": lake}, clock=lake.clock, sleep=lake.clock.sleep,
            now=lambda: NOW, wait=lake.wait, threads=1,
        )  # fmt: skip

    monkeypatch.setattr(opening, "_live_door", lambda _: door)
    dest = str(tmp_path / "case")
    how = ["--since", "2026-11-02", "--regions", "all", "--storage-option", "profile=audit"]
    assert main(["save", f"lake://{STORE}", dest, *how]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith(f"{dest}: ")
    assert "errors among them: 0" in first
    assert (
        second
        == f"{dest}: 4 queries so far scanned 4,000,000 bytes of lake://{STORE}, which AWS bills"
    )
    assert given == {"profile": "audit"}
    assert tn.open(dest).events.collect().height == 30


def test_what_only_a_service_understands_stays_with_it() -> None:
    """The place to write to is configured by the rest."""
    how = "--storage-option workgroup=x --storage-option allow_full_scan=true"
    asked = read(
        ["save", "athena://a/b", "s3://c/d", *how.split(), "--storage-option", "profile=p"]
    )
    assert options_of_dest(asked) == {"profile": "p"}
    asked = read(["save", "s3://a/b", "s3://c/d", "--storage-option", "profile=p"])
    assert options_of_dest(asked) == {"profile": "p"}


@pytest.mark.parametrize(
    ("arguments", "said", "status"),
    [
        (["save", "missing", "DEST"], "missing", 1),
        (["save", "LOGS", "LOGS"], "something else lies here already", 1),
        (["save", "LOGS", "DEST", "--since", "soon"], "names no moment", 2),
        (["save", "LOGS", "DEST", "--late", "soon"], "names no duration", 2),
        (["follow", "LOGS", "DEST", "--every", "soon"], "names no duration", 2),
        (["follow", "LOGS", "DEST", "--queue", "https://q/1/news"], "in one bucket", 2),
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


def answered(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What does a question print, when all is well?"""
    assert main([*arguments]) == 0
    return capsys.readouterr().out


def test_timeline_in_every_form(capsys: pytest.CaptureFixture[str]) -> None:
    """A table of sentences for people; every column for programs."""
    asked = ("timeline", "data-samples/quiet", "--action", "sts:AssumeRoleWithSAML", "--limit", "2")
    table = answered(capsys, *asked).splitlines()
    assert table[0].split() == ["time", "count", "outcome", "summary"]
    assert len(table) == 4
    assert table[-1].endswith("more rows (--limit)")
    rows = json.loads(answered(capsys, *asked, "--format", "json"))
    assert [row["action"] for row in rows] == ["sts:AssumeRoleWithSAML"] * 2
    lines = list(csv.DictReader(answered(capsys, *asked, "--format", "csv").splitlines()))
    assert [line["summary"] for line in lines] == [row["summary"] for row in rows]


@pytest.mark.parametrize(
    ("verb", "holds"),
    [
        ("origins", "203.0.113."),
        ("iam-changes", "inline policy media"),
        ("coverage", "none seen"),
    ],
)
def test_questions(verb: str, holds: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each question prints its answer."""
    assert holds in answered(capsys, verb, "data-samples/quiet")


def test_nothing_found_is_said_with_a_hint(capsys: pytest.CaptureFixture[str]) -> None:
    """A name that is not there is told, with what is like it."""
    assert main(["timeline", "data-samples/quiet", "--actor", "tom.adeyem@example.com"]) == 0
    shown = capsys.readouterr()
    assert shown.out == "nothing found\n"
    assert "Did you mean 'tom.adeyemi@example.com'" in shown.err


def test_hostile_text_does_nothing_in_a_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Control characters are spelled out in tables, and formulas stay text in CSV."""
    hostile = event(sourceIPAddress="=1+1\x1b[2J\u202e")
    (tmp_path / "one.json").write_text(json.dumps({"Records": [hostile]}), "utf-8")
    for form in ("table", "csv"):
        told = answered(capsys, "origins", str(tmp_path), "--format", form)
        assert "\x1b" not in told
        assert "\u202e" not in told
    assert "'=1+1" in told


def test_a_report_tells_its_findings_by_status(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Status 3 when something is found, 0 when not; the page is there either way."""
    for name, status, said in (("acme", 3, "12 alerts"), ("quiet", 0, "note")):
        place = tmp_path / f"{name}.html"
        assert main(["report", f"data-samples/{name}", str(place)]) == status
        assert said in capsys.readouterr().out
        assert "What these logs cannot tell" in place.read_text("utf-8")


PLAYBOOK = """\
# %% tags=["parameters"]
source = ""
level = "alert"
days = 7
out = None

# %%
import trailnb as tn

case = tn.Case(tn.open(source), title="A playbook")
if level:
    case.finding("Found", events="a", level=level)
if out:
    tn.report(case, f"{out}/report.html")
case
"""


@pytest.fixture(scope="module")
def playbook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A notebook with a case, a report and a parameter for its findings."""
    place = tmp_path_factory.mktemp("playbooks") / "found.ipynb"
    notebook = jupytext.reads(PLAYBOOK, "py:percent")
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "", "language": "python"}
    jupytext.write(notebook, place)
    return place


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(("level", "status"), [("warning", 3), ("none", 0)])
def test_a_playbook_runs_unattended(
    playbook: Path, level: str, status: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Parameters go in; run, page and the playbook's own report come out, findings as status."""
    out = tmp_path / "out"
    given = ["-p", "source=data-samples/quiet", "-p", f"level={level}", "-o", str(out)]
    assert main(["run", str(playbook), *given]) == status
    assert {one.name for one in out.iterdir()} == {"found.ipynb", "found.html", "report.html"}
    assert ("1 warning" if status else "nothing found") in capsys.readouterr().out


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_playbook_without_such_a_parameter_is_not_run(
    playbook: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A misspelt parameter would silently look at other logs."""
    assert main(["run", str(playbook), "-p", "sorce=x", "-o", str(tmp_path / "out")]) == 2
    assert "has no parameter sorce. It has source, level, days, out." in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_failing_cell_is_told(
    playbook: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The sentence of the error is the command's, and the run so far is kept."""
    out = tmp_path / "out"
    assert main(["run", str(playbook), "-p", "source=missing/logs", "-o", str(out)]) == 2
    assert "found.ipynb failed in cell" in capsys.readouterr().err
    assert (out / "found.ipynb").exists()
