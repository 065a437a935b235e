"""Replay: what calls did to permissions, from a state to the next, and every change on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trailnb.iam.order import in_seconds, settle
from trailnb.iam.replay_table import compiled
from trailnb.iam.state import Draft, State

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from trailnb.iam.order import Happened
    from trailnb.iam.replay_edits import Call


def replay(calls: Iterable[Call], state: State | None = None) -> State:
    """What is known after these calls?

    The calls may come in any order: they are put in theirs. Only those that succeeded change
    anything.

    Example:
        >>> replay([]).said()
        {}
    """
    draft = Draft.of(state or State())
    for _ in steps(calls, draft):
        pass
    return draft.frozen()


def steps(calls: Iterable[Call], draft: Draft) -> Iterator[Happened]:
    """What happens, call by call, while the draft is written? At each, the draft is just after.

    Calls of one second that have to do with each other are written together.
    """
    for second in in_seconds(compiled(call) for call in calls):
        yield from settle(draft, second)
