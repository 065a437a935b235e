"""What permissions became between two moments: the net difference, thing by thing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from trailnb._frame import FrameT, HasEvents, QuestionClass, refined
from trailnb.errors import RequestError
from trailnb.iam.changes import affected
from trailnb.iam.entities import EXISTS, Aspect, entity_of
from trailnb.iam.meaning import meaning
from trailnb.iam.replay_calls import calls_in
from trailnb.iam.replay_edits import Edit
from trailnb.iam.seed import Seed, instant
from trailnb.iam.state import ABSENT, Draft
from trailnb.iam.walk import begun, walked

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from datetime import datetime
    from pathlib import Path

    from trailnb._typing import Moment
    from trailnb.iam.entities import Entity
    from trailnb.iam.replay_calls import Read
    from trailnb.iam.replay_edits import Verb
    from trailnb.iam.state import Reading, Value

CLASS: QuestionClass = "refined"
_TEXT, _TEXTS = pl.String(), pl.List(pl.String())
SCHEMA = pl.Schema(
    {
        **dict.fromkeys(("account", "entity_kind", "entity_name", "aspect"), _TEXT),
        **dict.fromkeys(("entity_id", "entity_arn", "before", "after"), _TEXT),
        **dict.fromkeys(("gained", "lost"), _TEXTS),
        "gained_access": _TEXT,
        **dict.fromkeys(("marks", "reasons", "affects"), _TEXTS),
    }
)
SORT_KEY = ("account", "entity_kind", "entity_name", "aspect")


def iam_diff(
    events: HasEvents[FrameT] | FrameT,
    *,
    since: Moment,
    until: Moment | None = None,
    seed: Seed | Iterable[Seed] | None = None,
    managed_policies: str | Path | None = None,
) -> pl.LazyFrame:
    """What can everyone do at the one moment that they could not at the other, and what no longer?

    A refined question: what was changed and changed back is in no row. A new text of a managed
    policy is a row of the policy and of everyone who has it.

    Args:
        events: A trail, its `events`, or a part of them; what comes before `since` tells what was.
        since: The earlier moment, UTC; calls of that second come after it.
        until: The later moment, UTC; None is after the last event.
        seed: What was known at a time: `Seed.read("details.json", at="2026-11-01")`, or several.
        managed_policies: A directory of AWS-managed policies as JSON, `ReadOnlyAccess.json`.

    Returns:
        Sorted by `account`, `entity_kind`, `entity_name` and `aspect`; the columns, beside these:
        `entity_id`, `entity_arn`, `before`, `after`, `gained`, `lost`, `gained_access`, `marks`,
        `reasons` and `affects`, as in `iam_changes`.

    Raises:
        RequestError: a moment that is none, or `since` not before `until`.

    Example:
        >>> import trailnb as tn
        >>> trail = tn.open("data-samples/quiet", progress=lambda _: None)
        >>> iam_diff(trail, since="2026-11-04").collect().height
        0
    """
    start = instant("since", since)
    end = None if until is None else instant("until", until)
    if end is not None and start > end:
        raise RequestError(
            f"since {start:%Y-%m-%dT%H:%M:%SZ} is after until {end:%Y-%m-%dT%H:%M:%SZ}."
        )
    read = calls_in(events, "iam_diff")
    seeds = [seed] if isinstance(seed, Seed) else list(seed or ())

    def answer() -> pl.DataFrame:
        told = read()
        first = begun(managed_policies)
        last, touched = _between(told, first, seeds, (start, end))
        rows = list(_rows(first, last, touched, told.accounts))
        return pl.DataFrame(rows, schema=SCHEMA).sort(SORT_KEY, nulls_last=True)

    return refined(SCHEMA, answer)


def _between(
    told: Read, first: Draft, seeds: list[Seed], window: tuple[datetime, datetime | None]
) -> tuple[Draft, set[tuple[Entity, Aspect]]]:
    """Replay to the first moment, and from there to the last: what was written on the way?"""
    start, end = window
    for _ in walked(told.calls, first, seeds, start):
        pass
    last = Draft.of(first.frozen())
    touched: set[tuple[Entity, Aspect]] = set()
    rest = [call for call in told.calls if call.time >= start]
    for happened in walked(rest, last, [one for one in seeds if one.at > start], end):
        for edit in happened.call.edits if happened.call.is_success else ():
            if edit.verb != "need":
                touched |= {(name, edit.aspect) for name in edit.before_and_after}
    return last, touched


def _rows(
    first: Reading,
    last: Draft,
    touched: set[tuple[Entity, Aspect]],
    accounts: Collection[str],
) -> Iterator[dict[str, Any]]:
    for entity, aspect in sorted({*first.said(), *last.said()}):
        before, after = first.content(entity, aspect), last.content(entity, aspect)
        if aspect.kind == "version" or not _is_change(aspect, (before, after), entity, touched):
            continue
        edit = Edit(_verb(aspect, after), entity, aspect, after)
        held = last.entities.get(entity) or first.entities[entity]
        yield {
            "account": entity.account,
            "entity_kind": entity.kind,
            "entity_name": entity.name,
            "aspect": "policy document" if aspect.kind == "default version" else str(aspect),
            "entity_id": held.unique_id,
            "entity_arn": held.arn or (entity.name if entity.name.startswith("arn:") else None),
            "before": before.shown,
            "after": after.shown,
            **meaning(last, edit, (before, after), (None, accounts)),
            "affects": affected(last, entity),
        }


def _verb(aspect: Aspect, after: Value) -> Verb:
    if aspect != EXISTS:
        return "put"
    return "delete" if after == ABSENT else "create"


def _is_change(
    aspect: Aspect,
    pair: tuple[Value, Value],
    entity: Entity,
    touched: set[tuple[Entity, Aspect]],
) -> bool:
    """Tell a change from better knowledge: what was unknown has changed only if a call wrote it."""
    before, after = pair
    if before == after:
        return False
    if before.kind != "unknown" or after.kind == "absent":
        return after.kind != "present" or before == ABSENT
    policy = entity_of("policy", aspect.name, entity.account)
    is_written = (entity, aspect) in touched or (policy, Aspect("default version")) in touched
    return is_written and after.kind != "present"
