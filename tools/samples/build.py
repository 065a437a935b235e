"""Which files make up `data-samples/`?"""

from __future__ import annotations

import json
from pathlib import Path

import tomli_w

from .digests import list_public_keys
from .manifest import truth
from .sets import SampleSet, acme_set, quiet_set

_README = Path(__file__).with_name("data_samples_readme.md")


def build() -> dict[str, bytes]:
    """Which bytes stand under which path of `data-samples/`?"""
    tree: dict[str, bytes] = {"README.md": _README.read_bytes()}
    acme, quiet = acme_set(), quiet_set()
    manifest: dict[str, object] = {"generator": "tools/make_samples.py"}
    for sample in (acme, quiet):
        blobs = _blobs(sample)
        tree |= {f"{sample.organization.name}/{key}": blob for key, blob in blobs.items()}
        manifest[sample.organization.name] = truth(sample, blobs)
    tree["MANIFEST.toml"] = tomli_w.dumps(manifest).encode()
    tree["keys/public-keys-us-east-1.json"] = _pretty(list_public_keys())
    tree["keys/signatures.json"] = _pretty(_signatures(acme))
    return dict(sorted(tree.items()))


def _blobs(sample: SampleSet) -> dict[str, bytes]:
    blobs = {file.key: file.blob for file in sample.all_files}
    return blobs | {digest.key: digest.blob for chain in sample.digests for digest in chain}


def _signatures(sample: SampleSet) -> dict[str, object]:
    return {
        digest.key: {"signature": digest.signature, "signature-algorithm": "SHA256withRSA"}
        for chain in sample.digests
        for digest in chain
    }


def _pretty(content: dict[str, object]) -> bytes:
    return (json.dumps(content, indent=1) + "\n").encode()
