"""How it ended."""

from __future__ import annotations

import pytest

from tests.evidence import event, events
from trailnb.facts.outcomes import OUTCOMES

SPELT = {
    "denied": [
        "AccessDenied", "AccessDeniedException", "Client.UnauthorizedOperation", "403",
        "UnauthorizedException", "AuthorizationError", "AuthFailure", "ForbiddenException",
        "VpceAccessDenied", "NotAuthorizedException", "KMSAccessDeniedException",
        "InvalidClientTokenId", "ExpiredToken", "SignatureDoesNotMatch", "AllAccessDisabled",
    ],
    "throttled": ["ThrottlingException", "Client.RequestLimitExceeded", "SlowDown",
                  "TooManyRequestsException"],
    "not_found": ["NoSuchBucket", "NoSuchEntityException", "Client.InvalidVpcID.NotFound",
                  "DBInstanceNotFoundFault", "AWS.SimpleQueueService.NonExistentQueue", "404",
                  "ResourceNotFoundException"],
    "invalid": ["ValidationException", "Client.InvalidInstanceID.Malformed",
                "MalformedPolicyDocument", "InvalidParameterValueException"],
    "dry_run": ["Client.DryRunOperation"],
    "failed": ["InternalFailure", "BucketNotEmpty", "InvalidDBInstanceStateFault",
               "Client.VpcLimitExceeded"],
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


def test_refusal_wrapped_in_another_code() -> None:
    """A service's own code does not hide what the text says."""
    wrapped = event(
        errorCode="ClientException",
        errorMessage="User: arn:aws:iam::111122223333:user/alice is not authorized to perform: x:Y",
    )
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
