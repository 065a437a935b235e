"""How fast is it, beside a hand-written loop and other tools, in one run on one machine?

Usage: `python benchmarks/run.py [--sections scan,search] [--rounds N] [--write]`
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from datetime import UTC, datetime
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "RESULTS.md"
SECTIONS = (
    "scan",
    "workers",
    "search",
    "columns",
    "memory",
    "imports",
    "copies",
    "s3",
    "store",
    "asking",
    "rules",
    "integrity",
    "insights",
    "explorer",
    "iam",
    "spark",
)
_PACKAGES = (
    "polars", "msgspec", "isal", "loky", "obstore", "s3fs", "duckdb", "pandas", "chdb",
)  # fmt: skip


def main() -> None:
    """Measure what the command line asks for, and print its tables."""
    # A script's own folder is on the path, the repository is not.
    sys.path.insert(0, str(ROOT))
    from benchmarks.options import Options

    defaults = Options()
    arguments = _arguments()
    options = Options(
        rounds=arguments.rounds,
        slow_rounds=min(arguments.rounds, defaults.slow_rounds),
        many=_shape(arguments.many) or defaults.many,
        few=_shape(arguments.few) or defaults.few,
        big=_shape(arguments.big) or defaults.big,
        ruled=_shape(arguments.ruled) or defaults.ruled,
        chdb_python=arguments.chdb_python,
    )
    parts = [_preamble(options.rounds)]
    print(parts[0])
    for section in arguments.sections.split(","):
        module = import_module(f"benchmarks.questions.{section}")
        for table in module.answer(options):
            parts.append(table.markdown())
            print(parts[-1], flush=True)
    if arguments.write:
        RESULTS.write_text("\n".join(parts), encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure and print ratios side by side.")
    parser.add_argument("--sections", default=",".join(SECTIONS), help="which, separated by commas")
    parser.add_argument("--rounds", type=int, default=5, help="fresh processes per contender")
    parser.add_argument("--many", help="EVENTSxFILES of the set in many files")
    parser.add_argument("--few", help="EVENTSxFILES of the set in few files")
    parser.add_argument("--big", help="EVENTSxFILES of the big set")
    parser.add_argument("--ruled", help="EVENTSxFILES of the set that rules are run over")
    parser.add_argument("--chdb-python", default=sys.executable, help="an interpreter with chDB")
    parser.add_argument("--write", action="store_true", help=f"also to {RESULTS.name}")
    return parser.parse_args()


def _shape(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    events, files = text.split("x")
    return int(events), int(files)


def _preamble(rounds: int) -> str:
    versions = ", ".join(f"{name} {_version(name)}" for name in _PACKAGES if _version(name))
    cores = os.cpu_count()
    return (
        f"# Measured {datetime.now(UTC):%Y-%m-%d}\n\n"
        f"{cores} shared cores, {platform.machine()}, Python {platform.python_version()}; "
        f"{versions}. Best of {rounds} rounds of fresh processes unless said otherwise; "
        "other work ran beside, so ratios count and seconds do not.\n"
    )


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


if __name__ == "__main__":
    main()
