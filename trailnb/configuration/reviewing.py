"""A plan on paper: what it records and keeps, each call, each policy, and what it leaves undone."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import polars as pl

from trailnb._plain import plain
from trailnb.configuration import calls, checks, policy_texts
from trailnb.configuration.snapshot import BucketState, KeyState, Snapshot, TrailState, Unknown
from trailnb.configuration.wishes import NEW

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trailnb.configuration.plan import Plan
    from trailnb.configuration.wishes import Wishes

_ELSEWHERE = "it is there already, and was not looked at"


def foreseen(plan: Plan) -> pl.DataFrame:
    """What would be found of this trail, recording and delivering?"""
    account = Snapshot(plan.wishes.account, _NOW, (plan.wishes.region,), (_state(plan),))
    return checks.findings(account).filter(pl.col("trail").is_not_null())


def written(plan: Plan) -> str:
    """How does the plan read?"""
    lines = [repr(plan), ""]
    for row in foreseen(plan).iter_rows(named=True):
        if row["check"] not in _OF_LIFE:
            mark = {"good": " ", "optional": "-", "unknown": "?"}.get(row["status"], "!")
            lines.append(f"  {mark} {row['says']}")
    lines += ["", "Calls, in this order:"]
    for step, call in enumerate(plan.calls(), 1):
        lines.append(f"  {step:>2}. {call!s:<42} {call.why}")
        lines += [f"        {name} = {value}" for name, value in _arguments(call)]
    lines += ["", "Selectors:", *_tests(plan)]
    for what, policy in plan.policies().items():
        lines += ["", f"Policy of the {what}:", *_json(policy)]
    return "\n".join(map(plain, lines))


#: Any moment does: the trail is imagined to have delivered just then.
_NOW = datetime(2000, 1, 1, tzinfo=UTC)
#: A trail that is not there has neither been stopped nor delivered.
_OF_LIFE = frozenset({"logging", "delivery", "digest delivery", "cloudwatch delivery", "bucket"})


def _arguments(call: calls.Call) -> Iterator[tuple[str, str]]:
    """Show short arguments beside the call; policies and selectors have their own place below."""
    for name, value in call.arguments.items():
        said = value if isinstance(value, str) else json.dumps(value)
        if not said.startswith('{"Version"') and name != "AdvancedEventSelectors":
            yield name, said


def _tests(plan: Plan) -> Iterator[str]:
    """A line for each selector, a line for each of its tests: all of them must hold."""
    for selector in plan.selectors:
        yield f"  {selector.get('Name') or 'a selector of your own'}"
        for field in selector["FieldSelectors"]:
            for operator, values in field.items():
                if operator != "Field":
                    yield f"      {field['Field']} {operator} {', '.join(map(str, values))}"


def _json(document: Any) -> list[str]:  # noqa: ANN401 # JSON
    return [f"  {line}" for line in json.dumps(document, indent=2).split("\n")]


def _state(plan: Plan) -> TrailState:
    """Imagine what AWS would answer."""
    wishes = plan.wishes
    described = calls.settings(wishes) | {
        "TrailARN": wishes.trail_arn,
        "HomeRegion": wishes.region,
        "LogFileValidationEnabled": wishes.validation,
        "SnsTopicARN": wishes.topic_arn,
    }
    key = None
    if wishes.kms == NEW:
        enabled = {"KeyRotationEnabled": True}
        key = KeyState({"KeyState": "Enabled"}, enabled, policy_texts.key_policy(wishes))
    elif wishes.kms:
        key = KeyState(*[Unknown("kms:DescribeKey", _ELSEWHERE)] * 3)
    topic: Any = policy_texts.topic_policy(wishes) if wishes.sns == NEW else None
    if wishes.sns not in {None, NEW}:
        topic = Unknown("sns:GetTopicAttributes", _ELSEWHERE)
    group = {"retentionInDays": wishes.cloudwatch_days, "logGroupName": wishes.log_group}
    return TrailState(
        described,
        status={"IsLogging": True, "LatestDeliveryTime": _NOW - timedelta(minutes=5)},
        selectors={"AdvancedEventSelectors": list(plan.selectors)},
        insights={"InsightSelectors": [{"InsightType": kind} for kind in wishes.insights]},
        bucket=_bucket(wishes),
        key=key,
        topic=topic,
        log_group=group if wishes.log_group else None,
    )


def _bucket(wishes: Wishes) -> BucketState:
    target = {"LoggingEnabled": {"TargetBucket": wishes.access_bucket}}
    rules = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    return BucketState(
        wishes.bucket,
        policy=policy_texts.bucket_policy(wishes),
        public_access_block={"PublicAccessBlockConfiguration": calls.public_access_block()},
        ownership={"OwnershipControls": rules},
        versioning={"Status": "Enabled"},
        object_lock={} if wishes.lock_days is None else calls.lock(wishes),
        lifecycle=calls.lifecycle(wishes)["LifecycleConfiguration"]
        if wishes.retention_days
        else {},
        logging=target if wishes.access_bucket else {},
    )
