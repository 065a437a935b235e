"""What happened, told for the eye: five kinds that every chart and explorer shows alike."""

from __future__ import annotations

import polars as pl

from trailnb.facts.actions import reads_only

#: In the order of the rows of a lane: what is rare and telling stands on top.
KINDS = ("denied or failed", "sign-in", "role assumed", "write", "read")


def kind(action: pl.Expr, outcome: pl.Expr) -> pl.Expr:
    """Which of `KINDS` is an event with this action and outcome?

    A change that did not succeed is always "denied or failed"; a read that found nothing or was
    throttled is still a read.

    Example:
        >>> event = pl.DataFrame({"action": ["s3:GetObject"], "outcome": ["denied"]})
        >>> event.select(kind(pl.col("action"), pl.col("outcome"))).item()
        'denied or failed'
    """
    reads = reads_only(action)
    refused = outcome.is_in(["denied", "failed"]) | (~reads & (outcome != "success"))
    return (
        pl.when(refused)
        .then(pl.lit(KINDS[0]))
        .when(action.str.starts_with("signin:"))
        .then(pl.lit(KINDS[1]))
        .when(action.str.starts_with("sts:AssumeRole"))
        .then(pl.lit(KINDS[2]))
        .when(reads)
        .then(pl.lit(KINDS[4]))
        .otherwise(pl.lit(KINDS[3]))
    )
