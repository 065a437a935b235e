"""What the engines are asked: every engine question, with arguments that find something.

A question's module says `CLASS = "engine"`, or has an `ENGINE_SCHEMA` where a refined question is
an engine question for some arguments. They are found by that; here are arguments to ask them with.
"""

from __future__ import annotations

import importlib
import pkgutil
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from trailnb import questions
from trailnb._frame import table

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
