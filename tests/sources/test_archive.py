"""Logs in archives: names are only names, sizes only claims."""

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from trailnb.errors import SourceError
from trailnb.sources.archive import ArchiveSource, Bounds, is_archive
from trailnb.sources.source import LogFile, Unread, Wanted

ALL = Wanted()


def make_zip(path: Path, *members: tuple[str, bytes]) -> ArchiveSource:
    """Write a zip and open it."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return ArchiveSource(str(path))


def make_tar(path: Path, *members: tuple[str, bytes], mode: str = "w:gz") -> ArchiveSource:
    """Write a tar and open it."""
    with tarfile.open(path, mode) as tar:  # type: ignore[call-overload] # mode is text here
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return ArchiveSource(str(path))


def contents(source: ArchiveSource) -> list[bytes | Unread]:
    """Everything the source hands over."""
    return [content for _, content in source.read(source.list(ALL).files)]


@pytest.mark.parametrize(("ending", "mode"), [("tar", "w"), ("tgz", "w:gz"), ("txz", "w:xz")])
def test_a_tar_is_read_in_the_order_asked_for(tmp_path: Path, ending: str, mode: str) -> None:
    """One pass through the archive, whatever order its members have."""
    source = make_tar(tmp_path / f"a.{ending}", ("b", b"2"), ("c", b"3"), ("a", b"1"), mode=mode)
    files = source.list(ALL).files
    assert [file.key.split("!/")[1] for file in files] == ["a", "b", "c"]
    assert [content for _, content in source.read(files[::-1])] == [b"3", b"2", b"1"]


def test_paths_that_climb_are_only_names(tmp_path: Path) -> None:
    """Nothing is ever written under a member's name."""
    source = make_zip(tmp_path / "a.zip", ("../../etc/cron.d/x", b"{}"), ("/abs.json", b"[]"))
    assert [file.key for file in source.list(ALL).files] == [
        f"{tmp_path}/a.zip!/../../etc/cron.d/x",
        f"{tmp_path}/a.zip!//abs.json",
    ]
    assert contents(source) == [b"{}", b"[]"]


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("make", [make_zip, make_tar])
def test_one_name_twice_is_two_log_files(tmp_path: Path, make: type) -> None:
    """Both are evidence; the second is numbered."""
    source = make(tmp_path / "twice", ("a.json", b"1"), ("a.json", b"2"))
    assert [file.key.split("!/")[1] for file in source.list(ALL).files] == ["a.json", "a.json#2"]
    assert contents(source) == [b"1", b"2"]


@pytest.mark.parametrize("make", [make_zip, make_tar])
def test_a_bomb_is_unread(tmp_path: Path, make: type) -> None:
    """A few kilobytes may unpack to gigabytes; the bound is on what would be unpacked."""
    bomb = make(tmp_path / "bomb", ("a", b"small"), ("b", bytes(2_000_000)))
    source = ArchiveSource(bomb.uri, Bounds(member_bytes=1_000_000))
    assert (tmp_path / "bomb").stat().st_size < 10_000
    assert contents(source) == [b"small", Unread("too large: 2,000,000 bytes, 1,000,000 allowed")]


def test_the_whole_archive_is_bounded_too(tmp_path: Path) -> None:
    """What lies beyond the bound is reported, not read."""
    tar = make_tar(tmp_path / "a.tar", ("a", bytes(4000)), ("b", bytes(4000)))
    listing = ArchiveSource(tar.uri, Bounds(total_bytes=6000)).list(ALL)
    assert [file.key[-1] for file in listing.files] == ["a"]
    assert listing.unlisted == ((f"{tar.uri}!/b", "beyond the bounds: unpack it, open the folder"),)


def test_a_lying_tar_header_fills_no_memory(tmp_path: Path) -> None:
    """A pax header that claims gigabytes is a torn archive, not an allocation."""
    info = tarfile.TarInfo("pax")
    info.type, info.size = tarfile.XHDTYPE, 5 << 30
    (tmp_path / "liar.tar").write_bytes(info.tobuf() + bytes(1024))
    with pytest.raises(SourceError, match=r"not a readable archive .*a header of"):
        ArchiveSource(str(tmp_path / "liar.tar")).list(ALL)


def test_an_encrypted_member_says_what_to_do(tmp_path: Path) -> None:
    """No password is ever asked for."""
    source = make_zip(tmp_path / "a.zip", ("a", b"secret"))
    raw = bytearray((tmp_path / "a.zip").read_bytes())
    raw[6] |= 1  # the flag in the local header
    raw[raw.index(b"PK\x01\x02") + 8] |= 1  # and in the directory
    (tmp_path / "a.zip").write_bytes(raw)
    (content,) = contents(source)
    assert isinstance(content, Unread)
    assert content.reason.startswith("encrypted")


def test_links_in_a_tar_are_reported(tmp_path: Path) -> None:
    """A link has no content of its own."""
    with tarfile.open(tmp_path / "a.tar", "w") as tar:
        info = tarfile.TarInfo("link.json")
        info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(info)
    listing = ArchiveSource(str(tmp_path / "a.tar")).list(ALL)
    assert listing.files == ()
    assert [reason for _, reason in listing.unlisted] == ["a link or device, not a file"]


def test_a_torn_tar_keeps_what_came_before(tmp_path: Path) -> None:
    """The listing says after which member it broke."""
    whole = make_tar(
        tmp_path / "a.tar", *[(f"{n}.json", bytes([n]) * 3000) for n in range(4)], mode="w"
    )
    raw = Path(whole.uri).read_bytes()
    Path(whole.uri).write_bytes(raw[: 2 * 3584 + 700])
    listing = whole.list(ALL)
    assert [file.key.split("!/")[1] for file in listing.files] == ["0.json", "1.json", "2.json"]
    assert listing.unlisted == ((whole.uri, "the archive is torn after 2.json"),)
    first, second, torn = contents(whole)
    assert (first, second) == (bytes([0]) * 3000, bytes([1]) * 3000)
    assert isinstance(torn, Unread)
    assert torn.reason.startswith("the archive is torn")


def test_a_broken_member_of_a_zip_leaves_the_others(tmp_path: Path) -> None:
    """Each member is checked by itself."""
    source = make_zip(tmp_path / "a.zip", ("a", b"x" * 50), ("b", b"y"))
    raw = bytearray((tmp_path / "a.zip").read_bytes())
    raw[32] ^= 0xFF
    (tmp_path / "a.zip").write_bytes(raw)
    broken, whole = contents(source)
    assert isinstance(broken, Unread)
    assert whole == b"y"


def test_what_is_no_archive_says_so(tmp_path: Path) -> None:
    """The name promises, the bytes decide."""
    (tmp_path / "a.zip").write_text("hello")
    with pytest.raises(SourceError, match="not a readable archive"):
        ArchiveSource(str(tmp_path / "a.zip")).list(ALL)
    with pytest.raises(SourceError, match="no such archive"):
        ArchiveSource(str(tmp_path / "b.zip")).list(ALL)


def test_an_archive_is_known_by_its_bytes(tmp_path: Path) -> None:
    """A zip without its ending is still a zip; a gzipped log is none."""
    make_zip(tmp_path / "evidence", ("a", b""))
    (tmp_path / "log.json.gz").write_bytes(b"\x1f\x8b")
    assert is_archive(tmp_path / "evidence")
    assert not is_archive(tmp_path / "log.json.gz")


def test_a_tar_that_ends_in_a_zip_is_a_tar(tmp_path: Path) -> None:
    """Seen from behind it looks like a zip."""
    make_zip(tmp_path / "inner.zip", ("inside.json", b"{}"))
    inner = (tmp_path / "inner.zip").read_bytes()
    source = make_tar(tmp_path / "a.tar", ("a.json", b"1"), ("inner.zip", inner), mode="w")
    assert contents(source) == [b"1", inner]


def test_a_member_that_was_never_there_is_unread(tmp_path: Path) -> None:
    """As on disk: it vanished between listing and reading."""
    source = make_tar(tmp_path / "a.tar", ("a", b""))
    ((_, content),) = source.read([LogFile(key=f"{source.uri}!/gone")])
    assert content == Unread("vanished between listing and reading")
