"""A rule in any of AWS's languages, made ready to decide on records."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

import polars as pl

from trailnb.errors import RequestError
from trailnb.rules.batch import UNREAD
from trailnb.rules.corners import USUAL, Corners
from trailnb.rules.envelope import SENT_FROM, is_over_envelope
from trailnb.rules.event_matching import Fields, matches, prepared
from trailnb.rules.event_pattern import Alternative, alternatives_of
from trailnb.rules.filter_matching import Passes, passing, paths_in, regexes_in, texts_at
from trailnb.rules.metric_filter import expression_of
from trailnb.rules.necessary import (
    ANYTHING,
    COLUMN_OF,
    Condition,
    both,
    either,
    of_checks,
    of_expression,
)  # fmt: skip
from trailnb.rules.plain_terms import Term, standing_in, terms_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trailnb.rules.batch import Batch
    from trailnb.rules.checks import Check, Expression

#: An event pattern as a mapping or JSON text, or a CloudWatch Logs filter.
Pattern: TypeAlias = Mapping[str, Any] | str
#: What an event pattern looks at.
Over: TypeAlias = Literal["record", "envelope"]

_OTHER_SIGN_IN, _SIGN_IN = re.compile("sign in", re.IGNORECASE), "Signin"


class Matcher(Protocol):
    """Decides on records. What lacks `needs` cannot match; the rest must be looked at."""

    @property
    def needs(self) -> Condition:
        """What every match satisfies."""
        ...

    @property
    def top(self) -> frozenset[str] | None:
        """The top-level fields of a record that decide; None if any may."""
        ...

    def matching(self, batch: Batch, rows: Sequence[int]) -> list[int]:
        """Which of these rows match?"""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class EventPattern:
    """An EventBridge event pattern."""

    alternatives: tuple[Alternative, ...]
    over: Over
    needs: Condition
    fields: tuple[Fields, ...]

    @property
    def top(self) -> frozenset[str]:
        """The top-level fields of a record that decide, whatever number of steps a name is."""
        paths = {path for one in self.alternatives for path in one}
        if self.over == "envelope":
            inside = {path[1:] for path in paths if path[0] == "detail"}
            return _names_at_top(inside) | SENT_FROM
        return _names_at_top(paths)

    def matching(self, batch: Batch, rows: Sequence[int]) -> list[int]:
        """Which of these rows match?"""
        records, fields = batch.records, self.fields
        read = [row for row in rows if records[row] is not UNREAD]
        if self.over == "envelope":
            return [row for row in read if _decided(batch, row, batch.enveloped(row), fields)]
        return [row for row in read if _decided(batch, row, records[row], fields)]


@dataclass(frozen=True, slots=True, eq=False)
class MetricFilter:
    """A CloudWatch Logs metric filter over JSON."""

    text: str
    expression: Expression
    needs: Condition
    passes: Passes

    @property
    def top(self) -> frozenset[str] | None:
        """The top-level fields of a record that decide; None if any may."""
        names = {path[0] for path in paths_in(self.expression)}
        texts = frozenset(name for name in names if isinstance(name, str))
        return texts if len(texts) == len(names) else None

    def matching(self, batch: Batch, rows: Sequence[int]) -> list[int]:
        """Which of these rows match? Regexes are searched for in all their texts at once."""
        records = batch.records
        found: dict[str, frozenset[str]] = {}
        for path, regex in regexes_in(self.expression):
            texts = {text for row in rows for text in texts_at(records[row], path)}
            storable = pl.Series([text for text in texts if _is_storable(text)], dtype=pl.String)
            here = frozenset(storable.filter(storable.str.contains(regex)))
            found[regex] = found.get(regex, frozenset()) | here
        return [
            row for row in rows if records[row] is not UNREAD and self.passes(records[row], found)
        ]


@dataclass(frozen=True, slots=True, eq=False)
class PlainText:
    """A CloudWatch Logs filter of plain terms."""

    terms: tuple[Term, ...]
    needs: Condition = ANYTHING
    top: frozenset[str] = frozenset()

    def matching(self, batch: Batch, rows: Sequence[int]) -> list[int]:
        """Which of these rows have the terms in their record's text?"""
        chosen = pl.DataFrame({"row": rows, "text": batch.texts.gather(list(rows))})
        return chosen.filter(standing_in("text", self.terms))["row"].to_list()


def compiled(
    pattern: Pattern, *, over: Over | None = None, corners: Corners = USUAL
) -> EventPattern | MetricFilter | PlainText:
    """Which language is it in, and what does it ask?

    A mapping, and text that begins like a JSON object, is an event pattern; text in braces is a
    metric filter over JSON; any other text is a filter of plain terms.

    Raises:
        RequestError: it is refused, with the place and the reason.

    Example:
        >>> type(compiled('{"detail": {"eventName": ["StopLogging"]}}')).__name__
        'EventPattern'
        >>> type(compiled("{ $.eventName = StopLogging }")).__name__
        'MetricFilter'
    """
    if isinstance(pattern, Mapping) or re.match(r'\s*\{\s*["}]', pattern):
        return _event_pattern(pattern, over, corners)
    if over is not None:
        raise RequestError(f"over={over!r} is for event patterns: a filter looks at the record.")
    if pattern.lstrip().startswith("{"):
        expression = expression_of(pattern, corners)
        passes = passing(expression, corners)
        return MetricFilter(pattern, expression, of_expression(expression), passes)
    return PlainText(terms_of(pattern))


def _event_pattern(pattern: Pattern, over: Over | None, corners: Corners) -> EventPattern:
    alternatives, top = alternatives_of(pattern, corners)
    if over is None:
        told = is_over_envelope(top)
        if told is None:
            raise RequestError(
                f"the event pattern names {', '.join(sorted(top))} at its top: some stand in "
                "EventBridge's envelope, some in the record, which is the envelope's `detail`. "
                "Put the record's fields under detail, or say over='record' or over='envelope'."
            )
        over = "envelope" if told else "record"
    if over == "envelope":
        alternatives = [_one_spelling(one) for one in alternatives]
    condition = either(_needed(one, over) for one in alternatives)
    return EventPattern(tuple(alternatives), over, condition, prepared(alternatives))


def _one_spelling(alternative: Alternative) -> Alternative:
    """Spell the sign-in's detail type in one way."""
    named = ("detail-type",)
    if named not in alternative:
        return alternative
    checks = tuple(
        replace(check, values=tuple(map(_respelled, check.values))) for check in alternative[named]
    )
    return alternative | {named: checks}


def _respelled(value: Any) -> Any:  # noqa: ANN401 - a check's value
    if isinstance(value, tuple):
        return tuple(map(_respelled, value))
    return _OTHER_SIGN_IN.sub(_SIGN_IN, value) if isinstance(value, str) else value


def _needed(alternative: Alternative, over: Over) -> Condition:
    return both(_needed_of(path, checks, over) for path, checks in alternative.items())


def _needed_of(path: tuple[str, ...], checks: tuple[Check, ...], over: Over) -> Condition:
    if over == "envelope":
        if path[0] != "detail":
            return _needed_at_top(path, checks)
        path = path[1:]
    column = COLUMN_OF.get(path)
    return of_checks(column, checks) if column else ANYTHING


def _needed_at_top(path: tuple[str, ...], checks: tuple[Check, ...]) -> Condition:
    names = {"account": "recipient_account_id", "region": "aws_region", "id": "event_id"}
    if len(path) == 1 and path[0] in names:
        return of_checks(names[path[0]], checks)
    if path == ("source",) and all(check.kind == "text" and not check.but for check in checks):
        services = [value.removeprefix("aws.") for check in checks for value in check.values]
        if "cloudtrail" not in services:  # it sends Insights as well, which name another source
            return of_checks("event_source", [_beginning(service) for service in services])
    return ANYTHING


def _beginning(service: str) -> Check:
    from trailnb.rules.checks import Check

    return Check("prefix", (service,))


def _names_at_top(paths: set[tuple[str, ...]]) -> frozenset[str]:
    """Name the fields that the paths may begin with: a name with dots is several steps."""
    return frozenset(".".join(path[:steps]) for path in paths for steps in range(1, len(path) + 1))


def _decided(batch: Batch, row: int, event: Any, fields: tuple[Fields, ...]) -> bool:  # noqa: ANN401
    try:
        return matches(event, fields)
    except RecursionError:  # lists in lists, hundreds deep: nobody can say, and nobody is told no
        batch.unread.add(row)
        return False


def _is_storable(text: str) -> bool:
    return text.isascii() or text.encode("utf-8", "ignore").decode() == text
