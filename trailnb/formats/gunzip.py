"""Stored bytes to text bytes: gunzip, bounded, and whole even when a file holds several members."""

from __future__ import annotations

import zlib
from typing import NamedTuple, cast

from isal import isal_zlib
from isal.igzip_lib import IsalError as _IsalError

#: The types that isal ships call its exception an instance of one.
IsalError: type[Exception] = cast("type[Exception]", _IsalError)

GZIP_MAGIC = b"\x1f\x8b"
#: wbits that makes zlib expect a gzip header and check its trailer.
_GZIP_WBITS = 31
_SMALL_STEP = 64
#: Magic and method (deflate): how a further member would begin.
_MEMBER_START = b"\x1f\x8b\x08"
_MOST_EXPANSION = 1032

_OTHER_PACKINGS = {
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"PK\x03\x04": "zip",
    b"PAR1": "Parquet",
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"%PDF": "a PDF document",
    b"Obj\x01": "Avro",
    b"ORC": "ORC",
}


#: What may well hold log files, and is opened by itself or unpacked first.
CONTAINERS = frozenset({"zip", "tar", "bzip2", "xz", "zstd"})
#: What may well be a table of events that some other tool wrote.
TABLES = frozenset({"Parquet", "Avro", "ORC"})
_TAR_MARK_AT, _TAR_MARK = 257, b"ustar"


class Unpacked(NamedTuple):
    """Text bytes of one log file; `fault` says what is wrong with what follows them."""

    data: bytes
    fault: str | None = None


def unpack(stored: bytes, limit_bytes: int) -> Unpacked:
    """What text do these stored bytes hold, at most `limit_bytes` of it?

    Gzip (one member or several, RFC 1952 section 2.2) is recognised by content, never by name.

    Example:
        >>> import gzip
        >>> unpack(gzip.compress(b"[1,") + gzip.compress(b"2]"), 100).data
        b'[1,2]'
        >>> unpack(gzip.compress(b"x" * 1000), 100).fault
        'more than 100 bytes when decompressed; the rest was not read'
    """
    if stored[:2] != GZIP_MAGIC:
        fault = _too_long(limit_bytes) if len(stored) > limit_bytes else None
        return Unpacked(stored[:limit_bytes], fault)
    data = _at_once(stored, limit_bytes)
    if data is not None:
        return Unpacked(data)
    stream = isal_zlib.decompressobj(_GZIP_WBITS)
    try:
        data = stream.decompress(stored, limit_bytes + 1)
    except IsalError:
        return _members(stored, limit_bytes)
    if stream.eof and not stream.unused_data and len(data) <= limit_bytes:
        return Unpacked(data)
    return _members(stored, limit_bytes)


def other_packing(data: bytes) -> str | None:
    """Which well-known format that is no JSON text begins like this?"""
    return next((name for magic, name in _OTHER_PACKINGS.items() if data.startswith(magic)), None)


def is_tar(data: bytes) -> bool:
    """Is this a tar archive, whose plain members may be read as they stand?"""
    return data.startswith(_TAR_MARK, _TAR_MARK_AT)


def _at_once(stored: bytes, limit_bytes: int) -> bytes | None:
    """Decompress a small single member into a buffer of the size its trailer names.

    None when it is not certain that this is all: a second member may follow, or the trailer lies.
    The size is bounded before anything is decompressed, since deflate expands 1,032-fold at most.
    """
    most = len(stored) * _MOST_EXPANSION
    size = int.from_bytes(stored[-4:], "little")
    if most > limit_bytes or size > most or stored.find(_MEMBER_START, len(GZIP_MAGIC)) >= 0:
        return None
    try:
        data = isal_zlib.decompress(stored, _GZIP_WBITS, size + 1)
    except IsalError:
        return None
    return data if len(data) == size else None


def _too_long(limit_bytes: int) -> str:
    return f"more than {limit_bytes} bytes when decompressed; the rest was not read"


def _members(stored: bytes, limit_bytes: int) -> Unpacked:
    """Read member by member, keeping all that comes before the first fault."""
    parts: list[bytes] = []
    left = limit_bytes
    rest = stored
    while rest:
        part, behind, fault = _member(rest, left)
        parts.append(part[:left])
        left -= len(part)
        if left < 0:
            return Unpacked(b"".join(parts), _too_long(limit_bytes))
        if fault:
            where = f"in the gzip member at stored byte {len(stored) - len(rest)}"
            return Unpacked(b"".join(parts), f"{fault}, {where}")
        rest = behind.lstrip(b"\0")  # zero padding behind a member is legal
        if rest and rest[:2] != GZIP_MAGIC:
            return Unpacked(b"".join(parts), f"{len(rest)} bytes behind the gzip data are not gzip")
    return Unpacked(b"".join(parts))


def _member(stored: bytes, left: int) -> tuple[bytes, bytes, str | None]:
    """Decompress the first member: its data, what lies behind it, and its fault."""
    stream = isal_zlib.decompressobj(_GZIP_WBITS)
    try:
        data = stream.decompress(stored, left + 1)
    except IsalError:
        return _damaged_member(stored, left)
    if stream.eof or len(data) > left:
        return data, stream.unused_data, None
    return _damaged_member(stored, left)


def _damaged_member(stored: bytes, left: int) -> tuple[bytes, bytes, str | None]:
    """Decompress in small steps, so that what precedes the damage is kept."""
    stream = zlib.decompressobj(_GZIP_WBITS)
    parts: list[bytes] = []
    for start in range(0, len(stored), _SMALL_STEP):
        try:
            parts.append(stream.decompress(stored[start : start + _SMALL_STEP], left + 1))
        except zlib.error as error:
            return b"".join(parts), b"", f"damaged gzip data ({error})"
        left -= len(parts[-1])
        if stream.eof or left < 0:
            return b"".join(parts), stream.unused_data + stored[start + _SMALL_STEP :], None
    return b"".join(parts), b"", "the gzip stream ends too early (truncated)"
