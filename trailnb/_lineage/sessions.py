"""One row per credential session: where it came from, and what it did."""

from __future__ import annotations

import polars as pl

from trailnb._lineage.attribute import attributed, events_of, lookback_and
from trailnb._lineage.chains import chain_frame
from trailnb._lineage.issues import TOLERANCE, Issues, issues_of

SCHEMA = pl.Schema(
    {
        "session_id": pl.String(),
        "actor": pl.String(),
        "root_actor": pl.String(),
        "root_kind": pl.String(),
        "chain": pl.List(pl.String()),
        "chain_text": pl.String(),
        "depth": pl.UInt32(),
        "how": pl.String(),
        "issuing_event_id": pl.String(),
        "parent_session": pl.String(),
        "link": pl.String(),
        "unresolved": pl.String(),
        "accounts": pl.List(pl.String()),
        "first_use": pl.Datetime("us", "UTC"),
        "last_use": pl.Datetime("us", "UTC"),
        "events": pl.UInt32(),
        "denied": pl.UInt32(),
        "origins": pl.List(pl.String()),
        "is_mfa": pl.Boolean(),
    }
)
#: Sessions of these types were issued by somebody; the others begin a chain themselves.
_IS_ISSUED = ("AssumedRole", "FederatedUser", "Role")
#: Events that know a session's caller only from outside: the service or account that it came by.
_OUTSIDE = ("AWSService", "AWSAccount")
#: A service that takes a role for a workload hands the credentials over to it.
_DELIVERIES = {"service:ec2": "EC2", "service:lambda": "Lambda", "service:ecs-tasks": "ECS"}


def lineage(trail_or_events: object) -> pl.LazyFrame:
    """Which credential issued which, back to the human or workload that began it?

    A refined question. Files arrive in any order, so nothing rests on the order of rows; circles
    are cut. The strongest link counts first: the issued access key; assumed role id and creation
    date (where several sessions began in that second, the answer is "ambiguous", never a guess);
    assumed role id and a time window, where only one session of that name was issued at all; the
    sign-in session's ARN; the source identity. A switch of roles in the console names the identity
    it came from. Pass a Trail opened with a window, and its
    `lookback` files supply issuers from before it.

    Args:
        trail_or_events: a Trail, or all its events as a Polars frame (an already filtered frame
            has lost issuers).

    Returns:
        One row per session, sorted by first_use, session_id: session_id; actor, as its events
        name it; root_actor and root_kind; chain and chain_text, actors from root to here; depth,
        hops; how it was issued; issuing_event_id; parent_session; link, what ties it to its
        issuer; unresolved, why a parent cannot be named; accounts; first_use, last_use (UTC);
        events; denied; origins; is_mfa.

    Source: chaining recipe after "Logging IAM and AWS STS API calls with AWS CloudTrail".

    Example:
        >>> import trailnb as tn
        >>> sessions = tn.lineage(tn.open("data-samples/quiet")).collect()
        >>> sessions.filter(pl.col("how") == "Lambda delivery")["link"].unique().to_list()
        ['issued access key']
    """
    events = events_of(trail_or_events).lazy()
    known = lookback_and(trail_or_events, events)
    issues = issues_of(known)
    used = _used(attributed(events, issues))
    chains = chain_frame(used.select("session_id", "actor", "actor_kind"), issues)
    start = used["first_use"].min()
    told = (
        used.join(chains, on="session_id", how="left")
        .join(_ambiguous(issues), on=["principal", "began"], how="left")
        .join(_sign_ins(known), on=["principal", "began"], how="left")
        .join(issues.by_sign_in, on="sign_in_session_arn", how="left")
        .join(issues.rows.select(session_id="session", issued_at="event_time"), on="session_id",
              how="left")
        .with_columns(link=_link(), unresolved=_unresolved(start))
        .with_columns(
            how=pl.coalesce(_delivery(), "how", "signed_in", "granted"),
            issuing_event_id=pl.coalesce("issuing_event_id", "sign_in_event_id", "grant_event_id"),
        )
    )  # fmt: skip
    rows = told.select(pl.col(name).cast(dtype) for name, dtype in SCHEMA.items())
    return rows.sort("first_use", "session_id", nulls_last=True).lazy()


def _used(events: pl.LazyFrame) -> pl.DataFrame:
    """Sum up what each session did."""
    own = ~pl.col("user_type").is_in(_OUTSIDE)
    return (
        events.group_by("session_id")
        .agg(
            pl.col("actor").filter(own).sort().first().alias("own_actor"),
            pl.col("actor").sort().first().alias("any_actor"),
            pl.col("actor_kind").sort().first(),
            pl.col("user_type").drop_nulls().sort().first(),
            pl.col("user_principal_id").drop_nulls().sort().first().alias("principal"),
            pl.col("session_creation_date").min().alias("began"),
            pl.col("source_identity").drop_nulls().sort().first(),
            pl.col("sign_in_session_arn").drop_nulls().sort().first(),
            pl.col("access_key_id").drop_nulls().sort().first().alias("key"),
            pl.col("recipient_account_id").drop_nulls().unique().sort().alias("accounts"),
            pl.col("event_time").min().alias("first_use"),
            pl.col("event_time").max().alias("last_use"),
            pl.len().alias("events"),
            (pl.col("outcome") == "denied").sum().alias("denied"),
            pl.col("source_ip_address").drop_nulls().unique().sort().alias("origins"),
            pl.col("mfa_authenticated").any().alias("is_mfa"),
        )
        .with_columns(actor=pl.coalesce("own_actor", "any_actor"))
        .collect(engine="streaming")
    )


def _ambiguous(issues: Issues) -> pl.DataFrame:
    """Name the beginnings that several sessions share."""
    return issues.shared_starts.select(
        principal="user_principal_id", began="session_creation_date", is_shared=pl.lit(value=True)
    )


def _sign_ins(events: pl.LazyFrame) -> pl.DataFrame:
    """Name the console sign-ins that began a session: same principal, in its first second."""
    return (
        events.filter(pl.col("event_name") == "ConsoleLogin", pl.col("outcome") == "success")
        .select(
            principal="user_principal_id",
            began="event_time",
            sign_in_event_id="event_id",
            signed_in=pl.lit("console sign-in"),
        )
        .collect()
        .sort("sign_in_event_id")
        .unique(["principal", "began"], keep="first", maintain_order=True)
    )


def _delivery() -> pl.Expr:
    """Name the service that handed a role's credentials to a workload of its own."""
    caller = pl.col("chain").list.get(-2, null_on_oob=True)
    service = caller.replace_strict(_DELIVERIES, default=None, return_dtype=pl.String())
    return pl.when(pl.col("how") == "AssumeRole").then(pl.concat_str(service, pl.lit(" delivery")))


def _link() -> pl.Expr:
    """What ties the session to its issuer, the strongest first?"""
    is_issued = pl.col("issuing_event_id").is_not_null()
    is_by_key = pl.col("is_keyed") & (pl.col("session_id") == pl.col("key"))
    began_so = (pl.col("began") - pl.col("issued_at")).abs() <= TOLERANCE
    return (
        pl.when(is_issued & is_by_key)
        .then(pl.lit("issued access key"))
        .when(is_issued & (pl.col("began") == pl.col("issued_at")))
        .then(pl.lit("assumed role id and creation date"))
        .when(is_issued & began_so)
        .then(pl.lit("assumed role id and time window"))
        .when(is_issued)
        .then(pl.lit("assumed role id and time window, inferred"))
        .when(pl.col("sign_in_event_id").is_not_null())
        .then(pl.lit("principal and creation date"))
        .when(pl.col("sign_in_session_arn").is_not_null())
        .then(pl.lit("sign-in session"))
        .when(pl.col("source_identity").is_not_null())
        .then(pl.lit("source identity"))
    )


def _unresolved(start: object) -> pl.Expr:
    """Why can no parent be named, where there should be one?"""
    is_role = pl.col("user_type").is_in(_IS_ISSUED).fill_null(value=False)
    is_temporary = is_role | pl.col("key").str.starts_with("ASIA").fill_null(value=False)
    other_account = pl.col("origin_type") == "AWSAccount"
    told = ("issuing_event_id", "sign_in_event_id", "grant_event_id")
    return (
        pl.when(other_account)
        .then(pl.lit("issued to another account whose trail is not here"))
        .when(pl.any_horizontal(pl.col(*told).is_not_null()) | ~is_temporary)
        .then(None)
        .when(pl.col("is_shared"))
        .then(pl.lit("ambiguous: several sessions of this role and name began in that second"))
        .when(pl.col("key").is_null())
        .then(pl.lit("no access key was logged, and no event issued such a session"))
        .when(pl.col("began") < pl.lit(start, pl.Datetime("us", "UTC")))
        .then(pl.lit("issued before the window"))
        .otherwise(pl.lit("no event here issued it: another account's or region's trail may have"))
    )
