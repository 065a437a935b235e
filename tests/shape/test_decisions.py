"""Every runtime dependency has a page that says why it is here."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs" / "decisions").glob("*.md"))


def test_every_runtime_dependency_is_decided() -> None:
    """What pyproject.toml asks for at run time is named in the title of a decision."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    titles = " ".join(page.read_text("utf-8").splitlines()[0].lower() for page in PAGES)
    names = {re.split(r"[\[<>=!~;]", line)[0].strip() for line in project["dependencies"]}
    assert {name for name in names if name not in titles} == set()


def test_decisions_are_numbered_and_dated() -> None:
    """A decision is found by its number and read against its day."""
    assert [page.name[:4] for page in PAGES] == [f"{n + 1:04}" for n in range(len(PAGES))]
    dated = re.compile(r"^\d{4}-\d\d-\d\d", re.MULTILINE)
    assert [page.name for page in PAGES if not dated.search(page.read_text("utf-8"))] == []
