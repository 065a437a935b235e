"""Do several processes answer as one does, and what if one of them dies?"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import trailnb as tn
from tests.trail.deliveries import WatchedSource, key, log, numbered
from trailnb.reading import parcels, pool, workers
from trailnb.sources.memory import MemorySource

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from trailnb.sources.source import Listing, LogFile, Unread, Wanted

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _small_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hand out work in tasks of three files, so that little evidence makes many tasks."""
    monkeypatch.setattr(workers, "_TASK_FILES", 3)


@pytest.fixture(scope="module", autouse=True)
def _no_worker_left() -> Iterator[None]:
    """End the worker processes when these tests are done."""
    yield
    pool.shutdown()


def deliveries(count: int = 20) -> dict[str, bytes]:
    """So many files with three events each, one of which the file before held already."""
    return {
        key(f"2026-11-02T{9 + number // 12:02}:{number % 12 * 5:02}"): log(
            *(numbered(one) for one in range(number * 2, number * 2 + 3))
        )
        for number in range(count)
    }


@dataclass
class FatalSource:
    """Logs in memory where reading certain files kills the process that reads them.

    `until` names a file; while it is missing reading kills, and the first death creates it.
    """

    contents: dict[str, bytes]
    fatal: frozenset[str]
    main: int = field(default_factory=os.getpid)
    until: str | None = None
    uri: str = "fatal"

    def list(self, wanted: Wanted) -> Listing:
        """List everything."""
        return MemorySource(self.contents).list(wanted)

    def read(self, files: Sequence[LogFile]) -> Iterator[tuple[LogFile, bytes | Unread]]:
        """Hand over files until a fatal one comes."""
        for file, content in MemorySource(self.contents).read(files):
            if file.key in self.fatal and os.getpid() != self.main:
                self._die()
            yield file, content

    def _die(self) -> None:
        if self.until is not None:
            if Path(self.until).exists():
                return
            Path(self.until).touch()
        os.kill(os.getpid(), signal.SIGKILL)


@dataclass
class SlowSource(WatchedSource):
    """Logs in memory that take their time."""

    seconds: float = 0.05

    def read(self, files: Sequence[LogFile]) -> Iterator[tuple[LogFile, bytes | Unread]]:
        """Hand over files slowly."""
        for one in super().read(files):
            time.sleep(self.seconds)
            yield one


def test_two_processes_answer_as_one() -> None:
    """The frame is the same, row for row, with workers and without."""
    contents = deliveries()
    alone = tn.open(contents, workers=1).events
    together = tn.open(contents, workers=2).events
    assert_frame_equal(together.collect(), alone.collect())
    for query in (
        pl.col("actor") == "alice",
        pl.col("log_file").str.contains("T0930Z"),
    ):
        assert_frame_equal(together.filter(query).collect(), alone.filter(query).collect())
    assert_frame_equal(together.head(7).collect(), alone.head(7).collect())


def test_workers_really_read() -> None:
    """Asked for two processes, this one reads nothing itself."""
    source = WatchedSource(deliveries())
    assert tn.open(source, workers=2, dedupe=False).events.collect().height == 60
    assert source.read_keys == []


def test_little_work_starts_no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Left to decide, a small body of logs is read in this process."""
    monkeypatch.setattr(workers, "_spread", _never)
    assert tn.open(deliveries()).events.select(pl.len()).collect().item() == 41


def test_much_work_starts_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Left to decide, workers take over once the pace says that it pays."""
    monkeypatch.setattr(workers, "_WORTH_SECONDS", 0.2)
    monkeypatch.setattr(workers, "_MEASURE_SECONDS", 0.05)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    source = SlowSource(deliveries(), seconds=0.03)
    assert tn.open(source, dedupe=False).events.collect().height == 60
    assert 3 <= len(source.read_keys) < 20


def test_one_process_starts_no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """`workers=1` stays in this process, whatever the volume."""
    monkeypatch.setattr(workers, "_spread", _never)
    monkeypatch.setattr(workers, "_WORTH_SECONDS", 0.0)
    monkeypatch.setattr(workers, "_MEASURE_SECONDS", 0.0)
    assert tn.open(deliveries(), workers=1).events.collect().height == 41


def test_source_that_cannot_travel_is_read_here() -> None:
    """A source that no other process can have is read in this one."""
    source = WatchedSource(deliveries())
    source.lock = threading.Lock()  # type: ignore[attr-defined]
    assert tn.open(source, workers=2, dedupe=False).events.collect().height == 60
    assert len(source.read_keys) == 20


def test_worker_that_dies_once(tmp_path: Path) -> None:
    """A worker killed in the middle of a task costs nothing: another reads the task."""
    contents = deliveries()
    fatal = frozenset(list(contents)[7:8])
    source = FatalSource(contents, fatal, until=str(tmp_path / "died"))
    found = tn.open(source, workers=2).events.collect()
    assert (tmp_path / "died").exists()
    assert_frame_equal(found, tn.open(contents, workers=1).events.collect())


def test_workers_killed_from_outside(tmp_path: Path) -> None:
    """When the system kills workers, the scan starts others and still answers in full."""
    contents = deliveries(40)
    source = SlowSource(contents, seconds=0.03)
    killed: list[int] = []

    def kill() -> None:
        time.sleep(0.4)
        for worker in _workers()[:1]:
            killed.append(worker)
            os.kill(worker, signal.SIGKILL)

    tn.open(deliveries(), workers=2).events.collect()  # so that workers are there
    killer = threading.Thread(target=kill)
    killer.start()
    found = tn.open(source, workers=2).events.collect()
    killer.join()
    assert killed
    assert_frame_equal(found, tn.open(contents, workers=1).events.collect())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.filterwarnings("ignore::trailnb.errors.ProblemWarning")
def test_pool_keeps_its_size() -> None:
    """Files that are read one by one after a death do not change the size of the pool in use."""
    contents = deliveries()
    source = FatalSource(contents, frozenset(list(contents)[7:8]))
    tn.open(source, workers=2).events.select("event_id").collect()
    assert pool._POOL.made_for == (os.getpid(), 2)


def test_one_pool_serves_every_thread() -> None:
    """Polars reads from whichever thread it likes; workers are started once for all of them."""
    trail = tn.open(deliveries(), workers=2)
    seen: set[int] = set()

    def read() -> None:
        trail.events.select("event_id").collect()
        seen.add(id(pool._POOL.executor))

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 1


def test_nothing_is_left_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Frames that came from workers leave no file behind."""
    monkeypatch.setattr(parcels, "_MEMORY", tmp_path)
    monkeypatch.setattr(parcels, "_ROOM_BYTES", 0)
    tn.open(deliveries(), workers=2).events.select("event_id").head(3).collect()
    tn.open(deliveries(), workers=2).events.select("event_id").collect()
    assert list(tmp_path.iterdir()) == []


def test_no_room_for_parcels() -> None:
    """Where a file cannot be written, frames travel as bytes."""
    frame = pl.DataFrame({"a": [1, 2]})
    parcel = parcels.packed(frame, "/nowhere/at/all")
    assert isinstance(parcel, bytes)
    assert parcels.unpacked(parcel).equals(frame)


def test_error_in_a_worker_is_raised_here() -> None:
    """What goes wrong in a worker for another reason is raised, not swallowed."""
    source = BrokenSource(deliveries())
    with pytest.raises(RuntimeError, match="the place is on fire"):
        tn.open(source, workers=2).events.collect()
    assert tn.open(deliveries(), workers=2).events.collect().height == 41


class BrokenSource(WatchedSource):
    """Logs whose place breaks its promise never to raise while reading."""

    def read(self, files: Sequence[LogFile]) -> Iterator[tuple[LogFile, bytes | Unread]]:
        """Raise at once."""
        message = "the place is on fire"
        raise RuntimeError(message)
        yield files  # type: ignore[unreachable]


def _never(*_: object) -> Any:  # noqa: ANN401 - stands for any function
    pytest.fail("workers were started")


def _workers() -> list[int]:
    """Which processes did this one start?"""
    return _children(os.getpid())


def _children(parent: int) -> list[int]:
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rsplit(")", 1)[1].split()
        except OSError:  # it ended meanwhile
            continue
        if int(fields[1]) == parent and fields[0] != "Z":
            command = (status.parent / "cmdline").read_bytes()
            if b"loky" in command and b"resource_tracker" not in command:
                found.append(int(status.parent.name))
    return found


SCRIPT = """
import sys, time
import trailnb as tn
from tests.trail.deliveries import key, log, numbered
from tests.trail.test_workers import SlowSource
from trailnb.reading import parcels, pool, workers

workers._TASK_FILES = 3
contents = {
    key(f"2026-11-02T09:{minute:02}"): log(numbered(minute)) for minute in range(0, 60, 5)
}
source = SlowSource(contents, seconds=SECONDS)
events = tn.open(source, workers=2).events
print("reading", flush=True)
print(events.collect().height, flush=True)
"""


def _run(path: Path, seconds: float) -> subprocess.Popen[str]:
    path.write_text(SCRIPT.replace("SECONDS", str(seconds)))
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, str(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        cwd=path.parent,
    )


def test_script_without_main_guard(tmp_path: Path) -> None:
    """A plain script may read with workers; nothing is run twice and no guard is needed."""
    with _run(tmp_path / "script.py", 0.0) as script:
        said, complaints = script.communicate(timeout=60)
    assert (said.split(), complaints) == (["reading", "12"], "")
    assert script.returncode == 0


def test_workers_die_with_their_parent(tmp_path: Path) -> None:
    """When the parent is killed, its workers are gone within seconds."""
    with _run(tmp_path / "script.py", 5.0) as script:
        started = _wait_for(lambda: len(_children(script.pid)) == 2, seconds=30)
        there = _children(script.pid)
        script.kill()
        script.wait()
    assert started
    assert _wait_for(lambda: not any(_is_running(one) for one in there), seconds=10)


def test_scan_after_an_interrupt(tmp_path: Path) -> None:
    """After Ctrl-C in the middle of a scan the same process scans again."""
    again = SCRIPT.replace("print(events.collect().height, flush=True)", "") + (
        "import _thread, threading\n"
        "threading.Timer(1.5, _thread.interrupt_main).start()\n"
        "try:\n"
        "    print(events.collect().height)\n"
        "except KeyboardInterrupt:\n"
        "    print('interrupted')\n"
        "source = SlowSource(contents, seconds=0.0)\n"
        "print(tn.open(source, workers=2).events.collect().height)\n"
    )
    script = tmp_path / "interrupted.py"
    script.write_text(again.replace("SECONDS", "0.7"))
    done = subprocess.run(
        [sys.executable, str(script)],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        timeout=90,
        check=False,
    )
    assert done.stdout.split() == ["reading", "interrupted", "12"], done.stderr


def _wait_for(condition: Any, *, seconds: float) -> bool:  # noqa: ANN401 - a function of nothing
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


def _is_running(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"
