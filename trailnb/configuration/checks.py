"""Every check, in the order they are told, and the rows they make of a snapshot."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import polars as pl

from trailnb._plain import plain
from trailnb.configuration import (
    checks_account,
    checks_bucket,
    checks_keeping,
    checks_recording,
)
from trailnb.configuration.verdict import STATUSES
from trailnb.facts.tables import rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from trailnb.configuration.snapshot import Snapshot
    from trailnb.configuration.verdict import AccountCheck, TrailCheck, Verdict

SEVERITIES = ("alert", "warning", "note")
_TEXT = pl.String()
SCHEMA = pl.Schema(
    {
        "trail": _TEXT,
        "trail_arn": _TEXT,
        "check": _TEXT,
        "status": pl.Enum(STATUSES),
        "severity": pl.Enum(SEVERITIES),
        "says": _TEXT,
        "because": _TEXT,
        "fix": _TEXT,
        "source": _TEXT,
    }
)
_MODULES = (checks_recording, checks_bucket, checks_keeping)


@cache
def facts() -> tuple[dict[str, str], ...]:
    """Which checks are there, how grave is each, how is it mended, and where does AWS say so?

    Example:
        >>> facts()[0]["check"]
        'any trail'
    """
    return tuple(rows("trail_checks.csv"))


def account_check(name: str) -> AccountCheck:
    """Which function is this check of an account?

    Example:
        >>> account_check("one copy").__name__
        'one_copy'
    """
    check: AccountCheck = getattr(checks_account, name.replace(" ", "_"))
    return check


def trail_check(name: str) -> TrailCheck:
    """Which function is this check of a trail?

    Example:
        >>> trail_check("key state").__module__
        'trailnb.configuration.checks_keeping'
    """
    function = name.replace(" ", "_")
    module = next(one for one in _MODULES if hasattr(one, function))
    check: TrailCheck = getattr(module, function)
    return check


def findings(account: Snapshot) -> pl.DataFrame:
    """What is good, not good, optional or unknown about these trails?

    Returns:
        One row per check and trail, those of the account first (`trail` is null). See
        `trailnb.configuration.trails.Trails.findings`.
    """
    return pl.DataFrame(list(_rows(account)), schema=SCHEMA, orient="row")


def to_mend(findings: pl.DataFrame) -> pl.DataFrame:
    """What is not good, the gravest first, then what is unknown, then what is optional?

    Example:
        >>> from datetime import UTC, datetime
        >>> from trailnb.configuration.snapshot import Snapshot
        >>> none = Snapshot("111122223333", datetime(2026, 11, 25, tzinfo=UTC), ("eu-west-1",))
        >>> to_mend(findings(none)).row(0, named=True)["trail"]
        '(the account)'
    """
    return (
        findings.filter(pl.col("status") != "good")
        .sort("status", "severity", maintain_order=True)
        .with_columns(pl.col("trail").fill_null("(the account)"))
    )


def _rows(account: Snapshot) -> Iterator[tuple[str | None, ...]]:
    for fact in facts():
        if fact["about"] == "account" and (verdict := account_check(fact["check"])(account)):
            yield _row(None, None, fact, verdict)
    for trail in account.trails:
        for fact in facts():
            if fact["about"] != "trail":
                continue
            if verdict := trail_check(fact["check"])(trail, account):
                yield _row(trail.name, trail.arn, fact, verdict)


def _row(
    name: str | None, arn: str | None, fact: Mapping[str, str], verdict: Verdict
) -> tuple[str | None, ...]:
    needs_mending = verdict.status in {"not good", "optional"}
    return (
        name, arn, fact["check"], verdict.status, fact["severity"], plain(verdict.says),
        plain(verdict.because) or None, fact["fix"] if needs_mending else None, fact["source"],
    )  # fmt: skip
