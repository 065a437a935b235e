"""How many false alarms has a quiet year, how many bursts are found, what do 10 M events cost?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.measure import Contender, run, say
from benchmarks.table import Bar, Table

if TYPE_CHECKING:
    from benchmarks.options import Options

_SERIES, _BURSTS, _BURST_DAYS = 105, 400, 60
#: Worlds that nothing was tuned on; whoever tunes on one of them puts another in its place.
_SEEDS = (102, 103, 104)
_EVENTS = 10_000_000
_MOST_ALARMS, _LEAST_FOUND = 1.0, 95.0
#: A call a minute for an hour is a burst to anybody; the others are there to be known.
_LEAST_CALLS = (60, 50)
_MOST_MB = 1500


def answer(options: Options) -> list[Table]:
    """Simulate a quiet year and planted bursts, and measure a large table of events."""
    del options  # what is counted here needs no second round
    return [_judged(), _large()]


def _judged() -> Table:
    table = Table(
        "Unusual rates in simulated years",
        "Series of seven kinds (steady, office hours, clustered, nightly, hourly and weekly jobs, "
        "rare) in equal parts. Bursts are five times the rate of their moment in steady and office "
        "series, ten minutes to four hours long; few calls differ little from chance.",
        ("what", "measured"),
    )
    for seed in _SEEDS:
        _judge(table, seed)
    return table


def _judge(table: Table, seed: int) -> None:
    """Judge one simulated world."""
    say(f"a quiet year, seed {seed}")
    how = {"series": _SERIES, "seed": seed}
    quiet = run(Contender("quiet", "benchmarks.judging:quiet_year", how, 1))
    late = quiet.told["late"] * 100 / _SERIES
    table.add(
        f"seed {seed}: false alarms per 100 series after two weeks of history, {_SERIES} series, "
        "one year",
        f"{late:.2f}", bar=Bar(late, at_most=_MOST_ALARMS),
    )  # fmt: skip
    early = quiet.told["early"] * 100 / _SERIES
    table.add(f"seed {seed}: alarms per 100 series in the first two weeks", f"{early:.2f}")
    for least in _LEAST_CALLS:
        say(f"planted bursts of {least} calls, seed {seed}")
        how = {"series": _BURSTS, "seed": seed + 1000, "days": _BURST_DAYS, "least": least}
        planted = run(Contender("planted", "benchmarks.judging:planted_bursts", how, 1))
        found = planted.told["rows"] * 100 / _BURSTS
        bar = Bar(found, at_least=_LEAST_FOUND) if least == _LEAST_CALLS[0] else None
        what = f"seed {seed}: % found of {_BURSTS} planted bursts of {least} expected calls or more"
        table.add(what, f"{found:.1f}", bar=bar)


def _large() -> Table:
    table = Table(
        f"Insights of {_EVENTS:,} events",
        "A Parquet table of 300 actions over 30 days, with two bursts; the streaming engine reads "
        "it twice. Memory is the most that the process held.",
        ("what", "measured"),
    )
    say(f"{_EVENTS:,} events")
    cost = run(
        Contender("large", "benchmarks.judging:large_insights", {"events": _EVENTS}, 1, env={})
    )
    table.add("wall seconds", f"{cost.wall_seconds:.1f}")
    table.add("CPU seconds", f"{cost.cpu_seconds:.1f}")
    megabytes = cost.told["megabytes"]
    table.add("most memory, MB", f"{megabytes:,.0f}", bar=Bar(megabytes, at_most=_MOST_MB))
    return table
