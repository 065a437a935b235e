"""How a verification reads: in the words of `aws cloudtrail validate-logs`, and past them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from trailnb._plain import plain
from trailnb.integrity.results import BROKEN, STATUSES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from trailnb.integrity.verification import Verification

_KINDS = {"digest": "Digest file", "backfill digest": "Digest file", "log file": "Log file"}
_PLURAL = {
    "digest": "digest files",
    "backfill digest": "backfill digest files",
    "log file": "log files",
}
_MOST_SPANS = 20
_SAID = {
    "not covered": "in no digest: nothing can be said of them",
    "unknown": "could not be checked",
    "moved": "INVALID: moved or renamed",
    "replayed": "INVALID: replayed",
    "missing": "INVALID: not found",
    "modified": "INVALID: modified",
}
_CANNOT_SAY = (
    "what happened and was never delivered: digests speak of files, not of deeds",
    "whether log files that no digest lists are CloudTrail's",
    "whether digests followed the last one that is here, unless `until` asks for them",
    "which of the keys given are Amazon's: whoever gave them vouches for them",
)
_SAVED = (
    "whether the rows of a saved trail were changed since: its hashes are those of the log files "
    "when they were saved"
)


def headline(found: Verification) -> str:
    """How many objects are valid, and how many are not, in one line?

    Example:
        >>> import trailnb as tn
        >>> headline(tn.verify("data-samples/acme", keys="data-samples/keys"))
        '29/29 digest files valid, 36/36 log files valid, ...'
    """
    parts = []
    for kind, plural in _PLURAL.items():
        counts = _counts(found.results, kind)
        judged = sum(counts.values()) - counts.pop("not covered", 0)
        if judged:
            parts.append(f"{counts.get('valid', 0):,}/{judged:,} {plural} valid")
    for status in ("missing", "not logged"):
        count = _counts(found.results, "hour").get(status, 0)
        if count:
            parts.append(f"{count:,} hours {'without a digest' if status == 'missing' else status}")
    uncovered = _counts(found.results, "log file").get("not covered", 0)
    if uncovered:
        parts.append(f"{uncovered:,} log files in no digest")
    return ", ".join(parts) or "nothing to verify"


def summary(found: Verification) -> str:
    """What was found, kind by kind, and what a verification cannot say?"""
    return "\n".join(_summary(found))


def _summary(found: Verification) -> Iterator[str]:
    since, until = found.scope
    if since or until:
        start, end = (f"{one:%Y-%m-%dT%H:%M:%SZ}" if one else "…" for one in (since, until))
        yield f"Results requested for {start} to {end}"
    hours = found.results.filter(pl.col("kind").is_in(["digest", "backfill digest"]))["hour"]
    spoken = hours.drop_nulls().sort().to_list()
    if found.has_digests and spoken:
        first, last = (_hour_text(one) for one in (spoken[0], spoken[-1]))
        yield f"Results found for {first} to {last} (hours begun):"
    else:
        yield "No digests found: nothing can be proven."
    yield ""
    for kind in _PLURAL:
        yield from _of_kind(found.results, kind)
    yield from _hours(found.results)
    for where, why in found.keys:
        yield f"Key not read: {plain(where)}: {plain(why)}"
    yield ""
    yield "A verification cannot say:"
    yield from (f"- {one}" for one in unsaid(found))


def unsaid(found: Verification) -> tuple[str, ...]:
    """What can such a verification not say?"""
    return (*_CANNOT_SAY, _SAVED) if found.is_saved else _CANNOT_SAY


def _of_kind(results: pl.DataFrame, kind: str) -> Iterator[str]:
    """Say of one kind of object how many are valid, and what is wrong with the others."""
    counts = _counts(results, kind)
    uncovered = counts.pop("not covered", 0)
    total = sum(counts.values())
    if total:
        parts = [f"{counts.get('valid', 0):,}/{total:,} {_PLURAL[kind]} valid"]
        if wrong := sum(counts.get(status, 0) for status in BROKEN):
            parts.append(f"{wrong:,}/{total:,} {_PLURAL[kind]} INVALID")
        yield ", ".join(parts)
        for status in STATUSES:
            if status != "valid" and counts.get(status):
                yield f"  {counts[status]:,} {_SAID.get(status, status)}"
    if uncovered:
        yield f"{uncovered:,} log files {_SAID['not covered']}"


def _hours(results: pl.DataFrame) -> Iterator[str]:
    """Say from when to when there is no digest, one line for hours that follow each other."""
    empty = results.filter(pl.col("kind") == "hour").sort("account", "region", "hour")
    is_new = (
        (pl.col("hour") - pl.col("hour").shift() > pl.duration(minutes=61))
        | (pl.struct("account", "region", "status", "reason").ne_missing(
            pl.struct("account", "region", "status", "reason").shift()
        ))
    ).fill_null(value=True)  # fmt: skip
    spans = (
        empty.with_columns(run=is_new.cum_sum())
        .group_by("run", maintain_order=True)
        .agg(
            pl.col("account", "region", "status", "reason").first(),
            pl.len().alias("hours"),
            pl.col("hour").min().alias("first"),
            pl.col("hour").max().alias("last"),
        )
    )
    for row in spans.head(_MOST_SPANS).iter_rows(named=True):
        what = "No digest" if row["status"] == "missing" else "Not logged or not validated"
        yield (
            f"{what} for {row['hours']:,} hours, begun {row['first']:%Y-%m-%dT%H:%MZ} to "
            f"{row['last']:%Y-%m-%dT%H:%MZ}, {plain(row['account'] or '?')} "
            f"{plain(row['region'] or '?')}: {plain(row['reason'] or '')}"
        )
    if spans.height > _MOST_SPANS:
        yield f"… and {spans.height - _MOST_SPANS:,} more such times"


def lines(results: pl.DataFrame, *, verbose: bool = False) -> list[str]:
    """What is said of each object, one line each: kind, object, outcome, with tabs between?"""
    shown = results if verbose else results.filter(pl.col("status") != "valid")
    return [
        "\t".join((_named(kind), plain(name or _hour_text(hour)), _outcome(status, reason)))
        for name, kind, status, reason, _, _, hour in shown.iter_rows()
    ]


def _named(kind: str) -> str:
    return _KINDS.get(kind, "Hour") + (" (backfill)" if kind == "backfill digest" else "")


def _hour_text(hour: datetime | None) -> str:
    return f"{hour:%Y-%m-%dT%H:%MZ}" if hour is not None else "?"


def _outcome(status: str, reason: str | None) -> str:
    said = f"INVALID: {status}" if status in BROKEN else status
    return f"{said}: {plain(reason)}" if reason else said


def _counts(results: pl.DataFrame, kind: str) -> dict[str, int]:
    rows = results.filter(pl.col("kind") == kind).group_by("status").len().iter_rows()
    return {str(status): count for status, count in rows}
