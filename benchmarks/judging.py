"""The library's side where it proves and judges: verification, and unusual rates."""

from __future__ import annotations

import resource
import time
from typing import Any

import polars as pl

import trailnb as tn
from benchmarks import quiet_year as simulated
from benchmarks.data import PLACE
from trailnb.questions._spells import spells
from trailnb.questions._unusual import Terms, unusual


def verify(uri: str, keys: str, **how: Any) -> int:
    """Verify every log file by its digests: all must be proven."""
    found = tn.verify(uri, keys=keys, **how)
    assert found.exit_code == 0, found.summary()
    return found.results.filter(kind="log file").height


def quiet_year(series: int, seed: int) -> dict[str, float]:
    """How many alarms gives a year in which nothing happens, and how many its first two weeks?"""
    counts, _ = simulated.year(series, seed)
    found = _spells(counts, series)
    first = simulated.START + 14 * simulated.DAY
    early = found.filter(pl.col("start") < first).height
    return {"rows": counts.height, "early": early, "late": found.height - early}


def planted_bursts(series: int, seed: int, days: int, least: int) -> int:
    """How many planted bursts are found?"""
    counts, planted = simulated.with_bursts(series, seed, days, least=least)
    found = _spells(counts, series)
    spans = pl.DataFrame(
        [(one.series, one.start, one.start + one.minutes) for one in planted],
        {"series": pl.UInt32, "begin": pl.Int64, "end": pl.Int64},
        orient="row",
    )
    hits = spans.join(found, on="series").filter(
        pl.col("start") < pl.col("end"), pl.col("stop") > pl.col("begin")
    )
    return hits["series"].n_unique()


def _spells(counts: pl.DataFrame, series: int) -> pl.DataFrame:
    first = simulated.START // simulated.DAY
    days = pl.DataFrame(
        [(one, first) for one in range(series)],
        {"series": pl.UInt32, "first": pl.Int64},
        orient="row",
    )
    terms = Terms(baseline_days=7, minimum=20, fold=2.5, per_year=0.01)
    return spells(unusual(counts, days, terms), counts, 15)


def large_insights(events: int) -> dict[str, float]:
    """Insights of a table on disk that is larger than memory should hold."""
    path = simulated.table(PLACE / f"insights-{events}.parquet", events)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    wall, cpu = time.perf_counter(), time.process_time()
    found = tn.insights(pl.scan_parquet(path)).collect()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert found.height >= 2, found
    told = {"rows": float(found.height), "megabytes": most / 1024, "before": before / 1024}
    return told | {"wall": wall, "cpu": cpu}
