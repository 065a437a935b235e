"""The first look at three in the morning: what to look at, in order, and why."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

import polars as pl

from trailnb._frame import QuestionClass, asked, in_polars, refined
from trailnb._lineage.attribute import ADDED, attribute
from trailnb._lineage.issues import raw_session
from trailnb._lineage.sessions import lineage
from trailnb.facts.tables import rows
from trailnb.questions import _lead_gaps as gaps
from trailnb.questions import _lead_reasons as reasons
from trailnb.questions._leads import TOLD, Placed, in_order
from trailnb.questions._moments import instant
from trailnb.questions._reading_once import NEEDED, Hand, at_hand
from trailnb.questions.data_access import data_access
from trailnb.questions.denied import denied_bursts
from trailnb.questions.evasion import evasion
from trailnb.questions.first_seen import first_seen
from trailnb.questions.origins import origins
from trailnb.questions.root_use import root_use
from trailnb.questions.sign_ins import sign_ins
from trailnb.trail.scan import EventScan
from trailnb.trail.trail import Trail

if TYPE_CHECKING:
    from datetime import datetime

    from trailnb._frame import FrameT, HasEvents
    from trailnb._typing import Moment
    from trailnb.questions._leads import Lead

CLASS: QuestionClass = "refined"
_TIME, _TEXT, _COUNT = pl.Datetime("us", "UTC"), pl.String(), pl.Int64()
SCHEMA = pl.Schema(
    {
        "rank": _COUNT,
        **dict.fromkeys(("level", "what", "actor", "root_actor", "why"), _TEXT),
        **dict.fromkeys(("first", "last"), _TIME),
        "events": _COUNT,
        "event_ids": pl.List(_TEXT),
        **dict.fromkeys(("origin", "key", "next"), _TEXT),
    }
)
SORT_KEY = ("rank",)
Frame = TypeVar("Frame", pl.DataFrame, pl.LazyFrame)

#: An event under the names that leads know.
_EVENT = {
    "time": "event_time", "event_id": "event_id", "actor": "actor", "action": "action",
    "access": "access", "outcome": "outcome", "target": "target", "origin": "source_ip_address",
    "key": "access_key_id",
}  # fmt: skip
_SERVICE = "service:"
_INSTANCE = r":i-[0-9a-f]{8,17}$"
_USER = r":user/(?:.*/)?([^/]+)$"
#: Who can be new: a workload's sessions are new every day.
_NAMED_KINDS = ("human", "root", "external account")
#: How the sentences of `origins` go on after the credential they are about, and the mark they tell.
_MARKS = {
    " was first used from ": "credential from several networks",
    " is at work at ": "instance credential outside",
    ": no address of AWS": "instance credential outside",
    " came as ": "agent change",
    " to ": "TLS change",
    " uses the ": "console and API apart",
}


def triage(
    trail_or_events: HasEvents[FrameT] | FrameT, *, since: Moment | None = None
) -> pl.LazyFrame:
    """What should I look at first, and why?

    A refined question over the answers of others: one row per lead. Levels say how soon to look,
    not what it was: "alert", "warning", or "note". What an actor under an alert does afterwards, or
    did in the six hours before, is under suspicion too, and so is whoever it gave access to: their
    leads are raised. Ask a trail where you can: only a trail knows its coverage and what could not
    be read. Logs are read into memory once, narrowly (about 1 kB per event); a saved trail is asked
    column by column.

    Args:
        trail_or_events: A trail, its `events`, or a frame of all events: leads compare.
        since: When the trouble may have begun. Leads end later; origins and actors not seen
            before are new. Without it nothing is called new.

    Returns:
        Sorted by `rank` (Int64, from 1): `level`; `what`, a short kind; `actor`; `root_actor`, who
        is behind it after lineage; `why`, a sentence with numbers; `first`, `last` (UTC); `events`
        (Int64); `event_ids` (at most 20 of them, in order of time; empty where the lead is what
        is missing); `origin` and `key` of the first event; `next`, the call to make next, as text.

    Raises:
        RequestError: `since` names no moment.

    Example:
        >>> import trailnb as tn
        >>> leads = triage(tn.open("data-samples/quiet")).collect()
        >>> leads.select("level", "what", "events").row(0)
        ('note', 'cannot be known', 0)
    """
    start = None if since is None else instant("since", since)
    frame = asked(trail_or_events, NEEDED, "triage")
    told = set(ADDED) <= set(frame.collect_schema().names())
    kept = in_polars(frame.select(*NEEDED, *(ADDED if told else ())))

    asked_of: object = trail_or_events

    def answer() -> pl.DataFrame:
        trail = asked_of if isinstance(asked_of, Trail) else None
        hand = at_hand(trail, kept)
        events = hand.events if told else attribute(hand)
        leads = [*_of_trail(trail, hand, start), *_of_events(events, start)]
        leads += reasons.of_chains(_since(_sessions(hand), "last_use", start))
        return _ranked(leads, events)

    return refined(SCHEMA, answer)


def _of_trail(trail: Trail | None, hand: Hand, start: datetime | None) -> list[Lead]:
    """Ask what is missing: a trail knows more of that than its events do."""
    if trail is None:
        found = evasion(hand.events).collect()
        return gaps.of_evasion(_since(found, "time", start), {})
    coverage = trail.coverage()
    named = pl.col("because").str.extract(r"^\S+ (\S+)$")
    stopped = coverage.filter(pl.col("status") == "logging stopped").group_by(named)
    hours = dict(stopped.agg(pl.col("hour").n_unique()).iter_rows())
    once = trail
    if isinstance(trail.scan, EventScan):
        # The same trail with its digests, over the events already read.
        once = replace(trail, scan=replace(trail.scan, files=()), tables=(hand.events,))
    found = evasion(once).collect().with_columns(ended=pl.coalesce("until", "time"))
    return [
        *gaps.of_evasion(_since(found, "ended", start), hours),
        *gaps.of_problems(trail.problems()),
        *gaps.of_coverage(_since(coverage, "hour", start)),
    ]


def _of_events(events: pl.LazyFrame, start: datetime | None) -> list[Lead]:
    """Ask the questions that need nothing but events."""
    late = _since(events, "event_time", start)
    changes, given = _changes(late)
    signed = _since(sign_ins(events), "time", start).collect()
    root = root_use(late).collect()
    return [
        *reasons.of_origins(_odd(events, start)),
        *reasons.of_new(_new(events, start)),
        *reasons.of_bursts(denied_bursts(late).collect()),
        *reasons.of_access_given(given),
        *reasons.of_permissions(changes),
        *reasons.of_sign_ins(signed),
        *reasons.of_data(_since(_data_days(events), "last", start)),
        *reasons.of_root(root),
    ]


def _since(frame: Frame, column: str, start: datetime | None) -> Frame:
    return frame if start is None else frame.filter(pl.col(column) >= start)


def _odd(events: pl.LazyFrame, start: datetime | None) -> pl.DataFrame:
    """Gather what the credentials with a mark did at the origin that has it."""
    found = origins(events).filter(pl.col("marks").list.len() > 0).collect()
    told = [
        (row["origin"], who, mark, why)
        for row in found.iter_rows(named=True)
        for why in row["why"]
        for who in {*row["credentials"], *row["actors"]}
        for goes_on, mark in _MARKS.items()
        if why.startswith(who + goes_on)
    ]
    schema = dict.fromkeys(("origin", "who", "mark", "because"), _TEXT)
    marks = pl.DataFrame(told, schema=schema, orient="row").lazy()
    uses = _since(events, "event_time", start).select(**_EVENT, session=raw_session())
    parts = [
        uses.join(marks, left_on=["origin", who], right_on=["origin", "who"])
        for who in ("session", "actor")
    ]
    return pl.concat(parts).collect()


def _new(events: pl.LazyFrame, start: datetime | None) -> pl.DataFrame:
    """Gather what new origins and new persons did."""
    # The addresses of instances change with them, and their keys elsewhere are told apart.
    is_instance = pl.col("user_principal_id").str.contains(_INSTANCE).fill_null(value=False)
    own = events.select(actor=pl.format("account/{}", "recipient_account_id")).unique()
    asked_of = {
        "origin": events.filter(pl.col("source_kind") == "public", ~is_instance),
        "actor": events.filter(pl.col("actor_kind").is_in(_NAMED_KINDS)).join(
            own, on="actor", how="anti"
        ),
    }
    uses = events.select(**_EVENT)
    # Without a baseline nothing is new.
    parts = [
        uses.join(
            first_seen(part, what=kind, baseline=start).select("kind", "value"),
            left_on=kind, right_on="value", how="inner", coalesce=False,
        )
        for kind, part in asked_of.items() if start is not None
    ]  # fmt: skip
    nothing = uses.clear().with_columns(kind=pl.lit(None, _TEXT), value=pl.lit(None, _TEXT))
    return pl.concat([nothing, *parts], how="diagonal").collect()


def _changes(events: pl.LazyFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Split the permission changes of persons and workloads: plain ones, and access given away."""
    kinds = {
        action: row["kind"] for row in rows("access_given.csv") for action in row["actions"].split()
    }
    user = pl.col("target").str.extract(_USER)
    made = (
        events.filter(pl.col("access") == "permission", ~pl.col("actor").str.starts_with(_SERVICE))
        .select(**_EVENT)
        .with_columns(
            kind=pl.col("action").replace_strict(kinds, default=None, return_dtype=_TEXT),
            user=user, is_own=(user == pl.col("actor")).fill_null(value=False),
        )
        .with_columns(is_removal=pl.col("kind").eq_missing("MFA removed"))
        .collect()
    )  # fmt: skip
    is_given = (pl.col("outcome") == "success") & pl.col("kind").is_not_null()
    is_key = is_given & (pl.col("kind") == "credential")
    to_other = ~pl.col("is_own") & is_key.fill_null(value=False).any().over("actor", "user")
    split = made.with_columns(given=is_given & (pl.col("is_removal") | to_other))
    return split.filter(~pl.col("given")), split.filter("given")


def _data_days(events: pl.LazyFrame) -> pl.DataFrame:
    """Sum up what each actor read on each day, with the events of the days that are large."""
    day = pl.col("event_time").dt.strftime("%Y-%m-%d")
    by_day = events.filter(~pl.col("actor").str.starts_with(_SERVICE)).with_columns(
        # The question counts by actor: with the day in its name, by actor and day.
        actor=pl.concat_str("actor", pl.lit("\n"), day)
    )
    days = data_access(by_day, depth=0).drop("events").drop_nulls("bytes_out").with_columns(
        actor=pl.col("actor").str.extract(r"^([\s\S]*)\n"), day=pl.col("actor").str.tail(10)
    ).collect()  # fmt: skip
    large = days.filter(pl.col("bytes_out") >= reasons.MUCH_BYTES).lazy()
    seen = events.select(**_EVENT, day=day).join(
        large.select("actor", "day", "resource"), on=["actor", "day"]
    )
    read = pl.col("access").is_in(["read", "list"])
    theirs = seen.filter(read, pl.col("target").str.starts_with(pl.col("resource")))
    told = theirs.group_by("actor", "day", "resource").agg(*TOLD).collect()
    return days.join(told, on=["actor", "day", "resource"], how="left")


def _sessions(hand: Hand) -> pl.DataFrame:
    """Count how many issues lead to each session; a service that hands over is no issuer."""
    is_service = pl.col("chain").list.first().str.starts_with(_SERVICE)
    hops = pl.col("depth").cast(_COUNT) - is_service.cast(_COUNT)
    return lineage(hand).with_columns(hops=hops).collect()


def _ranked(leads: list[Lead], events: pl.LazyFrame) -> pl.DataFrame:
    """Put the leads in order, with the origin, key and root actor of their first events."""
    firsts = [lead.event_ids[0] for lead in leads if lead.event_ids]
    named = ("root_actor", "source_ip_address", "access_key_id")
    found = events.filter(pl.col("event_id").is_in(firsts)).select("event_id", *named).collect()
    behind = {event_id: rest for event_id, *rest in found.sort("event_id", *named).iter_rows()}
    blank = [None, None, None]
    placed = [
        Placed(lead, *(behind.get(lead.event_ids[0], blank) if lead.event_ids else blank))
        for lead in leads
    ]
    return pl.DataFrame(in_order(placed), schema=SCHEMA, orient="row")
