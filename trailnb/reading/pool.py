"""The worker processes of this process: one pool, made when first needed, kept while it is used.

loky starts workers that need no `__main__` guard. Its own shared pool is one per thread, and Polars
reads from several threads, so the pool is kept here.
"""

from __future__ import annotations

import os
import threading
import time
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from trailnb.reading.parcels import forget_parcels

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

Item = TypeVar("Item")
Result = TypeVar("Result")

_IDLE_SECONDS = 60
_WATCH_SECONDS = 1.0
#: One thread a worker, since there is a worker a core. loky takes a worker that grew by 300 MB for
#: a leak and starts another; ours hold one bounded task at a time, so it may grow further.
_ENVIRONMENT = {"POLARS_MAX_THREADS": "1", "LOKY_MAX_MEMORY_LEAK_SIZE": str(1 << 30)}


@dataclass
class _Pool:
    """The executor in use, and for which process and size it was made."""

    executor: Any = None
    made_for: tuple[int, int] = (0, 0)


_POOL = _Pool()
_LOCK = threading.Lock()


def cores() -> int:
    """How many cores may this process use?

    Example:
        >>> cores() >= 1
        True
    """
    if hasattr(os, "sched_getaffinity"):  # a container or a batch system may allow fewer
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def submit(workers: int, function: Callable[[Item], Result], item: Item) -> Future[Result]:
    """Run a function in one of so many worker processes."""
    with _LOCK:
        try:
            future: Future[Result] = _executor(workers).submit(function, item)
        except (BrokenProcessPool, RuntimeError):  # broken, or shut down: a new one will do
            _POOL.executor = None
            future = _executor(workers).submit(function, item)
    return future


def shutdown() -> None:
    """End the worker processes and wait until they are gone."""
    with _LOCK:
        executor, _POOL.executor = _POOL.executor, None
    if executor is not None:
        executor.shutdown(wait=True)


def _executor(workers: int) -> Any:  # noqa: ANN401 - loky has no types
    from loky.process_executor import ProcessPoolExecutor

    wanted = (os.getpid(), workers)
    if _POOL.executor is None or _POOL.made_for != wanted:
        _POOL.executor = ProcessPoolExecutor(
            max_workers=workers,
            timeout=_IDLE_SECONDS,
            initializer=watch_parent,
            initargs=(os.getpid(),),
            env=_ENVIRONMENT,
        )
        _POOL.made_for = wanted
    return _POOL.executor


def watch_parent(parent: int) -> None:
    """End this worker soon after its parent is gone, however the parent ended."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_WATCH_SECONDS)
        forget_parcels()
        os._exit(0)

    threading.Thread(target=watch, daemon=True, name="trailnb-watch-parent").start()
