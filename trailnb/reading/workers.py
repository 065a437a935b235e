"""Read with several processes where that pays, and survive their death.

Reading starts in this process. Only when the measured pace says that seconds of work remain do
worker processes take over; frames come back as Arrow, never as Python objects.
"""

from __future__ import annotations

import pickle
import time
from collections import deque
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from functools import partial
from itertools import chain, islice
from typing import TYPE_CHECKING

import polars as pl

from trailnb.formats.problem import Problem
from trailnb.reading.chunks import Chunk, read_chunks
from trailnb.reading.parcels import Parcel, packed, parcel_folder, remember, unpacked
from trailnb.reading.pool import Item, Result, cores, submit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
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
_PORTABLE_BYTES = 1 << 20

Task = tuple["Numbered", ...]
#: Chunks on their way between processes: each frame as a parcel beside the rest.
Sent = list[tuple[Parcel, Chunk]]


def chunks(
    source: Source, files: Sequence[Numbered], plan: ReadPlan, workers: int | None = None
) -> Iterator[Chunk]:
    """Which rows do these files hold, in their order, read with as many processes as it pays?

    `workers` is the most processes to use: None for one per core, 1 for this process alone.
    """
    most = workers or cores()
    tasks = deque(tasks_of(files))
    pace = _Pace(sum(_size(task) for task in tasks))
    while tasks:
        if most > 1 and len(tasks) > 1 and (workers or pace.remaining_seconds > _WORTH_SECONDS):
            if is_picklable(source):
                yield from _spread(source, tasks, plan, most)
                return
            most = 1
        task = tasks.popleft()
        yield from read_chunks(source, task, plan)
        pace.add(_size(task))


def tasks_of(files: Sequence[Numbered]) -> Iterator[Task]:
    """Which files are read together: a few megabytes of them, in order?"""
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


def is_picklable(source: Source) -> bool:
    """Tell whether workers can have this source: a filesystem instance may refuse to travel.

    A source that carries its logs with it would be sent whole with every task.
    """
    try:
        return len(pickle.dumps(source)) < _PORTABLE_BYTES
    except (pickle.PicklingError, TypeError, AttributeError):
        return False


def _spread(source: Source, tasks: deque[Task], plan: ReadPlan, workers: int) -> Iterator[Chunk]:
    """Hand tasks to workers and bring their chunks back in order."""
    with parcel_folder() as folder:
        read = partial(read_packed, source, plan, folder)
        for sent in spread(read, tasks, workers, alone=partial(_one_by_one, read, workers)):
            for parcel, chunk in sent:
                yield replace(chunk, frame=unpacked(parcel))


def spread(
    function: Callable[[Item], Result],
    items: Iterable[Item],
    workers: int,
    *,
    alone: Callable[[Item], Result],
) -> Iterator[Result]:
    """What does the function give for each item, run in worker processes, in the items' order?

    A few items are under way at a time, and no more are taken from `items`. When a worker dies,
    what was under way is run again; an item that dies twice goes to `alone`, in this process.
    """
    waiting: deque[tuple[Item, Future[Result]]] = deque()
    again: deque[Item] = deque()
    coming = iter(items)
    deaths = 0
    try:
        while True:
            for item in islice(chain(_taken(again), coming), 2 * workers - len(waiting)):
                waiting.append((item, submit(workers, function, item)))
            if not waiting:
                return
            item, future = waiting[0]
            try:
                result = future.result()
            except BrokenProcessPool:
                deaths += 1
                again.extend(item for item, _ in waiting)
                waiting.clear()
                if deaths < _TRIES:
                    continue
                deaths = 0
                result = alone(again.popleft())
            else:
                waiting.popleft()
            yield result
    finally:
        for _, future in waiting:
            future.cancel()


def _taken(again: deque[Item]) -> Iterator[Item]:
    while again:
        yield again.popleft()


def _one_by_one(read: Callable[[Task], Sent], workers: int, task: Task) -> Sent:
    """Read a task that killed its workers: each file alone, giving up the one that kills."""
    sent: Sent = []
    for numbered in task:
        try:
            sent += submit(workers, read, (numbered,)).result()
        except BrokenProcessPool:
            reason = "the process that read it was killed, three times over; it was given up"
            problem = Problem(numbered[1].key, reason)
            sent.append((b"", Chunk(problems=[problem], files=1, unread=1)))
    return sent


def read_packed(source: Source, plan: ReadPlan, folder: str, task: Task) -> Sent:
    """Read a task in a worker, and put the frames of its chunks on their way."""
    remember(folder)
    return [
        (packed(chunk.frame, folder), replace(chunk, frame=pl.DataFrame()))
        for chunk in read_chunks(source, task, plan)
    ]
