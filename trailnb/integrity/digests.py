"""What does a digest say: which hour, which log files with which hash, which digest before it?"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from trailnb.formats.gunzip import unpack
from trailnb.formats.moments import moment
from trailnb.sources import layout

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from trailnb.sources.source import LogFile

#: A digest of an hour with a hundred thousand log files has 50 MB.
_MOST_TEXT_BYTES = 1 << 28
_ALGORITHM, _HASH = "SHA256withRSA", "SHA-256"
_NO_FORMAT = "invalid format"


class Entry(msgspec.Struct, rename="camel", frozen=True):
    """One log file as a digest lists it."""

    s3_bucket: str = msgspec.field(name="s3Bucket")
    s3_object: str = msgspec.field(name="s3Object")
    hash_value: str
    hash_algorithm: str = _HASH


class _Text(msgspec.Struct, rename="camel"):
    """The fields of a digest file, as AWS names them."""

    digest_start_time: str
    digest_end_time: str
    digest_s3_bucket: str = msgspec.field(name="digestS3Bucket")
    digest_s3_object: str = msgspec.field(name="digestS3Object")
    digest_public_key_fingerprint: str
    previous_digest_signature: str | None
    digest_signature_algorithm: str = _ALGORITHM
    previous_digest_s3_bucket: str | None = msgspec.field(
        name="previousDigestS3Bucket", default=None
    )
    previous_digest_s3_object: str | None = msgspec.field(
        name="previousDigestS3Object", default=None
    )
    previous_digest_hash_value: str | None = None
    log_files: list[Entry] = []


class InvalidDigestError(ValueError):
    """These bytes are no digest: the message says why."""


@dataclass(frozen=True, slots=True)
class Digest:
    """A digest as it claims to be; `file` is where it was found.

    `bucket` and `object` say where CloudTrail put it. `sha256` is that of its own text.
    `signature` (hex) and `generated` come from what S3 keeps beside it, where that is known.
    `previous` is None for a starting digest: the first after validation or logging was switched on.
    """

    file: LogFile
    bucket: str
    object: str
    start: datetime
    end: datetime
    end_text: str
    fingerprint: str
    sha256: str
    is_backfill: bool
    previous: tuple[str, str] | None = None
    previous_sha256: str | None = None
    previous_signature: str | None = None
    signature: str | None = None
    generated: datetime | None = None

    def signed_text(self) -> bytes:
        """Which text does its signature sign? The previous signature stands in it as hex text."""
        parts = (
            self.end_text,
            f"{self.bucket}/{self.object}",
            self.sha256,
            self.previous_signature or "null",
        )
        return "\n".join(parts).encode()


def read(
    file: LogFile, stored: bytes, kept: Mapping[str, str] | None = None
) -> tuple[Digest, Sequence[Entry]]:
    """Which digest do these stored bytes hold, and which log files does it list?

    Args:
        file: where it was found.
        stored: its bytes, gzipped or not.
        kept: what S3 keeps beside it: `signature`, `backfill-generation-timestamp`.

    Raises:
        InvalidDigestError: it is no digest, or a damaged one.
    """
    unpacked = unpack(stored, _MOST_TEXT_BYTES)
    if unpacked.fault:
        raise InvalidDigestError(f"{_NO_FORMAT}: {unpacked.fault}")
    try:
        text = msgspec.json.decode(unpacked.data, type=_Text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as why:
        raise InvalidDigestError(f"{_NO_FORMAT}: {why}") from why
    start, end = moment(text.digest_start_time), moment(text.digest_end_time)
    if start is None or end is None or start > end:
        raise InvalidDigestError(f"{_NO_FORMAT}: its start and end are no times")
    if text.digest_signature_algorithm != _ALGORITHM:
        raise InvalidDigestError(
            f"{_NO_FORMAT}: signed by {text.digest_signature_algorithm!r}, known is {_ALGORITHM}"
        )
    if any(entry.hash_algorithm != _HASH for entry in text.log_files):
        raise InvalidDigestError(f"{_NO_FORMAT}: a log file has no {_HASH} hash")
    given = kept or {}
    bucket, name = text.previous_digest_s3_bucket, text.previous_digest_s3_object
    digest = Digest(
        file=file,
        bucket=text.digest_s3_bucket,
        object=text.digest_s3_object,
        start=start,
        end=end,
        end_text=text.digest_end_time,
        fingerprint=text.digest_public_key_fingerprint,
        sha256=hashlib.sha256(unpacked.data).hexdigest(),
        is_backfill=is_backfill(text.digest_s3_object),
        previous=(bucket or text.digest_s3_bucket, name) if name else None,
        previous_sha256=text.previous_digest_hash_value,
        previous_signature=text.previous_digest_signature,
        signature=given.get("signature"),
        generated=moment(given.get("backfill-generation-timestamp", "")),
    )
    return digest, text.log_files


def is_backfill(key: str) -> bool:
    """Does this name belong to a digest that was made later, for what the hourly ones missed?

    Example:
        >>> is_backfill("…_acme_us-east-1_20261102T053107Z_backfill.json.gz")
        True
    """
    return layout.split(key)[1].partition(".")[0].endswith("_backfill")
