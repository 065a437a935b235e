"""Is everything that could not be read reported once, and nothing else warned of?"""

from __future__ import annotations

import json
import warnings
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

import trailnb as tn
from tests.trail.deliveries import WatchedSource, key, log, numbered
from trailnb.errors import ProblemWarning
from trailnb.formats.problem import PROBLEM_SCHEMA

if TYPE_CHECKING:
    from pathlib import Path

GOOD = log(numbered(1))
#: JSON cut off within its second record.
TORN = json.dumps({"Records": [numbered(2), numbered(3)]})[:-40]
#: Two records, of which one has no readable time.
ODD = log(numbered(4), numbered(5, eventTime="soon"))
DIGEST = json.dumps({"digestS3Object": "x", "logFiles": []})


def warned(query: Any) -> list[str]:  # noqa: ANN401 - a lazy frame or a function of nothing
    """Which sentences does collecting this warn with?"""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        query() if callable(query) else query.collect()
    assert all(issubclass(one.category, ProblemWarning) for one in caught)
    return [str(one.message) for one in caught]


def test_sound_logs_have_no_problems() -> None:
    """Sound files warn of nothing and report nothing."""
    trail = tn.open({"a.json": GOOD, "empty.json": log()})
    assert warned(trail.events) == []
    assert trail.problems().height == 0
    assert trail.problems().schema == PROBLEM_SCHEMA


def test_torn_file_keeps_what_is_whole() -> None:
    """What stands before the tear is kept; the tear is an error with file, position and reason."""
    trail = tn.open({"a.json": GOOD, "torn.json": TORN})
    with pytest.warns(ProblemWarning):
        found = trail.events.select("event_id").collect()
    assert found["event_id"].str.slice(-1).to_list() == ["1", "2"]
    problem = trail.problems().row(0, named=True)
    assert trail.problems().height == 1
    assert (problem["log_file"], problem["severity"]) == ("torn.json", "error")
    assert TORN.encode()[problem["position_bytes"] :].startswith(b'{"eventVersion"')
    assert problem["reason"].startswith("torn JSON")


def test_truncated_gzip_is_salvaged() -> None:
    """A gzip cut off in the middle gives its whole records, and one error says it was torn."""
    whole = log(*(numbered(n, requestParameters={"n": f"{n * 7919:x}"}) for n in range(200)))
    trail = tn.open({"torn.json.gz": whole[: len(whole) // 2]})
    with pytest.warns(ProblemWarning):
        count = trail.events.select(pl.len()).collect().item()
    assert 20 < count < 200
    assert any("truncated" in reason for reason in trail.problems()["reason"])
    assert set(trail.problems()["severity"]) == {"error"}


def test_file_that_vanishes_is_missed() -> None:
    """A file that is gone between listing and reading is an error, not a silent gap."""
    source = WatchedSource({"a.json": GOOD, "b.json": log(numbered(2))}, gone={"b.json"})
    trail = tn.open(source)
    assert len(warned(trail.events)) == 1
    assert trail.problems().select("log_file", "reason", "severity").rows() == [
        ("b.json", "vanished between listing and reading", "error")
    ]


def test_file_that_vanishes_from_disk(tmp_path: Path) -> None:
    """The same on disk, where it happens."""
    for name in "ab":
        (tmp_path / f"{name}.json.gz").write_bytes(GOOD)
    trail = tn.open(tmp_path)
    (tmp_path / "b.json.gz").unlink()
    assert len(warned(trail.events)) == 1
    assert trail.problems()["log_file"].to_list() == [f"{tmp_path}/b.json.gz"]


def test_one_warning_per_collect() -> None:
    """A collect warns once, with the count and where to look."""
    trail = tn.open({"a.json": TORN, "b.json": ODD, "c.json": ODD})
    sentence = (
        "3 problems in 3 log files: some content could not be read as it stands. "
        "trail.problems() lists file, position and reason."
    )
    assert warned(trail.events) == [sentence]
    assert len(warned(trail.events)) == 1


def test_singular() -> None:
    """One problem is said in the singular."""
    assert warned(tn.open({"b.json": ODD}).events)[0].startswith("1 problem in 1 log file: ")


@pytest.mark.filterwarnings("error")
def test_warning_may_be_an_error() -> None:
    """Who turns the warning into an error stops the collect with it."""
    events = tn.open({"b.json": ODD}).events
    with pytest.raises(ProblemWarning):
        events.collect()


def test_head_warns_of_what_it_met() -> None:
    """A collect of the first rows warns of what it met on the way to them."""
    assert len(warned(tn.open({"b.json": ODD}).events.head(1))) == 1


def test_notes_do_not_warn() -> None:
    """Files that hold no events by their nature lose nothing: they are noted without a word."""
    trail = tn.open(
        {"a.json": GOOD, "digest.json": DIGEST, "LICENSE": "Apache", "x.png": b"\x89PNG"}
    )
    assert warned(trail.events) == []
    problems = trail.problems()
    assert problems["severity"].to_list() == ["note"] * 3
    assert problems["log_file"].to_list() == ["LICENSE", "digest.json", "x.png"]
    assert all(reason.startswith("not CloudTrail events: ") for reason in problems["reason"])


def test_problems_reads_what_queries_skipped() -> None:
    """What pruned queries never opened is read for `problems`, once."""
    source = WatchedSource({key("2026-11-02T09:05"): GOOD, key("2026-11-03T09:05"): TORN.encode()})
    trail = tn.open(source)
    elsewhere = pl.col("aws_region") == "eu-west-3"
    assert trail.events.filter(elsewhere).collect().height == 0
    assert source.read_keys == [key("2026-11-02T09:05")], "one look whether paths can be trusted"
    source.read_keys.clear()
    assert trail.problems()["log_file"].to_list() == [key("2026-11-03T09:05")]
    assert len(source.read_keys) == 2
    trail.problems()
    assert len(source.read_keys) == 2


def test_problems_decodes_what_queries_left_out() -> None:
    """Damage in fields that no query asked for is found by `problems`."""
    bad = json.dumps({"Records": [numbered(1, mfa="x", readOnly="perhaps")]})
    trail = tn.open({"a.json": bad})
    assert warned(trail.events.select("event_name")) == []
    assert trail.problems()["reason"].to_list() == ['readOnly is neither true nor false: "perhaps"']


def test_problems_warns_of_nothing() -> None:
    """Who asks for the problems needs no warning of them."""
    assert warned(tn.open({"a.json": TORN, "b.json": ODD}).problems) == []
    assert warned(tn.open({"a.json": TORN, "b.json": ODD}).duplicates) == []


def test_problems_of_several_queries_are_told_once() -> None:
    """A problem met by several queries is one problem."""
    trail = tn.open({"a.json": TORN, "b.json": ODD})
    for query in (trail.events, trail.events.select("actor"), trail.events.select(pl.len())):
        assert len(warned(query)) == 1
    assert trail.problems().select("log_file", "severity").rows() == [
        ("a.json", "error"),
        ("b.json", "warning"),
    ]


def test_row_of_a_problem_is_named() -> None:
    """A problem with one record names its position among the events of its file."""
    trail = tn.open({"a.json": GOOD, "b.json": ODD})
    problem = trail.problems().row(0, named=True)
    assert (problem["log_file"], problem["log_index"]) == ("b.json", 1)
    assert problem["reason"] == "event_time names no moment: 'soon'"


def test_order_of_problems() -> None:
    """Errors come first, then warnings, then notes; within these, files by name."""
    trail = tn.open({"a.json": DIGEST, "b.json": ODD, "d.json": TORN, "c.json": TORN})
    assert trail.problems().select("severity", "log_file").rows() == [
        ("error", "c.json"),
        ("error", "d.json"),
        ("warning", "b.json"),
        ("note", "a.json"),
    ]


def test_unlisted_places_are_problems(tmp_path: Path) -> None:
    """A place that could not be listed may hold events, so it is an error that names it."""
    (tmp_path / "out").symlink_to("/nowhere/at/all")
    (tmp_path / "a.json.gz").write_bytes(GOOD)
    problems = tn.open(tmp_path).problems()
    assert problems.select("log_file", "severity").rows() == [(f"{tmp_path}/out", "error")]
    assert problems["reason"].item() == "could not be listed: a link that leads nowhere"


@pytest.mark.parametrize("depth", [300, 100_000])
def test_deep_nesting_raises_nothing(depth: int) -> None:
    """Nesting deeper than any tool writes loses no other record and raises nothing."""
    deep = json.dumps(numbered(1, requestParameters="DEEP")).replace(
        '"DEEP"', "[" * depth + "]" * depth
    )
    text = f'{{"Records": [{deep}, {json.dumps(numbered(2))}]}}'
    trail = tn.open({"a.json": text})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ProblemWarning)
        found = trail.events.collect()["event_id"].str.slice(-1).to_list()
    assert "2" in found or trail.problems().filter(severity="error").height
