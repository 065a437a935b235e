"""Where a call says what it does: the small language of the replay table, and canonical texts."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import unquote

import msgspec

from trailnb.iam.state import ABSENT, PRESENT, UNKNOWN, Value, omitted, text

if TYPE_CHECKING:
    from collections.abc import Callable

    from trailnb.iam.replay_edits import Call

# A log may name any number of things in one list.
_MOST = 10_000
_REDACTED = "HIDDEN_DUE_TO_SECURITY_REASONS"
_LONGEST_NAME = 2048
_NAMING = (str, int)
_Part: TypeAlias = "Callable[[Call], list[Any]]"
_FIXED: dict[str, Callable[[Call], object]] = {
    "@caller": lambda call: call.user_name,
    "@target": lambda call: call.target,
    "@account": lambda call: call.account,
    "@patch": lambda call: _patched(call.request),
    "*": lambda call: call.request or None,
}
# Made once: `json.dumps` makes an encoder for each text.
_written = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


def _refused(number: str) -> float:
    """Leave numbers with a point to the standard library, which writes them another way."""
    raise ValueError(number)


_quick = msgspec.json.Decoder(float_hook=_refused).decode


def parsed(content: str | None) -> dict[str, Any]:
    """What does this JSON text hold, as an object? Anything else, and what cannot be read: empty.

    Example:
        >>> parsed('{"userName": "alice"}'), parsed("null"), parsed("{torn")
        ({'userName': 'alice'}, {}, {})
    """
    try:
        found = _loaded(content or "null")
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
            return _rewritten(plain)
        return _written(found)
    except (ValueError, RecursionError):
        return str(found) if isinstance(found, str) else UNKNOWN.kind


def _loaded(content: str) -> object:
    """Parse JSON: what msgspec, much faster, does not take, the standard library may."""
    try:
        return msgspec.json.decode(content)
    except (ValueError, RecursionError):
        return json.loads(content)


def _rewritten(plain: str) -> str:
    """Write JSON text canonically, by msgspec where it writes the same as the standard library."""
    try:
        return msgspec.json.encode(_quick(plain), order="sorted").decode()
    except (ValueError, RecursionError):
        return _written(json.loads(plain))


def spoken(call: Call, spec: str) -> list[Any]:
    """What does the call say there: the values of the first alternative that has any?

    Alternatives are divided by `|`, parts to be joined by `+`. A part is a path in the request
    (`a.b[*].c`), in the response after `>`, a literal after `=`, the whole request `*`, or
    `@caller`, `@target`, `@account`, or `@patch`, the policy that a REST API is patched with.
    """
    for alternative in _alternatives(spec):
        if len(alternative) == 1:
            if found := alternative[0](call):
                return found
            continue
        parts = [part(call) for part in alternative]
        if all(parts):
            return ["/".join(str(part[0]) for part in parts)]
    return []


@cache
def _alternatives(spec: str) -> tuple[tuple[_Part, ...], ...]:
    """Compile a specification: alternatives, and of each the parts to be joined."""
    return tuple(tuple(map(_part, alternative.split("+"))) for alternative in spec.split("|"))


def _part(part: str) -> _Part:
    """Compile a part, once for all calls: a path is walked a million times."""
    if not part:
        return lambda _: []
    if part[0] in "@*":
        fixed = _FIXED[part]
        return lambda call: [] if (found := fixed(call)) is None else [found]
    if part[0] == "=":
        return lambda _: [part[1:]]
    steps = part.lstrip(">").split(".")
    walk = _many if "[*]" in part else _one
    if part[0] == ">":
        return lambda call: walk(call.response, steps)
    return lambda call: walk(call.request, steps)


def _patched(request: dict[str, Any]) -> Any:  # noqa: ANN401 - whatever the log holds
    """Take the policy out of the operations that change a REST API: the last one counts."""
    inside = request.get("updateRestApiInput", request)
    operations = _many(inside, ["patchOperations[*]"])
    told = [one for one in operations if isinstance(one, dict) and one.get("path") == "/policy"]
    return told[-1].get("value") if told else None


def _one(held: Any, steps: list[str]) -> list[Any]:  # noqa: ANN401 - whatever the log holds
    for name in steps:
        if not isinstance(held, dict):
            return []
        held = held.get(name)
    return [] if held is None else [held]


def _many(held: Any, steps: list[str]) -> list[Any]:  # noqa: ANN401 - whatever the log holds
    inside = [held]
    for step in steps:
        name = step.removesuffix("[*]")
        inside = [held[name] for held in inside if isinstance(held, dict) and name in held]
        if name != step:
            inside = [item for held in inside if isinstance(held, list) for item in held[:_MOST]]
        inside = [held for held in inside if held is not None]
    return inside[:_MOST]


def names(call: Call, spec: str) -> list[str]:
    """Which names does the call say there?"""
    return [
        str(value)[:_LONGEST_NAME]
        for value in spoken(call, spec)
        if isinstance(value, _NAMING) and value != ""
    ]


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
