"""The derived columns: what the base columns of the event table mean, as pure Polars expressions.

The reader computes them per batch when a query asks for them; a saved trail stores them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import polars as pl

from trailnb.facts.actions import action
from trailnb.facts.actors import actor, actor_kind, actor_source
from trailnb.facts.outcomes import outcome
from trailnb.facts.targets import target

if TYPE_CHECKING:
    from collections.abc import Container

Frame = TypeVar("Frame", pl.DataFrame, pl.LazyFrame)


@dataclass(frozen=True, slots=True)
class Derived:
    """One column computed from base columns; `needs` names them, never another derived one."""

    name: str
    dtype: pl.DataType
    needs: tuple[str, ...]
    expr: pl.Expr
    meaning: str


def _text(name: str, expr: pl.Expr, meaning: str) -> Derived:
    needs = tuple(sorted(set(expr.meta.root_names())))
    return Derived(name, pl.String(), needs, expr, meaning)


DERIVED: tuple[Derived, ...] = (
    _text("actor", actor(), "Person or workload, as far as the record itself tells"),
    _text("actor_kind", actor_kind(), "human, workload, service, external account, root, unknown"),
    _text("actor_source", actor_source(), "Rule that decided the actor"),
    _text("action", action(), "What was called: service:Name"),
    _text("outcome", outcome(), "success, denied, failed, not_found, throttled, invalid, dry_run"),
    _text("target", target(), "Resource acted on, its ARN where it can be known"),
)


def with_derived(frame: Frame, names: Container[str]) -> Frame:
    """What does the frame look like with these derived columns beside its own?

    A column the frame already has is left as it is.

    Example:
        >>> from trailnb.facts.columns import base_schema
        >>> frame = pl.DataFrame(schema=base_schema())
        >>> with_derived(frame, ["actor", "action"]).columns[-2:]
        ['actor', 'action']
    """
    have = frame.collect_schema().names()
    return frame.with_columns(
        column.expr.alias(column.name)
        for column in DERIVED
        if column.name in names and column.name not in have
    )
