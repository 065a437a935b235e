"""Whether what is there holds what a plan wants: order and single values make no difference."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from trailnb._plain import plain, shortened

_SHOWN = 120


def holds(there: object, wanted: object) -> bool:
    """Is everything that is wanted there? Settings beside it, which AWS adds, do no harm.

    Example:
        >>> holds(
        ...     {"Days": 90, "Mode": "GOVERNANCE", "Since": 1}, {"Mode": "GOVERNANCE", "Days": 90}
        ... )
        True
        >>> holds([1, 2], [1]), holds(["b", "a"], ["a", "b"])
        (False, True)
    """
    if isinstance(wanted, Mapping) and isinstance(there, Mapping):
        return all(holds(there.get(name), value) for name, value in wanted.items())
    if isinstance(wanted, (list, tuple)) and isinstance(there, (list, tuple)):
        return len(there) == len(wanted) and all(any(holds(a, b) for a in there) for b in wanted)
    return there == wanted


def missing_statements(there: str | Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    """Which statements of a policy are not there, word for word but for order?

    Example:
        >>> one = {"Sid": "Write", "Effect": "Allow", "Action": ["s3:PutObject"]}
        >>> missing_statements(
        ...     {"Statement": one | {"Action": "s3:PutObject"}}, {"Statement": [one]}
        ... )
        []
    """
    present = [_normal(one) for one in _statements(document(there))]
    return [
        str(one.get("Sid") or one.get("Action"))
        for one in wanted["Statement"]
        if _normal(one) not in present
    ]


def document(policy: str | Mapping[str, Any]) -> Mapping[str, Any]:
    """Read a policy; one that cannot be read has no statement."""
    if not isinstance(policy, str):
        return policy
    try:
        read = json.loads(policy)
    except (ValueError, RecursionError):
        return {}
    return read if isinstance(read, dict) else {}


def shown(there: object) -> str:
    """Show what is there, in a few words and without what steers a terminal."""
    return shortened(plain(json.dumps(there, default=str, sort_keys=True)), _SHOWN)


def _statements(policy: Mapping[str, Any]) -> list[Any]:
    found = policy.get("Statement") or []
    return [found] if isinstance(found, Mapping) else list(found)


def _normal(value: object) -> object:
    """Lists of one are single values, and the order of a list says nothing."""
    if isinstance(value, Mapping):
        return {name: _normal(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        parts = sorted(json.dumps(_normal(one), sort_keys=True) for one in value)
        return json.loads(parts[0]) if len(parts) == 1 else parts
    return value
