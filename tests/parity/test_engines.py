"""Every engine question gives the same rows, whatever engine holds the events."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from typing import TYPE_CHECKING, Any

import duckdb
import ibis
import polars as pl
import pytest

from tests.parity.cases import ARGUMENTS, CASES, ENGINES, asked, compared
from trailnb import questions

if TYPE_CHECKING:
    from collections.abc import Iterator

# ibis calls DuckDB by a name that DuckDB 2 is about to drop.
pytestmark = pytest.mark.filterwarnings("ignore:fetch_arrow_table:DeprecationWarning")


@pytest.fixture(scope="module")
def frames(
    events: pl.DataFrame, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, object]]:
    """The same events as each engine holds them, where times are UTC."""
    written = tmp_path_factory.mktemp("parity") / "events.parquet"
    events.write_parquet(written)
    duckdb.sql("SET TimeZone = 'UTC'")  # the default connection, as a user would have it
    connection = ibis.duckdb.connect()
    connection.raw_sql("SET TimeZone = 'UTC'")
    yield {
        "polars": events,
        "pandas": events.to_pandas(),
        "duckdb": duckdb.from_arrow(events.to_arrow()),
        "ibis": connection.read_parquet(written),
    }
    connection.disconnect()


@pytest.mark.parametrize(("name", "arguments"), CASES)
def test_every_engine_answers_like_polars(
    name: str, arguments: dict[str, Any], events: pl.DataFrame, frames: dict[str, object]
) -> None:
    """The same kind of frame comes back, with the same rows."""
    lazy = asked(name, events.lazy(), arguments)
    assert isinstance(lazy, pl.LazyFrame)
    expected = compared(name, lazy)
    assert expected.height, "these arguments find nothing: they prove nothing"
    for engine, frame in frames.items():
        answer = asked(name, frame, arguments)
        assert type(answer) is type(frame)
        rows = compared(name, answer)
        same = rows.equals(expected)
        assert same, f"{engine}:\n{rows}\n{expected}"


@pytest.mark.parametrize("name", ENGINES)
def test_polars_answer_has_the_documented_types_and_a_key(name: str, events: pl.DataFrame) -> None:
    """The schema is the answer's own, and the sort key tells every row apart."""
    module = ENGINES[name]
    arguments = ARGUMENTS.get(name, [{}])[0]
    answer = asked(name, events.lazy(), arguments)
    assert isinstance(answer, pl.LazyFrame)
    schema = getattr(module, "ENGINE_SCHEMA", None) or module.SCHEMA
    assert answer.collect_schema() == schema
    key = getattr(module, "ENGINE_SORT_KEY", None) or module.SORT_KEY
    assert not answer.collect().select(key).is_duplicated().any()


def test_every_question_declares_its_class() -> None:
    """Engine or refined, with the schema and the sort key of its answer."""
    for found in pkgutil.iter_modules(questions.__path__):
        if found.name.startswith("_"):
            continue
        module = importlib.import_module(f"trailnb.questions.{found.name}")
        assert module.CLASS in {"engine", "refined"}, found.name
        assert set(module.SORT_KEY) <= set(module.SCHEMA), found.name
        assert hasattr(module, "ENGINE_FORM") == hasattr(module, "ENGINE_SCHEMA"), found.name
        said = inspect.getdoc(getattr(module, found.name)) or ""
        assert f"{module.CLASS} question" in said, found.name
