"""The actor of an event: the person or workload behind the credentials, as far as the record tells.

A record shows only its own credential, so a role's session may hide a person: lineage resolves that
later, and `actor_source` says which rule of `actor_rules` decided here.
"""

from __future__ import annotations

import polars as pl

from trailnb.facts.actor_rules import over_rules, rules

KINDS = ("human", "workload", "service", "external account", "root", "unknown")


def actor() -> pl.Expr:
    """Who did it: a readable name, never null?

    `alice` for an IAM user, an e-mail for an Identity Center user, `role/NAME/SESSION` for a role's
    session, `service:NAME` for an AWS service, `root/ACCOUNT`, `account/ACCOUNT` for another
    account, `federated-user/NAME`; `unknown` when the record names nobody.

    Example:
        >>> from trailnb.facts.columns import base_schema
        >>> empty = pl.DataFrame(schema=base_schema()).clear(1)
        >>> empty.with_columns(user_type=pl.lit("IAMUser"), user_name=pl.lit("alice")).select(
        ...     actor()
        ... ).item()
        'alice'
    """
    return over_rules(pl.coalesce(*(rule.name for rule in rules()), pl.lit("unknown")))


def actor_kind() -> pl.Expr:
    """What is the actor: one of `KINDS`, never null?

    Example:
        >>> from trailnb.facts.columns import base_schema
        >>> empty = pl.DataFrame(schema=base_schema()).clear(1)
        >>> empty.with_columns(user_type=pl.lit("Root")).select(actor_kind()).item()
        'root'
    """
    decided = (pl.when(rule.name.is_not_null()).then(pl.lit(rule.kind)) for rule in rules())
    return over_rules(pl.coalesce(*decided, pl.lit("unknown")))


def actor_source() -> pl.Expr:
    """Which rule decided who the actor is: never null, `nothing` when none did?

    Example:
        >>> from trailnb.facts.columns import base_schema
        >>> empty = pl.DataFrame(schema=base_schema()).clear(1)
        >>> empty.with_columns(invoked_by=pl.lit("config.amazonaws.com")).select(
        ...     actor_source()
        ... ).item()
        'service_principal'
    """
    decided = (pl.when(rule.name.is_not_null()).then(pl.lit(rule.source)) for rule in rules())
    return over_rules(pl.coalesce(*decided, pl.lit("nothing")))
