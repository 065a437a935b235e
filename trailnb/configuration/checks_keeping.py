"""How a trail's logs are proven, encrypted, and passed on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trailnb.configuration import policies
from trailnb.configuration.snapshot import Unknown, told
from trailnb.configuration.verdict import Verdict, bad, first_unknown, good, unknown

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from trailnb.configuration.snapshot import Snapshot, TrailState

_CUSTOMER = "CUSTOMER"


def validation(trail: TrailState, _: Snapshot) -> Verdict:
    """Can it be proven that log files are whole?"""
    if trail.has("LogFileValidationEnabled"):
        return good("log file validation is on: tn.verify can prove the logs")
    return bad("log file validation is off: nobody can prove that no log was changed")


def digest_delivery(trail: TrailState, _: Snapshot) -> Verdict | None:
    """Do digests arrive?"""
    if not trail.has("LogFileValidationEnabled"):
        return None
    if isinstance(trail.status, Unknown):
        return unknown("whether digests are delivered", trail.status)
    if error := trail.status.get("LatestDigestDeliveryError"):
        return bad(f"S3 refuses digests: {error}")
    return good("AWS tells no error in delivering digests")


def encryption(trail: TrailState, _: Snapshot) -> Verdict:
    """Are the logs encrypted with a key of one's own?"""
    if trail.described.get("KmsKeyId"):
        return good("logs are encrypted with a KMS key", str(trail.described["KmsKeyId"]))
    return bad("logs are encrypted with S3's own key only: whoever may read the bucket reads them")


def key_state(trail: TrailState, _: Snapshot) -> Verdict | None:
    """Can the key be used?"""
    if trail.key is None:
        return None
    described = trail.key.described
    if isinstance(described, Unknown):
        return unknown("the key's state", described)
    state = str(described.get("KeyState", "Enabled"))
    if state == "Enabled":
        return good("the key is enabled")
    return bad(f"the key is {state}: log files are neither delivered nor readable")


def key_rotation(trail: TrailState, _: Snapshot) -> Verdict | None:
    """Is the key rotated every year?"""
    if trail.key is None:
        return None
    answers = {"the key": trail.key.described, "the key's rotation": trail.key.rotation}
    if verdict := first_unknown(answers):
        return verdict
    if told(trail.key.described).get("KeyManager", _CUSTOMER) != _CUSTOMER:
        return good("AWS rotates the key")
    if told(trail.key.rotation).get("KeyRotationEnabled"):
        return good("the key is rotated")
    return bad("the key is not rotated")


def key_policy(trail: TrailState, _: Snapshot) -> Verdict | None:
    """May CloudTrail use the key on behalf of strangers?"""
    if trail.key is None:
        return None
    if isinstance(trail.key.policy, Unknown):
        return unknown("the key's policy", trail.key.policy)
    return _confused(trail.key.policy, "the key")


def cloudwatch_logs(trail: TrailState, _: Snapshot) -> Verdict:
    """Can alarms watch the trail?"""
    if trail.log_group is None:
        return bad("the trail is not sent to CloudWatch Logs: no alarm can watch it")
    if isinstance(trail.log_group, Unknown):
        return unknown("the log group", trail.log_group)
    if not trail.log_group:
        return bad("the trail's log group does not exist")
    days = trail.log_group.get("retentionInDays")
    kept = f"{days:,} days" if days else "without end"
    return good("the trail is sent to CloudWatch Logs", f"kept there {kept}")


def cloudwatch_delivery(trail: TrailState, _: Snapshot) -> Verdict | None:
    """Do events arrive in CloudWatch Logs?"""
    if trail.log_group is None:
        return None
    if isinstance(trail.status, Unknown):
        return unknown("whether CloudWatch Logs gets the events", trail.status)
    if error := trail.status.get("LatestCloudWatchLogsDeliveryError"):
        return bad(f"CloudWatch Logs refuses events: {error}")
    return good("AWS tells no error in delivering to CloudWatch Logs")


def notifications(trail: TrailState, _: Snapshot) -> Verdict | None:
    """Are deliveries announced, and may only this trail announce them?"""
    if trail.topic is None:
        return None
    answers = {"the trail's status": trail.status, "the topic's policy": trail.topic}
    if verdict := first_unknown(answers):
        return verdict
    if error := told(trail.status).get("LatestNotificationError"):
        return bad(f"SNS refuses notifications: {error}")
    return _confused(told(trail.topic), "the topic")


def _confused(policy: Mapping[str, Any], what: str) -> Verdict:
    """Tell statements that serve everybody, or any trail, whoever's it is."""
    if found := policies.of_everybody(policy):
        names = ", ".join(map(policies.named, found))
        return bad(f"{what} lets everybody in", f"statement {names}")
    if open_ones := policies.of_any_trail(policy):
        names = ", ".join(map(policies.named, open_ones))
        return bad(f"{what} serves anybody's trail: no condition says whose", f"statement {names}")
    return good(f"{what} serves named trails only")
