"""Spark reads log files as they lie, and loses none of them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import trailnb as tn
from tests.engines.spark_cluster import session
from tests.parity.cases import SAMPLES
from trailnb._frame import table
from trailnb.trail.scan import schema

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [
    pytest.mark.filterwarnings("ignore:::pyspark.*"),
    pytest.mark.filterwarnings("ignore::trailnb.errors.ProblemWarning"),
]
ACME = str(SAMPLES / "acme")


@pytest.fixture(scope="module")
def local() -> Iterator[Any]:
    """A session that knows the format."""
    with session() as made:
        tn.engines.register(made)
        yield made


def raw(local: Any, **options: str) -> Any:  # noqa: ANN401
    """The frame over the samples with these options."""
    return local.read.format("cloudtrail").options(**options).load(ACME)


def test_every_event_is_there_with_every_copy(local: Any) -> None:  # noqa: ANN401
    """What a trail shows without deduplication, provenance included."""
    names = ["log_file", "log_index", "event_time", "event_name", "actor", "read_only"]
    rows = table(raw(local).select(names)).select(
        pl.col(name).cast(dtype) for name, dtype in schema().items() if name in names
    )
    expected = tn.open(ACME, dedupe=False).events.select(rows.columns).collect()
    place = ["log_file", "log_index"]
    assert_frame_equal(rows.sort(place), expected.sort(place))


def test_fewer_columns_are_decoded(local: Any) -> None:  # noqa: ANN401
    """A schema that names two columns gives two."""
    frame = local.read.format("cloudtrail").schema("event_id string, event_name string").load(ACME)
    assert frame.columns == ["event_id", "event_name"]
    found = frame.where(frame["event_name"] == "StopLogging")
    stopped = pl.col("event_name") == "StopLogging"
    expected = tn.open(ACME, dedupe=False).events.filter(stopped).select(pl.len()).collect().item()
    assert found.count() == expected > 0


def test_bounds_are_options(local: Any) -> None:  # noqa: ANN401
    """A window and accounts, as in `tn.open`."""
    how = {"since": "2026-11-03", "until": "2026-11-03T06:00:00Z"}
    account = "444455556666"
    trail = tn.open(
        ACME, since=datetime(2026, 11, 3, tzinfo=UTC), until=datetime(2026, 11, 3, 6, tzinfo=UTC),
        accounts=account, dedupe=False,
    )  # fmt: skip
    expected = trail.events.select(pl.len()).collect().item()
    assert raw(local, **how, accounts=account).count() == expected > 0


def test_filters_are_not_pushed(local: Any) -> None:  # noqa: ANN401
    """A source that takes filters would give wrong rows after them, so this one takes none."""
    from trailnb.engines.spark_source import Reader

    assert "pushFilters" not in vars(Reader)
    frame = raw(local).select("event_name", "event_id")
    whole = frame.count()
    one, other = (frame.where(frame["event_name"] == name) for name in ("AssumeRole", "GetObject"))
    counts = one.count(), other.count()
    assert all(counts)
    assert frame.count() == whole > sum(counts)
    assert one.union(other).count() == sum(counts)


def test_problems_are_a_reading_of_their_own(local: Any) -> None:  # noqa: ANN401
    """The torn file is told with its position, as `trail.problems()` tells it."""
    trail = tn.open(ACME)
    expected = trail.problems().with_columns(pl.col("severity").cast(pl.String))
    found = table(raw(local, problems="true")).select(
        pl.col(name).cast(dtype) for name, dtype in expected.schema.items()
    )
    order = expected.columns
    assert expected.height
    assert_frame_equal(found.sort(order), expected.sort(order))


def test_worker_tells_of_problems() -> None:
    """Whoever did not ask for problems finds them in the log of the worker that met them."""
    from pyspark.sql.types import StringType, StructField, StructType

    from trailnb.engines.spark_source import Reader

    wanted = StructType([StructField("event_id", StringType())])
    reader = Reader(wanted, tn.open(ACME), is_about_problems=False)
    with pytest.warns(tn.errors.ProblemWarning, match=r'option\("problems", "true"\) lists'):
        rows = sum(len(batch) for part in reader.partitions() for batch in reader.read(part))
    assert rows == tn.open(ACME, dedupe=False).events.select(pl.len()).collect().item()


def test_what_it_cannot_read_is_refused(local: Any) -> None:  # noqa: ANN401
    """A misspelt option, no path."""
    for options, said in (({"sinse": "2026-11-03"}, "no option sinse"), ({}, "needs a path")):
        reader = local.read.format("cloudtrail").options(**options)
        with pytest.raises(Exception, match=said):
            (reader.load(ACME) if options else reader.load()).count()
