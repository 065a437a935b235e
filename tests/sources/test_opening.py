"""What a person may type, and which place it means."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from trailnb.errors import MissingExtraError, RequestError, SourceError
from trailnb.sources.opening import source_of
from trailnb.sources.source import Unread, Wanted

ALL = Wanted()


@pytest.mark.parametrize(
    ("uri", "kind"),
    [
        ("logs", "DiskSource"),
        (Path("logs"), "DiskSource"),
        ("file:///var/logs", "DiskSource"),
        ("logs/**/*.json.gz", "DiskSource"),
        ("evidence.zip", "ArchiveSource"),
        ("evidence.tar.gz", "ArchiveSource"),
        ("s3://bucket/prefix", "S3Source"),
        ("s3a://bucket", "S3Source"),
        ("zip::s3://bucket/evidence.zip", "FsspecSource"),
        ("gs://bucket/logs", "FsspecSource"),
        ({"a.json": b"{}"}, "MemorySource"),
        (["logs"], "DiskSource"),
        (["logs", "s3://bucket"], "JoinedSource"),
    ],
)
def test_each_spelling_has_its_source(uri: Any, kind: str) -> None:  # noqa: ANN401 # any spelling
    """Nothing is touched yet: none of these exist."""
    assert type(source_of(uri)).__name__ == kind


@pytest.mark.parametrize("uri", [None, 3, "", [], {"a.json": {"Records": []}}, {1: b""}])
def test_what_names_no_logs_is_refused_with_a_hint(uri: Any) -> None:  # noqa: ANN401 # any mistake
    """The message says what may be passed."""
    with pytest.raises(RequestError, match=r"Pass|json\.dumps"):
        source_of(uri)


def test_several_places_are_one(tmp_path: Path) -> None:
    """Files come in one order, and are read from where they lie."""
    (tmp_path / "b.json").write_bytes(b"disk")
    source = source_of([{"a.json": b"memory"}, tmp_path / "b.json"])
    files = source.list(ALL).files
    assert [content for _, content in source.read(files[::-1])] == [b"memory", b"disk"][
        :: 1 if files[-1].key == "a.json" else -1
    ]
    assert source.uri == f"memory, {tmp_path}/b.json"


def test_a_file_named_twice_is_listed_once(tmp_path: Path) -> None:
    """Overlapping paths are a slip, not twice the events."""
    (tmp_path / "a.json").write_bytes(b"{}")
    source = source_of([tmp_path, tmp_path / "a.json", f"{tmp_path}/*.json"])
    assert len(source.list(ALL).files) == 1


def test_equal_names_in_two_mappings_are_two_files() -> None:
    """In memory, a name does not say that two contents are one."""
    source = source_of([{"a.json": b"1"}, {"a.json": b"2"}])
    files = source.list(ALL).files
    assert [file.key for file in files] == ["2!/a.json", "a.json"]
    assert [content for _, content in source.read(files)] == [b"2", b"1"]


def test_a_file_nobody_listed_is_unread() -> None:
    """A joined source knows a key's place from its listing."""
    source = source_of([{"a.json": b"1"}, {"b.json": b"2"}])
    (file, _) = source_of({"a.json": b"", "b.json": b""}).list(ALL).files
    assert list(source.read([file])) == [(file, Unread("was never listed here"))]


def test_a_source_opens_as_itself() -> None:
    """Whoever writes a source of their own can open it."""
    source = source_of({"a.json": b"{}"})
    assert source_of(source) is source


def test_an_unknown_protocol_is_named() -> None:
    """With the part to check."""
    with pytest.raises(SourceError, match="no such protocol: nowhere://x"):
        source_of("nowhere://x").list(ALL)


def test_a_protocol_without_its_package_says_what_to_install() -> None:
    """Fsspec knows many places that need a package of their own."""
    with pytest.raises(MissingExtraError, match=r"gs://bucket needs a package .*gcsfs"):
        source_of("gs://bucket").list(ALL)


def test_disk_and_memory_load_no_cloud_client() -> None:
    """What a notebook does not use costs it nothing."""
    code = (
        "import sys; from trailnb.sources.opening import source_of; "
        "source_of('logs'); source_of({'a': b''}); "
        "print({'s3fs', 'fsspec', 'obstore', 'botocore'} & set(sys.modules))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "set()"
