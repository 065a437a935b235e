"""A rule as a CloudFormation template, for somebody to read and then deploy."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from trailnb._plain import plain
from trailnb.errors import RequestError
from trailnb.rules.languages import EventPattern
from trailnb.rules.to_eventbridge import to_eventbridge
from trailnb.rules.to_metric_filter import to_metric_filter
from trailnb.trail.request import duration

if TYPE_CHECKING:
    from trailnb.rules.rule import Rule

#: What watches: a metric filter with its alarm, or an EventBridge rule.
Using: TypeAlias = Literal["alarm", "event"]

_NAMESPACE = "CloudTrailMetrics"
_DEFAULT_PERIOD = "5m"
#: CloudWatch's shortest periods, in seconds; every other is a multiple of a minute.
_SHORT, _MINUTE, _DAY = (10, 20, 30), 60, 86_400


def to_cloudformation(rule: Rule, using: Using | None = None) -> str:
    """Which template sets up the rule, and tells somebody by SNS when it fires?

    Raises:
        RequestError: the way to watch cannot say the rule.

    Example:
        >>> from trailnb.rules.rule import Rule
        >>> print(to_cloudformation(Rule(name="stop", pattern="{ $.eventName = StopLogging }")))
        # Rule stop, written by trailnb. Read it before you deploy it.
        AWSTemplateFormatVersion: '2010-09-09'
        ...
    """
    if using not in {None, "alarm", "event"}:
        raise RequestError(f"using={using!r} is neither 'alarm' nor 'event'.")
    is_event = using == "event" or (using is None and isinstance(rule.matcher(), EventPattern))
    parameters: dict[str, Any] = {
        "NotifyEmail": {"Type": "String", "Description": "Who is told"},
        "TopicKey": {
            "Type": "String",
            "Default": "",
            "Description": "A KMS key that CloudWatch and EventBridge may use; empty for none",
        },
    }
    key = {"Fn::If": ["HasTopicKey", {"Ref": "TopicKey"}, {"Ref": "AWS::NoValue"}]}
    told = [{"Protocol": "email", "Endpoint": {"Ref": "NotifyEmail"}}]
    topic = {"KmsMasterKeyId": key, "Subscription": told}
    resources: dict[str, Any] = {"Topic": {"Type": "AWS::SNS::Topic", "Properties": topic}}
    if is_event:
        resources |= _event_rule(rule)
    else:
        parameters["LogGroup"] = {
            "Type": "String",
            "Description": "The CloudWatch Logs group that the trail delivers to",
        }
        resources |= _alarm(rule)
    template = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": rule.title or rule.name,
        "Parameters": parameters,
        "Conditions": {"HasTopicKey": {"Fn::Not": [{"Fn::Equals": [{"Ref": "TopicKey"}, ""]}]}},
        "Resources": resources,
    }
    said = f"# Rule {plain(rule.name)}, written by trailnb. Read it before you deploy it."
    return f"{said}\n{_yaml(template)}"


def _yaml(template: dict[str, Any]) -> str:
    import yaml

    return yaml.safe_dump(template, sort_keys=False, width=100, allow_unicode=True)  # type: ignore[no-any-return]


def _alarm(rule: Rule) -> dict[str, Any]:
    """Count what the filter matches, and raise an alarm when it is enough."""
    metric = re.sub(r"[^A-Za-z0-9_.-]", "-", rule.name)
    return {
        "Filter": {
            "Type": "AWS::Logs::MetricFilter",
            "Properties": {
                "LogGroupName": {"Ref": "LogGroup"},
                "FilterPattern": to_metric_filter(rule),
                "MetricTransformations": [
                    {"MetricNamespace": _NAMESPACE, "MetricName": metric, "MetricValue": "1"}
                ],
            },
        },
        "Alarm": {
            "Type": "AWS::CloudWatch::Alarm",
            "Properties": {
                "AlarmDescription": rule.why or rule.title or rule.name,
                "Namespace": _NAMESPACE,
                "MetricName": metric,
                "Statistic": "Sum",
                "Period": _seconds(rule),
                "EvaluationPeriods": 1,
                "Threshold": rule.threshold or 1,
                "ComparisonOperator": "GreaterThanOrEqualToThreshold",
                "TreatMissingData": "notBreaching",
                "AlarmActions": [{"Ref": "Topic"}],
            },
        },
    }


def _seconds(rule: Rule) -> int:
    seconds = duration("period", rule.period or _DEFAULT_PERIOD).total_seconds()
    is_whole = seconds in _SHORT or (seconds % _MINUTE == 0 and _MINUTE <= seconds <= _DAY)
    if not is_whole:
        raise RequestError(
            f"rule {rule.name!r}: CloudWatch has no period of {seconds:g} seconds. Use 10, 20 "
            "or 30 seconds, or whole minutes up to a day."
        )
    return int(seconds)


def _event_rule(rule: Rule) -> dict[str, Any]:
    """Hand every event that matches to the topic, which must let EventBridge publish."""
    pattern = to_eventbridge(rule)
    return {
        "Rule": {
            "Type": "AWS::Events::Rule",
            "Properties": {
                "Description": rule.why or rule.title or rule.name,
                # Without this state, calls that only read never reach the rule.
                "State": "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS",
                "EventPattern": json.loads(json.dumps(pattern)),
                "Targets": [{"Id": "Topic", "Arn": {"Ref": "Topic"}}],
            },
        },
        "TopicPolicy": {
            "Type": "AWS::SNS::TopicPolicy",
            "Properties": {
                "Topics": [{"Ref": "Topic"}],
                "PolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Principal": {"Service": "events.amazonaws.com"},
                            "Action": "sns:Publish",
                            "Resource": {"Ref": "Topic"},
                            "Condition": {
                                "ArnEquals": {"aws:SourceArn": {"Fn::GetAtt": ["Rule", "Arn"]}}
                            },
                        }
                    ],
                },
            },
        },
    }
