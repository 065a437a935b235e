"""How does the attacker cross two accounts, take the backups, and darken the logs?"""

from __future__ import annotations

import json

from .attack_escalation import dig_in, escalate, reconnoitre, sign_in
from .attack_script import CHAIN_ADDRESS, CHAIN_AGENT, Script, intruder, refusal
from .cast import EU, US
from .identities import session_identity
from .records import Call, Json, Place, Who
from .scenes_workloads import bucket_host, object_call, transfer
from .stage import World, hop

LEGACY_TRAIL = "production-audit"
BACKUPS = "acme-backups-archive"
OMITTED_SIZE = "131977"
READS = 36
OUTSIDE = "999988887777"


def attack(world: World) -> Script:
    """What did the attacker do that night, from the first call to the last?"""
    script = Script(world)
    for act in (reconnoitre, escalate, dig_in, sign_in, cross_accounts, read_backups,
                hide_a_policy, stop_own_trail, stop_organization_trail):  # fmt: skip
        act(script)
    return script


def cross_accounts(script: Script) -> None:
    """The new user takes a role in staging, and with that one in the archive account."""
    organization = script.world.organization
    who = intruder(script)
    script.at("03:12:08")
    event = script.play(who, Call(source="sts", name="GetCallerIdentity"))
    script.note(event, "lateral movement", script.backdoor.arn, "new key used for the first time")

    script.at("03:14:30")
    target = organization.role(script.management, "OrganizationAccountAccessRole")
    message = refusal(script.backdoor.arn, "sts:AssumeRole", target.arn)
    request: Json = {"roleArn": target.arn, "roleSessionName": "backup-sync"}
    call = Call(source="sts", name="AssumeRole", request=request)
    event = script.play(who, call.denied("AccessDenied", message))
    script.note(
        event, "lateral movement", target.arn, "management account refuses; only the caller logs it"
    )

    script.stage.place = Place(script.production, US)
    script.at("03:18:25")
    deployer = organization.role(script.staging, "staging-deployer")
    _hop(script, who, deployer.name, script.staging)
    script.stage.place = Place(script.staging, US)
    inside = Who(session_identity(script.hops[0][0]), CHAIN_ADDRESS, CHAIN_AGENT)
    script.at("03:20:02")
    for source, name in (("sts", "GetCallerIdentity"), ("iam", "ListRoles"), ("iam", "GetRole")):
        role = {"roleName": deployer.name} if name == "GetRole" else None
        script.other.append(script.play(inside, Call(source=source, name=name, request=role)))

    script.at("03:26:10")
    _hop(script, inside, "log-operations", script.archive)


def _hop(script: Script, who: Who, name: str, account: str) -> None:
    role = script.world.organization.role(account, name)
    number = len(script.hops) + 1
    session, event, copy = hop(script.stage, who, role, "backup-sync")
    script.hops.append((session, event, copy))
    script.note(event, "lateral movement", role.arn, f"hop {number}: {session.key} issued")
    script.note(
        copy, "lateral movement", role.arn, f"hop {number} as the account of the role records it"
    )


def archive_session(script: Script) -> Who:
    """Who acts at the end of the chain?"""
    return Who(session_identity(script.hops[1][0]), CHAIN_ADDRESS, CHAIN_AGENT)


def read_backups(script: Script) -> None:
    """The attacker lists the backups and reads every one."""
    stage = script.stage
    stage.place = Place(script.archive, US)
    who = archive_session(script)
    script.at("03:27:41")
    host = bucket_host(BACKUPS).replace(EU, US)
    event = script.play(who, Call(source="s3", name="ListObjects", category="Data", host=host,
                                  request={"bucketName": BACKUPS, "Host": host, "list-type": "2"},
                                  extra=transfer(stage, 0, 9214)))  # fmt: skip
    script.note(event, "collection", f"arn:aws:s3:::{BACKUPS}", "backups listed")
    script.at("03:28:30")
    for number in range(READS):
        key = f"orders/2026/10/part-{number:04d}.parquet"
        size = stage.dice.between(2_000_000, 48_000_000)
        script.reads.append(script.play(who, object_call(stage, "GetObject", BACKUPS, key,
                                                         transfer(stage, 0, size))))  # fmt: skip
        stage.now += 14
    folder = f"arn:aws:s3:::{BACKUPS}/orders/2026/10"
    first, last = f"{folder}/part-0000.parquet", f"{folder}/part-{READS - 1:04d}.parquet"
    script.note(script.reads[0], "collection", first, f"first of {READS} backups read")
    script.note(script.reads[-1], "collection", last, f"last of {READS} backups read")


def hide_a_policy(script: Script) -> None:
    """A policy padded past 100 kB: IAM takes it, CloudTrail leaves its text out."""
    script.stage.place = Place(script.production, US)
    who = intruder(script)
    policy = f"arn:aws:iam::{script.production}:policy/acme-telemetry"
    script.at("03:52:18")
    request: Json = {"reason": "requestParameters too large", "omitted": "true",
                     "originalSize": OMITTED_SIZE}  # fmt: skip
    response: Json = {"policy": {"policyName": "acme-telemetry", "arn": policy, "path": "/",
        "policyId": script.stage.dice.unique_id("ANPA", script.production), "attachmentCount": 0,
        "defaultVersionId": "v1", "permissionsBoundaryUsageCount": 0, "isAttachable": True,
        "createDate": "Nov 3, 2026 3:52:18 AM",
        "updateDate": "Nov 3, 2026 3:52:18 AM"}}  # fmt: skip
    script.omitted = script.play(who, Call(source="iam", name="CreatePolicy", write=True,
                                           request=request, response=response))  # fmt: skip
    script.note(script.omitted, "defense evasion", policy,
                "text omitted by CloudTrail: content unknown")  # fmt: skip
    script.at("03:53:40")
    request = {"roleName": script.app_role.name, "policyArn": policy}
    event = script.play(
        who, Call(source="iam", name="AttachRolePolicy", write=True, request=request)
    )
    script.note(
        event,
        "persistence",
        script.app_role.arn,
        "role gained a policy of unknown content",
        "unknown",
    )
    _open_role(script)


def _open_role(script: Script) -> None:
    """The role with the hidden policy is opened: to the new user, to staging, to the outside."""
    role, deployer = script.app_role, script.hops[0][0].role
    outside = f"arn:aws:iam::{OUTSIDE}:root"
    script.at("03:55:02")
    document = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "sts:AssumeRole",
         "Principal": {"Service": "ec2.amazonaws.com",
                       "AWS": [script.backdoor.arn, deployer.arn, outside]}}]}  # fmt: skip
    request: Json = {"roleName": role.name, "policyDocument": json.dumps(document)}
    script.opened = script.play(intruder(script), Call(source="iam", name="UpdateAssumeRolePolicy",
                                                       write=True, request=request))  # fmt: skip
    script.note(script.opened, "persistence", role.arn,
                "trust rewritten: svc-backup-sync, a role of staging and the outside account "
                f"{OUTSIDE} may take the instance role")  # fmt: skip


def stop_own_trail(script: Script) -> None:
    """The attacker stops the old trail of the production account, for good."""
    who = intruder(script)
    script.at("03:57:10")
    script.other.append(script.play(who, Call(source="cloudtrail", name="DescribeTrails")))
    arn = f"arn:aws:cloudtrail:{US}:{script.production}:trail/{LEGACY_TRAIL}"
    script.at("03:58:36")
    event = script.play(who, Call(source="cloudtrail", name="StopLogging", write=True,
                                  request={"name": arn}))  # fmt: skip
    script.stops.append(event)
    script.note(event, "defense evasion", arn, f"trail {LEGACY_TRAIL} ends; nothing of it follows")


def stop_organization_trail(script: Script) -> None:
    """From the archive account, which administers the trail, the whole organization goes dark."""
    script.stage.place = Place(script.archive, US)
    who = archive_session(script)
    organization = script.world.organization
    arn = f"arn:aws:cloudtrail:{US}:{script.management}:trail/{organization.trail}"
    script.at("04:19:55")
    script.other.append(script.play(who, Call(source="cloudtrail", name="GetTrailStatus",
                                              request={"name": arn})))  # fmt: skip
    script.at("04:22:51")
    event = script.play(who, Call(source="cloudtrail", name="StopLogging", write=True,
                                  request={"name": arn}))  # fmt: skip
    script.stops.append(event)
    script.note(event, "defense evasion", arn,
                "organization trail stopped: all accounts dark until it is restarted")  # fmt: skip
