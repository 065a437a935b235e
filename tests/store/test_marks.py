"""Are copies marked as raw reading finds them, also when marks are lost or out of date?"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import polars as pl
import pytest

from tests.store.stores import assert_same, ids, ledger_of, opened, parts_in, saved, three_days
from tests.trail.deliveries import OTHER_ACCOUNT, WatchedSource, key, log, numbered
from trailnb.formats.problem import Problem
from trailnb.sources.source import LogFile
from trailnb.store import marks, repeats
from trailnb.store.folder import Folder
from trailnb.store.marks import BASES
from trailnb.store.part import Footer, Part
from trailnb.trail.request import STAMP_SLACK

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ONE = numbered(1, eventTime="2026-11-02T09:00:00Z")


def counts(dest: Path) -> dict[str, tuple[int, int]]:
    """How many copies and differing events has each log file?"""
    return opened(dest).scan.duplicates()


def test_copy_is_hidden_and_counted(tmp_path: Path) -> None:
    """The second delivery of an event is marked; without deduplication it is there."""
    saved(three_days(), tmp_path)
    assert ids(opened(tmp_path)) == list("123456")
    assert ids(opened(tmp_path, dedupe=False)) == ["1", "2", "3", "3", "4", "5", "6"]
    assert counts(tmp_path) == {key("2026-11-02T00:05"): (1, 0)}


def test_order_of_saving_does_not_matter(tmp_path: Path) -> None:
    """When the earlier delivery is saved later, the mark moves to the later one."""
    contents = {key(f"2026-11-02T{time}"): log(ONE) for time in ("09:05", "09:10")}
    for name in sorted(contents, reverse=True):
        saved({name: contents[name]}, tmp_path)
    assert counts(tmp_path) == {key("2026-11-02T09:10"): (1, 0)}
    assert opened(tmp_path).events.collect()["log_file"].to_list() == [key("2026-11-02T09:05")]


def test_undated_file_stands_last(tmp_path: Path) -> None:
    """A file without a stamp brings the copy, never the first; and no event is lost to it."""
    for name in ("plain.json.gz", key("2026-11-02T09:05")):
        saved({name: log(ONE)}, tmp_path)
    assert counts(tmp_path) == {"plain.json.gz": (1, 0)}
    assert ids(opened(tmp_path)) == ["1"]


def test_differing_records_are_all_kept(tmp_path: Path) -> None:
    """Records that share an id and say different things stay, and are counted."""
    other = ONE | {"eventName": "GetObject"}
    rewritten = json.dumps({"Records": [dict(reversed(list(other.items())))]}).encode()
    contents = {
        key("2026-11-02T09:05"): log(ONE),
        key("2026-11-02T09:10"): log(other),
        key("2026-11-02T09:15"): rewritten,
    }
    assert_same(saved(contents, tmp_path), opened(WatchedSource(contents)))
    assert counts(tmp_path) == {key("2026-11-02T09:10"): (0, 1), key("2026-11-02T09:15"): (1, 0)}


@pytest.mark.parametrize("late", ["1d", "3d", None])
def test_repetition_that_comes_too_late(tmp_path: Path, late: str | None) -> None:
    """Raw or saved, an event that is delivered again later than copies may come is kept."""
    contents = {key("2026-11-02T09:05"): log(ONE), key("2026-11-05T09:05"): log(ONE)}
    raw = opened(WatchedSource(contents), late=late)
    assert_same(raw.save(tmp_path), raw)
    assert len(ids(raw)) == (2 if late == "1d" else 1)


def test_undated_file_that_vanished(tmp_path: Path) -> None:
    """One file without a stamp lets copies come at any time, also when it cannot be read."""
    contents = {
        key("2026-11-02T09:05"): log(ONE),
        key("2026-11-05T09:05"): log(ONE),
        "plain.json": log(numbered(2)),
    }
    source = WatchedSource(contents, gone={"plain.json"})
    opened(source).save(tmp_path)
    for how in ({}, {"since": "2026-11-01"}):
        assert_same(opened(tmp_path, **how), opened(source, **how))
        assert ids(opened(tmp_path, **how)) == ["1"]


def test_widest_lateness_counts(tmp_path: Path) -> None:
    """Saves with several `late` mark under the longest; none of them narrows it."""
    contents = {key("2026-11-02T09:05"): log(ONE), key("2026-11-05T09:05"): log(ONE)}
    for late, events in (("1d", 2), ("3d", 1), ("1h", 1), (None, 1), ("1d", 1)):
        saved(contents, tmp_path, late=late)
        assert len(ids(opened(tmp_path))) == events
        store, ledger = Folder(str(tmp_path)), ledger_of(tmp_path)
        assert marks.stale(store, ledger, opened(tmp_path).scan.late) == []  # type: ignore[union-attr]


@pytest.mark.parametrize("damage", [None, b"", b"[]", b"{}", b'{"x": 1}'])
def test_lost_bases_cost_only_time(tmp_path: Path, damage: bytes | None) -> None:
    """Without what says against what parts were marked, copies are looked for at opening."""
    saved(three_days(), tmp_path)
    (tmp_path / BASES).unlink() if damage is None else (tmp_path / BASES).write_bytes(damage)
    assert_same(opened(tmp_path), opened(WatchedSource(three_days())))
    before = [path.read_bytes() for path in parts_in(tmp_path)]
    saved(three_days(), tmp_path)
    assert [path.read_bytes() for path in parts_in(tmp_path)] == before


def test_save_that_broke_off_before_marking(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Parts without marks answer right: with copies hidden, and counted."""
    with monkeypatch.context() as broken:
        broken.setattr(marks, "mark", _break_off)
        with pytest.raises(KeyboardInterrupt):
            saved(three_days(), tmp_path)
    raw = opened(WatchedSource(three_days()))
    assert_same(opened(tmp_path), raw)
    assert_same(saved(three_days(), tmp_path), raw)


def test_part_that_changed_meanwhile_is_left_alone(tmp_path: Path) -> None:
    """Marks are never written over a part that another save wrote since it was looked at."""
    saved(three_days(), tmp_path)
    store, ledger = Folder(str(tmp_path)), ledger_of(tmp_path)
    part = next(part for part in ledger.parts if part.footer.marks)
    seen = Footer(**{**_fields(part.footer), "held": part.footer.held[:1]})
    before = store.get(part.name)
    marks._rewrite(store, Part(part.name, 0, "", seen), marks.Marks(pl.DataFrame()), "new")
    assert store.get(part.name) == before


def test_only_neighbours_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new day is compared with the day before; days further back are left alone."""
    days = range(1, 8)
    contents = {
        key(f"2026-11-0{day}T09:05"): log(numbered(day, eventTime=f"2026-11-0{day}T09:00:00Z"))
        for day in days
    }
    saved(contents, tmp_path)
    looked = _watch_keys(monkeypatch)
    more = {key("2026-11-08T09:05"): log(numbered(8, eventTime="2026-11-08T09:00:00Z"))}
    saved(contents | more, tmp_path)
    assert sorted(looked) == ["2026-11-07", "2026-11-08"]


def test_event_from_the_future_stays_in_reach(tmp_path: Path) -> None:
    """A copy of an event with a wrong clock, or none, is found on whatever day it comes."""
    for number, time in ((1, "2026-12-24T00:00:00Z"), (2, None)):
        record = numbered(number, eventTime=time)
        contents = {key("2026-11-02T09:05"): log(record), key("2026-11-20T09:05"): log(record)}
        for name, content in contents.items():
            saved({name: content}, tmp_path / str(number))
        assert_same(opened(tmp_path / str(number)), opened(WatchedSource(contents)))


def test_window_that_leaves_the_first_copy_out(tmp_path: Path) -> None:
    """Where only the copy's file is asked for, the copy is the event."""
    record = ONE | {"recipientAccountId": OTHER_ACCOUNT}
    contents = {
        key("2026-11-02T09:05"): log(record),
        key("2026-11-02T09:10", account=OTHER_ACCOUNT): log(record),
    }
    saved(contents, tmp_path)
    assert all(part.footer.odd == ("place",) for part in ledger_of(tmp_path).parts)
    for how in ({}, {"accounts": OTHER_ACCOUNT}, {"accounts": "111122223333"}):
        assert_same(opened(tmp_path, **how), opened(WatchedSource(contents), **how))
    assert ids(opened(tmp_path, accounts=OTHER_ACCOUNT)) == ["1"]


def test_common_copies_are_not_odd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two trails into one bucket: a window over them needs no second look at copies."""
    contents = {
        key(f"2026-11-02T09:{minute:02}", unique=unique): log(
            numbered(minute, eventTime=f"2026-11-02T08:{59 - minute}:00Z")
        )
        for minute in (5, 10, 15)
        for unique in ("AbCdEfGhIjKlMnOp", "ZyXwVuTsRqPoNmLk")
    }
    saved(contents, tmp_path)
    looked = _watch_keys(monkeypatch)
    trail = opened(tmp_path, since="2026-11-02T08:20:00Z", accounts="111122223333")
    assert ids(trail) == ["10", "15", "5"]
    assert looked == []


def test_slack_is_the_same_everywhere() -> None:
    """A mark leans on the same room for stamps as a listing does."""
    assert pl.select(repeats._SLACK).item() == STAMP_SLACK


def test_part_of_unread_files_has_no_marks(tmp_path: Path) -> None:
    """A day of which nothing could be read is marked like any other."""
    contents = three_days()
    trail = opened(WatchedSource(contents, gone={key("2026-11-03T09:05")})).save(tmp_path)
    assert Problem("", "").severity == "error"
    assert trail.problems()["log_file"].to_list() == [key("2026-11-03T09:05")]
    assert LogFile(key("2026-11-03T09:05")).key in trail.files()["log_file"]
    assert ids(trail) == list("12345")


def _break_off(*_: object) -> None:
    raise KeyboardInterrupt


def _fields(footer: Footer) -> dict[str, object]:
    return {name: getattr(footer, name) for name in Footer.__dataclass_fields__}


def _watch_keys(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note of which day each part is whose event ids are read."""
    looked: list[str] = []
    read: Callable[..., pl.DataFrame] = marks._keys

    def watched(place: Folder, part: Part, *rest: object) -> pl.DataFrame:
        looked.append(part.footer.day)
        return read(place, part, *rest)

    monkeypatch.setattr(marks, "_keys", watched)
    return looked
