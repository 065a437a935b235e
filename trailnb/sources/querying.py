"""Queries that AWS runs by itself: started, waited for, stopped, and never paid for twice.

What a query was started for is remembered, so that a broken log-in, or another look at the same log
file, goes on with its results and scans nothing again.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol
from uuid import uuid4

from trailnb._plain import plain
from trailnb.sources.aws import DENIED, is_transient, sentence
from trailnb.sources.bill import MOST_SCANNED_BYTES
from trailnb.sources.s3_refusals import Refusal, shown
from trailnb.sources.source import Unread

if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import Event

#: Lake runs ten queries of an account at once, Athena some more: half is left to others.
AT_ONCE = 5
_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS = 0.5, 10.0
_TRIES = 3
#: More text than this is no log file's: as much as any may have when it is read.
MOST_TEXT_BYTES = 1 << 30


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a query stands.

    `status` is "running", "finished", or AWS's own word for an end without results; `reason` is
    what AWS says about that. `place` is where the results lie, if not with the service itself.
    """

    query_id: str
    status: str
    reason: str = ""
    scanned_bytes: int = 0
    place: str = ""
    is_worth_another: bool = False


class QueryError(Exception):
    """Why a query has no results: a sentence, what AWS said, and whether asking again may help.

    `is_worth_another`: AWS says that the same query may fare better at once.
    """

    def __init__(
        self,
        reason: str,
        said: str = "",
        *,
        is_transient: bool = False,
        is_worth_another: bool = False,
    ) -> None:
        super().__init__(reason)
        self.reason, self.said = reason, said
        self.is_transient, self.is_worth_another = is_transient, is_worth_another


class Answer(Protocol):
    """The results of a query on their way."""

    @property
    def events(self) -> int:
        """How many rows have come so far?"""
        ...

    @property
    def is_done(self) -> bool:
        """Have all come?"""
        ...

    def content(self) -> bytes:
        """All of them, as a log file."""
        ...


class Service(Protocol):
    """What runs queries. Each call but the last raises Refusal."""

    def start(self, statement: str, token: str, /) -> str:
        """Start a query; the same token starts no second one. Which id has it?"""
        ...

    def standing(self, query_id: str, /) -> Standing:
        """Where does it stand?"""
        ...

    def stop(self, query_id: str, /) -> None:
        """Stop it."""
        ...

    def begun(self, query: Standing, statement: str, /) -> Answer:
        """How do its results come?"""
        ...

    def taken(self, answer: Any, query: Standing, /) -> Answer:  # noqa: ANN401 # its own kind
        """The answer with one piece more."""
        ...

    def is_cured(self, error: Refusal | QueryError, statement: str, /) -> bool:
        """Does it help to ask anew, maybe otherwise?"""
        ...


class Ask(NamedTuple):
    """A statement, and as of when it is asked where the answer may still change."""

    statement: str
    as_of: str | None


@dataclass(slots=True)
class _Way:
    """How far the results of one log file have come: of which query, and what of it."""

    begun: tuple[str, Answer] | None


@dataclass
class Queries:
    """The queries of one door: so many at once, and no more scanned than somebody agreed to."""

    service: Service
    place: str
    rights: str
    wait: Callable[[Event, float], object]
    most_scanned_bytes: int = MOST_SCANNED_BYTES
    at_once: int = AT_ONCE
    started: int = 0
    scanned_bytes: int = 0
    _ids: dict[Ask, str] = field(default_factory=dict, repr=False)
    _begun: dict[str, tuple[str, Answer]] = field(default_factory=dict, repr=False)
    _counted: set[str] = field(default_factory=set, repr=False)
    _is_blind: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __post_init__(self) -> None:
        self._seats = threading.BoundedSemaphore(self.at_once)

    def fetched(
        self, name: str, statement: Callable[[], str], stop: Event, as_of: str | None = None
    ) -> bytes | Unread:
        """Fetch what a query answers as the log file of this name, or why not.

        What is not settled yet had its answer `as_of` a moment: listed later it is asked anew.
        """
        # Taken, not shared: two scans of one query may read the same file at the same time.
        way = _Way(self._begun.pop(name, None))
        tries_left = _TRIES
        try:
            while True:
                asked = Ask(statement(), as_of)
                try:
                    return self._answered(name, asked, stop, way)
                except (Refusal, QueryError) as error:
                    tries_left -= 1
                    if not tries_left or not self._is_cured(error, asked.statement):
                        raise
                    way.begun = None
                    self._ids.pop(asked, None)
        except QueryError as error:
            self._kept(name, way, is_transient=error.is_transient)
            return Unread(error.reason, is_transient=error.is_transient)
        except Refusal as refusal:
            self._kept(name, way, is_transient=True)
            return self._unread(refusal, name, way.begun[1].events if way.begun else 0)

    def _answered(self, name: str, asked: Ask, stop: Event, way: _Way) -> bytes:
        query = self._finished(name, asked, stop)
        if way.begun is None or way.begun[0] != query.query_id:
            way.begun = query.query_id, self.service.begun(query, asked.statement)
        while not way.begun[1].is_done:
            _check(stop)
            way.begun = query.query_id, self.service.taken(way.begun[1], query)
        return way.begun[1].content()

    def _kept(self, name: str, way: _Way, *, is_transient: bool) -> None:
        """Keep how far it came, where that may go on."""
        if way.begun is not None and is_transient:
            self._begun[name] = way.begun

    def spent(self) -> str:
        """What has it cost so far, in the unit that is billed?"""
        many = f"{self.started:,} {'query' if self.started == 1 else 'queries'}"
        known = f"{self.scanned_bytes:,} bytes" + " and what was not told" * self._is_blind
        return f"{many} so far scanned {known} of {self.place}, which AWS bills"

    def _is_cured(self, error: Refusal | QueryError, statement: str) -> bool:
        is_worth_another = isinstance(error, QueryError) and error.is_worth_another
        return is_worth_another or self.service.is_cured(error, statement)

    def _finished(self, name: str, asked: Ask, stop: Event) -> Standing:
        """Wait for the query, which is started unless that was done before."""
        with self._seats:
            query_id = self._ids.get(asked) or self._start(asked, stop)
            found = self._waited_for(Standing(query_id, "running"), asked, stop)
        if found.status == "finished":
            return found
        self._ids.pop(asked, None)
        raise QueryError(
            _over(found, name),
            found.reason,
            is_transient=found.status.startswith("TIMED"),
            is_worth_another=found.is_worth_another,
        )

    def _waited_for(self, found: Standing, asked: Ask, stop: Event) -> Standing:
        seconds = _FIRST_WAIT_SECONDS
        try:
            while True:
                found = self.service.standing(found.query_id)
                if found.status != "running":
                    self._count(found)
                    return found
                _check(stop)
                self.wait(stop, seconds)
                seconds = min(2 * seconds, _LONGEST_WAIT_SECONDS)
        except Refusal as refusal:
            if refusal.code in DENIED:
                # What cannot be looked at costs nobody knows what: stop it, and start no more.
                self._is_blind = True
                self._stop(asked, found.query_id)
            raise
        except BaseException:  # also a Ctrl-C: what nobody waits for must not go on to be billed
            self._count(found)
            self._stop(asked, found.query_id)
            raise

    def _start(self, asked: Ask, stop: Event) -> str:
        _check(stop)
        if self._is_blind:
            raise QueryError(
                f"not asked: what queries of {self.place} cost cannot be told. Ask for "
                f"{self.rights}."
            )
        if self.scanned_bytes >= self.most_scanned_bytes:
            raise QueryError(
                f"not asked: {self.spent()}; {self.most_scanned_bytes:,} are allowed. Allow more "
                "with storage_options={'most_scanned_bytes': …}."
            )
        query_id = self.service.start(asked.statement, uuid4().hex)
        with self._lock:
            self.started += 1
            self._ids[asked] = query_id
        return query_id

    def _stop(self, asked: Ask, query_id: str) -> None:
        self._ids.pop(asked, None)
        try:
            self.service.stop(query_id)
        except Refusal:  # over by itself meanwhile, or not ours to stop: either way nobody waits
            return

    def _unread(self, refusal: Refusal, name: str, events: int) -> Unread:
        """Why a log file was not handed over, and how it goes on."""
        said = sentence(refusal, name, self.rights)
        if refusal.message:
            said += f" AWS says: {plain(refusal.message)}"
        if events:
            said += f" {events:,} events of it were read; it goes on from there."
        return Unread(said, is_transient=refusal.is_expired or is_transient(refusal))

    def _count(self, found: Standing) -> None:
        with self._lock:
            if found.query_id not in self._counted:
                self._counted.add(found.query_id)
                self.scanned_bytes += found.scanned_bytes


def _check(stop: Event) -> None:
    if stop.is_set():
        raise QueryError("the query was stopped: nobody waited for it", is_transient=True)


def _over(found: Standing, name: str) -> str:
    """What became of a query that has no results, in words that are safe to print."""
    said = f" AWS says: {shown(plain(found.reason))}" if found.reason else ""
    return f"the query ended as {plain(found.status)}: {name}.{said}"
