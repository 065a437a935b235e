"""What the README shows has been run, and what the documents link to exists."""

import re
from pathlib import Path

import pytest

from trailnb.errors import ProblemWarning

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")


def documents() -> list[Path]:
    """Every page a reader can open from the repository's front."""
    return [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


def program(page: str) -> str:
    """The python blocks of a page as one script, each line where the page has it."""
    lines = [""] * (page.count("\n") + 1)
    for block in BLOCK.finditer(page):
        first = page[: block.start(1)].count("\n")
        code = block[1].splitlines()
        lines[first : first + len(code)] = code
    return "\n".join(lines)


def test_readme_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every python block runs from the repository root, one after the other."""
    monkeypatch.chdir(ROOT)
    script = program((ROOT / "README.md").read_text("utf-8"))
    assert "tn.open(" in script
    # A log file of these days is torn on purpose: a reader sees the same warning.
    with pytest.warns(ProblemWarning):
        exec(compile(script, "README.md", "exec"), {"__name__": "readme"})  # noqa: S102 - our own


@pytest.mark.parametrize("page", documents(), ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    """Every relative link names a file of this repository."""
    links = LINK.findall(page.read_text("utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []
