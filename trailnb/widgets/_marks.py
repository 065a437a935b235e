"""Stars and notes on events: kept here, or in a case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence


class Note(NamedTuple):
    """Something written down, and the events it is about."""

    text: str
    event_ids: tuple[str, ...] = ()


class Recorder(Protocol):
    """What takes stars and notes: a `Case`, above all."""

    stars: list[str]
    notes: list[Any]

    def star(self, event_id: str) -> None:
        """Mark an event; once more takes the mark away."""
        ...

    def note(self, text: str, *, event_ids: Sequence[str] = ()) -> None:
        """Write something down about these events."""
        ...


class Marks:
    """Stars and notes where no case takes them.

    Example:
        >>> marks = Marks()
        >>> marks.star("4c581cca")
        >>> marks.note("Asked the night shift.", event_ids=["4c581cca"])
        >>> marks.stars, marks.notes[0].text
        (['4c581cca'], 'Asked the night shift.')
    """

    def __init__(self) -> None:
        self.stars: list[str] = []
        self.notes: list[Any] = []

    def star(self, event_id: str) -> None:
        """Mark an event; once more takes the mark away."""
        if event_id in self.stars:
            self.stars.remove(event_id)
        else:
            self.stars.append(event_id)

    def note(self, text: str, *, event_ids: Sequence[str] = ()) -> None:
        """Write something down about these events."""
        self.notes.append(Note(text, tuple(event_ids)))
