"""Every engine question gives the same rows, whatever engine holds the events.

A question's module says `CLASS = "engine"`, or has an `ENGINE_SCHEMA` where a refined question is
an engine question for some arguments. They are found by that; here are arguments to ask them with.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import tomllib
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import polars as pl
import pytest

import trailnb as tn
from tests.evidence import event
from tests.evidence import events as evidence
from trailnb import questions
from trailnb._frame import table
from trailnb._lineage.attribute import attribute

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

SAMPLES = Path(__file__).parents[2] / "data-samples"
MANIFEST = tomllib.loads((SAMPLES / "MANIFEST.toml").read_text("utf-8"))["acme"]["attack"]

#: Arguments of each question, every set compared. A question that is not here is asked without any.
ARGUMENTS: dict[str, list[dict[str, Any]]] = {
    "timeline": [
        {"collapse": False},
        {"collapse": False, "actor": "ci-deploy", "access": ["write", "permission"]},
        {"collapse": False, "origin": ["203.0.113.0/24", "2001:db8::/32"], "action": "iam:*"},
        {"collapse": False, "session": MANIFEST["leaked_key"], "outcome": "denied"},
    ],
    "compare": [
        {
            "since_a": "2026-11-01",
            "until_a": "2026-11-03",
            "since_b": "2026-11-03",
            "until_b": "2026-11-04",
        }
    ],
    "insights": [{"windows": False}, {"windows": False, "reads": True}],
    "origins": [{"marks": False}],
    "pivot": [{"origin": MANIFEST["addresses"][0]}, {"actor": "ci-deploy"}],
    "history": [
        {},
        {"resource_name": "svc-backup-sync", "since": "2026-11-03"},
        {"resource_type": ["AWS::S3::Bucket", "AWS::IAM::Role"], "read_only": False},
        {"user_name": "backup-*"},
    ],
}


def modules() -> dict[str, ModuleType]:
    """Which modules hold an engine question?"""
    names = [found.name for found in pkgutil.iter_modules(questions.__path__)]
    loaded = {
        name: importlib.import_module(f"trailnb.questions.{name}")
        for name in names
        if not name.startswith("_")
    }
    return {
        name: module
        for name, module in loaded.items()
        if module.CLASS == "engine" or hasattr(module, "ENGINE_SCHEMA")
    }


ENGINES = modules()
CASES = [
    pytest.param(name, arguments, id=f"{name}-{place}")
    for name in ENGINES
    for place, arguments in enumerate(ARGUMENTS.get(name, [{}]))
]


@pytest.fixture(scope="module")
def events() -> pl.DataFrame:
    """What the samples hold, and a use of root: attributed, collected once, scalar columns only."""
    root = evidence(event(userIdentity={"type": "Root", "accountId": "444455556666"}))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", tn.errors.ProblemWarning)
        trail = tn.open(SAMPLES / "acme", progress=lambda _: None)
        found = attribute(pl.concat([trail.events, root])).collect()
    assert not [name for name, dtype in found.schema.items() if dtype.is_nested()]
    return found


@pytest.fixture(scope="module")
def relation(events: pl.DataFrame) -> duckdb.DuckDBPyRelation:
    """The same events in DuckDB, on the default connection, as a user would have them."""
    duckdb.sql("SET TimeZone = 'UTC'")
    return duckdb.from_arrow(events.to_arrow())


@pytest.fixture(scope="module")
def pandas(events: pl.DataFrame) -> Any:  # noqa: ANN401 - pandas frames are typed as they please
    """The same events in pandas."""
    return events.to_pandas()


def asked(name: str, frame: object, arguments: dict[str, Any]) -> object:
    """Ask the question of that name."""
    question: Callable[..., object] = getattr(ENGINES[name], name)
    return question(frame, **arguments)


def compared(name: str, answer: object) -> pl.DataFrame:
    """How does an answer compare: documented types, sorted by the documented key?"""
    module = ENGINES[name]
    schema = getattr(module, "ENGINE_SCHEMA", None) or module.SCHEMA
    key = getattr(module, "ENGINE_SORT_KEY", None) or module.SORT_KEY
    rows = table(answer)
    assert rows.columns == list(schema)
    typed = rows.select(pl.col(column).cast(dtype) for column, dtype in schema.items())
    # Engines add floats in another order, and pandas spells a missing one NaN.
    return typed.with_columns(pl.selectors.float().fill_nan(None).round(9)).sort(
        key, nulls_last=True
    )


@pytest.mark.parametrize(("name", "arguments"), CASES)
def test_pandas_and_duckdb_answer_like_polars(
    name: str,
    arguments: dict[str, Any],
    events: pl.DataFrame,
    pandas: Any,  # noqa: ANN401
    relation: duckdb.DuckDBPyRelation,
) -> None:
    """The same kind of frame comes back, with the same rows."""
    lazy = asked(name, events.lazy(), arguments)
    assert isinstance(lazy, pl.LazyFrame)
    expected = compared(name, lazy)
    assert expected.height, "these arguments find nothing: they prove nothing"
    for frame in (events, pandas, relation):
        answer = asked(name, frame, arguments)
        assert type(answer) is type(frame)
        rows = compared(name, answer)
        same = rows.equals(expected)
        assert same, f"{type(frame).__module__}:\n{rows}\n{expected}"


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
        said = inspect.getdoc(getattr(module, found.name)) or ""
        assert f"{module.CLASS} question" in said, found.name
