"""One part of a store: a Parquet file whose footer lists the log files it holds.

The ledger is in the data: a part is written whole or not at all, so what is stored and what the
ledger says can never disagree.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

import msgspec

from trailnb.formats.problem import Problem  # noqa: TC001 - footers are decoded by these types
from trailnb.sources.source import LogFile  # noqa: TC001 - likewise

if TYPE_CHECKING:
    from collections.abc import Iterable

#: The footer's key, and the version of what stands under it.
FOOTER_KEY = "trailnb"
FORMAT = 1
#: Undated log files (their name tells no delivery) lie under this day.
UNDATED = "1970-01-01"
#: Stands for the day of an event without a time: a copy of it may come on any day.
NO_END = "9999-12-31"
_NAME_HEX = 24


@dataclass(frozen=True, slots=True)
class Held:
    """One log file as a part holds it.

    Hashes are SHA-256 in hex: of the object as stored, and of its decompressed text, which is what
    CloudTrail's digests sum up. `events` counts its rows, `copies` those that an earlier file
    brought, `differing` those that share an event id with another record and differ.
    """

    file: LogFile
    sha256_stored: str = ""
    sha256_text: str = ""
    text_bytes: int = 0
    events: int = 0
    copies: int = 0
    differing: int = 0


@dataclass(frozen=True, slots=True)
class Footer:
    """What a part says of itself.

    `unread` are log files that should be here and could not be read; a later save tries again.
    `last_day` is the day of the newest event: copies may come until it is out of reach. `marks`
    sums up which rows are marked as copies, empty for none; `odd` says when those marks cannot be
    used for a part of the store: "time" for a narrower window, "place" for fewer accounts, regions
    or categories. `replaces` names parts whose log files are all here. `saved_at` is when it was
    written (UTC).
    """

    day: str
    held: tuple[Held, ...]
    unread: tuple[LogFile, ...] = ()
    problems: tuple[Problem, ...] = ()
    facts: str = ""
    last_day: str = ""
    marks: str = ""
    odd: tuple[str, ...] = ()
    replaces: tuple[str, ...] = ()
    rows: int = 0
    saved_at: str = ""
    format: int = FORMAT

    def to_text(self) -> str:
        """Write it as JSON text."""
        return msgspec.json.encode(self).decode()

    @classmethod
    def from_text(cls, text: str) -> Footer:
        """Read it back.

        Raises:
            ValueError: it is none of ours.
        """
        return _decoder().decode(text)


@cache
def _decoder() -> msgspec.json.Decoder[Footer]:
    """Decode by the types above, ten times as fast as by hand: a store may hold a million files."""
    return msgspec.json.Decoder(Footer)


@dataclass(frozen=True, slots=True)
class Part:
    """A part with its footer: `name` is relative to the store."""

    name: str
    size_bytes: int
    version: str
    footer: Footer = field(repr=False)


def part_name(day: str, files: Iterable[LogFile]) -> str:
    """How is the part that holds these log files named? The same files, the same name.

    Example:
        >>> part_name("2026-11-03", [LogFile("a.json.gz", 10)])
        'date=2026-11-03/e0c450350f49407d65a87d62.parquet'
    """
    keys = sorted(f"{file.key}\0{file.size_bytes}\0{file.version}" for file in files)
    digest = hashlib.blake2b("\n".join(keys).encode(), digest_size=_NAME_HEX // 2).hexdigest()
    return f"date={day}/{digest}.parquet"


def day_of(file: LogFile) -> str:
    """Which partition does this log file belong to: the day it was delivered (UTC).

    Example:
        >>> day_of(LogFile("a.json"))
        '1970-01-01'
    """
    return file.delivered.date().isoformat() if file.delivered else UNDATED
