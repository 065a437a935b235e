"""Sessions of Spark for the tests: in one process, and on a master with two workers of its own."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

pyspark = pytest.importorskip("pyspark", reason="pyspark is not installed (no Java to run it)")

_START_SECONDS = 60
_SETTINGS = {
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.memory": "1g",
    "spark.executor.memory": "600m",
    "spark.executorEnv.POLARS_MAX_THREADS": "1",
    "spark.python.worker.reuse": "true",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.shuffle.partitions": "2",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}


def java() -> str:
    """Which Java runs Spark? Skips where there is none of 17 or newer."""
    found = shutil.which("java")
    if found is None:
        pytest.skip("Spark needs Java 17 or newer: none on PATH")
    said = subprocess.run([found, "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(\d+)', said)
    if version is None or int(version[1]) < 17:
        pytest.skip(f"Spark needs Java 17 or newer, this is {said.splitlines()[0]}")
    return found


@contextmanager
def session(master: str = "local[2]") -> Iterator[Any]:
    """A session that is gone afterwards."""
    java()
    from pyspark.sql import SparkSession

    os.environ["PYSPARK_PYTHON"] = sys.executable
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what pyspark says of its own parts
        builder = SparkSession.builder.master(master).appName("trailnb tests")
        for name, value in _SETTINGS.items():
            builder = builder.config(name, value)
        made = builder.getOrCreate()
        made.sparkContext.setLogLevel("ERROR")
    try:
        yield made
    finally:
        made.stop()


@dataclass
class Cluster:
    """A standalone master on loopback, and the processes of its workers."""

    url: str
    workers: list[subprocess.Popen[bytes]]

    def kill_a_worker(self) -> None:
        """Kill the first worker and whatever runs for it, at once."""
        import psutil

        worker = psutil.Process(self.workers[0].pid)
        for process in [worker, *worker.children(recursive=True)]:
            process.kill()


@contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    """A real master and two real workers, one core each, as processes of this machine."""
    home, program = Path(pyspark.__file__).parent, java()
    environment = {
        **os.environ,
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_HOME": str(home),
        "PYSPARK_PYTHON": sys.executable,
    }
    started: list[subprocess.Popen[bytes]] = []

    def start(name: str, kind: str, *arguments: str) -> Path:
        log = folder / f"{name}.log"
        line = [program, "-Xmx256m", "-cp", f"{home}/jars/*", f"org.apache.spark.deploy.{kind}"]
        with log.open("wb") as out:
            process = subprocess.Popen(
                [*line, *arguments], stdout=out, stderr=subprocess.STDOUT, env=environment
            )
        started.append(process)
        return log

    try:
        port = _free_port()
        url = f"spark://127.0.0.1:{port}"
        listening = ["--host", "127.0.0.1", "--port", str(port), "--webui-port", "0"]
        _wait(start("master", "master.Master", *listening), "I have been elected leader")
        for number in range(2):
            log = start(
                f"worker{number}", "worker.Worker", "--host", "127.0.0.1", "--cores", "1",
                "--memory", "1g", "--webui-port", "0", "--work-dir", str(folder / f"work{number}"),
                url,
            )  # fmt: skip
            _wait(log, "Successfully registered with master")
        yield Cluster(url, started[1:])
    finally:
        for process in reversed(started):
            process.kill()
            process.wait()


def _wait(log: Path, said: str) -> None:
    until = time.monotonic() + _START_SECONDS
    while said not in log.read_text("utf-8", errors="replace"):
        if time.monotonic() > until:
            pytest.fail(f"Spark did not start: {log.read_text('utf-8', errors='replace')[-2000:]}")
        time.sleep(0.1)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
