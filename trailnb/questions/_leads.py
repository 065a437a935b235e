"""A lead of triage: one thing to look at, how grave it is, and why; and the words it is told in."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Literal, TypeAlias

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

Level: TypeAlias = Literal["alert", "warning", "note"]
LEVELS = ("alert", "warning", "note")
#: Among leads of one level, these themes come first to last: what is missing decides how far all
#: else can be trusted, and who came in tells more than what was taken.
THEMES = (
    "evidence", "coverage", "origins", "denied", "credentials", "permissions", "sign-ins", "data",
    "root",
)  # fmt: skip
#: As many ids as fit under a finding; the count tells the rest.
MOST_IDS = 20
#: Alarms rarely go off at the first step, and whoever hides traces does it last: what was done this
#: long before an alert is under suspicion, too. A night's visit, less than the owner's own day.
REACH_BACK = timedelta(hours=6)
_SHOWN = 4


@dataclass(frozen=True)
class Lead:
    """One thing to look at. `level` counts alone; `raised` when its actor is under suspicion.

    `given_to` names who got access by it; `ask` is the next call, or "" for a pivot on its first
    event's key or address.
    """

    theme: str
    what: str
    level: Level
    raised: Level
    why: str
    actor: str | None = None
    first: datetime | None = None
    last: datetime | None = None
    events: int = 0
    event_ids: Sequence[str] = field(default=(), repr=False)
    given_to: str = ""
    ask: str = ""


@dataclass(frozen=True)
class Placed:
    """A lead with what its first event tells: who is behind it, from where, with which key."""

    lead: Lead
    root_actor: str | None
    origin: str | None
    key: str | None

    @property
    def who(self) -> str | None:
        """Whom suspicion is about."""
        return self.root_actor or self.lead.actor

    def level(self, suspects: Mapping[str, datetime]) -> Level:
        """How grave is it, given who is under suspicion since when?"""
        since = suspects.get(self.who or "") or suspects.get(self.lead.actor or "")
        is_meant = since and self.lead.last and self.lead.last >= since - REACH_BACK
        return self.lead.raised if is_meant else self.lead.level

    def next_call(self) -> str:
        """Write the call to make next."""
        if self.lead.ask:
            return self.lead.ask
        if self.key and self.key.startswith("AKIA"):
            return f"tn.pivot(trail, key={quoted(self.key)})"
        return f"tn.timeline(trail, actor={quoted(self.who)})"


def in_order(placed: Sequence[Placed]) -> list[tuple[object, ...]]:
    """Raise what suspects did, and number the leads: rows of `trailnb.questions.triage.SCHEMA`.

    Example:
        >>> in_order([])
        []
    """
    suspects = suspects_of(placed)
    told = sorted(
        placed,
        key=lambda one: (
            LEVELS.index(one.level(suspects)), THEMES.index(one.lead.theme),
            LEVELS.index(one.lead.level), str(one.lead.first), one.lead.what, one.lead.why,
        ),
    )  # fmt: skip
    return [
        (
            rank, one.level(suspects), one.lead.what, one.lead.actor, one.root_actor, one.lead.why,
            one.lead.first, one.lead.last, one.lead.events, list(one.lead.event_ids), one.origin,
            one.key or None, one.next_call(),
        )
        for rank, one in enumerate(told, 1)
    ]  # fmt: skip


def suspects_of(placed: Sequence[Placed]) -> dict[str, datetime]:
    """Name who is under suspicion since when: who is behind an alert, and who got access by it.

    What a suspect gives away makes others suspects, until nothing more changes.

    Example:
        >>> suspects_of([])
        {}
    """
    suspects: dict[str, datetime] = {}
    for one in placed:
        if one.lead.level == "alert":
            _suspect(suspects, one.who, one.lead.first)
    while True:
        known = dict(suspects)
        for one in placed:
            if one.lead.given_to and one.level(known) == "alert":
                _suspect(suspects, one.lead.given_to, one.lead.first)
        if suspects == known:
            return suspects


def _suspect(suspects: dict[str, datetime], name: str | None, since: datetime | None) -> None:
    if name and since:
        suspects[name] = min(since, suspects.get(name, since))


#: What every group of events tells of itself, under the names a lead has.
TOLD = (
    pl.col("time").min().alias("first"),
    pl.col("time").max().alias("last"),
    pl.len().alias("events"),
    pl.col("event_id").sort_by("time", "event_id").drop_nulls().head(MOST_IDS).alias("event_ids"),
)


def quoted(value: str | None) -> str:
    """Write a value as an argument, whatever it holds.

    Example:
        >>> print(quoted("alice"))
        "alice"
    """
    return json.dumps(value, ensure_ascii=False)


def times(count: int, one: str) -> str:
    """Say how many, in a sentence.

    Example:
        >>> times(1, "event"), times(1200, "event")
        ('1 event', '1,200 events')
    """
    return f"{count:,} {one}{'' if count == 1 else 's'}"


def some(values: Iterable[str | None]) -> str:
    """Name the first few, and say how many there are beside.

    Example:
        >>> some(["a", "b", "c", "d", "e"])
        'a, b, c, d and 1 more'
    """
    known = list(dict.fromkeys(value for value in values if value))
    rest = len(known) - _SHOWN
    return ", ".join(known[:_SHOWN]) + (f" and {rest} more" if rest > 0 else "")


def lead(
    row: dict[str, object], theme: str, what: str, level: Level, why: str,
    *, raised: Level = "alert", **more: str,
) -> Lead:  # fmt: skip
    """Make a lead of a group of events: a row with what `TOLD` tells, and its actor.

    Example:
        >>> row = dict.fromkeys(("actor", "first", "last", "events", "event_ids"))
        >>> lead(row, "root", "root use", "warning", "It was used.").raised
        'alert'
    """
    names = ("actor", "first", "last", "events", "event_ids")
    told = {name: row[name] for name in names}
    told["event_ids"] = list(row["event_ids"] or [])[:MOST_IDS]  # type: ignore[call-overload]
    return Lead(theme, what, level, raised, why, **told, **more)  # type: ignore[arg-type]


def often(count: int) -> str:
    """Say how often, where it was more than once.

    Example:
        >>> often(1), often(2)
        ('', ', 2 times')
    """
    return f", {count} times" if count > 1 else ""


def said(moment: datetime) -> str:
    """Write a moment as a sentence has it.

    Example:
        >>> from datetime import UTC, datetime
        >>> said(datetime(2026, 11, 3, 2, 13, tzinfo=UTC))
        '2026-11-03 02:13'
    """
    return f"{moment:%Y-%m-%d %H:%M}"


def short(target: str | None) -> str | None:
    """Keep the last part of an ARN or an action.

    Example:
        >>> short("iam:CreateUser")
        'CreateUser'
    """
    return target.rsplit(":", 1)[-1] if target else None


def name_of(column: str) -> pl.Expr:
    """Keep the last part of an ARN or an action, in every row.

    Example:
        >>> pl.select(arn=pl.lit("arn:aws:iam::111122223333:user/bob")).select(
        ...     name_of("arn")
        ... ).item()
        'user/bob'
    """
    return pl.col(column).str.extract(r"([^:]+)$")
