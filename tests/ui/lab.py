"""A real JupyterLab for tests: a server of its own, driven by Chromium, with nothing outside."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import nbformat

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Page

_READY_SECONDS = 60
_IDLE = """() => {
  const shown = window.jupyterapp?.shell.currentWidget;
  return shown?.sessionContext?.session?.kernel?.status === "idle";
}"""
_CELLS = """() => window.jupyterapp.shell.currentWidget.content.widgets
  .filter((cell) => cell.model.type === "code")
  .map((cell) => [cell.model.executionCount, cell.model.sharedModel.outputs
    .filter((out) => out.output_type === "error")
    .map((out) => out.ename + ": " + out.evalue).join()])"""


def notebook(path: Path, *cells: str) -> None:
    """Write a notebook of these code cells."""
    made = [nbformat.v4.new_code_cell(one) for one in cells]
    # Without a kernel named here, JupyterLab asks for one.
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=made, metadata=kernel), path)


@contextmanager
def server(root: Path, home: Path, *, theme: str = "JupyterLab Light") -> Iterator[str]:
    """Serve this folder with settings of its own; give the address."""
    _settings(home, theme)
    folders = {
        "JUPYTER_CONFIG_DIR": "config", "JUPYTER_DATA_DIR": "data", "JUPYTER_RUNTIME_DIR": "run",
        "JUPYTERLAB_SETTINGS_DIR": "settings", "JUPYTERLAB_WORKSPACES_DIR": "spaces",
        "IPYTHONDIR": "ipython",
    }  # fmt: skip
    env = {**os.environ, **{name: str(home / folder) for name, folder in folders.items()}}
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1",
        f"--port={port}", "--ServerApp.port_retries=0", "--IdentityProvider.token=",
        "--ServerApp.password=", f"--ServerApp.root_dir={root}", "--LabApp.news_url=None",
        "--LabApp.expose_app_in_browser=True",
    ]  # fmt: skip
    with (
        (home / "lab.log").open("w") as log,
        subprocess.Popen(command, env=env, stdout=log, stderr=log) as process,
    ):
        try:
            _wait(f"http://127.0.0.1:{port}", process, home)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def _settings(home: Path, theme: str) -> None:
    told: dict[str, dict[str, Any]] = {
        "notification": {"fetchNews": "false", "checkForUpdates": False},
        "themes": {"theme": theme},
    }
    folder = home / "settings" / "@jupyterlab" / "apputils-extension"
    folder.mkdir(parents=True)
    for name, values in told.items():
        (folder / f"{name}.jupyterlab-settings").write_text(json.dumps(values))


def _wait(address: str, process: subprocess.Popen[bytes], home: Path) -> None:
    until = time.monotonic() + _READY_SECONDS
    while True:
        try:
            urllib.request.urlopen(f"{address}/api/status", timeout=1).close()  # noqa: S310 - our own
        except OSError:
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError((home / "lab.log").read_text()) from None
            time.sleep(0.1)
        else:
            return


def opened(page: Page, address: str, name: str) -> None:
    """Open a notebook and wait for its kernel."""
    page.goto(f"{address}/doc/tree/{name}?reset")
    page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)
    page.wait_for_function(_IDLE, timeout=60_000)


def run_all(page: Page) -> None:
    """Run every cell and wait for the end; an error in one of them is raised here."""
    page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")
    until = time.monotonic() + 2 * _READY_SECONDS
    while time.monotonic() < until:
        cells = page.evaluate(_CELLS)
        if wrong := [error for _, error in cells if error]:
            raise AssertionError(wrong)
        if all(count for count, _ in cells):
            return
        page.wait_for_timeout(100)
    raise TimeoutError(cells)
