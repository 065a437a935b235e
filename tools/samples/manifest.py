"""What is true about the samples, so that answers can be checked against it?"""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import TYPE_CHECKING

from . import attack_script
from .attack_chain import BACKUPS, LEGACY_TRAIL, OMITTED_SIZE, OUTSIDE
from .delivery import readable_and_lost
from .records import Event, Json, iso
from .scenes_history import VALIDATION_ON

if TYPE_CHECKING:
    from .attack_script import Script, Step
    from .sets import SampleSet


def truth(sample: SampleSet, blobs: dict[str, bytes]) -> Json:
    """What is true about one set? `blobs` are its files by key."""
    organization = sample.organization
    content: Json = {
        "seed": organization.seed,
        "organization_id": organization.org_id,
        "trail": organization.trail,
        "bucket": organization.bucket,
        "home_region": "us-east-1",
        "accounts": organization.accounts,
        "counts": _counts(sample),
    }
    if sample.script:
        content["attack"] = _attack(sample, sample.script)
        content["delivery"] = _delivery(sample, sample.script)
        content["insight"] = _insight(sample)
        content["digests"] = _digests(sample)
    content["sha256"] = _sums(blobs)
    return content


def _sums(blobs: dict[str, bytes]) -> Json:
    # By folder, then by name: a name says nearly all of its folder, so full keys would bloat this.
    folders: dict[str, dict[str, str]] = {}
    for key in sorted(blobs):
        folder, name = key.rsplit("/", 1)
        folders.setdefault(folder, {})[name] = hashlib.sha256(blobs[key]).hexdigest()
    return dict(folders)


def _counts(sample: SampleSet) -> Json:
    readable, lost = readable_and_lost(sample.all_files)
    distinct = list({event.event_id: event for event in readable}.values())
    series = Counter(
        (event.place.account, event.place.region, str(event.record["eventCategory"]))
        for event in distinct
    )
    times = [event.at for event in distinct if "eventTime" in event.record]
    return {
        "log_files": len(sample.all_files),
        "records": len(readable),
        "distinct_events": len(distinct),
        "duplicates": len(readable) - len(distinct),
        "lost_records": len(lost),
        "first_event": iso(min(times)),
        "last_event": iso(max(times)),
        "by_category": dict(sorted(Counter(key[2] for key in series.elements()).items())),
        "series": [
            {"account": account, "region": region, "category": category, "events": count}
            for (account, region, category), count in sorted(series.items())
        ],
    }


def _attack(sample: SampleSet, script: Script) -> Json:
    first, last = script.events[0], script.events[-1]
    return {
        "first_event": iso(first.at),
        "last_event": iso(last.at),
        "addresses": [attack_script.RECON_ADDRESS, attack_script.CONSOLE_ADDRESS,
                      attack_script.CHAIN_ADDRESS],
        "agents": [attack_script.RECON_AGENT, attack_script.CONSOLE_AGENT,
                   attack_script.CHAIN_AGENT],
        "leaked_key": script.victim.key,
        "leaked_key_owner": script.victim.arn,
        "new_user": script.backdoor.arn,
        "new_key": script.backdoor.key,
        "event_count": len(script.events),
        "event_ids": [event.event_id for event in script.events],
        "omitted_policy": _omitted(script),
        "cross_account_trust": _opened(script),
        "stop_logging": [
            {
                "event_id": event.event_id,
                "time": iso(event.at),
                "trail": trail,
                "account": event.place.account,
            }
            for event, trail in zip(
                script.stops, (LEGACY_TRAIL, sample.organization.trail), strict=True
            )
        ],
        "start_logging": {"event_id": sample.restart.event_id if sample.restart else "",
                          "time": iso(sample.restart.at if sample.restart else 0)},
        "reconnaissance": _group(script.recon),
        "reads": {**_group(script.reads), "bucket": BACKUPS,
                  "bytes_out": sum(_bytes_out(event) for event in script.reads)},
        "credential": _credentials(script),
        "hop": _hops(script),
        "step": [_step(step) for step in sorted(script.steps, key=lambda s: s.event.at)],
    }  # fmt: skip


def _step(step: Step) -> Json:
    record = step.event.record
    identity = record["userIdentity"] if isinstance(record["userIdentity"], dict) else {}
    service = str(record["eventSource"]).split(".")[0]
    return {
        "time": iso(step.event.at),
        "name": record["eventName"],
        "action": f"{service}:{record['eventName']}",
        "phase": step.phase,
        "actor": identity.get("arn", ""),
        "principal_id": identity.get("principalId", ""),
        "access_key_id": identity.get("accessKeyId", ""),
        "target": step.target,
        "outcome": step.outcome,
        "origin": record["sourceIPAddress"],
        "account": step.event.place.account,
        "region": step.event.place.region,
        "event_id": step.event.event_id,
        "gained": list(step.gained),
        "note": step.note,
    }


def _group(events: list[Event]) -> Json:
    failed = [event for event in events if "errorCode" in event.record]
    return {
        "first": iso(min(event.at for event in events)),
        "last": iso(max(event.at for event in events)),
        "events": len(events),
        "failed": len(failed),
        "event_ids": [event.event_id for event in events],
    }


def _bytes_out(event: Event) -> int:
    extra = event.record["additionalEventData"]
    return int(extra["bytesTransferredOut"]) if isinstance(extra, dict) else 0


def _omitted(script: Script) -> Json:
    if script.omitted is None:
        return {}
    policy = f"arn:aws:iam::{script.production}:policy/acme-telemetry"
    return {"event_id": script.omitted.event_id, "original_size": int(OMITTED_SIZE),
            "policy": policy, "attached_to": script.app_role.arn}  # fmt: skip


def _opened(script: Script) -> Json:
    if script.opened is None:
        return {}
    # EC2 was let in before, too; these are new.
    inside, staging = script.backdoor, script.hops[0][0].role
    let_in = (
        (inside.account, inside.arn, "own"),
        (staging.account, staging.arn, "known"),
        (OUTSIDE, f"arn:aws:iam::{OUTSIDE}:root", "foreign"),
    )
    names = ("account", "principal", "standing")
    return {"event_id": script.opened.event_id, "time": iso(script.opened.at),
            "role": script.app_role.arn, "by": inside.arn,
            "trusted": [dict(zip(names, row, strict=True)) for row in let_in]}  # fmt: skip


def _credentials(script: Script) -> list[Json]:
    created = next(
        step for step in script.steps if step.event.record["eventName"] == "CreateAccessKey"
    )
    first, second = script.hops
    victim, user = script.victim, script.backdoor
    rows = (
        (victim.key, victim.arn, victim.account, "", ""),
        (user.key, user.arn, user.account, victim.key, created.event.event_id),
        (first[0].key, first[0].arn, first[0].role.account, user.key, first[1].event_id),
        (second[0].key, second[0].arn, second[0].role.account, first[0].key, second[1].event_id),
    )
    names = ("access_key_id", "owner", "account", "parent", "issued_by")
    return [dict(zip(names, row, strict=True)) for row in rows]


def _hops(script: Script) -> list[Json]:
    return [
        {
            "role": session.role.arn,
            "session": session.arn,
            "issued_key": session.key,
            "creation_date": iso(session.created),
            "caller_account": event.place.account,
            "role_account": copy.place.account,
            "shared_event_id": event.record["sharedEventID"],
            "caller_event_id": event.event_id,
            "role_event_id": copy.event_id,
        }
        for session, event, copy in script.hops
    ]


def _delivery(sample: SampleSet, script: Script) -> Json:
    torn = next(file for file in sample.files if file.lost)
    home = {event.event_id: file.key for file in sample.files for event in file.events}
    pairs: dict[str, set[str]] = {}
    for file in sample.legacy:
        pairs[file.key] = {home[event.event_id] for event in file.events}
    return {
        **sample.remarkable,
        "validation_enabled": VALIDATION_ON,
        "torn_salvageable": len(torn.events),
        "torn_salvageable_bytes": len(torn.text) * 2 // 3,
        "torn_lost_event_ids": [event.event_id for event in torn.lost],
        "late_event_ids": [event.event_id for event in sample.late],
        "dark_from": iso(script.stops[-1].at),
        "dark_until": iso(sample.restart.at if sample.restart else 0),
        "overlapping_trails": [sample.organization.trail, LEGACY_TRAIL],
        "overlapping_files": _as_lists(pairs),
    }


def _as_lists(pairs: dict[str, set[str]]) -> Json:
    return {key: sorted(values) for key, values in sorted(pairs.items())}


def _insight(sample: SampleSet) -> Json:
    start, end = sample.insights
    return {"start_event_id": start.event_id, "end_event_id": end.event_id,
            "shared_event_id": start.record["sharedEventID"],
            "action": "secretsmanager:GetSecretValue",
            "account": start.place.account, "region": start.place.region}  # fmt: skip


def _digests(sample: SampleSet) -> Json:
    before, after = sample.digests
    empty = [digest.key for digest in before + after if digest.empty]
    return {"chain": [digest.key for digest in before],
            "chain_after_restart": [digest.key for digest in after],
            "empty": empty}  # fmt: skip
