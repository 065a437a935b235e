"""Importing trailnb is cheap: what is heavy loads when it is first used."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
HEAVY = {
    "IPython",
    "aiobotocore",
    "altair",
    "anywidget",
    "boto3",
    "botocore",
    "cloudpickle",
    "duckdb",
    "fsspec",
    "ipywidgets",
    "lark",
    "loky",
    "narwhals",
    "numpy",
    "obstore",
    "pandas",
    "pyarrow",
    "s3fs",
    "vl_convert",
    "yaml",
}


def loaded_after(code: str) -> set[str]:
    """The top-level modules a fresh process holds once `code` has run."""
    probe = f"{code}; import sys; print(*{{name.partition('.')[0] for name in sys.modules}})"
    ran = subprocess.run(
        [sys.executable, "-c", probe], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return set(ran.stdout.split())


def test_import_trailnb_loads_nothing_heavy() -> None:
    """`import trailnb` brings none of what only some investigations need."""
    assert loaded_after("import trailnb") & HEAVY == set()


def test_charts_load_on_first_use() -> None:
    """`tn.charts` is there without a second import, and brings Altair only then."""
    assert "altair" in loaded_after("import trailnb as tn; tn.charts.timeline")
