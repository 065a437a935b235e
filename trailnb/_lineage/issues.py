"""The events that issue credentials, once each, with who asked: the narrow rows lineage rests on.

Sources: logging IAM and STS API calls with CloudTrail (issued keys, assumed role ids,
sharedEventID), console sign-in events, userIdentity element.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from trailnb._typing import Events

#: Calls that hand out a credential or begin a session, and how lineage names the way.
HOW = {
    "AssumeRole": "AssumeRole",
    "AssumeRoleWithSAML": "AssumeRoleWithSAML",
    "AssumeRoleWithWebIdentity": "AssumeRoleWithWebIdentity",
    "AssumeRoot": "AssumeRoot",
    "GetSessionToken": "GetSessionToken",
    "GetFederationToken": "GetFederationToken",
    "GetDelegatedAccessToken": "GetDelegatedAccessToken",
    "GetCredentialsForIdentity": "GetCredentialsForIdentity",
    "CreateAccessKey": "CreateAccessKey",
    "ConsoleLogin": "console sign-in",
    "SwitchRole": "SwitchRole",
    "GetSigninToken": "GetSigninToken",
    "CreateOAuth2Token": "CreateOAuth2Token",
}
#: What is read of every event to know which session it belongs to.
SESSION_COLUMNS = (
    "access_key_id",
    "user_principal_id",
    "session_creation_date",
    "user_type",
    "invoked_by",
    "user_account_id",
    "user_arn",
)
_READ = (
    "event_time", "event_id", "event_name", "event_source", "recipient_account_id",
    "shared_event_id", "source_identity", "sign_in_session_arn", "actor", "actor_kind", "outcome",
    "issued_key", "issued_session", *SESSION_COLUMNS,
)  # fmt: skip
_MISSING_CALLER = "unknown caller"


def raw_session() -> pl.Expr:
    """Which session does an event belong to, as far as it tells itself?

    A long-term key is a session of its own. A temporary one is told by principal and creation date:
    a console signs each request with a fresh key, and only those two stay.

    Example:
        >>> row = {"access_key_id": "ASIAEXAMPLE", "user_principal_id": "AROAEXAMPLE:alice"}
        >>> row |= {"user_type": "AssumedRole", "invoked_by": None, "user_account_id": None}
        >>> row |= {"user_arn": None, "session_creation_date": None}
        >>> times = {"session_creation_date": pl.Datetime("us", "UTC")}
        >>> pl.DataFrame([row], schema_overrides=times).select(raw_session()).item()
        'ASIAEXAMPLE'
    """
    key, principal = pl.col("access_key_id"), pl.col("user_principal_id")
    began = pl.col("session_creation_date").dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    key = pl.when(key != "").then(key)
    long_term = pl.when(key.str.starts_with("AKIA")).then(key)
    return pl.coalesce(
        long_term,
        pl.concat_str(principal, pl.lit("@"), began),
        key,
        principal,
        pl.col("user_arn"),
        pl.concat_str(pl.lit("service:"), pl.col("invoked_by")),
        pl.concat_str(pl.lit("account:"), pl.col("user_account_id")),
        pl.lit(_MISSING_CALLER),
    )


@dataclass(frozen=True)
class Issues:
    """Every issued credential once, and the maps that find a session by what an event carries.

    `rows`: session, how, event_id, event_time, account, caller (its session), caller_actor,
    caller_kind, caller_type, source_identity, is_keyed. `by_key`: access_key_id → session.
    `by_start`: user_principal_id and session_creation_date → session, where only one began so.
    `shared_starts`: the same two, where several sessions began in that second.
    """

    rows: pl.DataFrame
    by_key: pl.DataFrame
    by_start: pl.DataFrame
    shared_starts: pl.DataFrame


def issues_of(events: Events) -> Issues:
    """Which credentials were issued, by whom? Reads the issuing events only."""
    rows = (
        events.lazy()
        .filter(pl.col("event_name").is_in(sorted(HOW)) & (pl.col("outcome") == "success"))
        .filter(pl.col("issued_key").is_not_null() | pl.col("issued_session").is_not_null())
        .select(_READ)
        .collect()
    )
    one_each = _once_each(rows)
    keyed = one_each.filter(pl.col("issued_key").is_not_null())
    by_key = keyed.select(access_key_id="issued_key", session="session").unique("access_key_id")
    starts = one_each.filter(pl.col("issued_session").is_not_null()).select(
        user_principal_id="issued_session", session_creation_date="event_time", session="session"
    )
    place = ["user_principal_id", "session_creation_date"]
    counted = starts.unique().with_columns(count=pl.len().over(place))
    by_start = counted.filter(pl.col("count") == 1).drop("count")
    shared = counted.filter(pl.col("count") > 1).select(place).unique()
    found = one_each.pipe(located, by_key, by_start).rename({"located": "caller"})
    return Issues(_narrowed(found), by_key, by_start, shared)


def located(frame: pl.DataFrame, by_key: pl.DataFrame, by_start: pl.DataFrame) -> pl.DataFrame:
    """Add `located`: the session each row was made with, by issued key before anything weaker."""
    by_start = by_start.rename({"session": "started"})
    return (
        frame.join(
            by_key.rename({"session": "keyed"}), on="access_key_id", how="left",
            maintain_order="left",
        )
        .join(
            by_start, on=["user_principal_id", "session_creation_date"], how="left",
            maintain_order="left",
        )
        .with_columns(located=pl.coalesce("keyed", "started", raw_session()))
        .drop("keyed", "started")
    )  # fmt: skip


def _once_each(rows: pl.DataFrame) -> pl.DataFrame:
    """Keep one copy of each issue: across accounts, the one that names the caller best.

    The caller's account logs its identity, the role's account only AWSAccount; both copies carry
    the same issued key and the same sharedEventID.
    """
    began = pl.col("event_time").dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    session = pl.coalesce("issued_key", pl.concat_str("issued_session", pl.lit("@"), began))
    names_caller = (pl.col("user_type") != "AWSAccount") & pl.col("user_arn").is_not_null()
    return (
        rows.with_columns(session=session, names_caller=names_caller.fill_null(value=False))
        .with_columns(
            issued_session=pl.col("issued_session").fill_null(
                pl.col("issued_session").drop_nulls().min().over("session")
            ),
            is_switch=pl.col("event_name") == "SwitchRole",
        )
        .sort(
            "session", "names_caller", "is_switch", "event_time", "event_id",
            descending=[False, True, False, False, False],
        )
        .unique("session", keep="first", maintain_order=True)
    )  # fmt: skip


def _narrowed(found: pl.DataFrame) -> pl.DataFrame:
    return found.select(
        "session",
        pl.col("event_name").replace_strict(HOW, default=pl.col("event_name")).alias("how"),
        "event_id",
        "event_time",
        pl.col("recipient_account_id").alias("account"),
        "caller",
        pl.col("actor").alias("caller_actor"),
        pl.col("actor_kind").alias("caller_kind"),
        pl.col("user_type").alias("caller_type"),
        "source_identity",
        pl.col("issued_key").is_not_null().alias("is_keyed"),
    )
