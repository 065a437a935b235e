"""A bucket as CloudTrail would leave it: log files, and digests signed with the samples' key."""

from __future__ import annotations

import gzip
import hashlib
import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding

import trailnb as tn
from tests.evidence import event
from trailnb.sources import layout

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    from trailnb.integrity.verification import Verification

NAME, ACCOUNT, REGION = "acme-trails", "111122223333", "eu-central-1"
START = datetime(2026, 11, 2, 5, 31, 7, tzinfo=UTC)
HOUR = timedelta(hours=1)
FINGERPRINT = "af482c80a491fad8a58101fe83908bb6"
_KEY = Path(__file__).parents[2] / "tools" / "samples" / "digest_key.pem"


@cache
def private_key() -> RSAPrivateKey:
    """The key that signs here."""
    return cast("RSAPrivateKey", serialization.load_pem_private_key(_KEY.read_bytes(), None))


def public_key(form: str = "PKCS1", encoding: str = "DER") -> bytes:
    """Its public half, as AWS hands it over."""
    return (
        private_key()
        .public_key()
        .public_bytes(
            getattr(serialization.Encoding, encoding), getattr(serialization.PublicFormat, form)
        )
    )


def keys(**changed: object) -> dict[str, Any]:
    """What boto3 gives for ListPublicKeys."""
    key = {
        "Value": public_key(),
        "ValidityStartTime": datetime(2026, 10, 1, tzinfo=UTC),
        "ValidityEndTime": datetime(2027, 1, 1, tzinfo=UTC),
        "Fingerprint": FINGERPRINT,
    }
    return {"PublicKeyList": [key | changed]}


@dataclass(frozen=True)
class Signed:
    """A digest: its key, its text, its signature."""

    key: str
    text: bytes
    signature: str


@dataclass
class Bucket:
    """Objects by key, and what S3 keeps beside the digests."""

    objects: dict[str, bytes] = field(default_factory=dict)
    signatures: dict[str, dict[str, str]] = field(default_factory=dict)
    logs: list[str] = field(default_factory=list)
    digests: list[Signed] = field(default_factory=list)

    def verify(self, **how: Any) -> Verification:
        """What does the library find here, with key and signatures at hand?"""
        how = {"keys": keys(), "signatures": self.signatures} | how
        return tn.verify(dict(self.objects), **how)

    def found(self, **how: Any) -> dict[tuple[str, str], int]:
        """How many objects of each kind have a status other than valid?"""
        counts = self.verify(**how).results.group_by("kind", "status").len().rows()
        return {(kind, status): n for kind, status, n in counts if status != "valid"}


def log_key(at: datetime, *, number: int = 0, **where: Any) -> str:
    """Where a log file lies that was delivered then."""
    how = {"account": ACCOUNT, "region": REGION} | where
    return layout.compose(delivered=at, unique=f"AbCdEfGhIjKl{number:04}", **how)


def log_text(at: datetime, **fields: Any) -> bytes:
    """A log file of one event."""
    said = {"eventTime": f"{at:%Y-%m-%dT%H:%M:%SZ}", "eventID": f"{at:%Y%m%d-%H%M}-4111-8111"}
    return json.dumps({"Records": [event(**said | fields)]}).encode()


def digest(
    at: datetime,
    files: dict[str, bytes],
    previous: Signed | None,
    *,
    is_backfill: bool = False,
    **where: Any,
) -> Signed:
    """The digest of the hour that begins at `at`."""
    how = {"account": ACCOUNT, "region": REGION, "trail": "acme"} | where
    end = at + HOUR
    key = layout.compose(delivered=end, folder="CloudTrail-Digest", is_backfill=is_backfill, **how)
    content = {
        "awsAccountId": how["account"],
        "digestStartTime": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "digestEndTime": f"{end:%Y-%m-%dT%H:%M:%SZ}",
        "digestS3Bucket": NAME,
        "digestS3Object": key,
        "digestPublicKeyFingerprint": FINGERPRINT,
        "digestSignatureAlgorithm": "SHA256withRSA",
        "newestEventTime": None,
        "oldestEventTime": None,
        "previousDigestS3Bucket": NAME if previous else None,
        "previousDigestS3Object": previous.key if previous else None,
        "previousDigestHashValue": sha256(previous.text) if previous else None,
        "previousDigestHashAlgorithm": "SHA-256" if previous else None,
        "previousDigestSignature": previous.signature if previous else None,
        "logFiles": [
            {
                "s3Bucket": NAME, "s3Object": name, "hashValue": sha256(text),
                "hashAlgorithm": "SHA-256", "newestEventTime": None, "oldestEventTime": None,
            }
            for name, text in files.items()
        ],
    }  # fmt: skip
    text = json.dumps(content).encode()
    return Signed(key, text, sign(content, text))


def sign(content: dict[str, Any], text: bytes) -> str:
    """What CloudTrail would sign, signed."""
    parts = (
        content["digestEndTime"],
        f"{content['digestS3Bucket']}/{content['digestS3Object']}",
        sha256(text),
        content["previousDigestSignature"] or "null",
    )
    signed = private_key().sign("\n".join(parts).encode(), padding.PKCS1v15(), hashes.SHA256())
    return signed.hex()


def bucket(
    count: int = 6,
    *,
    into: Bucket | None = None,
    at: datetime = START,
    previous: Signed | None = None,
    **where: Any,
) -> Bucket:
    """So many hours of digests, a log file in each; `into` one that is there already."""
    made = Bucket() if into is None else into
    for hour in range(count):
        begin = at + hour * HOUR
        # Names tell the five minutes, so a log file is delivered well inside its hour.
        delivered = begin.replace(second=0) + timedelta(minutes=9)
        key = log_key(delivered, **{k: v for k, v in where.items() if k != "trail"})
        text = log_text(delivered)
        made.objects[key] = gzip.compress(text)
        made.logs.append(key)
        previous = digest(begin, {key: text}, previous, **where)
        put(made, previous)
    return made


def put(made: Bucket, signed: Signed, *, under: str | None = None) -> None:
    """Lay a digest into the bucket, with its signature beside it."""
    key = under or signed.key
    made.objects[key] = gzip.compress(signed.text)
    made.signatures[key] = {"signature": signed.signature}
    if under is None:
        made.digests.append(signed)


def sha256(data: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(data).hexdigest()


def changed(signed: Signed, old: str, new: str) -> Signed:
    """The digest with another text, and the signature it had."""
    assert old.encode() in signed.text
    return replace(signed, text=signed.text.replace(old.encode(), new.encode(), 1))
