"""Log files with the digests that CloudTrail would have written: what a verification reads."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections import defaultdict
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from isal import isal_zlib

from benchmarks.data import PLACE, log_files, scaled
from benchmarks.measure import say
from tools.samples.digests import fingerprint, list_public_keys, private_key
from trailnb.sources import layout

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

BUCKET = "acme-trails"
_HOUR = timedelta(hours=1)


def digested(events: int, files: int) -> tuple[Path, Path]:
    """Which folder holds so many log files with their digests, and which file the key?"""
    place = PLACE / f"{events}-in-{files}-digested"
    keys = place.with_name(f"{place.name}-keys.json")
    if not place.exists():
        logs = scaled(events, files)
        say(f"signing digests over {files:,} files")
        making = place.with_name(f"{place.name}.making")
        shutil.rmtree(making, ignore_errors=True)
        shutil.copytree(logs, making, copy_function=os.link)  # the same files, twice named
        chains: dict[tuple[str, str], dict[datetime, list[Path]]] = defaultdict(dict)
        for path in log_files(making):
            file = layout.parse(str(path))
            if file.delivered and file.account and file.region:
                hour = file.delivered.replace(minute=0)
                chains[file.account, file.region].setdefault(hour, []).append(path)
        last = max(hour for hours in chains.values() for hour in hours)
        for (account, region), hours in sorted(chains.items()):
            _chain(making, (account, region), hours, last)
        keys.write_text(json.dumps(list_public_keys()), encoding="utf-8")
        making.rename(place)
    return place, keys


def _chain(
    root: Path, place: tuple[str, str], hours: dict[datetime, list[Path]], last: datetime
) -> None:
    """Write a digest for every hour from the first delivery to the last of all, empty ones too."""
    account, region = place
    at = min(hours)
    previous: tuple[str, bytes, str] | None = None
    above = hours[at][0].relative_to(root).as_posix().partition("/CloudTrail/")[0]
    above = above.rpartition("/")[0]
    while at <= last:
        key = layout.compose(
            account=account, region=region, delivered=at + _HOUR, folder="CloudTrail-Digest",
            trail="acme",
        ).removeprefix("AWSLogs")  # fmt: skip
        previous = _digest(root, f"{above}{key}", at, hours.get(at, []), previous)
        at += _HOUR


def _digest(
    root: Path, key: str, at: datetime, paths: list[Path], previous: tuple[str, bytes, str] | None
) -> tuple[str, bytes, str]:
    end = f"{at + _HOUR:%Y-%m-%dT%H:%M:%SZ}"
    text = json.dumps(
        {
            "digestStartTime": f"{at:%Y-%m-%dT%H:%M:%SZ}",
            "digestEndTime": end,
            "digestS3Bucket": BUCKET,
            "digestS3Object": key,
            "digestPublicKeyFingerprint": _key()[1],
            "digestSignatureAlgorithm": "SHA256withRSA",
            "previousDigestS3Bucket": BUCKET if previous else None,
            "previousDigestS3Object": previous[0] if previous else None,
            "previousDigestHashValue": _sha256(previous[1]) if previous else None,
            "previousDigestHashAlgorithm": "SHA-256" if previous else None,
            "previousDigestSignature": previous[2] if previous else None,
            "logFiles": [
                {
                    "s3Bucket": BUCKET,
                    "s3Object": path.relative_to(root).as_posix(),
                    "hashValue": _sha256(isal_zlib.decompress(path.read_bytes(), 31)),
                    "hashAlgorithm": "SHA-256",
                }
                for path in paths
            ],
        }
    ).encode()
    parts = (end, f"{BUCKET}/{key}", _sha256(text), previous[2] if previous else "null")
    signed = "\n".join(parts).encode()
    signature = _key()[0].sign(signed, padding.PKCS1v15(), hashes.SHA256()).hex()
    path = root / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(isal_zlib.compress(text, 1, 31))
    path.with_name(f"{path.name}.sig").write_text(signature, encoding="ascii")
    return key, text, signature


@cache
def _key() -> tuple[RSAPrivateKey, str]:
    """The key that signs and its fingerprint, loaded once: checking a key takes long."""
    return private_key(), fingerprint()


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
