"""Ask AWS about every trail, and take a refusal for what it is: something unknown."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from trailnb.configuration.answers import asked
from trailnb.configuration.asking_places import Places
from trailnb.configuration.snapshot import Answer, Snapshot, TrailState, Unknown
from trailnb.sources import regions as partitions
from trailnb.sources.aws import Caller, refused
from trailnb.sources.s3_refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

#: DescribeTrails and the like allow ten a second: CloudTrail User Guide, quotas.
_PER_SECOND = 10.0
_SIDE_BY_SIDE = 8
#: Said by the service where nothing is set, and by us as nothing.
_ABSENT = {
    "get_insight_selectors": {"InsightNotEnabledException"},
    "describe_organization": {"AWSOrganizationsNotInUseException"},
}
_RIGHTS = {
    "get_trail_status": "cloudtrail:GetTrailStatus",
    "get_event_selectors": "cloudtrail:GetEventSelectors",
    "get_insight_selectors": "cloudtrail:GetInsightSelectors",
    "describe_trails": "cloudtrail:DescribeTrails",
    "describe_regions": "ec2:DescribeRegions",
    "describe_organization": "organizations:DescribeOrganization",
}


def caller_of(options: Mapping[str, Any] | None, what: str) -> Caller:
    """Who asks: with these credentials, at the pace that CloudTrail allows.

    Example:
        >>> caller_of({"profile": "audit"}, "tn.trails()").per_second
        10.0
    """
    return Caller(what, dict(options or {}), per_second=_PER_SECOND)


@dataclass
class Asking:
    """Questions to one account, each asked once."""

    caller: Caller
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC), repr=False)

    def __post_init__(self) -> None:
        self.places = Places(self.caller)

    def snapshot(self, regions: Collection[str] | None, bucket: str | None) -> Snapshot:
        """What trails are there, and what is known of each?

        Raises:
            SourceError: the credentials are missing, expired or not accepted.
        """
        home = self.caller.session().region_name or "us-east-1"
        account = self._account(home)
        names, knows_all = self._regions(regions, home)
        found, unasked = self._described(names)
        return Snapshot(
            account=account,
            asked_at=self.now(),
            regions=tuple(names),
            trails=tuple(
                self._state(one)
                for one in found
                if bucket is None or one.get("S3BucketName") == bucket
            ),
            organization=self._organization(home),
            unasked=tuple(unasked),
            knows_all_regions=knows_all,
        )

    def _account(self, home: str) -> str:
        try:
            return str(self.caller.ask("sts", home, "get_caller_identity")["Account"])
        except Refusal as refusal:
            raise refused(refusal, "AWS", "sts:GetCallerIdentity") from None

    def _regions(
        self, wanted: Collection[str] | None, home: str
    ) -> tuple[list[str], bool | Unknown]:
        """Which regions are asked: those wanted, or all that are enabled?"""
        if wanted is not None:
            return sorted(set(wanted)), False
        answer = self._ask("ec2", home, "describe_regions")
        if isinstance(answer, Unknown):
            return sorted({home, *partitions.global_regions(home)}), answer
        return sorted(str(one["RegionName"]) for one in answer["Regions"]), True

    def _described(
        self, names: Sequence[str]
    ) -> tuple[list[Mapping[str, Any]], list[tuple[str, Unknown]]]:
        """Ask each region: a trail of several regions is told by each of them, and counts once."""
        found: dict[str, Mapping[str, Any]] = {}
        unasked: list[tuple[str, Unknown]] = []
        with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
            answers = list(pool.map(self._trails_of, names))
        for region, answer in zip(names, answers, strict=True):
            if isinstance(answer, Unknown):
                unasked.append((region, answer))
                continue
            for one in answer["trailList"]:
                found.setdefault(str(one.get("TrailARN")), {"HomeRegion": region, **one})
        return [found[arn] for arn in sorted(found)], unasked

    def _trails_of(self, region: str) -> Answer:
        return self._ask("cloudtrail", region, "describe_trails", includeShadowTrails=True)

    def _organization(self, home: str) -> Answer:
        answer = self._ask("organizations", home, "describe_organization")
        return answer if isinstance(answer, Unknown) else answer.get("Organization", {})

    def _state(self, described: Mapping[str, Any]) -> TrailState:
        """Ask a trail's home region, by ARN: a member account knows no other name for it."""
        arn, home = str(described.get("TrailARN")), str(described.get("HomeRegion"))
        places = self.places
        key = described.get("KmsKeyId")
        topic = described.get("SnsTopicARN")
        group = described.get("CloudWatchLogsLogGroupArn")
        return TrailState(
            described,
            status=self._ask("cloudtrail", home, "get_trail_status", Name=arn),
            selectors=self._ask("cloudtrail", home, "get_event_selectors", TrailName=arn),
            insights=self._ask("cloudtrail", home, "get_insight_selectors", TrailName=arn),
            bucket=places.bucket(str(described.get("S3BucketName") or ""), home),
            key=places.key(str(key), home) if key else None,
            topic=places.topic(str(topic), home) if topic else None,
            log_group=places.log_group(str(group), home) if group else None,
        )

    def _ask(self, service: str, region: str, operation: str, **arguments: Any) -> Answer:
        return asked(
            self.caller,
            service,
            region,
            operation,
            needs=_RIGHTS[operation],
            absent=_ABSENT.get(operation, ()),
            **arguments,
        )
