"""The pins are complete, hashed, and name no place to fetch from."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = ["demo.txt", "test.txt", "spark.txt"]
PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^ ;\\]+)", re.MULTILINE)


def text(lock: str) -> str:
    """The lock file as it is."""
    return (ROOT / "requirements" / lock).read_text("utf-8")


def pins(lock: str) -> set[tuple[str, str]]:
    """Every (name, version) of a lock file."""
    return {(found["name"], found["version"]) for found in PIN.finditer(text(lock))}


def asked_for(*extras: str) -> set[str]:
    """The names pyproject.toml asks for: runtime, and these extras."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    lines = project["dependencies"] + [
        line for extra in extras for line in project["optional-dependencies"][extra]
    ]
    return {re.split(r"[\[<>=!~;]", line)[0].strip().lower() for line in lines}


@pytest.mark.parametrize("lock", LOCKS)
def test_locks_name_no_address(lock: str) -> None:
    """Whoever installs decides where from: no URL, no index, no local path."""
    assert (
        re.search(r"://|--index|--extra-index|--find-links|--trusted-host|@ file", text(lock))
        is None
    )
    assert not any(line.startswith(("/", "-e", "-r", "-c")) for line in text(lock).splitlines())


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_is_hashed(lock: str) -> None:
    """Every file pip installs is checked."""
    entries = re.split(r"^(?=[A-Za-z0-9])", text(lock), flags=re.MULTILINE)[1:]
    assert entries
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []


def test_locks_hold_what_the_project_asks_for() -> None:
    """A dependency added to pyproject.toml is pinned; `make lock` does it."""
    assert asked_for("lab") <= {name for name, _ in pins("demo.txt")}
    assert asked_for("lab", "test") <= {name for name, _ in pins("test.txt")}
    assert asked_for("spark") <= {name for name, _ in pins("spark.txt") | pins("test.txt")}


def test_both_locks_agree() -> None:
    """One environment can serve the demo and the tests."""
    assert pins("demo.txt") <= pins("test.txt")
