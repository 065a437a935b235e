"""Are small parts joined without a moment in which an event is missing or double?"""

from __future__ import annotations

import contextlib
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.store.stores import (
    answers,
    assert_same,
    ids,
    ledger_of,
    opened,
    parts_in,
    saved,
    three_days,
)
from tests.trail.deliveries import WatchedSource, key, log, numbered
from trailnb.errors import RequestError
from trailnb.store import compacting
from trailnb.store.folder import Folder

if TYPE_CHECKING:
    from pathlib import Path


class Killed(BaseException):
    """Stands for the end of the process."""


def one_by_one(dest: Path) -> dict[str, bytes]:
    """Save each log file by itself, so that days have several parts."""
    contents = three_days() | {key("2026-11-02T10:05"): b"{]", "plain.json": log(numbered(7))}
    for name, content in contents.items():
        saved({name: content}, dest)
    return contents


def test_days_become_one_part_each(tmp_path: Path) -> None:
    """Parts of a day are joined; events, problems, duplicates and hashes stay."""
    contents = one_by_one(tmp_path)
    before = ledger_of(tmp_path).held
    assert len(parts_in(tmp_path)) == 7
    assert opened(tmp_path).compact() == 5
    days = [path.parent.name[5:] for path in parts_in(tmp_path)]
    assert days == ["1970-01-01", "2026-11-01", "2026-11-02", "2026-11-03"]
    assert_same(opened(tmp_path), opened(WatchedSource(contents)))
    assert ledger_of(tmp_path).held == before
    assert opened(tmp_path).compact() == 0


def test_compacted_store_is_not_read_again(tmp_path: Path) -> None:
    """A save after joining finds everything there."""
    contents = one_by_one(tmp_path)
    opened(tmp_path).compact()
    source = WatchedSource(contents)
    opened(source).save(tmp_path)
    assert source.read_keys == []


def test_kill_at_any_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed before or after any write or removal, the store answers the same, and goes on."""
    contents = one_by_one(tmp_path / "whole")
    raw = answers(opened(WatchedSource(contents)))
    for step in range(40):
        dest = tmp_path / str(step)
        shutil.copytree(tmp_path / "whole", dest)
        with monkeypatch.context() as deadly:
            is_dead = _kill_at(deadly, step)
            with contextlib.suppress(Killed):
                compacting.compact(Folder(str(dest)))
        assert_same(opened(dest), raw)
        if not is_dead:
            break
        opened(dest).compact()
        assert_same(opened(dest), raw)
        assert len(parts_in(dest)) == 4
        shutil.rmtree(dest)
    else:
        pytest.fail("it never came to an end")
    assert step > 8


def test_killed_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Joined, killed, added to, joined, killed: no event is double or missing."""
    contents = one_by_one(tmp_path)
    for number, step in ((8, 1), (9, 2), (10, 3), (11, 2)):
        with monkeypatch.context() as deadly:
            _kill_at(deadly, step)
            with pytest.raises(Killed):
                compacting.compact(Folder(str(tmp_path)))
        name = key(f"2026-11-02T{number + 3}:05")
        contents[name] = log(numbered(number, eventTime="2026-11-02T09:00:00Z"))
        assert_same(saved(contents, tmp_path), opened(WatchedSource(contents)))
    opened(tmp_path).compact()
    assert_same(opened(tmp_path), opened(WatchedSource(contents)))
    assert len(parts_in(tmp_path)) == 4


def test_newer_state_saved_meanwhile_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A changed log file that is saved while its old state is joined answers with the new."""
    contents = one_by_one(tmp_path)
    contents[key("2026-11-02T09:05")] = log(numbered(8), numbered(9))
    put = Folder.put

    def meanwhile(self: Folder, name: str, content: bytes) -> None:
        if name.startswith("date=2026-11-02"):
            monkeypatch.setattr(Folder, "put", put)
            saved(contents, tmp_path)
        put(self, name, content)

    monkeypatch.setattr(Folder, "put", meanwhile)
    compacting.compact(Folder(str(tmp_path)))
    assert_same(opened(tmp_path), opened(WatchedSource(contents)))


def test_replaced_log_file_leaves_the_store(tmp_path: Path) -> None:
    """The rows of an old state are gone once parts are joined."""
    contents = three_days()
    saved(contents, tmp_path)
    contents[key("2026-11-02T09:05")] = log(numbered(8), numbered(9))
    saved(contents, tmp_path)
    opened(tmp_path).compact()
    assert ids(opened(tmp_path)) == ["1", "2", "3", "4", "6", "8", "9"]
    assert all(not ledger_of(tmp_path).left_out(part) for part in ledger_of(tmp_path).parts)


def test_large_parts_stay_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only parts that fit into one are joined."""
    one_by_one(tmp_path)
    monkeypatch.setattr(compacting, "PART_TEXT_BYTES", 10)
    assert opened(tmp_path).compact() == 0


def test_unread_files_stay_known(tmp_path: Path) -> None:
    """Joining keeps what could not be read in view."""
    contents = three_days()
    gone = key("2026-11-02T09:05")
    for name in contents:
        opened(WatchedSource({name: contents[name]}, gone={gone})).save(tmp_path)
    raw = opened(WatchedSource(contents, gone={gone}))
    assert_same(opened(tmp_path), raw)
    opened(tmp_path).compact()
    assert_same(opened(tmp_path), raw)


def test_only_stores_are_compacted() -> None:
    """Raw logs have no parts."""
    with pytest.raises(RequestError, match="not a saved one"):
        opened(WatchedSource(three_days())).compact()


def _kill_at(monkeypatch: pytest.MonkeyPatch, step: int) -> list[bool]:
    """End the process at the n-th write or removal of a part, before or after it by turns."""
    left, dead = [step], []
    for name in ("put", "remove"):
        real = getattr(Folder, name)

        def deadly(self: Folder, *rest: object, real: object = real) -> None:
            left[0] -= 1
            if left[0] == -1 and step % 2:
                dead.append(True)
                raise Killed
            real(self, *rest)  # type: ignore[operator]
            if left[0] == -1:
                dead.append(True)
                raise Killed

        monkeypatch.setattr(Folder, name, deadly)
    return dead
