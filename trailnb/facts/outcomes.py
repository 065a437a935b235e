"""The outcome of an event: did it succeed, and if not, what kind of no was it?

Source: CloudTrail record contents (errorCode, errorMessage); AWS Management Console sign-in events
(failures carry no errorCode, the answer is in responseElements).
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

import polars as pl

from trailnb.facts._text import present
from trailnb.facts.tables import rows

if TYPE_CHECKING:
    from trailnb.facts.steps import Steps

DENIED_BY = (
    "identity policy",
    "resource policy",
    "service control policy",
    "resource control policy",
    "permissions boundary",
    "session policy",
    "VPC endpoint policy",
)
OUTCOMES = ("success", "denied", "failed", "not_found", "throttled", "invalid", "dry_run")

# Some services wrap a refusal in a code of their own (ClientException, 400) and only the text
# tells: "User: arn:… is not authorized to perform: …".
_REFUSED = (
    r"(?i)not authorized to perform|explicit deny|access denied|no identity-based policy allows|"
    r"(?:do not|don't) have [\w ,]{0,60}permission"
)
# "… because no identity-based policy allows the x:Y action", "… with an explicit deny in a service
# control policy", "The request was denied due to a VPC endpoint policy". The reason stands last:
# an object's key, which comes before it, may say anything.
_BECAUSE = (
    r"(?is)^.*\b(?:because no|explicit deny in (?:an?|the)|denied (?:due to|by) an?) "
    r"(identity-based|resource-based|role trust|service control|resource control|permissions?|"
    r"session|VPC endpoint) (?:policy|policies|boundary)\b"
)
_POLICIES = {
    "identity-based": "identity policy",
    "resource-based": "resource policy",
    "role trust": "resource policy",
    "service control": "service control policy",
    "resource control": "resource control policy",
    "permission": "permissions boundary",
    "permissions": "permissions boundary",
    "session": "session policy",
    "vpc endpoint": "VPC endpoint policy",
}
# {"ConsoleLogin": "Failure"}: the key is the event's own name.
_FAILURE = r'"\w+"\s*:\s*"Failure"'


def ending() -> Steps:
    """How did it end: the steps to `outcome` and `denied_by`?

    The outcome is one of `OUTCOMES`, never null. A sign-in that was turned away (ConsoleLogin,
    CheckMfa, SwitchRole) failed; denied is what a policy or a missing permission refused, and
    `denied_by` is one of `DENIED_BY` where the text says which kind of policy it was.

    Example:
        >>> from trailnb.facts.steps import taken
        >>> from trailnb.facts.columns import base_schema
        >>> refused = (
        ...     pl.DataFrame(schema=base_schema())
        ...     .clear(1)
        ...     .with_columns(
        ...         error_code=pl.lit("AccessDenied"),
        ...         error_message=pl.lit("… with an explicit deny in a service control policy"),
        ...     )
        ... )
        >>> taken(refused, ending()).select("outcome", "denied_by").row(0)
        ('denied', 'service control policy')
    """
    code, message, named = pl.col("__code"), pl.col("__message"), pl.col("__named")
    is_refused = message.str.contains(_REFUSED) & named.is_in(["failed", "invalid"])
    ended = pl.when(is_refused.fill_null(value=False)).then(pl.lit("denied")).otherwise(named)
    return (
        (
            present("error_code").str.replace(r"^(Client|Server)\.", "").alias("__code"),
            present("error_message").alias("__message"),
            _turned_away().alias("__turned_away"),
        ),
        (
            pl.coalesce(
                _by_code(code),
                pl.when(message.is_not_null() | pl.col("__turned_away")).then(pl.lit("failed")),
                pl.lit("success"),
            ).alias("__named"),
        ),
        (ended.alias("outcome"),),
        (_denied_by().alias("denied_by"),),
    )


def _denied_by() -> pl.Expr:
    """Read the policy in the text of a refusal; a denied endpoint needs no text."""
    is_denied = pl.col("outcome") == "denied"
    reason = pl.when(is_denied).then(pl.col("__message")).str.extract(_BECAUSE).str.to_lowercase()
    at_endpoint = pl.when(pl.col("__code") == "VpceAccessDenied").then(
        pl.lit("VPC endpoint policy")
    )
    return pl.coalesce(
        reason.replace_strict(_POLICIES, default=None, return_dtype=pl.String()), at_endpoint
    )


def _turned_away() -> pl.Expr:
    """Tell a failed sign-in, which carries no code, by its answer."""
    at_sign_in = pl.col("event_source").str.starts_with("signin.").fill_null(value=False)
    answer = pl.when(at_sign_in).then(pl.col("response_elements"))
    return answer.str.contains(_FAILURE).fill_null(value=False)


def _by_code(code: pl.Expr) -> pl.Expr:
    """Map a code by the table; null stays null."""
    listed = groupby(rows("outcomes.csv"), key=lambda row: row["outcome"])
    spellings = ((meaning, "|".join(row["code"] for row in group)) for meaning, group in listed)
    return pl.coalesce(
        *(
            pl.when(code.str.contains(f"(?i)^(?:{spelt})$")).then(pl.lit(meaning))
            for meaning, spelt in spellings
        ),
        pl.when(code.is_not_null()).then(pl.lit("failed")),
    )
