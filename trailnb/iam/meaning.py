"""What a change means, in columns: what it gives and takes, and what one should look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trailnb.iam.behind import differences, documents_beside
from trailnb.iam.circumstances import told_marks
from trailnb.iam.entities import Aspect
from trailnb.iam.expand import LEVELS
from trailnb.iam.marks import escalations, gained_access, marks, named_policy_marks
from trailnb.iam.state import ABSENT
from trailnb.iam.trusted import KINDS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from trailnb.iam.compare import Difference
    from trailnb.iam.entities import Entity
    from trailnb.iam.replay_edits import Edit
    from trailnb.iam.state import Reading, Value
    from trailnb.iam.trusted import Mark

_BOUNDED = {"admin-equivalent", "escalation path"}
_AWS_MANAGED = ":iam::aws:policy/"


def meaning(
    state: Reading,
    edit: Edit,
    pair: tuple[Value, Value],
    who: tuple[str | None, Collection[str]],
) -> dict[str, Any]:
    """What does a change give and take, and what should one look at: columns of an answer?

    `who` is the ARN of the actor, and the accounts this trail knows.
    """
    found = differences(state, edit.entity, edit.aspect, pair)
    marked = list(told_marks(state, edit, pair, found, who))
    is_limit = edit.entity.kind == "organization policy"
    for one in found if edit.aspect.kind != "version" else ():
        told = marks(one, account=edit.entity.account, known_accounts=who[1], is_limit=is_limit)
        # A policy of AWS's own is named by its ARN: that its text is not at hand is no news.
        named = _AWS_MANAGED in edit.aspect.name and not pair[1].options
        marked += [mark for mark in told if not (named and mark.kind == "content unknown")]
        if not is_limit and not any(mark.kind == "admin-equivalent" for mark in told):
            for beside in filter(None, documents_beside(state, edit.entity, edit.aspect)):
                marked += escalations(one, beside)
    if edit.aspect.kind == "managed policy" and pair[1].kind not in {"absent", "text"}:
        marked += named_policy_marks(edit.aspect.name)
    return told_in_columns(found, _within(state, edit.entity, marked))


def _within(state: Reading, entity: Entity, marked: Iterable[Mark]) -> list[Mark]:
    """Say of what would make an administrator that a permissions boundary stands before it."""
    limit = state.value(entity, Aspect("boundary"))
    if limit == ABSENT or limit.kind == "unknown":
        return list(marked)
    said = f", within its boundary {limit.shown}"
    return [m._replace(text=m.text + said) if m.kind in _BOUNDED else m for m in marked]


def told_in_columns(found: Collection[Difference], marked: Iterable[Mark]) -> dict[str, Any]:
    """How do differences and their marks stand in an answer: the weightiest mark first?

    Example:
        >>> told_in_columns([], [])["gained"]
        []
    """
    ordered = sorted(dict.fromkeys(marked), key=lambda mark: KINDS.index(mark.kind))
    levels = [level for one in found if (level := gained_access(one))]
    return {
        "gained": [str(grant) for one in found for grant in one.gained],
        "lost": [str(grant) for one in found for grant in one.lost],
        "gained_access": max(levels, key=LEVELS.index, default=None),
        "marks": [*dict.fromkeys(mark.kind for mark in ordered)],
        "reasons": [str(mark) if mark.is_certain else f"perhaps {mark}" for mark in ordered],
    }
