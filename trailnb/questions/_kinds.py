"""The kinds of things an event carries that one can ask about: origin, actor, key and others.

A kind's name is the keyword that asks for it, in every question alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from trailnb.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import narwhals.stable.v2 as nw

    from trailnb._frame import Narwhal

#: Each kind, and the column that holds it; `session` and `service` are spelled from several.
KINDS = {
    "access": "access",
    "account": "recipient_account_id",
    "action": "action",
    "actor": "actor",
    "agent": "user_agent",
    "error": "error_code",
    "key": "access_key_id",
    "origin": "source_ip_address",
    "outcome": "outcome",
    "region": "aws_region",
    "service": "action",
    "session": "session_id",
    "target": "target",
}
#: What tells a session that no lineage has named yet.
SESSION_COLUMNS = (
    "access_key_id",
    "user_principal_id",
    "session_creation_date",
    "user_arn",
    "invoked_by",
    "user_account_id",
)


def kinds_of(asked: str | Iterable[str], argument: str) -> list[str]:
    """Which kinds are meant?

    Raises:
        RequestError: there is no such kind.

    Example:
        >>> kinds_of("origin", "what")
        ['origin']
    """
    kinds = [asked] if isinstance(asked, str) else list(asked)
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown or not kinds:
        raise RequestError(
            f"{argument} knows no {', '.join(map(repr, unknown)) or 'empty list'}. "
            f"Known are {', '.join(KINDS)}."
        )
    return kinds


def needed_for(kinds: Iterable[str], events: object) -> list[str]:
    """Which columns must the frame have, so that these kinds can be told?

    Example:
        >>> needed_for(["origin", "actor"], None)
        ['source_ip_address', 'actor']
    """
    names: list[str] = []
    for kind in kinds:
        is_spelled = kind == "session" and not has_sessions(events)
        names += SESSION_COLUMNS if is_spelled else [KINDS[kind]]
    return list(dict.fromkeys(names))


def has_sessions(events: object) -> bool:
    """Did lineage name the sessions of this frame already (`tn.attribute`)?

    Example:
        >>> import polars as pl
        >>> has_sessions(pl.DataFrame({"session_id": ["AKIA1"]}))
        True
    """
    frame = getattr(events, "events", events)
    if hasattr(frame, "collect_schema"):
        return "session_id" in frame.collect_schema()
    return "session_id" in getattr(frame, "columns", ())


def value_of(kind: str, frame: Narwhal) -> nw.Expr:
    """What does an event carry of this kind?

    Example:
        >>> import narwhals.stable.v2 as nw, polars as pl
        >>> frame = nw.from_native(pl.DataFrame({"action": ["s3:GetObject"]}))
        >>> frame.select(service=value_of("service", frame)).item()
        's3'
    """
    import narwhals.stable.v2 as nw

    if kind == "session" and "session_id" not in frame.collect_schema().names():
        return session()
    if kind == "service":
        return nw.col("action").str.replace_all(r":[\s\S]*$", "")
    return nw.col(KINDS[kind])


def session() -> nw.Expr:
    """Which session does an event belong to, as far as it tells itself?

    The same text as `trailnb._lineage` gives a session that nothing here issued: a long-term key;
    principal and creation date, since a console signs each request with a fresh key; and so on.

    Example:
        >>> import narwhals.stable.v2 as nw, polars as pl
        >>> row = dict.fromkeys(SESSION_COLUMNS) | {"access_key_id": "AKIAIOSFODNN7EXAMPLE"}
        >>> schema = dict.fromkeys(SESSION_COLUMNS, pl.String) | {
        ...     "session_creation_date": pl.Datetime("us", "UTC")
        ... }
        >>> nw.from_native(pl.DataFrame([row], schema=schema)).select(session()).item()
        'AKIAIOSFODNN7EXAMPLE'
    """
    import narwhals.stable.v2 as nw

    key = nw.when(nw.col("access_key_id") != "").then(nw.col("access_key_id"))
    principal = nw.col("user_principal_id")
    began = nw.col("session_creation_date").dt.to_string("%Y-%m-%dT%H:%M:%SZ")
    return nw.coalesce(
        nw.when(nw.col("access_key_id").str.starts_with("AKIA")).then(nw.col("access_key_id")),
        nw.concat_str(principal, nw.lit("@"), began),
        key,
        principal,
        nw.col("user_arn"),
        nw.concat_str(nw.lit("service:"), nw.col("invoked_by")),
        nw.concat_str(nw.lit("account:"), nw.col("user_account_id")),
        nw.lit("unknown caller"),
    )


def by_kind(
    frame: Narwhal, kinds: Iterable[str], beside: Mapping[str, nw.Expr], told: Mapping[str, nw.Expr]
) -> Narwhal:
    """Group the frame by each kind in turn: one row per kind and value, nulls among the values.

    `beside` are columns computed per event, `told` what is aggregated from them.

    Example:
        >>> import narwhals.stable.v2 as nw, polars as pl
        >>> frame = nw.from_native(pl.DataFrame({"actor": ["alice"], "aws_region": ["eu-west-1"]}))
        >>> by_kind(frame, ["actor", "region"], {}, {"events": nw.len()}).rows()
        [('alice', 1, 'actor'), ('eu-west-1', 1, 'region')]
    """
    import narwhals.stable.v2 as nw

    values = {f"_{kind}": value_of(kind, frame) for kind in kinds}
    narrow = frame.select(**values, **beside)
    parts = [
        narrow.rename({name: "value"})
        .group_by("value")
        .agg(**told)
        .with_columns(kind=nw.lit(name[1:]))
        for name in values
    ]
    return nw.concat(parts)  # type: ignore[type-var]
