"""Nothing lies in data-samples/ that the manifest does not vouch for."""

import hashlib
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "data-samples"
# What describes the samples, and the keys and signatures that prove themselves on the digests.
BESIDE = {"MANIFEST.toml", "README.md", "keys"}


def vouched() -> dict[str, str]:
    """Every path the manifest names, with the sha256 it should have."""
    manifest = tomllib.loads((SAMPLES / "MANIFEST.toml").read_text("utf-8"))
    return {
        f"{name}/{folder}/{file}": digest
        for name, told in manifest.items()
        if isinstance(told, dict)
        for folder, files in told["sha256"].items()
        for file, digest in files.items()
    }


def test_manifest_names_every_sample() -> None:
    """No file is stray, stale, missing or changed by hand."""
    found = {
        path.relative_to(SAMPLES).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in SAMPLES.rglob("*")
        if path.is_file() and path.relative_to(SAMPLES).parts[0] not in BESIDE
    }
    assert found == vouched()


def test_samples_stay_small() -> None:
    """A clone costs little: at most 2 MB of samples."""
    assert sum(path.stat().st_size for path in SAMPLES.rglob("*") if path.is_file()) <= 2_000_000
