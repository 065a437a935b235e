"""What does saving with Spark cost, beside the worker processes of this machine?"""

from __future__ import annotations

from importlib.util import find_spec
from shutil import which
from typing import TYPE_CHECKING

from benchmarks.data import PLACE, scaled
from benchmarks.measure import Contender, compare, say
from benchmarks.table import Bar, Table, seconds, times

if TYPE_CHECKING:
    from benchmarks.options import Options

_BAR = 1.2


def answer(options: Options) -> list[Table]:
    """Measure a first save of the big set, where there is a Spark to measure."""
    if find_spec("pyspark") is None or which("java") is None:
        say("spark: left out, pyspark or Java is not there")
        return []
    uri = str(scaled(*options.big))
    contenders = [
        Contender(
            name, f"benchmarks.spark_saves:{task}", {"uri": uri, "dest": str(PLACE / task)}, 1,
            env={},
        )
        for name, task in (("two worker processes", "by_pool"), ("Spark, local[2]", "by_spark"))
    ]  # fmt: skip
    costs = compare(contenders, min(2, options.slow_rounds))
    pool, spark = costs.values()
    assert pool.rows == spark.rows
    table = Table(
        f"A first save of {options.big[0]:,} events with Spark",
        "CPU seconds of all processes, the Java machine among them. Spark's session is there "
        f"already; it took {spark.told['start']:.1f} CPU seconds to start. The start of the two "
        "worker processes is counted.",
        ("how", "CPU s", "wall s", "times the pool"),
    )
    table.add("two worker processes", *seconds(pool), "1.00")
    ratio = spark.cpu_seconds / pool.cpu_seconds
    table.add("Spark, local[2]", *seconds(spark), times(ratio), bar=Bar(ratio, at_most=_BAR))
    return [table]
