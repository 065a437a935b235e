"""A hundred thousand IAM calls: a busy automation that makes, changes and removes permissions.

Roles and users live, get policies of a few statements, new versions, attachments and keys; one call
in three falls into the second of the one before. As in life, statements are written by a few dozen
modules, each time for another resource: hardly two documents are the same.
"""

from __future__ import annotations

import gzip
import json
import random
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

from benchmarks.data import PLACE, say

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ACCOUNT = "111122223333"
_PER_FILE = 1_000
_SERVICES = ("s3", "sqs", "sns", "dynamodb", "lambda", "logs", "kms", "ecs", "ec2", "iam")
_VERBS = ("Get*", "List*", "Put*", "*", "DeleteObject", "Describe*", "Create*", "Invoke*")
_FIRST = datetime(2026, 11, 2, tzinfo=UTC)


def iam_folder(events: int) -> Path:
    """Which folder holds so many IAM calls, in the true layout?"""
    place = PLACE / f"iam-{events}"
    if not place.exists():
        say(f"making {events:,} IAM calls")
        making = place.with_name(f"{place.name}.making")
        folder = making / "AWSLogs" / ACCOUNT / "CloudTrail" / "us-east-1" / "2026" / "11" / "02"
        folder.mkdir(parents=True, exist_ok=True)
        records = _records(events)
        for number in range(0, events, _PER_FILE):
            part = list(islice(records, _PER_FILE))
            name = f"{ACCOUNT}_CloudTrail_us-east-1_20261102T0000Z_{number:016d}.json.gz"
            text = json.dumps({"Records": part}, separators=(",", ":")).encode()
            (folder / name).write_bytes(gzip.compress(text, 6, mtime=0))
        making.rename(place)
    return place


def _modules() -> list[tuple[str, list[str]]]:
    """Write what forty modules allow: a service, and some of its actions."""
    chance = random.Random(40)
    chosen = [(chance.choice(_SERVICES), chance.sample(_VERBS, 3)) for _ in range(40)]
    return [(service, [f"{service}:{verb}" for verb in verbs]) for service, verbs in chosen]


_MODULES = _modules()


def _records(events: int) -> Iterator[dict[str, Any]]:
    chance = random.Random(20261102)
    time = _FIRST
    for number, (name, asked, answer) in enumerate(islice(_calls(chance), events)):
        time += timedelta(seconds=chance.choice((0, 1, 2)))
        yield {
            "eventVersion": "1.11",
            "userIdentity": {
                "type": "IAMUser",
                "principalId": "AIDAEXAMPLE2222222222",
                "arn": f"arn:aws:iam::{ACCOUNT}:user/terraform",
                "accountId": ACCOUNT,
                "accessKeyId": "AKIAIOSFODNN7EXAMPLE",
                "userName": "terraform",
            },
            "eventTime": time.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "eventSource": "iam.amazonaws.com",
            "eventName": name,
            "awsRegion": "us-east-1",
            "sourceIPAddress": "198.51.100.7",
            "userAgent": "HashiCorp Terraform/1.13 terraform-provider-aws/6.18",
            "requestParameters": asked,
            "responseElements": answer,
            "requestID": f"{number:08d}-0000-4000-8000-{chance.getrandbits(48):012x}",
            "eventID": f"{chance.getrandbits(32):08x}-0000-4000-8000-{number:012d}",
            "readOnly": False,
            "eventType": "AwsApiCall",
            "managementEvent": True,
            "recipientAccountId": ACCOUNT,
            "eventCategory": "Management",
        }


def _calls(chance: random.Random) -> Iterator[tuple[str, dict[str, Any], dict[str, Any] | None]]:
    """Write one life after another: a role with its policy, or a user with its key."""
    number = 0
    while True:
        number += 1
        role, policy = {"roleName": f"role-{number}"}, f"arn:aws:iam::{ACCOUNT}:policy/p-{number}"
        trust = json.dumps(_document(chance, trust=True))
        yield "CreateRole", {**role, "assumeRolePolicyDocument": trust}, {
            "role": {**role, "arn": f"arn:aws:iam::{ACCOUNT}:role/role-{number}", "path": "/",
                     "roleId": f"AROA{number:017d}"}}  # fmt: skip
        yield (
            "CreatePolicy",
            {"policyName": f"p-{number}", "policyDocument": _text(chance)},
            {"policy": {"arn": policy, "policyId": f"ANPA{number:017d}", "defaultVersionId": "v1"}},
        )
        yield "AttachRolePolicy", {**role, "policyArn": policy}, None
        for version in range(2, chance.randint(2, 5)):
            document = {"policyDocument": _text(chance), "setAsDefault": True}
            yield (
                "CreatePolicyVersion",
                {"policyArn": policy, **document},
                {"policyVersion": {"versionId": f"v{version}", "isDefaultVersion": True}},
            )
        named = {**role, "policyName": "inline"}
        for _ in range(chance.randint(1, 4)):
            yield "PutRolePolicy", {**named, "policyDocument": _text(chance)}, None
        user = {"userName": f"user-{number % 5_000}"}
        yield (
            "CreateAccessKey",
            user,
            {"accessKey": {**user, "accessKeyId": f"AKIA{number:016d}", "status": "Active"}},
        )
        yield "DeleteAccessKey", {**user, "accessKeyId": f"AKIA{number:016d}"}, None
        if chance.random() < 0.5:  # half of the roles go again
            yield "DeleteRolePolicy", named, None
            yield "DetachRolePolicy", {**role, "policyArn": policy}, None
            yield "DeleteRole", role, None


def _text(chance: random.Random) -> str:
    return json.dumps(_document(chance), indent=chance.choice((None, 2)))


def _document(chance: random.Random, *, trust: bool = False) -> dict[str, Any]:
    statements = []
    for _ in range(1 if trust else chance.randint(1, 4)):
        service, actions = chance.choice(_MODULES)
        statement: dict[str, Any] = {"Effect": "Allow"}
        if trust:
            statement |= {"Action": "sts:AssumeRole",
                          "Principal": {"Service": f"{service}.amazonaws.com"}}  # fmt: skip
        else:
            name = f"arn:aws:{service}:*:{ACCOUNT}:thing-{chance.randint(1, 2_000)}/*"
            statement |= {"Action": actions, "Resource": name}
        statements.append(statement)
    return {"Version": "2012-10-17", "Statement": statements}
