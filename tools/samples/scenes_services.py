"""What do AWS services do on an ordinary day?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .chance import Dice
from .identities import linked_service, service
from .records import Call, Json, Who, iso
from .stage import assume_role

if TYPE_CHECKING:
    from .stage import Stage

_LINKED = (
    ("config", "AWSServiceRoleForConfig", "AWSConfig-Describe"),
    ("autoscaling", "AWSServiceRoleForAutoScaling", "AutoScaling"),
    ("rds", "AWSServiceRoleForRDS", "SLRManagement"),
    ("access-analyzer", "AWSServiceRoleForAccessAnalyzer", "AccessAnalyzer"),
    ("resource-explorer-2", "AWSServiceRoleForResourceExplorer", "ResourceExplorer"),
)
_LOOKS: dict[str, tuple[tuple[str, str, Json | None], ...]] = {
    "config": (
        ("ec2", "DescribeInstances", {"maxResults": 1000, "instancesSet": {}, "filterSet": {}}),
        ("ec2", "DescribeSecurityGroups", {"securityGroupSet": {}, "securityGroupIdSet": {}}),
        ("lambda", "ListFunctions20150331", {"maxItems": 50}),
        ("kms", "ListKeys", {"limit": 100}),
        ("s3", "ListBuckets", {"Host": "s3.amazonaws.com"}),
    ),
    "autoscaling": (
        ("ec2", "DescribeInstanceStatus", {"includeAllInstances": False}),
        ("ec2", "DescribeInstanceStatus", {"includeAllInstances": True}),
        ("elasticloadbalancing", "DescribeTargetHealth", None),
    ),
    "rds": (
        ("ec2", "DescribeNetworkInterfaces", {"filterSet": {}}),
        ("ec2", "DescribeSubnets", {"subnetSet": {}, "filterSet": {}}),
        ("ec2", "DescribeVpcs", {"vpcSet": {}, "filterSet": {}}),
    ),
    "access-analyzer": (
        ("kms", "ListGrants", {"limit": 100}),
        ("sqs", "ListQueues", {"maxResults": 1000}),
        ("secretsmanager", "ListSecrets", {"maxResults": 100}),
    ),
    "resource-explorer-2": (
        ("elasticfilesystem", "DescribeFileSystems", {"maxItems": 100}),
        ("dynamodb", "ListTables", {"limit": 100}),
        ("sns", "ListTopics", None),
    ),
}


def linked_role_looks_around(stage: Stage) -> None:
    """A service assumes its service-linked role and reads what exists."""
    name, role_name, session_name = stage.dice.pick(_LINKED)
    role = stage.organization.service_role(stage.account, name, role_name)
    session = stage.new_session(role, session_name)
    stage.emit(service(name), assume_role(session, duration=900))
    who = linked_service(session, name)
    for source, call, request in _LOOKS[name]:
        if stage.dice.happens(0.8):
            stage.emit(who, Call(source=source, name=call, request=request))


def key_used_by_service(stage: Stage) -> None:
    """A service decrypts or makes data keys with a customer's KMS key."""
    name, context = stage.dice.pick(
        (
            ("dynamodb", {"aws:dynamodb:tableName": "orders"}),
            ("rds", {"aws:rds:db-id": "db-2SAMPLEORDERS"}),
            ("secretsmanager", {"SecretARN": _secret_arn(stage, "checkout/payments")}),
        ),
    )
    for _ in range(stage.dice.between(2, 5)):
        call = stage.dice.pick(("Decrypt", "Decrypt", "GenerateDataKey"))
        request: Json = {"encryptionContext": {**context, "aws:ref": stage.dice.hex(6)}}
        if call == "GenerateDataKey":
            request = {"keyId": key_arn(stage), **request, "keySpec": "AES_256"}
        else:
            request["encryptionAlgorithm"] = "SYMMETRIC_DEFAULT"
        stage.emit(service(name), Call(source="kms", name=call, request=request,
                                       resources=(_key_resource(stage),)))  # fmt: skip


def service_speaks(stage: Stage) -> None:
    """A service reports something of its own accord: no API call, no identity type."""
    reports: tuple[tuple[str, str, Json], ...] = (
        ("kms", "RotateKey", {"keyId": key_arn(stage).rsplit("/")[-1]}),
        ("secretsmanager", "RotationSucceeded", {"name": "checkout/payments"}),
        ("ec2", "SharedSnapshotVolumeCreated", {"snapshotId": f"snap-0{stage.dice.hex(16)}"}),
        ("ec2", "BidEvictedEvent", {"instanceIdSet": [f"i-0{stage.dice.hex(16)}"]}),
    )
    principal, name, details = stage.dice.pick(reports)
    domain = f"{principal}.amazonaws.com"
    identity: Json = {"accountId": stage.account, "invokedBy": domain}
    stage.emit(
        Who(identity, domain, domain, by_service=True),
        Call(source=principal, name=name, write=True, event_type="AwsServiceEvent",
             service_details=details),
    )  # fmt: skip


def service_takes_function_role(stage: Stage) -> None:
    """Lambda starts an execution environment: it takes the function's role and opens a log."""
    name = stage.dice.pick(("checkout-webhook", "thumbnailer", "nightly-report"))
    role = stage.organization.role(stage.account, f"{name}-role", "/service-role/")
    stage.running_session(role, name, service("lambda"))


def logs_delivered(stage: Stage) -> None:
    """CloudTrail and flow logs write into the log bucket."""
    bucket = stage.organization.bucket
    for _ in range(stage.dice.between(2, 5)):
        name = stage.dice.pick(("cloudtrail", "delivery.logs"))
        stage.emit(
            service(name),
            Call(
                source="s3",
                name="GetBucketAcl",
                request={"bucketName": bucket, "acl": "", "Host": f"{bucket}.s3.amazonaws.com"},
                extra={
                    "SignatureVersion": "SigV4",
                    "bytesTransferredIn": 0.0,
                    "AuthenticationMethod": "AuthHeader",
                    "bytesTransferredOut": float(stage.dice.between(420, 560)),
                },
                resources=({"accountId": stage.account, "type": "AWS::S3::Bucket",
                            "ARN": f"arn:aws:s3:::{bucket}"},),
                shared_id=stage.dice.uuid(),
            ),
        )  # fmt: skip


def backup_runs(stage: Stage) -> None:
    """AWS Backup starts and completes a copy job under its role."""
    role = stage.organization.role(stage.account, "AWSBackupDefaultServiceRole", "/service-role/")
    session = stage.new_session(role, f"AWSBackup-{stage.dice.between(100, 999)}")
    stage.emit(service("backup"), assume_role(session))
    who = linked_service(session, "backup")
    volume = f"vol-0{stage.dice.hex(16)}"
    stage.emit(
        who,
        Call(source="ec2", name="CreateSnapshot", write=True,
             request={"volumeId": volume, "description": "This snapshot is created by AWS Backup"},
             response={"requestId": stage.dice.uuid(), "snapshotId": f"snap-0{stage.dice.hex(16)}",
                       "volumeId": volume, "status": "pending", "startTime": stage.now * 1000,
                       "progress": "", "ownerId": stage.account, "volumeSize": "40",
                       "encrypted": True}),
    )  # fmt: skip
    stage.emit(who, Call(source="ec2", name="DescribeTags", request={"filterSet": {"items": [
        {"name": "resource-id", "valueSet": {"items": [{"value": volume}]}}]}}))  # fmt: skip


def key_arn(stage: Stage) -> str:
    """Which customer key is used here?"""
    number = f"{stage.account}-{stage.region}"
    return f"arn:aws:kms:{stage.region}:{stage.account}:key/{Dice(number).uuid()}"


def _key_resource(stage: Stage) -> Json:
    return {"accountId": stage.account, "type": "AWS::KMS::Key", "ARN": key_arn(stage)}


def _secret_arn(stage: Stage, name: str) -> str:
    return f"arn:aws:secretsmanager:{stage.region}:{stage.account}:secret:{name}-Sample"


def quota_refresh(stage: Stage) -> None:
    """Trusted Advisor reads limits; one of its calls is throttled now and then."""
    role = stage.organization.service_role(
        stage.account, "trustedadvisor", "AWSServiceRoleForTrustedAdvisor"
    )
    session = stage.new_session(role, f"TrustedAdvisor_{iso(stage.now)[:10]}")
    stage.emit(service("trustedadvisor"), assume_role(session, duration=900))
    who = linked_service(session, "trustedadvisor")
    stage.emit(who, Call(source="autoscaling", name="DescribeAccountLimits"))
    call = Call(source="cloudformation", name="DescribeAccountLimits")
    if stage.dice.happens(0.3):
        call = call.denied("ThrottlingException", "Rate exceeded")
    stage.emit(who, call)
