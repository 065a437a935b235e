"""What a filter lets the reader skip, read through an allow-list of node shapes.

A shape that is not listed prunes nothing: the filter itself is always applied to the rows that are
read, so what happens here can only save work, never change an answer.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import polars as pl

from trailnb.facts.columns import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from trailnb.formats.needles import Clause

Node = Any  # a node of Polars' expression tree as JSON

_UNITS = {"Nanoseconds": 1_000, "Microseconds": 1, "Milliseconds": 1 / 1000}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ONE_SIDED = frozenset({"Lt", "LtEq", "Gt", "GtEq"})
_MIRRORED = {"Lt": "Gt", "LtEq": "GtEq", "Gt": "Lt", "GtEq": "LtEq"}
#: The literal of `is_in` is an Arrow stream, which starts with this marker.
_ARROW_STREAM = [255, 255, 255, 255]


@dataclass(frozen=True, slots=True)
class Pruning:
    """What every matching row must satisfy, as far as the filter's shape tells.

    Times are inclusive at both ends. `texts` are clauses: one text of each must occur in the file.
    `accounts` and `regions` are None when the filter does not bound them. `equal` pairs columns
    with the one text that each must equal.
    """

    earliest: datetime | None = None
    latest: datetime | None = None
    accounts: frozenset[str] | None = None
    regions: frozenset[str] | None = None
    texts: tuple[Clause, ...] = ()
    equal: tuple[tuple[str, str], ...] = field(default=(), compare=False)  # said by `texts`, too


NOTHING = Pruning()


def pruning_of(predicate: pl.Expr | None) -> Pruning:
    """What must every row that passes this filter satisfy?

    Example:
        >>> pruning_of((pl.col("event_name") == "GetUser") & (pl.col("read_only"))).texts
        (frozenset({'GetUser'}),)
        >>> pruning_of(pl.col("event_name") != "GetUser") == NOTHING
        True
    """
    if predicate is None:
        return NOTHING
    try:
        tree = json.loads(predicate.meta.serialize(format="json"))
    except (pl.exceptions.ComputeError, ValueError):  # a node that JSON cannot carry
        return NOTHING
    return _read(tree)


def in_turns(
    predicate: pl.Expr | None, late: Collection[str]
) -> tuple[pl.Expr | None, pl.Expr | None]:
    """Which part of this filter needs none of the `late` columns, and which part is left?

    Rows that fail the first part need no late columns. Both together are the filter.

    Example:
        >>> both = (pl.col("event_name") == "GetUser") & (pl.col("outcome") == "denied")
        >>> [part.meta.root_names() for part in in_turns(both, {"outcome"})]
        [['event_name'], ['outcome']]
    """
    if predicate is None or not late:
        return predicate, None
    try:
        parts = _conjuncts(json.loads(predicate.meta.serialize(format="json")))
        read = [pl.Expr.deserialize(io.StringIO(json.dumps(one)), format="json") for one in parts]
    except (pl.exceptions.ComputeError, ValueError):  # a node that JSON cannot carry
        return None, predicate
    turns: tuple[list[pl.Expr], list[pl.Expr]] = ([], [])
    for part in read:
        turns[not set(part.meta.root_names()).isdisjoint(late)].append(part)
    early, after = (pl.all_horizontal(turn) if turn else None for turn in turns)
    return early, after


def _conjuncts(node: Node) -> list[Node]:
    match node:
        case {"BinaryExpr": {"left": left, "op": "And" | "LogicalAnd", "right": right}}:
            return [*_conjuncts(left), *_conjuncts(right)]
    return [node]


def _read(node: Node) -> Pruning:
    match node:
        case {"BinaryExpr": {"left": left, "op": "And" | "LogicalAnd", "right": right}}:
            return _both(_read(left), _read(right))
        case {"BinaryExpr": {"left": left, "op": "Or" | "LogicalOr", "right": right}}:
            return _either(_read(left), _read(right))
        case {"BinaryExpr": {"left": {"Column": name}, "op": op, "right": {"Literal": literal}}}:
            return _compared(name, op, _literal(literal))
        case {"BinaryExpr": {"left": {"Literal": literal}, "op": op, "right": {"Column": name}}}:
            return _compared(name, _MIRRORED.get(op, op), _literal(literal))
        case {"Function": {"input": inputs, "function": {"Boolean": function}}}:
            return _function(inputs, function)
    return NOTHING


def _function(inputs: list[Node], function: Node) -> Pruning:
    match inputs, function:
        case [{"Column": name}, {"Literal": low}, {"Literal": high}], {"IsBetween": _}:
            low_side = _compared(name, "GtEq", _literal(low))
            return _both(low_side, _compared(name, "LtEq", _literal(high)))
        case [{"Column": name}, {"Literal": literal}], {"IsIn": {"nulls_equal": False}}:
            return _among(name, _members(literal))
    return NOTHING


def _compared(name: str, op: str, value: object) -> Pruning:
    if op in {"Eq", "EqValidity"} and isinstance(value, str):
        return _among(name, frozenset({value}))
    if name != "event_time" or not isinstance(value, datetime):
        return NOTHING
    if op in {"Eq", "EqValidity"}:
        return Pruning(earliest=value, latest=value)
    if op in _ONE_SIDED:
        return Pruning(earliest=value) if op.startswith("Gt") else Pruning(latest=value)
    return NOTHING


def _among(name: str, values: frozenset[str] | None) -> Pruning:
    if values is None or name not in BY_NAME or BY_NAME[name].kind != "text":
        return NOTHING
    return Pruning(
        accounts=values if name == "recipient_account_id" else None,
        regions=values if name == "aws_region" else None,
        texts=(values,),
        equal=tuple((name, value) for value in values) if len(values) == 1 else (),
    )


def _literal(node: Node) -> object:
    """Read a text or a moment; anything else is None."""
    match node:
        case {"Scalar": {"String": str(text)}} | {"Dyn": {"Str": str(text)}}:
            return text
        case {"Scalar": {"Datetime": [int(count), str(unit), {"inner": "UTC"}]}} if unit in _UNITS:
            micros = count // 1_000 if unit == "Nanoseconds" else int(count / _UNITS[unit])
            return _moment(micros)
    return None


def _moment(micros: int) -> datetime | None:
    try:
        return _EPOCH + timedelta(microseconds=micros)
    except OverflowError:  # a bound outside of what a datetime can be bounds nothing
        return None


def _members(node: Node) -> frozenset[str] | None:
    """Read the texts of an `is_in`; None unless all are texts."""
    match node:
        case {"Scalar": {"List": [*data]}} if data[:4] == _ARROW_STREAM:
            values = (
                pl.read_ipc_stream(io.BytesIO(bytes(data))).to_series().explode(empty_as_null=False)
            )
            if values.dtype == pl.String and not values.null_count():
                return frozenset(values)
    return None


def _both(one: Pruning, other: Pruning) -> Pruning:
    """Both must hold: the narrower of each bound."""
    return Pruning(
        earliest=_pick(max, one.earliest, other.earliest),
        latest=_pick(min, one.latest, other.latest),
        accounts=_meet(one.accounts, other.accounts),
        regions=_meet(one.regions, other.regions),
        texts=one.texts + other.texts,
        equal=one.equal + other.equal,
    )


def _either(one: Pruning, other: Pruning) -> Pruning:
    """One may hold: the wider of each bound, and none where one side has none."""
    widest = min(one.texts, key=len, default=None), min(other.texts, key=len, default=None)
    return Pruning(
        earliest=_wider(min, one.earliest, other.earliest),
        latest=_wider(max, one.latest, other.latest),
        accounts=None
        if None in (one.accounts, other.accounts)
        else _join(one.accounts, other.accounts),
        regions=None if None in (one.regions, other.regions) else _join(one.regions, other.regions),
        texts=() if None in widest else (_join(*widest),),
    )


def _pick(
    choose: Callable[[datetime, datetime], datetime], one: datetime | None, other: datetime | None
) -> datetime | None:
    return choose(one, other) if one and other else one or other


def _wider(
    choose: Callable[[datetime, datetime], datetime], one: datetime | None, other: datetime | None
) -> datetime | None:
    return choose(one, other) if one and other else None


def _meet(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    if one is None or other is None:
        return other if one is None else one
    return one & other


def _join(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str]:
    return (one or frozenset()) | (other or frozenset())
