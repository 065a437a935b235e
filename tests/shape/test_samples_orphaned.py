"""Nothing lies in data-samples/ that no manifest vouches for."""

import hashlib
from pathlib import Path

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "data-samples"
MANIFEST = "MANIFEST.toml"
SPEAKS_FOR_ITSELF = {MANIFEST, "README.md"}


def vouched(path: Path) -> bool:
    """Whether a manifest above names this file by path, with the hash of its bytes."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    for folder in path.parents:
        if not folder.is_relative_to(SAMPLES):
            return False
        manifest = folder / MANIFEST
        if manifest.exists():
            text = manifest.read_text("utf-8")
            if path.relative_to(folder).as_posix() in text and digest in text:
                return True
    return False


def test_every_sample_is_in_its_manifest() -> None:
    """Each file is named with its sha256, so none is stale, stray or changed by hand."""
    files = [path for path in sorted(SAMPLES.rglob("*")) if path.is_file()]
    assert files
    strays = [path for path in files if path.name not in SPEAKS_FOR_ITSELF and not vouched(path)]
    assert [path.relative_to(ROOT).as_posix() for path in strays] == []


def test_samples_stay_small() -> None:
    """A clone costs little: at most 2 MB of samples."""
    assert sum(path.stat().st_size for path in SAMPLES.rglob("*") if path.is_file()) <= 2_000_000
