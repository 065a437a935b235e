"""Is an event that was delivered twice counted once, and nothing else lost?"""

from __future__ import annotations

import json
import tempfile
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

import trailnb as tn
from tests.evidence import event, user
from tests.trail.deliveries import OTHER_ACCOUNT, WatchedSource, key, log, numbered
from trailnb.reading.copies import Copies
from trailnb.sources.layout import parse
from trailnb.trail import scan
from trailnb.trail.scan import Query

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator
    from pathlib import Path

EARLY, LATER, LAST = (key(f"2026-11-02T09:{minute}") for minute in ("05", "10", "15"))


def ids(contents: dict[str, Any], **how: Any) -> list[str]:
    """Which events are left, in order, by the last letters of their ids and their files?"""
    rows = tn.open(contents, **how).events.select("event_id", "log_file").collect()
    return [f"{(event_id or 'none')[-1]} {delivered(name)}" for event_id, name in rows.rows()]


def duplicates(contents: dict[str, Any], **how: Any) -> list[tuple[str, int, int]]:
    """How many copies does each file hold, and how many that differ?"""
    rows = tn.open(contents, **how).duplicates().rows()
    return [(delivered(name), copies, differing) for name, copies, differing in rows]


def delivered(name: str) -> str:
    """When was this file delivered? Hour and minute."""
    return f"{parse(name).delivered:%H%M}"


def test_same_event_delivered_twice_is_one() -> None:
    """The same record in two files is one event, and the second file's copy is counted."""
    both = {EARLY: log(numbered(1), numbered(2)), LATER: log(numbered(2), numbered(3))}
    assert ids(both) == ["1 0905", "2 0905", "3 0910"]
    assert duplicates(both) == [("0910", 1, 0)]


def test_first_delivered_stays() -> None:
    """The earlier delivery stays, whatever the names or the order they are given in."""
    regions = {
        key("2026-11-02T09:10", region="af-south-1"): log(numbered(1)),
        key("2026-11-02T09:05", region="us-west-2"): log(numbered(1)),
    }
    assert ids(regions) == ["1 0905"]
    assert ids(dict(reversed(regions.items()))) == ["1 0905"]


def test_delivered_together_the_first_key_stays() -> None:
    """Of two files with one delivery time, the one whose key sorts first keeps the event."""
    names = [key("2026-11-02T09:05", unique=unique * 16) for unique in "BA"]
    kept = tn.open(dict.fromkeys(names, log(numbered(1)))).events.select("log_file").collect()
    assert kept.item() == names[1]


def test_copies_inside_one_file() -> None:
    """A record that a file holds twice is one event too, and the first stays."""
    twice = {EARLY: log(numbered(1), numbered(2), numbered(1))}
    rows = tn.open(twice).events.select("event_id", "log_index").collect()
    assert rows["log_index"].to_list() == [0, 1]
    assert duplicates(twice) == [("0905", 1, 0)]


def test_copies_that_differ_are_all_kept() -> None:
    """One id with different content is nobody's copy: all stay, and are counted apart."""
    differing = {EARLY: log(numbered(1)), LATER: log(numbered(1, eventName="PutObject"))}
    assert ids(differing) == ["1 0905", "1 0910"]
    assert duplicates(differing) == [("0910", 0, 1)]


def test_difference_in_an_unread_field_counts() -> None:
    """Records are compared whole, also where the query reads only fields that agree."""
    differing = {
        EARLY: log(numbered(1, responseElements={"n": 1})),
        LATER: log(numbered(1, responseElements={"n": 1.0})),
    }
    assert ids(differing) == ["1 0905", "1 0910"]


@pytest.mark.parametrize(
    "rewritten",
    [
        pytest.param(lambda text: json.dumps(json.loads(text), indent=2), id="spaces"),
        pytest.param(
            lambda text: json.dumps(json.loads(text), sort_keys=True), id="order of fields"
        ),
        pytest.param(lambda text: text.replace("/", "\\/"), id="escaped slashes"),
        pytest.param(lambda text: text.replace("a", "\\u0061"), id="escaped letters"),
    ],
)
def test_same_record_written_otherwise_is_one(rewritten: Callable[[str], str]) -> None:
    """A tool that writes JSON again changes no event: spaces, order and escapes mean nothing."""
    text = json.dumps({"Records": [numbered(1, requestParameters={"n": 1.50, "who": "a/b"})]})
    kept = ids({EARLY: text, LATER: rewritten(text).replace("\\u0061ws", "aws")})
    assert kept == ["1 0905"]


def test_number_and_text_are_no_copies() -> None:
    """1 and "1", 1.5 and 1.50, true and 1 differ: a tool may have changed what was said."""
    for one, other in (("1", '"1"'), ("1.5", "1.50"), ("true", "1"), ("null", '""')):
        text = json.dumps({"Records": [numbered(1, requestParameters={"n": "N"})]})
        contents = {EARLY: text.replace('"N"', one), LATER: text.replace('"N"', other)}
        assert len(ids(contents)) == 2, (one, other)


def test_three_variants() -> None:
    """Of many deliveries in three variants, one of each variant stays."""
    variants = [numbered(1), numbered(1, eventName="B"), numbered(1, eventName="C")]
    contents = {
        key(f"2026-11-02T09:{5 * number:02}"): log(variants[number % 3]) for number in range(9)
    }
    names = tn.open(contents).events.select("event_name").collect()["event_name"]
    assert names.to_list() == ["ListBuckets", "B", "C"]
    assert sum(copies for _, copies, _ in duplicates(contents)) == 6


def test_event_without_id_is_never_dropped() -> None:
    """What has no id cannot be a copy."""
    nameless = log(event(eventID=None), event(eventID=None))
    assert len(ids({EARLY: nameless, LATER: nameless})) == 4
    assert duplicates({EARLY: nameless, LATER: nameless}) == []


def test_shared_event_id_is_no_copy() -> None:
    """Two accounts' records of one action share only `sharedEventID` and are two events."""
    shared = {"sharedEventID": "99999999-1111-4111-8111-111111111111"}
    both = {EARLY: log(numbered(1, **shared)), LATER: log(numbered(2, **shared))}
    assert ids(both) == ["1 0905", "2 0910"]


def test_same_id_in_two_accounts_is_no_copy() -> None:
    """An event id is unique in its account only."""
    both = {EARLY: log(numbered(1)), LATER: log(numbered(1, recipientAccountId=OTHER_ACCOUNT))}
    assert ids(both) == ["1 0905", "1 0910"]
    assert duplicates(both) == []


def test_no_dedupe_keeps_all() -> None:
    """`dedupe=False` shows every delivered record."""
    both = {EARLY: log(numbered(1), numbered(1)), LATER: log(numbered(1))}
    assert ids(both, dedupe=False) == ["1 0905", "1 0905", "1 0910"]


def test_log_file_filter_applies_after() -> None:
    """A filter on the later file finds no event that the earlier file brought already."""
    both = {EARLY: log(numbered(1)), LATER: log(numbered(1), numbered(2))}
    later = tn.open(both).events.filter(pl.col("log_file") == LATER).select("event_id").collect()
    assert later["event_id"].str.slice(-1).to_list() == ["2"]
    every = tn.open(both, dedupe=False).events.filter(pl.col("log_file") == LATER).collect()
    assert every.height == 2


def test_filter_sees_the_same_copies() -> None:
    """A filter that reads fewer records drops the same copies as the whole table."""
    contents = {
        EARLY: log(numbered(1), numbered(2, eventName="B")),
        LATER: log(numbered(1), numbered(1, eventName="B"), numbered(2, eventName="B")),
        LAST: log(numbered(1, eventName="B")),
    }
    events = tn.open(contents).events
    asked = events.filter(pl.col("event_name") == "B").collect()
    assert_frame_equal(asked, events.collect().filter(pl.col("event_name") == "B"))
    assert asked["log_file"].to_list() == [EARLY, LATER]


def test_copies_across_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy is told whichever batch its first stands in."""
    monkeypatch.setattr("trailnb.reading.chunks._BATCH_ROWS", 1)
    contents = {
        key(f"2026-11-02T09:{5 * file:02}"): log(*(numbered(n) for n in range(file, file + 4)))
        for file in range(6)
    }
    assert len(ids(contents)) == 9


def days_apart(days: int) -> dict[str, bytes]:
    """One event delivered twice, the second time some days after it happened; another beside."""
    return {
        EARLY: log(numbered(1)),
        key(f"2026-11-{2 + days:02}T08:55"): log(
            numbered(2, eventTime=f"2026-11-{2 + days:02}T08:50:00Z"), numbered(1)
        ),
    }


def test_copy_within_late_is_found() -> None:
    """A second delivery within `late` of the event is a copy."""
    assert len(ids(days_apart(1))) == 2
    assert len(ids(days_apart(9), late="9d")) == 2
    assert len(ids(days_apart(20), late=None)) == 2


def test_ids_are_forgotten_after_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once delivery has passed the event's day by `late`, its id takes no memory any more."""
    held = _watch_release(monkeypatch)
    contents = {
        key(f"2026-11-{day:02}T09:05"): log(numbered(day, eventTime=f"2026-11-{day:02}T09:00:00Z"))
        for day in range(1, 20)
    }
    monkeypatch.setattr("trailnb.reading.chunks._BATCH_ROWS", 1)
    assert len(ids(contents)) == 19
    assert max(held) <= 3


def test_ids_are_kept_where_deliveries_have_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file whose name tells no time may repeat any event, so nothing is forgotten."""
    contents = {
        key(f"2026-11-{day:02}T09:05"): log(numbered(day, eventTime=f"2026-11-{day:02}T09:00:00Z"))
        for day in range(1, 20)
    }
    monkeypatch.setattr("trailnb.reading.chunks._BATCH_ROWS", 1)
    again = log(numbered(1, eventTime="2026-11-01T09:00:00Z"))
    assert len(ids(contents | {"copy.json.gz": again})) == 19


def _watch_release(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    held: list[int] = []
    release = Copies.release

    def watched(self: Copies, delivered: Any) -> None:  # noqa: ANN401 - passed on
        release(self, delivered)
        held.append(self._keys_in_memory)

    monkeypatch.setattr(Copies, "release", watched)
    return held


@pytest.fixture
def little_memory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Three keys fit in memory; what moves to disk lies in the returned folder."""

    def few(*arguments: Any, **named: Any) -> Copies:
        return Copies(*arguments, **named, most_keys_in_memory=3)

    monkeypatch.setattr(scan, "Copies", few)
    monkeypatch.setattr("trailnb.reading.chunks._BATCH_ROWS", 1)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def many_copies() -> dict[str, bytes]:
    """Thirty events in ten files, each delivered two or three times, some without an id."""
    return {
        key(f"2026-11-02T{9 + number // 6:02}:{number % 6 * 5 + 5:02}"): log(
            *(numbered(one % 30) for one in range(number * 3, number * 3 + 7)),
            event(eventID=None),
            numbered(number, eventTime="soon"),
        )
        for number in range(10)
    }


@pytest.mark.filterwarnings("ignore::trailnb.errors.ProblemWarning")
def test_spilling_changes_no_answer(little_memory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With keys on disk the same copies are found, and no file is left behind."""
    contents = many_copies()
    spilled, counted = tn.open(contents).events.collect(), tn.open(contents).duplicates()
    monkeypatch.undo()
    assert_frame_equal(spilled, tn.open(contents).events.collect())
    assert_frame_equal(counted, tn.open(contents).duplicates())
    assert list(little_memory.iterdir()) == []


@pytest.mark.filterwarnings("ignore::trailnb.errors.ProblemWarning")
def test_keys_really_move_to_disk(little_memory: Path) -> None:
    """While the scan runs, keys lie in one folder; when it is left early, the folder goes."""
    frames: Iterator[pl.DataFrame] = Query.of(
        tn.open(many_copies()).scan, ("event_id",), None
    ).frames()
    for _ in range(4):
        next(frames)
    folders = [path.name for path in little_memory.iterdir()]
    assert len(folders) == 1
    assert folders[0].startswith("trailnb-keys-")
    del frames
    assert list(little_memory.iterdir()) == []


def test_disk_is_cleared_after_head(little_memory: Path) -> None:
    """`head` ends a scan early and leaves nothing on disk."""
    contents = {name: log(*(numbered(n) for n in range(9))) for name in (EARLY, LATER, LAST)}
    assert tn.open(contents).events.head(9).collect().height == 9
    assert list(little_memory.iterdir()) == []


def test_first_copy_that_vanishes_meanwhile() -> None:
    """If the first copy's file is gone when both are compared, the second stays and is counted."""
    source = WatchedSource({EARLY: log(numbered(1)), LATER: log(numbered(1))})
    frames = Query.of(tn.open(source, workers=1).scan, ("event_id",), None)
    copies = frames.copies
    assert copies is not None
    source_read = source.read

    def read(files: Any) -> Any:  # noqa: ANN401 - passed on
        source.gone = {EARLY} if len(source.read_keys) >= 2 else set()
        return source_read(files)

    source.read = read  # type: ignore[method-assign]
    assert sum(frame.height for frame in frames.frames()) == 2
    assert copies.differing == {1: 1}


def test_window_applies_before_copies_are_counted() -> None:
    """Events outside the window are neither shown nor counted as copies."""
    old = numbered(1, eventTime="2026-11-01T23:59:59Z")
    midnight = key("2026-11-02T00:05")
    contents = {midnight: log(old, numbered(2)), EARLY: log(old, numbered(2))}
    assert duplicates(contents, since="2026-11-02") == [("0905", 1, 0)]


records = st.builds(
    lambda number, name, who: numbered(number, eventName=name, userIdentity=user(who)),
    st.integers(0, 5),
    st.sampled_from(["A", "B"]),
    st.sampled_from(["alice", "alice", "bob"]),
)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.lists(records, max_size=5), min_size=1, max_size=6),
    st.randoms(use_true_random=False),
)
def test_shuffled_files_change_no_answer(
    files: list[list[dict[str, Any]]], dice: random.Random
) -> None:
    """The order in which files are named, or records stand in them, decides nothing."""
    named = [(key(f"2026-11-02T09:{5 * at:02}"), part) for at, part in enumerate(files)]
    shuffled = dice.sample(named, len(named))
    one = tn.open({name: log(*part) for name, part in named})
    other = tn.open({name: log(*part) for name, part in shuffled})
    assert_frame_equal(one.events.collect(), other.events.collect())
    mixed = {name: log(*dice.sample(part, len(part))) for name, part in shuffled}
    shown = ["event_id", "event_name", "user_name"]
    assert_frame_equal(
        one.events.select(shown).collect().sort(shown),
        tn.open(mixed).events.select(shown).collect().sort(shown),
    )
    distinct = {json.dumps(record) for _, part in named for record in part}
    assert one.events.select(pl.len()).collect().item() == len(distinct)


def test_rewritten_files_are_read_again_once() -> None:
    """A file that a tool wrote again costs one more look at both files, not one a record."""
    records = [numbered(number) for number in range(20)]
    again = json.dumps({"Records": records}, indent=1).encode()
    source = WatchedSource({EARLY: log(*records), LATER: again})
    assert tn.open(source).events.select(pl.len()).collect().item() == 20
    assert len(source.read_keys) <= 6
