"""Does a save bring what is missing, once, wherever the store lies and whoever else saves?"""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from tests.sources.conftest import KEY, SECRET, faults, s3_client, s3_endpoint, s3_options
from tests.store.stores import assert_same, ids, ledger_of, opened, parts_in, saved, three_days
from tests.trail.deliveries import WatchedSource, key, log, numbered
from trailnb.errors import RequestError, SourceError
from trailnb.store import ledger as ledgers
from trailnb.store import remote, saving
from trailnb.store.folder import Folder
from trailnb.store.ledger import MARKER
from trailnb.store.remote import Remote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from trailnb.store.writing import Group, Written

__all__ = ["faults", "s3_client", "s3_endpoint", "s3_options"]


def test_second_save_reads_nothing(tmp_path: Path) -> None:
    """What the store holds is not read again, and no part is written anew."""
    saved(three_days(), tmp_path)
    before = {path: path.stat().st_mtime_ns for path in parts_in(tmp_path)}
    source = WatchedSource(three_days())
    assert ids(opened(source).save(tmp_path)) == list("123456")
    assert source.read_keys == []
    assert {path: path.stat().st_mtime_ns for path in parts_in(tmp_path)} == before


def test_new_day_touches_only_its_own_files(tmp_path: Path) -> None:
    """One new day costs reading that day's objects and writing that day's part."""
    saved(three_days(), tmp_path)
    before = {path: path.stat().st_mtime_ns for path in parts_in(tmp_path)}
    name = key("2026-11-04T09:05")
    source = WatchedSource(
        three_days() | {name: log(numbered(7, eventTime="2026-11-04T09:00:00Z"))}
    )
    opened(source).save(tmp_path)
    assert source.read_keys == [name]
    after = {path: path.stat().st_mtime_ns for path in parts_in(tmp_path)}
    assert before.items() <= after.items()
    assert [path.parent.name for path in after.keys() - before.keys()] == ["date=2026-11-04"]


def test_vanished_file_is_tried_again(tmp_path: Path) -> None:
    """A log file that could not be read is a problem until a later save reads it."""
    name = key("2026-11-02T09:05")
    raw = WatchedSource(three_days(), gone={name})
    trail = opened(raw).save(tmp_path)
    assert_same(trail, opened(raw))
    assert ids(trail) == ["1", "2", "3", "4", "6"]
    assert opened(raw).save(tmp_path).problems().height == 1
    back = WatchedSource(three_days())
    assert_same(opened(back).save(tmp_path), opened(WatchedSource(three_days())))
    assert back.read_keys == [name]


def test_changed_object_takes_the_place_of_the_old(tmp_path: Path) -> None:
    """A log file whose size changed is read again, and only its new content answers."""
    contents = three_days()
    saved(contents, tmp_path)
    contents[key("2026-11-02T09:05")] = log(
        numbered(5, eventTime="2026-11-02T09:00:00Z"), numbered(8, eventTime="2026-11-02T09:01:00Z")
    )
    assert_same(saved(contents, tmp_path), opened(WatchedSource(contents)))
    source = WatchedSource(contents)
    opened(source).save(tmp_path)
    assert source.read_keys == []


def test_clock_that_goes_wrong(tmp_path: Path) -> None:
    """A save from a machine whose clock is behind still counts before the older one."""
    contents = three_days()
    saved(contents, tmp_path)
    ahead = ledger_of(tmp_path)
    for part in ahead.parts:
        _rewrite_footer(tmp_path / part.name, saved_at="2999-01-01T00:00:00.000000+00:00")
    contents[key("2026-11-02T09:05")] = log(numbered(8), numbered(9))
    assert ids(saved(contents, tmp_path)) == ["1", "2", "3", "4", "6", "8", "9"]
    assert datetime.now(UTC).year < 2999


def test_folder_of_others_is_refused(tmp_path: Path) -> None:
    """Nothing is written among files that are none of a store's."""
    for name in ("notes.txt", "date=2026-11-02/events.parquet"):
        folder = tmp_path / name.replace("/", "-")
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_bytes(b"PAR1 of somebody")
        with pytest.raises(SourceError, match="something else lies here already"):
            saved(three_days(), folder)
        assert [path for path in folder.rglob("*") if path.is_file()] == [folder / name]


def test_lost_marker_is_written_again(tmp_path: Path) -> None:
    """A store that lost its marker is one again after a save, and nothing is read for it."""
    saved(three_days(), tmp_path)
    (tmp_path / MARKER).unlink()
    source = WatchedSource(three_days())
    assert ids(opened(source).save(tmp_path)) == list("123456")
    assert source.read_keys == []


def test_full_disk_in_the_middle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When space runs out the save ends with a sentence; the next one completes it."""
    puts = iter(range(100))

    def fail(_: int) -> None:
        if next(puts) >= 3:
            raise OSError(28, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr("os.fsync", fail)
        with pytest.raises(SourceError, match=r"No space left on device.* save again"):
            saved(three_days(), tmp_path)
    held = {file.key for file in opened(tmp_path).scan.files}
    assert 0 < len(held) < 5
    source = WatchedSource(three_days())
    assert_same(opened(source).save(tmp_path), opened(WatchedSource(three_days())))
    assert held.isdisjoint(source.read_keys)


@pytest.mark.parametrize("name", ["case [1]*", "50% of {x}?", "für später", ".hidden"])
def test_odd_folder_names(tmp_path: Path, name: str) -> None:
    """Any folder name holds a store."""
    contents = three_days()
    assert_same(saved(contents, tmp_path / name), opened(WatchedSource(contents)))
    opened(tmp_path / name).compact()
    assert opened(tmp_path / name).verify_store().height == 0


def test_odd_keys(tmp_path: Path) -> None:
    """Keys with spaces, per cents, dots, newlines and many letters are kept as they are."""
    names = [
        "a b.json",
        "50%.json",
        "../up.json",
        "ü/…/x.json",
        "new\nline.json",
        "x" * 900,
        "a//b",
    ]
    contents = {name: log(numbered(number)) for number, name in enumerate(names)}
    trail = saved(contents, tmp_path)
    assert sorted(trail.events.collect()["log_file"]) == sorted(names)
    assert_same(trail, opened(WatchedSource(contents)))


def test_any_map_will_do(tmp_path: Path) -> None:
    """Tasks may run in any order and anywhere; they and their answers travel."""
    import pickle

    def backwards(
        function: Callable[[Group], Written], groups: Sequence[Group]
    ) -> Iterable[Written]:
        function = pickle.loads(pickle.dumps(function))  # noqa: S301 - our own
        return [pickle.loads(pickle.dumps(function(group))) for group in reversed(groups)]  # noqa: S301

    raw = opened(WatchedSource(three_days()))
    assert_same(raw.save(tmp_path, map=backwards), raw)


def test_two_saves_at_once(tmp_path: Path) -> None:
    """Two saves of overlapping logs, part by part in turn, end as one save of all."""
    contents = {
        key(f"2026-11-02T{9 + number // 12:02}:{number % 12 * 5:02}"): log(
            *(numbered(one, eventTime="2026-11-02T08:59:00Z") for one in (number, number + 1))
        )
        for number in range(24)
    }
    names = sorted(contents)
    halves = [names[:16], names[8:]]
    gate = threading.Barrier(2, timeout=20)
    failed: list[BaseException] = []

    def in_turn(function: Callable[[Group], Written], groups: Sequence[Group]) -> Iterable[Written]:
        gate.wait()
        return map(function, groups)

    def run(half: list[str]) -> None:
        source = WatchedSource({name: contents[name] for name in half})
        try:
            opened(source).save(tmp_path, map=in_turn)
        except BaseException as error:  # noqa: BLE001 - told by the test
            failed.append(error)

    threads = [threading.Thread(target=run, args=(half,)) for half in halves]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert_same(opened(tmp_path), opened(WatchedSource(contents)))
    source = WatchedSource(contents)
    assert_same(opened(source).save(tmp_path), opened(WatchedSource(contents)))
    assert source.read_keys == []


def test_saved_trail_is_not_saved_again(tmp_path: Path) -> None:
    """What is saved already says so."""
    trail = saved(three_days(), tmp_path)
    with pytest.raises(RequestError, match="opened from log files"):
        trail.save(tmp_path / "again")


def test_lookback_files_are_kept_too(tmp_path: Path) -> None:
    """A trail with a window keeps what was delivered before it, for who issued credentials."""
    raw = opened(WatchedSource(three_days()), since="2026-11-02T06:00:00Z")
    assert_same(raw.save(tmp_path), raw)
    looked_back = opened(tmp_path, since="2026-11-02T06:00:00Z").lookback_events
    assert looked_back is not None
    assert looked_back.collect().height == 4


# On an object store.


def test_store_on_s3(
    s3_client: Any,  # noqa: ANN401 # boto3 client
    s3_options: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Saved to a bucket, opened from it, saved again: the same trail, with one put per part."""
    s3_client.create_bucket(Bucket="cases")
    where: dict[str, Any] = {"storage_options": s3_options}
    puts: list[str] = []
    put = Remote.put

    def counted(self: Remote, name: str, content: bytes) -> None:
        puts.append(name)
        put(self, name, content)

    monkeypatch.setattr(remote.Remote, "put", counted)
    contents = three_days()
    raw = opened(WatchedSource(contents))
    assert_same(raw.save("s3://cases/a case/042", **where), raw)
    parts = [name for name in puts if ledgers.is_part(name)]
    found = s3_client.list_objects_v2(Bucket="cases", Prefix="a case/042/date=")["Contents"]
    assert len(found) == 3
    assert len(parts) == 4  # three parts, one of them once more with its marks
    puts.clear()
    more = {key("2026-11-04T09:05"): log(numbered(7, eventTime="2026-11-04T09:00:00Z"))}
    source = WatchedSource(contents | more)
    assert_same(opened(source).save("s3://cases/a case/042/", **where), opened(contents | more))
    assert source.read_keys == list(more)
    assert len([name for name in puts if ledgers.is_part(name)]) == 1
    trail = opened("s3://cases/a case/042", since="2026-11-02", **where)
    assert_same(trail, opened(WatchedSource(contents | more), since="2026-11-02"))
    assert trail.verify_store().height == 0
    assert trail.compact() == 0


def test_bucket_that_is_not_there(
    s3_client: Any,  # noqa: ANN401 # boto3 client
    s3_options: dict[str, Any],
) -> None:
    """A destination that cannot be written is one sentence, without the secret."""
    assert s3_client.list_buckets()["Buckets"] == []
    with pytest.raises(SourceError) as refused:
        opened(WatchedSource(three_days())).save("s3://nowhere/042", storage_options=s3_options)
    assert "s3://nowhere/042" in str(refused.value)
    assert SECRET not in str(refused.value)
    assert KEY not in str(refused.value)


def test_settings_say_how_the_store_was_made(tmp_path: Path) -> None:
    """The marker tells format and lateness in plain JSON."""
    saved(three_days(), tmp_path, late="36h")
    assert json.loads((tmp_path / MARKER).read_text()) == {
        "trailnb": "store",
        "format": 1,
        "late_seconds": 129600.0,
    }
    assert saving.late_of(Folder(str(tmp_path))) is not None


def test_store_of_a_later_release(tmp_path: Path) -> None:
    """A format that is not known is refused, before anything is read or written."""
    saved(three_days(), tmp_path)
    (tmp_path / MARKER).write_text('{"trailnb": "store", "format": 2, "late_seconds": 0}')
    for use in (lambda: opened(tmp_path).events, lambda: saved(three_days(), tmp_path)):
        with pytest.raises(SourceError, match="saved in format 2, not 1"):
            use()


def _rewrite_footer(path: Path, **changed: object) -> None:
    import dataclasses
    import io

    import polars as pl

    from trailnb.store.part import FOOTER_KEY, Footer
    from trailnb.store.writing import part_bytes

    content = path.read_bytes()
    footer = Footer.from_text(pl.read_parquet_metadata(io.BytesIO(content))[FOOTER_KEY])
    changed_footer = dataclasses.replace(footer, **changed)  # type: ignore[arg-type]
    path.write_bytes(part_bytes(pl.read_parquet(io.BytesIO(content)), changed_footer))
