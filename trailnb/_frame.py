"""The border to the caller's frames: theirs in, the same kind out.

Inside a question every frame is a narwhals frame, so one text serves Polars, pandas, DuckDB and
whatever else narwhals knows. narwhals is imported on first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar, cast

import polars as pl

from trailnb.errors import ColumnError
from trailnb.facts.derived import DERIVED, with_derived

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import narwhals.stable.v2 as nw
    from narwhals.stable.v2.typing import IntoFrame

    Narwhal: TypeAlias = nw.DataFrame[Any] | nw.LazyFrame[Any]

FrameT = TypeVar("FrameT", bound="IntoFrame")
FrameT_co = TypeVar("FrameT_co", bound="IntoFrame", covariant=True)


class HasEvents(Protocol[FrameT_co]):
    """Anything with `.events`: a Trail, above all."""

    @property
    def events(self) -> FrameT_co:
        """The event table."""
        ...


def asked(events: object, names: Sequence[str], asked_by: str) -> Narwhal:
    """How does a question see the caller's frame: as narwhals, with the columns it needs?

    A Trail stands for its events. A Polars frame that carries only the event table's base columns
    gets the derived ones; any other frame must have them.

    Example:
        >>> frame = pl.DataFrame({"actor": ["alice"], "outcome": ["denied"]})
        >>> asked(frame, ["actor"], "timeline").columns
        ['actor', 'outcome']
    """
    import narwhals.stable.v2 as nw

    frame = getattr(events, "events", events)
    if isinstance(frame, pl.DataFrame | pl.LazyFrame):
        have = set(frame.collect_schema().names())
        derivable = [c.name for c in DERIVED if c.name in names and have.issuperset(c.needs)]
        frame = _derived(frame, derivable)
    seen: Narwhal = nw.from_native(cast("IntoFrame", frame))
    needs(seen.collect_schema().names(), names, asked_by)
    return seen


def _derived(frame: pl.DataFrame | pl.LazyFrame, names: list[str]) -> pl.DataFrame | pl.LazyFrame:
    if isinstance(frame, pl.DataFrame):
        return with_derived(frame, names)
    return with_derived(frame, names)


def needs(have: Iterable[str], names: Sequence[str], asked_by: str) -> None:
    """Does the frame have the columns? If not, say which are missing and where to get them.

    Example:
        >>> needs(["actor"], ["actor", "target"], "timeline")
        Traceback (most recent call last):
        ...
        trailnb.errors.ColumnError: timeline needs the column target, which this frame lacks. ...
    """
    present = set(have)
    if missing := [name for name in names if name not in present]:
        raise ColumnError.missing(missing, asked_by)


def table(answer: object) -> pl.DataFrame:
    """What does an answer hold, as a Polars table for display? This is the place that collects.

    Example:
        >>> table(pl.LazyFrame({"actor": ["alice"]})).height
        1
    """
    if isinstance(answer, pl.DataFrame):
        return answer
    if isinstance(answer, pl.LazyFrame):
        return answer.collect()
    import narwhals.stable.v2 as nw

    shown: pl.DataFrame = (
        nw.from_native(cast("IntoFrame", answer)).lazy().collect("polars").to_polars()
    )
    return shown
