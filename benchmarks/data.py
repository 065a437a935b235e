"""Which log files are measured? Scaled samples, made once and kept under `build/bench/`.

Usage: `python -m benchmarks.data` makes them all.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import zlib
from collections import Counter
from typing import TYPE_CHECKING

from isal import isal_zlib

from benchmarks.measure import ROOT, say
from tools.samples.scale import scale

if TYPE_CHECKING:
    from pathlib import Path

#: What is raised when the generator writes other bytes, so that stale sets are made anew.
EDITION = 2
PLACE = ROOT / "build" / "bench" / str(EDITION)
MANY_FILES = (200_000, 2_000)
FEW_FILES = (200_000, 100)
BIG = (2_000_000, 2_000)
RULED = (1_000_000, 1_000)
_HEAD, _TAIL = b'{"Records":[', b"]}"
_SEAM = b'},{"eventVersion"'
#: In userIdentity, where the key stands behind the account; not in what STS issued.
_SIGNING_KEY = re.compile(rb'"accountId":"\d{12}","accessKeyId":"(\w{20})"')


def scaled(events: int, files: int) -> Path:
    """Which folder holds so many events in so many files of the true layout?"""
    place = PLACE / f"{events}-in-{files}"
    if not place.exists():
        say(f"making {events:,} events in {files:,} files")
        making = _fresh(place)
        scale(making, events, files)
        making.rename(place)
    return place


def delivered_twice(events: int, files: int) -> Path:
    """Which folder holds the same events twice, as two trails into one bucket deliver them?

    The second trail cuts its files elsewhere: each of its files holds the end of one of the first
    trail's files and the beginning of the next.
    """
    place = PLACE / f"{events}-in-{files}-twice"
    if not place.exists():
        say(f"making {events:,} events in {files:,} files, delivered twice")
        first, making = scaled(events, files), _fresh(place)
        shutil.copytree(first, making)
        for folder in sorted({path.parent for path in log_files(first)}):
            _deliver_again(sorted(folder.glob("*.json.gz")), making / folder.relative_to(first))
        making.rename(place)
    return place


def log_files(folder: Path) -> list[Path]:
    """Which log files lie below this folder, in order of their names?"""
    return sorted(folder.rglob("*.json.gz"))


def rarest_key(folder: Path) -> tuple[str, int]:
    """Which access key signed requests in the fewest files, and in how many?"""
    files: Counter[bytes] = Counter()
    for path in log_files(folder):
        files.update(set(_SIGNING_KEY.findall(isal_zlib.decompress(path.read_bytes(), 31))))
    key, count = min(files.items(), key=lambda item: (item[1], item[0]))
    return key.decode(), count


def _fresh(place: Path) -> Path:
    making = place.with_name(f"{place.name}.making")
    shutil.rmtree(making, ignore_errors=True)
    making.parent.mkdir(parents=True, exist_ok=True)
    return making


def _deliver_again(paths: list[Path], into: Path) -> None:
    """Write the records of these files again, cut in the middle of each."""
    waiting: list[bytes] = []
    for path in paths:
        records = _records(isal_zlib.decompress(path.read_bytes(), 31))
        middle = len(records) // 2
        _write(into / _renamed(path.name), waiting + records[:middle])
        waiting = records[middle:]
    _write(into / _renamed(_renamed(paths[-1].name)), waiting)


def _records(text: bytes) -> list[bytes]:
    """Cut a file of the generator, which writes no white space, into its records."""
    inside = text.removeprefix(_HEAD).removesuffix(_TAIL)
    first, *others = inside.split(_SEAM)
    records = [first, *(_SEAM[2:] + other for other in others)]
    return [record + b"}" for record in records[:-1]] + records[-1:]


def _renamed(name: str) -> str:
    """The same account, region and stamp with another random part."""
    stem = name.removesuffix(".json.gz").rsplit("_", 1)[0]
    return f"{stem}_{hashlib.sha256(name.encode()).hexdigest()[:16]}.json.gz"


def _write(path: Path, records: list[bytes]) -> None:
    if records:
        path.write_bytes(zlib.compress(_HEAD + b",".join(records) + _TAIL, 6, 31))


def main() -> None:
    """Make every set."""
    for shape in (MANY_FILES, FEW_FILES, BIG):
        scaled(*shape)
    delivered_twice(*MANY_FILES)


if __name__ == "__main__":
    main()
