"""A rule file's text to plain data, with bounds: no aliases, no deep nesting, no code."""

from __future__ import annotations

import json
from typing import Any

from trailnb.errors import RequestError

_MAX_DEPTH = 60
_MAX_NODES = 500_000


def parsed(text: str, place: str) -> Any:  # noqa: ANN401 - whatever the file holds
    """What does the text of a JSON or YAML file hold?

    Raises:
        RequestError: it is neither, or built to be expensive.

    Example:
        >>> parsed("name: x # a comment", "x.yaml")
        {'name': 'x'}
    """
    import yaml

    if place.lower().endswith(".json"):
        try:
            return json.loads(text, object_pairs_hook=once)
        except (ValueError, RecursionError) as error:
            said = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
            raise RequestError(f"{place} is no JSON: {said}.") from None
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the same in C, where it was built
    try:
        _look_through(yaml.parse(text, Loader=loader), place)
        return yaml.load(text, Loader=loader)  # noqa: S506 - one of the safe loaders
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f" at line {mark.line + 1}" if mark else ""
        reason = getattr(error, "problem", None) or str(error)
        raise RequestError(f"{place} is no YAML{line}: {reason}.") from None
    except ValueError as error:  # a number or a date that is none
        raise RequestError(f"{place} is no YAML: {error}.") from None


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Which fields does an object have, each named once? AWS merges what is named twice.

    Raises:
        ValueError: one is named twice.

    Example:
        >>> once([("a", 1), ("b", 2)])
        {'a': 1, 'b': 2}
    """
    fields = dict(pairs)
    if len(fields) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the field {twice!r} is named twice")
    return fields


def _look_through(events: Any, place: str) -> None:  # noqa: ANN401 - an iterator of yaml's
    """Read the text once as a flat stream, and refuse what would be expensive to build."""
    import yaml

    depth = 0
    for count, event in enumerate(events):
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent):
            said = "an alias, which can make a small file huge. Write it out"
            raise RequestError(f"{place} has, at line {line}, {said}.")
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _MAX_DEPTH or count > _MAX_NODES:
            raise RequestError(f"{place} is nested too deeply, or too large, at line {line}.")
