"""What a case cannot know, in sentences: the window, silences, damage, copies that differ."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import polars as pl

from trailnb._plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from trailnb.trail.trail import Trail

_SAID = {
    "logging stopped": "logging was stopped",
    "selectors changed": "what is logged was changed",
    "unreadable": "a log file could not be read",
    "none seen": "one of these has no event: quiet or not logged, the logs cannot tell",
}
_SHOWN = 8


def limits_of(
    trail: Trail, coverage: pl.DataFrame, problems: pl.DataFrame, duplicates: pl.DataFrame
) -> list[str]:
    """What do these logs not tell, however quiet they look?

    Example:
        >>> import trailnb as tn
        >>> trail = tn.open("data-samples/quiet", progress=lambda _: None)
        >>> told = limits_of(trail, trail.coverage(), trail.problems(), trail.duplicates())
        >>> told[0]
        'The whole history that lies there was asked for; what was never kept is not in it.'
    """
    return [
        _window(trail),
        *_silences(coverage),
        *_damage(problems),
        *_copies(duplicates),
        *_categories(coverage),
    ]


def _window(trail: Trail) -> str:
    since, until = trail.scan.request.since, trail.scan.request.until
    if since is None and until is None:
        return "The whole history that lies there was asked for; what was never kept is not in it."
    return f"Only events {_bound('from', since)}{_bound('until', until)}(UTC) were asked for."


def _bound(word: str, moment: datetime | None) -> str:
    return f"{word} {moment:%Y-%m-%d %H:%M:%S} " if moment else ""


def _silences(coverage: pl.DataFrame) -> Iterator[str]:
    """Tell the hours that nobody can speak about: per account and reason, most hours first."""
    because = pl.when(pl.col("status") != "none seen").then("because").alias("because")
    groups = (
        coverage.filter(pl.col("status").is_in(list(_SAID)))
        .group_by("status", "account", because)
        .agg(
            pl.col("region", "category").drop_nulls().unique().sort(),
            hours=pl.col("hour").n_unique(), first=pl.col("hour").min(), last=pl.col("hour").max(),
        )
        .sort("status", "hours", "account", "because", descending=[False, True, False, False])
    )  # fmt: skip
    for status, said in _SAID.items():
        rows = groups.filter(status=status)
        for row in rows.head(_SHOWN).iter_rows(named=True):
            places = [
                row["account"] or "",
                *(", ".join(row[name]) for name in ("region", "category")),
            ]
            hours = f"{row['hours']:,} hour{'s' * (row['hours'] != 1)}"
            until = row["last"] + timedelta(hours=1)
            span = f"from {row['first']:%Y-%m-%d %H:%M} to {until:%Y-%m-%d %H:%M} UTC"
            why = f" ({row['because']})" if row["because"] else ""
            yield plain(f"{'; '.join(filter(None, places))}: {hours} {span} in which {said}{why}.")
        if rows.height > _SHOWN:
            rest = rows["hours"].slice(_SHOWN).sum()
            yield f"{rows.height - _SHOWN:,} more: {rest:,} hours in which {said}."


def _damage(problems: pl.DataFrame) -> Iterator[str]:
    lost = problems.filter(severity="error")
    if lost.height:
        files = lost["log_file"].n_unique()
        yield (
            f"{lost.height:,} problem{'s' * (lost.height != 1)} in {files:,} "
            f"file{'s' * (files != 1)}: events are missing or may be."
        )
    kept = problems.filter(severity="warning").height
    if kept:
        yield f"{kept:,} record{'s' * (kept != 1)} could not be read quite as it stands."


def _copies(duplicates: pl.DataFrame) -> Iterator[str]:
    differing = duplicates["differing"].sum()
    if differing:
        yield (
            f"{differing:,} event{'s' * (differing != 1)} came twice and said different things; "
            "all are kept."
        )


def _categories(coverage: pl.DataFrame) -> Iterator[str]:
    seen = coverage.filter(status="seen")
    if seen.height and "Data" not in seen["category"]:
        yield "No data events are logged: who read which object leaves no trace."
