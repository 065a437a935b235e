"""Are these logs whole and untouched, as CloudTrail's signed digests prove, and which are not?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from trailnb.errors import RequestError
from trailnb.formats.moments import shifted
from trailnb.integrity import evidence
from trailnb.integrity.keys import Keys
from trailnb.integrity.proving import Proving
from trailnb.integrity.signatures import Signatures
from trailnb.reading.collecting import seldom_collected
from trailnb.reading.pool import cores
from trailnb.reading.workers import is_picklable
from trailnb.sources.source import Unread, Wanted
from trailnb.trail.opening import open as open_trail
from trailnb.trail.request import STAMP_SLACK, processes, request_of
from trailnb.trail.trail import EVIDENCE_FOLDERS, Trail

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from trailnb._typing import Moment, Openable
    from trailnb.integrity.keys import KeysGiven
    from trailnb.integrity.signatures import SignaturesGiven
    from trailnb.integrity.verification import Verification
    from trailnb.sources.source import LogFile

#: A digest ends up to an hour after the delivery of what it lists, and is written then.
_DIGEST_SLACK = timedelta(hours=2)
#: Below this many log files, or bytes, starting workers costs more than it gains.
_FEW_FILES, _FEW_BYTES = 30_000, 256 << 20


@seldom_collected()
def verify(
    trail: Trail | Openable,
    *,
    keys: KeysGiven = None,
    signatures: SignaturesGiven = None,
    since: Moment | None = None,
    until: Moment | None = None,
    accounts: str | Iterable[str] | None = None,
    regions: str | Iterable[str] | None = None,
    storage_options: Mapping[str, Any] | None = None,
    filesystem: object | None = None,
    workers: int | None = None,
) -> Verification:
    """Are these logs whole and untouched, as CloudTrail's signed digests prove?

    Checks every chain of digests of every account and region: signatures, the hashes by which each
    digest holds the one before it, every log file's hash, and each hour without a digest. A copy on
    disk serves as well as the bucket, and so does a saved trail, whose ledger keeps the hashes that
    the log files had when they were saved.

    Args:
        trail: an opened trail, raw or saved, or whatever `tn.open` takes.
        keys: CloudTrail's public keys: what `aws cloudtrail list-public-keys` prints (a path or the
            parsed JSON), a folder of such files or of PEM and DER keys, a list of these, `"aws"` or
            a boto3 session to ask AWS. Without keys nothing is proven, but what disagrees is found.
        signatures: for a copy, what S3 kept beside the digests: a mapping, or a JSON file, from the
            digest's key to `{"signature": hex}`. Sidecars beside the digests and JSON files in a
            folder of keys are found by themselves.
        since: verify log files delivered from here on (UTC), and list hours without a digest.
        until: verify log files delivered before this (UTC), likewise.
        accounts: only these accounts; not for an opened trail.
        regions: only these regions; not for an opened trail.
        storage_options: what s3fs or another fsspec filesystem is configured with.
        filesystem: a ready fsspec filesystem.
        workers: the most processes to read with; None decides by the amount, 1 uses none.

    Returns:
        The verification: its `results` have a row per object and per hour without a digest.

    Raises:
        SourceError: the place, or a file of keys, is missing or refused.
        RequestError: an argument cannot be meant.
        MissingExtraError: the package `cryptography` is not installed.

    Example:
        >>> import trailnb as tn
        >>> print(tn.verify("data-samples/acme", keys="data-samples/keys"))
        Results found for ...
    """
    most = processes(workers)
    window = request_of(
        since=since, until=until, accounts=accounts, regions=regions, categories=None,
        late=_DIGEST_SLACK, lookback=timedelta(), dedupe=True,
    )  # fmt: skip
    if isinstance(trail, Trail):
        if any(one is not None for one in (accounts, regions, storage_options, filesystem)):
            raise RequestError(
                "An opened trail has its accounts, regions and filesystem already. "
                "Pass them to tn.open, or pass the place itself to tn.verify."
            )
        opened = trail
    else:
        opened = open_trail(
            trail, since=window.since, until=window.until, accounts=accounts, regions=regions,
            late=_DIGEST_SLACK, lookback=timedelta(), storage_options=storage_options,
            filesystem=filesystem,
        )  # fmt: skip
    return _verified(opened, Scope.of(opened, window.since, window.until), keys, signatures, most)


@dataclass(frozen=True)
class Scope:
    """Which deliveries are asked about: half-open, UTC; None has no bound."""

    since: datetime | None
    until: datetime | None

    @classmethod
    def of(cls, trail: Trail, since: datetime | None, until: datetime | None) -> Scope:
        """What the caller asked for, else what the trail was opened for."""
        request = trail.scan.request
        if since is None and request.since is not None:
            since = shifted(request.since, -STAMP_SLACK)
        if until is None and request.until is not None and request.late is not None:
            until = shifted(request.until, request.late)
        return cls(since, until)

    def has(self, stamp: datetime | None) -> bool:
        """Is something delivered then asked about? What tells no time always is."""
        return stamp is None or (
            (self.since is None or self.since <= stamp)
            and (self.until is None or stamp < self.until)
        )

    @property
    def due(self) -> datetime | None:
        """Until when should digests exist by now?"""
        return self.until and min(self.until, datetime.now(UTC) - timedelta(hours=1))


def _verified(
    trail: Trail, scope: Scope, keys: KeysGiven, signatures: SignaturesGiven, workers: int | None
) -> Verification:
    found, beside = evidence.apart(_digests(trail, scope))
    kept = Signatures(signatures, keys)
    for file, stored in trail.scan.source.read(beside):
        if not isinstance(stored, Unread):
            kept.add(file, stored)
    known = Keys(keys)
    files = [file for file in trail.scan.files if scope.has(file.delivered)]
    proving = Proving(trail, scope, files, found, kept, known, _processes(trail, files, workers))
    return replace(proving.run(), scope=(scope.since, scope.until), keys=tuple(known.unreadable))


def _digests(trail: Trail, scope: Scope) -> tuple[LogFile, ...]:
    """Which digests speak of the window? Listed anew where it has an end: they come after it."""
    if scope.since is None and scope.until is None:
        return trail.evidence_files
    request = trail.scan.request
    wanted = Wanted(
        shifted(scope.since, -_DIGEST_SLACK) if scope.since else None,
        shifted(scope.until, _DIGEST_SLACK) if scope.until else None,
        request.accounts,
        request.regions,
        EVIDENCE_FOLDERS,
    )
    listed = trail.scan.source.list(wanted).files
    return tuple(file for file in listed if file.folder in EVIDENCE_FOLDERS)


def _processes(trail: Trail, files: list[LogFile], workers: int | None) -> int:
    size = sum(file.size_bytes or 0 for file in files)
    if workers is None and len(files) < _FEW_FILES and size < _FEW_BYTES:
        return 1
    return (workers or cores()) if is_picklable(trail.scan.source) else 1
