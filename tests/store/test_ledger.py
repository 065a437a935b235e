"""Which part owns which log file, whatever lies in the store?"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import polars as pl
import pytest

from tests.store.stores import ids, ledger_of, opened, parts_in, saved, three_days
from tests.trail.deliveries import key, log, numbered
from trailnb.formats.problem import Problem
from trailnb.sources.source import LogFile
from trailnb.store import ledger as ledgers
from trailnb.store.folder import Folder
from trailnb.store.ledger import CACHE, MARKER, is_store
from trailnb.store.part import Footer, Held, Part, part_name
from trailnb.store.writing import part_bytes, stored_schema

if TYPE_CHECKING:
    from pathlib import Path

    from trailnb.store.place import Kept

DAY = "2026-11-02"


def part(*names: str, saved_at: str, version: str = "1", **how: object) -> Part:
    """A part that holds these log files."""
    held = tuple(Held(LogFile(name, 1, version=version)) for name in names)
    footer = Footer(DAY, held, saved_at=saved_at, **how)  # type: ignore[arg-type]
    return Part(part_name(DAY, [one.file for one in held]), 1, "", footer)


def owned(*parts: Part) -> dict[str, list[str]]:
    """Who owns what, parts named by when they were saved?"""
    ledger = ledgers._resolved(parts, {})
    saved_at = {one.name: one.footer.saved_at for one in parts}
    return {saved_at[name]: sorted(held) for name, held in ledger.owned.items()}


def test_newer_save_owns_what_both_hold() -> None:
    """Each log file is read from one part: the newest that holds it."""
    found = owned(part("a", "b", saved_at="1"), part("b", "c", saved_at="2"))
    assert found == {"1": ["a"], "2": ["b", "c"]}


def test_part_of_which_nothing_is_read_is_spent() -> None:
    """A part whose log files are all read from others does not count."""
    old, new = part("a", saved_at="1"), part("a", "b", saved_at="2")
    ledger = ledgers._resolved([old, new], {})
    assert (ledger.parts, ledger.spent) == ((new,), (old.name,))


def test_joined_part_replaces_those_it_names() -> None:
    """What was joined is not looked at again, also when a kill left it there."""
    one, two = part("a", saved_at="1"), part("b", saved_at="2")
    joined = part("a", "b", saved_at="2", replaces=(one.name, two.name))
    assert owned(one, two, joined) == {"2": ["a", "b"]}
    assert len(ledgers._resolved([one, two, joined], {}).parts) == 1


def test_replaced_part_that_is_saved_again_counts_again() -> None:
    """A log file that returns to an older state has its old part's name: the newer save counts."""
    joined = part("a", "b", saved_at="2", replaces=(part("a", saved_at="1").name,))
    again = part("a", saved_at="3")
    assert owned(joined, again) == {"2": ["b"], "3": ["a"]}


def test_chain_of_joins() -> None:
    """What is left of a part two joins ago changes nothing."""
    one, two, three = (part(name, saved_at=at) for name, at in (("a", "1"), ("b", "2"), ("c", "3")))
    first = part("a", "b", saved_at="2", replaces=(one.name, two.name))
    second = part("a", "b", "c", saved_at="3", replaces=(first.name, three.name))
    assert owned(one, second, three) == {"3": ["a", "b", "c"]}


def test_part_may_name_itself() -> None:
    """A joined part that has the name of one it replaces stands."""
    name = part("a", "b", saved_at="1").name
    assert owned(part("a", "b", saved_at="1", replaces=(name,))) == {"1": ["a", "b"]}


def test_problems_of_the_part_that_is_read_or_was_tried_last() -> None:
    """An unread log file is a problem until a save reads it; only the last try speaks."""
    gone = LogFile("a", 1)
    tries = [
        Part(f"p{at}", 1, "", Footer(DAY, (), (gone,), (Problem("a", f"try {at}"),), saved_at=at))
        for at in ("1", "2")
    ]
    ledger = ledgers._resolved(tries, {})
    assert [problem.reason for problem in ledger.problems] == ["try 2"]
    assert ledger.unread == (gone,)
    read = ledgers._resolved([*tries, part("a", saved_at="3")], {})
    assert (read.problems, read.unread) == ((), ())


def test_change_that_could_not_be_read_is_told() -> None:
    """When a changed log file cannot be read, the old state stays, and the problem is said."""
    changed = LogFile("a", 2)
    tried = Part("p2", 1, "", Footer(DAY, (), (changed,), (Problem("a", "refused"),), saved_at="2"))
    ledger = ledgers._resolved([part("a", saved_at="1"), tried], {})
    assert list(ledger.held) == ["a"]
    assert [problem.reason for problem in ledger.problems] == ["refused"]


def test_cache_saves_opening_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that was opened before opens no footer again; without the cache it opens each."""
    saved(three_days(), tmp_path)
    before = ledger_of(tmp_path)
    looked: list[str] = []
    read = ledgers.read_footer

    def watched(place: Folder, name: str) -> str | None:
        looked.append(name)
        return read(place, name)

    monkeypatch.setattr(ledgers, "read_footer", watched)
    assert ledger_of(tmp_path) == before
    assert looked == []
    for damage in (None, b"torn"):
        (tmp_path / CACHE).unlink() if damage is None else (tmp_path / CACHE).write_bytes(damage)
        assert ledger_of(tmp_path) == before
        assert len(looked) == 3
        looked.clear()


def test_read_only_store_opens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that may only be read opens, without its cache."""
    saved(three_days(), tmp_path)
    (tmp_path / CACHE).unlink()

    def refuse(_: int) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("os.fsync", refuse)
    assert ids(opened(tmp_path)) == list("123456")
    assert not (tmp_path / CACHE).exists()


@pytest.mark.parametrize("keep", [0, 4, 100, -1])
def test_torn_part_is_a_problem_and_repaired(tmp_path: Path, keep: int) -> None:
    """A truncated part is not read, is said, and the next save makes up for it."""
    contents = three_days()
    saved(contents, tmp_path)
    torn = parts_in(tmp_path)[1]
    torn.write_bytes(torn.read_bytes()[:keep])
    trail = opened(tmp_path)
    name = torn.relative_to(tmp_path).as_posix()
    assert [row["log_file"] for row in trail.problems().iter_rows(named=True)] == [name]
    assert ids(trail) == ["1", "2", "3", "6"]
    whole = saved(contents, tmp_path)
    assert whole.problems().height == 0
    assert ids(whole) == list("123456")


def test_torn_part_goes_when_others_hold_what_it_held(tmp_path: Path) -> None:
    """Also a save that groups log files otherwise repairs, as long as all of them are there."""
    contents = three_days()
    saved(contents, tmp_path)
    torn = parts_in(tmp_path)[1]
    torn.write_bytes(torn.read_bytes()[:-9])
    more = {key("2026-11-02T10:05"): log(numbered(7, eventTime="2026-11-02T10:00:00Z"))}
    names = sorted(contents)
    some = {name: contents[name] for name in names if name != names[3]}
    assert saved(some | more, tmp_path).problems().height == 1
    whole = saved(contents | more, tmp_path)
    assert whole.problems().height == 0
    assert ids(whole) == list("1234567")
    assert not torn.exists()


def test_parquet_of_others_is_a_problem(tmp_path: Path) -> None:
    """A Parquet file that is none of ours among the parts is said and not read."""
    saved(three_days(), tmp_path)
    pl.DataFrame({"event_name": ["Foreign"]}).write_parquet(tmp_path / f"date={DAY}" / "x.parquet")
    trail = opened(tmp_path)
    assert trail.problems()["log_file"].to_list() == [f"date={DAY}/x.parquet"]
    assert ids(trail) == list("123456")


def test_store_that_is_compacted_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A part that goes between listing and reading is looked for in the one that took its place."""
    place = Folder(str(tmp_path))
    for name in ("a", "b"):
        _put(place, part(name, saved_at="1"))
    listed, looks = Folder.list, []

    def changing(self: Folder, prefix: str = "") -> list[Kept]:
        found = listed(self, prefix)
        looks.append(1)
        if len(looks) == 1:
            old = [kept.name for kept in found]
            _put(place, part("a", "b", saved_at="1", replaces=tuple(old)))
            for name in old:
                place.remove(name)
        return found

    monkeypatch.setattr(Folder, "list", changing)
    assert sorted(ledgers.load(place).held) == ["a", "b"]


def test_marker_makes_a_store(tmp_path: Path) -> None:
    """A folder is a store by its marker alone."""
    place = Folder(str(tmp_path))
    for content in (None, "", "[]", '{"trailnb": 5}'):
        if content is not None:
            place.put(MARKER, content.encode())
        assert not is_store(place)
    place.put(MARKER, b'{"trailnb": "store"}')
    assert is_store(place)


def _put(place: Folder, one: Part) -> None:
    place.put(one.name, part_bytes(pl.DataFrame(schema=stored_schema()), one.footer))


def test_rotten_footer_is_a_torn_part(tmp_path: Path) -> None:
    """Whatever bytes of a footer are damaged, the store opens: the part is read whole, or not."""
    saved({key("2026-11-02T09:05"): log(numbered(1))}, tmp_path)
    (path,) = parts_in(tmp_path)
    whole = path.read_bytes()
    place = Folder(str(tmp_path))
    dice = random.Random(7)
    for _ in range(300):
        content = bytearray(whole)
        start = len(content) - 1 - dice.randrange(4000)
        content[start : start + 3] = dice.randbytes(3)
        path.write_bytes(content[: len(whole)])
        ledger = ledgers.load(place)
        assert len(ledger.parts) + len(ledger.torn) == 1
