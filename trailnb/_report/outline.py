"""What a report says, section by section, before any form is chosen: one model, several writers."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING

import polars as pl

from trailnb.iam.view import iam_view, is_viewable
from trailnb.trail.explanation import headline

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import altair as alt

    from trailnb.case.case import Case
    from trailnb.finding import Finding
    from trailnb.iam.view import Changes

#: What a page shows of one answer; the rest is counted.
MOST_ROWS = 200
_EVIDENCE = ("time", "actor", "root_actor", "action", "target", "outcome", "origin", "account",
             "region", "event_id")  # fmt: skip
#: A row with a sentence needs no more: the sentence is made of the other columns.
_TOLD_BY_SENTENCE = ("time", "count", "summary", "outcome", "region", "account")
_PLACE = ("event_id", "log_file", "log_index", "sha256_stored", "sha256_text")
_HASHES = (
    "sha256_stored is the SHA-256 of the log file as it lies in its place, sha256_text that of its "
    "decompressed bytes: the hash that CloudTrail's digests list. log_index counts records from 0."
)


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with sentences, a list, a table, a picture, changes: each may be absent."""

    title: str
    sentences: Sequence[str] = ()
    items: Sequence[str] = ()
    rows: pl.DataFrame | None = None
    chart: alt.TopLevelMixin | None = None
    changes: Changes | None = None
    level: str = ""
    parts: Sequence[Section] = field(default=())

    @property
    def shown(self) -> pl.DataFrame | None:
        """What fits on a page: no column without a value, a sentence instead of its parts."""
        if self.rows is None:
            return None
        rows = self.rows.head(MOST_ROWS)
        if "summary" in rows.columns:
            return rows.select(name for name in _TOLD_BY_SENTENCE if name in rows.columns)
        held = [name for name in rows.columns if rows[name].null_count() < rows.height]
        return rows.select(held or rows.columns)

    @property
    def left_out(self) -> int:
        """How many rows do not fit?"""
        return 0 if self.rows is None else max(self.rows.height - MOST_ROWS, 0)


@dataclass(frozen=True, slots=True)
class Outline:
    """A report: its heading, what came of it, and its sections in reading order."""

    title: str
    about: str
    verdict: str
    facts: Mapping[str, str]
    sections: Sequence[Section]
    cited: pl.DataFrame


def outline(case: Case) -> Outline:
    """What does the report of this case say?

    Reads the cited events, the coverage and the problems, once each.

    Example:
        >>> import trailnb as tn
        >>> from trailnb.case.case import Case
        >>> trail = tn.open("data-samples/quiet", progress=lambda _: None)
        >>> [section.title for section in outline(Case(trail, title="A quiet night")).sections][:2]
        ['Findings', 'What these logs cannot tell']
    """
    cited = case.cited()
    sections = [
        _findings(case, cited),
        Section("What these logs cannot tell", items=case.limits()),
        *(_answers(case)),
        *_notes(case, cited),
        _coverage(case.coverage),
        *_problems(case.problems),
        *_evidence(cited),
    ]
    return Outline(case.title, case.about, case.verdict, _facts(case), sections, cited)


def _facts(case: Case) -> dict[str, str]:
    versions = (
        f"trailnb {version('trailnb')}, polars {pl.__version__}, Python {sys.version.split()[0]}"
    )
    now = datetime.now(UTC)
    return {
        "Verdict": case.verdict,
        "Trail": headline(case.trail),
        "Events cited": f"{len(case.event_ids):,}",
        "Case opened": f"{case.opened:%Y-%m-%d %H:%M:%S} UTC",
        "Report written": f"{now:%Y-%m-%d %H:%M:%S} UTC",
        "Made with": versions,
    }


def _findings(case: Case, cited: pl.DataFrame) -> Section:
    if not case.findings:
        said = (
            "Nothing was found. That is no proof that nothing happened: the next section tells "
            "what these logs cannot tell."
        )
        return Section("Findings", [said])
    return Section("Findings", parts=[_finding(one, cited) for one in case.findings])


def _finding(found: Finding, cited: pl.DataFrame) -> Section:
    rows = cited.filter(pl.col("event_id").is_in(list(found.event_ids)))
    missing = len(found.event_ids) - rows["event_id"].n_unique()
    said = [found.why] if found.why else []
    if missing:
        said.append(f"{missing:,} of the events named are not in this trail.")
    shown = _evidence_of(rows) if rows.height else None
    return Section(found.title, said, rows=shown, level=found.level)


def _evidence_of(rows: pl.DataFrame) -> pl.DataFrame:
    """Choose what is shown of cited events: who is behind the actor only where that is another."""
    shown = rows.select(_EVIDENCE)
    is_same = rows["root_actor"].eq_missing(rows["actor"]).all()
    return shown.drop("root_actor") if is_same else shown


def _answers(case: Case) -> list[Section]:
    """Show answers as tables, and changes of permissions as they look before and after."""
    return [
        Section(
            one.title,
            [one.about] if one.about else [],
            rows=None if is_viewable(one.frame) else one.frame,
            chart=one.chart,
            changes=iam_view(one.frame) if is_viewable(one.frame) else None,
        )
        for one in case.answers
    ]


def _notes(case: Case, cited: pl.DataFrame) -> list[Section]:
    parts = []
    if case.notes:
        items = [
            note.text + (f" (events {', '.join(note.event_ids)})" if note.event_ids else "")
            for note in case.notes
        ]
        parts.append(Section("Notes", items=items))
    if case.stars:
        rows = _evidence_of(cited.filter(pl.col("event_id").is_in(case.stars)))
        parts.append(Section("Starred events", rows=rows))
    return parts


def _coverage(coverage: pl.DataFrame) -> Section:
    hours = (
        coverage.group_by("account", "region", "category", "status")
        .agg(
            hours=pl.len(), events=pl.col("events").sum(), first=pl.col("hour").min(),
            last=pl.col("hour").max(),
        )
        .sort("account", "region", "category", "status")
    )  # fmt: skip
    said = (
        "Hours (UTC) per account, region and category. An hour in which no event was seen may "
        "have been quiet or not logged: the logs cannot tell."
    )
    return Section("Coverage", [said], rows=hours)


def _problems(problems: pl.DataFrame) -> list[Section]:
    return [Section("What could not be read", rows=problems)] if problems.height else []


def _evidence(cited: pl.DataFrame) -> list[Section]:
    """Say of each cited event where it lies, and what was hashed."""
    if cited.is_empty():
        return []
    return [Section("Where the cited events lie", (_HASHES,), rows=cited.select(_PLACE))]
