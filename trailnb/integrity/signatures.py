"""Where is the signature of a digest, which S3 keeps beside the object and a copy on disk loses?

It may lie beside the digest in a file of its own (a *sidecar*): `NAME.signature.json` or
`NAME.metadata.json` with what S3 kept (also as `aws s3api head-object` prints it), or `NAME.sig`
and `NAME.signature` with the hex text alone. Or in one JSON object for many digests.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from trailnb.errors import RequestError, SourceError
from trailnb.integrity.keys import key_files
from trailnb.integrity.places import name, tail
from trailnb.sources.beside import SIDECAR

if TYPE_CHECKING:
    from trailnb.sources.source import LogFile

#: A mapping of objects to what S3 kept, or the path of a JSON file that holds one.
SignaturesGiven: TypeAlias = Any

SIDECAR_ENDINGS = (SIDECAR, ".metadata.json", ".signature", ".sig")
_NAMES = ("signature", "signature-algorithm", "backfill-generation-timestamp")
_PREFIX = "x-amz-meta-"
_MOST_BYTES = 1 << 20


class Signatures:
    """What is known to stand beside digests, by the place of the digest in its bucket."""

    def __init__(self, given: SignaturesGiven = None, keys: object = None) -> None:
        self._kept: dict[str, dict[str, str]] = {}
        self._named: dict[str, dict[str, str]] = {}
        for path in key_files(keys):
            self._take(_json(path.read_bytes()))
        if isinstance(given, str | os.PathLike):
            path = Path(given).expanduser()
            if not path.is_file():
                raise SourceError.about("no such signatures", str(path), "Check the path.")
            given = _json(path.read_bytes())
        if given is not None and not isinstance(given, Mapping):
            raise RequestError(
                "signatures must map digests to what S3 keeps beside them, or name such a file: "
                '{"AWSLogs/…json.gz": {"signature": "…"}}.'
            )
        self._take(given)

    def add(self, sidecar: LogFile, content: bytes) -> None:
        """Take what a sidecar says of its digest."""
        if len(content) > _MOST_BYTES:
            return
        digest = digest_of(sidecar.key)
        said = _json(content)
        if said is None:
            said = {"signature": content.decode("ascii", "replace").strip()}
        self._take({digest: said})

    def of(self, digest: LogFile) -> dict[str, str]:
        """What stands beside this digest? In a flat copy, or after a move, its name must do."""
        return self._kept.get(tail(digest.key)) or self._named.get(name(digest.key), {})

    def _take(self, content: object) -> None:
        if not isinstance(content, Mapping):
            return
        for key, said in content.items():
            if kept := kept_of(said):
                self._kept[tail(str(key))] = kept
                self._named.setdefault(name(str(key)), kept)


def is_sidecar(key: str) -> bool:
    """Is this file one that lies beside a digest, rather than a digest?

    Example:
        >>> is_sidecar("…_20261102T053107Z.json.gz.sig"), is_sidecar("…_20261102T053107Z.json.gz")
        (True, False)
    """
    return key.endswith(SIDECAR_ENDINGS)


def digest_of(sidecar: str) -> str:
    """Which digest does this sidecar lie beside?"""
    return next(
        sidecar.removesuffix(ending) for ending in SIDECAR_ENDINGS if sidecar.endswith(ending)
    )


def kept_of(said: object) -> dict[str, str]:
    """Which of these values does S3 keep beside a digest, however they are spelt?

    Example:
        >>> kept_of({"Metadata": {"x-amz-meta-signature": "4d4b"}})
        {'signature': '4d4b'}
    """
    if not isinstance(said, Mapping):
        return {}
    inner = said.get("Metadata")
    if isinstance(inner, Mapping):
        said = inner
    named = {str(key).lower().removeprefix(_PREFIX): value for key, value in said.items()}
    return {key: str(named[key]) for key in _NAMES if named.get(key)}


def _json(content: bytes) -> object:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None
