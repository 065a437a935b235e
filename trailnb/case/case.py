"""A case: what an investigation gathered, and what its conclusions rest on."""

from __future__ import annotations

import html
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from trailnb._frame import table
from trailnb._plain import plain
from trailnb.case.cited import cited
from trailnb.case.limits import limits_of
from trailnb.finding import Finding, event_ids_of
from trailnb.questions._leads import LEVELS

if TYPE_CHECKING:
    from collections.abc import Iterable

    import altair as alt
    import polars as pl
    from narwhals.stable.v2.typing import IntoFrame

    from trailnb.integrity.verification import Verification
    from trailnb.questions._leads import Level
    from trailnb.trail.trail import Trail

#: What a case tells a program that reads an executed notebook.
MIME = "application/vnd.trailnb.case+json"


class Note(NamedTuple):
    """Something written down, and the events it is about."""

    text: str
    event_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it goes into the report: its heading, what it shows, its table and picture."""

    title: str
    frame: pl.DataFrame
    about: str = ""
    chart: alt.TopLevelMixin | None = None


class Case:
    """What did the investigation find, from which events, and what can it not know?

    A case only gathers: it reads nothing until its coverage, its problems or the events that it
    cites are asked for. `tn.report` makes a page of it.

    Args:
        trail: The trail that the conclusions rest on.
        title: What the report is headed.
        about: What the investigation was asked, in a sentence or two.

    Example:
        >>> import trailnb as tn
        >>> trail = tn.open("data-samples/quiet", progress=lambda _: None)
        >>> case = Case(trail, title="A quiet night")
        >>> case.finding("Root signed in", events=["4c581cca"], level="warning")
        Finding(title='Root signed in', why='', level='warning', event_ids=('4c581cca',))
        >>> case.note("Asked the night shift: it was a drill.")
        >>> case
        Case 'A quiet night': 1 warning; 1 note, 0 answers, 0 stars
    """

    def __init__(self, trail: Trail, *, title: str, about: str = "") -> None:
        self.trail = trail
        self.title = title
        self.about = about
        self.opened = datetime.now(UTC).replace(microsecond=0)
        self.findings: list[Finding] = []
        self.answers: list[Answer] = []
        self.notes: list[Note] = []
        self.stars: list[str] = []

    def finding(
        self,
        title: str,
        *,
        events: str | Iterable[str] | IntoFrame = (),
        why: str = "",
        level: Level = "alert",
    ) -> Finding:
        """Write down a conclusion.

        Args:
            title: What was concluded, in one line.
            events: The events it rests on: ids, or an answer that names its events.
            why: The reasoning, in a few sentences.
            level: "alert", "warning" or "note".

        Raises:
            RequestError: no such level, or the answer names no events.
        """
        made = Finding(title, why, level, event_ids_of(events))
        self.findings.append(made)
        return made

    def lead(self, leads: IntoFrame, *, levels: Iterable[Level] = ("alert", "warning")) -> int:
        """Take the leads of `tn.triage` as findings, those of these levels; how many were taken?

        Leads without an actor are about what the logs cannot tell. `limits` says that of the whole
        trail, so they are left out here.
        """
        wanted, known = set(levels), set(self.findings)
        rows = [row for row in table(leads).iter_rows(named=True) if row["level"] in wanted]
        made = [
            Finding(row["what"].capitalize(), row["why"], row["level"], tuple(row["event_ids"]))
            for row in rows
            if row["event_ids"]
        ]
        new = [one for one in made if one not in known]
        self.findings.extend(new)
        return len(new)

    def answer(
        self,
        title: str,
        answer: IntoFrame,
        *,
        about: str = "",
        chart: alt.TopLevelMixin | None = None,
    ) -> pl.DataFrame:
        """Keep an answer for the report, with its chart; gives the collected answer back."""
        kept = Answer(title, table(answer), about, chart)
        self.answers = [one for one in self.answers if one.title != title] + [kept]
        return kept.frame

    def verified(self, found: Verification) -> pl.DataFrame:
        """Keep for the report what a verification of the logs found, and cannot say.

        Args:
            found: What `tn.verify` gave for this case's logs.

        Returns:
            One row per kind and status: `kind`, `status`, `objects`.
        """
        counts = found.results.group_by("kind", "status").len("objects").sort("kind", "status")
        return self.answer("Integrity", counts, about=found.told)

    def note(self, text: str, *, event_ids: str | Iterable[str] | IntoFrame = ()) -> None:
        """Write something down, with the events it is about."""
        self.notes.append(Note(text, event_ids_of(event_ids)))

    def star(self, event_id: str) -> None:
        """Mark an event as one to come back to; once more takes the mark away."""
        if event_id in self.stars:
            self.stars.remove(event_id)
        else:
            self.stars.append(event_id)

    @cached_property
    def coverage(self) -> pl.DataFrame:
        """What the logs speak about, as `trail.coverage()` says; read once."""
        return self.trail.coverage()

    @cached_property
    def problems(self) -> pl.DataFrame:
        """What could not be read, as `trail.problems()` says; read once."""
        return self.trail.problems()

    @cached_property
    def duplicates(self) -> pl.DataFrame:
        """What was delivered twice, as `trail.duplicates()` says; read once."""
        return self.trail.duplicates()

    def limits(self) -> list[str]:
        """What can this case not know? Sentences for the report."""
        return limits_of(self.trail, self.coverage, self.problems, self.duplicates)

    @property
    def event_ids(self) -> tuple[str, ...]:
        """Every event that a finding, a note or a star names, once."""
        found = [name for one in self.findings for name in one.event_ids]
        noted = [name for one in self.notes for name in one.event_ids]
        return tuple(dict.fromkeys([*found, *noted, *self.stars]))

    def cited(self) -> pl.DataFrame:
        """Which events are cited, where do they lie, and what hash has that file?

        Returns:
            One row per cited event that the trail holds, in order of time: see
            `trailnb.case.cited.SCHEMA`. An id that is not there has no row; `missing` names it.
        """
        return cited(self.trail, self.event_ids)

    def missing(self, among: pl.DataFrame | None = None) -> list[str]:
        """Which cited events does the trail not hold?"""
        held = set((self.cited() if among is None else among)["event_id"])
        return [event_id for event_id in self.event_ids if event_id not in held]

    @property
    def levels(self) -> dict[str, int]:
        """How many findings are there of each level, the gravest first?"""
        counts = {level: sum(one.level == level for one in self.findings) for level in LEVELS}
        return {level: count for level, count in counts.items() if count}

    @property
    def verdict(self) -> str:
        """What came of it, in one line?"""
        if not self.findings:
            return "nothing found"
        return ", ".join(_count(count, level) for level, count in self.levels.items())

    def __repr__(self) -> str:
        """Say in one line what is in the case."""
        return (
            f"Case {plain(self.title)!r}: {self.verdict}; {_count(len(self.notes), 'note')}, "
            f"{_count(len(self.answers), 'answer')}, {_count(len(self.stars), 'star')}"
        )

    def _repr_mimebundle_(self, *_include: object, **_exclude: object) -> dict[str, Any]:
        """Show the findings, and tell programs how many there are."""
        items = "".join(f"<li>{html.escape(plain(str(one)))}</li>" for one in self.findings)
        told = {"title": self.title, "findings": self.levels, "cited": len(self.event_ids)}
        return {
            "text/plain": "\n".join(
                [repr(self), *(f"  {plain(str(one))}" for one in self.findings)]
            ),
            "text/html": f"<p>{html.escape(repr(self))}</p><ul>{items}</ul>",
            MIME: told,
        }


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' * (number != 1)}"
