"""A CloudTrail that answers LookupEvents as AWS documents it, on a clock that takes no time."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

NOW = datetime(2026, 11, 3, 12, tzinfo=UTC)
ACCOUNT = "111122223333"
_ATTRIBUTES = {
    "EventName": "eventName",
    "EventSource": "eventSource",
    "EventId": "eventID",
    "AccessKeyId": "accessKeyId",
}


def refusal(code: str, operation: str = "LookupEvents") -> ClientError:
    """What botocore raises for an error of this code."""
    return ClientError({"Error": {"Code": code, "Message": "no"}}, operation)


def record(number: int, time: datetime, name: str = "GetUser", **fields: Any) -> dict[str, Any]:
    """A management event as the record has it."""
    return {
        "eventVersion": "1.11",
        "eventTime": f"{time:%Y-%m-%dT%H:%M:%SZ}",
        "eventSource": "iam.amazonaws.com",
        "eventName": name,
        "awsRegion": "us-east-1",
        "eventID": f"id-{number}",
        "recipientAccountId": ACCOUNT,
        "eventCategory": "Management",
        "userIdentity": {"type": "IAMUser", "userName": "alice", "accessKeyId": "AKIAEXAMPLE"},
        **fields,
    }


class Clock:
    """Seconds that pass only by sleeping."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        """The time now."""
        return self.seconds

    def sleep(self, seconds: float) -> None:
        """Pass."""
        self.slept.append(seconds)
        self.seconds += seconds


class Aws:
    """A boto3 session over records by region; keeps every call with its time on the clock.

    `faults` are errors raised by the next calls of LookupEvents, None for a good one.
    """

    region_name = "us-east-1"

    def __init__(self, clock: Clock, regions: dict[str, list[dict[str, Any]]]) -> None:
        self.clock, self.regions = clock, regions
        self.calls: list[tuple[str, float, dict[str, Any]]] = []
        self.faults: list[Exception | None] = []
        self.insights: list[dict[str, Any]] = []
        self.tokens: dict[str, tuple[dict[str, Any], int]] = {}
        self.region_fault: Exception | None = None

    def client(self, service: str, *, region_name: str, **_: Any) -> Client:
        """A client of one region."""
        assert service in {"cloudtrail", "sts", "ec2"}
        return Client(self, region_name)


class Client:
    """All the operations that are asked for, of any service."""

    def __init__(self, aws: Aws, region: str) -> None:
        self.aws, self.region = aws, region

    def get_caller_identity(self) -> dict[str, Any]:
        """Whose credentials these are."""
        return {"Account": ACCOUNT}

    def describe_regions(self) -> dict[str, Any]:
        """Every region that is enabled."""
        if self.aws.region_fault:
            raise self.aws.region_fault
        return {"Regions": [{"RegionName": name} for name in self.aws.regions]}

    def lookup_events(self, **asked: Any) -> dict[str, Any]:
        """One page, newest first; a token is good for the same call only."""
        aws = self.aws
        aws.calls.append((self.region, aws.clock.seconds, asked))
        fault = aws.faults.pop(0) if aws.faults else None
        if fault:
            raise fault
        token = asked.pop("NextToken", None)
        start = 0
        if token:
            known, start = aws.tokens[token]
            assert known == asked, "a token was used with another call"
        found = self._found(**asked)
        end = start + asked["MaxResults"]
        answer: dict[str, Any] = {"Events": [wrapped(one) for one in found[start:end]]}
        if end < len(found):
            token = f"token-{len(aws.tokens)}"
            aws.tokens[token] = asked, end
            answer["NextToken"] = token
        return answer

    def _found(
        self,
        StartTime: datetime,  # noqa: N803 - AWS's names
        EndTime: datetime,  # noqa: N803
        MaxResults: int,  # noqa: N803
        LookupAttributes: tuple[dict[str, str], ...] = (),  # noqa: N803
        EventCategory: str | None = None,  # noqa: N803
    ) -> list[dict[str, Any]]:
        assert MaxResults <= 50
        assert len(LookupAttributes) <= 1, "AWS silently honours only one"
        assert StartTime >= NOW - timedelta(days=90)
        records = self.aws.regions[self.region] if not EventCategory else self.aws.insights
        kept = [one for one in records if StartTime <= moment(one) <= EndTime]
        for attribute in LookupAttributes:
            name = _ATTRIBUTES[attribute["AttributeKey"]]
            wanted = attribute["AttributeValue"]
            kept = [one for one in kept if wanted in {one.get(name), one["userIdentity"].get(name)}]
        return sorted(kept, key=moment, reverse=True)


def moment(one: dict[str, Any]) -> datetime:
    """When a record says that it happened."""
    return datetime.fromisoformat(one["eventTime"])


def wrapped(one: dict[str, Any]) -> dict[str, Any]:
    """An Event as boto3 gives it."""
    return {
        "EventId": one["eventID"],
        "EventName": one["eventName"],
        "EventTime": moment(one),
        "CloudTrailEvent": one.get("raw") or json.dumps(one),
    }
