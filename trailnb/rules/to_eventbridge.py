"""A rule as an EventBridge event pattern."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeAlias

from trailnb.errors import RequestError
from trailnb.rules.checks import And, Leaf
from trailnb.rules.event_pattern import MAX_ALTERNATIVES
from trailnb.rules.languages import EventPattern, MetricFilter
from trailnb.rules.rule_files import once

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trailnb.rules.checks import Check, Expression
    from trailnb.rules.rule import Rule

#: A part of an event pattern: fields to alternatives or to further fields.
Part: TypeAlias = dict[str, Any]
_OR, _BUT = "$or", "anything-but"
_PAIR = 2


def to_eventbridge(rule: Rule) -> Part:
    """Which event pattern asks the same?

    Raises:
        RequestError: event patterns cannot say it, with the part they cannot say.

    Example:
        >>> from trailnb.rules.rule import Rule
        >>> to_eventbridge(Rule(name="x", pattern='{ $.eventName = "Stop*" && $.errorCode = * }'))
        {'detail': {'eventName': [{'prefix': 'Stop'}], 'errorCode': [{'exists': True}]}}
    """
    matcher = rule.matcher()
    if isinstance(matcher, EventPattern):
        pattern = _parsed(rule) if isinstance(rule.pattern, str) else dict(rule.pattern)
        return pattern if matcher.over == "envelope" else {"detail": pattern}
    if isinstance(matcher, MetricFilter):
        return {"detail": _part(matcher.expression, rule)}
    raise cannot(rule, "an event pattern", "terms anywhere in the record")


def _parsed(rule: Rule) -> Part:
    """Read the pattern's own text, unless a rewriting would lose what it names twice."""
    try:
        return json.loads(str(rule.pattern), object_pairs_hook=once)  # type: ignore[no-any-return]
    except ValueError:
        raise cannot(rule, "an event pattern", "a field that is named twice") from None


def cannot(rule: Rule, what: str, part: str) -> RequestError:
    """Say what the other language has no words for."""
    return RequestError(
        f"rule {rule.name!r} cannot be said as {what}: {what} has no words for {part}. "
        "Write that part by hand, or keep the rule in its own language."
    )


def _part(expression: Expression, rule: Rule) -> Part:
    if isinstance(expression, Leaf):
        return _nested(expression, rule)
    parts = [_part(part, rule) for part in expression.parts]
    if isinstance(expression, And):
        joined = parts[0]
        for part in parts[1:]:
            joined = _joined(joined, part, rule)
        return joined
    merged = parts[0]
    for part in parts[1:]:
        same = _same_field(merged, part)
        merged = same if same is not None else {_OR: _branches(merged) + _branches(part)}
    return merged


def _branches(part: Part) -> list[Part]:
    return part[_OR] if part.keys() == {_OR} else [part]


def _same_field(one: Part, other: Part) -> Part | None:
    """Join alternatives of one and the same field; None if the parts name more or others."""
    if len(one) != 1 or one.keys() != other.keys() or _OR in one:
        return None
    (name,) = one
    inside, beside = one[name], other[name]
    if isinstance(inside, list) and isinstance(beside, list):
        return {name: inside + beside}
    if isinstance(inside, dict) and isinstance(beside, dict):
        deeper = _same_field(inside, beside)
        return None if deeper is None else {name: deeper}
    return None


def _joined(one: Part, other: Part, rule: Rule) -> Part:
    """Ask for both parts at once."""
    joined = dict(one)
    for name, value in other.items():
        if name not in joined:
            joined[name] = value
        elif name == _OR:
            pairs = [_joined(a, b, rule) for a in joined[_OR] for b in value]
            if len(pairs) > MAX_ALTERNATIVES:
                raise cannot(rule, "an event pattern", f"more than {MAX_ALTERNATIVES:,} cases")
            joined[_OR] = pairs
        elif isinstance(joined[name], dict) and isinstance(value, dict):
            joined[name] = _joined(joined[name], value, rule)
        else:
            joined[name] = _both(joined[name], value, name, rule)
    return _apart(joined, rule)


def _apart(part: Part, rule: Rule) -> Part:
    """Move into the branches what they name again: there, the later of two would win."""
    outside = {name: value for name, value in part.items() if name != _OR}
    branches = part.get(_OR, [])
    named = {path for branch in branches for path in _paths(branch)}
    if not named & set(_paths(outside)):
        return part
    return {_OR: [_joined(outside, branch, rule) for branch in branches]}


def _paths(part: Part, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, value in part.items():
        if name == _OR:
            for branch in value:
                yield from _paths(branch, above)
        elif isinstance(value, dict):
            yield from _paths(value, (*above, name))
        else:
            yield (*above, name)


def _both(one: Any, other: Any, name: str, rule: Rule) -> list[Any]:  # noqa: ANN401 - alternatives
    """Ask two things of one field: two that it must not be are one list, a range is one range."""
    alternatives = [*one, *other] if isinstance(one, list) and isinstance(other, list) else []
    if len(alternatives) == _PAIR and all(isinstance(each, dict) for each in alternatives):
        first, second = alternatives
        texts = [each.get(_BUT) for each in alternatives]
        if all(isinstance(text, list) for text in texts):
            return [{_BUT: [value for text in texts for value in text]}]
        bounds = sorted((each.get("numeric", ["", 0]) for each in (first, second)), reverse=True)
        if [bound[0][:1] for bound in bounds] == [">", "<"] and bounds[0][1] < bounds[1][1]:
            return [{"numeric": [*bounds[0], *bounds[1]]}]
    raise cannot(rule, "an event pattern", f"two conditions on the one field {name}")


def _nested(leaf: Leaf, rule: Rule) -> Part:
    steps = [step for step in leaf.path if step is not None]  # lists are entered by themselves
    if any(not isinstance(step, str) for step in steps):
        raise cannot(rule, "an event pattern", "a place in a list, or every field of an object")
    part: Any = [one for check in leaf.checks for one in _alternatives(check, rule)]
    for step in reversed(steps):
        part = {step: part}
    return part  # type: ignore[no-any-return]


def _alternatives(check: Check, rule: Rule) -> list[Any]:
    value = check.values[0] if check.values else None
    if check.kind in {"null", "true", "false"}:
        return [{"null": None, "true": True, "false": False}[check.kind]]
    if check.kind == "absent" or (check.kind == "present" and not check.but):
        return [{"exists": check.kind == "present"}]
    if check.kind == "numeric":
        return [{"numeric": [part for bound in check.values[0] for part in bound]}]
    if check.kind == "text":
        also = {"true": [True], "false": [False]}.get(str(value), [])
        return [{_BUT: [value]}] if check.but else [value, *also]
    if check.kind == "wildcard":
        (name, text), *_ = _wildcard(value).items()
        return [{_BUT: {name: text}}] if check.but else [{name: text}]
    if check.kind == "digits" and not check.but:
        number = float(str(value))
        return [int(number) if number.is_integer() else number, value]
    raise cannot(rule, "an event pattern", _called(check))


def _wildcard(pieces: Any) -> Part:  # noqa: ANN401 - a check's value
    if len(pieces) == _PAIR and not pieces[1]:
        return {"prefix": pieces[0]}
    if len(pieces) == _PAIR and not pieces[0]:
        return {"suffix": pieces[1]}
    escaped = (piece.replace("\\", "\\\\").replace("*", "\\*") for piece in pieces)
    return {"wildcard": "*".join(escaped)}


def _called(check: Check) -> str:
    names = {
        "regex": "a regular expression",
        "digits": "being neither a number nor the text that spells it",
        "present": "having no value at all",
    }
    return names.get(check.kind, check.kind)
