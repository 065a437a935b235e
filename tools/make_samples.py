"""Does `data-samples/` say what its generator says, and if not, what should it say?

Usage: `python tools/make_samples.py [--check] [--into FOLDER]`
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
import zlib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DEFAULT = ROOT / "data-samples"
SUM = re.compile(rb"(?<=\.gz\" = \")[0-9a-f]{64}")


def wanted() -> dict[str, bytes]:
    """Which bytes should stand under which path?"""
    # A script's own folder is on the path, the repository is not.
    sys.path.insert(0, str(ROOT))
    from tools.samples.build import build

    return build()


def meaning(name: str, blob: bytes) -> bytes:
    """What does a file say, however its bytes were packed?

    Another zlib may pack the same text otherwise, which also changes the sums in the manifest.
    That the sums fit the shipped files is for the tests to say.
    """
    if name.endswith(".gz"):
        text = b""
        while blob:
            member = zlib.decompressobj(31)
            text += member.decompress(blob)
            blob = member.unused_data
        return text
    return SUM.sub(b"", blob) if name == "MANIFEST.toml" else blob


def differences(tree: dict[str, bytes], folder: Path) -> list[str]:
    """Which files of the folder are missing, surplus or different?"""
    found = {
        path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()
    }
    missing = [f"missing: {name}" for name in tree if name not in found]
    surplus = [f"surplus: {name}" for name in found if name not in tree]
    different = [
        f"different: {name}"
        for name, path in found.items()
        if name in tree and meaning(name, path.read_bytes()) != meaning(name, tree[name])
    ]
    return sorted(missing + surplus + different)


def replace_tree(tree: dict[str, bytes], folder: Path) -> None:
    """Write the tree, and nothing but the tree."""
    shutil.rmtree(folder, ignore_errors=True)
    for name, blob in tree.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(blob)


def main() -> int:
    """Write the samples, or compare them with what lies there."""
    parser = argparse.ArgumentParser(description="Write data-samples/ again, byte for byte.")
    parser.add_argument("--check", action="store_true", help="only compare; exit 1 if they differ")
    parser.add_argument("--into", type=Path, default=DEFAULT, help="the folder to write or compare")
    arguments = parser.parse_args()
    tree = wanted()
    if not arguments.check:
        replace_tree(tree, arguments.into)
        return 0
    found = differences(tree, arguments.into)
    sys.stdout.writelines(f"{line}\n" for line in found)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
