"""Which log files a queue tells of, and which of its messages are done with."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from trailnb.formats.problem import Problem
from trailnb.sources.notifications import Told, told_by
from trailnb.sources.pruning import in_order
from trailnb.sources.source import Listing, LogFile, Unread
from trailnb.trail.listed import wanted_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from trailnb.sources.queue import Message, Queue
    from trailnb.sources.source import Found, Notified
    from trailnb.trail.request import Request


#: Each takes a request.
MOST_KEYS = 10_000


@dataclass
class Notices:
    """The messages of one step. `problems` are what they said that cannot be followed.

    A message is removed when every log file that it names is kept, or lies outside of what is
    followed, which is noted. One that is not understood, or names what is not there, stays.
    """

    queue: Queue
    source: Notified
    request: Request
    problems: list[Problem] = field(default_factory=list)
    _open: list[tuple[Message, list[LogFile]]] = field(default_factory=list)

    def listing(self, seconds: float) -> Listing:
        """Which log files do messages tell of? Waits for some so long at most."""
        self.problems.clear()
        self._open.clear()
        read = list(self._bounded(self._read(self.queue.receive(seconds))))
        found = self._look_up([told for _, told in read])
        files: dict[str, LogFile] = {}
        for message, told in read:
            needed = self._sort(message, told, found)
            if needed is not None:
                self._open.append((message, needed))
                files |= {file.key: file for file in needed}
        return Listing(in_order(files.values()))

    def settle(self, is_kept: Callable[[LogFile], bool]) -> None:
        """Remove the messages whose log files are all in the store."""
        done = [message for message, needed in self._open if all(map(is_kept, needed))]
        self._open.clear()
        self.queue.remove(done)

    def _read(self, messages: Iterable[Message]) -> Iterable[tuple[Message, Told]]:
        for message in messages:
            try:
                yield message, told_by(message.body)
            except ValueError as why:
                self._note(self.queue.url, message, f"is left in the queue: {why}", "warning")

    def _bounded(self, read: Iterable[tuple[Message, Told]]) -> Iterable[tuple[Message, Told]]:
        """Leave what names more keys than are looked up in one step: anybody may write those."""
        left = MOST_KEYS
        for message, told in read:
            left -= len(told.came)
            if left >= 0:
                yield message, told
                continue
            said = f"is left in the queue: it names {len(told.came):,} keys, too many for one step"
            self._note(self.queue.url, message, said, "warning")
            left += len(told.came)

    def _look_up(self, all_told: Iterable[Told]) -> Mapping[tuple[str, str], Found]:
        keys: dict[str, dict[str, None]] = defaultdict(dict)
        for told in all_told:
            for bucket, key in told.came:
                keys[bucket][key] = None
        wanted = wanted_of(self.request)
        return {
            (bucket, key): one
            for bucket, names in keys.items()
            for key, one in self.source.look_up(bucket, list(names), wanted).items()
        }

    def _sort(
        self, message: Message, told: Told, found: Mapping[tuple[str, str], Found]
    ) -> list[LogFile] | None:
        """Which log files must be kept before this message may go? None: it must stay."""
        needed: list[LogFile] = []
        is_whole = True
        for pair in told.came:
            one, name = found[pair], f"s3://{pair[0]}/{pair[1]}"
            if one is None:
                said = "tells of it, which lies outside of what is followed: not read"
                self._note(name, message, said, "note")
            elif isinstance(one, Unread):
                is_whole = False
                self._note(name, message, f"tells of it and stays: {one.reason}", "warning")
            else:
                needed.append(one)
        for bucket, key in told.gone:
            self._note(f"s3://{bucket}/{key}", message, "says that it was removed", "warning")
        return needed if is_whole else None

    def _note(self, name: str, message: Message, said: str, severity: str) -> None:
        problem = Problem(name, f"message {message.id} {said}", severity)  # type: ignore[arg-type]
        self.problems.append(problem)
