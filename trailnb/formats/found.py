"""What a walk through text comes upon: a record, or a part that is none."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Found:
    """A record's exact text with its fields, or (`fields` None) a reason why a part is none.

    `start` is the position of the outermost value it lies in. `is_lost` tells a part that was meant
    to be a record from one that is something else. `rebuilt_from` names what a record without a
    text of its own was put together from; `said` is what was damaged on the way to it.
    """

    text: str
    fields: dict[str, str] | None
    start: int = 0
    is_lost: bool = False
    rebuilt_from: str = ""
    said: tuple[str, ...] = ()
