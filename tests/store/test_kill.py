"""Does a store survive the sudden end of whoever writes it, at any moment?"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
import warnings
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest

from tests.store.stores import assert_same, ledger_of, opened
from tests.trail.deliveries import key, log, numbered
from trailnb.store.ledger import is_part

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trailnb.trail.trail import Trail

ROOT = Path(__file__).parents[2]
DAYS = 8
FILES = 6
pytestmark = pytest.mark.skipif(not Path("/proc").exists(), reason="processes are seen in /proc")

SCRIPT = """
import sys, time
import trailnb as tn
from trailnb.errors import ProblemWarning
import warnings

warnings.simplefilter("ignore", ProblemWarning)
source, dest, verb = sys.argv[1:4]
print("started", flush=True)
if verb == "compact":
    tn.open(dest).compact()
else:
    from trailnb.trail import keeping
    keeping._WORTH_BYTES = 0
    tn.open(source, workers=2, progress=lambda _: None).save(dest)
print("done", flush=True)
"""


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight days of log files, where each brings again an event of the one before."""
    folder = tmp_path_factory.mktemp("logs")
    number, last = 0, []
    for day in range(1, DAYS + 1):
        for hour in range(FILES):
            path = folder / key(f"2026-11-{day:02}T{hour + 9:02}:05")
            path.parent.mkdir(parents=True, exist_ok=True)
            moment = f"2026-11-{day:02}T{hour + 8:02}:59:00Z"
            fresh = [numbered(one, eventTime=moment) for one in range(number, number + 40)]
            path.write_bytes(log(*last, *fresh))
            number, last = number + 40, fresh[-1:]
    return folder


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """The process that is killed."""
    path = tmp_path / "saving.py"
    path.write_text(SCRIPT)
    return path


def run(script: Path, source: Path, dest: Path, verb: str = "save") -> subprocess.Popen[str]:
    """Start it, with a process group of its own; returns once it has begun."""
    process = subprocess.Popen(
        [sys.executable, str(script), str(source), str(dest), verb],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT), "POLARS_MAX_THREADS": "1"},
        cwd=script.parent,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "started\n"
    return process


def finish(process: subprocess.Popen[str]) -> bool:
    """Wait for its end; tell whether it got to the end of its work."""
    said, complaint = process.communicate(timeout=120)
    assert process.returncode in {0, -signal.SIGKILL}, complaint
    return said == "done\n"


def in_group(group: int) -> list[int]:
    """Which processes of this group live?"""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = status.read_text().rsplit(")", 1)[1].split()
            if int(fields[2]) == group and fields[0] != "Z":
                found.append(int(status.parent.name))
    return found


def wait_for_end(group: int, seconds: float = 20) -> None:
    """Poll until no process of this group is left."""
    until = time.monotonic() + seconds
    while in_group(group):
        assert time.monotonic() < until, f"processes are left: {in_group(group)}"
        time.sleep(0.05)


def wait_for_moment(process: subprocess.Popen[str], dest: Path, dice: random.Random) -> None:
    """Wait until so many parts are written, or a while longer: then copies are being marked."""
    count = dice.randrange(DAYS + 3)
    until = time.monotonic() + 20
    while len(list(dest.glob("date=*/*.parquet"))) < min(count, DAYS):
        if process.poll() is not None or time.monotonic() > until:
            break
        time.sleep(0.002)
    time.sleep(dice.uniform(0.0, 0.05 if count <= DAYS else 0.5))


def kill_group(process: subprocess.Popen[str], dest: Path, dice: random.Random) -> bool:
    """End all of it at once, at a random moment."""
    wait_for_moment(process, dest, dice)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    return finish(process)


def kill_one(process: subprocess.Popen[str], dest: Path, dice: random.Random) -> bool:
    """End one of its processes: the parent or a worker."""
    wait_for_moment(process, dest, dice)
    alive = in_group(process.pid)
    if alive:
        with contextlib.suppress(ProcessLookupError):
            os.kill(dice.choice(alive), signal.SIGKILL)
    return finish(process)


def events_of(trail: Trail) -> Counter[tuple[str, str]]:
    """Which event ids come from which log file, how often?"""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = trail.events.select("event_id", "log_file").collect()
    return Counter(found.rows())  # type: ignore[arg-type]


def check_between(dest: Path, whole: Trail) -> None:
    """What can be opened now is right: no event twice, none that was not saved, whole log files."""
    if not (dest / "_trailnb" / "store.json").exists():
        return
    trail = opened(dest)
    assert trail.problems().height == 0
    found = trail.events.select("event_id").collect()["event_id"]
    assert found.is_duplicated().sum() == 0
    held = [file.key for file in trail.scan.files]
    expected = whole.events.filter(pl.col("log_file").is_in(held)).select("event_id").collect()
    assert set(expected["event_id"]) <= set(found)
    assert trail.verify_store().height == 0


def check_end(dest: Path, whole: Trail) -> None:
    """It is the same trail, and every part that lies there is one that the ledger knows."""
    assert_same(opened(dest), whole)
    assert events_of(opened(dest)) == events_of(whole)
    ledger = ledger_of(dest)
    names = {path.relative_to(dest).as_posix() for path in dest.glob("date=*/*")}
    stray = {name for name in names if not is_part(name)}
    assert all(".unfinished-" in name for name in stray)
    assert names - stray == {part.name for part in ledger.parts} | set(ledger.spent)
    assert not ledger.torn


def saved_under_fire(seed: int, logs: Path, script: Path, dest: Path) -> None:
    """Save three times with a kill at a random moment, then once in peace."""
    dice = random.Random(seed)
    whole = opened(logs)
    for _ in range(3):
        process = run(script, logs, dest)
        dice.choice((kill_group, kill_one))(process, dest, dice)
        wait_for_end(process.pid)
        check_between(dest, whole)
    assert finish(run(script, logs, dest))
    check_end(dest, whole)


@pytest.mark.parametrize("seed", range(5))
def test_kill_while_saving(seed: int, logs: Path, script: Path, tmp_path: Path) -> None:
    """Killed again and again, whole or a worker at a time, a save that is run again completes."""
    saved_under_fire(seed, logs, script, tmp_path / "case")


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(5, 105))
def test_kill_while_saving_often(seed: int, logs: Path, script: Path, tmp_path: Path) -> None:
    """The same, a hundred times."""
    saved_under_fire(seed, logs, script, tmp_path / "case")


def one_by_one(logs: Path, dest: Path) -> None:
    """Save in slices, so that days have several parts."""
    raw = opened(logs)
    names = [file.key for file in raw.scan.files]
    for start in range(3):
        opened(names[start::3]).save(dest)


def compacted_under_fire(seed: int, logs: Path, script: Path, dest: Path) -> None:
    """Join parts, killed at a random moment of every run."""
    dice = random.Random(seed)
    whole = opened(logs)
    one_by_one(logs, dest)
    before = events_of(opened(dest))
    for _ in range(3):
        process = run(script, logs, dest, "compact")
        time.sleep(dice.uniform(0.3, 1.3))
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        finish(process)
        wait_for_end(process.pid)
        check_between(dest, whole)
        assert events_of(opened(dest)) == before
    assert finish(run(script, logs, dest, "compact"))
    check_end(dest, opened(names_of(logs)))
    assert len(ledger_of(dest).parts) == DAYS


def names_of(logs: Path) -> list[str]:
    """Name the log files one by one, as they were saved."""
    return [file.key for file in opened(logs).scan.files]


@pytest.mark.parametrize("seed", range(2))
def test_kill_while_joining(seed: int, logs: Path, script: Path, tmp_path: Path) -> None:
    """Killed while parts are joined, nothing is missing or double."""
    compacted_under_fire(seed, logs, script, tmp_path / "case")


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(2, 30))
def test_kill_while_joining_often(seed: int, logs: Path, script: Path, tmp_path: Path) -> None:
    """The same, often."""
    compacted_under_fire(seed, logs, script, tmp_path / "case")


def test_two_processes_save_at_once(logs: Path, script: Path, tmp_path: Path) -> None:
    """Two whole saves side by side, one of them killed on the way, end as one."""
    dest = tmp_path / "case"
    whole = opened(logs)
    with running(script, logs, dest) as one, running(script, logs, dest) as other:
        time.sleep(0.9)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(other.pid, signal.SIGKILL)
        check_between(dest, whole)
        assert finish(one)
        finish(other)
    check_between(dest, whole)
    assert finish(run(script, logs, dest))
    check_end(dest, whole)


def test_saving_while_joining(logs: Path, script: Path, tmp_path: Path) -> None:
    """A save and a joining of parts side by side disturb neither each other nor a reader."""
    dest = tmp_path / "case"
    whole = opened(names_of(logs))
    one_by_one(logs, dest)
    with running(script, logs, dest) as one, running(script, logs, dest, "compact") as other:
        check_between(dest, whole)
        assert finish(one)
        assert finish(other)
    check_between(dest, whole)
    assert finish(run(script, logs, dest))
    assert_same(opened(dest), whole)


@contextlib.contextmanager
def running(
    script: Path, logs: Path, dest: Path, verb: str = "save"
) -> Iterator[subprocess.Popen[str]]:
    """A process that is gone in the end, whatever happens."""
    process = run(script, logs, dest, verb)
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        wait_for_end(process.pid)
