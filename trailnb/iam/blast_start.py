"""Where a blast radius begins: what a key, an ARN, an address or a session stands for."""

from __future__ import annotations

import re
from ipaddress import ip_network
from typing import TYPE_CHECKING

import polars as pl

from trailnb.iam.blast_reach import Node, Reached
from trailnb.iam.blast_world import NO_SESSION, role_of
from trailnb.questions._matching import comes_from

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from trailnb._lineage.issues import Issues

_KEY = re.compile(r"A[A-Z]{3}[A-Z0-9]{4,124}")
_WORKLOAD = re.compile(r"(?:^|[:/])(i-[0-9a-f]{8,17})$|:function:([^:]+)")


def starts(
    attributed: pl.LazyFrame, issues: Issues, start: str, since: datetime | None
) -> list[Reached]:
    """Which things are reached at the very beginning, and from when on?

    The first is the start itself; the others are what it stands for: the sessions seen at an
    address, the credentials of a user. Nothing when these events do not know it.

    Args:
        attributed: All events, with `session_id` and `user`.
        issues: Which credentials were issued.
        start: A key, an ARN, an address or network, or a session.
        since: From when on; None is from its first event.
    """
    events = attributed if since is None else attributed.filter(pl.col("event_time") >= since)
    at, event_id = pl.col("event_time"), pl.col("event_id")
    told = [at.min().alias("first"), event_id.sort_by(at, event_id).alias("ids")]
    seen = (
        _of_it(events, start).group_by("session_id", "user").agg(told).collect(engine="streaming")
    )
    given = issues.rows.filter(pl.col("session") == start)
    node = _node(start)
    if seen.is_empty() and given.is_empty():
        return []
    first = since or min([*seen["first"], *given["event_time"]])
    one = Reached(node, first, how="where it begins")
    if node.kind in {"user", "role", "workload"}:
        return [one]
    how = "used from it" if node.kind == "origin" else "the session of it"
    others = [
        Reached(of, time, 1, node, how, tuple(ids[:1]))
        for session, user, time, ids in seen.sort("first", "session_id").iter_rows()
        for of in _stands_for(session, user, ids, issues)
        if of.name != start
    ]
    return [one, *others]


def _stands_for(session: str, user: str | None, ids: list[str], issues: Issues) -> Iterator[Node]:
    """Which things act there: a session; whose password signed in; whom another account sent?"""
    if not NO_SESSION.match(session):
        yield Node("credential", session)
    elif user is not None:
        yield Node("password", user)
    else:
        given = issues.rows.filter(pl.col("event_id").is_in(pl.Series(ids).implode()))
        yield from (Node("credential", issued) for issued in given["session"])


def _node(start: str) -> Node:
    """Which kind of thing is it?"""
    if role := role_of(start):
        return Node("role", role)
    parts = start.split(":", 5)
    if start.startswith("arn:") and len(parts) > 5 and parts[5].startswith("user/"):  # noqa: PLR2004
        return Node("user", f"{parts[4]}/{parts[5].rpartition('/')[2]}")
    if found := _WORKLOAD.search(start):
        return Node("workload", found[1] or found[2])
    return Node("origin" if is_address(start) else "credential", start)


def is_address(start: str) -> bool:
    """Is it an address or a network?

    Example:
        >>> is_address("203.0.113.0/24"), is_address("AKIAIOSFODNN7EXAMPLE")
        (True, False)
    """
    try:
        ip_network(start, strict=False)
    except ValueError:
        return False
    return True


def _of_it(events: pl.LazyFrame, start: str) -> pl.LazyFrame:
    if is_address(start):
        import narwhals.stable.v2 as nw

        return nw.from_native(events).filter(comes_from(start)).to_native()
    if _KEY.fullmatch(start):
        return events.filter((pl.col("access_key_id") == start) | (pl.col("session_id") == start))
    node = _node(start)
    if node.kind == "user":
        return events.filter(pl.col("user") == node.name)
    if node.kind == "workload":
        return events.filter(pl.col("user_arn").str.ends_with(f"/{node.name}"))
    named = ("session_id", "actor", "user_arn", "session_issuer_arn")
    return events.filter(pl.any_horizontal(pl.col(name) == start for name in named))
