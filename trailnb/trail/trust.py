"""Do records say what their path says? Looked at before a filter skips files by their path.

In a bucket they always do. In copies that somebody anonymised, paths may have been kept and
accounts rewritten: there a filter on the account must read every file, or it would lose events
silently.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from trailnb.formats.batch import Batch
from trailnb.formats.gunzip import unpack
from trailnb.reading.chunks import MAX_TEXT_BYTES
from trailnb.sources.source import Unread

if TYPE_CHECKING:
    from collections.abc import Iterable

    from trailnb.sources.source import LogFile, Source

#: Files looked at for each account or region, until one with records is found.
_LOOKS = 3
_NAMES = ("recipient_account_id", "aws_region")


@dataclass
class Trust:
    """Remembers which accounts and regions of paths are those of their records."""

    source: Source
    files: Iterable[LogFile]
    _known: dict[tuple[str, str], bool] = field(default_factory=dict)
    _samples: dict[tuple[str, str], list[LogFile]] = field(default_factory=dict)

    def account(self, name: str) -> bool:
        """Do records under this account's path name this account?"""
        return self._agrees("recipient_account_id", name)

    def region(self, name: str) -> bool:
        """Do records under this region's path name this region?"""
        return self._agrees("aws_region", name)

    def _agrees(self, column: str, name: str) -> bool:
        place = (column, name)
        if place not in self._known:
            self._known[place] = self._look(column, name)
        return self._known[place]

    def _look(self, column: str, name: str) -> bool:
        for file, stored in self.source.read(self._sample(column, name)):
            if isinstance(stored, Unread):
                continue
            batch = Batch(_NAMES)
            batch.add(0, file.key, unpack(stored, MAX_TEXT_BYTES).data)
            said = batch.frame()[column].drop_nulls()
            if len(said):
                return bool((said == name).all())
        return False

    def _sample(self, column: str, name: str) -> list[LogFile]:
        """Pick the first few placed files of each account and region, in one pass."""
        if not self._samples:
            samples: dict[tuple[str, str], list[LogFile]] = defaultdict(list)
            for file in self.files:
                for where, said in zip(_NAMES, (file.account, file.region), strict=True):
                    if file.is_placed and said and len(samples[where, said]) < _LOOKS:
                        samples[where, said].append(file)
            self._samples = dict(samples)
        return self._samples.get((column, name), [])
