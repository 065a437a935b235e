"""Several places opened as one trail."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING

from trailnb.sources import beside, pruning
from trailnb.sources.source import Limit, Listing, Metered, Narrowing, Unread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from trailnb.sources.source import Asked, LogFile, Source, Wanted


@dataclass
class JoinedSource:
    """Several sources as one. A key that several of them list is listed once, by the first.

    Which source a key came from is remembered from `list`; `read` of a key that was never listed
    is refused as vanished.
    """

    sources: tuple[Source, ...]
    _owner: dict[str, int] = field(default_factory=dict, repr=False)

    @property
    def uri(self) -> str:
        """All places, with commas between them."""
        return ", ".join(source.uri for source in self.sources)

    def list(self, wanted: Wanted) -> Listing:
        """List what all the sources hold within `wanted`."""
        listings = [source.list(wanted) for source in self.sources]
        files: dict[str, LogFile] = {}
        for index, listing in enumerate(listings):
            for file in listing.files:
                files.setdefault(file.key, file)
                self._owner.setdefault(file.key, index)
        return Listing(
            pruning.in_order(files.values()),
            tuple(sorted({place for listing in listings for place in listing.unlisted})),
            sum(listing.requests for listing in listings),
            # Where one place keeps nothing, another may: only the sentences are of the whole.
            tuple(Limit(limit.because) for listing in listings for limit in listing.limits),
        )

    def narrowed(self, files: Sequence[LogFile], asked: Asked) -> tuple[LogFile, ...]:
        """Ask each source for as little as it can be asked for."""
        if not any(isinstance(source, Narrowing) for source in self.sources):
            return tuple(files)
        narrow: list[LogFile] = []
        for index, source in enumerate(self.sources):
            own = [file for file in files if self._owner.get(file.key) == index]
            less = source.narrowed(own, asked) if isinstance(source, Narrowing) else own
            narrow += less
            self._owner.update((file.key, index) for file in less)
        narrow += [file for file in files if file.key not in self._owner]
        return pruning.in_order(narrow)

    def spent(self) -> tuple[str, ...]:
        """What has reading those cost that are billed?"""
        metered = (source for source in self.sources if isinstance(source, Metered))
        return tuple(said for source in metered for said in source.spent())

    def read(self, files: Sequence[LogFile]) -> Iterator[tuple[LogFile, bytes | Unread]]:
        """Hand over each file's bytes, in the order asked; runs of one source are read together."""
        for file, stored, _ in self._read(files, lambda source, run: _plain(source.read(run))):
            yield file, stored

    def read_with_metadata(
        self, files: Sequence[LogFile]
    ) -> Iterator[tuple[LogFile, bytes | Unread, Mapping[str, str]]]:
        """As `read`, each with what its own source keeps beside it."""
        yield from self._read(files, beside.read_with_metadata)

    def _read(
        self,
        files: Sequence[LogFile],
        read: Callable[
            [Source, Sequence[LogFile]],
            Iterable[tuple[LogFile, bytes | Unread, Mapping[str, str]]],
        ],
    ) -> Iterator[tuple[LogFile, bytes | Unread, Mapping[str, str]]]:
        for owner, run in groupby(files, key=lambda file: self._owner.get(file.key)):
            if owner is None:
                yield from ((file, Unread("was never listed here"), {}) for file in run)
            else:
                yield from read(self.sources[owner], list(run))


def _plain(
    read: Iterable[tuple[LogFile, bytes | Unread]],
) -> Iterator[tuple[LogFile, bytes | Unread, Mapping[str, str]]]:
    return ((file, stored, {}) for file, stored in read)
