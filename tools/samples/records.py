"""How does CloudTrail write one call down?

Field order, field presence and types follow real records: minified JSON, whole seconds,
`mfaAuthenticated` as text, `readOnly` as a boolean.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .chance import Dice

Json = dict[str, object]

# What services stamp today lies between 1.08 and 1.11; which one is a habit of the service.
_VERSIONS = {"iam": "1.11", "sts": "1.11", "s3": "1.11", "kms": "1.11", "ec2": "1.10",
             "lambda": "1.10", "signin": "1.09", "health": "1.08"}  # fmt: skip
_GLOBAL_HOSTS = ("iam", "organizations", "route53", "cloudfront")
# Some services write JSON with a library that escapes slashes, others one that escapes HTML.
_SLASH_ESCAPERS = ("ssm.amazonaws.com", "cloudformation.amazonaws.com")
_HTML_ESCAPERS = ("signin.amazonaws.com", "iam.amazonaws.com")
_HTML = str.maketrans({"&": "\\u0026", "<": "\\u003c", ">": "\\u003e"})


@dataclass(frozen=True)
class Who:
    """Who calls, from where and with what: the `userIdentity` and its origin."""

    identity: Json
    address: str
    agent: str
    by_service: bool = False
    from_console: bool = False


@dataclass(frozen=True, kw_only=True)
class Call:
    """What is called, and what comes of it."""

    source: str
    name: str
    request: Mapping[str, object] | None = None
    response: Mapping[str, object] | None = None
    write: bool = False
    error: tuple[str, str] | None = None
    extra: Mapping[str, object] | None = None
    resources: tuple[Json, ...] = ()
    event_type: str = "AwsApiCall"
    category: str = "Management"
    shared_id: str | None = None
    host: str | None = None
    service_details: Mapping[str, object] | None = None

    def denied(self, code: str, message: str) -> Call:
        """What is this call when it fails?"""
        return replace(self, error=(code, message), response=None)


@dataclass(frozen=True)
class Place:
    """Where is a call recorded?"""

    account: str
    region: str


@dataclass(frozen=True)
class Event:
    """A record, with what delivery needs to know about it."""

    place: Place
    at: int
    record: Json
    folder: str = "CloudTrail"

    @property
    def event_id(self) -> str:
        """Which event is this? Aggregated ones spell the field `eventId`."""
        return str(self.record.get("eventID") or self.record["eventId"])


def iso(at: int) -> str:
    """How does CloudTrail write this second?"""
    return datetime.fromtimestamp(at, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def epoch(text: str) -> int:
    """Which second is this, counted since 1970?"""
    return int(datetime.fromisoformat(text).timestamp())


def _head(call: Call, who: Who, place: Place, at: int) -> Json:
    agent = f"[{who.agent}]" if call.source == "s3" else who.agent
    head: Json = {
        "eventVersion": _VERSIONS.get(call.source, "1.09"),
        "userIdentity": who.identity,
        "eventTime": iso(at),
        "eventSource": f"{call.source}.amazonaws.com",
        "eventName": call.name,
        "awsRegion": place.region,
        "sourceIPAddress": who.address,
        "userAgent": agent,
    }
    if call.error:
        head["errorCode"], message = call.error
        # Failed console sign-ins have a message and no code; a few services have the reverse.
        if not head["errorCode"]:
            del head["errorCode"]
        if message:
            head["errorMessage"] = message
    head["requestParameters"] = call.request
    head["responseElements"] = call.response
    return head


def _tls(call: Call, place: Place) -> Json:
    host = call.host or f"{call.source}.{place.region}.amazonaws.com"
    if call.source in _GLOBAL_HOSTS:
        host = f"{call.source}.amazonaws.com"
    details = {"tlsVersion": "TLSv1.3", "cipherSuite": "TLS_AES_128_GCM_SHA256"}
    return {**details, "clientProvidedHostHeader": host}


def _request_id(call: Call, dice: Dice) -> str:
    return dice.upper(16) if call.source == "s3" else dice.uuid()


def write(call: Call, who: Who, place: Place, at: int, dice: Dice) -> Event:
    """Which record does this call leave?"""
    record = _head(call, who, place, at)
    if call.extra:
        record["additionalEventData"] = call.extra
    if call.source != "signin":
        record["requestID"] = _request_id(call, dice)
    record["eventID"] = dice.uuid()
    record["readOnly"] = not call.write
    if call.resources:
        record["resources"] = list(call.resources)
    record["eventType"] = call.event_type
    record["managementEvent"] = call.category == "Management"
    record["recipientAccountId"] = place.account
    if call.shared_id:
        record["sharedEventID"] = call.shared_id
    if call.service_details:
        record["serviceEventDetails"] = call.service_details
    record["eventCategory"] = call.category
    if not who.by_service and not (who.from_console and call.source != "signin"):
        record["tlsDetails"] = _tls(call, place)
    if who.from_console and call.source != "signin":
        record["sessionCredentialFromConsole"] = "true"
    return Event(place, at, record)


def minified(record: Json) -> str:
    """How does this record lie in a log file, escapes included?"""
    text = json.dumps(record, separators=(",", ":"), ensure_ascii=False)
    source = record.get("eventSource")
    if source in _SLASH_ESCAPERS:
        return text.replace("/", "\\/")
    return text.translate(_HTML) if source in _HTML_ESCAPERS else text
