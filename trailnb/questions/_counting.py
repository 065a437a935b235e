"""How often, since when, until when: what most questions count, on any engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import narwhals.stable.v2 as nw

    from trailnb._frame import Narwhal

#: What `counted` reads besides the columns it is told.
COUNTED = ("event_time", "outcome", "access")
_CHANGES = ("write", "permission", "tagging")


def counted(
    frame: Narwhal,
    by: Mapping[str, nw.Expr],
    distinct: Mapping[str, nw.Expr],
) -> Narwhal:
    """One row per combination of `by`: its span, its events, and how many distinct values.

    Only simple aggregations are asked of the engine, so every engine can answer. All counts are
    Int64; null is no value.

    Example:
        >>> import narwhals.stable.v2 as nw, polars as pl
        >>> row = {"event_time": None, "outcome": "denied", "access": "read"}
        >>> frame = nw.from_native(pl.DataFrame([row | {"actor": name} for name in ("a", "b")]))
        >>> counted(frame, {"access": nw.col("access")}, {"actors": nw.col("actor")}).rows()
        [('read', None, None, 2, 2, 0, 2)]
    """
    import narwhals.stable.v2 as nw

    is_change = nw.col("access").is_in(_CHANGES)
    picked = frame.select(
        **by,
        _time=nw.col("event_time"),
        _denied=(nw.col("outcome") == "denied").cast(nw.Int64),
        _change=is_change.cast(nw.Int64),
        **{f"_{name}": value for name, value in distinct.items()},
    )
    grouped = picked.group_by(*by).agg(
        first_seen=nw.col("_time").min(),
        last_seen=nw.col("_time").max(),
        events=nw.len(),
        denied=nw.col("_denied").sum(),
        writes=nw.col("_change").sum(),
        **{f"_{name}": nw.col(f"_{name}").n_unique() for name in distinct},
        **{f"_told_{name}": nw.col(f"_{name}").count() for name in distinct},
    )
    counts = {name: nw.col(name) for name in ("events", "denied", "writes")} | {
        # Null counts as one of the unique values, where there is any.
        name: nw.col(f"_{name}").cast(nw.Int64)
        - (nw.col(f"_told_{name}") < nw.col("events")).cast(nw.Int64)
        for name in distinct
    }
    return grouped.select(
        *by,
        "first_seen",
        "last_seen",
        **{name: count.cast(nw.Int64) for name, count in counts.items()},
    )
