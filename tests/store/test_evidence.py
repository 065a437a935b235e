"""Are digests kept beside the parts, byte for byte, under names that lead nowhere else?"""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.store.stores import opened, saved, three_days
from tests.trail.deliveries import WatchedSource, at, key
from trailnb.sources.layout import compose
from trailnb.store.evidence import key_of, name_of


def digest(moment: str) -> str:
    """Under which key is a digest delivered?"""
    return compose(
        account="111122223333",
        region="eu-central-1",
        delivered=at(moment),
        folder="CloudTrail-Digest",
    )


@example("s3://bucket/../../etc/passwd")
@example("../.x/…/" + "ü" * 300)
@example("a%2Fb/%/%%/ c")
@example("/" + "x" * 1000)
@given(st.text(max_size=30))
def test_any_key_has_a_safe_name(key: str) -> None:
    """A name leads back to its key; it stays in the store, is not hidden, and fits on a disk."""
    name = name_of(key)
    assert key_of(name) == key
    parts = PurePosixPath(name).parts
    assert parts[0] == "evidence"
    assert not any(part.startswith(".") or len(part.encode()) > 255 for part in parts)
    assert name.isascii()


def test_keys_differ_names_differ() -> None:
    """No two keys share a name."""
    keys = ["a/b", "a//b", "a%2Fb", "a/%/b", "/a/b", "a/b/", "x" * 200 + "/" + "y", "x" * 200 + "y"]
    assert len({name_of(key) for key in keys}) == len(keys)


def test_digests_are_kept_byte_for_byte(tmp_path: Path) -> None:
    """A digest is read back as it was stored, under its own key."""
    name = digest("2026-11-02T10:00")
    trail = saved(three_days() | {name: b"signed"}, tmp_path)
    assert [file.key for file in trail.evidence_files] == [name]
    ((_, content),) = trail.scan.source.read(trail.evidence_files)
    assert content == b"signed"
    assert trail.files().filter(use="evidence")["log_file"].to_list() == [name]


def test_digest_is_copied_once(tmp_path: Path) -> None:
    """A later save copies only what is not there."""
    contents = {digest("2026-11-02T10:00"): b"one", key("2026-11-02T09:05"): b"{}"}
    saved(contents, tmp_path)
    source = WatchedSource(contents | {digest("2026-11-02T11:00"): b"two"})
    opened(source).save(tmp_path)
    assert source.read_keys == [digest("2026-11-02T11:00")]


@pytest.mark.parametrize("window", [{}, {"since": "2026-11-02T08:00:00Z", "lookback": "0s"}])
def test_window_of_digests(tmp_path: Path, window: dict[str, str]) -> None:
    """A window brings the digests that a listing of the original would bring."""
    contents = {digest(f"2026-11-0{day}T10:00"): b"{}" for day in (1, 2, 3)}
    saved(contents, tmp_path)
    raw = opened(WatchedSource(contents), **window)
    assert opened(tmp_path, **window).files()["log_file"].equals(raw.files()["log_file"])
