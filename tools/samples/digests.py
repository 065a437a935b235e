"""Which digests prove that the log files are whole?"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from .delivery import LogFile, gzipped
from .records import Json, Place, iso

if TYPE_CHECKING:
    from .cast import Organization

_HOUR = 3600
_KEY_FILE = Path(__file__).with_name("digest_key.pem")


@dataclass(frozen=True)
class Digest:
    """A digest object: key, bytes, and the signature that S3 keeps as metadata."""

    key: str
    text: bytes
    signature: str
    empty: bool

    @property
    def blob(self) -> bytes:
        """How does the digest lie on disk?"""
        return gzipped(self.text)


def private_key() -> rsa.RSAPrivateKey:
    """Which throw-away key signs the samples?"""
    key = serialization.load_pem_private_key(_KEY_FILE.read_bytes(), None)
    if not isinstance(key, rsa.RSAPrivateKey):
        message = f"{_KEY_FILE} holds no RSA key"
        raise TypeError(message)
    return key


def public_key() -> bytes:
    """What is the public half, as `ListPublicKeys` gives it: DER, PKCS#1?"""
    form = serialization.PublicFormat.PKCS1
    return private_key().public_key().public_bytes(serialization.Encoding.DER, form)


def fingerprint() -> str:
    """Which fingerprint names the key? How AWS computes it is not documented."""
    return hashlib.md5(public_key(), usedforsecurity=False).hexdigest()


def list_public_keys() -> Json:
    """What would `aws cloudtrail list-public-keys` have answered?"""
    return {
        "PublicKeyList": [
            {
                "Value": base64.b64encode(public_key()).decode(),
                "ValidityStartTime": "2026-10-01T00:00:00+00:00",
                "ValidityEndTime": "2027-01-01T00:00:00+00:00",
                "Fingerprint": fingerprint(),
            },
        ],
    }


def chain(
    files: list[LogFile], organization: Organization, place: Place, start: int, hours: int
) -> list[Digest]:
    """Which digests cover these files, hour by hour, each pointing at the one before?"""
    digests: list[Digest] = []
    for hour in range(hours):
        begin = start + hour * _HOUR
        inside = [file for file in files if begin <= file.stamp < begin + _HOUR]
        previous = digests[-1] if digests else None
        digests.append(_digest(inside, organization, place, begin, previous))
    return digests


def _digest(
    files: list[LogFile],
    organization: Organization,
    place: Place,
    begin: int,
    previous: Digest | None,
) -> Digest:
    end = begin + _HOUR
    key = _key(organization, place, end)
    bucket = organization.bucket
    content: Json = {
        "awsAccountId": place.account,
        "digestStartTime": iso(begin),
        "digestEndTime": iso(end),
        "digestS3Bucket": bucket,
        "digestS3Object": key,
        "digestPublicKeyFingerprint": fingerprint(),
        "digestSignatureAlgorithm": "SHA256withRSA",
        "newestEventTime": max((_newest(file) for file in files), default=None),
        "oldestEventTime": min((_oldest(file) for file in files), default=None),
        "previousDigestS3Bucket": bucket if previous else None,
        "previousDigestS3Object": previous.key if previous else None,
        "previousDigestHashValue": _sha256(previous.text) if previous else None,
        "previousDigestHashAlgorithm": "SHA-256" if previous else None,
        "previousDigestSignature": previous.signature if previous else None,
        "logFiles": [_entry(file, bucket) for file in files],
    }
    text = json.dumps(content, separators=(",", ":")).encode()
    signed = "\n".join(
        (iso(end), f"{bucket}/{key}", _sha256(text), previous.signature if previous else "null"),
    )
    signature = private_key().sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256()).hex()
    return Digest(key, text, signature, not files)


def _entry(file: LogFile, bucket: str) -> Json:
    return {
        "s3Bucket": bucket,
        "s3Object": file.key,
        "hashValue": _sha256(file.text),
        "hashAlgorithm": "SHA-256",
        "newestEventTime": _newest(file),
        "oldestEventTime": _oldest(file),
    }


def _key(organization: Organization, place: Place, end: int) -> str:
    stamp = iso(end).replace("-", "").replace(":", "")
    day = iso(end)[:10].replace("-", "/")
    return (
        f"AWSLogs/{organization.org_id}/{place.account}/CloudTrail-Digest/{place.region}/{day}/"
        f"{place.account}_CloudTrail-Digest_{place.region}_{organization.trail}_us-east-1_"
        f"{stamp}.json.gz"
    )


def _newest(file: LogFile) -> str:
    return iso(max(event.at for event in file.events))


def _oldest(file: LogFile) -> str:
    return iso(min(event.at for event in file.events))


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
