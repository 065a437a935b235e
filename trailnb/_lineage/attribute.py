"""Every event with the session it belongs to and the person or workload behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from trailnb._lineage.chains import SEPARATOR, Hop, hops_of, path_to
from trailnb._lineage.issues import Issues, issues_of, raw_session

if TYPE_CHECKING:
    from trailnb._typing import Events

ADDED = ("root_actor", "session_id", "chain_text")


def attribute(trail_or_events: object) -> pl.LazyFrame:
    """Whose work is each event really? Adds `root_actor`, `session_id` and `chain_text`.

    A refined question: the few events that issue credentials are collected once, the frame itself
    stays lazy. Attribute *all* events and filter afterwards: a frame already filtered to one
    address or one hour has lost the events that issued its credentials.

    Args:
        trail_or_events: a Trail, or its events as a Polars frame.

    Returns:
        The frame with three more columns (String, never null): `root_actor`, the person or
        workload that began the chain of credentials, or the actor where nothing issued them here;
        `session_id`, one credential session; `chain_text`, the actors from root to here.

    Example:
        >>> import trailnb as tn
        >>> events = tn.attribute(tn.open("data-samples/quiet"))
        >>> reader = events.filter(pl.col("actor") == "role/inventory-reader/inventory")
        >>> reader.select("root_actor").unique().collect().item()
        'role/platform-tooling/i-0b4b50cfbe5e8355c'
    """
    events = events_of(trail_or_events).lazy()
    return attributed(events, issues_of(lookback_and(trail_or_events, events)))


def attributed(events: pl.LazyFrame, issues: Issues) -> pl.LazyFrame:
    """Whose work is each event, given what was issued?"""
    chains = chains_by_session(issues)
    started = issues.by_start.lazy().rename({"session": "_started"})
    keyed = issues.by_key.lazy().rename({"session": "_keyed"})
    return (
        events.join(keyed, on="access_key_id", how="left", maintain_order="left")
        .join(
            started,
            on=["user_principal_id", "session_creation_date"],
            how="left",
            maintain_order="left",
        )
        .with_columns(session_id=pl.coalesce("_keyed", "_started", raw_session()))
        .drop("_keyed", "_started")
        .join(chains.lazy(), on="session_id", how="left", maintain_order="left")
        .with_columns(
            root_actor=pl.coalesce("_root", "actor"),
            chain_text=pl.coalesce(
                pl.concat_str("_before", pl.lit(SEPARATOR), "actor"), pl.col("actor")
            ),
        )
        .drop("_root", "_before")
    )


def chains_by_session(issues: Issues) -> pl.DataFrame:
    """Where does each issued session come from: `session_id`, `_root`, and `_before` it?

    A session that a service took for its own workload keeps its own actor as root.
    """
    hops = hops_of(issues)
    rows = [_chain_row(session, path_to(session, hops)) for session in hops]
    schema = {"session_id": pl.String(), "_root": pl.String(), "_before": pl.String()}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _chain_row(session: str, path: list[Hop]) -> tuple[str, str | None, str]:
    is_service = path[0].caller_type == "AWSService"
    first = path[1] if is_service and len(path) > 1 else None
    root = (first.caller_actor if first else None) if is_service else path[0].caller_actor
    return session, root, SEPARATOR.join(hop.caller_actor for hop in path)


def events_of(trail_or_events: object) -> Events:
    """Take a Trail's events, or the frame itself."""
    frame = getattr(trail_or_events, "events", trail_or_events)
    if not isinstance(frame, pl.DataFrame | pl.LazyFrame):
        return pl.DataFrame(frame)  # type: ignore[arg-type]
    return frame


def lookback_and(trail_or_events: object, events: pl.LazyFrame) -> pl.LazyFrame:
    """Put the lookback files of a Trail before its events: they may hold the issuers."""
    before = getattr(trail_or_events, "lookback_events", None)
    return events if before is None else pl.concat([before, events])
