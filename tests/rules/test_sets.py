"""The rule sets: each rule fires on events written for it, and not on their near misses."""

from __future__ import annotations

from typing import Any, TypeAlias

import pytest

import trailnb as tn
from tests.evidence import event, events
from trailnb.rules.metric_filter import MAX_CHARACTERS

Record: TypeAlias = dict[str, Any]
RULES = {rule.name: rule for rule in (*tn.rules.cis(), *tn.rules.wider())}


def call(service: str, name: str, **more: Any) -> Record:
    """A call of a service."""
    return event(eventSource=f"{service}.amazonaws.com", eventName=name, **more)


def sign_in(kind: str, mfa: str, outcome: str, **more: Any) -> Record:
    """A sign-in to the console."""
    return call(
        "signin", "ConsoleLogin", eventType="AwsConsoleSignIn", userIdentity={"type": kind},
        additionalEventData={"MFAUsed": mfa}, responseElements={"ConsoleLogin": outcome}, **more,
    )  # fmt: skip


def root(**more: Any) -> Record:
    """Something root did."""
    return call("iam", "ListUsers", userIdentity={"type": "Root", **more})


def ingress(cidr: str, port: int = 22) -> Record:
    """What a call asks that opens a security group."""
    ranges = {"items": [{"cidrIp": "10.0.0.0/8"}, {"cidrIp": cidr}]}
    return {"ipPermissions": {"items": [{"fromPort": port, "ipRanges": ranges}]}}


#: Rule: events that fire it, and events that are almost like them.
CASES: dict[str, tuple[list[Record], list[Record]]] = {
    "cis-4.1": (
        [call("ec2", "RunInstances", errorCode="Client.UnauthorizedOperation"),
         call("s3", "GetObject", errorCode="AccessDenied"),
         call("dynamodb", "Scan", errorCode="AccessDeniedException")],
        [call("sns", "Publish", errorCode="AuthorizationError"),
         call("ec2", "RunInstances", errorCode="Client.InvalidParameter"),
         call("s3", "GetObject", errorMessage="AccessDenied")],
    ),
    "cis-4.2": (
        [sign_in("IAMUser", "No", "Success")],
        [sign_in("IAMUser", "Yes", "Success"), sign_in("IAMUser", "No", "Failure"),
         sign_in("Root", "No", "Success"), call("signin", "ConsoleLogin")],
    ),
    "cis-4.3": (
        [root()],
        [root(invokedBy="support.amazonaws.com"), call("iam", "ListUsers"),
         call("kms", "RotateKey", userIdentity={"type": "Root"}, eventType="AwsServiceEvent")],
    ),
    "cis-4.4": (
        [call("iam", "PutUserPolicy"), call("iam", "DetachGroupPolicy")],
        [call("iam", "SetDefaultPolicyVersion"), call("iam", "GetUserPolicy")],
    ),
    "cis-4.5": (
        [call("cloudtrail", "StopLogging"), call("cloudtrail", "CreateTrail")],
        [call("cloudtrail", "PutEventSelectors"), call("cloudtrail", "GetTrail")],
    ),
    "cis-4.6": (
        [sign_in("IAMUser", "No", "Failure", errorMessage="Failed authentication")],
        [sign_in("IAMUser", "No", "Failure", errorMessage="No username found in supplied account"),
         call("signin", "CheckMfa", errorMessage="Failed authentication")],
    ),
    "cis-4.7": (
        [call("kms", "DisableKey"), call("kms", "ScheduleKeyDeletion")],
        [call("kms", "DisableKeyRotation"), call("iam", "DisableKey")],
    ),
    "cis-4.8": (
        [call("s3", "PutBucketPolicy"), call("s3", "DeleteBucketReplication")],
        [call("s3", "PutBucketVersioning"), call("s3-outposts", "PutBucketPolicy")],
    ),
    "cis-4.9": (
        [call("config", "StopConfigurationRecorder"), call("config", "PutDeliveryChannel")],
        [call("config", "DeleteConfigurationRecorder"), call("ssm", "PutDeliveryChannel")],
    ),
    "cis-4.10": (
        [call("ec2", "AuthorizeSecurityGroupIngress"), call("ec2", "DeleteSecurityGroup")],
        [call("ec2", "ModifySecurityGroupRules"), call("ec2", "DescribeSecurityGroups")],
    ),
    "cis-4.11": (
        [call("ec2", "CreateNetworkAcl"), call("ec2", "ReplaceNetworkAclAssociation")],
        [call("ec2", "DescribeNetworkAcls")],
    ),
    "cis-4.12": (
        [call("ec2", "CreateCustomerGateway"), call("ec2", "DetachInternetGateway")],
        [call("ec2", "CreateNatGateway")],
    ),
    "cis-4.13": (
        [call("ec2", "CreateRoute"), call("ec2", "DisassociateRouteTable")],
        [call("ec2", "AssociateRouteTable")],
    ),
    "cis-4.14": (
        [call("ec2", "CreateVpc"), call("ec2", "EnableVpcClassicLink")],
        [call("ec2", "CreateVpcEndpoint")],
    ),
    "cis-4.15": (
        [call("organizations", "LeaveOrganization"), call("organizations", "CreatePolicy")],
        [call("organizations", "EnableAllFeatures"), call("iam", "CreatePolicy")],
    ),
    "wider-denied": (
        [call("sns", "Publish", errorCode="AuthorizationErrorException"),
         call("s3", "HeadObject", errorCode="403"),
         call("rds", "CopyDBSnapshot", errorCode="NotAuthorized"),
         call("ec2", "DescribeImages", errorCode="Client.AuthFailure")],
        [call("s3", "HeadObject", errorCode="404"), call("s3", "GetObject")],
    ),
    "wider-sign-in-without-mfa": (
        [sign_in("Root", "No", "Success"), sign_in("IAMUser", "No", "Success")],
        [sign_in("Root", "Yes", "Success"), sign_in("AssumedRole", "No", "Success")],
    ),
    "wider-sign-in-failed": (
        [sign_in("IAMUser", "No", "Failure", errorMessage="No username found")],
        [sign_in("IAMUser", "No", "Success")],
    ),
    "wider-root-session": (
        [call("sts", "AssumeRoot"), call("signin", "PasswordRecoveryCompleted")],
        [call("sts", "AssumeRole"), call("iam", "AssumeRoot")],
    ),
    "wider-permissions": (
        [call("iam", "SetDefaultPolicyVersion"), call("iam", "UpdateAssumeRolePolicy"),
         call("iam", "PutRolePermissionsBoundary"), call("iam", "AddUserToGroup")],
        [call("iam", "PutUserPolicy"), call("cognito-idp", "AddUserToGroup")],
    ),
    "wider-credentials": (
        [call("iam", "CreateAccessKey"), call("iam", "CreateLoginProfile")],
        [call("iam", "GetLoginProfile"), call("cognito-idp", "CreateUser")],
    ),
    "wider-logging": (
        [call("cloudtrail", "PutEventSelectors"), call("guardduty", "DeleteDetector"),
         call("guardduty", "UpdateDetector", requestParameters={"enable": False}),
         call("securityhub", "DisableSecurityHub")],
        [call("guardduty", "UpdateDetector", requestParameters={"enable": True}),
         call("guardduty", "UpdateDetector", requestParameters={"enable": "false"}),
         call("ec2", "DeleteFlowLogs")],
    ),
    "wider-other-logs": (
        [call("monitoring", "DeleteAlarms"), call("ec2", "DeleteFlowLogs"),
         call("events", "DeleteRule"), call("logs", "DeleteLogGroup")],
        [call("waf", "DeleteRule"), call("logs", "CreateLogGroup")],
    ),
    "wider-other-ways-in": (
        [call("lambda", "AddPermission20150331v2"), call("rolesanywhere", "CreateTrustAnchor"),
         call("sts", "GetFederationToken"), call("sso", "CreateAccountAssignment"),
         call("ec2", "ReplaceIamInstanceProfileAssociation")],
        [call("sns", "AddPermission"), call("sts", "GetSessionToken"),
         call("ecs", "CreateUser")],
    ),
    "wider-inside-instances": (
        [call("ssm", "SendCommand"), call("ec2-instance-connect", "SendSSHPublicKey"),
         call("ec2", "ModifyInstanceAttribute", requestParameters={"attribute": "userData"}),
         call("ec2", "ModifyInstanceAttribute", requestParameters={"userData": "x"})],
        [call("ssm", "GetParameter"),
         call("ec2", "ModifyInstanceAttribute", requestParameters={"attribute": "ebsOptimized"})],
    ),
    "wider-keys": (
        [call("kms", "PutKeyPolicy")], [call("kms", "GetKeyPolicy"), call("s3", "PutKeyPolicy")],
    ),
    "wider-buckets": (
        [call("s3", "DeleteBucketPublicAccessBlock"), call("s3", "PutBucketVersioning")],
        [call("s3", "GetBucketPublicAccessBlock"), call("s3", "PutObject")],
    ),
    "wider-config": (
        [call("config", "DeleteConfigurationRecorder")],
        [call("config", "StopConfigurationRecorder")],
    ),
    "wider-open-to-the-world": (
        [call("ec2", "AuthorizeSecurityGroupIngress", requestParameters=ingress("0.0.0.0/0")),
         call("ec2", "AuthorizeSecurityGroupIngress", requestParameters={"cidrIp": "0.0.0.0/0"})],
        [call("ec2", "AuthorizeSecurityGroupIngress", requestParameters=ingress("192.0.2.0/24")),
         call("ec2", "AuthorizeSecurityGroupEgress", requestParameters=ingress("0.0.0.0/0")),
         call("ec2", "AuthorizeSecurityGroupIngress", requestParameters=ingress("0.0.0.0/0"),
              errorCode="Client.UnauthorizedOperation")],
    ),
    "wider-network": (
        [call("ec2", "ModifySecurityGroupRules"), call("ec2", "AssociateRouteTable")],
        [call("ec2", "CreateRoute"), call("ec2", "DescribeVpcEndpoints")],
    ),
    "wider-organization": (
        [call("organizations", "RegisterDelegatedAdministrator")],
        [call("organizations", "ListDelegatedAdministrators"), call("s3", "PutResourcePolicy")],
    ),
    "wider-shared": (
        [call("ec2", "ModifySnapshotAttribute"), call("rds", "ModifyDBSnapshotAttribute")],
        [call("ec2", "ModifyInstanceAttribute"),
         call("ec2", "ModifySnapshotAttribute", errorCode="Client.UnauthorizedOperation")],
    ),
}  # fmt: skip


def test_every_rule_has_its_case() -> None:
    """Fifteen filters of CIS, and those that close their holes."""
    assert CASES.keys() == RULES.keys()
    assert [rule.name for rule in tn.rules.cis()] == [f"cis-4.{n}" for n in range(1, 16)]


@pytest.mark.parametrize("name", CASES)
def test_fires_and_knows_a_near_miss(name: str) -> None:
    """Every event written for the rule matches, and none of those that are almost like it."""
    fires, misses = CASES[name]
    numbered = [one | {"eventID": str(number)} for number, one in enumerate([*fires, *misses])]
    found = tn.matches(events(*numbered), RULES[name].pattern).select("event_id").collect()
    assert found["event_id"].to_list() == [str(number) for number in range(len(fires))]


@pytest.mark.parametrize("rule", tn.rules.cis(), ids=lambda rule: rule.name)
def test_cis_filter_is_what_aws_would_take(rule: tn.rules.Rule) -> None:
    """One line of at most 1,024 characters, as Security Hub compares it."""
    assert isinstance(rule.pattern, str)
    assert len(rule.pattern) <= MAX_CHARACTERS
    assert "\n" not in rule.pattern


def test_filters_are_word_by_word() -> None:
    """These strings are control data: a space more is another filter."""
    assert RULES["cis-4.1"].pattern == (
        '{($.errorCode="*UnauthorizedOperation") || ($.errorCode="AccessDenied*")}'
    )
    assert RULES["cis-4.3"].pattern == (
        '{$.userIdentity.type="Root" && $.userIdentity.invokedBy NOT EXISTS && '
        '$.eventType !="AwsServiceEvent"}'
    )
    assert RULES["cis-4.7"].pattern == (
        "{($.eventSource=kms.amazonaws.com) && "
        "(($.eventName=DisableKey) || ($.eventName=ScheduleKeyDeletion))}"
    )
    listed = {"cis-4.4": 16, "cis-4.5": 5, "cis-4.8": 9, "cis-4.9": 4, "cis-4.10": 6}
    listed |= {"cis-4.11": 6, "cis-4.12": 6, "cis-4.13": 7, "cis-4.14": 11, "cis-4.15": 18}
    counts = {name: str(RULES[name].pattern).count("$.eventName=") for name in listed}
    assert counts == listed
