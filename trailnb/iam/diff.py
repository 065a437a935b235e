"""What permissions became between two moments: the net difference, principal by principal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from trailnb._frame import FrameT, HasEvents, QuestionClass, refined
from trailnb.errors import RequestError
from trailnb.iam.changes import affected
from trailnb.iam.entities import EXISTS
from trailnb.iam.marks import marks
from trailnb.iam.meaning import meaning, told_in_columns
from trailnb.iam.net import PRINCIPALS, is_held, net
from trailnb.iam.replay_calls import calls_in
from trailnb.iam.replay_edits import Edit
from trailnb.iam.seed import Seed, instant
from trailnb.iam.span import spanned
from trailnb.iam.state import ABSENT
from trailnb.iam.walk import begun
from trailnb.reading.collecting import seldom_collected

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from pathlib import Path

    from trailnb._typing import Moment
    from trailnb.iam.entities import Aspect, Entity
    from trailnb.iam.replay_edits import Verb
    from trailnb.iam.span import Span
    from trailnb.iam.state import Value

CLASS: QuestionClass = "refined"
_TEXT, _TEXTS = pl.String(), pl.List(pl.String())
SCHEMA = pl.Schema(
    {
        **dict.fromkeys(("account", "entity_kind", "entity_name", "aspect"), _TEXT),
        **dict.fromkeys(("entity_id", "entity_arn", "before", "after"), _TEXT),
        **dict.fromkeys(("gained", "lost"), _TEXTS),
        "gained_access": _TEXT,
        **dict.fromkeys(("marks", "reasons", "through", "affects"), _TEXTS),
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

    A refined question. What was changed and changed back is in no row. Of a user, group, role or
    permission set one row, "permissions", takes all its policies together, with those of its
    groups: what moved from one policy to another is no change. A new text of a managed policy is a
    row of the policy and of everyone who has it.

    Args:
        events: A trail, its `events`, or a part of them; what comes before `since` tells what was.
        since: The earlier moment, UTC; calls of that second come after it.
        until: The later moment, UTC; None is after the last event.
        seed: What was known at a time: `Seed.read("details.json", at="2026-11-01")`, or several.
        managed_policies: A directory of AWS-managed policies as JSON, `ReadOnlyAccess.json`.

    Returns:
        Sorted by `account`, `entity_kind`, `entity_name` and `aspect`; the columns, beside these:
        `entity_id`, `entity_arn`, `before`, `after`, `gained`, `lost`, `gained_access`, `marks`,
        `reasons` and `affects`, as in `iam_changes`; `through`, by which changes of policies and
        memberships the permissions of a principal differ.

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
        with seldom_collected():
            told = read()
            span = spanned(told.calls, begun(managed_policies), seeds, (start, end))
            rows = [*_rows(span, told.accounts), *_nets(span, told.accounts)]
        return pl.DataFrame(rows, schema=SCHEMA).sort(SORT_KEY, nulls_last=True)

    return refined(SCHEMA, answer)


def _rows(span: Span, accounts: Collection[str]) -> Iterator[dict[str, Any]]:
    """Tell what changed of each thing, but for what its principals' permissions tell together."""
    for new, old in span.was.items():
        if new != old:
            nothing = told_in_columns([], [])
            names = {"before": old.name, "after": new.name, "affects": []}
            yield {**_named(span, new, "name"), **nothing, **names}
    for entity, aspect in span.slots():
        if aspect.kind == "version" or is_held(entity, aspect):
            continue
        if not span.is_change(entity, aspect):
            continue
        pair = span.pair(entity, aspect)
        edit = Edit(_verb(aspect, pair[1]), entity, aspect, pair[1])
        label = "policy document" if aspect.kind == "default version" else str(aspect)
        yield {
            **_named(span, entity, label),
            "before": pair[0].shown,
            "after": pair[1].shown,
            **meaning(span.last, edit, pair, (None, accounts)),
            "affects": affected(span.last, entity),
        }


def _nets(span: Span, accounts: Collection[str]) -> Iterator[dict[str, Any]]:
    """Tell what each principal can do that it could not, and what no longer."""
    for entity in dict.fromkeys(entity for entity, _ in span.slots()):
        if entity.kind not in PRINCIPALS:
            continue
        found = net(span, entity)
        difference = found.difference
        if not found.through or difference.is_change is False:
            continue
        before, after = found.shown()
        marked = marks(difference, account=entity.account, known_accounts=accounts)
        yield {
            **_named(span, entity, "permissions"),
            "before": before.shown,
            "after": after.shown,
            **told_in_columns([difference], marked),
            "through": found.through,
            "affects": affected(span.last, entity),
        }


def _named(span: Span, entity: Entity, aspect: str) -> dict[str, Any]:
    held = span.last.entities.get(entity)
    if held is None or held.arn is None:
        held = span.first.entities.get(span.was.get(entity, entity)) or held
    arn = held.arn if held else None
    return {
        "account": entity.account,
        "entity_kind": entity.kind,
        "entity_name": entity.name,
        "aspect": aspect,
        "entity_id": held.unique_id if held else None,
        "entity_arn": arn or (entity.name if entity.name.startswith("arn:") else None),
        "through": [],
    }


def _verb(aspect: Aspect, after: Value) -> Verb:
    if aspect != EXISTS:
        return "put"
    return "delete" if after == ABSENT else "create"
