"""Who signed in, how, with MFA or without, after how many failures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from trailnb._frame import FrameT, HasEvents, QuestionClass, asked
from trailnb.facts.tables import rows
from trailnb.questions._refining import finished

if TYPE_CHECKING:
    import narwhals.stable.v2 as nw

CLASS: QuestionClass = "refined"
_TEXT = pl.String()
SCHEMA = pl.Schema(
    {
        "time": pl.Datetime("us", "UTC"),
        **dict.fromkeys(("actor", "actor_kind", "user_type", "kind", "outcome"), _TEXT),
        "is_mfa": pl.Boolean(),
        "failures_before": pl.Int64(),
        **dict.fromkeys(("origin", "agent", "region", "account"), _TEXT),
        **dict.fromkeys(("switched_from", "provider", "client", "reason", "event_id"), _TEXT),
    }
)
SORT_KEY = ("time", "event_id")

_COLUMNS = {
    "time": "event_time",
    "actor": "actor",
    "actor_kind": "actor_kind",
    "user_type": "user_type",
    "action": "action",
    "outcome": "outcome",
    "origin": "source_ip_address",
    "agent": "user_agent",
    "region": "aws_region",
    "account": "recipient_account_id",
    "provider": "identity_provider",
    "reason": "error_message",
    "event_id": "event_id",
    "request": "request_parameters",
    "more": "additional_event_data",
    "mfa": "mfa_authenticated",
}
#: An identity provider may have asked for MFA: what AWS says of these is no answer.
_OWN_PASSWORD = ("IAMUser", "Root")


def sign_ins(events: HasEvents[FrameT] | FrameT) -> pl.LazyFrame:
    """Who signed in, how, from where, with MFA, and after how many failures?

    A refined question: one row per sign-in event, failed ones included.

    Args:
        events: A trail, its `events`, or a part of them.

    Returns:
        Sorted by `time` and `event_id`: `time` (UTC), `actor`, `actor_kind`, `user_type`, `kind`
        (console, MFA check, switch role, sign-in link, aws login, Identity Center, SAML, web
        identity, password reset), `outcome`, `is_mfa` (null where AWS cannot know: an identity
        provider signs the user in), `failures_before` (in the hour before, of this actor or from
        this address, whichever are more; Int64), `origin`, `agent`, `region`, `account`,
        `switched_from` (ARN, of a switched role), `provider`, `client` (of `aws login`), `reason`
        (of a failure), `event_id`.

    Source: AWS Sign-In User Guide and CloudTrail User Guide, "AWS Management Console sign-in
    events".

    Example:
        >>> import trailnb as tn
        >>> answer = sign_ins(tn.open("data-samples/acme", since="2026-11-03")).collect()
        >>> answer.filter(actor="svc-backup-sync").select(
        ...     "outcome", "is_mfa", "failures_before"
        ... ).rows()
        [('failed', False, 0), ('success', False, 1)]
    """
    import narwhals.stable.v2 as nw

    kinds = _kinds()
    frame = asked(events, list(_COLUMNS.values()), "sign_ins")
    picked: dict[str, nw.Expr] = {name: nw.col(column) for name, column in _COLUMNS.items()}
    kept = frame.filter(nw.col("action").is_in(list(kinds))).select(**picked)
    return finished(kept, lambda found: _told(found, kinds), SCHEMA)


def _kinds() -> dict[str, str]:
    """Which actions are sign-ins, and of which kind?"""
    return {
        action: row["kind"] for row in rows("sign_ins.csv") for action in row["actions"].split()
    }


def _told(found: pl.DataFrame, kinds: dict[str, str]) -> pl.DataFrame:
    told = found.sort(*SORT_KEY).with_columns(
        kind=pl.col("action").replace_strict(kinds, return_dtype=pl.String()),
        is_mfa=_is_mfa(),
        switched_from=_extra("$.SwitchFrom"),
        client=pl.coalesce(_asked("$.client_id"), _asked("$.clientId")),
        provider=pl.coalesce("provider", _asked("$.principalArn"), _asked("$.providerId")),
        _failed=(pl.col("outcome") != "success").cast(pl.Int64),
    )
    return told.with_columns(failures_before=pl.max_horizontal(_before("actor"), _before("origin")))


def _before(of: str) -> pl.Expr:
    """Count the failures in the hour before, of the same actor or origin."""
    hour = pl.col("_failed").rolling_sum_by("time", "1h", closed="left").over(of)
    return pl.when(pl.col(of).is_not_null()).then(hour).fill_null(0)


def _is_mfa() -> pl.Expr:
    """Tell whether MFA was used; only users with a password of AWS's own can be told of."""
    used = _extra("$.MFAUsed").replace_strict(
        {"Yes": True, "No": False}, default=None, return_dtype=pl.Boolean()
    )
    told = pl.coalesce(used, "mfa")
    return pl.when(pl.col("user_type").is_in(_OWN_PASSWORD) | told).then(told)


def _extra(path: str) -> pl.Expr:
    return _json("more", path)


def _asked(path: str) -> pl.Expr:
    return _json("request", path)


def _json(column: str, path: str) -> pl.Expr:
    # CloudTrail omits what is too long, and some shippers cut: only whole objects are asked.
    whole = pl.when(pl.col(column).str.contains(r"^\s*\{[\s\S]*\}\s*$")).then(pl.col(column))
    return whole.str.json_path_match(path)
