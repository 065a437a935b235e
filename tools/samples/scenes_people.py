"""What do people do on an ordinary day?"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import quote

from .identities import CONSOLE_INTERNAL, Session, cli, console_user, person_identity
from .records import Call, Json, Place, Who
from .stage import GLOBAL_REGION, assume_role

if TYPE_CHECKING:
    from .cast import Person, User
    from .stage import Stage

_CLICKS: tuple[tuple[str, str, Json | None], ...] = (
    ("health", "DescribeEventAggregates", {"aggregateField": "eventTypeCategory"}),
    ("monitoring", "DescribeAlarms", {"maxRecords": 100}),
    ("ec2", "DescribeInstances", {"maxResults": 100, "instancesSet": {}, "filterSet": {}}),
    ("ec2", "DescribeRegions", {"regionSet": {}, "allRegions": True}),
    ("rds", "DescribeDBInstances", {"maxRecords": 100}),
    ("logs", "DescribeLogGroups", {"limit": 50}),
    ("cloudtrail", "LookupEvents", {"maxResults": 50}),
    ("lambda", "ListFunctions20150331", {"maxItems": 50}),
    ("ce", "GetCostAndUsage", {"granularity": "MONTHLY", "metrics": ["UnblendedCost"]}),
    ("notifications", "ListNotificationHubs", None),
)


def signs_in_through_portal(stage: Stage, person: Person) -> Session:
    """Which session does someone get from the Identity Center portal?"""
    role = stage.organization.reserved_role(stage.account, person.permission_set)
    provider = f"arn:aws:iam::{stage.account}:saml-provider/AWSSSO_SAMPLE_DO_NOT_DELETE"
    session = stage.new_session(role, person.email)
    identity: Json = {
        "type": "SAMLUser",
        "principalId": f"c2FtcGxlLWlkcA=:{person.email}",
        "userName": person.email,
        "identityProvider": "c2FtcGxlLWlkcA=",
    }
    base = assume_role(session)
    request = {"sAMLAssertionID": f"_{stage.dice.uuid()}", **(base.request or {}),
               "principalArn": provider}  # fmt: skip
    response = {**(base.response or {}), "subjectType": "persistent", "subject": person.email,
                "issuer": "https://portal.sso.example.com/saml/assertion",
                "audience": "https://signin.aws.amazon.com/saml",
                "nameQualifier": "c2FtcGxlLWlkcA="}  # fmt: skip
    provided: Json = {"accountId": stage.account, "type": "AWS::IAM::SAMLProvider",
                                   "ARN": provider}  # fmt: skip
    call = Call(source="sts", name="AssumeRoleWithSAML", request=request, response=response,
                resources=(*base.resources, provided))  # fmt: skip
    stage.emit(Who(identity, person.address, "aws-internal/3 aws-sdk-java/1.12.777"), call)
    return session


def developer_at_the_terminal(stage: Stage) -> None:
    """Someone reads around with the CLI, and is denied now and then."""
    person = stage.dice.pick(stage.organization.people)
    session = signs_in_through_portal(stage, person)
    identity = person_identity(session, person, stage.organization)
    commands = (
        ("sts.get-caller-identity", Call(source="sts", name="GetCallerIdentity")),
        ("logs.filter-log-events", Call(source="logs", name="FilterLogEvents",
            request={"logGroupName": "/shop/checkout", "filterPattern": '"ERROR" <checkout>'})),
        ("ecs.list-tasks", Call(source="ecs", name="ListTasks", request={"cluster": "shop"})),
        ("ssm.get-parameter", Call(source="ssm", name="GetParameter",
            request={"name": "/shop/checkout/url", "withDecryption": True})),
        ("ec2.describe-volumes", Call(source="ec2", name="DescribeVolumes",
            request={"maxResults": 500, "volumeSet": {}, "filterSet": {}})),
        ("secretsmanager.get-secret-value", _denied_secret(session)),
    )  # fmt: skip
    for command, call in stage.dice.shuffled(commands)[: stage.dice.between(3, 5)]:
        stage.emit(Who(identity, person.address, cli(command)), call)


def _denied_secret(session: Session) -> Call:
    message = (
        f"User: {session.arn} is not authorized to perform: secretsmanager:GetSecretValue on "
        "resource: checkout/payments because no identity-based policy allows the "
        "secretsmanager:GetSecretValue action"
    )
    call = Call(source="secretsmanager", name="GetSecretValue",
                request={"secretId": "checkout/payments"})  # fmt: skip
    return call.denied("AccessDeniedException", message)


def clicks_after_portal(stage: Stage) -> None:
    """Someone clicks in the console as an Identity Center user: a fresh key per request."""
    person = stage.dice.pick(stage.organization.people)
    session = signs_in_through_portal(stage, person)
    identity = person_identity(session, person, stage.organization)
    login = Call(source="signin", name="ConsoleLogin", write=True,
                 event_type="AwsConsoleSignIn", response={"ConsoleLogin": "Success"},
                 extra={"MobileVersion": "No", "MFAUsed": "No"},
                 host=f"{stage.region}.signin.aws.amazon.com")  # fmt: skip
    stage.emit(Who(identity, person.address, person.agent, from_console=True), login)
    for source, name, request in stage.dice.shuffled(_CLICKS)[: stage.dice.between(4, 8)]:
        fresh = {**identity, "accessKeyId": stage.dice.unique_id("ASIA", stage.account)}
        agent = stage.dice.pick((CONSOLE_INTERNAL, person.agent))
        who = Who(fresh, person.address, agent, from_console=True)
        stage.emit(who, Call(source=source, name=name, request=request))


def operator_in_the_console(stage: Stage) -> None:
    """The last IAM user with a password signs in with MFA; the first attempt may fail."""
    user = stage.organization.user(stage.account, "night-operator")
    person = stage.organization.people[-1]
    if stage.dice.happens(0.25):
        stage.emit(_sign_in_caller(user, person.address, person.agent, known=False),
                   console_login(stage, success=False, mfa="No"))  # fmt: skip
    created = stage.now
    stage.emit(_sign_in_caller(user, person.address, person.agent, known=True),
               console_login(stage, success=True, mfa="Yes"))  # fmt: skip
    console_clicks(stage, user, (person.address, person.agent), created, mfa=True)


def console_clicks(
    stage: Stage, user: User, origin: tuple[str, str], created: int, *, mfa: bool
) -> None:
    """What does an IAM user look at after signing in?"""
    for source, name, request in stage.dice.shuffled(_CLICKS)[: stage.dice.between(4, 7)]:
        key = stage.dice.unique_id("ASIA", stage.account)
        identity = console_user(user, key, created, mfa=mfa)
        agent = stage.dice.pick((CONSOLE_INTERNAL, origin[1]))
        stage.emit(Who(identity, origin[0], agent, from_console=True),
                   Call(source=source, name=name, request=request))  # fmt: skip


def _sign_in_caller(user: User, address: str, agent: str, *, known: bool) -> Who:
    identity: Json = {"type": "IAMUser", "principalId": user.user_id}
    if known:
        identity["arn"] = user.arn
    identity |= {"accountId": user.account}
    if not known:
        identity["accessKeyId"] = ""
    return Who({**identity, "userName": user.name}, address, agent, from_console=True)


def sign_in_caller(user: User, origin: tuple[str, str], *, known: bool) -> Who:
    """Who is signing in, as the sign-in page knows it before and after the password?"""
    return _sign_in_caller(user, *origin, known=known)


def console_login(stage: Stage, *, success: bool, mfa: str) -> Call:
    """Which record does a sign-in leave? A failed one has a message and no code."""
    url = f"https://console.aws.amazon.com/console/home?region={stage.region}&state=hashArgs%23"
    return Call(
        source="signin",
        name="ConsoleLogin",
        write=True,
        event_type="AwsConsoleSignIn",
        response={"ConsoleLogin": "Success" if success else "Failure"},
        extra={"LoginTo": url, "MobileVersion": "No", "MFAUsed": mfa},
        host=f"{stage.region}.signin.aws.amazon.com",
        error=None if success else ("", "Failed authentication"),
    )


def admin_keeps_house(stage: Stage) -> None:
    """A security admin changes permissions for good reasons."""
    person = stage.organization.people[0]
    session = signs_in_through_portal(stage, person)
    identity = person_identity(session, person, stage.organization)
    role = stage.organization.role(stage.account, "thumbnailer-role", "/service-role/")
    media = f"arn:aws:s3:::{stage.organization.name}-media"
    document = json.dumps(
        {"Version": "2012-10-17",
         "Statement": [{"Sid": "Media", "Effect": "Allow",
                        "Action": ["s3:GetObject", "s3:PutObject"],
                        "Resource": f"{media}/*"}]}, indent=2)  # fmt: skip
    calls = (
        Call(source="iam", name="GetRole", request={"roleName": role.name}),
        Call(source="iam", name="ListAttachedRolePolicies", request={"roleName": role.name}),
        Call(source="iam", name="PutRolePolicy", write=True,
             request={"roleName": role.name, "policyName": "media", "policyDocument": document}),
        Call(source="iam", name="GetRolePolicy",
             request={"roleName": role.name, "policyName": "media"}),
        Call(source="iam", name="UpdateAssumeRolePolicy", write=True,
             request={"roleName": role.name, "policyDocument": quote(trust("lambda"))}),
        Call(source="access-analyzer", name="ListFindings", request={"maxResults": 100}),
    )  # fmt: skip
    for call in calls[: stage.dice.between(2, len(calls))]:
        who = Who(identity, person.address, cli(f"iam.{call.name}"))
        region = stage.region if call.source == "access-analyzer" else GLOBAL_REGION
        stage.emit(who, call, Place(stage.account, region))


def trust(name: str) -> str:
    """Which trust document lets a service take a role?"""
    return json.dumps(
        {"Version": "2012-10-17",
         "Statement": [{"Effect": "Allow", "Principal": {"Service": f"{name}.amazonaws.com"},
                        "Action": "sts:AssumeRole"}]})  # fmt: skip


def organization_is_read(stage: Stage) -> None:
    """Someone in the management account looks at the organization and its trail."""
    person = stage.organization.people[0]
    session = signs_in_through_portal(stage, person)
    identity = person_identity(session, person, stage.organization)
    who = Who(identity, person.address, cli("organizations.list-accounts"))
    stage.emit_global(who, Call(source="organizations", name="DescribeOrganization"))
    stage.emit_global(who, Call(source="organizations", name="ListAccounts"))
    stage.emit(who, Call(source="cloudtrail", name="GetTrailStatus",
                         request={"name": stage.organization.trail}))  # fmt: skip
    stage.emit(who, Call(source="config", name="DescribeComplianceByConfigRule"))
