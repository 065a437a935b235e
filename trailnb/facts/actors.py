"""The actor of an event: the person or workload behind the credentials, as far as the record tells.

A record shows only its own credential, so a role's session may hide a person: lineage resolves that
later, and `actor_source` says which rule of `actor_rules` decided here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from trailnb.facts.actor_rules import role, rules, session

if TYPE_CHECKING:
    from trailnb.facts.steps import Steps

KINDS = ("human", "workload", "service", "external account", "root", "unknown")
CONFIDENCES = ("exact", "strong", "inferred")


def who() -> Steps:
    """Who did it: the steps to `actor`, `actor_kind`, `actor_source` and `actor_confidence`?

    The actor is a readable name: `alice` for an IAM user, an e-mail for an Identity Center user,
    `role/NAME/SESSION` for a role's session, `service:NAME` for an AWS service, `root/ACCOUNT`,
    `account/ACCOUNT` for another account, `federated-user/NAME`; `unknown` when the record names
    nobody, and then the source is `nothing` or what hid the name. None of the four is ever null.

    Example:
        >>> from trailnb.facts.steps import taken
        >>> from trailnb.facts.columns import base_schema
        >>> seen = (
        ...     pl.DataFrame(schema=base_schema())
        ...     .clear(1)
        ...     .with_columns(user_type=pl.lit("IAMUser"), user_name=pl.lit("alice"))
        ... )
        >>> taken(seen, who()).select("actor", "actor_kind", "actor_source").row(0)
        ('alice', 'human', 'iam_user')
    """
    tried = rules()
    names = [pl.col(f"__{rule.source}") for rule in tried]
    number = pl.coalesce(
        *(pl.when(name.is_not_null()).then(pl.lit(i)) for i, name in enumerate(names)),
        pl.lit(len(tried)),
    )
    return (
        (role().alias("__role"), session().alias("__session")),
        tuple(rule.name.alias(f"__{rule.source}") for rule in tried),
        (number.alias("__rule"),),
        (
            pl.coalesce(*names, pl.lit("unknown")).alias("actor"),
            _told([*(rule.kind for rule in tried), "unknown"]).alias("actor_kind"),
            _told([*(rule.source for rule in tried), "nothing"]).alias("actor_source"),
            _told([*(rule.confidence for rule in tried), "inferred"]).alias("actor_confidence"),
        ),
    )


def _told(answers: list[str]) -> pl.Expr:
    """Look up what the rule that decided says."""
    return pl.col("__rule").replace_strict(
        list(range(len(answers))), answers, return_dtype=pl.String()
    )
