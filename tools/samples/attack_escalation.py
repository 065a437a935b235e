"""How does the leaked key become an administrator?"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from .attack_script import (
    CONSOLE_ADDRESS,
    CONSOLE_AGENT,
    Script,
    refusal,
    thief,
)
from .cast import AP, EU, US
from .records import Call, Json, Place, iso
from .scenes_people import console_clicks, console_login, sign_in_caller

if TYPE_CHECKING:
    from collections.abc import Mapping

_FIRST_LOOKS = (
    ("iam", "ListUsers", "iam list-users"),
    ("iam", "ListRoles", "iam list-roles"),
    ("iam", "GetAccountAuthorizationDetails", "iam get-account-authorization-details"),
    ("iam", "ListAttachedUserPolicies", "iam list-attached-user-policies"),
    ("s3", "ListBuckets", "s3api list-buckets"),
    ("organizations", "DescribeOrganization", "organizations describe-organization"),
    ("kms", "ListKeys", "kms list-keys"),
    ("dynamodb", "ListTables", "dynamodb list-tables"),
)
_REGIONAL_LOOKS = (
    ("ec2", "DescribeInstances", "ec2 describe-instances"),
    ("rds", "DescribeDBInstances", "rds describe-db-instances"),
    ("lambda", "ListFunctions20150331", "lambda list-functions"),
    ("secretsmanager", "ListSecrets", "secretsmanager list-secrets"),
)
_GUESSES = ("payments", "prod/db", "stripe", "checkout/payments", "admin", "jwt", "smtp", "github")
ADMIN_POLICY = "arn:aws:iam::aws:policy/AdministratorAccess"
WIDE_OPEN = {"Version": "2012-10-17",
             "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}  # fmt: skip


def reconnoitre(script: Script) -> None:
    """The thief asks who he is, then what he may see: nearly nothing."""
    script.at("02:13:07")
    caller = script.play(thief(script, "sts.get-caller-identity"),
                         Call(source="sts", name="GetCallerIdentity"))  # fmt: skip
    script.note(caller, "reconnaissance", script.victim.arn, "leaked key tried from a new address")
    script.recon.append(caller)
    script.at("02:14:20")
    for source, name, command in _FIRST_LOOKS:
        _denied(script, source, name, command, US)
    for clock, region in (("02:16:31", US), ("02:18:02", EU), ("02:19:47", AP)):
        script.at(clock)
        for source, name, command in _REGIONAL_LOOKS:
            _denied(script, source, name, command, region)
    _guess_secrets(script)
    script.at("02:31:15")
    for name in ("GetUser", "ListUserPolicies", "GetUserPolicy"):
        request = {"userName": script.victim.name}
        if name == "GetUserPolicy":
            request["policyName"] = "deploy"
        call = Call(source="iam", name=name, request=request)
        script.recon.append(script.play(thief(script, f"iam.{name}"), call))


def _denied(script: Script, source: str, name: str, command: str, region: str) -> None:
    action = f"{source}:{name.removesuffix('20150331')}"
    message = refusal(script.victim.arn, action, "*")
    code = {"ec2": "Client.UnauthorizedOperation", "iam": "AccessDenied", "s3": "AccessDenied",
            "rds": "AccessDenied"}.get(source, "AccessDeniedException")  # fmt: skip
    if source == "ec2":
        message = f"You are not authorized to perform this operation. {message}"
    call = Call(source=source, name=name).denied(code, message)
    place = Place(script.production, region)
    script.recon.append(script.play(thief(script, command), call, place))


def _guess_secrets(script: Script) -> None:
    place = Place(script.production, EU)
    script.at("02:24:00")
    for round_ in range(3):
        for guess in _GUESSES:
            name = guess if not round_ else f"{('', 'prod/', 'shop/')[round_]}{guess}"
            message = refusal(script.victim.arn, "secretsmanager:GetSecretValue", name)
            call = Call(source="secretsmanager", name="GetSecretValue", request={"secretId": name})
            who = thief(script, "secretsmanager get-secret-value")
            event = script.play(who, call.denied("AccessDeniedException", message), place)
            script.recon.append(event)
    script.note(script.recon[-1], "reconnaissance", "shop/github",
                "last of 24 guessed secret names, all denied")  # fmt: skip


def escalate(script: Script) -> None:
    """The thief gives himself permissions, first inline, then through a managed policy."""
    victim = script.victim
    script.at("02:39:26")
    request: Json = {"userName": victim.name, "policyArn": ADMIN_POLICY}
    message = refusal(victim.arn, "iam:AttachUserPolicy", f"user {victim.name}")
    call = Call(source="iam", name="AttachUserPolicy", write=True, request=request)
    event = script.play(
        thief(script, "iam.attach-user-policy"), call.denied("AccessDenied", message)
    )
    script.note(event, "escalation", victim.arn, "first try: administrator at once, denied")

    script.at("02:41:12")
    document = {"Version": "2012-10-17", "Statement": [
        {"Sid": "Maintenance", "Effect": "Allow", "Action": ["iam:*", "sts:AssumeRole"],
         "Resource": "*"}]}  # fmt: skip
    request = {"userName": victim.name, "policyName": "deploy-maintenance",
               "policyDocument": json.dumps(document, indent=4)}  # fmt: skip
    call = Call(source="iam", name="PutUserPolicy", write=True, request=request)
    event = script.play(thief(script, "iam.put-user-policy"), call)
    script.note(event, "escalation", victim.arn,
                "inline policy deploy-maintenance: gained iam:* and sts:AssumeRole on *",
                "iam:*", "sts:AssumeRole")  # fmt: skip

    script.at("02:47:35")
    policy = f"arn:aws:iam::{script.production}:policy/acme-deploy"
    request = {"policyArn": policy, "setAsDefault": True, "policyDocument": json.dumps(WIDE_OPEN)}
    version = {"versionId": "v4", "isDefaultVersion": True, "createDate": _long_date(script)}
    event = script.play(thief(script, "iam.create-policy-version"),
                        Call(source="iam", name="CreatePolicyVersion", write=True, request=request,
                             response={"policyVersion": version}))  # fmt: skip
    script.note(event, "escalation", policy,
                "version v4 made default: * on *, for all who have acme-deploy", "*")  # fmt: skip


def dig_in(script: Script) -> None:
    """The thief makes a user of his own: key, console password, administrator."""
    user = script.backdoor
    script.at("02:52:03")
    response = {"user": {"path": "/", "userName": user.name, "userId": user.user_id,
                         "arn": user.arn, "createDate": _long_date(script)}}  # fmt: skip
    _persist(script, "CreateUser", {"userName": user.name}, response, "new user")
    script.at("02:52:41")
    response = {"accessKey": {"userName": user.name, "accessKeyId": user.key, "status": "Active",
                              "createDate": _long_date(script)}}  # fmt: skip
    _persist(script, "CreateAccessKey", {"userName": user.name}, response, f"new key {user.key}")
    script.at("02:53:20")
    profile: Json = {"userName": user.name, "createDate": _long_date(script),
                     "passwordResetRequired": False}  # fmt: skip
    request: Json = {"userName": user.name, "passwordResetRequired": False}
    _persist(
        script,
        "CreateLoginProfile",
        request,
        {"loginProfile": profile},
        "console password without MFA",
    )
    script.at("02:54:02")
    request = {"userName": user.name, "policyArn": ADMIN_POLICY}
    _persist(script, "AttachUserPolicy", request, None, "gained AdministratorAccess", "*")


def _persist(
    script: Script,
    name: str,
    request: Mapping[str, object],
    response: Mapping[str, object] | None,
    *note: str,
) -> None:
    call = Call(source="iam", name=name, write=True, request=request, response=response)
    event = script.play(thief(script, f"iam.{name}"), call)
    script.note(event, "persistence", script.backdoor.arn, *note)


def sign_in(script: Script) -> None:
    """The thief tries the new password, mistypes once, and looks around in the console."""
    stage, user = script.stage, script.backdoor
    stage.place = Place(script.production, US)
    origin = (CONSOLE_ADDRESS, CONSOLE_AGENT)
    script.at("03:01:44")
    event = script.play(sign_in_caller(user, origin, known=False),
                        console_login(stage, success=False, mfa="No"))  # fmt: skip
    script.note(event, "persistence", user.arn, "console password mistyped")
    script.at("03:02:10")
    created = stage.now
    event = script.play(sign_in_caller(user, origin, known=True),
                        console_login(stage, success=True, mfa="No"))  # fmt: skip
    script.note(
        event, "persistence", user.arn, f"console session without MFA from {CONSOLE_ADDRESS}"
    )
    script.at("03:02:31")
    before = len(script.world.events)
    console_clicks(stage, user, origin, created, mfa=False)
    script.other += script.world.events[before:]


def _long_date(script: Script) -> str:
    text = iso(script.stage.now)
    return f"Nov {int(text[8:10])}, {text[:4]} {int(text[11:13])}{text[13:19]} AM"
