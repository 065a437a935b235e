"""Read with several processes where that pays, and survive their death.

Reading starts in this process. Only when the measured pace says that seconds of work remain do
worker processes take over; frames come back as Arrow streams, never as Python objects.
"""

from __future__ import annotations

import io
import os
import pickle
import threading
import time
from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from trailnb.formats.problem import Problem
from trailnb.reading.chunks import Chunk, read_chunks

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from concurrent.futures import Future

    from trailnb.reading.chunks import Numbered, ReadPlan
    from trailnb.sources.source import Source

#: One task: about this much stored data, or this many files.
TASK_BYTES = 4 << 20
_TASK_FILES = 512
#: Starting workers and importing in them costs about this; less remaining work is done here.
_WORTH_SECONDS = 3.0
_MEASURE_SECONDS = 0.3
#: A task that killed its worker twice is read file by file; a file that kills again is given up.
_TRIES = 2
_WATCH_SECONDS = 1.0

Task = tuple["Numbered", ...]
#: Chunks on their way between processes: each frame as an Arrow stream beside the rest.
Packed = list[tuple[bytes, Chunk]]


def chunks(
    source: Source, files: Sequence[Numbered], plan: ReadPlan, workers: int | None = None
) -> Iterator[Chunk]:
    """Which rows do these files hold, in their order, read with as many processes as it pays?

    `workers` is the most processes to use: None for one per core, 1 for this process alone.
    """
    most = workers or os.cpu_count() or 1
    tasks = deque(_tasks(files))
    pace = _Pace(sum(_size(task) for task in tasks))
    while tasks:
        if most > 1 and len(tasks) > 1 and (workers or pace.remaining_seconds > _WORTH_SECONDS):
            if _is_picklable(source):
                yield from _spread(source, tasks, plan, most)
                return
            most = 1
        task = tasks.popleft()
        yield from read_chunks(source, task, plan)
        pace.add(_size(task))


def _tasks(files: Sequence[Numbered]) -> Iterator[Task]:
    task: list[Numbered] = []
    size = 0
    for numbered in files:
        task.append(numbered)
        size += numbered[1].size_bytes or 0
        if size >= TASK_BYTES or len(task) >= _TASK_FILES:
            yield tuple(task)
            task, size = [], 0
    if task:
        yield tuple(task)


def _size(task: Task) -> int:
    return sum(file.size_bytes or 0 for _, file in task) + len(task)


class _Pace:
    """Measures how fast reading goes here."""

    def __init__(self, total: int) -> None:
        self._left = total
        self._done = 0
        self._started = time.perf_counter()

    def add(self, size: int) -> None:
        self._done += size
        self._left -= size

    @property
    def remaining_seconds(self) -> float:
        elapsed = time.perf_counter() - self._started
        if not self._done or elapsed < _MEASURE_SECONDS:
            return 0.0
        return elapsed * self._left / self._done


def _is_picklable(source: Source) -> bool:
    """Tell whether workers can have this source: a filesystem instance may refuse to travel."""
    try:
        pickle.dumps(source)
    except (pickle.PicklingError, TypeError, AttributeError):
        return False
    return True


def _spread(source: Source, tasks: deque[Task], plan: ReadPlan, workers: int) -> Iterator[Chunk]:
    """Hand tasks to workers and bring their chunks back in order."""
    waiting: deque[tuple[Task, Future[Packed]]] = deque()
    deaths = 0
    try:
        while tasks or waiting:
            while tasks and len(waiting) < 2 * workers:
                task = tasks.popleft()
                waiting.append((task, _submit(workers, source, task, plan)))
            task, future = waiting[0]
            try:
                packed = future.result()
            except _broken_pool():
                deaths += 1
                tasks.extendleft(reversed([task for task, _ in waiting]))
                waiting.clear()
                if deaths >= _TRIES:
                    deaths = 0
                    yield from _one_by_one(source, tasks.popleft(), plan)
                continue
            waiting.popleft()
            yield from _unpacked(packed)
    finally:
        for _, future in waiting:
            future.cancel()


def _one_by_one(source: Source, task: Task, plan: ReadPlan) -> Iterator[Chunk]:
    """Read a task that killed its workers: each file alone, giving up the one that kills."""
    for numbered in task:
        try:
            packed = _submit(1, source, (numbered,), plan).result()
        except _broken_pool():
            reason = "the process that read it was killed, three times over; it was given up"
            yield Chunk(problems=[Problem(numbered[1].key, reason)], files=1, unread=1)
        else:
            yield from _unpacked(packed)


def _submit(workers: int, source: Source, task: Task, plan: ReadPlan) -> Future[Packed]:
    from loky import get_reusable_executor

    executor = get_reusable_executor(
        max_workers=workers,
        timeout=60,
        initializer=watch_parent,
        initargs=(os.getpid(),),
        env={"POLARS_MAX_THREADS": "1"},
    )
    future: Future[Packed] = executor.submit(read_packed, source, task, plan)
    return future


def _broken_pool() -> type[BaseException]:
    from concurrent.futures.process import BrokenProcessPool

    return BrokenProcessPool


def read_packed(source: Source, task: Task, plan: ReadPlan) -> Packed:
    """Read a task in a worker: the chunks with their frames as Arrow streams."""
    packed: Packed = []
    for chunk in read_chunks(source, task, plan):
        stream = io.BytesIO()
        chunk.frame.write_ipc_stream(stream, compat_level=pl.CompatLevel.newest())
        packed.append((stream.getvalue(), replace(chunk, frame=pl.DataFrame())))
    return packed


def _unpacked(packed: Packed) -> Iterator[Chunk]:
    for stream, chunk in packed:
        yield replace(chunk, frame=pl.read_ipc_stream(stream))


def watch_parent(parent: int) -> None:
    """End this worker soon after its parent is gone, however the parent ended."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_WATCH_SECONDS)
        os._exit(0)

    threading.Thread(target=watch, daemon=True, name="trailnb-watch-parent").start()
