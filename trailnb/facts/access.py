"""What an action does to what it touches: read, list, write, permission, tagging.

Decided, in this order, by `tables/access.csv`, AWS's service authorization reference, the record's
`readOnly`, and the verb in the action's name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from trailnb.facts.actions import action, reads_only
from trailnb.facts.reference import listed_access
from trailnb.facts.tables import rows

if TYPE_CHECKING:
    from trailnb.facts.steps import Steps

ACCESS = ("read", "list", "write", "permission", "tagging")

_LISTS = r":(List|Describe\w*s$)"
_TAGS = r":(Tag|Untag|AddTags|CreateTags|DeleteTags|RemoveTags)"
_PERMITS = (
    r":(Put|Set|Update|Delete|Attach|Detach|Add|Remove)\w*(ResourcePolicy|AccessPolicy|Permission)"
)


def access() -> Steps:
    """What does the call do: the steps to `access`, one of `ACCESS`, never null?

    Calls that hand out credentials (AssumeRole, GetSessionToken, GetRoleCredentials …) and sign-ins
    are `write`: they begin a session, although CloudTrail flags AssumeRole `readOnly`; asking who
    one is, or for an MFA code, reads. Creating principals, keys, trust and shares is `permission`.
    Using a KMS key reads, although the reference counts it as a write. A name that is in no list
    and that no flag explains counts as a write, the safer reading.

    Example:
        >>> from trailnb.facts.steps import taken
        >>> from trailnb.facts.columns import base_schema
        >>> called = (
        ...     pl.DataFrame(schema=base_schema())
        ...     .clear(1)
        ...     .with_columns(
        ...         event_source=pl.lit("sts.amazonaws.com"),
        ...         event_name=pl.lit("AssumeRole"),
        ...         read_only=pl.lit(True),
        ...     )
        ... )
        >>> taken(called, access()).select("access").item()
        'write'
    """
    named, flag = pl.col("__action"), pl.col("read_only")
    decided = named.replace_strict(_decided(), default=None, return_dtype=pl.String())
    reading = pl.when(named.str.contains(_LISTS)).then(pl.lit("list")).otherwise(pl.lit("read"))
    by_name = (
        pl.when(named.str.contains(_TAGS))
        .then(pl.lit("tagging"))
        .when(named.str.contains(_PERMITS))
        .then(pl.lit("permission"))
        .otherwise(pl.lit("write"))
    )
    unlisted = pl.when(flag.fill_null(reads_only(named))).then(reading).otherwise(by_name)
    return (
        (action().alias("__action"),),
        (pl.coalesce(decided, listed_access(named), unlisted).alias("access"),),
    )


def _decided() -> dict[str, str]:
    return {name: row["access"] for row in rows("access.csv") for name in row["actions"].split()}
