"""Saving with this machine's processes and with Spark's, every process counted."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import time
from typing import TYPE_CHECKING

import polars as pl
import psutil  # type: ignore[import-untyped]

import trailnb as tn

if TYPE_CHECKING:
    from trailnb.trail.trail import Trail

_SETTINGS = {
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.executorEnv.POLARS_MAX_THREADS": "1",
    "spark.sql.session.timeZone": "UTC",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}


def by_pool(uri: str, dest: str) -> dict[str, float]:
    """Save with two worker processes, their start included."""
    shutil.rmtree(dest, ignore_errors=True)
    wall, before = time.perf_counter(), _cpu()
    saved = tn.open(uri, workers=2, progress=lambda _: None).save(dest)
    wall, cpu = time.perf_counter() - wall, _cpu() - before
    return {"rows": _rows(saved), "wall": wall, "cpu": cpu}


def by_spark(uri: str, dest: str) -> dict[str, float]:
    """Save on `local[2]`; `start` is what the session itself had taken before."""
    from pyspark.sql import SparkSession

    shutil.rmtree(dest, ignore_errors=True)
    os.environ["PYSPARK_PYTHON"] = sys.executable
    before = _cpu()
    builder = SparkSession.builder.master("local[2]")
    for name, value in _SETTINGS.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    start = _cpu() - before
    wall, before = time.perf_counter(), _cpu()
    trail = tn.open(uri, progress=lambda _: None)
    saved = trail.save(dest, map=tn.engines.spark(session))
    wall, cpu = time.perf_counter() - wall, _cpu() - before
    told = {"rows": _rows(saved), "wall": wall, "cpu": cpu, "start": start}
    session.stop()
    return told


def _rows(saved: Trail) -> float:
    return float(saved.events.select(pl.len()).collect().item())


def _cpu() -> float:
    """CPU seconds of this process and all that live or lived below it."""
    total = 0.0
    own = psutil.Process()
    for process in [own, *own.children(recursive=True)]:
        with contextlib.suppress(psutil.NoSuchProcess):
            total += sum(process.cpu_times()[:4])  # of its ended children, too
    return total
