"""Stored bytes to text: gzip of every shape, bounded."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trailnb.formats.gunzip import Unpacked, other_packing, unpack

PLENTY = 1 << 20
#: Text that compresses to several hundred bytes, so that damage has somewhere to be.
TEXT = "".join(f"{number * 7919 % 100_003:x}," for number in range(400)).encode()


@given(st.binary(max_size=200), st.integers(0, 9))
@settings(deadline=None, max_examples=60)
def test_gzip_gives_its_content(content: bytes, level: int) -> None:
    """What was compressed comes out, at whatever level."""
    assert unpack(gzip.compress(content, level), PLENTY) == Unpacked(content)


@given(st.lists(st.binary(max_size=50), min_size=1, max_size=6), st.integers(0, 3))
@settings(deadline=None, max_examples=60)
def test_members_are_joined(contents: list[bytes], padding: int) -> None:
    """Several members, with zero padding between and behind them, are one text."""
    stored = b"".join(gzip.compress(content) + b"\0" * padding for content in contents)
    assert unpack(stored, PLENTY) == Unpacked(b"".join(contents))


@pytest.mark.parametrize("plain", [b"", b'{"Records":[]}', b"\x1f", b"PK\x03\x04"])
def test_plain_bytes_stay(plain: bytes) -> None:
    """Bytes that are no gzip are the text, whatever the file is called."""
    assert unpack(plain, PLENTY) == Unpacked(plain)


def test_plain_bytes_have_a_limit_too() -> None:
    """Of plain bytes beyond the limit the first are kept, and the rest is said."""
    assert unpack(b"x" * 10, 10) == Unpacked(b"x" * 10)
    assert unpack(b"x" * 11, 10).data == b"x" * 10
    assert "more than 10 bytes" in (unpack(b"x" * 11, 10).fault or "")


@pytest.mark.parametrize("members", [1, 2, 50])
def test_bomb_stops_at_the_limit(members: int) -> None:
    """A gzip bomb, in one member or in many, gives the limit's bytes and a fault."""
    bomb = gzip.compress(b"\0" * (8 << 20) if members == 1 else b"\0" * (1 << 20)) * members
    unpacked = unpack(bomb, 100_000)
    assert unpacked.data == b"\0" * 100_000
    assert unpacked.fault == "more than 100000 bytes when decompressed; the rest was not read"


@pytest.mark.parametrize("members", [1, 3])
def test_limit_itself_is_no_fault(members: int) -> None:
    """Text of exactly the limit is whole."""
    stored = gzip.compress(b"x" * 30) * members
    assert unpack(stored, 30 * members) == Unpacked(b"x" * 30 * members)
    assert unpack(stored, 30 * members - 1).fault


def test_every_truncation_keeps_what_precedes() -> None:
    """Cut off at any byte, what was complete before the cut is kept and the cut is said."""
    stored = gzip.compress(TEXT)
    for cut in range(2, len(stored)):
        unpacked = unpack(stored[:cut], PLENTY)
        assert TEXT.startswith(unpacked.data)
        assert unpacked.fault is not None
        assert "too early" in unpacked.fault
    assert unpack(stored[:-8], PLENTY).data == TEXT


def test_truncated_second_member_keeps_the_first() -> None:
    """The members before a torn one are whole, and the torn one is told by its place."""
    first = gzip.compress(b"first")
    unpacked = unpack(first + gzip.compress(TEXT)[:50], PLENTY)
    assert unpacked.data.startswith(b"first")
    assert f"at stored byte {len(first)}" in (unpacked.fault or "")


def test_every_flipped_byte_is_noticed() -> None:
    """A changed byte of the compressed data or its checksum never passes for whole."""
    stored = gzip.compress(TEXT, mtime=0)
    for place in range(10, len(stored)):
        damaged = bytearray(stored)
        damaged[place] ^= 0x5A
        assert unpack(bytes(damaged), PLENTY).fault is not None


def test_damage_in_the_middle_keeps_what_precedes() -> None:
    """What was decompressed before the damage is kept."""
    stored = bytearray(gzip.compress(b"a" * 50 + TEXT, compresslevel=0))
    stored[200] ^= 0xFF
    unpacked = unpack(bytes(stored), PLENTY)
    assert unpacked.data.startswith(b"a" * 50)
    assert unpacked.fault is not None


def test_bytes_behind_gzip_are_said() -> None:
    """What stands behind the last member and is no gzip is a fault."""
    unpacked = unpack(gzip.compress(b"text") + b"<html>", PLENTY)
    assert unpacked == Unpacked(b"text", "6 bytes behind the gzip data are not gzip")


@given(st.binary(max_size=60))
@settings(deadline=None, max_examples=100)
def test_any_bytes_behind_the_magic_never_raise(junk: bytes) -> None:
    """Whatever claims to be gzip gives some text and a fault, never an exception."""
    assert unpack(b"\x1f\x8b" + junk, 1_000).fault is not None


def test_packings_are_known_by_their_first_bytes() -> None:
    """JSON text is no packing; well-known formats are named."""
    assert other_packing(b'{"Records":[]}') is None
    assert other_packing(b"PK\x03\x04rest") == "zip"
