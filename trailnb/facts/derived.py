"""The derived columns: what the base columns of the event table mean, as pure Polars expressions.

The reader computes them per batch when a query asks for them; a saved trail stores them.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

import polars as pl

from trailnb.facts.access import access
from trailnb.facts.actions import action
from trailnb.facts.actors import who
from trailnb.facts.identifiers import key_account_id
from trailnb.facts.issued import issued_key, issued_session
from trailnb.facts.origins import is_console, is_on_behalf, origin
from trailnb.facts.outcomes import ending
from trailnb.facts.steps import Frame, Steps, needs, taken
from trailnb.facts.targets import acted_on

if TYPE_CHECKING:
    from collections.abc import Container

# Fewer rows than this are computed as they are: looking for equal ones would cost more.
_FEW = 256
_ROW = "__row"
_TEXT = pl.String()


@dataclass(frozen=True, slots=True)
class Family:
    """Columns that are computed together, in the same steps from the same base columns.

    Log records repeat themselves: a family whose inputs repeat is computed once per distinct input.
    """

    steps: Steps
    needs: tuple[str, ...]
    is_repeating: bool


@dataclass(frozen=True, slots=True)
class Derived:
    """One column computed from base columns, never from another family's."""

    name: str
    dtype: pl.DataType
    meaning: str
    family: Family

    @property
    def needs(self) -> tuple[str, ...]:
        """The base columns it is computed from."""
        return self.family.needs


def _family(
    steps: Steps, *columns: tuple[str, pl.DataType, str], is_repeating: bool = True
) -> tuple[Derived, ...]:
    family = Family(steps, needs(steps), is_repeating)
    return tuple(Derived(*column, family) for column in columns)


def _text(name: str, expr: pl.Expr, meaning: str, *, is_repeating: bool) -> Derived:
    column = (name, _TEXT, meaning)
    return _family([[expr.alias(name)]], column, is_repeating=is_repeating)[0]


def _flag(name: str, expr: pl.Expr, meaning: str) -> Derived:
    return _family([[expr.alias(name)]], (name, pl.Boolean(), meaning), is_repeating=False)[0]


DERIVED: tuple[Derived, ...] = (
    *_family(
        who(),
        ("actor", _TEXT, "Person or workload, as far as the record itself tells"),
        ("actor_kind", _TEXT, "human, workload, service, external account, root, unknown"),
        ("actor_source", _TEXT, "Rule that decided the actor"),
        ("actor_confidence", _TEXT, "How sure the actor is: exact, strong, inferred"),
    ),
    _text("action", action(), "What was called: service:Name", is_repeating=True),
    *_family(access(), ("access", _TEXT, "What it does: read, list, write, permission, tagging")),
    *_family(
        ending(),
        ("outcome", _TEXT, "success, denied, failed, not_found, throttled, invalid, dry_run"),
        ("denied_by", _TEXT, "Kind of policy that refused, where the text says"),
    ),
    *_family(
        acted_on(),
        ("target", _TEXT, "Resource acted on, its ARN where it can be known"),
        ("target_count", pl.UInt32(), "How many resources were named; 0 when none"),
    ),
    _text("issued_key", issued_key(), "Access key that the call handed out", is_repeating=False),
    _text("issued_session", issued_session(), "Session that the call began", is_repeating=False),
    *_family(
        origin(),
        ("source_address_key", _TEXT, "Address as 32 hex digits, IPv4 mapped; null for others"),
        ("source_kind", _TEXT, "public, private, AWS service, AWS internal, malformed, none"),
    ),
    _flag("is_console", is_console(), "Whether done in the console or with its credentials"),
    _flag("is_on_behalf", is_on_behalf(), "Whether a service acted with someone's session"),
    _text(
        "key_account_id",
        key_account_id(),
        "Account number in the access key id",
        is_repeating=False,
    ),
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
    wanted = [column for column in DERIVED if column.name in names and column.name not in have]
    for _, columns in groupby(wanted, key=lambda column: id(column.family)):
        frame = _with_family(frame, tuple(columns))
    return frame


def _with_family(frame: Frame, columns: tuple[Derived, ...]) -> Frame:
    family, names = columns[0].family, [column.name for column in columns]
    if isinstance(frame, pl.LazyFrame):
        return taken(frame, family.steps).select(*frame.collect_schema(), *names)
    inputs = frame.select(family.needs)
    if family.is_repeating and inputs.height >= _FEW:
        return frame.with_columns(_once(inputs, family.steps, names))
    return frame.with_columns(taken(inputs, family.steps).select(names))


def _once(inputs: pl.DataFrame, steps: Steps, names: list[str]) -> pl.DataFrame:
    """Compute each distinct input once, and hand every row its answer."""
    distinct = inputs.with_row_index(_ROW).group_by(inputs.columns).agg(_ROW)
    answers = taken(distinct.drop(_ROW), steps).select(names)
    places = distinct.select(_ROW, pl.int_range(pl.len(), dtype=pl.UInt32).alias("at"))
    return answers[places.explode(_ROW).sort(_ROW)["at"]]
