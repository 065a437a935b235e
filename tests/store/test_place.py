"""Does a place hold whole files, and nothing else?"""

from __future__ import annotations

import errno
import os
import time
from pathlib import Path

import pytest

from tests.store.stores import ids, opened, saved, three_days
from trailnb.errors import SourceError
from trailnb.store.folder import Folder
from trailnb.store.place import place_of, scan
from trailnb.store.remote import Remote


def test_file_that_was_put_is_there(tmp_path: Path) -> None:
    """A file is listed, read and removed by its name below the store."""
    place = Folder(str(tmp_path / "new" / "case"))
    assert place.list() == []
    place.put("date=2026-11-02/a.parquet", b"one")
    (kept,) = place.list()
    assert (kept.name, kept.size_bytes) == ("date=2026-11-02/a.parquet", 3)
    assert place.get(kept.name) == b"one"
    place.remove(kept.name)
    place.remove(kept.name)
    assert place.list() == []


@pytest.mark.parametrize("kind", ["folder", "remote"])
def test_only_what_begins_so_is_listed(kind: str, tmp_path: Path) -> None:
    """A prefix may name a folder, a part of a name, or nothing that is there."""
    place = Folder(str(tmp_path)) if kind == "folder" else Remote(f"memory://{tmp_path.name}")
    names = ["_trailnb/store.json", "date=2026-11-02/a", "date=2026-11-03/b", "evidence/x/y"]
    for name in names:
        place.put(name, b"1")

    def found(prefix: str) -> list[str]:
        return [one.name for one in place.list(prefix)]

    assert found("") == names
    assert found("date=") == names[1:3]
    assert found("evidence/") == found("evidence/x/y") == names[3:]
    assert found("evidence/z") == found("date=2027") == []


def test_version_changes_with_every_put(tmp_path: Path) -> None:
    """Two states of one size are told apart, even when the clock stands still."""
    place = Folder(str(tmp_path))
    versions = set()
    for content in (b"one", b"two"):
        place.put("a", content)
        os.utime(tmp_path / "a", ns=(5, 5))
        versions.add(place.list()[0].version)
    assert len(versions) == 2


def test_unfinished_file_is_never_seen(tmp_path: Path) -> None:
    """What a killed writer left is not listed, and goes once it is a day old."""
    fresh, old = tmp_path / ".unfinished-1", tmp_path / ".unfinished-2"
    for path in (fresh, old):
        path.write_bytes(b"half")
    os.utime(old, (time.time() - 90_000,) * 2)
    place = Folder(str(tmp_path))
    assert place.list() == []
    place.sweep()
    assert (fresh.exists(), old.exists()) == (True, False)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_write_that_fails_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """A full disk or a read-only folder is one sentence, and what was there stays."""
    place = Folder(str(tmp_path))
    place.put("a", b"old")

    def fail(_: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(SourceError, match=f"could not be written \\({os.strerror(number)}\\)"):
        place.put("a", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert place.get("a") == b"old"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_read_only_folder(tmp_path: Path) -> None:
    """A folder without permission is one sentence."""
    tmp_path.chmod(0o500)
    with pytest.raises(SourceError, match="could not be written"):
        Folder(str(tmp_path)).put("a", b"")


def test_name_of_a_folder_is_no_pattern(tmp_path: Path) -> None:
    """Stars, brackets and spaces in a folder's name are read as they stand."""
    import polars as pl

    for name in ("case [1]*", "50% of ü?"):
        place = Folder(str(tmp_path / name))
        pl.DataFrame({"a": [1]}).write_parquet(tmp_path / "part")
        place.put("date=2026-11-02/a.parquet", (tmp_path / "part").read_bytes())
        assert scan(place, ["date=2026-11-02/a.parquet"]).collect().to_dict(as_series=False) == {
            "a": [1]
        }


def test_relative_folder_is_meant_from_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A relative path stays where it was meant when the working folder changes."""
    monkeypatch.chdir(tmp_path)
    place = Folder("case")
    monkeypatch.chdir("/")
    place.put("a", b"")
    assert (tmp_path / "case" / "a").exists()


def test_places_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """A URL is remote, a file URL and a home folder are folders."""
    monkeypatch.setenv("HOME", "/home/alice")
    assert isinstance(place_of("s3://bucket/case", {"anon": True}), Remote)
    assert place_of("file:///data/case", None).uri == "/data/case"
    assert place_of("~/case", None).uri == "/home/alice/case"
    assert place_of(Path("case"), None).uri == "case"


def test_store_opens_under_every_spelling(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that is saved to a home folder or a file URL opens by the same name."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("~/one", f"file://{tmp_path}/two"):
        saved(three_days(), name)
        assert ids(opened(name)) == list("123456")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one", "two"]


def test_secrets_are_not_shown() -> None:
    """Options with credentials do not appear when a place is printed."""
    assert "hunter2" not in repr(place_of("s3://bucket/case", {"secret": "hunter2"}))


def test_options_in_the_words_of_polars() -> None:
    """What s3fs is told, Polars is told."""
    place = Remote(
        "s3://b", {"key": "k", "endpoint_url": "http://x", "client_kwargs": {"region_name": "r"}}
    )
    assert place.polars_options["storage_options"] == {
        "aws_access_key_id": "k",
        "aws_endpoint_url": "http://x",
        "aws_region": "r",
        "aws_allow_http": "true",
    }
