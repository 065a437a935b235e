"""What does an IAM document say, whatever the spelling CloudTrail logged it in.

Rules: IAM User Guide, "IAM JSON policy elements reference" and "Grammar of the IAM JSON policy
language". CloudTrail logs documents as text with its spacing kept, URL-encoded in responses, as an
object for S3, and leaves them out above 100 KB ("CloudTrail record contents").
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

from trailnb.iam.statements import (
    Condition,
    Document,
    Known,
    Omitted,
    Statement,
    Unknown,
    Unreadable,
    Values,
)

# The longest document AWS takes is a KMS key policy of 32 KB: under a thousand of the shortest
# statements. CloudTrail Lake records at most 1 MB.
_MOST_CHARACTERS = 1_048_576
_MOST_STATEMENTS = 2_000
_DEEPEST = 32
_REMEMBERED = 32_768  # longer texts are rare, and would fill the memory
_WRAPPINGS = 3
_HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"
_ELEMENTS = (
    "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource",
    "Condition",
)  # fmt: skip
_NAMES = {name.lower(): name for name in _ELEMENTS}
_OPERATORS = {
    name.lower(): name
    for name in (
        "StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase",
        "StringLike", "StringNotLike", "NumericEquals", "NumericNotEquals", "NumericLessThan",
        "NumericLessThanEquals", "NumericGreaterThan", "NumericGreaterThanEquals", "DateEquals",
        "DateNotEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan",
        "DateGreaterThanEquals", "Bool", "BinaryEquals", "IpAddress", "NotIpAddress", "ArnEquals",
        "ArnLike", "ArnNotEquals", "ArnNotLike", "Null",
    )
}  # fmt: skip


class _UnreadableError(Exception):
    """Carries the reason out of whichever part could not be read."""


def parse(raw: object) -> Known:
    """What does the document say, as CloudTrail logged it: text, URL-encoded, or an object?

    Nothing is raised: what cannot be read comes back as `Unreadable` with its reason, what
    CloudTrail left out as `Omitted`, and nothing as `Unknown`.

    Example:
        >>> everything = '{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}'
        >>> parse(everything).statements[0].actions
        ('*',)
        >>> parse({"omitted": "true", "originalSize": "149893"})
        Omitted(size_bytes=149893)
        >>> str(parse('{"Statement": [{"Effect": "Al'))
        'unreadable: it is cut off after 29 characters'
    """
    if raw is None:
        return Unknown("the record holds no document")
    if isinstance(raw, bytes):
        raw = raw.decode("utf-8", "replace")
    try:
        if isinstance(raw, str):
            return (_remembered if len(raw) <= _REMEMBERED else _read_text)(raw)
        return _document(raw)
    except _UnreadableError as error:
        return Unreadable(str(error))


@lru_cache(maxsize=2048)
def _remembered(text: str) -> Known:
    """Read what is often written again and again."""
    return _read_text(text)


def _read_text(text: str) -> Known:
    try:
        return _document(_decoded(text))
    except _UnreadableError as error:
        return Unreadable(str(error))


def _decoded(text: str) -> object:
    """Parse JSON, however often it was put into a string or URL-encoded."""
    for _ in range(_WRAPPINGS):
        if len(text) > _MOST_CHARACTERS:
            raise _UnreadableError(f"it has {len(text):,} characters, more than any policy may")
        text = text.strip()
        if text == _HIDDEN:
            raise _UnreadableError("CloudTrail hid it for security reasons")
        if text[:3].lower() == "%7b":
            text = unquote(text)
        if text.count("{") + text.count("[") > _DEEPEST and _depth(text) > _DEEPEST:
            raise _UnreadableError(f"it nests deeper than {_DEEPEST} levels, which no policy does")
        found = _loaded(text)
        if not isinstance(found, str):
            return found
        text = found
    raise _UnreadableError("it is text wrapped in text again and again")


def _loaded(text: str) -> object:
    try:
        return json.loads(text, object_pairs_hook=_without_repeats)
    except json.JSONDecodeError as error:
        # An unclosed string is reported where it begins, a missing bracket where the text ends.
        if not text:
            problem = "it is empty"
        elif error.pos >= len(text.rstrip()) - 1 or error.msg.startswith("Unterminated"):
            problem = f"it is cut off after {len(text)} characters"
        else:
            problem = f"it is no JSON: {error.msg} at character {error.pos}"
        raise _UnreadableError(problem) from None
    except (ValueError, RecursionError) as error:
        raise _UnreadableError(f"it is no JSON: {type(error).__name__}") from None


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Take no element twice: which of the two would count is not for us to say."""
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _UnreadableError(f"it names {twice[:80]!r} twice in one object")
    return made


def _depth(text: str) -> int:
    """Count levels outside of strings."""
    depth = deepest = 0
    in_string = escaped = False
    for char in text:
        if in_string:
            in_string = escaped or char != '"'
            escaped = char == "\\" and not escaped
        elif char == '"':
            in_string = True
        elif char in "{[":
            depth += 1
            deepest = max(deepest, depth)
        elif char in "}]":
            depth -= 1
    return deepest


def _document(found: object) -> Known:
    if not isinstance(found, Mapping):
        raise _UnreadableError("it is no JSON object")
    if _word(found.get("omitted")) == "true":
        size = _word(found.get("originalSize"))
        return Omitted(int(size) if size.isdecimal() and len(size) < 20 else None)  # noqa: PLR2004
    by_name = {str(name).lower(): value for name, value in found.items()}
    if "statement" not in by_name:
        raise _UnreadableError("it has no Statement")
    statements = by_name["statement"]
    listed = [statements] if isinstance(statements, Mapping) else statements
    if not isinstance(listed, list | tuple):
        raise _UnreadableError("its Statement is neither an object nor a list")
    if len(listed) > _MOST_STATEMENTS:
        raise _UnreadableError(f"it has {len(listed):,} statements, more than any policy may")
    return Document(tuple(_statement(one, place) for place, one in enumerate(listed, 1)))


def _statement(one: object, place: int) -> Statement:
    if not isinstance(one, Mapping):
        raise _UnreadableError(f"statement {place} is no object")
    found = {_NAMES.get(str(name).lower(), str(name)): value for name, value in one.items()}
    strange = [name for name in found if name not in _ELEMENTS]
    if strange:
        raise _UnreadableError(f"statement {place} has an unknown element {strange[0][:80]!r}")
    effect = _word(found.get("Effect")).capitalize()
    if effect not in {"Allow", "Deny"}:
        raise _UnreadableError(f"statement {place} has neither effect, Allow nor Deny")
    for name in ("Principal", "Action", "Resource"):
        if name in found and f"Not{name}" in found:
            raise _UnreadableError(f"statement {place} has both {name} and Not{name}")
    if "Action" not in found and "NotAction" not in found:
        raise _UnreadableError(f"statement {place} names no action")
    return Statement(
        "Allow" if effect == "Allow" else "Deny",
        _word(found.get("Sid")) or None,
        actions=_values(found, "Action", place),
        not_actions=_values(found, "NotAction", place),
        resources=_values(found, "Resource", place),
        not_resources=_values(found, "NotResource", place),
        principals=_principals(found, "Principal", place),
        not_principals=_principals(found, "NotPrincipal", place),
        conditions=_conditions(found.get("Condition"), place),
    )


def _word(value: object) -> str:
    """Read one value as text; what is no plain value is none."""
    return value if isinstance(value, str) else json.dumps(value) if _is_plain(value) else ""


def _is_plain(value: object) -> bool:
    return isinstance(value, bool | int | float)


def _values(found: Mapping[str, object], name: str, place: int) -> Values | None:
    """Read a single value or a list, sorted, each once; actions whatever their case."""
    if name not in found:
        return None
    by_case = {
        value.lower() if name.endswith("Action") else value: value
        for value in reversed(_listed(found[name], f"{name} of statement {place}"))
    }
    return tuple(sorted(by_case.values(), key=lambda value: (value.lower(), value)))


def _listed(value: object, where: str) -> list[str]:
    """Read values as text: JSON's true is "true"."""
    each = value if isinstance(value, list | tuple) else [value]
    if not all(isinstance(one, str) or _is_plain(one) for one in each):
        raise _UnreadableError(f"{where} holds something that is no text")
    return [_word(one) for one in each]


def _principals(found: Mapping[str, object], name: str, place: int) -> Values | None:
    """Read principals with their type; `{"AWS": "*"}` is `*` (IAM User Guide, "Principal")."""
    if name not in found:
        return None
    where = f"{name} of statement {place}"
    value = found[name]
    if not isinstance(value, Mapping):
        named = _listed(value, where)
        if set(named) - {"*"}:
            raise _UnreadableError(f"{where} names a principal without its type")
        return ("*",)
    typed = {
        "*" if kind == "AWS" and one == "*" else f"{kind}:{one}"
        for kind, ones in value.items()
        for one in _listed(ones, where)
    }
    return tuple(sorted(typed))


def _conditions(value: object, place: int) -> tuple[Condition, ...]:
    where = f"Condition of statement {place}"
    if value is None:
        return ()
    if not isinstance(value, Mapping):
        raise _UnreadableError(f"{where} is no object")
    made: dict[tuple[str, str], Condition] = {}
    for operator, by_key in value.items():
        if not isinstance(by_key, Mapping):
            raise _UnreadableError(f"{where} has an operator without keys")
        for key, values in by_key.items():
            read_values = tuple(sorted(set(_listed(values, where))))
            one = Condition(_operator(str(operator)), str(key).lower(), read_values, str(key))
            if made.setdefault((one.operator, one.key), one) is not one:
                raise _UnreadableError(f"{where} names {one.key[:80]!r} twice")
    return tuple(made[name] for name in sorted(made))


def _operator(written: str) -> str:
    """Spell an operator as AWS does: its quantifier, its name, `IfExists`."""
    quantifier, _, name = written.rpartition(":")
    bare = name[:-8] if name.lower().endswith("ifexists") else name
    spelled = _OPERATORS.get(bare.lower(), bare) + ("IfExists" if bare != name else "")
    known = {"forallvalues": "ForAllValues:", "foranyvalue": "ForAnyValue:"}
    return known.get(quantifier.lower(), f"{quantifier}:" if quantifier else "") + spelled
