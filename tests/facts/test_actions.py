"""What was called."""

from __future__ import annotations

import pytest

from tests.evidence import event, events

NAMED = [
    ("iam.amazonaws.com", "PutUserPolicy", "iam:PutUserPolicy"),
    ("iam.amazonaws.com.cn", "PutUserPolicy", "iam:PutUserPolicy"),
    ("monitoring.amazonaws.com", "PutMetricAlarm", "monitoring:PutMetricAlarm"),
    ("lambda.amazonaws.com", "CreateFunction20150331", "lambda:CreateFunction"),
    ("lambda.amazonaws.com", "UpdateFunctionCode20150331v2", "lambda:UpdateFunctionCode"),
    ("cloudfront.amazonaws.com", "CreateFunction2020_05_31", "cloudfront:CreateFunction"),
    ("s3.amazonaws.com", None, "s3:unknown"),
    (None, "Odd", "unknown:Odd"),
    ("", "", "unknown"),
]


@pytest.mark.parametrize(("source", "name", "expected"), NAMED)
def test_action_is_service_and_name(source: str | None, name: str | None, expected: str) -> None:
    """An action reads `service:Name`, API dates folded, never null."""
    called = event(eventSource=source, eventName=name)
    assert events(called).select("action").collect().item() == expected


def test_insight_is_not_the_call_it_counts() -> None:
    """An Insights record is named for its kind."""
    insight = event(
        eventSource=None, eventName=None, insightDetails={"insightType": "ApiErrorRateInsight"}
    )
    assert events(insight).select("action").collect().item() == "cloudtrail:ApiErrorRateInsight"


def test_aggregated_event_counts_many_calls() -> None:
    """An aggregated record names its service and that it is a sum."""
    total = event(eventName=None, eventCategory="Aggregated")
    assert events(total).select("action").collect().item() == "s3:Aggregated"
