"""Whether a trail records, and what: status, regions, management, data and network events."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from trailnb.configuration import selectors
from trailnb.configuration.snapshot import Unknown, told
from trailnb.configuration.verdict import Verdict, bad, good, optional, unknown
from trailnb.sources.regions import global_regions, partition_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trailnb.configuration.snapshot import Answer, Snapshot, TrailState

#: Without any delivery for so long, nobody can tell quiet from broken.
_QUIET = timedelta(days=1)
_STATUS, _SELECTORS = "the trail's status", "what the trail records"


def logging(trail: TrailState, _: Snapshot) -> Verdict:
    """Is the trail recording at all?"""
    status = trail.status
    if isinstance(status, Unknown):
        return unknown(_STATUS, status)
    if status.get("IsLogging"):
        return good("the trail is recording", _since("since", _moment(status, "StartLoggingTime")))
    stopped = _moment(status, "StopLoggingTime")
    return bad("the trail records nothing: logging is off", _since("since", stopped))


def interruption(trail: TrailState, _: Snapshot) -> Verdict | None:
    """When was logging last stopped for a while?"""
    status = trail.status
    if isinstance(status, Unknown):
        return unknown("when logging was stopped", status)
    span = interrupted(status)
    if span is None:
        return None
    return bad(
        f"nothing was recorded from {at(span[0])} to {at(span[1])}",
        "AWS tells the latest stop only; there may have been others",
    )


def _places_of(trail: TrailState, organization: str) -> list[str]:
    """Name an own log file, as each account's logs lie, and as an organization's do."""
    prefix = f"{trail.described['S3KeyPrefix']}/" if trail.described.get("S3KeyPrefix") else ""
    root = f"arn:{partition_of(trail.home)}:s3:::{trail.bucket.name}/{prefix}AWSLogs"
    folders = [root, *([f"{root}/{organization}"] if organization else [])]
    return [f"{folder}/{trail.account}/CloudTrail/log.json.gz" for folder in folders]


def interrupted(status: Mapping[str, Any]) -> tuple[datetime, datetime] | None:
    """From when to when did a trail that records now record nothing, the last time?"""
    stopped, started = _moment(status, "StopLoggingTime"), _moment(status, "StartLoggingTime")
    if not status.get("IsLogging") or not stopped or not started or stopped > started:
        return None
    return stopped, started


def records_global_services(trail: TrailState) -> bool:
    """Does it record IAM, global STS and CloudFront, as far as its regions tell?"""
    is_there = trail.has("IsMultiRegionTrail") or trail.home in global_regions(trail.home)
    return trail.has("IncludeGlobalServiceEvents") and is_there


def delivery(trail: TrailState, account: Snapshot) -> Verdict | None:
    """Do log files arrive?"""
    status = trail.status
    if isinstance(status, Unknown):
        return unknown("whether log files are delivered", status)
    last = _moment(status, "LatestDeliveryTime")
    if error := status.get("LatestDeliveryError"):
        return bad(f"S3 refuses log files: {error}", _since("last delivered", last))
    if not status.get("IsLogging"):
        return None
    if not last:
        return Verdict("unknown", "no log file has been delivered yet: quiet or broken")
    if account.asked_at - last > _QUIET:
        return Verdict("unknown", f"no log file since {at(last)}: quiet or not delivered")
    return good("log files are delivered", f"the last at {at(last)}")


def all_regions(trail: TrailState, _: Snapshot) -> Verdict:
    """Does the trail record every region?"""
    if trail.has("IsMultiRegionTrail"):
        return good("all regions are recorded, and new ones as they come")
    return bad(f"only {trail.home or 'its home region'} is recorded", "IsMultiRegionTrail is off")


def global_services(trail: TrailState, _: Snapshot) -> Verdict:
    """Does the trail record IAM, global STS and CloudFront?"""
    if not trail.has("IncludeGlobalServiceEvents"):
        return bad(
            "IAM, global STS and CloudFront are not recorded", "IncludeGlobalServiceEvents is off"
        )
    if not trail.has("IsMultiRegionTrail") and trail.home not in global_regions(trail.home):
        return bad(
            "IAM, global STS and CloudFront are not recorded: they log elsewhere",
            f"{trail.home} is not where the global services of {partition_of(trail.home)} log",
        )
    return good("IAM, global STS and CloudFront are recorded")


def management_events(trail: TrailState, _: Snapshot) -> Verdict:
    """Are management events recorded, reads and writes?"""
    if isinstance(trail.selectors, Unknown):
        return unknown(_SELECTORS, trail.selectors)
    found = selectors.recorded(trail.selectors)
    if found.reads and found.writes:
        return good("management events are recorded, reads and writes")
    if not found.reads and not found.writes:
        if found.data or found.network:
            return optional("no management events are recorded: this trail is for other events")
        return bad("no management events are recorded")
    missing = "writes" if found.reads else "reads"
    return bad(f"management events are recorded without {missing}")


def excluded_services(trail: TrailState, _: Snapshot) -> Verdict | None:
    """Are the management events of some services left out?"""
    if isinstance(trail.selectors, Unknown):
        return unknown(_SELECTORS, trail.selectors)
    found = selectors.recorded(trail.selectors)
    if not found.reads and not found.writes:
        return None
    if found.excluded:
        return bad(f"management events of {', '.join(found.excluded)} are left out")
    return good("no service's management events are left out")


def data_events(trail: TrailState, _: Snapshot) -> Verdict:
    """Which data events are recorded?"""
    if isinstance(trail.selectors, Unknown):
        return unknown(_SELECTORS, trail.selectors)
    found = selectors.recorded(trail.selectors)
    if not found.data:
        return optional("no data events are recorded: who read which object leaves no trace")
    partly = f"only in part: {', '.join(found.partly)}" if found.partly else ""
    return good(f"data events are recorded of {', '.join(found.data)}", partly)


def network_events(trail: TrailState, _: Snapshot) -> Verdict:
    """Which network activity events are recorded?"""
    if isinstance(trail.selectors, Unknown):
        return unknown(_SELECTORS, trail.selectors)
    found = selectors.recorded(trail.selectors)
    if not found.network:
        return optional("no network activity is recorded: what VPC endpoints refused is not seen")
    return good(f"network activity is recorded of {', '.join(found.network)}")


def insights(trail: TrailState, _: Snapshot) -> Verdict:
    """Does AWS look for unusual rates?"""
    if isinstance(trail.insights, Unknown):
        return unknown("whether Insights are on", trail.insights)
    kinds = [str(one.get("InsightType")) for one in trail.insights.get("InsightSelectors") or ()]
    if not kinds:
        return optional("CloudTrail Insights are off")
    return good(f"CloudTrail Insights are on: {', '.join(sorted(kinds))}")


def own_log_files(trail: TrailState, account: Snapshot) -> Verdict | None:
    """Does the trail record the writing of its own log files, each record making another?"""
    if isinstance(trail.selectors, Unknown):
        return unknown(_SELECTORS, trail.selectors)
    if "AWS::S3::Object" not in selectors.recorded(trail.selectors).data:
        return None
    organization: Answer = {}
    if trail.has("IsOrganizationTrail"):
        organization = account.organization
        if isinstance(organization, Unknown) or not organization.get("Id"):
            why = str(organization) if isinstance(organization, Unknown) else ""
            return Verdict("unknown", "which organization's logs these are was not told", why)
    places = _places_of(trail, str(told(organization).get("Id", "")))
    if not any(selectors.records_object(trail.selectors, arn) for arn in places):
        return good("the log bucket is left out of the data events")
    if trail.described.get("RecursiveLogging") is False:
        return good("the trail's own deliveries are left out", "RecursiveLogging is off")
    return bad("the trail records the writing of its own log files: each file makes another")


def _moment(status: Mapping[str, Any], name: str) -> datetime | None:
    moment = status.get(name)
    return moment if isinstance(moment, datetime) else None


def at(moment: datetime) -> str:
    """Write a moment (UTC), to the minute."""
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _since(word: str, moment: datetime | None) -> str:
    return f"{word} {at(moment)}" if moment else ""
