"""Where each action names the resource it acts on: `tables/targets.csv` as lookups.

An action has a plan: up to `SLOTS` places, tried in order. Each place is a field of the record, a
JSON path in it, the list that path takes the first element of, and the shape of the ARN.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from typing import Literal

import polars as pl

from trailnb.facts.tables import rows

SLOTS = 3

Part = Literal["field", "path", "array", "shape"]


@dataclass(frozen=True, slots=True)
class _Plans:
    """Plans by their number, and the numbers by action and by service."""

    by_action: dict[str, int]
    by_service: dict[str, int]
    slots: tuple[pl.DataFrame, ...]
    last_shape: pl.Series
    starts: pl.DataFrame


def plan(action: pl.Expr, service: pl.Expr) -> pl.Expr:
    """Which plan does an action have, by its full name first, then by its service (`kms:*`)?

    Example:
        >>> frame = pl.DataFrame({"action": ["kms:Decrypt", "new:Do"], "service": ["kms", "new"]})
        >>> frame.select(plan(pl.col("action"), pl.col("service")).is_null()).to_series().to_list()
        [False, True]
    """
    plans = _plans()
    return pl.coalesce(
        action.replace_strict(plans.by_action, default=None, return_dtype=pl.UInt32()),
        service.replace_strict(plans.by_service, default=None, return_dtype=pl.UInt32()),
    )


def place(slot: int | None, part: Part) -> pl.Expr:
    """What does the plan in `__plan` say of a slot; without a slot, of the last shape it has?

    Example:
        >>> frame = pl.DataFrame({"action": ["iam:ChangePassword"], "service": ["iam"]})
        >>> known = frame.select(plan(pl.col("action"), pl.col("service")).alias("__plan"))
        >>> known.select(place(0, "field")).item()
        'caller'
    """
    plans = _plans()
    column = plans.last_shape if slot is None else plans.slots[slot][part]
    return pl.lit(column).gather(pl.col("__plan"))


def arn_start(shape: pl.Expr) -> pl.Expr:
    """How does an ARN of this shape begin, up to the name: null without a shape?

    Reads `__partition`, `__region` and `__account`.
    """

    def part(name: str) -> pl.Expr:
        return pl.lit(_plans().starts[name]).gather(shape)

    region = pl.when(part("has_region")).then(pl.col("__region")).otherwise(pl.lit(""))
    account = pl.when(part("has_account")).then(pl.col("__account")).otherwise(pl.lit(""))
    return pl.concat_str(
        pl.lit("arn:"),
        pl.col("__partition"),
        part("service"),
        region,
        pl.lit(":"),
        account.fill_null(""),
        part("kind"),
    )


@cache
def _plans() -> _Plans:
    """Turn the table into lookups."""
    places = defaultdict[str, list[tuple[str | None, ...]]](list)
    for row in rows("targets.csv"):
        for name in row["action"].split():
            places[name].append(_place(row))
    distinct = list(dict.fromkeys(map(tuple, places.values())))
    numbers = {name: distinct.index(tuple(places[name])) for name in places}
    shapes = sorted({shape for plan in distinct for *_, shape in plan if shape})
    # Polars compiles a path even where there is no text to match: it must be one.
    nowhere = (None, "$", None, None)
    schema = dict.fromkeys(("field", "path", "array", "shape"), pl.String())
    slots = (
        pl.DataFrame(
            [plan[slot] if slot < len(plan) else nowhere for plan in distinct],
            schema=schema,
            orient="row",
        )
        for slot in range(SLOTS)
    )
    number = {shape: i for i, shape in enumerate(shapes)}
    last = [next((shape for *_, shape in reversed(plan) if shape), None) for plan in distinct]
    return _Plans(
        by_action={name: at for name, at in numbers.items() if not name.endswith(":*")},
        by_service={name[:-2]: at for name, at in numbers.items() if name.endswith(":*")},
        slots=tuple(
            slot.with_columns(pl.col("shape").replace_strict(number, return_dtype=pl.UInt32()))
            for slot in slots
        ),
        last_shape=pl.Series([number.get(shape or "") for shape in last], dtype=pl.UInt32),
        starts=pl.DataFrame([_start(shape) for shape in shapes]),
    )


def _place(row: dict[str, str]) -> tuple[str | None, ...]:
    """One row's place; the list is what stands before the first `[0]`."""
    array, first, _ = row["path"].partition("[0]")
    is_list = bool(first) and row["field"] != "resources"
    return row["field"], row["path"] or "$", array if is_list else None, row["arn"] or None


def _start(shape: str) -> dict[str, str | bool]:
    """Take a shape apart: `kms:REGION:ACCOUNT:key/`."""
    service, region, account, kind = shape.split(":", 3)
    return {
        "service": f":{service}:",
        "has_region": region == "REGION",
        "has_account": account == "ACCOUNT",
        "kind": f":{kind}",
    }
