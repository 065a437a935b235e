"""Fetching ahead: many small objects at once, handed over in the order asked."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from threading import Event

    from trailnb.sources.source import LogFile, Unread

THREADS = 32
#: Stored bytes that may be under way or waiting for their turn.
MOST_BYTES = 256 << 20
#: What an object of unknown size counts; CloudTrail's own are mostly far smaller.
_GUESS_BYTES = 1 << 20


def fetch_ahead(
    files: Sequence[LogFile],
    fetch: Callable[[LogFile], bytes | Unread],
    *,
    threads: int = THREADS,
    most_bytes: int = MOST_BYTES,
    stop: Event | None = None,
) -> Iterator[tuple[LogFile, bytes | Unread]]:
    """Fetch by threads, in order, with a bound on the bytes in flight.

    Whoever stops early stops the fetching: what has not begun is dropped, and `stop` tells what is
    under way that nobody waits for it.

    Example:
        >>> from trailnb.sources.source import LogFile
        >>> files = [LogFile("a", 1), LogFile("b", 1)]
        >>> [content for _, content in fetch_ahead(files, lambda file: file.key.encode())]
        [b'a', b'b']
    """
    under_way: deque[tuple[LogFile, int, Future[bytes | Unread]]] = deque()
    waiting = deque(files)
    flying_bytes = 0
    pool = ThreadPoolExecutor(threads, thread_name_prefix="trailnb-fetch")
    try:
        while waiting or under_way:
            while waiting and len(under_way) < 2 * threads:
                size = waiting[0].size_bytes
                size = _GUESS_BYTES if size is None else size
                if under_way and flying_bytes + size > most_bytes:
                    break
                file = waiting.popleft()
                under_way.append((file, size, pool.submit(fetch, file)))
                flying_bytes += size
            file, size, future = under_way.popleft()
            yield file, future.result()
            flying_bytes -= size
    finally:
        if stop is not None:
            stop.set()
        pool.shutdown(wait=True, cancel_futures=True)
