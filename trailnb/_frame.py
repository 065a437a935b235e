"""The border to the caller's frames: theirs in, the same kind out.

Every question belongs to a declared class. An *engine question* is narwhals over typed scalar
columns: any frame narwhals knows in, the same kind out. A *refined question* reduces that way and
finishes in Polars: always a `pl.LazyFrame` out, and nothing read before it is collected. Each
question's module says which it is in `CLASS`, and has its answer's `SCHEMA` and `SORT_KEY`.

narwhals is imported on first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, TypeVar, cast

import polars as pl

from trailnb.errors import ColumnError
from trailnb.facts.columns import base_schema
from trailnb.facts.derived import DERIVED, with_derived

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import narwhals.stable.v2 as nw
    from narwhals.stable.v2.typing import IntoFrame

    Narwhal: TypeAlias = nw.DataFrame[Any] | nw.LazyFrame[Any]

FrameT = TypeVar("FrameT", bound="IntoFrame")
FrameT_co = TypeVar("FrameT_co", bound="IntoFrame", covariant=True)

#: The class a question's module declares.
QuestionClass: TypeAlias = Literal["engine", "refined"]


class HasEvents(Protocol[FrameT_co]):
    """Anything with `.events`: a Trail, above all."""

    @property
    def events(self) -> FrameT_co:
        """The event table."""
        ...


def asked(events: object, names: Sequence[str], asked_by: str) -> Narwhal:
    """How does a question see the caller's frame: as narwhals, with the columns it needs?

    A Trail stands for its events. A Polars, pandas or Arrow frame that carries only the event
    table's base columns gets the derived ones on the fly; any other frame must have them.

    Raises:
        ColumnError: columns are missing and cannot be derived.

    Example:
        >>> frame = pl.DataFrame({"actor": ["alice"], "outcome": ["denied"]})
        >>> asked(frame, ["actor"], "timeline").columns
        ['actor', 'outcome']
    """
    frame = _seen(events)
    have = frame.collect_schema().names()
    lacking = [c for c in DERIVED if c.name in names and c.name not in have]
    derivable = [c.name for c in lacking if set(c.needs).issubset(have)]
    frame = _derived(frame, derivable) if derivable else frame
    needs(frame.collect_schema().names(), names, asked_by)
    return frame


def _seen(events: object) -> Narwhal:
    """Look at the frame, or at the events of a Trail."""
    import narwhals.stable.v2 as nw

    # A frame comes first: pandas and DuckDB would answer `.events` with a column of that name.
    frame: object = nw.from_native(cast("IntoFrame", events), pass_through=True)
    if not isinstance(frame, nw.DataFrame | nw.LazyFrame):
        frame = nw.from_native(cast("HasEvents[IntoFrame]", events).events)
    return cast("Narwhal", frame)


def _derived(frame: Narwhal, names: list[str]) -> Narwhal:
    """Derive what can be derived here: in Polars as it is, pandas and Arrow through Polars."""
    import narwhals.stable.v2 as nw

    native = frame.to_native()
    if isinstance(native, pl.LazyFrame):
        return cast("Narwhal", nw.from_native(with_derived(native, names)))
    if isinstance(native, pl.DataFrame):
        return cast("Narwhal", nw.from_native(with_derived(native, names)))
    if not isinstance(frame, nw.DataFrame):
        return frame  # an engine's table stays where it is; `needs` says what it lacks
    schema = base_schema()
    base = sorted({need for c in DERIVED if c.name in names for need in c.needs})
    inputs = pl.from_arrow(frame.select(base).to_arrow())
    typed = cast("pl.DataFrame", inputs).cast({name: schema[name] for name in base})
    facts = with_derived(typed, names).select(names)
    # Arrow's newest text type lacks kernels that questions need.
    arrow = facts.to_arrow(compat_level=pl.CompatLevel.oldest())
    added = nw.from_arrow(arrow, backend=frame.implementation)
    return frame.with_columns(*(added[name] for name in names))


def in_polars(frame: Narwhal) -> pl.LazyFrame:
    """How does what an engine left over continue in Polars: lazy if it was, read if it must be?

    Example:
        >>> import narwhals.stable.v2 as nw
        >>> in_polars(nw.from_native(pl.DataFrame({"actor": ["alice"]})))
        <LazyFrame at ...>
    """
    native = frame.to_native()
    if isinstance(native, pl.DataFrame | pl.LazyFrame):
        return native.lazy()
    return table(native).lazy()


def refined(schema: pl.Schema, answer: Callable[[], pl.DataFrame]) -> pl.LazyFrame:
    """How does a refined question answer: as a lazy frame that reads when it is collected?

    Example:
        >>> refined(pl.Schema({"actor": pl.String}), lambda: pl.DataFrame({"actor": ["alice"]}))
        <LazyFrame at ...>
    """
    return pl.defer(answer, schema=schema)


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
        said = ColumnError.missing(missing, asked_by)
        raise ColumnError(
            f"{said} For other engines, trail.save keeps every column, the derived ones included."
        )


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
