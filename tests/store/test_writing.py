"""What does writing a part read, hold and say?"""

from __future__ import annotations

import gzip
import hashlib
from typing import TYPE_CHECKING

import polars as pl
import pytest

from tests.store.stores import ledger_of, parts_in, saved
from tests.trail.deliveries import WatchedSource, at, key, log, numbered
from trailnb.errors import SourceError
from trailnb.sources.source import LogFile
from trailnb.store.folder import Folder
from trailnb.store.part import FOOTER_KEY, Footer
from trailnb.store.writing import IS_COPY, Group, grouped, last_day_of, write_parts
from trailnb.trail.scan import schema

if TYPE_CHECKING:
    from pathlib import Path


def test_part_has_every_column_sorted_by_time(tmp_path: Path) -> None:
    """A part holds the event table with its derived columns, each record byte for byte."""
    late, early = (numbered(one, eventTime=f"2026-11-02T0{9 - one}:00:00Z") for one in (1, 2))
    saved({key("2026-11-02T09:05"): log(late, early)}, tmp_path)
    frame = pl.read_parquet(parts_in(tmp_path)[0], hive_partitioning=False)
    assert {name: dtype for name, dtype in frame.schema.items() if name != IS_COPY} == dict(
        schema()
    )
    assert frame["event_time"].is_sorted()
    assert frame["log_index"].to_list() == [1, 0]
    assert all('"eventVersion": "1.11"' in record for record in frame["record"])


def test_footer_proves_what_was_read(tmp_path: Path) -> None:
    """The footer has each object's hashes: as stored, and of its text, as digests have it."""
    name, content = key("2026-11-02T09:05"), log(numbered(1), numbered(2))
    saved({name: content}, tmp_path)
    (held,) = ledger_of(tmp_path).held.values()
    text = gzip.decompress(content)
    assert held.file.key == name
    assert held.file.delivered == at("2026-11-02T09:05")
    assert held.sha256_stored == hashlib.sha256(content).hexdigest()
    assert held.sha256_text == hashlib.sha256(text).hexdigest()
    assert (held.text_bytes, held.events) == (len(text), 2)


def test_vanished_file_is_unread_and_the_rest_is_written(tmp_path: Path) -> None:
    """One that cannot be read is listed as such, with a problem; a later save may try again."""
    there, gone = LogFile("a.json"), LogFile("b.json")
    source = WatchedSource({"a.json": log(numbered(1))})
    written = write_parts(source, Folder(str(tmp_path)), "now", Group("1970-01-01", (there, gone)))
    assert (written.files, written.events, written.unread) == (2, 1, 1)
    footer = Footer.from_text(pl.read_parquet_metadata(parts_in(tmp_path)[0])[FOOTER_KEY])
    assert [held.file for held in footer.held] == [there]
    assert footer.unread == (gone,)
    assert [problem.log_file for problem in footer.problems] == ["b.json"]


def test_text_that_is_more_than_was_guessed(tmp_path: Path) -> None:
    """Log files that unpack to more text than one part may hold become several, the same ever."""
    names = [f"{name}.json.gz" for name in "abcde"]
    source = WatchedSource({name: log(numbered(number)) for number, name in enumerate(names)})
    group = Group("1970-01-01", tuple(map(LogFile, names)))
    limit = len(gzip.decompress(log(numbered(1)))) + 1
    for _ in range(2):
        written = write_parts(source, Folder(str(tmp_path)), "now", group, text_bytes=limit)
        assert (written.parts, written.files, written.events) == (3, 5, 5)
        parts = ledger_of(tmp_path).parts
        held = sorted([one.file.key[0] for one in part.footer.held] for part in parts)
        assert held == [["a", "b"], ["c", "d"], ["e"]]


def test_day_is_split_where_it_is_large() -> None:
    """Log files of a day share parts up to a size; days never share one."""
    files = [LogFile(f"{one}.gz", 10, at(f"2026-11-0{1 + one // 4}T00:05")) for one in range(8)]
    groups = grouped(files, text_bytes=200)
    assert [(group.day, len(group.files)) for group in groups] == [
        ("2026-11-01", 2), ("2026-11-01", 2), ("2026-11-02", 2), ("2026-11-02", 2),
    ]  # fmt: skip
    assert grouped([]) == []


def test_last_day_reaches_as_far_as_copies_may() -> None:
    """The newest event's day; without end when a time is missing; none when there is no event."""
    times = pl.Series("event_time", [at("2026-11-02T23:59"), at("2026-11-01T00:00")])
    assert last_day_of(times.to_frame()) == "2026-11-02"
    assert last_day_of(times.clear().to_frame()) == ""
    assert last_day_of(times.extend_constant(None, 1).to_frame()) == "9999-12-31"


def test_part_is_not_there_when_writing_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that is full leaves no half part."""

    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    source = WatchedSource({"a.json": log(numbered(1))})
    with pytest.raises(SourceError, match="No space left on device"):
        write_parts(source, Folder(str(tmp_path)), "now", Group("1970-01-01", (LogFile("a.json"),)))
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
