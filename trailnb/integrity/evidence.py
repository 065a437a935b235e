"""Which digests are here, chain by chain, and what is kept beside them?"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from trailnb.integrity import digests, places
from trailnb.integrity.digests import Digest, InvalidDigestError
from trailnb.integrity.signatures import is_sidecar, kept_of
from trailnb.sources import layout
from trailnb.sources.beside import read_with_metadata
from trailnb.sources.source import Unread

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from trailnb.integrity.digests import Entry
    from trailnb.integrity.signatures import Signatures
    from trailnb.sources.source import LogFile, Source

#: Log files of one chain that are kept in memory, some 50 MB; of more, the digests are read twice.
_MOST_ENTRIES = 100_000


@dataclass
class Chain:
    """The digests of one trail, account and region, as they were read.

    `broken` are those that could not be read or are no digests, with the reason. `entries` counts
    the log files that each digest lists, by the digest's key; `listed` holds them, or is None when
    they are too many to be kept.
    """

    account: str | None
    region: str | None
    trail: str
    is_backfill: bool
    digests: list[Digest] = field(default_factory=list)
    broken: list[tuple[LogFile, str, bool]] = field(default_factory=list)
    entries: dict[str, int] = field(default_factory=dict)
    listed: dict[str, Sequence[Entry]] | None = field(default_factory=dict)


def apart(files: Iterable[LogFile]) -> tuple[list[LogFile], list[LogFile]]:
    """Which of these are digests, and which lie beside one?"""
    found: list[LogFile] = []
    beside: list[LogFile] = []
    for file in files:
        (beside if is_sidecar(file.key) else found).append(file)
    return found, beside


def chains(source: Source, files: Sequence[LogFile], signatures: Signatures) -> Iterator[Chain]:
    """Which digests does each chain have? One chain is in memory at a time."""
    named: dict[str, list[LogFile]] = defaultdict(list)
    odd: list[LogFile] = []
    for file in files:
        stem = stem_of(file.key)
        (odd if stem is None else named[stem]).append(file)
    # A renamed digest belongs where its content says.
    strays: dict[str, list[LogFile]] = defaultdict(list)
    for file, found, _ in read(source, odd, signatures):
        stem = stem_of(found.object) if isinstance(found, Digest) else None
        strays[stem or ""].append(file)
    for stem in sorted({*named, *strays}):
        yield _chain(source, stem, [*named.get(stem, ()), *strays.get(stem, ())], signatures)


def _chain(source: Source, stem: str, files: Sequence[LogFile], signatures: Signatures) -> Chain:
    parts = stem.removesuffix("_backfill").split("_")
    account, region = (parts[0], parts[2]) if len(parts) > 2 else (None, None)  # noqa: PLR2004
    chain = Chain(account, region, "_".join(parts[3:-1]), stem.endswith("_backfill"))
    count = 0
    for file, found, entries in read(source, files, signatures):
        if isinstance(found, Digest):
            chain.digests.append(found)
            chain.entries[file.key] = len(entries)
            count += len(entries)
            if count > _MOST_ENTRIES:
                chain.listed = None
            elif chain.listed is not None:
                chain.listed[file.key] = entries
        elif isinstance(found, Unread):
            chain.broken.append((file, found.reason, False))
        else:
            chain.broken.append((file, str(found), True))
    return chain


def read(
    source: Source, files: Sequence[LogFile], signatures: Signatures
) -> Iterator[tuple[LogFile, Digest | InvalidDigestError | Unread, Sequence[Entry]]]:
    """Which digest is each of these, or why is it none, and which log files does it list?"""
    for file, stored, metadata in read_with_metadata(source, files):
        if isinstance(stored, Unread):
            yield file, stored, ()
            continue
        kept: Mapping[str, str] = {**kept_of(metadata), **signatures.of(file)}
        try:
            digest, entries = digests.read(file, stored, kept)
        except InvalidDigestError as why:
            yield file, why, ()
        else:
            yield file, digest, entries


def stem_of(key: str) -> str | None:
    """To which chain does a digest of this name belong? None when the name is not CloudTrail's.

    Example:
        >>> stem_of("111122223333_CloudTrail-Digest_us-east-1_t_us-east-1_20261102T053107Z.json.gz")
        '111122223333_CloudTrail-Digest_us-east-1_t_us-east-1'
    """
    file_name = places.name(key)
    known = layout.name_of(file_name)
    if not known.is_full or known.folder != "CloudTrail-Digest":
        return None
    stem = file_name.partition(".json")[0]
    if digests.is_backfill(key):
        return f"{stem.rsplit('_', 2)[0]}_backfill"
    return stem.rsplit("_", 1)[0]
