"""Logs on disk: files, folders, globs, links, and what cannot be read."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from trailnb.errors import SourceError
from trailnb.sources.disk import DiskSource
from trailnb.sources.source import LogFile, Unread, Wanted

ALL = Wanted()


def put(root: Path, *names: str) -> None:
    """Write small files below a folder."""
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"content of {path.name}")


def names(source: DiskSource, root: Path, wanted: Wanted = ALL) -> list[str]:
    """Keys of a listing, relative to the folder."""
    return [Path(file.key).relative_to(root).as_posix() for file in source.list(wanted).files]


def test_a_folder_lists_everything_below_it(tmp_path: Path) -> None:
    """Whatever is no litter is listed: the reader says what it is."""
    put(tmp_path, "a.json", "deep/er/b.json.gz", "LICENSE", ".hidden.json", ".DS_Store", "._a.json")
    expected = [".hidden.json", "LICENSE", "a.json", "deep/er/b.json.gz"]
    assert names(DiskSource(str(tmp_path)), tmp_path) == expected


def test_one_file_is_a_source(tmp_path: Path) -> None:
    """The key of a single file is the path as given."""
    put(tmp_path, "a.json")
    source = DiskSource(str(tmp_path / "a.json"))
    (file,) = source.list(ALL).files
    assert file.key == str(tmp_path / "a.json")
    assert list(source.read([file])) == [(file, b"content of a.json")]


@pytest.mark.parametrize(
    ("glob", "expected"),
    [
        ("*.json", ["a.json"]),
        ("**/*.json", ["a.json", "x/b.json", "x/y/c.json"]),
        ("x/*", ["x/b.json", "x/y/c.json"]),
        ("x/**", ["x/b.json", "x/y/c.json"]),
        ("[!b].json", ["a.json"]),
        ("*/y", ["x/y/c.json"]),
    ],
)
def test_a_glob_lists_what_it_names(tmp_path: Path, glob: str, expected: list[str]) -> None:
    """A folder that a glob names brings all that lies below it."""
    put(tmp_path, "a.json", "x/b.json", "x/y/c.json", "z.txt")
    assert names(DiskSource(f"{tmp_path}/{glob}"), tmp_path) == expected


def test_a_name_with_wildcards_in_it_is_a_name_first(tmp_path: Path) -> None:
    """An existing path is never read as a pattern."""
    put(tmp_path, "case [1]/a.json", "case 1/b.json")
    assert names(DiskSource(f"{tmp_path}/case [1]"), tmp_path) == ["case [1]/a.json"]


def test_relative_paths_survive_a_change_of_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keys stay as typed, and reading finds them from anywhere."""
    put(tmp_path, "logs/a.json")
    monkeypatch.chdir(tmp_path)
    source = DiskSource("logs")
    files = source.list(ALL).files
    monkeypatch.chdir("/")
    assert [file.key for file in files] == ["logs/a.json"]
    assert [content for _, content in source.read(files)] == [b"content of a.json"]


def test_opened_inside_the_layout_a_window_still_prunes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What lies above the working folder is part of the path."""
    region = tmp_path / "AWSLogs/111122223333/CloudTrail/us-east-1"
    put(region, "2026/11/01/odd.json", "2026/11/02/odd.json")
    monkeypatch.chdir(region)
    wanted = Wanted(delivered_from=datetime(2026, 11, 2, tzinfo=UTC))
    assert [file.key for file in DiskSource(".").list(wanted).files] == ["2026/11/02/odd.json"]


def test_a_missing_folder_says_what_to_check(tmp_path: Path) -> None:
    """A typing error is no empty trail."""
    with pytest.raises(SourceError, match=r"no such file or folder: .*nowhere\. Check"):
        DiskSource(str(tmp_path / "nowhere")).list(ALL)


def test_a_link_out_of_the_folder_is_reported(tmp_path: Path) -> None:
    """Evidence folders may hold links laid by someone else."""
    put(tmp_path, "secret/key.json", "logs/a.json")
    (tmp_path / "logs/away").symlink_to(tmp_path / "secret")
    (tmp_path / "logs/away.json").symlink_to(tmp_path / "secret/key.json")
    listing = DiskSource(str(tmp_path / "logs")).list(ALL)
    assert [Path(file.key).name for file in listing.files] == ["a.json"]
    assert [reason for _, reason in listing.unlisted] == [
        "a link out of the folder, not followed"
    ] * 2


def test_links_in_circles_end(tmp_path: Path) -> None:
    """A link back into the folder leads to files that are listed already."""
    put(tmp_path, "x/a.json")
    (tmp_path / "x/round").symlink_to(tmp_path)
    (tmp_path / "x/same.json").symlink_to(tmp_path / "x/a.json")
    assert names(DiskSource(str(tmp_path)), tmp_path) == ["x/a.json"]


def test_a_broken_link_and_a_pipe_are_reported(tmp_path: Path) -> None:
    """Neither can be read; neither vanishes."""
    (tmp_path / "gone.json").symlink_to(tmp_path / "nothing")
    os.mkfifo(tmp_path / "pipe.json")
    reasons = dict(DiskSource(str(tmp_path)).list(ALL).unlisted)
    assert reasons == {
        f"{tmp_path}/gone.json": "a link that leads nowhere",
        f"{tmp_path}/pipe.json": "neither a file nor a folder",
    }


def test_a_vanished_file_is_unread(tmp_path: Path) -> None:
    """Between listing and reading, anything may happen."""
    gone = LogFile(key=str(tmp_path / "gone.json"))
    ((_, content),) = DiskSource(str(tmp_path)).read([gone])
    assert content == Unread("vanished between listing and reading")


def test_a_file_beyond_the_bound_is_unread(tmp_path: Path) -> None:
    """The bound is in stored bytes."""
    put(tmp_path, "big.json")
    source = DiskSource(str(tmp_path), most_bytes=5)
    ((_, content),) = source.read(source.list(ALL).files)
    assert content == Unread("too large: 19 bytes, 5 allowed")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_refused_permission_is_reported(tmp_path: Path) -> None:
    """A closed folder is unlisted, a closed file unread."""
    put(tmp_path, "closed/a.json", "b.json")
    (tmp_path / "closed").chmod(0)
    (tmp_path / "b.json").chmod(0)
    source = DiskSource(str(tmp_path))
    listing = source.list(ALL)
    assert listing.unlisted == ((f"{tmp_path}/closed", "permission denied"),)
    assert [content for _, content in source.read(listing.files)] == [Unread("permission denied")]
    (tmp_path / "closed").chmod(0o700)


def test_a_name_that_is_no_text_is_listed_and_read(tmp_path: Path) -> None:
    """Undecodable bytes are spelt out in the key: keys travel as UTF-8."""
    Path(os.fsdecode(bytes(tmp_path) + b"/caf\xe9.json")).write_bytes(b"{}")
    source = DiskSource(str(tmp_path))
    files = source.list(ALL).files
    assert [file.key for file in files] == [f"{tmp_path}/caf\\xe9.json"]
    assert [content for _, content in source.read(files)] == [b"{}"]
