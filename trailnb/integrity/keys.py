"""Which public keys may a digest be signed with? From a file, a folder, or AWS itself."""

from __future__ import annotations

import base64
import binascii
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from trailnb.errors import MissingExtraError, RequestError, SourceError
from trailnb.formats.moments import moment, shifted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    from trailnb.integrity.digests import Digest

#: The answer of ListPublicKeys, paths of such answers or of PEM and DER files, or a boto3 session.
KeysGiven: TypeAlias = Any

_ENDINGS = {".pem", ".der", ".pub", ".cer", ".crt", ".key"}
_MOST_BYTES = 16 << 20
#: AWS's own tool asks for the keys of an hourly digest up to two hours after it, and for those of
#: one that was made later for an hour around that moment.
_AFTER, _AROUND = timedelta(hours=2), timedelta(hours=1)
_LISTS = ("PublicKeyList", "publicKeyList")


@dataclass(frozen=True)
class PublicKey:
    """A key that CloudTrail signs with; without a fingerprint it is tried on every digest."""

    key: RSAPublicKey = field(repr=False)
    fingerprint: str | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None

    def may_sign(self, digest: Digest) -> bool:
        """Was this key in use when the digest was made, and is it the one that it names?"""
        if self.fingerprint is not None and self.fingerprint != digest.fingerprint:
            return False
        first, last = digest.start, shifted(digest.end, _AFTER)
        if digest.generated is not None:
            first, last = (shifted(digest.generated, by) for by in (-_AROUND, _AROUND))
        elif digest.is_backfill:  # when it was made is not known here
            return True
        return (self.valid_from is None or self.valid_from <= last) and (
            self.valid_until is None or first <= self.valid_until
        )


class Keys:
    """Public keys at hand, and where more may be asked for.

    `unreadable` pairs files that hold no key, though they should, with the reason.
    """

    def __init__(self, given: KeysGiven = None) -> None:
        self._by_name: dict[str | None, list[PublicKey]] = {}
        self._session: Any = None
        self._asked: set[tuple[str, datetime]] = set()
        self.unreadable: list[tuple[str, str]] = []
        self._take(given)

    def __bool__(self) -> bool:
        return bool(self._by_name) or self._session is not None

    def of(self, digest: Digest, region: str | None) -> list[PublicKey]:
        """Which keys may have signed this digest of this region?"""
        if self._session is not None and region:
            self._ask(region, digest)
        known = [*self._by_name.get(digest.fingerprint, ()), *self._by_name.get(None, ())]
        return [key for key in known if key.may_sign(digest)]

    def _take(self, given: KeysGiven) -> None:
        if given is None:
            return
        if isinstance(given, str | os.PathLike):
            self._live() if given == "aws" else self._load(Path(given).expanduser())
        elif isinstance(given, Mapping):
            self._list(given, "the mapping")
        elif hasattr(given, "client"):
            self._session = given
        elif isinstance(given, Iterable):
            for one in given:
                self._take(one)
        else:
            raise RequestError(
                f"keys={given!r} names no public keys. Pass the JSON of `aws cloudtrail "
                "list-public-keys`, its path, a folder of PEM or DER files, or 'aws' to ask AWS."
            )

    def _load(self, path: Path) -> None:
        if not path.exists():
            raise SourceError.about("no such keys", str(path), "Check the path.")
        for file in sorted(path.iterdir()) if path.is_dir() else [path]:
            if not file.is_file() or file.stat().st_size > _MOST_BYTES:
                continue
            if file.suffix.lower() == ".json":
                self._load_json(file)
            elif file.suffix.lower() in _ENDINGS or file == path:
                self._load_key(file)

    def _load_json(self, file: Path) -> None:
        try:
            content = json.loads(file.read_bytes())
        except (ValueError, RecursionError) as why:
            self.unreadable.append((str(file), f"no JSON: {why}"))
            return
        if isinstance(content, dict) and any(name in content for name in _LISTS):
            self._list(content, str(file))

    def _load_key(self, file: Path) -> None:
        """Read one key; a file that is named by a fingerprint holds that key."""
        name = file.stem.lower()
        is_fingerprint = len(name) == 32 and not set(name) - set("0123456789abcdef")  # noqa: PLR2004
        key = rsa_key(file.read_bytes())
        if key is None:
            self.unreadable.append((str(file), "no RSA public key"))
        else:
            self._add(PublicKey(key, name if is_fingerprint else None))

    def _list(self, content: Mapping[str, Any], where: str) -> None:
        for one in next((content[name] for name in _LISTS if content.get(name)), ()):
            value, name = one.get("Value"), one.get("Fingerprint")
            key = rsa_key(value if isinstance(value, bytes) else _unbased(str(value)))
            if key is None:
                self.unreadable.append((where, f"the key {name} is no RSA public key"))
                continue
            span = (_at(one.get("ValidityStartTime")), _at(one.get("ValidityEndTime")))
            self._add(PublicKey(key, name, *span))

    def _add(self, key: PublicKey) -> None:
        self._by_name.setdefault(key.fingerprint, []).append(key)

    def _live(self) -> None:
        try:
            import boto3
        except ImportError as missing:
            raise MissingExtraError.of("Asking AWS for public keys", "integrity") from missing
        self._session = boto3.Session()

    def _ask(self, region: str, digest: Digest) -> None:
        """Ask AWS for the keys of the digest's day and region, once."""
        moment_ = digest.generated or digest.start
        day = moment_.replace(hour=0, minute=0, second=0, microsecond=0)
        if (region, day) in self._asked:
            return
        self._asked.add((region, day))
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            client = self._session.client("cloudtrail", region_name=region)
            answer = client.list_public_keys(
                StartTime=shifted(day, -_AROUND), EndTime=shifted(day, timedelta(days=1) + _AFTER)
            )
        except (BotoCoreError, ClientError) as why:
            hint = "Check the credentials: the call is cloudtrail:ListPublicKeys."
            raise SourceError.about(f"AWS gave no public keys ({why})", region, hint) from why
        self._list(answer, f"cloudtrail in {region}")


def rsa_key(data: bytes | None) -> RSAPublicKey | None:
    """Which RSA key do these bytes hold: PEM, or DER as PKCS#1 or SubjectPublicKeyInfo?

    AWS documents PKCS#1 and shows both.
    """
    if data is None:
        return None
    rsa, load = _cryptography()
    if b"-----BEGIN" not in data:
        for kind in ("RSA PUBLIC KEY", "PUBLIC KEY"):
            text = base64.encodebytes(data).decode()
            try:
                key = load(f"-----BEGIN {kind}-----\n{text}-----END {kind}-----\n".encode())
            except ValueError:
                continue
            return key if isinstance(key, rsa) else None
        return None
    try:
        key = load(data)
    except ValueError:
        return None
    return key if isinstance(key, rsa) else None


def is_signed(digest: Digest, signature: str, keys: Iterable[PublicKey]) -> bool:
    """Does one of these keys prove this signature (hex) of the digest?"""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding

    try:
        signed = bytes.fromhex(signature)
    except ValueError:
        return False
    text = digest.signed_text()
    for one in keys:
        try:
            one.key.verify(signed, text, padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            continue
        return True
    return False


@cache
def _cryptography() -> Any:  # noqa: ANN401 - a class and a function, loaded on first use
    try:
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
        from cryptography.hazmat.primitives.serialization import load_pem_public_key
    except ImportError as missing:
        raise MissingExtraError.of("Verifying signatures", "integrity") from missing
    return RSAPublicKey, load_pem_public_key


def _unbased(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def _at(value: object) -> datetime | None:
    if isinstance(value, datetime):
        return value
    return moment(value if isinstance(value, str) else str(value)) if value is not None else None


def key_files(given: KeysGiven) -> Iterator[Path]:
    """Which folders and JSON files were given, that may hold signatures beside keys?"""
    if isinstance(given, str | os.PathLike):
        path = Path(given).expanduser()
        if path.is_dir():
            yield from sorted(path.glob("*.json"))
    elif isinstance(given, list | tuple):
        for one in given:
            yield from key_files(one)
