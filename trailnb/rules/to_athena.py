"""A rule as SQL for Amazon Athena, over the table of AWS's documentation.

Source: Amazon Athena User Guide, "Create a table for CloudTrail logs"; the dialect is Trino's.
"""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING

from trailnb._plain import plain
from trailnb.errors import RequestError
from trailnb.facts.tables import rows
from trailnb.rules.addresses import network_text
from trailnb.rules.checks import And, Leaf, Or
from trailnb.rules.languages import EventPattern, MetricFilter
from trailnb.rules.to_eventbridge import cannot
from trailnb.rules.to_metric_filter import ITEMS, recorded

if TYPE_CHECKING:
    from trailnb.rules.checks import Check, Expression, Path
    from trailnb.rules.rule import Rule

_WHAT = "SQL for Athena"
_READ_FIRST = "Read it before you run it, and add the days to look at."
_NO_LISTS = "-- Paths into JSON go through objects only: where AWS writes a list, look by hand."
_RESOURCES = {"ARN": "arn", "accountId": "accountid", "type": "type"}
_PART = r'(?:[A-Za-z0-9_]+|"[A-Za-z0-9_ .-]+")'
_TABLE = re.compile(rf"{_PART}(?:\.{_PART}){{0,2}}")
_SIMPLE_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def to_athena(rule: Rule, table: str = "cloudtrail_logs") -> str:
    """Which query finds the same events in the table of Athena's documentation?

    Raises:
        RequestError: the table or its SQL cannot say it, with the part; or `table` is no name.

    Example:
        >>> from trailnb.rules.rule import Rule
        >>> print(to_athena(Rule(name="stop", pattern="{ $.eventName = StopLogging }")))
        -- Rule stop, written by trailnb. Read it before you run it, and add the days to look at.
        SELECT *
        FROM cloudtrail_logs
        WHERE eventname = 'StopLogging'
    """
    if not _TABLE.fullmatch(table):
        raise RequestError(f"table={table!r} is no name of a table. Write it like logs.cloudtrail.")
    matcher = rule.matcher()
    if isinstance(matcher, EventPattern):
        expression = _of_record(matcher, rule)
    elif isinstance(matcher, MetricFilter):
        expression = matcher.expression
    else:
        raise cannot(rule, _WHAT, "terms anywhere in the record")
    condition = _said(expression, rule)
    told = [f"-- Rule {plain(rule.name)}, written by trailnb. {_READ_FIRST}"]
    told += [_NO_LISTS] if "json_extract_scalar" in condition else []
    return "\n".join([*told, "SELECT *", f"FROM {table}", f"WHERE {condition}"])


def _of_record(matcher: EventPattern, rule: Rule) -> Expression:
    """Say an event pattern as conditions on the record."""
    return Or(
        tuple(
            And(
                tuple(
                    Leaf(*recorded(path, checks, matcher.over, rule))
                    for path, checks in alternative.items()
                )
            )
            for alternative in matcher.alternatives
        )
    )


def _said(expression: Expression, rule: Rule) -> str:
    if isinstance(expression, Leaf):
        told = [_leaf(expression.path, check, rule) for check in expression.checks]
        return told[0] if len(told) == 1 else f"({' OR '.join(told)})"
    parts = [_said(part, rule) for part in expression.parts]
    if len(parts) == 1:
        return parts[0]
    joiner = " AND " if isinstance(expression, And) else " OR "
    return f"({joiner.join(parts)})"


def _leaf(path: Path, check: Check, rule: Rule) -> str:
    if path and path[0] == "resources":
        return _in_resources(path, check, rule)
    column = _column(path, rule)
    return _compared(column, check, rule)


@cache
def _held() -> dict[str, str]:
    return {field: row["holds"] for row in rows("athena.csv") for field in row["fields"].split()}


def _column(path: Path, rule: Rule) -> str:
    """Say where the table has the field."""
    dotted = ".".join(map(str, path))
    held = _held()
    if held.get(dotted) == "text":
        return dotted.lower()
    if held.get(str(path[0])) == "json":
        return _json(path, rule)
    raise cannot(rule, _WHAT, f"the field {dotted}, which the documented table lacks")


def _json(path: Path, rule: Rule) -> str:
    steps = ""
    for step in path[1:]:
        if isinstance(step, int):
            steps += f"[{step}]"
        elif isinstance(step, str):
            # A double quote cannot be escaped in a path of Trino's.
            if '"' in step or "\\" in step or step == ITEMS:
                said = "the elements of a list" if step == ITEMS else f"the key {step}"
                raise cannot(rule, _WHAT, said)
            steps += f".{step}" if _SIMPLE_KEY.fullmatch(step) else f'["{step}"]'
        else:
            raise cannot(rule, _WHAT, "every element of a list")
    column = str(path[0]).lower()
    return f"json_extract_scalar({column}, {_text('$' + steps)})" if steps else column


def _in_resources(path: Path, check: Check, rule: Rule) -> str:
    names = [step for step in path[1:] if step is not None]
    if len(names) != 1 or names[0] not in _RESOURCES or check.kind == "absent":
        raise cannot(rule, _WHAT, f"this of {'.'.join(map(str, path))}")
    inside = _compared(f"r.{_RESOURCES[str(names[0])]}", check, rule)
    return f"any_match(resources, r -> {inside})"


def _compared(column: str, check: Check, rule: Rule) -> str:
    if check.kind in {"absent", "null"}:
        return f"{column} IS NULL"
    if check.kind == "present":
        return f"{column} IS {'NULL' if check.but else 'NOT NULL'}"
    if check.kind in {"true", "false"}:
        return f"{column} = '{check.kind}'"
    told = [_like(column, check, value, rule) for value in check.values]
    joined = " OR ".join(told)
    if check.but:
        return f"({column} IS NOT NULL AND NOT ({joined}))"
    return f"({joined})" if len(told) > 1 else joined


def _like(column: str, check: Check, value: object, rule: Rule) -> str:
    """Say one comparison with one value."""
    text = str(value)
    number = f"TRY_CAST({column} AS DOUBLE)"
    if check.kind == "numeric":
        bounds: tuple[tuple[str, float], ...] = value  # type: ignore[assignment]
        return " AND ".join(f"{number} {name} {bound!r}" for name, bound in bounds)
    says = {
        "text": lambda: f"{column} = {_text(text)}",
        "digits": lambda: f"({column} = {_text(text)} OR {number} = {float(text)!r})",
        "number": lambda: f"{number} = {value!r}",
        "address": lambda: f"TRY_CAST({column} AS IPADDRESS) = IPADDRESS {_text(text)}",
        "cidr": lambda: _network(column, value),
        "prefix": lambda: f"starts_with({column}, {_text(text)})",
        "suffix": lambda: _pattern(column, ("", text)),
        "wildcard": lambda: _pattern(column, value),
        "ignore case": lambda: f"lower({column}) = {_text(text.lower())}",
        "prefix ignore case": lambda: f"starts_with(lower({column}), {_text(text.lower())})",
        "suffix ignore case": lambda: _pattern(f"lower({column})", ("", text.lower())),
        "regex": lambda: f"regexp_like({column}, {_text(text)})",
    }
    if check.kind not in says:
        raise cannot(rule, _WHAT, check.kind)
    return says[check.kind]()


def _network(column: str, value: object) -> str:
    network = network_text(value)  # type: ignore[arg-type]
    return f"contains({_text(network)}, TRY_CAST({column} AS IPADDRESS))"


def _pattern(column: str, pieces: object) -> str:
    parts: tuple[str, ...] = pieces  # type: ignore[assignment]
    escaped = (re.sub(r"([\\%_])", r"\\\1", part) for part in parts)
    return f"{column} LIKE {_text('%'.join(escaped))} ESCAPE '\\'"


def _text(text: str) -> str:
    """Write a text of SQL; control characters by their number, so that none steers a terminal."""
    if text.isprintable():
        return "'" + text.replace("'", "''") + "'"
    return f"json_extract_scalar({_text(json.dumps([text]))}, '$[0]')"
