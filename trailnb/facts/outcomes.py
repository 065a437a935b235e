"""The outcome of an event: did it succeed, and if not, what kind of no was it?

Source: CloudTrail record contents (errorCode, errorMessage); AWS Management Console sign-in events
(failures carry no errorCode, the answer is in responseElements).
"""

from __future__ import annotations

from itertools import groupby

import polars as pl

from trailnb.facts._text import present
from trailnb.facts.tables import rows

OUTCOMES = ("success", "denied", "failed", "not_found", "throttled", "invalid", "dry_run")

# Some services wrap a refusal in a code of their own (ClientException, 400) and only the text
# tells: "User: arn:… is not authorized to perform: …".
_REFUSED = (
    r"(?i)not authorized to perform|explicit deny|access denied|no identity-based policy allows"
)
# {"ConsoleLogin": "Failure"}: the key is the event's own name.
_FAILURE = r'"\w+"\s*:\s*"Failure"'


def outcome() -> pl.Expr:
    """How did it end: one of `OUTCOMES`, never null?

    A sign-in that was turned away (ConsoleLogin, CheckMfa, SwitchRole) failed; denied is what a
    policy or a missing permission refused.

    Example:
        >>> from trailnb.facts.columns import base_schema
        >>> empty = pl.DataFrame(schema=base_schema()).clear(1)
        >>> empty.with_columns(error_code=pl.lit("Client.UnauthorizedOperation")).select(
        ...     outcome()
        ... ).item()
        'denied'
    """
    code = present("error_code").str.replace(r"^(Client|Server)\.", "")
    message = present("error_message")
    at_sign_in = pl.col("event_source").str.starts_with("signin.").fill_null(value=False)
    answer = pl.when(at_sign_in).then(pl.col("response_elements"))
    turned_away = answer.str.contains(_FAILURE).fill_null(value=False)
    named = pl.coalesce(
        _by_code(code),
        pl.when(message.is_not_null() | turned_away).then(pl.lit("failed")),
        pl.lit("success"),
    )
    refused = message.str.contains(_REFUSED) & named.is_in(["failed", "invalid"])
    return pl.when(refused.fill_null(value=False)).then(pl.lit("denied")).otherwise(named)


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
