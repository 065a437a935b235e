"""What a call handed out: the access key and the session that later events will carry.

Source: logging IAM and STS API calls with CloudTrail; IAM API reference (CreateAccessKey);
console sign-in events (SwitchRole, GetSigninToken, CreateOAuth2Token).
"""

from __future__ import annotations

import polars as pl

from trailnb.facts._text import present

# One path with alternatives parses an answer once.
_KEY = "$['credentials','accessKey','accessToken'].accessKeyId"
_SESSION = "$['assumedRoleUser','federatedUser']['assumedRoleId','federatedUserId']"
_PLAIN_TEXT = r"^([a-zA-Z0-9_:/=+,.@-]+)$"


def issued_key() -> pl.Expr:
    """Which access key did the call hand out; null when none, or none was logged?

    Example:
        >>> answer = '{"credentials": {"accessKeyId": "ASIAIOSFODNN7EXAMPLE"}}'
        >>> pl.DataFrame({"response_elements": [answer]}).select(issued_key()).item()
        'ASIAIOSFODNN7EXAMPLE'
    """
    return _plain(_with("accessKeyId"), _KEY)


def issued_session() -> pl.Expr:
    """Which session did the call begin, as later events name it; null when it began none?

    A role's session or a federated user by the principal id of its later events; a switched role by
    the principal id of the event itself, which is already the new session's; a console's grant to a
    local tool by the sign-in session's ARN. GetSessionToken and services that assume a role for
    themselves often log only a key.

    Example:
        >>> from trailnb.facts.columns import base_schema
        >>> empty = pl.DataFrame(schema=base_schema()).clear(1)
        >>> answer = '{"assumedRoleUser": {"assumedRoleId": "AROAEXAMPLE2222222222:deploy"}}'
        >>> empty.with_columns(response_elements=pl.lit(answer)).select(issued_session()).item()
        'AROAEXAMPLE2222222222:deploy'
    """
    is_sign_in = pl.col("event_source").str.starts_with("signin.")
    switched = (pl.col("event_name") == "SwitchRole") & _with("Success").is_not_null()
    grant = pl.when(is_sign_in).then(pl.col("additional_event_data"))
    begun = pl.when(pl.col("error_code").is_null()).then(grant)
    return pl.coalesce(
        _plain(_with("assumedRoleUser", "federatedUser"), _SESSION),
        _plain(_with("assumedPrincipal"), "$.assumedPrincipal"),
        pl.when(is_sign_in & switched).then(present("user_principal_id")),
        _plain(begun, "$.signInSessionArn"),
    )


def _with(*words: str) -> pl.Expr:
    """Keep an answer that holds one of the words: no other needs to be parsed."""
    answer = pl.col("response_elements")
    holds = pl.any_horizontal(answer.str.contains(word, literal=True) for word in words)
    return pl.when(holds).then(answer)


def _plain(text: pl.Expr, path: str) -> pl.Expr:
    """Read plain text at the path; an object or a hidden value is none."""
    return (
        text.str.json_path_match(path)
        .str.extract(_PLAIN_TEXT)
        .replace("HIDDEN_DUE_TO_SECURITY_REASONS", None)
    )
