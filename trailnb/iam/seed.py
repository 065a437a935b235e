"""What was known beforehand: the answer of `get-account-authorization-details` at a time.

Source: IAM API reference, GetAccountAuthorizationDetails: users, groups, roles and managed policies
in full, without keys, passwords and MFA devices.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trailnb.errors import RequestError
from trailnb.formats.moments import moment
from trailnb.iam.entities import EXISTS, Aspect, Entity, entity_of
from trailnb.iam.replay_edits import identity
from trailnb.iam.replay_paths import canonical
from trailnb.iam.state import ABSENT, Held, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from trailnb._typing import Moment
    from trailnb.iam.state import Draft

_LISTS = {
    "user": ("UserDetailList", "UserName", "UserId", "UserPolicyList"),
    "group": ("GroupDetailList", "GroupName", "GroupId", "GroupPolicyList"),
    "role": ("RoleDetailList", "RoleName", "RoleId", "RolePolicyList"),
}
#: What the answer tells in full of each kind; keys, passwords and MFA it does not.
_TOLD = {
    "user": frozenset({"inline policy", "managed policy", "group", "boundary"}),
    "group": frozenset({"inline policy", "managed policy"}),
    "role": frozenset({"inline policy", "managed policy", "boundary", "trust"}),
    "policy": frozenset({"version", "default version"}),
}


@dataclass(frozen=True, slots=True)
class Seed:
    """One account's users, groups, roles and policies at a time."""

    at: datetime
    account: str
    details: Mapping[str, Any]

    @classmethod
    def read(cls, source: str | Path | Mapping[str, Any], *, at: Moment) -> Seed:
        """What did `aws iam get-account-authorization-details` answer at that time?

        Args:
            source: The saved JSON answer, or what it holds.
            at: When it was asked; naive times are UTC.

        Raises:
            RequestError: the file is no such answer, or names no account.

        Example:
            >>> alice = {"UserName": "alice", "Arn": "arn:aws:iam::111122223333:user/alice"}
            >>> Seed.read({"UserDetailList": [alice]}, at="2026-11-01").account
            '111122223333'
        """
        details = _loaded(source) if isinstance(source, str | Path) else source
        accounts = {arn.split(":")[4] for arn in _arns(details)} - {"aws", ""}
        if len(accounts) != 1:
            raise RequestError(
                f"A seed tells of one account, and this one names {len(accounts)}. "
                "Save the whole answer of `aws iam get-account-authorization-details`, "
                "one file per account."
            )
        return cls(instant("at", at), accounts.pop(), details)


def sow(draft: Draft, seed: Seed) -> None:
    """Write what the seed tells into the draft; what else was known of its entities stays."""
    draft.count += 1
    listed: set[Entity] = set()
    for entity, held in _told(seed):
        was = draft.entities.get(entity)
        held.since = draft.count
        if was is not None and was.unique_id in {None, held.unique_id}:
            _keep(held, was)
        draft.place(entity, held)
        for aspect, (value, at) in [*held.aspects.items()]:
            if not at:
                draft.write(entity, aspect, value)
        listed.add(entity)
    whole = {kind for kind, (name, *_) in _LISTS.items() if name in seed.details}
    whole |= {"policy"} if "Policies" in seed.details else set()
    draft.closed |= {(seed.account, kind) for kind in whole}
    for entity in [*draft.entities]:
        if entity.account == seed.account and entity.kind in whole and entity not in listed:
            draft.place(entity, Held(frozenset({"*"}), draft.count))
            draft.write(entity, EXISTS, ABSENT)


def _keep(held: Held, was: Held) -> None:
    """Keep what events told and the seed does not: keys, passwords, MFA devices."""
    for aspect, slot in was.aspects.items():
        if aspect.kind not in held.closed:
            held.aspects.setdefault(aspect, slot)
    held.closed |= was.closed


def _told(seed: Seed) -> Iterator[tuple[Entity, Held]]:
    for kind, (listed, name, unique, policies) in _LISTS.items():
        for said in _dicts(seed.details, listed):
            held = _held(kind, said, unique)
            for policy in _dicts(said, policies):
                _put(
                    held,
                    Aspect("inline policy", str(policy.get("PolicyName"))),
                    policy.get("PolicyDocument"),
                )
            for policy in _dicts(said, "AttachedManagedPolicies"):
                _put(held, Aspect("managed policy", str(policy.get("PolicyArn"))), "attached")
            for group in said.get("GroupList") or []:
                _put(held, Aspect("group", str(group)), "member")
            _put(held, Aspect("trust"), said.get("AssumeRolePolicyDocument"))
            boundary = said.get("PermissionsBoundary") or {}
            _put(held, Aspect("boundary"), boundary.get("PermissionsBoundaryArn"))
            yield Entity(seed.account, kind, str(said.get(name))), held
    for said in _dicts(seed.details, "Policies"):
        held = _held("policy", said, "PolicyId")
        _put(held, Aspect("default version"), said.get("DefaultVersionId"))
        for version in _dicts(said, "PolicyVersionList"):
            _put(held, Aspect("version", str(version.get("VersionId"))), version.get("Document"))
        yield entity_of("policy", str(said.get("Arn")), seed.account), held


def _held(kind: str, said: Mapping[str, Any], unique: str) -> Held:
    held = Held(_TOLD[kind], arn=said.get("Arn"), unique_id=said.get(unique))
    held.aspects[EXISTS] = (identity(held.arn, held.unique_id), 0)
    return held


def _put(held: Held, aspect: Aspect, said: object) -> None:
    if said:
        held.aspects[aspect] = (text(canonical(said)), 0)


def _dicts(said: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    return [item for item in said.get(name) or [] if isinstance(item, dict)]


def _arns(details: Mapping[str, Any]) -> Iterator[str]:
    for listed in ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies"):
        for said in _dicts(details, listed):
            if isinstance(arn := said.get("Arn"), str) and arn.count(":") >= 5:  # noqa: PLR2004
                yield arn


def _loaded(source: str | Path) -> dict[str, Any]:
    try:
        found = json.loads(Path(source).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise RequestError(f"The seed {source} cannot be read as JSON: {error}.") from error
    if not isinstance(found, dict):
        raise RequestError(f"The seed {source} holds no object: save the whole answer as JSON.")
    return found


def instant(name: str, value: Moment) -> datetime:
    """Which moment is meant, in UTC?

    Raises:
        RequestError: the value names no moment.

    Example:
        >>> instant("at", "2026-11-01").isoformat()
        '2026-11-01T00:00:00+00:00'
    """
    if isinstance(value, datetime):
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, date):
        return datetime.combine(value, time(), UTC)
    found = moment(str(value))
    if found is None:
        raise RequestError(
            f"{name}={value!r} names no moment. "
            "Write it like '2026-11-01' or '2026-11-01T02:13:00Z' (UTC)."
        )
    return found
