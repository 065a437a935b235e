"""One verification under way: chain after chain, their log files, then what no digest speaks of."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime  # noqa: TC003 - a struct asks for its types
from typing import TYPE_CHECKING

import msgspec

from trailnb.integrity import chains, contents, evidence, hours, leftovers, places
from trailnb.integrity.digests import Digest
from trailnb.integrity.results import Row, Rows, hour_of
from trailnb.integrity.verification import Verification
from trailnb.sources import layout
from trailnb.trail.stored import StoredScan

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from trailnb.integrity.chains import Judged
    from trailnb.integrity.contents import Claim, Finding
    from trailnb.integrity.digests import Entry
    from trailnb.integrity.evidence import Chain
    from trailnb.integrity.keys import Keys
    from trailnb.integrity.signatures import Signatures
    from trailnb.integrity.verify import Scope
    from trailnb.sources.source import LogFile
    from trailnb.trail.trail import Trail

_DIGEST, _BACKFILL = "digest", "backfill digest"


class Listed(msgspec.Struct, frozen=True):
    """A log file as a digest lists it, what that digest is worth, and whether it lies there."""

    bucket: str
    object: str
    sha256: str
    hour: datetime
    judged: Judged
    chain: Chain
    is_placed: bool


@dataclass
class Proving:
    """Everything a verification needs, and what it has found so far."""

    trail: Trail
    scope: Scope
    files: Sequence[LogFile]
    digests: Sequence[LogFile]
    signatures: Signatures
    keys: Keys
    workers: int
    rows: Rows = field(default_factory=Rows)
    covered: set[str] = field(default_factory=set)
    absent: list[Listed] = field(default_factory=list)
    changed: list[tuple[Row, str, str]] = field(default_factory=list)
    chains: list[leftovers.Seen] = field(default_factory=list)
    claims: dict[str, Listed] = field(default_factory=dict)

    def run(self) -> Verification:
        """Prove chain after chain; then the hours without digests, and what no digest lists."""
        index, everywhere = places.Index(self.files), places.Index(self.digests)
        claims = self._claims(index, everywhere)
        self.rows.add(self._file_rows(self._checked(claims)))
        self.rows.add(leftovers.hour_rows(self.trail, self.scope, self.chains, self.files))
        self.rows.add(leftovers.swapped(self.changed))
        self.rows.add(leftovers.uncovered(self))
        return Verification(self.rows.frame(), has_digests=bool(self.digests), is_saved=self._saved)

    @property
    def _saved(self) -> bool:
        return isinstance(self.trail.scan, StoredScan)

    def _claims(self, index: places.Index, everywhere: places.Index) -> Iterator[Claim]:
        """Judge chain after chain, and tell which log files should have which hash.

        A stream, so that workers have files to read while the next chain is judged here.
        """
        doubtful: list[tuple[Chain, list[Judged]]] = []
        for chain in evidence.chains(self.trail.scan.source, self.digests, self.signatures):
            judged = chains.judge(chain.digests, self.keys, chain.region, everywhere)
            self.rows.add(self._digest_rows(chain, judged))
            self._note_spans(chain, judged)
            yield from self._claimed([one for one in judged if one.is_proven], chain, index)
            if unproven := [one for one in judged if not one.is_proven]:
                doubtful.append((chain, unproven))
            else:
                chain.listed = None
        # Whatever is not proven may claim anything: it speaks only of what nothing proven lists.
        for chain, unproven in doubtful:
            yield from self._claimed(unproven, chain, index)

    def _digest_rows(self, chain: Chain, judged: Sequence[Judged]) -> Iterator[Row]:
        """One row per digest, and one per digest that another one names and that is not here."""
        kind = _BACKFILL if chain.is_backfill else _DIGEST
        for one in judged:
            digest = one.digest
            if self._speaks(digest.start, digest.end):
                yield Row(
                    digest.file.key, kind, one.status, one.reason, chain.region, chain.account,
                    hour_of(digest.start),
                )  # fmt: skip
        for file, why, is_content in chain.broken:
            status = "modified" if is_content else "unknown"
            at = hour_of(file.delivered - hours.HOUR) if file.delivered else None
            yield Row(file.key, kind, status, why, chain.region, chain.account, at)
        broken = [file.key for file, _, _ in chain.broken]
        for previous, digest in chains.missing_before(judged, broken).items():
            end = layout.name_of(places.name(previous[1])).delivered or digest.start
            if self._speaks(end - hours.HOUR, end) and self._is_inside(end):
                follower = places.stamp(digest.object)
                why = f"not found; digest {follower} names it as the one before"
                yield Row(
                    places.shown(*previous), kind, "missing", why, chain.region, chain.account,
                    hour_of(end - hours.HOUR),
                )  # fmt: skip

    def _is_inside(self, end: datetime) -> bool:
        return self.scope.since is None or end > self.scope.since

    def _speaks(self, start: datetime, end: datetime) -> bool:
        """Does a digest of this hour speak of the window?"""
        since, until = self.scope.since, self.scope.until
        return (since is None or end > since) and (until is None or start < until)

    def _note_spans(self, chain: Chain, judged: Sequence[Judged]) -> None:
        """Keep which hours the chain speaks of, root by root."""
        broken = {file.key: file.delivered for file, _, _ in chain.broken}
        roots = {places.root_of(one.digest.object) for one in judged} or {""}
        for root in sorted(roots):
            inside = [one for one in judged if places.root_of(one.digest.object) == root]
            known = {
                key: stamp for key, stamp in broken.items() if places.root_of(key) in {"", root}
            }
            previous = chains.missing_before(inside, list(broken))
            stamps = (layout.name_of(places.name(object_)).delivered for _, object_ in previous)
            named = frozenset(stamp for stamp in stamps if stamp)
            spans = hours.spans(inside, known)
            self.chains.append(leftovers.Seen(chain, root, spans, named))

    def _checked(self, claims: Iterable[Claim]) -> Iterator[tuple[Claim, Finding]]:
        scan = self.trail.scan
        if isinstance(scan, StoredScan):
            return contents.check_held(scan.held.held, claims)
        return contents.check(scan.source, claims, self.workers)

    def _claimed(
        self, judged: Sequence[Judged], chain: Chain, index: places.Index
    ) -> Iterator[Claim]:
        """Which files should have which hash, by these digests? What is not here is put aside."""
        telling = {one.digest.file.key: one for one in judged if chain.entries[one.digest.file.key]}
        for digest, entries in self._entries([one.digest.file for one in telling.values()], chain):
            one = telling[digest.key]
            hour = hour_of(one.digest.start)
            for entry in entries:
                bucket, name, sha256 = entry.s3_bucket, entry.s3_object, entry.hash_value.lower()
                found, is_placed = index.find(bucket, name)
                listed = Listed(bucket, name, sha256, hour, one, chain, is_placed)
                if not found:
                    self._put_aside(listed)
                for file in found:
                    if file.key not in self.covered:
                        self.covered.add(file.key)
                        self.claims[file.key] = listed
                        yield file, sha256

    def _entries(
        self, files: Sequence[LogFile], chain: Chain
    ) -> Iterator[tuple[LogFile, Sequence[Entry]]]:
        """Which log files does each digest list? Read again where there were too many to keep."""
        if chain.listed is not None:
            yield from ((file, chain.listed[file.key]) for file in files)
            return
        for file, digest, entries in evidence.read(self.trail.scan.source, files, self.signatures):
            if isinstance(digest, Digest):  # else it vanished: its log files stay in no digest
                yield file, entries

    def _put_aside(self, listed: Listed) -> None:
        stamp = layout.name_of(places.name(listed.object)).delivered
        if self.scope.has(stamp) and not listed.judged.is_refuted:
            self.absent.append(listed)

    def _file_rows(self, checked: Iterable[tuple[Claim, Finding]]) -> Iterator[Row]:
        for (file, _), finding in checked:
            listed = self.claims.pop(file.key)
            status, why = _said(listed, finding)
            chain = listed.chain
            row = Row(file.key, "log file", status, why, chain.region, chain.account, listed.hour)
            if status == "modified" and finding.sha256:
                # Kept back: another one's content may lie here.
                self.changed.append((row, finding.sha256, listed.sha256))
            else:
                yield row


def _said(listed: Listed, finding: Finding) -> tuple[str, str | None]:
    """What does the comparison say, given what the digest is worth?"""
    judged = listed.judged
    if judged.is_refuted:
        why = f"listed only by digest {places.stamp(judged.digest.file.key)}, which is not valid"
        return "unknown", why
    if not finding.is_as_claimed:
        return ("modified" if finding.is_read else "unknown"), finding.reason
    if not judged.is_proven:
        return "unknown", "agrees with its digest, which could not be proven"
    if not listed.is_placed:
        return "moved", f"the content of {places.shown(listed.bucket, listed.object)}"
    return "valid", None
