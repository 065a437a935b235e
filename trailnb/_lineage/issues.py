"""The events that issue credentials, once each, with who asked: the narrow rows lineage rests on.

Sources: logging IAM and STS API calls with CloudTrail (issued keys, assumed role ids,
sharedEventID), console sign-in events, userIdentity element.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import polars as pl

from trailnb._lineage.switches import switches_joined, with_sessions

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
    "event_time",
    "access_key_id",
    "user_principal_id",
    "session_creation_date",
    "user_type",
    "invoked_by",
    "user_account_id",
    "user_arn",
)
#: Columns that tell what issued which credential.
READ = (
    "event_id", "event_name", "event_source", "recipient_account_id",
    "shared_event_id", "source_identity", "sign_in_session_arn", "actor", "actor_kind", "outcome",
    "issued_key", "issued_session", "additional_event_data", *SESSION_COLUMNS,
)  # fmt: skip
#: A session lasts so long at most: the longest a role's session can be asked for.
LONGEST = timedelta(hours=12)
#: The clocks of who issues and who stamps the session may fall into different seconds.
TOLERANCE = timedelta(seconds=2)
_MISSING_CALLER = "unknown caller"


def begun() -> pl.Expr:
    """Name a session by who it is and when it began; null where one of both is not told.

    Example:
        >>> from datetime import datetime
        >>> row = {"user_principal_id": "AROAEXAMPLE:work"}
        >>> row |= {"session_creation_date": datetime(2026, 11, 3, 2)}
        >>> pl.DataFrame([row]).select(begun()).item()
        'AROAEXAMPLE:work@2026-11-03T02:00:00Z'
    """
    began = pl.col("session_creation_date").dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    return pl.concat_str(pl.col("user_principal_id"), pl.lit("@"), began)


def raw_session(named: pl.Expr | None = None) -> pl.Expr:
    """Which session does an event belong to, as far as it tells itself?

    A long-term key is a session of its own. A temporary one is told by principal and creation date:
    a console signs each request with a fresh key, and only those two stay. `named` is `begun()`
    where that is a column already.

    Example:
        >>> row = {"access_key_id": "ASIAEXAMPLE", "user_principal_id": "AROAEXAMPLE:alice"}
        >>> row |= {"user_type": "AssumedRole", "invoked_by": None, "user_account_id": None}
        >>> row |= {"user_arn": None, "session_creation_date": None}
        >>> times = {"session_creation_date": pl.Datetime("us", "UTC")}
        >>> pl.DataFrame([row], schema_overrides=times).select(raw_session()).item()
        'ASIAEXAMPLE'
    """
    key, principal = pl.col("access_key_id"), pl.col("user_principal_id")
    key = pl.when(key != "").then(key)
    long_term = pl.when(key.str.starts_with("AKIA")).then(key)
    return pl.coalesce(
        long_term,
        begun() if named is None else named,
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
    `shared_starts`: the same two, where several sessions began in that second. `by_window`:
    user_principal_id → session and `issued_at`, where only one session of that name was issued at
    all. `by_sign_in`: sign_in_session_arn → how and event_id of the grant to a local tool.
    """

    rows: pl.DataFrame
    by_key: pl.DataFrame
    by_start: pl.DataFrame
    shared_starts: pl.DataFrame
    by_window: pl.DataFrame
    by_sign_in: pl.DataFrame


def issues_of(events: Events) -> Issues:
    """Which credentials were issued, by whom? Reads the issuing events only."""
    rows = (
        events.lazy()
        .filter(pl.col("event_name").is_in(sorted(HOW)) & (pl.col("outcome") == "success"))
        .filter(pl.col("issued_key").is_not_null() | pl.col("issued_session").is_not_null())
        # The console's federation endpoint hands the same key back where no duration was asked.
        .filter((pl.col("issued_key") != pl.col("access_key_id")).fill_null(value=True))
        .select(READ)
        .collect()
    )
    is_grant = pl.col("event_name") == "CreateOAuth2Token"
    named = switches_joined(with_sessions(rows.filter(~is_grant)))
    one_each = _once_each(named)
    keyed = one_each.filter(pl.col("issued_key").is_not_null())
    by_key = keyed.select(access_key_id="issued_key", session="session").unique("access_key_id")
    place = ["user_principal_id", "session_creation_date"]
    starts = named.filter(pl.col("issued_session").is_not_null()).select(
        user_principal_id="issued_session", session_creation_date="event_time", session="session"
    )
    counted = starts.unique().with_columns(count=pl.len().over(place))
    by_start = counted.filter(pl.col("count") == 1).drop("count")
    shared = counted.filter(pl.col("count") > 1).select(place).unique()
    found = one_each.pipe(located, by_key, by_start).rename({"located": "caller"})
    return Issues(
        _narrowed(found), by_key, by_start, shared, _by_window(starts), _grants(rows, is_grant)
    )


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
        .with_columns(located=pl.coalesce("switched_from", "keyed", "started", raw_session()))
        .drop("keyed", "started")
    )  # fmt: skip


def _once_each(named: pl.DataFrame) -> pl.DataFrame:
    """Keep one copy of each issue: across accounts, the one that names the caller best.

    The caller's account logs its identity, the role's account only AWSAccount; both copies carry
    the same issued key and the same sharedEventID.
    """
    names_caller = (pl.col("user_type") != "AWSAccount") & pl.col("user_arn").is_not_null()
    return (
        named.with_columns(names_caller=names_caller.fill_null(value=False))
        .with_columns(
            issued_session=pl.col("issued_session").fill_null(
                pl.col("issued_session").drop_nulls().min().over("session")
            ),
            is_switched=pl.col("is_switch").any().over("session"),
        )
        .sort(
            "session", "names_caller", "is_switch", "event_time", "event_id",
            descending=[False, True, False, False, False],
        )
        .unique("session", keep="first", maintain_order=True)
    )  # fmt: skip


def _by_window(starts: pl.DataFrame) -> pl.DataFrame:
    """Name the sessions whose principal was issued only once: the weakest link, and an inferred."""
    first = starts.group_by("user_principal_id").agg(
        session=pl.col("session").min(),
        issued_at=pl.col("session_creation_date").min(),
        sessions=pl.col("session").n_unique(),
    )
    return first.filter(pl.col("sessions") == 1).drop("sessions")


def _grants(rows: pl.DataFrame, is_grant: pl.Expr) -> pl.DataFrame:
    """Name the grants of a console session to a local tool, the first of each sign-in session."""
    grants = rows.filter(is_grant).sort("event_time", "event_id")
    return grants.select(
        sign_in_session_arn="issued_session", granted=pl.lit(HOW["CreateOAuth2Token"]),
        grant_event_id="event_id",
    ).unique("sign_in_session_arn", keep="first", maintain_order=True)  # fmt: skip


def _narrowed(found: pl.DataFrame) -> pl.DataFrame:
    return found.select(
        "session",
        pl.when("is_switched")
        .then(pl.lit(HOW["SwitchRole"]))
        .otherwise(pl.col("event_name").replace_strict(HOW, default=pl.col("event_name")))
        .alias("how"),
        "event_id",
        "event_time",
        pl.col("recipient_account_id").alias("account"),
        "caller",
        pl.coalesce("switched_actor", "actor").alias("caller_actor"),
        pl.coalesce("switched_kind", "actor_kind").alias("caller_kind"),
        pl.col("user_type").alias("caller_type"),
        "source_identity",
        pl.col("issued_key").is_not_null().alias("is_keyed"),
    )
