"""Rules from files: one of ours per entry, an event pattern, or what the AWS CLI printed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trailnb.errors import RequestError, SourceError
from trailnb.rules.rule import Rule
from trailnb.rules.rule_files import parsed

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

_SUFFIXES = frozenset({".json", ".yaml", ".yml"})
_MAX_FILES = 10_000
_MAX_BYTES = 4_000_000
_FIELDS = frozenset(field.name for field in fields(Rule))


def load(path: str | os.PathLike[str]) -> tuple[Rule, ...]:
    """Which rules are in this file, or in the files of this folder?

    A file holds one rule or a list of rules, as mappings of `Rule`'s fields (`name` may be left out
    where a file holds one: the file's name counts); or a bare EventBridge event pattern; or what
    `aws events list-rules` or `aws logs describe-metric-filters` printed. Folders are walked in the
    order of names; files that are no `.json`, `.yaml` or `.yml` are left alone.

    Args:
        path: A file or a folder.

    Returns:
        The rules, in the order of files and of entries.

    Raises:
        SourceError: there is no such file or folder, or it cannot be read.
        RequestError: a file cannot be meant, with its place and the reason; or a name is there
            twice.

    Example:
        >>> from importlib.resources import files
        >>> [rule.name for rule in load(str(files("trailnb.rules") / "sets" / "cis.yaml"))][:2]
        ['cis-4.1', 'cis-4.2']
    """
    place = Path(path)
    found = _files(place) if place.is_dir() else [place]
    rules = tuple(rule for file in found for rule in _rules_in(file))
    named: dict[str, Rule] = {}
    for rule in rules:
        if rule.name in named:
            raise RequestError(f"two rules are named {rule.name!r} in {place}. Rename one.")
        named[rule.name] = rule
    return rules


@cache
def cis() -> tuple[Rule, ...]:
    """Which are the monitoring filters of the CIS AWS Foundations Benchmark, word by word?

    Source: AWS Security Hub User Guide; CIS AWS Foundations Benchmark, monitoring.

    Example:
        >>> len(cis()), cis()[2].title
        (15, 'Use of the root user')
    """
    return _shipped("cis.yaml")


@cache
def wider() -> tuple[Rule, ...]:
    """Which rules close the holes that the CIS filters leave?

    Example:
        >>> [rule.name for rule in wider() if "SetDefaultPolicyVersion" in str(rule.pattern)]
        ['wider-permissions']
    """
    return _shipped("wider.yaml")


def _shipped(name: str) -> tuple[Rule, ...]:
    text = files("trailnb.rules").joinpath("sets", name).read_text(encoding="utf-8")
    return tuple(_rules_of(parsed(text, name), name, name))


def _files(folder: Path) -> list[Path]:
    found = sorted(file for file in folder.rglob("*") if file.suffix.lower() in _SUFFIXES)
    if len(found) > _MAX_FILES:
        raise SourceError(f"{folder} holds {len(found):,} files. Name the folder of the rules.")
    if not found:
        raise SourceError(f"{folder} holds no .json, .yaml or .yml file. Check the path.")
    return [file for file in found if file.is_file()]


def _rules_in(file: Path) -> Iterator[Rule]:
    try:
        with file.open("rb") as opened:
            data = opened.read(_MAX_BYTES + 1)
    except OSError as error:
        raise SourceError(f"{file} cannot be read: {error.strerror}. Check the path.") from None
    if len(data) > _MAX_BYTES:
        raise RequestError(f"{file} is larger than {_MAX_BYTES:,} bytes: no file of rules.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise RequestError(f"{file} is no UTF-8 text.") from None
    yield from _rules_of(parsed(text, str(file)), str(file), file.stem)


def _rules_of(told: Any, place: str, stem: str) -> Iterator[Rule]:  # noqa: ANN401 - parsed text
    """Read what a file holds, whichever shape it has."""
    if isinstance(told, Mapping) and isinstance(told.get("Rules"), list):
        yield from _printed(told["Rules"], "Name", "EventPattern", place)
    elif isinstance(told, Mapping) and isinstance(told.get("metricFilters"), list):
        yield from _printed(told["metricFilters"], "filterName", "filterPattern", place)
    elif isinstance(told, Mapping) and "pattern" not in told:
        yield _rule({"name": stem, "pattern": told}, place)
    elif isinstance(told, Mapping):
        yield _rule({"name": stem, **told}, place)
    elif isinstance(told, list):
        for number, one in enumerate(told):
            yield _rule(one, f"{place}, entry {number + 1}")
    else:
        raise RequestError(f"{place} holds no rule. Write a mapping with `name` and `pattern`.")


def _printed(entries: list[Any], name: str, pattern: str, place: str) -> Iterator[Rule]:
    """Read what the AWS CLI printed; a rule that only runs by the clock has no pattern."""
    for number, entry in enumerate(entries):
        if not isinstance(entry, Mapping):
            raise RequestError(f"{place}, entry {number + 1}: {entry!r:.80} is no rule.")
        if pattern in entry:
            told = {"name": entry.get(name), "pattern": entry[pattern]}
            about = entry.get("Description")
            told |= {"title": about} if isinstance(about, str) else {}
            yield _rule(told, f"{place}, entry {number + 1}")


def _rule(told: Any, place: str) -> Rule:  # noqa: ANN401 - parsed text
    if not isinstance(told, Mapping):
        raise RequestError(f"{place}: {told!r:.80} is no rule. Write `name` and `pattern`.")
    if unknown := sorted(map(str, told.keys() - _FIELDS)):
        known = ", ".join(sorted(_FIELDS))
        raise RequestError(f"{place}: a rule has no {', '.join(unknown)}. It has {known}.")
    for needed in ("name", "pattern"):
        if not isinstance(told.get(needed), str | (Mapping if needed == "pattern" else str)):
            raise RequestError(f"{place}: the rule's `{needed}` is missing or no text.")
    try:
        return Rule(**told)
    except RequestError as error:
        raise RequestError(f"{place}: {error}") from None
