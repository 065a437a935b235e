"""Logs wherever fsspec reaches."""

import zipfile
from datetime import UTC, datetime
from pathlib import Path

import fsspec
import pytest

from trailnb.errors import SourceError
from trailnb.sources.fsspec_source import FsspecSource
from trailnb.sources.layout import compose
from trailnb.sources.opening import source_of
from trailnb.sources.source import LogFile, Unread, Wanted

ALL = Wanted()


@pytest.fixture
def memory(tmp_path: Path) -> tuple[fsspec.AbstractFileSystem, str]:
    """Fsspec's memory, with two logs under a folder of this test's own."""
    filesystem = fsspec.filesystem("memory")
    filesystem.pipe_file(f"/{tmp_path.name}/x/a.json", b"a")
    filesystem.pipe_file(f"/{tmp_path.name}/b.txt", b"b")
    return filesystem, tmp_path.name


def test_a_ready_filesystem_is_used(memory: tuple[fsspec.AbstractFileSystem, str]) -> None:
    """The URL is then a path on it."""
    filesystem, folder = memory
    source = source_of(folder, filesystem=filesystem)
    files = source.list(ALL).files
    assert [file.key for file in files] == [f"{folder}/b.txt", f"{folder}/x/a.json"]
    assert [content for _, content in source.read(files)] == [b"b", b"a"]


def test_one_object_and_a_glob_are_sources(
    memory: tuple[fsspec.AbstractFileSystem, str],
) -> None:
    """As on disk."""
    _, folder = memory
    for url in (f"memory://{folder}/x/a.json", f"memory://{folder}/**/*.json"):
        source = source_of(url)
        (file,) = source.list(ALL).files
        assert file.key == f"memory://{folder}/x/a.json"
        assert list(source.read([file])) == [(file, b"a")]


@pytest.mark.parametrize("inner", ["zip", "zip://", "zip://AWSLogs", "zip://**/*.json.gz"])
def test_a_chain_of_protocols_is_followed(tmp_path: Path, inner: str) -> None:
    """Members are named as in an archive on disk, and their layout counts."""
    name = compose(account="111122223333", region="us-east-1", delivered=datetime.now(UTC))
    with zipfile.ZipFile(tmp_path / "logs.zip", "w") as archive:
        archive.writestr(name, "a")
    source = source_of(f"{inner}::file://{tmp_path}/logs.zip")
    (file,) = source.list(ALL).files
    member = name.removeprefix("AWSLogs/") if inner == "zip://AWSLogs" else name
    assert file.key.endswith(f"::file://{tmp_path}/logs.zip!/{member}")
    assert file.account == "111122223333"
    assert list(source.read([file])) == [(file, b"a")]


def test_nothing_there_is_an_error(memory: tuple[fsspec.AbstractFileSystem, str]) -> None:
    """A wrong path is no empty trail."""
    _, folder = memory
    with pytest.raises(SourceError, match="nothing lies there: memory://"):
        source_of(f"memory://{folder}/nowhere").list(ALL)


def test_a_backend_that_fails_leaves_the_object_unread(
    memory: tuple[fsspec.AbstractFileSystem, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever it raises; its text is not shown, for it may hold secrets."""
    filesystem, folder = memory

    def fail(*_: object, **__: object) -> bytes:
        message = "token=hush"
        raise RuntimeError(message)

    monkeypatch.setattr(type(filesystem), "cat_file", fail)
    ((_, content),) = source_of(f"memory://{folder}").read([LogFile(f"memory://{folder}/b.txt")])
    assert content == Unread("could not be fetched (RuntimeError)", is_transient=True)


def test_passwords_and_signatures_in_urls_are_not_shown() -> None:
    """Presigned URLs are secrets for as long as they live."""
    source = FsspecSource("https://host/a.json.gz?X-Amz-Signature=hush")
    assert source.uri == "https://host/a.json.gz"
    assert "hush" not in repr(source)
    assert FsspecSource("sftp://me:hush@host/logs").uri == "sftp://me@host/logs"
