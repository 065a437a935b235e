"""How far a scan is, shown while it runs; the last line stays as a receipt."""

from __future__ import annotations

import html
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from IPython.display import DisplayHandle

#: Short scans say nothing.
_QUIET_SECONDS = 0.7
_INTERVAL_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a scan stands. Bytes are stored bytes; `unreadable` counts files."""

    files: int
    files_total: int
    stored_bytes: int
    events: int
    unreadable: int
    seconds: float
    is_done: bool = False

    def __str__(self) -> str:
        """Say it in one line.

        Example:
            >>> str(Progress(2, 2, 5_000_000, 1200, 0, 1.5, is_done=True))
            '2 files · 5.0 MB · 1,200 events read · 0 unreadable · 1.5 s'
        """
        files = (
            f"{self.files:,} files"
            if self.is_done
            else f"{self.files:,} of {self.files_total:,} files"
        )
        return (
            f"{files} · {self.stored_bytes / 1e6:,.1f} MB · {self.events:,} events read · "
            f"{self.unreadable:,} unreadable · {self.seconds:,.1f} s"
        )

    def __repr__(self) -> str:
        """Show the line: what a saved notebook keeps."""
        return str(self)

    def _repr_html_(self) -> str:
        line = html.escape(str(self))
        if self.is_done:
            return f"<small>{line}</small>"
        bar = f'<progress value="{self.files}" max="{max(self.files_total, 1)}"></progress>'
        return f"{bar} <small>{line}</small>"


ProgressCallback: TypeAlias = Callable[[Progress], None]


class Meter:
    """Counts a scan's work and tells a callback, at most ten times a second."""

    def __init__(self, files_total: int, callback: ProgressCallback | None) -> None:
        """Start the clock; `callback` None shows progress where there is a place for it."""
        self._total = files_total
        self._callback = callback
        self._display = None if callback else default_display()
        self._started = self._told = time.monotonic()
        self.files = self.stored_bytes = self.events = self.unreadable = 0

    def add(self, files: int, stored_bytes: int, events: int, unreadable: int) -> None:
        """Count a piece of work."""
        self.files += files
        self.stored_bytes += stored_bytes
        self.events += events
        self.unreadable += unreadable
        now = time.monotonic()
        if now - self._told >= _INTERVAL_SECONDS:
            self._told = now
            self._tell(is_done=False)

    def close(self) -> None:
        """Leave the receipt."""
        self._tell(is_done=True)

    def _tell(self, *, is_done: bool) -> None:
        seconds = time.monotonic() - self._started
        progress = Progress(
            self.files,
            self._total,
            self.stored_bytes,
            self.events,
            self.unreadable,
            seconds,
            is_done,
        )
        if self._callback:
            self._callback(progress)
        elif self._display and seconds >= _QUIET_SECONDS:
            self._display(progress)


def default_display() -> ProgressCallback | None:
    """Where can progress be seen: in a notebook's cell, on a terminal, or nowhere?"""
    kernel = _kernel_display()
    if kernel is not None:
        return kernel
    return _terminal if sys.stderr is not None and sys.stderr.isatty() else None


def _terminal(progress: Progress) -> None:
    end = "\n" if progress.is_done else ""
    sys.stderr.write(f"\r{progress}\x1b[K{end}")
    sys.stderr.flush()


def _kernel_display() -> ProgressCallback | None:
    """Show in the cell that runs, when IPython runs inside a kernel."""
    ipython: Any = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if shell is None or not hasattr(shell, "kernel"):
        return None
    handles: list[DisplayHandle] = []

    def show(progress: Progress) -> None:
        from IPython.display import display

        if handles:
            handles[0].update(progress)  # type: ignore[no-untyped-call]
        else:
            handles.append(display(progress, display_id=True))  # type: ignore[no-untyped-call]

    return show
