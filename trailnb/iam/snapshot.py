"""What permissions are at a moment, as far as known, and what they allow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from trailnb._plain import plain
from trailnb.errors import RequestError
from trailnb.iam.entities import EXISTS, Aspect, Entity, caller
from trailnb.iam.explain import Explanation, explained
from trailnb.iam.replay_calls import calls_in
from trailnb.iam.seed import instant
from trailnb.iam.state import ABSENT, State
from trailnb.iam.walk import begun, walked
from trailnb.reading.collecting import seldom_collected

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from trailnb._frame import FrameT, HasEvents
    from trailnb._typing import Moment
    from trailnb.iam.evaluate import Context
    from trailnb.iam.seed import Seed
    from trailnb.iam.state import Held

PRINCIPALS = ("user", "group", "role", "permission set", "instance profile")
_NAMED = dict.fromkeys(("account", "kind", "name"), pl.String())
_ATTACHING = ("inline policy", "managed policy", "boundary", "group", "policy reference")
_BEING = ("exists", "version", "default version", *_ATTACHING)


@dataclass(frozen=True, slots=True)
class IamState:
    """Permissions at a moment: frames of what is known. What is not in them is unknown, or nothing.

    `is_known_whole` of a principal tells which: all its policies and groups are in the frames.
    """

    at: str
    known: State

    @property
    def principals(self) -> pl.DataFrame:
        """Users, groups, roles and the like that exist: account, kind, name, id, ARN, trust."""
        rows = [
            (*entity, held.unique_id, held.arn, self._shown(entity, "trust"),
             "managed policy" in held.closed or "*" in held.closed)
            for entity, held in self._there()
            if entity.kind in PRINCIPALS
        ]  # fmt: skip
        extra = {
            **dict.fromkeys(("id", "arn", "trust"), pl.String()),
            "is_known_whole": pl.Boolean(),
        }
        return _frame(rows, extra)

    @property
    def policies(self) -> pl.DataFrame:
        """Managed policies, a row per version: which is the default, and its document."""
        rows = []
        for entity, _ in self._there():
            default = self.known.value(entity, Aspect("default version"))
            for aspect, value in self.known.aspects(entity, "version"):
                rows.append((*entity, aspect.name, aspect.name == default.text, value.shown))
        return _frame(
            rows, {"version": pl.String(), "is_default": pl.Boolean(), "document": pl.String()}
        )

    @property
    def attachments(self) -> pl.DataFrame:
        """What principals hold: inline and managed policies, boundaries, memberships."""
        rows = []
        for entity, _ in self._there():
            for aspect, value in self.known.aspects(entity, *_ATTACHING):
                meant = self.known.content(entity, aspect).shown
                rows.append((*entity, aspect.kind, aspect.name or value.shown, meant))
        return _frame(rows, dict.fromkeys(("how", "what", "document"), pl.String()))

    @property
    def resource_policies(self) -> pl.DataFrame:
        """What buckets, keys, functions and the rest hold: policies, grants, shares, rules."""
        rows = []
        for entity, held in self._there():
            kinds = {aspect.kind for aspect in held.aspects if aspect.kind not in _BEING}
            if entity.kind not in PRINCIPALS:
                for aspect, value in self.known.aspects(entity, *kinds):
                    rows.append((*entity, str(aspect), value.shown))
        return _frame(rows, dict.fromkeys(("aspect", "value"), pl.String()))

    def explain(
        self,
        principal: str,
        action: str,
        resource: str | None = None,
        *,
        context: Context | None = None,
    ) -> Explanation:
        """May this user or role do it, by which statements, and what would one have to know?

        Args:
            principal: Its ARN or that of a role's session, `user/NAME`, `role/NAME`, or a name that
                only one has.
            action: `s3:GetObject`.
            resource: The ARN it is done to; without one, statements on some resources stay open.
            context: What is known of condition keys: `{"aws:MultiFactorAuthPresent": "true"}`.

        Raises:
            RequestError: no principal has that name here, or several have.
        """
        return explained(self.known, self._principal(principal), action, resource, context or {})

    def _principal(self, named: str) -> Entity:
        session = caller(named) if ":assumed-role/" in named else None
        found = [
            entity
            for entity, held in self._there()
            if (_is(entity, held.arn, named) if session is None else entity == session)
        ]
        if len(found) != 1:
            said = plain(", ".join(f"{one.kind}/{one.name} in {one.account}" for one in found[:4]))
            hint = f"It could be {said}." if found else "See .principals for those that are known."
            raise RequestError(f"{named!r} names {len(found)} principals here. {hint}")
        return found[0]

    def _there(self) -> Iterator[tuple[Entity, Held]]:
        for entity in sorted(self.known.entities):
            if self.known.value(entity, EXISTS) != ABSENT:
                yield entity, self.known.entities[entity]

    def _shown(self, entity: Entity, kind: str) -> str | None:
        return self.known.value(entity, Aspect(kind)).shown if entity.kind == "role" else None


def iam_state(
    events: HasEvents[FrameT] | FrameT,
    *,
    at: Moment | None = None,
    seed: Seed | Iterable[Seed] | None = None,
    managed_policies: str | Path | None = None,
) -> IamState:
    """What were permissions at that moment, as far as the events before it and seeds tell?

    The calls that can change permissions are read here and now.

    Args:
        events: A trail, its `events`, or a part of them.
        at: The moment, UTC; calls of that second are not in it. None is after the last event.
        seed: What was known at a time: `Seed.read("details.json", at="2026-11-01")`, or several.
        managed_policies: A directory of AWS-managed policies as JSON, `ReadOnlyAccess.json`.

    Example:
        >>> import trailnb as tn
        >>> trail = tn.open("data-samples/quiet", progress=lambda _: None)
        >>> state = iam_state(trail, at="2026-11-04")
        >>> state.attachments.select("kind", "name", "how", "what").unique().rows()
        [('role', 'thumbnailer-role', 'inline policy', 'media')]
    """
    until = None if at is None else instant("at", at)
    draft = begun(managed_policies)
    with seldom_collected():
        for _ in walked(calls_in(events, "iam_state")().calls, draft, seed, until):
            pass
    return IamState("the last event" if until is None else until.isoformat(), draft.frozen())


def _is(entity: Entity, arn: str | None, named: str) -> bool:
    if entity.kind not in PRINCIPALS:
        return False
    if named.startswith("arn:"):
        # Without its making, a path is not known: the name and the account tell as much.
        parts = named.split(":", 5)
        name, kind = named.rpartition("/")[2], parts[5].partition("/")[0] if len(parts) > 5 else ""  # noqa: PLR2004
        return arn == named or (arn is None and entity == Entity(parts[4], kind, name))
    return named in {entity.name, f"{entity.kind}/{entity.name}"}


def _frame(rows: Sequence[tuple[object, ...]], extra: Mapping[str, pl.DataType]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema={**_NAMED, **extra}, orient="row")
