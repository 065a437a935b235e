"""What was opened and what a query reads, in plain sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trailnb.formats.needles import pattern_of
from trailnb.trail.predicate import pruning_of
from trailnb.trail.scan import pruned

if TYPE_CHECKING:
    from collections.abc import Iterable, Sized
    from datetime import datetime

    import polars as pl

    from trailnb.sources.source import LogFile
    from trailnb.trail.trail import Trail

_MANY = 8


def headline(trail: Trail) -> str:
    """What was opened, in one line?"""
    files = trail.scan.files
    size = sum(file.size_bytes or 0 for file in files)
    accounts = {file.account for file in files if file.account}
    regions = {file.region for file in files if file.region}
    parts = [
        f"Trail {trail.scan.source.uri}: {_count(files, 'log file')}, {size / 1e6:,.1f} MB",
        _window(trail),
        _count(accounts, "account"),
        _count(regions, "region"),
    ]
    if trail.tables:
        parts.append(_count(trail.tables, "table"))
    return ", ".join(parts)


def explain(trail: Trail, where: pl.Expr | None) -> str:
    """What would be read, what is left out, and why?"""
    pruning = pruning_of(where)
    # A saved trail has no source that could be asked for less.
    narrow = getattr(trail.scan, "narrowed", None)
    files = narrow(where).files if narrow else trail.scan.files
    kept = [file for _, file in pruned(files, pruning, trail.scan.request)]
    lines = [
        headline(trail),
        f"  days      {_days(kept)}",
        f"  accounts  {_named(file.account for file in kept)}",
        f"  regions   {_named(file.region for file in kept)}",
        f"  reads     {_amount(kept)}",
        f"  beside    {_beside(trail)} (read only when asked for)",
    ]
    if where is not None:
        lines.append(f"  left out  {_amount(set(files) - set(kept))}, by name")
        searched = sum(pattern_of(texts) is not None for texts in pruning.texts)
        lines.append(
            f"  searched  {searched} text{'s' * (searched != 1)} before any JSON is parsed"
        )
    if files is not trail.scan.files:
        lines.append(f"  asks for  {_asked(kept)}; the rest of the filter is applied here")
    lines += [f"  note      {note}" for note in trail.notes]
    lines += [f"  limit     {limit.because}" for limit in trail.limits]
    lines += [f"  cost      {cost}" for cost in trail.spent]
    lines += [f"  unlisted  {place}: {why}" for place, why in trail.unlisted]
    return "\n".join(lines)


def _count(things: Sized, noun: str) -> str:
    return f"{len(things):,} {noun}{'s' * (len(things) != 1)}"


def _beside(trail: Trail) -> str:
    return (
        f"{_count(trail.lookback_files, 'lookback file')}, {_count(trail.evidence_files, 'digest')}"
    )


def _window(trail: Trail) -> str:
    request = trail.scan.request
    if request.since is None and request.until is None:
        return "whole history"
    return f"window {_moment(request.since)} to {_moment(request.until)}"


def _moment(moment: datetime | None) -> str:
    return "open" if moment is None else f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _days(files: Iterable[LogFile]) -> str:
    days = sorted({file.delivered.date() for file in files if file.delivered})
    if not days:
        return "unknown (no file name tells)"
    return f"{days[0]} to {days[-1]} (delivery), {len(days):,} with files"


def _named(names: Iterable[str | None]) -> str:
    known = sorted({name for name in names if name})
    shown = ", ".join(known[:_MANY]) or "unknown (no path tells)"
    return shown + (f" and {len(known) - _MANY:,} more" if len(known) > _MANY else "")


def _asked(files: Iterable[LogFile]) -> str:
    """What a place is asked for, as the names of what it is asked for tell it."""
    asked = sorted({file.key.partition("?")[2] for file in files if "?" in file.key})
    return ", ".join(asked) or "fewer times or places"


def _amount(files: Iterable[LogFile]) -> str:
    sizes = [file.size_bytes or 0 for file in files]
    return f"{len(sizes):,} files, {sum(sizes):,} bytes stored"
