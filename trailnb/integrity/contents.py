"""Is each log file what its digest says: SHA-256 of its decompressed text?"""

from __future__ import annotations

import hashlib
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from isal import isal_zlib

from trailnb.formats.gunzip import GZIP_MAGIC, IsalError, unpack
from trailnb.reading.chunks import MAX_TEXT_BYTES
from trailnb.reading.workers import spread
from trailnb.sources.source import Unread

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from trailnb.sources.source import LogFile, Source
    from trailnb.store.part import Held

    #: A log file and the hash that its digest holds; None when it is in no digest.
    Claim = tuple[LogFile, str | None]

_TASK_FILES = 512
_TASK_BYTES = 8 << 20
_GZIP_WBITS = 31


class Finding(NamedTuple):
    """What was found in a log file; `is_read` is false when it could not be read at all."""

    is_as_claimed: bool
    sha256: str = ""
    reason: str | None = None
    is_read: bool = True


_FINE = Finding(is_as_claimed=True)


def check(source: Source, claims: Iterable[Claim], workers: int) -> Iterator[tuple[Claim, Finding]]:
    """Which log files hold the text that their digests vouch for? In the order asked."""
    look = partial(look_at, source)
    under_way: deque[Sequence[Claim]] = deque()
    tasks = _noted(_tasks(claims), under_way)
    found = spread(look, tasks, workers, alone=look) if workers > 1 else map(look, tasks)
    for findings in found:
        yield from zip(under_way.popleft(), findings, strict=True)


def _noted(
    tasks: Iterable[Sequence[Claim]], under_way: deque[Sequence[Claim]]
) -> Iterator[Sequence[Claim]]:
    for task in tasks:
        under_way.append(task)
        yield task


def check_held(
    held: Mapping[str, Held], claims: Iterable[Claim]
) -> Iterator[tuple[Claim, Finding]]:
    """Which log files had that text when they were saved, as the store's ledger says?"""
    for claim in claims:
        file, expected = claim
        known = held.get(file.key)
        if known is None:
            why = "it could not be read when the trail was saved"
            yield claim, Finding(is_as_claimed=False, reason=why, is_read=False)
        elif known.sha256_text == expected:
            yield claim, _FINE
        else:
            yield (
                claim,
                Finding(
                    is_as_claimed=False,
                    sha256=known.sha256_text,
                    reason="hash value doesn't match: it differed when it was saved",
                ),
            )


def look_at(source: Source, task: Sequence[Claim]) -> list[Finding]:
    """Read these log files and compare their hashes; runs in a worker."""
    stored = source.read([file for file, _ in task])
    return [
        _compare(content, expected)
        for (_, expected), (_, content) in zip(task, stored, strict=True)
    ]


def _compare(content: bytes | Unread, expected: str | None) -> Finding:
    if isinstance(content, Unread):
        return Finding(is_as_claimed=False, reason=content.reason, is_read=False)
    unpacked = unpack(content, MAX_TEXT_BYTES)
    found = hashlib.sha256(unpacked.data).hexdigest()
    if found == expected:
        if unpacked.fault is None:
            return _FINE
        why = f"{unpacked.fault}; the text before it is as signed"
        return Finding(is_as_claimed=False, sha256=found, reason=why)
    why = "hash value doesn't match"
    if expected is not None and _first_member_hash(content) == expected:
        why += ": gzip data was appended, and what precedes it is as signed"
    elif unpacked.fault:
        why += f": {unpacked.fault}"
    return Finding(is_as_claimed=False, sha256=found, reason=why)


def _first_member_hash(content: bytes) -> str | None:
    """What is the hash of the first gzip member's text, where more follow it?"""
    if content[:2] != GZIP_MAGIC:
        return None
    stream = isal_zlib.decompressobj(_GZIP_WBITS)
    try:
        data = stream.decompress(content, MAX_TEXT_BYTES)
    except IsalError:
        return None
    return hashlib.sha256(data).hexdigest() if stream.unused_data else None


def _tasks(claims: Iterable[Claim]) -> Iterator[tuple[Claim, ...]]:
    task: list[Claim] = []
    size = 0
    for claim in claims:
        task.append(claim)
        size += claim[0].size_bytes or 0
        if len(task) >= _TASK_FILES or size >= _TASK_BYTES:
            yield tuple(task)
            task, size = [], 0
    if task:
        yield tuple(task)
