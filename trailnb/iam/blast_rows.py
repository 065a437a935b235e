"""The rows of a blast radius: what was reached, what it did, and what stays unknown."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import polars as pl

from trailnb.iam.blast_acts import counted, summed
from trailnb.iam.blast_reach import PROVIDERS, Node, leads
from trailnb.iam.blast_world import unfollowed
from trailnb.iam.statements import account_of
from trailnb.iam.view import subject

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from trailnb.iam.blast_reach import Reached
    from trailnb.iam.blast_world import World

_REAL = {"made", "changed", "removed"}
#: Which aspect of a change stands behind a thing that was reached by it.
_ASPECTS = {
    "user": "exists", "role": "exists", "credential": "access key", "password": "login profile",
    "trust": "trust", "provider": "exists",
}  # fmt: skip
_UNKNOWN = ("unknown", "omitted", "present")
_UNUSED = {
    "credential": "no use of it is here: another account's trail, or calls nobody logs, may tell",
    "password": "no sign-in with it is here",
    "workload": "no session of it is here: what it did, if anything, is not told",
    "provider": "no sign-in through it is here",
    "opening": "no use of it is here; without data events there would be none",
}
_UNTOLD = {
    "evidence": "what it would have told from then on is not here",
    "write": "what its role did for it is not followed",
}


@dataclass(frozen=True)
class Radius:
    """What was found: the world, what was reached in it, and the events it did."""

    world: World
    found: Mapping[Node, Reached]
    acts: pl.DataFrame
    evidence: Mapping[str, str]
    since: datetime | None

    @cached_property
    def changes(self) -> list[tuple[Reached, dict[str, Any]]]:
        """Which permissions did the reached things change, from when they were reached on?"""
        return [
            (one, change)
            for one in self.found.values()
            if one.node.kind == "credential"
            for change in self.world.changes.get(one.node.name, [])
            if change["time"] >= one.since and change["change"] in _REAL
        ]

    @cached_property
    def marks(self) -> dict[tuple[str, str], list[str]]:
        """Which marks does a change carry, by its event and the kind of its aspect?"""
        found: dict[tuple[str, str], list[str]] = {}
        for _, change in self.changes:
            for aspect in filter(change["aspect"].startswith, _ASPECTS.values()):
                found[change["event_id"], aspect] = change["marks"]
        return found

    @cached_property
    def told(self) -> set[tuple[str, str]]:
        """Which changes do the reached things say already, by event and kind of aspect?"""
        return {
            (event_id, _ASPECTS[one.node.kind])
            for one in self.found.values()
            if one.node.kind in _ASPECTS
            for event_id in one.event_ids
        }

    @cached_property
    def opened(self) -> set[str]:
        """Which changes opened a resource to who is followed from there on?"""
        openings = (one for one in self.found.values() if one.node.kind == "opening")
        return {event_id for one in openings for event_id in one.event_ids}

    @cached_property
    def counts(self) -> dict[str, dict[str, Any]]:
        """How much did each of them do, in all?"""
        return {row["reached_by"]: row for row in counted(self.acts).to_dicts()}

    @cached_property
    def copies(self) -> dict[str, list[str]]:
        """Under which ids did all accounts record a call?"""
        grouped = self.acts.group_by("of").agg(pl.col("event_id").unique().sort())
        return dict(grouped.iter_rows())


def rows(radius: Radius) -> Iterator[dict[str, Any]]:
    """What is in the radius, row by row?"""
    yield from (_thing(radius, one) for one in radius.found.values())
    for one, change in radius.changes:
        said = {(change["event_id"], aspect) for aspect in _ASPECTS.values()} & radius.told
        if not any(change["aspect"].startswith(aspect) for _, aspect in said):
            yield _change(radius, one, change)
    told = {change["event_id"] for _, change in radius.changes}
    told.update(of for one in radius.found.values() for of in _issuing(one))
    ids = pl.Series(sorted(told), dtype=pl.String()).implode()
    for row in summed(
        radius.acts.filter(~pl.col("of").is_in(ids).fill_null(value=False)), radius.evidence
    ).to_dicts():
        yield _deed(radius, row)
    yield from _unlogged(radius)


def _issuing(one: Reached) -> tuple[str, ...]:
    """Which events of the parent handed this out: a row of their own would say it twice?"""
    is_handed_out = one.by is not None and one.by.kind == "credential"
    return one.event_ids if is_handed_out and one.node.kind in {*_ASPECTS, "workload"} else ()


def _thing(radius: Radius, one: Reached) -> dict[str, Any]:
    """Write a thing that can act, with all it did."""
    did = radius.counts.get(one.node.name, {})
    ids = [each for name in one.event_ids for each in radius.copies.get(name, [name])]
    aspect = _ASPECTS.get(one.node.kind, "")
    marked = [mark for name in one.event_ids for mark in radius.marks.get((name, aspect), [])]
    how = f"{one.how}: lets in {', '.join(one.principals)}" if one.principals else one.how
    return {
        "hop": one.hop,
        "kind": one.node.kind,
        "value": shown(one.node),
        "how": how,
        **_reached_by(radius, one.by),
        "actor": _actor(radius, one.node),
        "marks": list(dict.fromkeys(marked)),
        "events": 0,
        "denied": 0,
        **{name: value for name, value in did.items() if name not in {"reached_by", "event_ids"}},
        "account": did.get("account") or one.account,
        "first": one.since,
        "event_ids": ids or did.get("event_ids", [])[:1],
        "unknown": _unknown(radius, one, is_used=bool(did)),
    }


def _change(radius: Radius, one: Reached, change: Mapping[str, Any]) -> dict[str, Any]:
    """Write a change of permissions that made nothing that can act."""
    is_share = change["change"] != "removed" and change["aspect"].startswith("shared with")
    unknown = None
    if str(change["after"]).startswith(_UNKNOWN):
        unknown = f"what it allows: {change['after']}"
    elif change["event_id"] in radius.opened:
        unknown = None
    elif is_share or "cross-account trust" in change["marks"]:
        unknown = "what the other account makes of it is not followed"
    elif "persistence" in change["marks"] or change["entity_kind"] in PROVIDERS:
        unknown = "who comes in by it is not followed"
    aspect = "" if change["aspect"] == "exists" else f": {change['aspect']}"
    return {
        "hop": one.hop + 1,
        "kind": "share" if is_share else "permission",
        "value": f"{subject(change['entity_kind'], change['entity_name'])}{aspect}",
        "how": change["action"],
        **_reached_by(radius, one.node),
        "marks": change["marks"],
        "account": change["account"],
        "first": change["time"],
        "last": change["time"],
        "events": 1,
        "denied": 0,
        "origins": [change["origin"]] if change["origin"] else [],
        "event_ids": radius.copies.get(change["event_id"], [change["event_id"]]),
        "unknown": unknown,
    }


def _deed(radius: Radius, row: Mapping[str, Any]) -> dict[str, Any]:
    """Write what one thing did to one thing."""
    acting = (
        Node(kind, row["reached_by"]) for kind in ("credential", "user", "password", "opening")
    )
    by = next(node for node in acting if node in radius.found)
    ids = row["event_ids"]
    how = row["how"]
    is_run = not unfollowed().isdisjoint(row["actions"])
    if row["kind"] == "evidence":
        how = f"{how}: {', '.join(sorted({radius.evidence[each] for each in ids}))}"
    return {
        **{name: value for name, value in row.items() if name != "actions"},
        "hop": radius.found[by].hop + 1,
        "how": how,
        **_reached_by(radius, by),
        "marks": [],
        "unknown": _UNTOLD.get(row["kind"] if row["kind"] != "write" or is_run else ""),
    }


def _reached_by(radius: Radius, node: Node | None) -> dict[str, Any]:
    """Say what reached it, and the way there from the start."""
    chain: list[str] = []
    at = node
    while at is not None and len(chain) < len(radius.found):
        chain.append(shown(at))
        at = radius.found[at].by
    return {
        "reached_by": shown(node) if node else None,
        "actor": _actor(radius, node) if node else None,
        "chain": chain[::-1],
    }


def _actor(radius: Radius, node: Node) -> str | None:
    """Say whose credential it is."""
    if node.kind in {"user", "password"}:
        return node.name.partition("/")[2]
    session = radius.world.sessions.get(node.name)
    return session.actor if session and node.kind == "credential" else None


def shown(node: Node) -> str:
    """How is a thing named in an answer?

    Example:
        >>> shown(Node("password", "111122223333/bob"))
        'password of bob'
    """
    bare = node.name.partition("/")[2]
    if node.kind in {"user", "role"}:
        return f"{node.kind}/{bare}"
    if node.kind == "opening":
        return " opened to ".join(node.name.rpartition("|")[::2])
    return f"{node.kind} of {bare}" if node.kind in {"password", "trust"} else node.name


def _unknown(radius: Radius, one: Reached, *, is_used: bool) -> str | None:
    """Say what cannot be told of a thing."""
    if one.by is None and one.node.kind == "origin":
        return "who used what was seen there: all that it did from then on is told"
    if one.by is None and radius.since is None and one.node not in _given(radius):
        return "since when it is in other hands: all that it ever did here is told"
    if one.node.kind == "trust":
        accounts = {account_of(who) for who in one.principals} - {None, *radius.world.accounts}
        if accounts:
            return f"what {', '.join(map(str, sorted(accounts, key=str)))} does is in its own trail"
    is_seen = is_used or next(leads(radius.world, one), None) is not None
    return None if is_seen else _UNUSED.get(one.node.kind)


def _given(radius: Radius) -> set[Node]:
    return {Node("credential", name) for name in radius.world.hops}


def _unlogged(radius: Radius) -> Iterator[dict[str, Any]]:
    """Name accounts that were reached and whose data events nobody logged."""
    acts = radius.acts.group_by("recipient_account_id").agg(
        pl.col("event_time").min(), pl.col("event_time").max().alias("last")
    )
    for account, first, last in acts.sort("recipient_account_id", nulls_last=True).iter_rows():
        if radius.world.accounts.get(account) is False:
            yield {
                "hop": None,
                "kind": "unknown",
                "value": f"data events of {account}",
                "account": account,
                "first": first,
                "last": last,
                "unknown": "none are logged: which objects were read or written, nobody can tell",
            }
