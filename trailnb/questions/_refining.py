"""The second half of a refined question: what an engine reduced is finished over all its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from trailnb._frame import in_polars, refined

if TYPE_CHECKING:
    from collections.abc import Callable

    from trailnb._frame import Narwhal


def finished(
    reduced: Narwhal, finish: Callable[[pl.DataFrame], pl.DataFrame], schema: pl.Schema
) -> pl.LazyFrame:
    """Finish a reduced frame with a function over all its rows, once somebody looks.

    The answer has exactly the columns and types of `schema`: an engine may name the zone of its
    times otherwise, or count in wider integers.

    Example:
        >>> import narwhals.stable.v2 as nw
        >>> reduced = nw.from_native(pl.DataFrame({"events": [1, 2]}))
        >>> schema = pl.Schema({"events": pl.Int64()})
        >>> finished(reduced, lambda rows: rows.sum(), schema).collect().item()
        3
    """

    def answer() -> pl.DataFrame:
        told = finish(in_polars(reduced).collect())
        return told.select(pl.col(name).cast(dtype) for name, dtype in schema.items())

    return refined(schema, answer)
