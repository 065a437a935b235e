"""The package keeps its shape: small modules, plain names, declared layers."""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "trailnb"
MODULE_LINES = 300
FUNCTION_LINES = 60
NAMES_THAT_SAY_NOTHING = {"utils", "util", "common", "helpers", "misc"}

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def modules() -> list[Path]:
    """Every Python file of the package, in the order of the folder listing."""
    return sorted(PACKAGE.rglob("*.py"))


def where(path: Path, node: ast.AST | None = None) -> str:
    """A place as an editor opens it."""
    line = f":{node.lineno}" if isinstance(node, Definition) else ""
    return f"{path.relative_to(ROOT)}{line}"


def public(body: list[ast.stmt]) -> Iterator[Definition]:
    """What a caller can reach by name: definitions here and in public classes."""
    for node in body:
        if isinstance(node, Definition) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from public(node.body)


def code_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The lines of a function that do something: its docstring may be as long as it must."""
    count = (node.end_lineno or node.lineno) - node.lineno + 1
    if ast.get_docstring(node) is not None:
        count -= (node.body[0].end_lineno or 0) - node.body[0].lineno + 1
    return count


def is_overload(node: Definition) -> bool:
    """Whether this only declares a type; its implementation carries the docstring."""
    return any(ast.unparse(mark).split(".")[-1] == "overload" for mark in node.decorator_list)


def test_no_module_is_long() -> None:
    """A module fits in one reading."""
    lines = {where(path): len(path.read_text("utf-8").splitlines()) for path in modules()}
    assert {name: count for name, count in lines.items() if count > MODULE_LINES} == {}


def test_no_function_is_long() -> None:
    """A function fits on a screen."""
    long = {}
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            is_function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            if is_function and (count := code_lines(node)) > FUNCTION_LINES:
                long[where(path, node)] = count
    assert long == {}


def test_everything_public_says_what_it_is_for() -> None:
    """Modules, public classes and public functions carry a docstring."""
    silent = []
    for path in modules():
        tree = ast.parse(path.read_text("utf-8"))
        if ast.get_docstring(tree) is None:
            silent.append(where(path))
        silent += [
            where(path, node)
            for node in public(tree.body)
            if ast.get_docstring(node) is None and not is_overload(node)
        ]
    assert silent == []


def test_names_say_what_is_inside() -> None:
    """No folder or module is named for nothing in particular."""
    parts = {part.removesuffix(".py") for path in modules() for part in path.parts}
    assert parts & NAMES_THAT_SAY_NOTHING == set()


def test_every_top_level_module_declares_its_layer() -> None:
    """A new module takes its place in the layers of pyproject.toml."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    contracts = {one["id"]: one for one in config["tool"]["importlinter"]["contracts"]}
    words = " ".join(contracts["layers"]["layers"]).translate(str.maketrans("()|:", "    "))
    declared = {*words.split(), *contracts["layers"]["exhaustive_ignores"]}
    found = {path.relative_to(PACKAGE).parts[0].removesuffix(".py") for path in modules()}
    assert found - {"__init__"} <= declared
