"""A console's switch to another role, and who switched: the event itself is told by the new role.

Source: console sign-in events (SwitchRole: additionalEventData.SwitchFrom names the identity
before); the console asks STS for the role in the same moment, and that call names its caller.
"""

from __future__ import annotations

import polars as pl

_NEAR = pl.duration(seconds=2)


def with_sessions(rows: pl.DataFrame) -> pl.DataFrame:
    """Name the session that each issuing event began: by the key, else by principal and second.

    Example:
        >>> from datetime import datetime
        >>> row = {"issued_key": "ASIAEXAMPLE", "issued_session": None, "event_name": "AssumeRole"}
        >>> with_sessions(pl.DataFrame([row | {"event_time": datetime(2026, 11, 3)}]))["session"][0]
        'ASIAEXAMPLE'
    """
    began = pl.col("event_time").dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    return rows.with_columns(
        session=pl.coalesce("issued_key", pl.concat_str("issued_session", pl.lit("@"), began)),
        is_switch=pl.col("event_name") == "SwitchRole",
    )


def switches_joined(named: pl.DataFrame) -> pl.DataFrame:
    """Who switched? Where STS logged the same step, its call tells; else what the switch came from.

    A switch beside the AssumeRole of the same session, within two seconds, is the same step: it
    takes that session. Another gets `switched_from`, `switched_actor` and `switched_kind` of the
    identity that it names; these are null in all other rows.
    """
    asked = named.filter(pl.col("event_name") == "AssumeRole").select(
        "issued_session", asked_at="event_time", beside="session"
    )
    switches = named.filter(pl.col("is_switch")).select("event_id", "issued_session", "event_time")
    apart = (pl.col("asked_at") - pl.col("event_time")).abs()
    pairs = (
        switches.join(asked, on="issued_session")
        .filter(apart <= _NEAR)
        .group_by("event_id")
        .agg(beside=pl.col("beside").min(), steps=pl.col("beside").n_unique())
        .filter(pl.col("steps") == 1)
        .select("event_id", "beside")
    )
    before = pl.when("is_switch").then(
        pl.col("additional_event_data").str.json_path_match("$.SwitchFrom")
    )
    alone = pl.when(pl.col("beside").is_null()).then("before")
    return (
        named.join(pairs, on="event_id", how="left", maintain_order="left")
        .with_columns(before=before)
        .with_columns(
            session=pl.coalesce(pl.when("is_switch").then("beside"), "session"),
            switched_from=alone,
            switched_actor=_actor(alone),
            switched_kind=_kind(alone),
        )
        .drop("beside", "before")
    )


def _actor(arn: pl.Expr) -> pl.Expr:
    """Name the identity of an ARN as its own events would."""
    account = arn.str.extract(r"^arn:[^:]*:[^:]*:[^:]*:(\d*):")
    return pl.coalesce(
        arn.str.extract(r":user/(?:.*/)?([^/]+)$"),
        pl.lit("role/") + arn.str.extract(r":assumed-role/([^/]+/.+)$"),
        pl.when(arn.str.ends_with(":root")).then(pl.lit("root/") + account),
        arn,
    )


def _kind(arn: pl.Expr) -> pl.Expr:
    return (
        pl.when(arn.str.contains(":user/", literal=True))
        .then(pl.lit("human"))
        .when(arn.str.ends_with(":root"))
        .then(pl.lit("root"))
        .when(arn.is_not_null())
        .then(pl.lit("unknown"))
    )
