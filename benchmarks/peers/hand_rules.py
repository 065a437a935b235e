"""A hundred rules as one Polars query by hand, over the same Parquet."""

from __future__ import annotations

import polars as pl

from benchmarks.rule_patterns import patterns


def counts(store: str) -> dict[str, float]:
    """How often does each rule hold?"""
    rows = pl.scan_parquet(f"{store}/date=*/*.parquet", hive_partitioning=False)
    held = rows.filter(~pl.col("is_copy")).select(
        expression.sum().alias(str(number)) for number, (_, expression) in enumerate(patterns())
    )
    return _told(held.collect().row(0))


def any_holds(store: str) -> dict[str, float]:
    """Which events fulfil any rule, as one filter?"""
    rows = pl.scan_parquet(f"{store}/date=*/*.parquet", hive_partitioning=False)
    wanted = pl.any_horizontal(expression for _, expression in patterns())
    held = rows.filter(~pl.col("is_copy"), wanted).select("event_id", "event_time").collect()
    return {"rows": held.height}


def _told(counts: tuple[int, ...]) -> dict[str, float]:
    return {"rows": sum(counts), "fired": sum(count > 0 for count in counts)}
