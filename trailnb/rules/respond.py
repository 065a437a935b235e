"""Act on what a rule matches: once per event, written down before and after."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import polars as pl

from trailnb._frame import asked
from trailnb._plain import plain
from trailnb.errors import ProblemWarning, RequestError, caller_level
from trailnb.rules.batch import UNREAD, decoded_text
from trailnb.rules.corners import USUAL, Corners
from trailnb.rules.journal import Journal, State, opened, states_in
from trailnb.rules.one_pass import Plan, candidates, slices, warn_of_undecided
from trailnb.rules.rule import checked

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from trailnb._frame import FrameT, HasEvents
    from trailnb.rules.rule import Rule

#: What is done about an event: it gets the record, and what it returns is kept as text.
Action: TypeAlias = "Callable[[dict[str, Any]], object]"

_TIME, _TEXT = pl.Datetime("us", "UTC"), pl.String()
SCHEMA = pl.Schema(
    {"event_time": _TIME, **dict.fromkeys(("event_id", "action", "status", "result"), _TEXT)}
)
_KEPT = ("event_time", "event_id", "action", "recipient_account_id")
#: A result is a note, not an archive.
_LONGEST = 2000


def respond(
    events: HasEvents[FrameT] | FrameT | Iterator[Any],
    rule: Rule,
    action: Action,
    *,
    journal: str | os.PathLike[str] | None = None,
    dry_run: bool = True,
    retry_uncertain: bool = False,
    retry_failed: bool = False,
    corners: Corners = USUAL,
) -> pl.DataFrame:
    """What was done about each event that the rule matches, and what would be?

    Not a question: it acts, at once, calling `action` with the record of each match in the order of
    the events. By default it only tells what it would do. For the rest a journal is needed: what is
    meant is written there before, what came of it after, each on the disk before the next step. An
    event whose action was begun and not seen to end, in a crash, *may have run*: it is told so and
    not repeated unless you say that repeating is harmless. An action that raises is told with its
    error, and the next event is taken.

    Args:
        events: A trail, its `events`, or a part of them; or an iterator of such frames, as a
            trail that is followed hands them over. What fails on the way is warned of at once,
            since the answer comes when all is over; in an endless one, take arrivals one by one.
        rule: What to act on.
        action: A function of the record, as decoded JSON. Log content is hostile: do not trust it
            further than its sender.
        journal: A file of JSON lines, made where there is none; needed unless `dry_run`. Keep one
            per action: events in it are not acted on twice for the same rule.
        dry_run: Tell what would be done, call nothing, write nothing.
        retry_uncertain: Act again where an action may have run.
        retry_failed: Act again where an action failed.
        corners: What AWS's documentation leaves open.

    Returns:
        One row per match, in the order of the events: `event_time` (UTC), `event_id`, `action` (the
        API call that matched), `status` (would run, done, failed, done before, failed before, may
        have run), `result` (what the action returned, or its error, as text; null if it was not
        called).

    Raises:
        RequestError: no journal is named and `dry_run` is off; it is no journal; or it is in use.

    Example:
        >>> import trailnb as tn
        >>> events = tn.open("data-samples/acme", since="2026-11-03").events
        >>> stopped = tn.rules.Rule(name="stopped", pattern="{ $.eventName = StopLogging }")
        >>> respond(events, stopped, print).select("action", "status").row(0)
        ('cloudtrail:StopLogging', 'would run')

        A followed trail hands its events over as they come; what a crash broke off comes again, and
        the journal knows what was done:

        >>> import tempfile
        >>> case, trail = tempfile.mkdtemp(), tn.open("data-samples/acme", since="2026-11-03")
        >>> for fresh in trail.follow(f"{case}/store", rounds=1):
        ...     done = respond(
        ...         fresh.events, stopped, repr, journal=f"{case}/journal.jsonl", dry_run=False
        ...     )
        ...     done["status"].to_list()
        ['done', 'done']
    """
    plan = Plan.of([checked(rule).matcher(corners)])
    if journal is None and not dry_run:
        raise RequestError(
            "acting needs a journal, so that nothing is done twice after a crash. "
            "Name a file: journal='responses.jsonl'."
        )
    rows: list[dict[str, Any]] = []
    undecided = 0
    with nullcontext() if dry_run or journal is None else opened(journal) as written:
        known = written.states if written else {} if journal is None else states_in(journal)
        doing = _Doing(rule.name, action, written, known, retry_uncertain, retry_failed)
        is_followed = isinstance(events, Iterator)
        for frame in events if isinstance(events, Iterator) else (events,):
            if is_followed:
                _tell_problems(frame)
            seen = asked(frame, [*_KEPT, *plan.columns], "respond")
            for part in slices(candidates(seen, plan, [*_KEPT, *plan.columns])):
                found, unread = plan.matches(part)
                undecided += len(unread)
                for row in part[found.get(0, [])].iter_rows(named=True):
                    rows.append(doing.one(row))
                    if is_followed:
                        _tell_failure(rows[-1])
    warn_of_undecided(undecided)
    return pl.DataFrame(rows, schema=SCHEMA)


def _tell_problems(arrived: object) -> None:
    """Say of an arrival what could not be read: its frame was read before, and warns no more."""
    problems = getattr(arrived, "problems", None)
    if isinstance(problems, pl.DataFrame):
        serious = problems.filter(pl.col("severity").cast(pl.String) != "note").height
        if serious:
            _warn(f"{serious:,} problems: some of what came could not be read as it stands.")


def _tell_failure(row: dict[str, Any]) -> None:
    """Say at once what failed: nobody knows whether following ever comes to an end."""
    if row["status"] == "failed":
        _warn(plain(f"acting on {row['action']} {row['event_id']} failed: {row['result']}"))


def _warn(said: str) -> None:
    warnings.warn(said, ProblemWarning, stacklevel=caller_level())


@dataclass
class _Doing:
    """What is being done for one rule, and what its journal knows."""

    rule: str
    action: Action
    journal: Journal | None
    known: dict[str, State]
    retry_uncertain: bool
    retry_failed: bool

    def one(self, row: dict[str, Any]) -> dict[str, Any]:
        """Act on one event, unless that was done."""
        key = _key(self.rule, row)
        status, result = self._status(key), None
        if status == "" and self.journal is None:
            status = "would run"
        elif status == "" and self.journal is not None:
            status, result = self._acted(self.journal, key, row)
        told = {name: row[name] for name in ("event_time", "event_id", "action")}
        return {**told, "status": status, "result": result}

    def _status(self, key: str) -> str:
        """Say what is known of the event; nothing if it is to be acted on."""
        state = self.known.get(key)
        if state == "done":
            return "done before"
        if state == "failed":
            return "" if self.retry_failed else "failed before"
        if state == "may have run":
            return "" if self.retry_uncertain else "may have run"
        return ""

    def _acted(self, journal: Journal, key: str, row: dict[str, Any]) -> tuple[str, str]:
        record = decoded_text(row["record"])
        about = {"rule": self.rule, "event_id": row["event_id"]}
        journal.write(key, "intent", **about)
        try:
            result = repr(self.action({} if record is UNREAD else record))[:_LONGEST]
        except Exception as error:  # noqa: BLE001 - whatever a stranger's function raises is told
            said = f"{type(error).__name__}: {error}"[:_LONGEST]
            journal.write(key, "failed", **about, error=said)
            return "failed", said
        journal.write(key, "done", **about, result=result)
        return "done", result


def _key(rule: str, row: dict[str, Any]) -> str:
    """Name an event for a rule: by its id and account, or by its record where it has no id."""
    name = row["event_id"]
    if name is None:
        name = hashlib.sha256((row["record"] or "").encode("utf-8", "replace")).hexdigest()
    return f"{rule}\n{row['recipient_account_id']}\n{name}"
