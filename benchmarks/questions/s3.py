"""How fast are many small objects read from S3, beside s3fs alone?"""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from benchmarks.bare import CREDENTIALS
from benchmarks.data import scaled
from benchmarks.measure import ROOT, Contender, compare
from benchmarks.table import Bar, Table, seconds, times

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.options import Options

_BUCKET = "logs"
_S3FS = "s3fs, cat of known keys"
_LEAST = 5


def answer(options: Options) -> list[Table]:
    """Read a bucket on loopback; the server shares the cores with its client."""
    folder = scaled(*options.many)
    with _server(folder) as endpoint:
        costs = compare(_contenders(str(folder), endpoint), options.rounds)
    objects = options.many[1]
    table = Table(
        f"{objects:,} objects from S3 on loopback",
        "Wall seconds, by a server in a process of its own that shares the cores. s3fs is given "
        "the keys and only fetches; the library lists first.",
        ("reader", "CPU s", "wall s", "objects/s", "of s3fs"),
    )
    for name, cost in costs.items():
        speed = costs[_S3FS].wall_seconds / cost.wall_seconds
        bar = None if name == _S3FS else Bar(speed, at_least=_LEAST)
        rate = f"{objects / cost.wall_seconds:,.0f}"
        table.add(name, *seconds(cost), rate, times(speed), bar=bar)
    return [table]


def _contenders(folder: str, endpoint: str) -> list[Contender]:
    storage = {**CREDENTIALS, "endpoint_url": endpoint}
    ours = {"uri": f"s3://{_BUCKET}/", "storage_options": storage, "workers": 1}
    where = {"folder": folder, "bucket": _BUCKET, "endpoint": endpoint}
    return [
        Contender(_S3FS, "benchmarks.bare:fetch_with_s3fs", where, 2, env={}),
        Contender("trailnb, list and fetch", "benchmarks.ours:read_only", ours, 2, env={}),
        Contender("trailnb, list to frame of 7 columns", "benchmarks.ours:scan", ours, 2, env={}),
    ]


@contextmanager
def _server(folder: Path) -> Iterator[str]:
    command = [sys.executable, "-m", "benchmarks.s3_server", str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.terminate()
