"""What trailnb raises and warns: sentences that say what happened, where, and what to do next."""

from __future__ import annotations

import inspect


class TrailnbError(Exception):
    """Anything trailnb raises on purpose.

    Example:
        >>> str(TrailnbError.about("no such folder", "cases/042", "Check the path."))
        'no such folder: cases/042. Check the path.'
    """

    #: Whether asking again later may help.
    is_transient = False

    @classmethod
    def about(cls, happened: str, place: str, hint: str) -> TrailnbError:
        """Build the sentence: what happened, where, what to do next."""
        return cls(f"{happened}: {place}. {hint}")


class SourceError(TrailnbError):
    """A place that holds logs could not be listed or read at all."""


class RequestError(TrailnbError, ValueError):
    """An argument that cannot be meant, with the way to say it right."""


class ColumnError(TrailnbError, KeyError):
    """A frame lacks a column that a question needs."""

    def __str__(self) -> str:
        """Show the sentence itself: KeyError alone would show its repr."""
        return str(self.args[0])

    @classmethod
    def missing(cls, names: list[str], asked_by: str) -> ColumnError:
        """Name the missing columns and the way to get them."""
        return cls(
            f"{asked_by} needs the column{'s' if len(names) > 1 else ''} {', '.join(names)}, "
            "which this frame lacks. Pass trail.events, or a frame that still carries "
            "the event table's columns."
        )


class MissingExtraError(TrailnbError, ImportError):
    """Something needs an optional package; the message has the install line."""

    @classmethod
    def of(cls, what: str, extra: str) -> MissingExtraError:
        """Name what needs the extra, and the line that installs it."""
        return cls(f"{what} needs the extra `{extra}`. Install it: pip install 'trailnb[{extra}]'")


class ProblemWarning(UserWarning):
    """Some log content could not be read as it stands; `trail.problems()` lists it."""


class NothingFoundWarning(UserWarning):
    """A question's filters left nothing; the message names values that are like the wanted ones."""


def caller_level() -> int:
    """How far up is the line that a person wrote: the first outside of trailnb and Polars?

    For `warnings.warn`, which should point there.
    """
    level = 1
    frame = inspect.currentframe()
    frame = frame.f_back if frame else None
    while frame and frame.f_globals.get("__name__", "").partition(".")[0] in {"trailnb", "polars"}:
        frame = frame.f_back
        level += 1
    return level
