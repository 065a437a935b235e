"""How it ended."""

from __future__ import annotations

import pytest

from tests.evidence import event, events
from trailnb.facts.outcomes import DENIED_BY, OUTCOMES

SPELT = {
    "denied": [
        "AccessDenied", "AccessDeniedException", "Client.UnauthorizedOperation", "403",
        "UnauthorizedException", "AuthorizationError", "AuthFailure", "ForbiddenException",
        "VpceAccessDenied", "NotAuthorizedException", "KMSAccessDeniedException",
        "InvalidClientTokenId", "ExpiredToken", "SignatureDoesNotMatch", "AllAccessDisabled",
        "OptInRequiredException", "SubscriptionRequiredException", "AccessToClusterDeniedFault",
        "SNSNoAuthorizationFault", "AuthorizationException", "IDPRejectedClaim", "InvalidSecurity",
        "InvalidIdentityTokenException", "InsufficientIAMAccessPermissionException",
    ],
    "throttled": ["ThrottlingException", "Client.RequestLimitExceeded", "SlowDown",
                  "TooManyRequestsException", "CallRateLimitExceededException",
                  "APICallRateForCustomerExceededFault", "PriorRequestNotComplete"],
    "not_found": ["NoSuchBucket", "NoSuchEntityException", "Client.InvalidVpcID.NotFound",
                  "DBInstanceNotFoundFault", "AWS.SimpleQueueService.NonExistentQueue", "404",
                  "ResourceNotFoundException", "RedshiftIdcApplicationNotExistsFault"],
    "invalid": ["ValidationException", "Client.InvalidInstanceID.Malformed",
                "MalformedPolicyDocument", "InvalidParameterValueException",
                "InvalidSecurityGroup"],
    "dry_run": ["Client.DryRunOperation"],
    "failed": ["InternalFailure", "BucketNotEmpty", "InvalidDBInstanceStateFault",
               "Client.VpcLimitExceeded", "TooManyTargetGroups", "AuthorizationAlreadyExists"],
}  # fmt: skip


@pytest.mark.parametrize("outcome", SPELT)
def test_code_tells_outcome(outcome: str) -> None:
    """Every service's spelling of a refusal, a miss or a limit is one outcome."""
    seen = events(*(event(errorCode=code) for code in SPELT[outcome])).select("outcome").collect()
    assert seen.to_series().unique().to_list() == [outcome]
    assert outcome in OUTCOMES


def test_no_error_is_success() -> None:
    """Neither code nor message, or empty ones: it succeeded."""
    seen = events(event(), event(errorCode="", errorMessage="")).select("outcome").collect()
    assert seen.to_series().to_list() == ["success", "success"]


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (
            "ClientException",
            "User: arn:aws:iam::111122223333:user/alice is not authorized to perform: x:Y",
        ),
        ("ValidationException", "You don't have the IAM role and permissions to access this."),
    ],
)
def test_refusal_wrapped_in_another_code(code: str, text: str) -> None:
    """A service's own code does not hide what the text says."""
    wrapped = event(errorCode=code, errorMessage=text)
    assert events(wrapped).select("outcome").collect().item() == "denied"


@pytest.mark.parametrize("name", ["ConsoleLogin", "CheckMfa", "SwitchRole"])
def test_sign_in_turned_away_failed(name: str) -> None:
    """Sign-in failures carry no errorCode: the answer or the message tells."""
    attempt = {"eventSource": "signin.amazonaws.com", "eventName": name}
    seen = events(
        event(**attempt, responseElements={name: "Success"}),
        event(**attempt, responseElements={name: "Failure"}),
        event(**attempt, errorMessage="Failed authentication"),
    )
    outcomes = seen.select("outcome").collect().to_series().to_list()
    assert outcomes == ["success", "failed", "failed"]


NO = "User: arn:aws:iam::111122223333:user/alice is not authorized to perform: x:Y on "
REASONS = [
    ("because no identity-based policy allows the s3:GetObject action", "identity policy"),
    ("with an explicit deny in an identity-based policy", "identity policy"),
    ("because no resource-based policy allows the s3:GetObject action", "resource policy"),
    ("with an explicit deny in a resource-based policy", "resource policy"),
    ("because no role trust policy allows the sts:AssumeRole action", "resource policy"),
    ("because no service control policy allows the x:Y action", "service control policy"),
    ("with an explicit deny in a service control policy", "service control policy"),
    ("with an explicit deny in a resource control policy", "resource control policy"),
    ("because no permissions boundary allows the x:Y action", "permissions boundary"),
    ("with an explicit deny in a permissions boundary", "permissions boundary"),
    ("because no session policy allows the x:Y action", "session policy"),
    ("with an explicit deny in a VPC endpoint policy", "VPC endpoint policy"),
    ("with an explicit deny", None),
    ("", None),
]


@pytest.mark.parametrize(("reason", "policy"), REASONS)
def test_refusal_names_the_policy(reason: str, policy: str | None) -> None:
    """Where the text says which kind of policy refused, so does the column."""
    refused = event(errorCode="AccessDenied", errorMessage=f"{NO}resource: b/k {reason}")
    assert events(refused).select("denied_by").collect().item() == policy
    assert policy is None or policy in DENIED_BY


def test_name_of_an_object_is_no_reason() -> None:
    """The reason stands last: an object named like one does not speak."""
    key = "because no session policy allows"
    refused = event(
        errorCode="AccessDenied",
        errorMessage=f"{NO}resource: {key} because no identity-based policy allows the x:Y action",
    )
    assert events(refused).select("denied_by").collect().item() == "identity policy"


def test_denied_at_the_endpoint() -> None:
    """A network activity event names the endpoint's policy by its code."""
    refused = event(errorCode="VpceAccessDenied", eventType="AwsVpceEvent")
    assert events(refused).select("denied_by").collect().item() == "VPC endpoint policy"


def test_only_a_denial_has_a_policy() -> None:
    """A text about policies in another failure denies nothing."""
    failed = event(errorCode="DeleteConflict", errorMessage="denied by a session policy, it says")
    assert events(failed).select("outcome", "denied_by").collect().row(0) == ("failed", None)
