"""A rule: a pattern with a name, ready to run over history or to be handed to AWS."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from trailnb.errors import RequestError
from trailnb.rules.corners import USUAL, Corners
from trailnb.rules.languages import EventPattern, compiled
from trailnb.trail.request import duration

if TYPE_CHECKING:
    from trailnb.rules.languages import MetricFilter, Over, Pattern, PlainText
    from trailnb.rules.to_cloudformation import Using

Severity: TypeAlias = Literal["low", "medium", "high", "critical"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What to look for, and what to call it.

    Attributes:
        name: Short and unique; the names of exported resources are made of it.
        pattern: An EventBridge event pattern, as a mapping or JSON text, or a CloudWatch Logs
            filter.
        title: What a match is, in a line.
        why: Why somebody would want to know.
        severity: "low", "medium", "high" or "critical".
        source: Where the rule comes from.
        over: "record" or "envelope", where the pattern's own fields should not decide.
        threshold: How many matches in a period make an alarm; None leaves it to the question.
        period: How long a period is, such as "5m"; None leaves it to the question.

    Raises:
        RequestError: the pattern is refused, or something else cannot be meant.

    Example:
        >>> Rule(name="stopped", pattern={"eventName": ["StopLogging"]}).severity
        'medium'
    """

    name: str
    pattern: Pattern
    title: str = ""
    why: str = ""
    severity: Severity = "medium"
    source: str = ""
    over: Over | None = None
    threshold: int | None = None
    period: str | None = None

    def __post_init__(self) -> None:
        """Refuse at once what cannot be meant."""
        said = f"rule {self.name!r}"
        name: object = self.name
        if not isinstance(name, str) or not name.strip():
            raise RequestError(f"{said} has no name. Give it a short text.")
        if self.severity not in get_args(Severity):
            known = ", ".join(get_args(Severity))
            raise RequestError(f"{said}: severity={self.severity!r} is none of {known}.")
        texts: dict[str, object] = {"title": self.title, "why": self.why, "source": self.source}
        if odd := next((name for name, text in texts.items() if not isinstance(text, str)), None):
            raise RequestError(f"{said}: {odd}={texts[odd]!r} is no text. Put it in quotes.")
        if self.over not in {None, "record", "envelope"}:
            raise RequestError(f"{said}: over={self.over!r} is neither 'record' nor 'envelope'.")
        if self.threshold is not None:
            at_least_one("threshold", self.threshold)
        if self.period is not None:
            duration("period", self.period)
        self.matcher()

    def matcher(self, corners: Corners = USUAL) -> EventPattern | MetricFilter | PlainText:
        """What decides whether a record matches?

        Raises:
            RequestError: the pattern is refused.

        Example:
            >>> Rule(name="x", pattern="{ $.eventName = Stop* }").matcher().needs
            Like(column='event_name', how='begins', text='Stop')
        """
        try:
            return compiled(self.pattern, over=self.over, corners=corners)
        except RequestError as error:
            raise RequestError(f"rule {self.name!r}: {error}") from None

    def to_eventbridge(self) -> str:
        """Which EventBridge event pattern asks the same, as JSON?

        A condition on a list counts for any of its elements there, and null is present.

        Raises:
            RequestError: event patterns have no words for a part of it.

        Example:
            >>> print(Rule(name="x", pattern="{ $.errorCode NOT EXISTS }").to_eventbridge())
            {
              "detail": {
                "errorCode": [
                  {
                    "exists": false
                  }
                ]
              }
            }
        """
        from trailnb.rules.to_eventbridge import to_eventbridge

        return json.dumps(to_eventbridge(self), indent=2, ensure_ascii=True)

    def to_metric_filter(self) -> str:
        """Which CloudWatch Logs metric filter asks the same?

        A filter enters no lists but `resources` and EC2's `items`, and no list in a list: of
        others, write which element is meant.

        Raises:
            RequestError: filters have no words for a part of it.

        Example:
            >>> Rule(name="x", pattern={"errorCode": [{"exists": False}]}).to_metric_filter()
            '{ ($.errorCode NOT EXISTS) }'
        """
        from trailnb.rules.to_metric_filter import to_metric_filter

        return to_metric_filter(self)

    def to_cloudformation(self, using: Using | None = None) -> str:
        """Which CloudFormation template sets the rule up, as YAML to be read first?

        An SNS topic, and what publishes to it: with `using="alarm"` a metric filter and its alarm,
        with "event" an EventBridge rule; by default what the rule's own language is for.

        Raises:
            RequestError: the way to watch has no words for a part of it.

        Example:
            >>> "AWS::Events::Rule" in Rule(name="x", pattern={"a": ["b"]}).to_cloudformation()
            True
        """
        from trailnb.rules.to_cloudformation import to_cloudformation

        return to_cloudformation(self, using)

    def to_athena(self, table: str = "cloudtrail_logs") -> str:
        """Which query finds the same in the table of Athena's documentation?

        SQL knows neither absent from null nor numbers from texts of digits, and paths into JSON
        enter no lists.

        Raises:
            RequestError: the table lacks a field, or SQL has no words for a part of the rule.

        Example:
            >>> Rule(name="x", pattern={"eventName": ["a"]}).to_athena().splitlines()[-1]
            "WHERE eventname = 'a'"
        """
        from trailnb.rules.to_athena import to_athena

        return to_athena(self, table)


def checked(rule: object) -> Rule:
    """Is it a rule?

    Raises:
        RequestError: it is something else.

    Example:
        >>> checked("{ $.eventName = StopLogging }")
        Traceback (most recent call last):
        ...
        trailnb.errors.RequestError: '{ $.eventName = StopLogging }' is no rule. Write ...
    """
    if isinstance(rule, Rule):
        return rule
    raise RequestError(
        f"{rule!r:.80} is no rule. Write tn.rules.Rule(name=…, pattern=…), or load a file."
    )


def at_least_one(name: str, value: object) -> int:
    """Is it a count of events?

    Raises:
        RequestError: it is not.

    Example:
        >>> at_least_one("threshold", 3)
        3
    """
    if isinstance(value, int) and not isinstance(value, bool) and value >= 1:
        return value
    raise RequestError(f"{name}={value!r} is no number of events. Use 1 or more.")
