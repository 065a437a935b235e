"""Where a call says what it does: the small language of the replay table, and canonical texts."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from trailnb.iam.state import ABSENT, PRESENT, UNKNOWN, Value, omitted, text

if TYPE_CHECKING:
    from trailnb.iam.replay_edits import Call

# A log may name any number of things in one list.
_MOST = 10_000
_REDACTED = "HIDDEN_DUE_TO_SECURITY_REASONS"
_LONGEST_NAME = 2048


def parsed(content: str | None) -> dict[str, Any]:
    """What does this JSON text hold, as an object? Anything else, and what cannot be read: empty.

    Example:
        >>> parsed('{"userName": "alice"}'), parsed("null"), parsed("{torn")
        ({'userName': 'alice'}, {}, {})
    """
    try:
        found = json.loads(content or "null")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def canonical(found: object) -> str:
    """How is this content written so that equal contents are equal texts?

    A document may come as an object, as JSON text with any spacing, or URL-encoded; what is no
    JSON stays as it is.

    Example:
        >>> canonical("%7B%22b%22%3A1%2C%20%22a%22%3A2%7D")
        '{"a":2,"b":1}'
    """
    try:
        if isinstance(found, str):
            plain = found.strip()
            plain = unquote(plain) if plain[:3].upper() in {"%7B", "%5B"} else plain
            if not plain.startswith(("{", "[")):
                return found
            found = json.loads(plain)
        return json.dumps(found, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    except (ValueError, RecursionError):
        return str(found) if isinstance(found, str) else UNKNOWN.kind


def spoken(call: Call, spec: str) -> list[Any]:
    """What does the call say there: the values of the first alternative that has any?

    Alternatives are divided by `|`, parts to be joined by `+`. A part is a path in the request
    (`a.b[*].c`), in the response after `>`, a literal after `=`, the whole request `*`, or
    `@caller`, `@target`, `@account`.
    """
    for alternative in _alternatives(spec):
        if len(alternative) == 1:
            if found := _part(call, alternative[0]):
                return found
            continue
        parts = [_part(call, part) for part in alternative]
        if all(parts):
            return ["/".join(str(part[0]) for part in parts)]
    return []


def _part(call: Call, part: str) -> list[Any]:
    if not part:
        return []
    if part[0] in "@*":
        fixed: dict[str, object] = {
            "@caller": call.user_name,
            "@target": call.target,
            "@account": call.account,
            "*": call.request or None,
        }
        return [] if fixed[part] is None else [fixed[part]]
    if part[0] == "=":
        return [part[1:]]
    inside: list[Any] = [call.response if part[0] == ">" else call.request]
    for name, is_list in _steps(part):
        if len(inside) == 1 and not is_list:
            held = inside[0]
            value = held.get(name) if isinstance(held, dict) else None
            if value is None:
                return []
            inside = [value]
            continue
        inside = [held[name] for held in inside if isinstance(held, dict) and name in held]
        if is_list:
            inside = [item for held in inside if isinstance(held, list) for item in held[:_MOST]]
        inside = [held for held in inside if held is not None]
    return inside[:_MOST]


@cache
def _alternatives(spec: str) -> tuple[tuple[str, ...], ...]:
    """Split a specification into alternatives, and each into the parts to be joined."""
    return tuple(tuple(alternative.split("+")) for alternative in spec.split("|"))


@cache
def _steps(part: str) -> tuple[tuple[str, bool], ...]:
    """Split a path into names, each with whether it is a list to be gone through."""
    steps = part.lstrip(">").split(".")
    return tuple((step.removesuffix("[*]"), step.endswith("[*]")) for step in steps)


def names(call: Call, spec: str) -> list[str]:
    """Which names does the call say there?"""
    found = (value for value in spoken(call, spec) if isinstance(value, str | int))
    return [str(value)[:_LONGEST_NAME] for value in found if value != ""]


def content(call: Call, spec: str) -> Value | None:
    """What does the call say there, as a value? None where it says nothing."""
    if not spec:
        return PRESENT
    found = spoken(call, spec)
    if not found:
        return omitted(call.omitted_bytes) if call.omitted_bytes else None
    value = found[0]
    if value in ("", {}):
        return ABSENT
    if value == _REDACTED:
        return UNKNOWN
    return text(value if spec.startswith("=") else canonical(value))
