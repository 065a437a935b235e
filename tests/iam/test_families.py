"""Every kind of thing that permissions hang on is rebuilt from its own calls."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

import pytest

from trailnb.iam.replay import replay
from trailnb.iam.replay_edits import Call
from trailnb.iam.state import ABSENT

ACCOUNT = "111122223333"
OTHER = "999988887777"
ROOT = f"arn:aws:iam::{ACCOUNT}"
ALL = '{"Statement":[{"Action":"*","Effect":"Allow","Resource":"*"}]}'
Step: TypeAlias = tuple[str, dict[str, Any]] | tuple[str, dict[str, Any], dict[str, Any]]


def state_after(*steps: Step) -> dict[str, str | None]:
    """What is held after these calls, a second apart: `kind name: aspect` and its value."""
    calls = []
    for second, (action, request, *response) in enumerate(steps):
        time = datetime(2026, 11, 2, 9, tzinfo=UTC) + timedelta(seconds=second)
        answer = response[0] if response else {}
        calls.append(Call(time, action, f"e{second}", ACCOUNT, request=request, response=answer))
    return {
        f"{entity.kind} {entity.name}: {aspect}": value.shown
        for (entity, aspect), value in replay(calls).said().items()
        if value != ABSENT and str(aspect) != "exists"
    }


PS = {"permissionSetArn": "ps-1"}
SET = "permission set ps-1"
TOPIC, QUEUE = "arn:aws:sns:eu-west-1:111122223333:t", "https://sqs/111122223333/q"
FAMILIES: list[tuple[str, list[Step], dict[str, str]]] = [
    (
        "instance profile",
        [
            ("iam:CreateInstanceProfile", {"instanceProfileName": "web"}),
            ("iam:AddRoleToInstanceProfile", {"instanceProfileName": "web", "roleName": "app"}),
        ],
        {"instance profile web: role app": "passed"},
    ),
    (
        "password, key, MFA",
        [
            ("iam:CreateLoginProfile", {"userName": "bob"}),
            ("iam:UpdateLoginProfile", {"userName": "bob"}),
            ("iam:CreateAccessKey", {"userName": "bob"}, {"accessKey": {"accessKeyId": "AKIA1"}}),
            ("iam:UpdateAccessKey",
             {"userName": "bob", "accessKeyId": "AKIA1", "status": "Inactive"}),
            ("iam:EnableMFADevice", {"userName": "bob", "serialNumber": "mfa/bob"}),
            ("iam:EnableMFADevice", {"userName": "bob", "serialNumber": "mfa/old"}),
            ("iam:DeactivateMFADevice", {"userName": "bob", "serialNumber": "mfa/old"}),
        ],
        {
            "user bob: login profile": "password set",
            "user bob: access key AKIA1": "Inactive",
            "user bob: MFA device mfa/bob": "enabled",
        },
    ),
    (
        "boundary",
        [
            ("iam:CreateUser", {"userName": "bob", "permissionsBoundary": f"{ROOT}:policy/b"}),
            ("iam:CreateRole", {"roleName": "app", "permissionsBoundary": f"{ROOT}:policy/b",
                                "assumeRolePolicyDocument": ALL}),
            ("iam:DeleteUserPermissionsBoundary", {"userName": "bob"}),
        ],
        {"role app: boundary": f"{ROOT}:policy/b", "role app: trust": ALL},
    ),
    (
        "service-linked role",
        [
            ("iam:CreateServiceLinkedRole", {"aWSServiceName": "eks.amazonaws.com"},
             {"role": {"roleName": "AWSServiceRoleForAmazonEKS", "assumeRolePolicyDocument": ALL}}),
        ],
        {"role AWSServiceRoleForAmazonEKS: trust": ALL},
    ),
    (
        "SAML and OIDC providers",
        [
            ("iam:CreateSAMLProvider", {"name": "idp", "sAMLMetadataDocument": "<xml/>"},
             {"sAMLProviderArn": f"{ROOT}:saml-provider/idp"}),
            ("iam:UpdateSAMLProvider", {"sAMLProviderArn": f"{ROOT}:saml-provider/idp",
                                        "sAMLMetadataDocument": "<evil/>"}),
            ("iam:CreateOpenIDConnectProvider", {"url": "https://t", "clientIDList": ["aud"],
                                                 "thumbprintList": ["ff"]},
             {"openIDConnectProviderArn": f"{ROOT}:oidc-provider/t"}),
        ],
        {
            f"SAML provider {ROOT}:saml-provider/idp: metadata": "<evil/>",
            f"OIDC provider {ROOT}:oidc-provider/t: client aud": "trusted",
            f"OIDC provider {ROOT}:oidc-provider/t: thumbprints": '["ff"]',
        },
    ),
    (
        "account",
        [
            ("iam:UpdateAccountPasswordPolicy", {"minimumPasswordLength": 6}),
            ("iam:CreateAccountAlias", {"accountAlias": "acme"}),
            ("s3:PutAccountPublicAccessBlock", {"PublicAccessBlockConfiguration": {"a": True}}),
        ],
        {
            f"account {ACCOUNT}: password policy": '{"minimumPasswordLength":6}',
            f"account {ACCOUNT}: alias acme": "set",
            f"account {ACCOUNT}: public access block": '{"a":true}',
        },
    ),
    (
        "bucket",
        [
            ("s3:CreateBucket", {"bucketName": "b"}),
            ("s3:PutBucketPolicy", {"bucketName": "b", "bucketPolicy": json.loads(ALL)}),
            ("s3:PutBucketAcl", {"bucketName": "b", "x-amz-acl": ["public-read"]}),
        ],
        {
            "bucket b: public access block": "unknown",
            "bucket b: resource policy": ALL,
            "bucket b: ACL": '["public-read"]',
        },
    ),
    (
        "a bucket of the same name made again",
        [
            ("s3:PutBucketPolicy", {"bucketName": "b", "bucketPolicy": json.loads(ALL)}),
            ("s3:DeleteBucket", {"bucketName": "b"}),
            ("s3:CreateBucket", {"bucketName": "b"}),
        ],
        {"bucket b: public access block": "unknown"},
    ),
    (
        "KMS key",
        [
            ("kms:CreateKey", {}, {"keyMetadata": {"arn": "arn:k", "keyId": "k"}}),
            ("kms:CreateGrant", {"keyId": "arn:k", "granteePrincipal": OTHER}, {"grantId": "g1"}),
            ("kms:CreateGrant", {"keyId": "arn:k", "granteePrincipal": OTHER}, {"grantId": "g2"}),
            ("kms:RevokeGrant", {"keyId": "arn:k", "grantId": "g2"}),
        ],
        {
            "KMS key arn:k: resource policy": "present",
            "KMS key arn:k: grant g1": f'{{"granteePrincipal":"{OTHER}","keyId":"arn:k"}}',
        },
    ),
    (
        "function",
        [
            ("lambda:AddPermission", {"functionName": "f", "statementId": "s"}, {"statement": ALL}),
            ("lambda:CreateFunctionUrlConfig", {"functionName": "f", "authType": "NONE"}),
            ("lambda:UpdateFunctionConfiguration", {"functionName": "f", "layers": ["arn:l"]}),
            ("lambda:AddLayerVersionPermission",
             {"layerName": "l", "versionNumber": 1, "statementId": "s"}, {"statement": ALL}),
        ],
        {
            "function f: statement s": ALL,
            "function f: URL": "NONE",
            "function f: layers": '["arn:l"]',
            "layer version l/1: statement s": ALL,
        },
    ),
    (
        "queue and topic",
        [
            ("sqs:AddPermission", {"queueUrl": QUEUE, "label": "l", "aWSAccountIds": [OTHER]}),
            ("sns:AddPermission", {"topicArn": TOPIC, "label": "l", "aWSAccountId": [OTHER]}),
            ("sns:RemovePermission", {"topicArn": TOPIC, "label": "l"}),
        ],
        {
            f"queue {QUEUE}: permission l":
                f'{{"aWSAccountIds":["{OTHER}"],"label":"l","queueUrl":"{QUEUE}"}}',
        },
    ),
    (
        "organization",
        [
            ("organizations:CreatePolicy", {"content": ALL},
             {"policy": {"policySummary": {"id": "p-1", "arn": "arn:p"}}}),
            ("organizations:AttachPolicy", {"policyId": "p-1", "targetId": "ou-1"}),
            ("organizations:AttachPolicy", {"policyId": "p-1", "targetId": OTHER}),
            ("organizations:DetachPolicy", {"policyId": "p-1", "targetId": "ou-1"}),
            ("organizations:UpdatePolicy", {"policyId": "p-1", "content": "{}"}),
            ("organizations:InviteAccountToOrganization", {"target": {"id": OTHER}}),
            ("organizations:RemoveAccountFromOrganization", {"accountId": OTHER}),
        ],
        {
            "organization policy p-1: organization policy": "{}",
            f"organization policy p-1: attached to {OTHER}": "attached",
        },
    ),
    (
        "Identity Center",
        [
            ("sso:CreatePermissionSet", PS),
            ("sso:AttachManagedPolicyToPermissionSet", {**PS, "managedPolicyArn": "arn:m"}),
            ("sso:PutInlinePolicyToPermissionSet", {**PS, "inlinePolicy": ALL}),
            ("sso:CreateAccountAssignment",
             {**PS, "targetId": OTHER, "principalType": "USER", "principalId": "u-1"}),
            ("sso:DetachManagedPolicyFromPermissionSet", {**PS, "managedPolicyArn": "arn:m"}),
            ("sso-directory:AddMemberToGroup", {"groupId": "g", "memberId": "u-1"}),
        ],
        {
            f"{SET}: inline policy inline": ALL,
            f"{SET}: assignment {OTHER}/USER/u-1": "assigned",
            "directory group g: member u-1": "member",
        },
    ),
    (
        "RAM",
        [
            ("ram:CreateResourceShare", {"principals": [OTHER], "resourceArns": ["arn:r"]},
             {"resourceShare": {"resourceShareArn": "arn:share"}}),
            ("ram:DisassociateResourceShare",
             {"resourceShareArn": "arn:share", "resourceArns": ["arn:r"]}),
        ],
        {f"resource share arn:share: principal {OTHER}": "shared"},
    ),
    (
        "snapshots and images",
        [
            ("ec2:ModifySnapshotAttribute", {"snapshotId": "snap-1", "createVolumePermission":
                {"add": {"items": [{"userId": OTHER}, {"group": "all"}]}}}),
            ("ec2:ModifySnapshotAttribute", {"snapshotId": "snap-1", "createVolumePermission":
                {"remove": {"items": [{"group": "all"}]}}}),
            ("ec2:ModifyImageAttribute", {"imageId": "ami-1", "launchPermission":
                {"add": {"items": [{"userId": OTHER}]}}}),
            ("ec2:ResetImageAttribute", {"imageId": "ami-1", "attribute": "launchPermission"}),
            ("rds:ModifyDBSnapshotAttribute", {"dBSnapshotIdentifier": "d",
                "attributeName": "restore", "valuesToAdd": [OTHER]}),
        ],
        {
            f"snapshot snap-1: shared with {OTHER}": "shared",
            f"database snapshot d: shared with {OTHER}": "shared",
        },
    ),
    (
        "security group",
        [
            ("ec2:CreateSecurityGroup", {"groupName": "g"}, {"groupId": "sg-1"}),
            ("ec2:RevokeSecurityGroupEgress", {"groupId": "sg-1", "ipPermissions": {"items": [
                {"ipProtocol": "-1", "ipRanges": {"items": [{"cidrIp": "0.0.0.0/0"}]}}]}}),
            ("ec2:ModifySecurityGroupRules", {"ModifySecurityGroupRulesRequest": {
                "GroupId": "sg-1", "SecurityGroupRule": {"SecurityGroupRuleId": "sgr-1",
                "SecurityGroupRule": {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22,
                                      "CidrIpv4": "0.0.0.0/0"}}}}),
        ],
        {"security group sg-1: rule modified sgr-1 tcp 22 with 0.0.0.0/0": "open"},
    ),
    (
        "Roles Anywhere, EKS, Lake Formation",
        [
            ("rolesanywhere:CreateTrustAnchor", {"source": {"sourceType": "CERTIFICATE_BUNDLE"}},
             {"trustAnchor": {"trustAnchorId": "t"}}),
            ("eks:AssociateAccessPolicy",
             {"name": "c", "principalArn": "arn:u", "policyArn": "arn:admin"}),
            ("lakeformation:GrantPermissions",
             {"principal": {"dataLakePrincipalIdentifier": OTHER}, "permissions": ["ALL"]}),
        ],
        {
            "trust anchor t: certificate source": '{"sourceType":"CERTIFICATE_BUNDLE"}',
            "cluster c: access policy arn:u/arn:admin": "associated",
            f"data lake {ACCOUNT}: grant {OTHER}":
                f'{{"permissions":["ALL"],"principal":{{"dataLakePrincipalIdentifier":"{OTHER}"}}}}',
        },
    ),
]  # fmt: skip


@pytest.mark.parametrize(("steps", "held"), [case[1:] for case in FAMILIES],
                         ids=[case[0] for case in FAMILIES])  # fmt: skip
def test_each_family_is_rebuilt(steps: list[Step], held: dict[str, str]) -> None:
    """What the calls made and did not take away again is held, and nothing else."""
    assert state_after(*steps) == held


#: Where each service says its policy text; the name of the thing stands in `resourceArn` as well.
DOCUMENT_KEYS = {
    "acm-pca:PutPolicy": "policy",
    "apigateway:UpdateRestApi": "",
    "backup:PutBackupVaultAccessPolicy": "policy",
    "bedrock:PutResourcePolicy": "resourcePolicy",
    "cloudtrail:PutResourcePolicy": "resourcePolicy",
    "codeartifact:PutDomainPermissionsPolicy": "policyDocument",
    "codeartifact:PutRepositoryPermissionsPolicy": "policyDocument",
    "codebuild:PutResourcePolicy": "policy",
    "dynamodb:PutResourcePolicy": "policy",
    "ec2:ModifyVpcEndpoint": "policyDocument",
    "ecr:PutRegistryPolicy": "policyText",
    "elasticfilesystem:PutFileSystemPolicy": "policy",
    "es:UpdateDomainConfig": "accessPolicies",
    "glacier:SetVaultAccessPolicy": "policy",
    "glue:PutResourcePolicy": "policyInJson",
    "kinesis:PutResourcePolicy": "policy",
    "logs:PutResourcePolicy": "policyDocument",
    "mediastore:PutContainerPolicy": "policy",
    "organizations:PutResourcePolicy": "content",
    "redshift:PutResourcePolicy": "policy",
    "s3express:PutBucketPolicy": "bucketPolicy",
    "s3tables:PutTablePolicy": "resourcePolicy",
    "s3vectors:PutVectorBucketPolicy": "policy",
    "ssm:PutResourcePolicy": "policy",
    "vpc-lattice:PutResourcePolicy": "policy",
}
NAMING = (
    "resourceArn", "resourceARN", "restApiId", "backupVaultName", "domain", "repository", "name",
    "vpcEndpointId", "fileSystemId", "domainName", "vaultName", "containerName", "bucketName",
    "tableBucketARN", "namespace", "vectorBucketName",
)  # fmt: skip


@pytest.mark.parametrize("action", DOCUMENT_KEYS)
def test_every_policy_text_is_found(action: str) -> None:
    """The document stands under a name of the service's own."""
    request: dict[str, Any] = dict.fromkeys(NAMING, "x")
    if key := DOCUMENT_KEYS[action]:
        request[key] = ALL
    else:
        request["patchOperations"] = [{"op": "replace", "path": "/policy", "value": ALL}]
    found = [value for name, value in state_after((action, request)).items() if "policy" in name]
    assert found == [ALL]


def test_a_membership_that_was_deleted_by_its_id_leaves_members_unknown() -> None:
    """The call names neither group nor member, so who is still one cannot be told."""
    joined = {"groupId": "g1", "memberId": {"userId": "u1"}}
    kept = state_after(("identitystore:CreateGroupMembership", joined))
    assert any("member" in name and value == "member" for name, value in kept.items())
    left = state_after(
        ("identitystore:CreateGroupMembership", joined),
        ("identitystore:DeleteGroupMembership", {"membershipId": "m-1"}),
    )
    assert not any("member" in name and value == "member" for name, value in left.items())
