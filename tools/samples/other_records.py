"""What lies in the folders beside `CloudTrail`: Insights, network activity, aggregates?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from .cast import EU
from .chance import Dice
from .identities import foreign
from .records import Event, Json, Place, epoch, iso

if TYPE_CHECKING:
    from .attack_script import Script
    from .cast import Organization

ADDRESS_DENIED = "The request was denied due to a VPC endpoint policy"


def insight_pair(script: Script) -> list[Event]:
    """Which Insight did the guessing of secret names cause? A start and an end, joined."""
    dice = Dice("insight")
    guesses = [event for event in script.recon if event.record["eventName"] == "GetSecretValue"]
    first, last = guesses[0].at, guesses[-1].at
    minutes = max(1, (last - first) // 60 + 1)
    shared = dice.uuid()
    place = Place(script.production, EU)
    pair = []
    for state, at, duration in (("Start", first // 60 * 60, 1),
                                ("End", (last // 60 + 1) * 60, minutes)):  # fmt: skip
        average = len([g for g in guesses if g.at < first // 60 * 60 + duration * 60]) / duration
        record = _insight(place, at, dice.uuid(), shared)
        record["insightDetails"] = _details(script, state, round(average, 4), duration)
        record["eventCategory"] = "Insight"
        pair.append(Event(place, at, record, "CloudTrail-Insight"))
    return pair


def _insight(place: Place, at: int, event_id: str, shared: str) -> Json:
    return {
        "eventVersion": "1.09",
        "eventTime": iso(at),
        "awsRegion": place.region,
        "eventID": event_id,
        "eventType": "AwsCloudTrailInsight",
        "recipientAccountId": place.account,
        "sharedEventID": shared,
    }


def _details(script: Script, state: str, average: float, duration: int) -> Json:
    caller = script.recon[0].record["userIdentity"]
    arn = caller["arn"] if isinstance(caller, dict) else ""
    agent = str(script.recon[0].record["userAgent"]).split("command/")[0]
    usual = f"arn:aws:sts::{script.production}:assumed-role/acme-app-instance/i-0sample"
    baseline = 9.82222e-05

    def attribution(name: str, now: str, before: str) -> Json:
        return {"attribute": name, "insight": [{"value": now, "average": average}],
                "baseline": [{"value": before, "average": baseline}]}  # fmt: skip

    return {
        "state": state,
        "eventSource": "secretsmanager.amazonaws.com",
        "eventName": "GetSecretValue",
        "insightType": "ApiErrorRateInsight",
        "errorCode": "AccessDeniedException",
        "insightContext": {
            "statistics": {
                "baseline": {"average": baseline},
                "insight": {"average": average},
                "insightDuration": duration,
                "baselineDuration": 10181,
            },
            "attributions": [
                attribution("userIdentityArn", arn, usual),
                attribution("userAgent", agent, "aws-cli/2.22.7"),
            ],
        },
    }


def network_activity(organization: Organization) -> list[Event]:
    """What did the owner of a VPC endpoint see denied, some of it from a foreign account?"""
    dice = Dice(f"{organization.seed}/network")
    account = organization.accounts["production"]
    place = Place(account, EU)
    role = organization.role(account, "nightly-report-role", "/service-role/")
    events = []
    for day, clock in ((1, "09:12:30"), (2, "11:40:05"), (2, "11:40:09"), (4, "15:21:44")):
        at = epoch(f"2026-11-0{day}T{clock}Z")
        key = dice.unique_id("ASIA", account)
        identity: Json = {"type": "AssumedRole", "accessKeyId": key, "accountId": account,
                          "principalId": f"{role.role_id}:nightly-report"}  # fmt: skip
        if dice.happens(0.5):
            stranger = f"{dice.unique_id('AROA', '999999999999')}:sync"
            identity = foreign(stranger, "999999999999")
        record: Json = {
            "eventVersion": "1.09",
            "userIdentity": identity,
            "eventTime": iso(at),
            "eventSource": "s3.amazonaws.com",
            "eventName": "PutObject",
            "awsRegion": EU,
            "sourceIPAddress": organization.nat_addresses[0],
            "errorCode": "VpceAccessDenied",
            "errorMessage": ADDRESS_DENIED,
            "requestID": dice.upper(16),
            "eventID": dice.uuid(),
            "resources": [{"type": "AWS::S3::Bucket", "ARN": "arn:aws:s3:::acme-media"}],
            "eventType": "AwsVpceEvent",
            "recipientAccountId": account,
            "sharedEventID": dice.uuid(),
            "vpcEndpointId": "vpce-0samp1e0ffee0c0de",
            "vpcEndpointAccountId": account,
            "eventCategory": "NetworkActivity",
        }
        events.append(Event(place, at, record, "CloudTrail-NetworkActivity"))
    return events


def aggregates(events: list[Event], place: Place, bucket: str) -> list[Event]:
    """What do five-minute summaries say about the reads of one bucket?"""
    dice = Dice(f"aggregates/{place}/{bucket}")
    reads = [event for event in events if event.place == place and _reads(event, bucket)]
    arn, found = f"arn:aws:s3:::{bucket}", []
    for window in sorted({event.at // 300 for event in reads}):
        inside = [event for event in reads if event.at // 300 == window]
        start = window * 300
        record: Json = {
            "eventVersion": "1.0",
            "accountId": place.account,
            "eventId": dice.uuid(),
            "eventCategory": "Aggregated",
            "eventType": "AwsAggregatedEvent",
            "awsRegion": place.region,
            "eventSource": "s3.amazonaws.com",
            "timeWindow": {"windowStart": iso(start), "windowEnd": iso(start + 300),
                           "windowSize": "PT5M"},
            "summary": {
                "primaryDimension": _dimension("resourceARN", arn, len(inside)),
                "details": [_dimension("eventName", "GetObject", len(inside))],
            },
        }  # fmt: skip
        found.append(Event(place, start + 300, record, "CloudTrail-Aggregated"))
    return found


def _reads(event: Event, bucket: str) -> bool:
    request = event.record.get("requestParameters")
    return (event.record.get("eventName") == "GetObject" and isinstance(request, dict)
            and request.get("bucketName") == bucket)  # fmt: skip


def _dimension(name: str, value: str, count: int) -> Json:
    return {"dimension": name, "statistics": [{"name": value, "value": count}],
            "aggregationType": "Count"}  # fmt: skip


def delayed(event: Event) -> Event:
    """How does a record look that CloudTrail delivered late?"""
    record: Json = {}
    for name, value in event.record.items():
        if name == "eventCategory":
            record["addendum"] = {"reason": "DELIVERY_DELAY"}
        record[name] = value
    return replace(event, record=record)
