"""Deliveries for tests: log files under CloudTrail's own keys, and a place that is watched."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tests.evidence import event
from trailnb.sources.layout import compose
from trailnb.sources.memory import MemorySource

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from trailnb.sources.source import Listing, LogFile, Unread, Wanted

ALICE_ACCOUNT = "111122223333"
OTHER_ACCOUNT = "444455556666"


def at(text: str) -> datetime:
    """Which moment is this, UTC? Written like "2026-11-02T09:05"."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def key(
    delivered: str,
    *,
    account: str = ALICE_ACCOUNT,
    region: str = "eu-central-1",
    folder: str = "CloudTrail",
    unique: str = "AbCdEfGhIjKlMnOp",
) -> str:
    """Which key does CloudTrail give a file that it delivers at this moment?"""
    return compose(
        account=account, region=region, delivered=at(delivered), folder=folder, unique=unique
    )


def log(*records: Mapping[str, Any]) -> bytes:
    """What does CloudTrail deliver for these records?"""
    return gzip.compress(json.dumps({"Records": records}).encode(), 1)


def numbered(number: int, **fields: Any) -> dict[str, Any]:
    """An event whose id ends in this number."""
    return event(**{"eventID": f"11111111-1111-4111-8111-{number:012}"} | fields)


@dataclass
class WatchedSource:
    """Logs in memory that remember what was asked of them; `gone` vanish before they are read."""

    contents: dict[str, bytes]
    gone: set[str] = field(default_factory=set)
    listed: int = 0
    wanted: list[Wanted] = field(default_factory=list)
    read_keys: list[str] = field(default_factory=list)

    @property
    def uri(self) -> str:
        """How this place is named."""
        return "watched"

    def list(self, wanted: Wanted) -> Listing:
        """List what is wanted, and count it."""
        self.listed += 1
        self.wanted.append(wanted)
        return MemorySource(self.contents).list(wanted)

    def read(self, files: Sequence[LogFile]) -> Iterator[tuple[LogFile, bytes | Unread]]:
        """Hand over what is asked for, and remember it."""
        there = {name: data for name, data in self.contents.items() if name not in self.gone}
        for file, content in MemorySource(there).read(files):
            self.read_keys.append(file.key)
            yield file, content
