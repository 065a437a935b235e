"""A finding: what was concluded, how grave it is, and the events it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import polars as pl

from trailnb._frame import table
from trailnb.errors import RequestError
from trailnb.questions._leads import LEVELS, Level

if TYPE_CHECKING:
    from collections.abc import Iterable

    from narwhals.stable.v2.typing import IntoFrame

#: Columns of an answer that name events.
_NAMING = ("event_ids", "event_id", "issuing_event_id")


@dataclass(frozen=True, slots=True)
class Finding:
    """One conclusion. `event_ids` are the events it rests on; without any it is about a silence."""

    title: str
    why: str = ""
    level: Level = "alert"
    event_ids: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a level that nobody would look for."""
        if self.level not in LEVELS:
            raise RequestError(f"level={self.level!r} is none of {', '.join(LEVELS)}.")

    def __str__(self) -> str:
        """Say it in one line."""
        events = f" ({len(self.event_ids):,} event{'s' * (len(self.event_ids) != 1)})"
        return f"{self.level}: {self.title}{events if self.event_ids else ''}"


def event_ids_of(events: str | Iterable[str] | IntoFrame) -> tuple[str, ...]:
    """Which events are meant: an id, several, or an answer that names its events?

    An event without an id cannot be named, and is left out.

    Raises:
        RequestError: the answer has no column that names events.

    Example:
        >>> event_ids_of(pl.DataFrame({"event_ids": [["b", "a"], ["a"]]}))
        ('b', 'a')
        >>> event_ids_of("a")
        ('a',)
    """
    if isinstance(events, str):
        return (events,)
    if not hasattr(type(events), "columns"):  # on the type: a lazy frame would resolve its plan
        named = (one for one in cast("Iterable[str | None]", events) if one is not None)
        return tuple(dict.fromkeys(named))
    answer = table(events)
    name = next((name for name in _NAMING if name in answer.columns), None)
    if name is None:
        raise RequestError(
            f"This answer names no events: it has none of {', '.join(_NAMING)}. "
            "Pass event ids, or an answer that has them."
        )
    ids = answer[name]
    listed = ids.explode() if ids.dtype == pl.List else ids
    return tuple(listed.drop_nulls().unique(maintain_order=True).to_list())
