"""What permissions were, what they became, and what that gives: one row per change."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import polars as pl

from trailnb._frame import FrameT, HasEvents, QuestionClass, refined
from trailnb.iam.entities import Aspect, entity_of
from trailnb.iam.meaning import meaning
from trailnb.iam.replay_calls import calls_in
from trailnb.iam.state import ABSENT
from trailnb.iam.walk import begun, walked
from trailnb.questions._matching import listed
from trailnb.reading.collecting import seldom_collected

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from pathlib import Path

    from trailnb.iam.entities import Entity
    from trailnb.iam.order import Happened
    from trailnb.iam.replay_edits import Edit
    from trailnb.iam.seed import Seed
    from trailnb.iam.state import Draft, Value
    from trailnb.questions._matching import Filter

CLASS: QuestionClass = "refined"
_TEXT, _TEXTS = pl.String(), pl.List(pl.String())
SCHEMA = pl.Schema(
    {
        "time": pl.Datetime("us", "UTC"),
        "step": pl.UInt32(),
        **dict.fromkeys(("actor", "root_actor", "action", "outcome", "change"), _TEXT),
        **dict.fromkeys(("entity_kind", "entity_name", "entity_id", "entity_arn"), _TEXT),
        **dict.fromkeys(("aspect", "before", "after"), _TEXT),
        **dict.fromkeys(("gained", "lost"), _TEXTS),
        "gained_access": _TEXT,
        **dict.fromkeys(("marks", "reasons", "affects"), _TEXTS),
        **dict.fromkeys(("origin", "region", "account", "event_id"), _TEXT),
    }
)
#: `step` numbers the rows in the order of the replay: by time, and causally inside one second.
SORT_KEY = ("step",)
# The same word is written again, and yet the secret behind it is another.
_RENEWED = frozenset({"login profile", "service credential"})
_REAL = frozenset({"made", "changed", "removed"})
_NOTHING: dict[str, Any] = {"gained": [], "lost": [], "marks": [], "reasons": []}
_MOST_AFFECTED = 1_000


def iam_changes(
    events: HasEvents[FrameT] | FrameT,
    *,
    seed: Seed | Iterable[Seed] | None = None,
    principal: Filter | None = None,
    managed_policies: str | Path | None = None,
) -> pl.LazyFrame:
    """Which permissions changed: what were they, what did they become, and what does that give?

    A refined question: the calls that can change permissions are replayed in causal order, and each
    change of one thing is a row. Ask of all events that there are: what no event and no seed tells
    is unknown, and never taken for nothing.

    Args:
        events: A trail, its `events`, or a part of them.
        seed: What was known at a time: `Seed.read("details.json", at="2026-11-01")`, or several.
        principal: Only changes to this user, role or group, by name or ARN, or to what it has; `*`
            patterns and lists work.
        managed_policies: A directory of AWS-managed policies as JSON, `ReadOnlyAccess.json`.

    Returns:
        Sorted by `step`: `time` (UTC), `step`, `actor`, `root_actor`, `action`, `outcome`, `change`
        (made, changed, removed, unchanged, attempted), `entity_kind`, `entity_name`, `entity_id`,
        `entity_arn`, `aspect` (exists, trust, inline policy NAME, managed policy ARN@version,
        boundary, group NAME, access key ID …), `before` and `after` (canonical JSON or a word; null
        for nothing, "unknown", "omitted, N bytes", "present"), `gained` and `lost` (statements,
        reduced to what changed), `gained_access` (the highest: list, read, tagging, write,
        permission), `marks` (kinds, the weightiest first), `reasons` (each mark as a sentence),
        `affects` (who has the policy, or is in the group), `origin`, `region`, `account`,
        `event_id`. An attempt changed nothing: `after` is what it asked for, and it has neither
        `gained` nor `marks`.

    Example:
        >>> import trailnb as tn
        >>> trail = tn.open("data-samples/quiet", progress=lambda _: None)
        >>> iam_changes(trail).filter(pl.col("change") == "made").collect().height
        0
    """
    read = calls_in(events, "iam_changes")

    def answer() -> pl.DataFrame:
        rows: list[dict[str, Any]] = []
        draft = begun(managed_policies)
        with seldom_collected():
            calls, accounts = read()
            for happened in walked(calls, draft, seed):
                rows.extend(_rows(draft, happened, accounts, len(rows)))
            told = _in_columns(rows)
        return told if principal is None else told.filter(_concerns(principal))

    return refined(SCHEMA, answer)


def _in_columns(rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Lay rows out in columns; lists from one flat column, since Polars takes each list singly."""
    plain = {name: kind for name, kind in SCHEMA.items() if kind != _TEXTS}
    told = pl.DataFrame(rows, schema=plain).with_row_index("place")
    for name in SCHEMA:
        if name not in plain:
            places = [place for place, row in enumerate(rows) for _ in row[name]]
            texts = [one for row in rows for one in row[name]]
            flat = pl.DataFrame({"place": places, name: texts}, {"place": pl.UInt32(), name: _TEXT})
            lists = flat.group_by("place", maintain_order=True).agg(name)
            told = told.join(lists, on="place", how="left", maintain_order="left")
    return told.select(pl.col(name).fill_null([]) if name not in plain else name for name in SCHEMA)


def _rows(
    draft: Draft, happened: Happened, accounts: Collection[str], step: int
) -> Iterator[dict[str, Any]]:
    call, told = happened.call, happened.call.told
    who = (told.get("actor_arn"), accounts)
    for edit, before, after in zip(call.edits, happened.before, happened.after, strict=True):
        if not edit.is_told:
            continue
        change = change_of(edit, before, after, is_success=call.is_success)
        entity = edit.before_and_after[1]
        held = draft.entities.get(entity)
        yield {
            "time": call.time,
            "step": (step := step + 1),
            "action": call.action,
            "change": change,
            "entity_kind": entity.kind,
            "entity_name": entity.name,
            "entity_id": held.unique_id if held else None,
            "entity_arn": _arn(draft, entity, edit, call.target),
            "aspect": _label(draft, edit),
            "before": before.shown,
            "after": after.shown,
            **(meaning(draft, edit, (before, after), who) if change in _REAL else _NOTHING),
            "affects": affected(draft, entity),
            "account": entity.account,
            "event_id": call.event_id,
            **{
                name: told.get(name)
                for name in ("actor", "root_actor", "outcome", "origin", "region")
            },
        }


def change_of(edit: Edit, before: Value, after: Value, *, is_success: bool) -> str:
    """What kind of change is it?"""
    if not is_success:
        return "attempted"
    if edit.verb == "rename":
        return "changed"
    if after == ABSENT:
        return "unchanged" if before == ABSENT else "removed"
    if before == ABSENT:
        return "made"
    is_same = before == after and before.kind == "text" and edit.aspect.kind not in _RENEWED
    return "unchanged" if is_same else "changed"


def _arn(draft: Draft, entity: Entity, edit: Edit, target: str | None) -> str | None:
    held = draft.entities.get(entity)
    if held is not None and held.arn:
        return held.arn
    if edit.arn or entity.name.startswith("arn:"):
        return edit.arn or entity.name
    is_named = target is not None and target.startswith("arn:") and entity.name in target
    return target if is_named else None


def _label(draft: Draft, edit: Edit) -> str:
    """Name the aspect; of a managed policy with the version that counts."""
    aspect = edit.aspect
    if aspect.kind == "default version":
        return f"policy document@{edit.value.text}"
    if aspect.kind != "managed policy":
        return str(aspect)
    policy = entity_of("policy", aspect.name, edit.entity.account)
    version = draft.value(policy, Aspect("default version")).text
    return f"{aspect}@{version}" if version.startswith("v") else str(aspect)


def affected(draft: Draft, entity: Entity) -> list[str]:
    """Who else has it: principals with the policy attached, members of the group?"""
    kinds = {"policy": "managed policy", "group": "group"}
    if entity.kind not in kinds:
        return []
    among = draft.held_by(entity.account, Aspect(kinds[entity.kind], entity.name))
    return [f"{one.kind}/{one.name}" for one in among[:_MOST_AFFECTED]]


def _concerns(principal: Filter) -> pl.Expr:
    """Is it a change to one of these, or to what one of these has?"""
    found = pl.lit(value=False)
    for wanted in listed(principal):
        pattern = "^(?:.*[:/])?" + "[\\s\\S]*".join(map(re.escape, wanted.split("*"))) + "$"
        own = pl.col("entity_name").str.contains(pattern)
        named = pl.col("entity_arn").str.contains(pattern).fill_null(value=False)
        among = pl.col("affects").list.eval(pl.element().str.contains(pattern)).list.any()
        found = found | own | named | among
    return found
