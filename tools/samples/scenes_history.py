"""Which single moments must happen at a given time, besides the attack?"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from .cast import US
from .chance import Dice
from .identities import cli, person_identity
from .records import Call, Json, Place, Who, epoch
from .scenes_people import signs_in_through_portal, trust
from .stage import Stage, World

if TYPE_CHECKING:
    from .records import Event

VALIDATION_ON = "2026-11-02T04:24:40Z"
RESTART = "2026-11-03T07:46:09Z"


def _admin(world: World, account: str, clock: str) -> tuple[Stage, Who]:
    stage = Stage(world, Place(account, US), epoch(clock), Dice(f"history/{clock}"))
    person = world.organization.people[0]
    session = signs_in_through_portal(stage, person)
    identity = person_identity(session, person, world.organization)
    stage.now = epoch(clock) + 30
    return stage, Who(identity, person.address, cli("iam"))


def _document(actions: list[str], resource: str = "*") -> str:
    statement = {"Effect": "Allow", "Action": actions, "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def permissions_before(world: World) -> None:
    """The day before, an admin sets what the attack will change: the state to compare with."""
    account = world.organization.accounts["production"]
    stage, who = _admin(world, account, "2026-11-01T10:05:00Z")
    user = world.organization.user(account, "ci-deploy")
    policy = f"arn:aws:iam::{account}:policy/acme-deploy"
    actions = ["cloudformation:*", "s3:PutObject", "s3:ListBucket"]
    version: Json = {"versionId": "v3", "isDefaultVersion": True,
                     "createDate": "Nov 1, 2026 10:05:40 AM"}  # fmt: skip
    own = ["iam:GetUser", "iam:ListUserPolicies", "iam:GetUserPolicy", "iam:PutUserPolicy"]
    role = world.organization.role(account, "acme-app-instance")
    calls = (
        Call(source="iam", name="CreatePolicyVersion", response={"policyVersion": version},
             request={"policyArn": policy, "setAsDefault": True,
                      "policyDocument": _document(actions)}),
        Call(source="iam", name="AttachUserPolicy",
             request={"userName": user.name, "policyArn": policy}),
        Call(source="iam", name="PutUserPolicy",
             request={"userName": user.name, "policyName": "deploy",
                      "policyDocument": _document(own, user.arn)}),
        Call(source="iam", name="UpdateAssumeRolePolicy",
             request={"roleName": role.name, "policyDocument": trust("ec2")}),
    )  # fmt: skip
    for call in calls:
        stage.emit(who, _writing(call))


def validation_switched_on(world: World) -> None:
    """An admin turns on log file validation; the first digest follows within the hour."""
    stage, who = _admin(world, world.organization.accounts["management"], VALIDATION_ON)
    request: Json = {"name": world.organization.trail, "enableLogFileValidation": True}
    stage.emit(who, _writing(Call(source="cloudtrail", name="UpdateTrail", request=request)))


def logging_restarted(world: World) -> Event:
    """In the morning an admin starts the organization trail again and shuts the attacker out."""
    organization = world.organization
    management, production = (organization.accounts[d] for d in ("management", "production"))
    stage, who = _admin(world, management, RESTART)
    # The sign-in of that morning happened in the dark; the first event seen is StartLogging.
    world.events.pop()
    stage.now = epoch(RESTART)
    arn = f"arn:aws:cloudtrail:{US}:{management}:trail/{organization.trail}"
    start = _writing(Call(source="cloudtrail", name="StartLogging", request={"name": arn}))
    event = stage.emit(who, start)
    stage, who = _admin(world, production, "2026-11-03T08:04:00Z")
    for name in ("ci-deploy", "svc-backup-sync"):
        user = organization.user(production, name)
        request: Json = {"userName": name, "accessKeyId": user.key, "status": "Inactive"}
        stage.emit(who, _writing(Call(source="iam", name="UpdateAccessKey", request=request)))
    request = {"userName": "svc-backup-sync"}
    stage.emit(who, _writing(Call(source="iam", name="DeleteLoginProfile", request=request)))
    return event


def _writing(call: Call) -> Call:
    return replace(call, write=True)
