"""How does `userIdentity` name each kind of caller?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .records import Json, Who, iso

if TYPE_CHECKING:
    from .cast import Organization, Person, Role, User

CONSOLE_INTERNAL = "AWS Internal"
AWS_CLI = (
    "aws-cli/2.22.7 md/awscrt#0.23.0 ua/2.0 os/linux#6.1.0 md/arch#x86_64 lang/python#3.12.6 "
    "md/pyimpl#CPython cfg/retry-mode#standard md/installer#exe md/command#"
)
BOTO = "Boto3/1.35.54 md/Botocore#1.35.54 ua/2.0 os/linux#6.1.112 lang/python#3.12.7"
JAVA_SDK = "aws-sdk-java/2.29.6 md/io#sync md/http#Apache <app>checkout & pay</app>"
TERRAFORM = (
    "APN/1.0 HashiCorp/1.0 Terraform/1.9.8 (+https://www.terraform.io) "
    "terraform-provider-aws/5.74.0 (+https://registry.terraform.io/providers/hashicorp/aws)"
)
GO_SDK = "aws-sdk-go-v2/1.32.3 os/linux lang/go#1.23.2 md/GOOS#linux md/GOARCH#arm64"


@dataclass(frozen=True)
class Session:
    """A role session: the credential that an `AssumeRole` issued."""

    role: Role
    name: str
    key: str
    created: int
    mfa: bool = False

    @property
    def arn(self) -> str:
        """What does STS call this session? It drops the role's path."""
        return f"arn:aws:sts::{self.role.account}:assumed-role/{self.role.name}/{self.name}"

    @property
    def principal_id(self) -> str:
        """Which id has this session in records?"""
        return f"{self.role.role_id}:{self.name}"


def user_identity(user: User, key: str | None = None) -> Json:
    """Who is calling, when an IAM user signs with a long-term key?"""
    return {
        "type": "IAMUser",
        "principalId": user.user_id,
        "arn": user.arn,
        "accountId": user.account,
        "accessKeyId": key or user.key,
        "userName": user.name,
    }


def console_user(user: User, key: str, created: int, *, mfa: bool) -> Json:
    """Who is calling, when an IAM user clicks in the console?"""
    attributes = {"creationDate": iso(created), "mfaAuthenticated": str(mfa).lower()}
    context = {"sessionIssuer": {}, "webIdFederationData": {}, "attributes": attributes}
    return {**user_identity(user, key), "sessionContext": context}


def session_identity(session: Session, *, with_key: bool = True) -> Json:
    """Who is calling, when a role session does?"""
    role = session.role
    identity: Json = {
        "type": "AssumedRole",
        "principalId": session.principal_id,
        "arn": session.arn,
        "accountId": role.account,
    }
    if with_key:
        identity["accessKeyId"] = session.key
    issuer = {
        "type": "Role",
        "principalId": role.role_id,
        "arn": role.arn,
        "accountId": role.account,
        "userName": role.name,
    }
    attributes = {
        "creationDate": iso(session.created),
        "mfaAuthenticated": str(session.mfa).lower(),
    }
    identity["sessionContext"] = {"sessionIssuer": issuer, "attributes": attributes}
    return identity


def instance_identity(session: Session) -> Json:
    """Who is calling, when an instance uses its role?"""
    identity = session_identity(session)
    context = identity["sessionContext"]
    return {**identity, "sessionContext": {**_as_json(context), "ec2RoleDelivery": "2.0"}}


def function_identity(session: Session, function_arn: str) -> Json:
    """Who is calling, when a Lambda function uses its role?"""
    scope = {
        "sourceArn": function_arn,
        "sourceAccount": session.role.account,
        "issuerType": "AWS::Lambda::Function",
        "credentialsIssuedTo": function_arn,
    }
    return {**session_identity(session), "inScopeOf": scope}


def person_identity(session: Session, person: Person, organization: Organization) -> Json:
    """Who is calling, when someone came through Identity Center?"""
    store = (
        f"arn:aws:identitystore::{organization.accounts['management']}:identitystore/d-9367sample"
    )
    behalf = {"userId": person.user_id, "identityStoreArn": store}
    return {**session_identity(session), "onBehalfOf": behalf}


def service(name: str) -> Who:
    """Who is calling, when a service acts on its own?"""
    principal = f"{name}.amazonaws.com"
    identity: Json = {"type": "AWSService", "invokedBy": principal}
    return Who(identity, principal, principal, by_service=True)


def linked_service(session: Session, name: str) -> Who:
    """Who is calling, when a service acts through its service-linked role? No key is logged."""
    principal = f"{name}.amazonaws.com"
    identity = {**session_identity(session, with_key=False), "invokedBy": principal}
    return Who(identity, principal, principal, by_service=True)


def foreign(principal_id: str, account: str) -> Json:
    """Who is calling, as the account of an assumed role sees a caller from another account?"""
    return {"type": "AWSAccount", "principalId": principal_id, "accountId": account}


def cli(command: str) -> str:
    """Which agent does the AWS CLI send with this command?"""
    return AWS_CLI + command


def _as_json(value: object) -> Json:
    return value if isinstance(value, dict) else {}
