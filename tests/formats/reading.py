"""Text of log files written out in view, and what the reader makes of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.evidence import event
from trailnb.facts.columns import COLUMNS
from trailnb.formats.batch import Batch

if TYPE_CHECKING:
    import polars as pl

    from trailnb.formats.problem import Problem

#: Every column that is read from the text itself.
ALL = tuple(column.name for column in COLUMNS if column.kind != "provenance")


@dataclass(frozen=True)
class Reading:
    """What one log file's text gave."""

    frame: pl.DataFrame
    problems: list[Problem]

    def cell(self, name: str) -> object:
        """What stands in this column of the only row?"""
        return self.frame[name].item()

    def names(self) -> list[str | None]:
        """Which event names, in the file's order?"""
        return self.frame["event_name"].to_list()

    def reasons(self) -> list[str]:
        """Which problems were reported?"""
        return [problem.reason for problem in self.problems]


def named(name: str, **fields: Any) -> str:
    """What is the JSON text of an event of this name?"""
    return json.dumps(event(eventName=name, **fields))


def records(*texts: str) -> str:
    """What is the text of a delivered log file that holds these records?"""
    return '{"Records":[' + ",".join(texts) + "]}"


def with_field(fragment: str) -> str:
    """What is the text of an event that ends in this piece of JSON text?"""
    return named("GetUser")[:-1] + "," + fragment + "}"


def read(text: str | bytes, *columns: str, key: str = "log.json") -> Reading:
    """What does the reader make of this text? All columns, unless some are named."""
    data = text.encode() if isinstance(text, str) else text
    batch = Batch(columns or ALL)
    batch.add(0, key, data)
    return Reading(batch.frame(), batch.problems)
