"""What do machines with roles and keys do on an ordinary day?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .identities import (
    BOTO,
    GO_SDK,
    JAVA_SDK,
    TERRAFORM,
    Session,
    cli,
    function_identity,
    instance_identity,
    service,
    session_identity,
    user_identity,
)
from .records import Call, Json, Place, Who
from .stage import GLOBAL_REGION, assume_role, hop

if TYPE_CHECKING:
    from .cast import Role
    from .stage import Stage

_ISSUER = "token.ci.example.com"


def bucket_host(bucket: str) -> str:
    """Under which host name is this bucket asked?"""
    return f"{bucket}.s3.eu-west-1.amazonaws.com"


def bucket_of(stage: Stage, purpose: str) -> str:
    """Which bucket of this organization serves a purpose?"""
    return f"{stage.organization.name}-{purpose}"


def instance_works(stage: Stage) -> None:
    """An instance of the shop fetches its secret, its image and reports to SSM."""
    instance = stage.dice.pick(stage.organization.instances(stage.account, stage.region))
    role = stage.organization.role(stage.account, f"{stage.organization.name}-app-instance")
    session = stage.running_session(role, instance, service("ec2"))
    address = stage.dice.pick(stage.organization.nat_addresses)
    if stage.dice.happens(0.2):
        address = f"2001:db8:30:{stage.dice.between(1, 9)}::{stage.dice.hex(4)}"
    who = Who(instance_identity(session), address, stage.dice.pick((JAVA_SDK, GO_SDK, BOTO)))
    calls = (
        Call(source="ssm", name="UpdateInstanceInformation", write=True,
             request={"instanceId": instance, "agentVersion": "3.3.987.0", "agentStatus": "Active",
                      "platformType": "Linux", "platformName": "Amazon Linux", "iPAddress": address,
                      "computerName": "shop", "agentName": "amazon-ssm-agent"}),
        Call(source="secretsmanager", name="GetSecretValue",
             request={"secretId": "checkout/payments"}),
        Call(source="ecr", name="GetAuthorizationToken"),
        Call(source="ecr", name="BatchGetImage",
             request={"registryId": stage.account, "repositoryName": "shop/checkout",
                      "imageIds": [{"imageTag": "2026.11.1"}]}),
        Call(source="dynamodb", name="DescribeTable", request={"tableName": "orders"}),
        Call(source="logs", name="CreateLogStream", write=True,
             request={"logGroupName": "/shop/checkout", "logStreamName": f"{instance}/app"}).denied(
                 "ResourceAlreadyExistsException", 'The log stream "app" already exists'),
        Call(source="ssm", name="ListInstanceAssociations", request={"instanceId": instance,
                                                                     "maxResults": 20}),
    )  # fmt: skip
    for call in stage.dice.shuffled(calls)[: stage.dice.between(3, 6)]:
        stage.emit(who, call)


def pipeline_deploys(stage: Stage) -> None:
    """CI proves itself with a web identity token, then deploys."""
    role = stage.organization.role(stage.account, "ci-release")
    session = stage.new_session(role, f"run-{stage.dice.between(10**6, 10**7 - 1)}")
    address = stage.dice.pick(stage.organization.ci_addresses)
    subject = f"repo:{stage.organization.name}/shop:ref:refs/heads/main"
    stage.emit(_web_caller(stage, subject, address), _web_identity_call(session, subject))
    who = Who(session_identity(session), address, TERRAFORM)
    for call in stage.dice.shuffled(_deploy_calls(stage))[: stage.dice.between(4, 7)]:
        stage.emit(who, call)
    if stage.dice.happens(0.25):
        stage.emit_global(
            who, _tag_role(stage.organization.role(stage.account, "thumbnailer-role"))
        )


def _web_caller(stage: Stage, subject: str, address: str) -> Who:
    provider = f"arn:aws:iam::{stage.account}:oidc-provider/{_ISSUER}"
    identity: Json = {
        "type": "WebIdentityUser",
        "principalId": f"{provider}:sts.amazonaws.com:{subject}",
        "userName": subject,
        "identityProvider": provider,
    }
    return Who(identity, address, "configure-aws-credentials-for-ci")


def _web_identity_call(session: Session, subject: str) -> Call:
    base = assume_role(session)
    role = session.role
    provider = f"arn:aws:iam::{role.account}:oidc-provider/{_ISSUER}"
    return Call(
        source="sts",
        name="AssumeRoleWithWebIdentity",
        request=base.request,
        response={
            "credentials": (base.response or {})["credentials"],
            "subjectFromWebIdentityToken": subject,
            "assumedRoleUser": (base.response or {})["assumedRoleUser"],
            "provider": provider,
            "audience": "sts.amazonaws.com",
        },
        extra={"identityProviderConnectionVerificationMethod": "IAMTrustStore"},
        resources=base.resources,
    )


def _deploy_calls(stage: Stage) -> tuple[Call, ...]:
    stack = f"arn:aws:cloudformation:{stage.region}:{stage.account}:stack/shop/{stage.dice.uuid()}"
    function: Json = {"functionName": "checkout-webhook", "publish": True, "dryRun": False}
    return (
        Call(source="cloudformation", name="DescribeStacks", request={"stackName": "shop"}),
        Call(source="cloudformation", name="UpdateStack", write=True,
             request={"stackName": "shop", "capabilities": ["CAPABILITY_IAM"]},
             response={"stackId": stack}),
        Call(source="ecs", name="DescribeServices", request={"cluster": "shop",
                                                             "services": ["checkout"]}),
        Call(source="ecs", name="UpdateService", write=True,
             request={"cluster": "shop", "service": "checkout", "forceNewDeployment": True},
             response={"service": {"serviceName": "checkout", "status": "ACTIVE",
                                   "desiredCount": 3, "runningCount": 3}}),
        Call(source="lambda", name="UpdateFunctionCode20150331v2", write=True, request=function,
             response={"functionName": "checkout-webhook", "runtime": "python3.13",
                       "codeSize": stage.dice.between(9000, 99000), "version": "$LATEST",
                       "environment": {}, "state": "Active"}),
        Call(source="s3", name="GetBucketPolicy",
             request={"bucketName": bucket_of(stage, "artifacts"), "policy": "",
                      "Host": bucket_host(bucket_of(stage, "artifacts"))},
             host=bucket_host(bucket_of(stage, "artifacts"))).denied(
                 "NoSuchBucketPolicy", "The bucket policy does not exist"),
        Call(source="ec2", name="DescribeInstances", request={"maxResults": 100,
                                                              "instancesSet": {}, "filterSet": {}}),
        Call(source="kms", name="DescribeKey", request={"keyId": "alias/shop"}),
    )  # fmt: skip


def _tag_role(role: Role) -> Call:
    tags = [{"key": "owner", "value": "Zoë & Lee"}, {"key": "stage", "value": "<main>"}]
    return Call(source="iam", name="TagRole", write=True,
                request={"roleName": role.name, "tags": tags})  # fmt: skip


def old_deploy_key(stage: Stage) -> None:
    """The old deployment user `ci-deploy` uploads a build, always from the build host."""
    user = stage.organization.user(stage.account, "ci-deploy")
    address = stage.organization.nat_addresses[0]
    who = Who(user_identity(user), address, cli("s3.sync"))
    stage.emit(
        who, Call(source="sts", name="GetCallerIdentity"), Place(stage.account, GLOBAL_REGION)
    )
    bucket = bucket_of(stage, "artifacts")
    stage.emit(who, Call(source="s3", name="ListObjects", category="Data",
                         request={"bucketName": bucket, "Host": bucket_host(bucket),
                                  "list-type": "2", "prefix": "builds/"},
                         extra=transfer(stage, 0, 2300), host=bucket_host(bucket)))  # fmt: skip
    for number in range(stage.dice.between(1, 3)):
        key = f"builds/shop-{stage.dice.hex(8)}-{number}.tar.gz"
        size = stage.dice.between(10**5, 10**7)
        stage.emit(who, object_call(stage, "PutObject", bucket, key, transfer(stage, size, 0)))
    stage.emit(who, Call(source="cloudformation", name="DescribeStacks",
                         request={"stackName": "shop"}))  # fmt: skip


def function_runs(stage: Stage) -> None:
    """A function is invoked, reads an image and writes its thumbnail."""
    name = "thumbnailer"
    arn = f"arn:aws:lambda:{stage.region}:{stage.account}:function:{name}"
    role = stage.organization.role(stage.account, f"{name}-role", "/service-role/")
    session = stage.running_session(role, name, service("lambda"))
    stage.emit(service("s3"), Call(
        source="lambda", name="Invoke", category="Data", write=True,
        request={"functionName": arn, "invocationType": "Event",
                 "sourceArn": f"arn:aws:s3:::{bucket_of(stage, 'media')}",
                 "sourceAccount": stage.account},
        extra={"functionVersion": f"{arn}:$LATEST"},
        resources=({"accountId": stage.account, "type": "AWS::Lambda::Function",
                    "ARN": arn},)))  # fmt: skip
    who = Who(
        function_identity(session, arn), stage.dice.pick(stage.organization.nat_addresses), BOTO
    )
    key = f"products/{stage.dice.between(1000, 9999)}.jpg"
    out = stage.dice.between(20_000, 900_000)
    stage.emit(
        who,
        object_call(stage, "GetObject", bucket_of(stage, "media"), key, transfer(stage, 0, out)),
    )
    stage.emit(who, object_call(stage, "PutObject", bucket_of(stage, "media"), f"thumbs/{key}",
                                transfer(stage, out // 20, 0)))  # fmt: skip


def objects_served(stage: Stage) -> None:
    """An instance reads the pictures that customers look at."""
    instance = stage.dice.pick(stage.organization.instances(stage.account, stage.region))
    role = stage.organization.role(stage.account, f"{stage.organization.name}-app-instance")
    session = stage.running_session(role, instance, service("ec2"))
    who = Who(instance_identity(session), stage.organization.nat_addresses[1], JAVA_SDK)
    for _ in range(stage.dice.between(3, 7)):
        key = f"products/{stage.dice.between(1000, 9999)}.jpg"
        call = object_call(stage, "GetObject", bucket_of(stage, "media"), key,
                           transfer(stage, 0, stage.dice.between(20_000, 900_000)))  # fmt: skip
        if stage.dice.happens(0.06):
            call = call.denied("NoSuchKey", "The specified key does not exist.")
        stage.emit(who, call)


def tooling_crosses_accounts(stage: Stage) -> None:
    """The platform tooling of the management account takes a role in the workload account."""
    organization = stage.organization
    tooling = organization.role(stage.account, "platform-tooling")
    instance = organization.instances(stage.account, stage.region)[0]
    session = stage.running_session(tooling, instance, service("ec2"))
    who = Who(instance_identity(session), organization.nat_addresses[1], GO_SDK)
    target = organization.accounts[stage.dice.pick([d for d in organization.accounts
                                                    if d != "management"])]  # fmt: skip
    inspected, _, _ = hop(stage, who, organization.role(target, "inventory-reader"), "inventory")
    reader = Who(session_identity(inspected), who.address, who.agent)
    place = Place(target, stage.region)
    stage.emit(reader, Call(source="ec2", name="DescribeInstances",
                            request={"instancesSet": {}, "filterSet": {}}), place)  # fmt: skip
    stage.emit(reader, Call(source="rds", name="DescribeDBInstances"), place)
    stage.emit(reader, Call(source="tagging", name="GetResources",
                            request={"resourcesPerPage": 100}), place)  # fmt: skip


def object_call(stage: Stage, name: str, bucket: str, key: str, extra: Json) -> Call:
    """Which data event does a call on one object leave?"""
    host = bucket_host(bucket)
    return Call(
        source="s3",
        name=name,
        category="Data",
        write=name != "GetObject",
        request={"bucketName": bucket, "Host": host, "key": key},
        extra=extra,
        resources=({"type": "AWS::S3::Object", "ARN": f"arn:aws:s3:::{bucket}/{key}"},
                   {"accountId": stage.account, "type": "AWS::S3::Bucket",
                    "ARN": f"arn:aws:s3:::{bucket}"}),
        host=host,
    )  # fmt: skip


def transfer(stage: Stage, received: int, sent: int) -> Json:
    """What does S3 say about the bytes of a call? Its counts are floats."""
    return {
        "SignatureVersion": "SigV4",
        "CipherSuite": "TLS_AES_128_GCM_SHA256",
        "bytesTransferredIn": float(received),
        "AuthenticationMethod": "AuthHeader",
        "x-amz-id-2": stage.dice.alnum(11) + "=",
        "bytesTransferredOut": float(sent),
    }
