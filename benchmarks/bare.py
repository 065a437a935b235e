"""The bare operations that bound what any reader can do."""

from __future__ import annotations

import hashlib
import json
import time
from pathlib import Path

from isal import isal_zlib

#: The server of the benchmark checks no signature.
CREDENTIALS = {"key": "benchmark", "secret": "benchmark"}


def decompress(folder: str) -> dict[str, float]:
    """Read and decompress every log file (isal), and look at none."""
    size = 0
    wall, cpu = time.perf_counter(), time.process_time()
    for path in _paths(folder):
        size += len(isal_zlib.decompress(path.read_bytes(), 31))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {"rows": size, "wall": wall, "cpu": cpu}


def json_loads(folder: str, *, unpacked: bool) -> dict[str, float]:
    """Parse every log file with the standard library and drop it at once.

    With `unpacked` the clock runs while parsing only, otherwise for reading and unpacking as well.
    """
    rows, wall, cpu = 0, 0.0, 0.0
    for path in _paths(folder):
        if unpacked:
            text = isal_zlib.decompress(path.read_bytes(), 31)
        wall, cpu = wall - time.perf_counter(), cpu - time.process_time()
        if not unpacked:
            text = isal_zlib.decompress(path.read_bytes(), 31)
        rows += len(json.loads(text)["Records"])
        wall, cpu = wall + time.perf_counter(), cpu + time.process_time()
    return {"rows": rows, "wall": wall, "cpu": cpu}


def hashed(folder: str) -> dict[str, float]:
    """Read, decompress (isal) and hash every log file."""
    rows = 0
    wall, cpu = time.perf_counter(), time.process_time()
    for path in _paths(folder):
        if "CloudTrail-Digest" not in path.name:
            hashlib.sha256(isal_zlib.decompress(path.read_bytes(), 31)).hexdigest()
            rows += 1
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {"rows": rows, "wall": wall, "cpu": cpu}


def load(statement: str) -> dict[str, float]:
    """Import something for the first time in this process."""
    wall, cpu = time.perf_counter(), time.process_time()
    exec(statement, {})  # noqa: S102 - one of the benchmark's own
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {"rows": 0, "wall": wall, "cpu": cpu}


def fetch_with_s3fs(folder: str, bucket: str, endpoint: str) -> dict[str, float]:
    """Fetch every object with s3fs's own concurrent `cat`, its keys known beforehand."""
    from s3fs import S3FileSystem

    filesystem = S3FileSystem(**{**CREDENTIALS, "endpoint_url": endpoint})
    keys = [f"{bucket}/{path.relative_to(folder)}" for path in _paths(folder)]
    wall, cpu = time.perf_counter(), time.process_time()
    found = filesystem.cat(keys)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {"rows": len(found), "wall": wall, "cpu": cpu}


def _paths(folder: str) -> list[Path]:
    return sorted(Path(folder).rglob("*.json.gz"))
