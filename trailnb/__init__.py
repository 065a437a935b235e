"""Who did what, from where, with whose credentials, in AWS CloudTrail logs: and what is unknown.

Example:
    >>> import trailnb as tn
    >>> trail = tn.open("data-samples/acme")
    >>> trail
    Trail data-samples/acme: 409 log files, 0.9 MB, whole history, 4 accounts, 3 regions
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trailnb import charts, errors
    from trailnb.questions.timeline import timeline
    from trailnb.trail.opening import open, scan  # noqa: A004 - tn.open is the verb

__all__ = ["charts", "errors", "open", "scan", "timeline"]
__version__ = "0.1.0"

#: Where each public name lives; a module is loaded when its name is first used.
_HOMES = {
    "open": "trailnb.trail.opening",
    "scan": "trailnb.trail.opening",
    "timeline": "trailnb.questions.timeline",
}


def __getattr__(name: str) -> object:
    """Load a public name on first use, so that importing trailnb costs next to nothing."""
    if name in {"charts", "errors"}:
        return import_module(f"trailnb.{name}")
    if name not in _HOMES:
        raise AttributeError(f"trailnb has no name {name!r}. It has {', '.join(__all__)}.")
    value: object = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, for completion."""
    return sorted([*__all__, "__version__"])
