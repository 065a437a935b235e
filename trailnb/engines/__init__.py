"""Other engines: SQL over the events, its text for Athena, and Spark for saving and reading."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trailnb.engines.spark_session import register, spark, spark_frame

__all__ = ["register", "spark", "spark_frame"]


def __getattr__(name: str) -> object:
    """Load what needs Spark on first use: none of it is imported unless it is asked for."""
    if name not in __all__:
        raise AttributeError(f"trailnb.engines has no name {name!r}. It has {', '.join(__all__)}.")
    from trailnb.engines import spark_session

    value: object = getattr(spark_session, name)
    return value
