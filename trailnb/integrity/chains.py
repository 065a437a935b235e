"""Which digests of a chain are proven: by a signature, or by a proven digest that follows?

A digest holds hash and signature of the one before it. So a chain is judged from its end: what a
proven digest says of its predecessor is as good as that one's own signature, and better than what
lies beside it. The AWS CLI looks at signatures alone; here the chain's hashes are compared, too.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trailnb.integrity.keys import is_signed
from trailnb.integrity.places import is_at, shown, stamp

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from trailnb.integrity.digests import Digest
    from trailnb.integrity.keys import Keys
    from trailnb.integrity.places import Index

_Object = tuple[str, str]
_NO_SIGNATURE = (
    "no signature: S3 keeps it beside the object, where a plain copy loses it, and the next "
    "digest, which repeats it, is not here"
)


@dataclass(frozen=True, slots=True)
class Judged:
    """A digest and what its proof is worth. `is_proven` speaks of its text, wherever it lies."""

    digest: Digest
    status: str
    reason: str | None = None
    is_proven: bool = False

    @property
    def is_refuted(self) -> bool:
        """Is it certain that CloudTrail did not write this text?"""
        return self.status == "modified" and not self.is_proven


def judge(
    digests: Sequence[Digest], keys: Keys, region: str | None, everywhere: Index
) -> list[Judged]:
    """What is each digest of one chain worth? `everywhere` finds digests in any chain."""
    chain = _Chain(digests, keys, region, everywhere)
    return [chain.judged(digest) for digest in sorted(digests, key=_newest_first)]


def _newest_first(digest: Digest) -> tuple[float, str]:
    return -digest.end.timestamp(), digest.file.key


class _Chain:
    """One chain while it is judged from its end."""

    def __init__(
        self, digests: Sequence[Digest], keys: Keys, region: str | None, everywhere: Index
    ) -> None:
        self._everywhere = everywhere
        self._done: dict[_Object, list[Judged]] = defaultdict(list)
        self._followers: dict[_Object, list[Digest]] = defaultdict(list)
        for digest in digests:
            if digest.previous is not None:
                self._followers[digest.previous].append(digest)
        self._fitting = {id(digest): keys.of(digest, region) for digest in digests}
        self._own = {id(digest): self._is_signed(digest, digest.signature) for digest in digests}
        self._named = {
            digest.fingerprint
            for digest in digests
            if self._own[id(digest)] or any(one.fingerprint for one in self._fitting[id(digest)])
        }

    def _is_signed(self, digest: Digest, signature: str | None) -> bool:
        fitting = self._fitting[id(digest)]
        return bool(signature and fitting and is_signed(digest, signature, fitting))

    def judged(self, digest: Digest) -> Judged:
        """Judge one digest; those that follow it have been judged before."""
        judged = self._placed(self._proven(digest))
        self._done[digest.bucket, digest.object].append(judged)
        return judged

    def _proven(self, digest: Digest) -> Judged:
        """Weigh the signature beside it, the one in the next digest, and the hash in there."""
        followers = self._followers.get((digest.bucket, digest.object), [])
        heirs = [one for one in followers if self._is_proven(one)]
        is_vouched = any(one.previous_sha256 == digest.sha256 for one in heirs)
        inherited = [one.previous_signature for one in followers if one.previous_signature]
        if self._own[id(digest)]:
            if heirs and not is_vouched:
                why = f"signed, but not the version that digest {stamp(heirs[0].object)} follows"
                return Judged(digest, "replayed", why, is_proven=True)
            return Judged(digest, "valid", None, is_proven=True)
        is_proven = is_vouched or any(self._is_signed(digest, one) for one in inherited)
        is_known = digest.fingerprint in self._named and bool(self._fitting[id(digest)])
        if is_proven and digest.signature and is_known:
            why = "the signature beside it fails; the next digest proves that the digest is whole"
            return Judged(digest, "modified", why, is_proven=True)
        if is_proven:
            return Judged(digest, "valid", None, is_proven=True)
        return self._unproven(digest, heirs, inherited, is_known=is_known)

    def _unproven(
        self, digest: Digest, heirs: list[Digest], inherited: list[str], *, is_known: bool
    ) -> Judged:
        if heirs:
            why = f"its hash is not the one that the next digest, {stamp(heirs[0].object)}, holds"
            return Judged(digest, "modified", why)
        if not is_known:
            why = f"public key not found for fingerprint {digest.fingerprint}"
            return Judged(digest, "unknown", why)
        if not digest.signature and not inherited:
            return Judged(digest, "unknown", _NO_SIGNATURE)
        return Judged(digest, "modified", "signature verification failed")

    def _is_proven(self, follower: Digest) -> bool:
        judged = self._done.get((follower.bucket, follower.object), ())
        return any(one.digest is follower and one.is_proven for one in judged)

    def _placed(self, judged: Judged) -> Judged:
        """Compare where a digest lies with where it says that it was put."""
        digest = judged.digest
        if is_at(digest.file.key, digest.bucket, digest.object) or judged.is_refuted:
            return judged
        _, is_there = self._everywhere.find(digest.bucket, digest.object)
        place = shown(digest.bucket, digest.object)
        if is_there:
            why, status = f"a copy of {place}, put under this name", "replayed"
        else:
            why, status = f"has been moved from its original location {place}", "moved"
        if judged.reason:
            why = f"{why}; {judged.reason}"
        return Judged(digest, status if judged.is_proven else judged.status, why, judged.is_proven)


def missing_before(judged: Sequence[Judged], broken: Sequence[str]) -> Mapping[_Object, Digest]:
    """Which digests do others name as the one before them, that are not here?

    `broken` are keys where something unreadable lies; that is told of them already.
    """
    here = {(one.digest.bucket, one.digest.object) for one in judged}
    return {
        digest.previous: digest
        for one in judged
        if (digest := one.digest).previous is not None
        and not one.is_refuted
        and digest.previous not in here
        and not any(is_at(key, *digest.previous) for key in broken)
    }
