"""What a case gathers, and what it rests on."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import polars as pl
import pytest

import trailnb as tn
from tests.evidence import event
from trailnb.case.case import MIME, Case
from trailnb.errors import RequestError
from trailnb.finding import Finding, event_ids_of

if TYPE_CHECKING:
    from pathlib import Path

LOG = json.dumps({"Records": [event(eventID="a"), event(eventID="b", eventName="StopLogging")]})


def a_case(log: str = LOG) -> Case:
    """Which case is about these two events?"""
    return Case(tn.open({"one.json": log}, progress=lambda _: None), title="Two events")


def test_it_reads_nothing_until_it_is_asked() -> None:
    """Gathering is free: a place that would break when read breaks nothing."""
    case = a_case("[")
    case.finding("Something", events=["a"])
    assert str(case.findings[0]) == "alert: Something (1 event)"


@pytest.mark.parametrize(
    ("events", "ids"),
    [
        ("a", ("a",)),
        (["b", "a", "b"], ("b", "a")),
        (["b", None], ("b",)),
        (pl.LazyFrame({"event_id": ["a", None]}), ("a",)),
        (pl.DataFrame({"event_ids": [["a"], ["b", "a"], None]}), ("a", "b")),
    ],
)
def test_events_are_named_by_ids_or_answers(events: object, ids: tuple[str, ...]) -> None:
    """An id, several, or any answer that names its events."""
    assert event_ids_of(events) == ids  # type: ignore[arg-type]


def test_an_answer_without_events_is_no_ground() -> None:
    """A finding cannot rest on a table that names none."""
    with pytest.raises(RequestError, match="names no events"):
        event_ids_of(pl.DataFrame({"actor": ["alice"]}))


def test_an_unknown_level_is_refused() -> None:
    """A finding that nobody would look for is none."""
    with pytest.raises(RequestError, match="'urgent' is none of alert, warning, note"):
        Finding("x", level="urgent")  # type: ignore[arg-type]


def test_cited_events_say_where_they_lie() -> None:
    """File, position and hashes of each cited event; what is not there is missing, and said."""
    case = a_case()
    case.finding("Logging stopped", events=["b", "gone"])
    row = case.cited().row(0, named=True)
    assert (row["event_id"], row["log_file"], row["log_index"]) == ("b", "one.json", 1)
    assert row["sha256_stored"] == row["sha256_text"] == hashlib.sha256(LOG.encode()).hexdigest()
    assert json.loads(row["record"])["eventID"] == "b"
    assert case.missing() == ["gone"]


@pytest.mark.filterwarnings("ignore::trailnb.errors.ProblemWarning")
def test_a_saved_trail_cites_the_same(tmp_path: Path) -> None:
    """The hashes in a store's ledger are those of the log files it was made of."""
    trail = tn.open("data-samples/acme", progress=lambda _: None)
    leads = tn.triage(trail).collect()
    saved = trail.save(tmp_path / "case")
    tables = []
    for one in (trail, saved):
        case = Case(one, title="The same")
        case.lead(leads)
        tables.append(case.cited())
    assert tables[0].height > 50
    held = tables[0].select("sha256_stored", "sha256_text", "log_file")
    assert held.null_count().row(0) == (0, 0, 0)
    assert tables[0].equals(tables[1])


def test_stars_come_and_go() -> None:
    """A second star on an event takes the first away."""
    case = a_case()
    case.star("a")
    case.star("b")
    case.star("a")
    assert (case.stars, case.event_ids) == (["b"], ("b",))


def test_an_answer_is_kept_once_and_given_back() -> None:
    """Running a cell again replaces its answer."""
    case = a_case()
    given = case.answer("Who", pl.LazyFrame({"actor": ["alice"]}))
    case.answer("Who", pl.DataFrame({"actor": ["bob"]}))
    assert given["actor"].to_list() == ["alice"]
    assert [one.frame["actor"].item() for one in case.answers] == ["bob"]


def test_leads_become_findings_once() -> None:
    """Leads without events are the report's limits, and a second run adds nothing."""
    case = Case(tn.open("data-samples/quiet", progress=lambda _: None), title="Quiet")
    leads = tn.triage(case.trail).collect()
    assert case.lead(leads) == 0
    taken = case.lead(leads, levels=("note",))
    assert taken == leads.filter(pl.col("event_ids").list.len() > 0).height
    assert case.lead(leads, levels=("note",)) == 0


@pytest.mark.filterwarnings("ignore::trailnb.errors.ProblemWarning")
def test_it_knows_what_it_cannot_know() -> None:
    """Stopped logging, torn files and silent hours are sentences."""
    case = Case(tn.open("data-samples/acme", since="2026-11-02"), title="Acme")
    told = case.limits()
    assert told[0] == "Only events from 2026-11-02 00:00:00 (UTC) were asked for."
    for said in ("logging was stopped (StopLogging", "could not be read", "has no event: quiet or"):
        assert any(said in sentence for sentence in told)


def test_it_tells_programs_how_many_findings_there_are() -> None:
    """An executed notebook carries the verdict in a form of its own; text in it is escaped."""
    case = a_case()
    case.finding("<img src=x onerror=alert(1)>", events="a", level="warning")
    shown = case._repr_mimebundle_()
    assert shown[MIME] == {"title": "Two events", "findings": {"warning": 1}, "cited": 1}
    assert "<img" not in shown["text/html"]
    assert shown["text/plain"].startswith("Case 'Two events': 1 warning; 0 notes")
