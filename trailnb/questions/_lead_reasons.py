"""What each answer gives a responder to look at: leads, with their reason in one sentence.

Every function takes the answer of one question, or the events it is about under the names of
`EVENT`, and gives leads. A lead is something to look at, never a verdict.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import polars as pl

from trailnb.questions._leads import (
    MOST_IDS,
    TOLD,
    Lead,
    lead,
    name_of,
    often,
    quoted,
    said,
    short,
    some,
    times,
)

if TYPE_CHECKING:
    from trailnb.questions._leads import Level

#: Refused actions in one burst that only somebody exploring tries; a workload with a missing
#: permission repeats one or two, for many targets at most.
MANY_ACTIONS = 5
#: Issues in a row behind a session. One is everyday work; pipelines chain two; three are rare.
FEW_HOPS, MANY_HOPS = 2, 3
#: Failed sign-ins before a success: people mistype once or twice.
MANY_FAILURES = 3
#: A day's bytes out this many times what is usual, and no less than a hundred megabytes: below that
#: somebody fetched a few files.
FAR_ABOVE, MUCH_BYTES = 10, 100_000_000
#: Marks of origins that a lost or stolen credential leaves. The others have many harmless reasons.
_GRAVE_MARKS: dict[str, Level] = {
    "instance credential outside": "alert",
    "credential from several networks": "warning",
    "fast travel": "warning",
}


def of_origins(uses: pl.DataFrame) -> list[Lead]:
    """Lead to odd origins: events with the `mark` of their origin and `because` it has that."""
    groups = uses.group_by("origin", "mark").agg(
        *TOLD, pl.col("actor").sort().mode().sort().first(), pl.col("because").unique().sort()
    )
    return [
        lead(
            row,
            "origins",
            row["mark"],
            _GRAVE_MARKS.get(row["mark"], "note"),
            f"{times(row['events'], 'event')} from {row['origin']}: {some(row['because'])}.",
            raised="alert" if row["mark"] in _GRAVE_MARKS else "warning",
        )
        for row in groups.iter_rows(named=True)
    ]


def of_new(uses: pl.DataFrame) -> list[Lead]:
    """Lead to new origins and actors: events with the `kind` and `value` that is new in them."""
    groups = uses.group_by("kind", "value").agg(
        *TOLD,
        (pl.col("outcome") == "denied").sum().alias("denied"),
        (pl.col("access") == "permission").sum().alias("changes"),
        pl.col("actor").drop_nulls().unique().sort().alias("actors"),
        pl.col("actor").sort().mode().sort().first(),
    )
    leads = []
    for row in groups.iter_rows(named=True):
        is_bold = row["denied"] + row["changes"] > 0
        by = f" by {some(row['actors'])}" if row["kind"] == "origin" else ""
        why = (
            f"{row['value']} was never seen before {said(row['first'])}: "
            f"{times(row['events'], 'event')}{by}, {row['denied']} denied, "
            f"{row['changes']} to permissions."
        )
        ask = f"tn.pivot(trail, {row['kind']}={quoted(row['value'])})"
        level: Level = "warning" if is_bold else "note"
        leads.append(
            lead(row, "origins", f"new {row['kind']}", level, why, ask=ask, raised="alert")
        )
    return leads


def of_bursts(bursts: pl.DataFrame) -> list[Lead]:
    """Lead to bursts of refusals."""
    leads = []
    for row in bursts.rename({"first_seen": "first", "last_seen": "last"}).iter_rows(named=True):
        minutes = max(1, round((row["last"] - row["first"]) / timedelta(minutes=1)))
        why = (
            f"{row['actor']} was refused {times(row['events'], 'time')} in "
            f"{times(minutes, 'minute')}, from {some(row['origins'])}: "
            f"{times(row['action_count'], 'action')} on {times(len(row['targets']), 'target')} "
            f"({some(row['actions'])})."
        )
        level: Level = "alert" if row["action_count"] >= MANY_ACTIONS else "warning"
        leads.append(lead(row, "denied", "denied burst", level, why))
    return leads


def of_chains(sessions: pl.DataFrame) -> list[Lead]:
    """Lead to sessions that stand at the end of several issues: `hops` counts them."""
    long = sessions.filter(pl.col("hops") >= FEW_HOPS)
    groups = long.group_by("chain_text", "actor", "hops").agg(
        pl.col("first_use").min().alias("first"),
        pl.col("last_use").max().alias("last"),
        pl.col("events").sum(),
        pl.col("accounts").explode().drop_nulls().unique().sort(),
        pl.col("issuing_event_id").drop_nulls().unique().sort().head(MOST_IDS).alias("event_ids"),
    )
    leads = []
    for row in groups.iter_rows(named=True):
        why = (
            f"{row['chain_text']}: {times(row['hops'], 'issue')} of credentials in a row, then "
            f"{times(row['events'], 'event')} in account {some(row['accounts'])}."
        )
        level: Level = "warning" if row["hops"] >= MANY_HOPS else "note"
        ask = f"tn.timeline(trail, actor={quoted(row['actor'])})"
        leads.append(lead(row, "credentials", "long chain", level, why, ask=ask))
    return leads


def of_access_given(given: pl.DataFrame) -> list[Lead]:
    """Lead to credentials made for somebody else, and to MFA taken away: events with a `kind`."""
    groups = given.group_by("actor", "user", "is_removal").agg(
        *TOLD, pl.col("action").sort_by("time"), (pl.col("kind") == "credential").any().alias("key")
    )
    leads = []
    for row in groups.filter(pl.col("key") | pl.col("is_removal")).iter_rows(named=True):
        calls = some(map(short, row["action"]))
        verb = "took MFA from" if row["is_removal"] else "gave access to"
        what = "MFA removed" if row["is_removal"] else "credential for another"
        why = f"{row['actor']} {verb} {row['user']}: {calls}."
        leads.append(lead(row, "credentials", what, "warning", why, given_to=row["user"] or ""))
    return leads


def of_permissions(changes: pl.DataFrame) -> list[Lead]:
    """Lead to changes of permissions, one per actor."""
    done = pl.col("outcome") == "success"
    groups = changes.sort("time", "event_id").group_by("actor").agg(
        *TOLD, (~done).sum().alias("refused"), pl.col("is_own").any(),
        pl.format("{} on {}", name_of("action"), name_of("target").fill_null("?")).alias("calls"),
    )  # fmt: skip
    leads = []
    for row in groups.iter_rows(named=True):
        own = ", of its own among them" if row["is_own"] else ""
        refused = f" ({row['refused']} without success)" if row["refused"] else ""
        why = (
            f"{row['actor']} changed permissions {times(row['events'], 'time')}{refused}{own}: "
            f"{some(row['calls'])}."
        )
        level: Level = "warning" if row["is_own"] else "note"
        ask = f'tn.timeline(trail, actor={quoted(row["actor"])}, access="permission")'
        leads.append(lead(row, "permissions", "permissions changed", level, why, ask=ask))
    return leads


def of_sign_ins(found: pl.DataFrame) -> list[Lead]:
    """Lead to sign-ins without MFA, and to those that came after many failures."""
    made = found.filter(pl.col("outcome") == "success")
    bare = made.filter(pl.col("kind") == "console", ~pl.col("is_mfa")).with_columns(
        what=pl.lit("sign-in without MFA")
    )
    tried = made.filter(pl.col("failures_before") >= MANY_FAILURES).with_columns(
        what=pl.lit("sign-in after failures")
    )
    groups = pl.concat([bare, tried]).group_by("what", "actor", "origin").agg(
        *TOLD, pl.col("failures_before").max(), pl.col("kind").unique().sort()
    )  # fmt: skip
    leads = []
    for row in groups.iter_rows(named=True):
        failures = row["failures_before"]
        after = f", after {times(failures, 'failure')}" if failures else ""
        without = " without MFA" if row["what"].endswith("MFA") else ""
        why = (
            f"{row['actor']} signed in ({some(row['kind'])}){without} from {row['origin']}"
            f"{often(row['events'])}{after}."
        )
        ask = f"tn.timeline(trail, origin={quoted(row['origin'])})"
        leads.append(lead(row, "sign-ins", row["what"], "warning", why, ask=ask))
    return leads


def of_data(days: pl.DataFrame) -> list[Lead]:
    """Lead to days on which far more was read than usual: rows of actor, resource, day and bytes.

    Usual is the median of the actor's other days, else of all others' days.
    """
    leads = []
    by_actor = days.group_by("actor", "day").agg(pl.col("bytes_out").sum())
    for row in days.filter(pl.col("bytes_out") >= MUCH_BYTES).iter_rows(named=True):
        is_own = pl.col("actor") == row["actor"]
        own = by_actor.filter(is_own, pl.col("day") != row["day"])["bytes_out"]
        usual = own if len(own) else by_actor.filter(~is_own)["bytes_out"]
        habit = usual.median() or 0
        if not isinstance(habit, float | int) or row["bytes_out"] < FAR_ABOVE * habit:
            continue
        whose = "its own usual day" if len(own) else "a usual day of others; it has none before"
        many = times(row["reads"], "read")
        why = (
            f"{row['actor']} read {_megabytes(row['bytes_out'])} from {short(row['resource'])} on "
            f"{row['day']} in {many}, against {_megabytes(habit)} on {whose}."
        )
        ask = f"tn.data_access(trail).filter(actor={quoted(row['actor'])})"
        leads.append(lead(row, "data", "data leaving", "warning", why, ask=ask))
    return leads


def of_root(uses: pl.DataFrame) -> list[Lead]:
    """Lead to every use of a root user, one per account; services' calls are not its own."""
    own = uses.filter(pl.col("invoked_by").is_null())
    groups = own.group_by("account").agg(
        *TOLD,
        pl.col("key").str.starts_with("AKIA").any().fill_null(value=False).alias("has_key"),
        (~pl.col("is_mfa")).any().fill_null(value=False).alias("is_bare"),
        pl.col("action").sort_by("time"),
        pl.col("origin").drop_nulls().unique().sort(),
        pl.format("root/{}", "account").first().alias("actor"),
    )
    leads = []
    for row in groups.iter_rows(named=True):
        how = " with an access key" if row["has_key"] else " without MFA" if row["is_bare"] else ""
        why = (
            f"The root user of {row['account']} was used{how}{often(row['events'])}, from "
            f"{some(row['origin'])}: {some(row['action'])}."
        )
        level: Level = "alert" if row["has_key"] or row["is_bare"] else "warning"
        leads.append(lead(row, "root", "root use", level, why, ask="tn.root_use(trail)"))
    return leads


def _megabytes(count: float) -> str:
    return f"{count / 1_000_000:,.1f} MB"
