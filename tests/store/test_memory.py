"""Does saving a large trail stay within its memory?"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import polars as pl
import pytest

from tests.store.stores import ledger_of, opened
from trailnb.store.writing import PART_TEXT_BYTES

ROOT = Path(__file__).parents[2]
GIBIBYTE = 1 << 30
EVENTS = 400_000


def resident(group: int) -> int:
    """How much memory do the processes of this group hold together, shared pages counted once?"""
    total = 0
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            if int(status.read_text().rsplit(")", 1)[1].split()[2]) == group:
                text = (status.parent / "smaps_rollup").read_text()
                total += 1024 * int(text.split("\nPss:", 1)[1].split(None, 1)[0])
        except (OSError, IndexError):  # it ended meanwhile
            continue
    return total


@pytest.mark.soak
@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="memory is read in /proc")
@pytest.mark.parametrize("workers", [1, 2])
def test_memory_of_a_large_save(tmp_path: Path, workers: int) -> None:
    """Four full days are saved and marked with less than a gigabyte in all processes together."""
    logs, dest = tmp_path / "logs", tmp_path / "case"
    scale = [sys.executable, "-m", "tools.samples.scale", str(logs)]
    size = ["--events", str(EVENTS), "--files", "400", "--rounds", "1"]
    subprocess.run([*scale, *size], cwd=ROOT, check=True)
    save = [sys.executable, "-m", "trailnb", "save", str(logs), str(dest)]
    process = subprocess.Popen(
        [*save, "--workers", str(workers)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        env=os.environ | {"POLARS_MAX_THREADS": "2"},
        start_new_session=True,
    )
    peak, is_over = [0], threading.Event()

    def watch() -> None:
        while not is_over.wait(0.05):
            peak[0] = max(peak[0], resident(process.pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    status = process.wait()
    is_over.set()
    watcher.join()
    assert status == 0
    text = [sum(held.text_bytes for held in part.footer.held) for part in ledger_of(dest).parts]
    assert sum(size >= PART_TEXT_BYTES for size in text) >= 4, "parts are full"
    assert opened(dest).events.select(pl.len()).collect().item() == EVENTS
    assert peak[0] < GIBIBYTE, f"{peak[0] / 2**20:,.0f} MiB"
